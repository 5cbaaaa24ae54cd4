"""What a template may name: a release put into words, and nothing that is not in it.

Every template gets one object, ``book`` (a ``Book``); the page of an outcome also gets ``outcome``
(an ``Outcome``). A name that is none of theirs stops the build with the template and its line.

``Release.about`` holds the plan's words: ``title, organisation, period {before, after}, programme
{name, start, selection, ...}, words`` (Markdown), ``plan_text, n_schools`` and ``outcomes``, each
with ``id, label, design, question, primary, focus, before, after``. All but ``title`` and
``outcomes`` may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from afa_eval.disclosure.records import ReleasedEstimate, ReleasedFault, ReleasedStep, ReleasedTable
from afa_eval.estimate import Finding, Severity, words
from afa_eval.estimate.words import sentences
from afa_eval.report import say

ALL = "all"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
SEVERITY_WORDS = {
    "serious": "Serious: may change what a reader should conclude",
    "concern": "Concerns: mind these when you read the figures",
    "note": "Notes",
}


class Myst(str):
    """Text that is MyST already; any other text is escaped where a template prints it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One released figure in words.

    Attributes
    ----------
    item : ReleasedEstimate
        The figure.
    title : str
        What it is called: ``Persistent absence, after``.
    definition : str
        What it means, in one line.
    group, who : str
        As a label (``SEN support``) and in a sentence (``pupils on SEN support``).
    value, signed : str
        With unit; with a plus sign where it is a rise. ``[c]`` where hidden.
    interval, ends : str
        ``95% CI 1.2 to 5.0`` and ``1.2 to 5.0``; empty where there is none.
    counted : str
        ``412 pupils in 18 schools``.
    against : str
        The national value it is set against, as a sentence; empty where there is none.
    claim : str
        What a reader may conclude, as a sentence; empty for levels, which claim nothing.
    plain, sure : str
        What it says to a parent; how sure its direction is.
    hundred : str
        ``33 in every 100 pupils with SEN`` for a share that is shown, else empty.
    hidden : bool
        Whether the value is hidden.
    reason : str
        Why.
    """

    item: ReleasedEstimate
    title: str
    definition: str
    group: str
    who: str
    value: str
    signed: str
    interval: str
    ends: str
    counted: str
    against: str
    claim: str
    plain: str
    sure: str
    hundred: str
    hidden: bool
    reason: str


def line(item: ReleasedEstimate) -> Line:
    """How is a released figure said?

    Parameters
    ----------
    item : ReleasedEstimate
        The figure.

    Returns
    -------
    Line
        In words.
    """
    return Line(
        item=item,
        title=words.title(item.estimand),
        definition=item.estimand.definition,
        group=words.label(item.group, item.base),
        who=words.people(item.group, item.base),
        value=say.amount(item),
        signed=say.amount(item, sign=True),
        interval=say.interval(item),
        ends=say.ends(item),
        counted=say.counted(item),
        against=say.against(item),
        claim=sentences.claim(item),
        plain=say.plainly(item),
        sure=say.sure(item),
        hundred=say.hundred(item),
        hidden=item.value is None,
        reason=item.reason,
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as a page prints it.

    Attributes
    ----------
    title, note : str
        Above and below it.
    header : tuple of str
        Headings of the columns.
    rows : tuple of tuple of str
        Cells; the first of each row is its label.
    file : str
        Its CSV beside the page; empty where there is none.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as a page shows it.

    Attributes
    ----------
    file : str
        Its SVG, from the page.
    alt : str
        The finding it shows, in words.
    title : str
        Its headline.
    """

    file: str
    alt: str
    title: str


@dataclass(frozen=True, slots=True)
class Section:
    """Tables about one way to look at an outcome.

    Attributes
    ----------
    title : str
        ``By free school meals``; empty for the main groups.
    grids : tuple of Grid
        Its tables.
    """

    title: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a page knows of one outcome.

    Attributes
    ----------
    id, page, label, design, question, focus : str
        As the plan says; ``page`` is the name of its page.
    primary : bool
        Whether it has a headline card.
    before, after : str
        The years, as people write them; empty where there is none.
    lines : tuple of Line
        Every figure, in reading order.
    headline : Line or None
        The figure of the card.
    main : Section
        Tables of all pupils, the focus and the SEN groups.
    sections : tuple of Section
        Tables by each other breakdown.
    charts : tuple of Chart
        Drawn from the release.
    tables : tuple of Grid
        Counts and series that belong to it.
    findings : tuple of Finding
        What else could explain it, the gravest first.
    file : str
        Its CSV.
    """

    id: str
    page: str
    label: str
    design: str
    question: str
    focus: str
    primary: bool
    before: str
    after: str
    lines: tuple[Line, ...]
    headline: Line | None
    main: Section
    sections: tuple[Section, ...]
    charts: tuple[Chart, ...]
    tables: tuple[Grid, ...]
    findings: tuple[Finding, ...]
    file: str

    def get(self, estimand: str, group: str = "") -> Line | None:
        """Which figure is this, for the focus group or another?

        Parameters
        ----------
        estimand : str
            Its name.
        group : str
            The focus where empty; all pupils where the focus has none.

        Returns
        -------
        Line or None
            None where it was not estimated.
        """
        return find_line(self.lines, estimand, (group,) if group else (self.focus, ALL))

    @property
    def years(self) -> str:
        """Which years are compared, in words?"""
        return f"{self.before} to {self.after}" if self.before and self.after else self.after or self.before

    @property
    def definitions(self) -> tuple[tuple[str, str, str], ...]:
        """What does each kind of figure mean: its name, its definition, and how it was made?"""
        firsts = {one.title: one for one in reversed(self.lines)}
        titles = dict.fromkeys(one.title for one in self.lines)
        return tuple((name, firsts[name].definition, say.spoken(firsts[name].item.method)) for name in titles)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be minded about more than one figure, each once?"""
        told = dict.fromkeys(note for one in self.lines for note in one.item.notes)
        return tuple(note for note in told if not any(sign.isdigit() for sign in note))

    @property
    def smallest(self) -> Line | None:
        """What is the smallest change that could have been shown in the headline's group?"""
        group = self.headline.item.group if self.headline is not None else ALL
        found = find_line(self.lines, "mdes", (group,))
        return found if found is not None and not found.hidden else None

    @property
    def mind(self) -> str:
        """What must a reader know before quoting the headline: how does the gravest serious finding begin?"""
        serious = [finding for finding in self.findings if finding.severity == Severity.SERIOUS]
        return SENTENCE_END.split(serious[0].message, maxsplit=1)[0] if serious else ""

    @property
    def hides(self) -> bool:
        """Is any of its figures hidden?"""
        return any(one.hidden for one in self.lines)


def find_line(lines: Sequence[Line], estimand: str, groups: Iterable[str]) -> Line | None:
    """Which figure is the first that there is?

    Parameters
    ----------
    lines : sequence of Line
        Figures of one outcome.
    estimand : str
        Its name.
    groups : iterable of str
        Groups in order of preference.

    Returns
    -------
    Line or None
        A shown one before a hidden one.
    """
    found = [one for group in groups for one in lines if one.item.estimand == estimand and one.item.group == group]
    return next((one for one in found if not one.hidden), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class Book:
    """What every page knows.

    Attributes
    ----------
    title, organisation : str
        As the plan says.
    period : str
        The years of the evaluation; empty where each outcome has its own.
    n_schools : str
        How many schools took part; empty where unknown.
    programme : tuple of (str, str)
        What was done, for whom, how much: heading and text.
    outcomes, primary : tuple of Outcome
        All, and those with a card.
    charts : dict of str to Chart
        Drawings that belong to no outcome: ``flow``, ``coverage-...``.
    participants, coverage, other : tuple of Grid
        Tables that belong to no outcome, by where they stand.
    coverage_charts : tuple of Chart
        Children these tests cannot measure, by outcome.
    flow : tuple of ReleasedStep
        Rows in and out of each step.
    faults : tuple of ReleasedFault
        What the checks found.
    findings : tuple of (str, tuple of Finding)
        Limitations, by how much they weigh.
    words : Myst
        The trust's own words.
    policy, profile : str
        What is hidden and by which policy.
    plan_text : str
        The plan, word for word.
    manifest : tuple of (str, tuple of (str, str))
        Versions and hashes, by heading.
    references : tuple of str
        Works cited.
    comparators : tuple of str
        National figures used, a line each.
    cite : str
        How to cite this book.
    """

    title: str
    organisation: str
    period: str
    n_schools: str
    programme: tuple[tuple[str, str], ...]
    outcomes: tuple[Outcome, ...]
    charts: dict[str, Chart]
    participants: tuple[Grid, ...]
    coverage: tuple[Grid, ...]
    coverage_charts: tuple[Chart, ...]
    other: tuple[Grid, ...]
    flow: tuple[ReleasedStep, ...]
    faults: tuple[ReleasedFault, ...]
    findings: tuple[tuple[str, tuple[Finding, ...]], ...]
    words: Myst
    policy: str
    profile: str
    plan_text: str
    manifest: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    references: tuple[str, ...]
    comparators: tuple[str, ...]
    cite: str
    symbols: tuple[tuple[str, str], ...] = field(default=tuple(say.SYMBOLS.items()))

    @property
    def primary(self) -> tuple[Outcome, ...]:
        """Which outcomes have a headline card?"""
        return tuple(outcome for outcome in self.outcomes if outcome.primary) or self.outcomes[:1]


def grid(released: ReleasedTable, file: str = "") -> Grid:
    """How is a released table printed?

    Parameters
    ----------
    released : ReleasedTable
        Counts or a series.
    file : str
        Its CSV.

    Returns
    -------
    Grid
        Numbers in words, symbols in brackets.
    """
    table = released.table
    rows = tuple(
        (
            group_name(label, table.base),
            *(_cell(value, mark, table.unit) for value, mark in zip(values, marks, strict=True)),
        )
        for label, values, marks in zip(table.rows, table.cells, released.status, strict=True)
    )
    first = table.row_label or table.base.capitalize() or "Row"
    header = (first, *(group_name(label, table.base) for label in table.columns))
    return Grid(title=table.title, header=header, rows=rows, note=table.note, file=file)


def group_name(label: str, base: str = "pupils") -> str:
    """What is a row or column called?

    Parameters
    ----------
    label : str
        Words, or a group such as ``sen_provision=K``.
    base : str
        What is counted.

    Returns
    -------
    str
        Words, the first with a capital.
    """
    return words.label(label, base) if "=" in label else label[:1].upper() + label[1:]


def _cell(value: float | None, mark: str, unit: str) -> str:
    if value is None:
        return f"[{mark}]" if mark else "[x]"
    return words.number(value, unit) + ("%" if unit == "proportion" else "")


def page_name(outcome: str) -> str:
    """What is the page of an outcome called?

    Parameters
    ----------
    outcome : str
        The plan's outcome id.

    Returns
    -------
    str
        Small letters, digits and hyphens.

    Examples
    --------
    >>> page_name("KS2 reading")
    'outcome-ks2-reading'
    """
    return "outcome-" + re.sub(r"[^a-z0-9]+", "-", outcome.lower()).strip("-")


def by_severity(findings: Sequence[Finding]) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    """Which limitations are there, the gravest first?

    Parameters
    ----------
    findings : sequence of Finding
        In any order.

    Returns
    -------
    tuple
        Heading and findings; headings without findings are left out.
    """
    groups = ((text, tuple(f for f in findings if f.severity == name)) for name, text in SEVERITY_WORDS.items())
    return tuple((text, found) for text, found in groups if found)


def manifest_rows(document: dict[str, Any]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """How is the manifest printed?

    Parameters
    ----------
    document : dict
        Of the release.

    Returns
    -------
    tuple
        Heading and rows of name and value.
    """
    single = tuple((_heading(key), _text(value)) for key, value in document.items() if not _is_group(value))
    groups = tuple((_heading(key), _pairs(value)) for key, value in document.items() if _is_group(value) and value)
    return ((("This evaluation", single),) if single else ()) + groups


def _is_group(value: object) -> bool:
    return isinstance(value, dict | list | tuple)


def _heading(key: str) -> str:
    text = key.replace("_", " ").replace("sha256", "(SHA-256)")
    return text[:1].upper() + text[1:]


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return tuple((str(key), _text(item)) for key, item in value.items())
    return tuple(_entry(position, item) for position, item in enumerate(value, start=1))


def _entry(position: int, item: Any) -> tuple[str, str]:
    if isinstance(item, dict):
        name = next((str(item[key]) for key in ("file", "name", "path", "table") if key in item), str(position))
        return name, ", ".join(f"{key} {_text(value)}" for key, value in item.items() if str(value) != name)
    return str(position), _text(item)
