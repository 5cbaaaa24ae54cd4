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

from afa_eval.disclosure.records import ReleasedEstimate, ReleasedFault, ReleasedTable
from afa_eval.estimate import Estimand, Severity, words
from afa_eval.estimate.words import sentences
from afa_eval.report import say

ALL = "all"
# Which serious finding does a figure allow for already, so that it need not stand beside it?
ANSWERED = {str(Estimand.ADJUSTED_PROGRESS): frozenset({"regression-to-the-mean"})}
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


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
    likely, likely_signed : str
        ``1.2 to 5.0 (95% confidence interval)``, its ends as the sentence says them, and with
        their signs; empty where there is none.
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
    likely: str
    likely_signed: str
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
        title=words.title_of(item),
        definition=item.estimand.definition,
        group=words.label(item.group, item.base),
        who=words.people(item.group, item.base),
        value=say.amount(item),
        signed=say.amount(item, sign=True),
        interval=say.interval(item),
        ends=say.ends(item),
        likely=sentences.likely(item),
        likely_signed=sentences.likely(item, signed=True),
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
    notes : tuple of str
        What to mind about single columns or cells, marked there as ``[note 1]``, ``[note 2]``.

    A grid without rows stands for a table of which everything is hidden: a page says so.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    file: str = ""
    notes: tuple[str, ...] = ()


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
    note : str
        What to say below it; empty where nothing.
    """

    file: str
    alt: str
    title: str
    note: str = ""


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
class Limitation:
    """What must a reader mind?

    Attributes
    ----------
    severity : str
        ``serious``, ``concern`` or ``note``.
    message, fix : str
        What it is, and what would help.
    outcomes : tuple of str
        Labels of the outcomes it concerns; empty where it concerns all.
    code : str
        Its identifier.
    """

    severity: str
    message: str
    fix: str
    outcomes: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class FileStep:
    """What was done to a file?

    Attributes
    ----------
    table, name : str
        Which table, and what was done.
    before, after : str
        Rows, ``[c]`` where hidden.
    why : str
        Why there are fewer; that nobody was left out where rows were only brought together.
    """

    table: str
    name: str
    before: str
    after: str
    why: str


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
    findings : tuple of Limitation
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
    findings: tuple[Limitation, ...]
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
    def smallest(self) -> Line | None:
        """What is the smallest change that could have been shown in the headline's group?"""
        group = self.headline.item.group if self.headline is not None else ALL
        found = find_line(self.lines, "mdes", (group,))
        return found if found is not None and not found.hidden else None

    @property
    def mind(self) -> str:
        """What else could explain the headline: how does the gravest serious finding about it begin?"""
        met = ANSWERED.get(str(self.headline.item.estimand), frozenset()) if self.headline is not None else frozenset()
        serious = [one for one in self.findings if one.severity == Severity.SERIOUS and one.code not in met]
        return SENTENCE_END.split(serious[0].message, maxsplit=1)[0] if serious else ""

    @property
    def sure(self) -> str:
        """How sure is the headline's direction, where nothing serious stands against it?

        That a figure is unlikely to be chance says nothing for the programme where something else
        explains it: then that is told instead, by ``mind``.
        """
        if self.headline is None or (self.mind and not sentences.doubt(self.headline.item)):
            return ""
        return self.headline.sure

    @property
    def about_all(self) -> str:
        """Does the headline speak of all pupils though the plan asks about some? Then say so."""
        if self.headline is None or self.focus in {"", ALL} or self.headline.item.group == self.focus:
            return ""
        base = self.headline.item.base
        wanted = words.people(self.focus, base)
        hidden = any(one.item.group == self.focus and one.hidden for one in self.lines)
        why = "is too small to publish" if hidden else "could not be worked out"
        return f"This is about {self.headline.who}: the figure for {wanted} {why}."

    @property
    def compares_cohorts(self) -> bool:
        """Does any of its figures name the comparison group, so that a page must say who that is?"""
        return any("cohort=comparison" in one.item.group for one in self.lines)

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
    pupil_flows : tuple of Chart
        From the register to the figures, a drawing for each primary outcome.
    participants, coverage, other : tuple of Grid
        Tables that belong to no outcome, by where they stand.
    coverage_charts : tuple of Chart
        Children these tests cannot measure, by outcome.
    flow : tuple of FileStep
        What was done to the files, with the rows before and after.
    faults : tuple of ReleasedFault
        What the checks found.
    findings : tuple of (str, tuple of Limitation)
        By how much they weigh.
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
    pupil_flows: tuple[Chart, ...]
    participants: tuple[Grid, ...]
    coverage: tuple[Grid, ...]
    coverage_charts: tuple[Chart, ...]
    other: tuple[Grid, ...]
    flow: tuple[FileStep, ...]
    faults: tuple[ReleasedFault, ...]
    findings: tuple[tuple[str, tuple[Limitation, ...]], ...]
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
