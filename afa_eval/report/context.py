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
from dataclasses import dataclass, field

from afa_eval.disclosure.records import ReleasedFault
from afa_eval.estimate import Estimand, Severity, words
from afa_eval.estimate.words import plain, sentences
from afa_eval.report.lines import ALL, Line, find_line
from afa_eval.report.pieces import Chart, FileStep, Grid, Limitation, Myst, Section

# Which serious finding does a figure allow for already, so that it need not stand beside it?
ANSWERED = {str(Estimand.ADJUSTED_PROGRESS): frozenset({"regression-to-the-mean"})}
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
PROGRAMME_HEADINGS = {"name": "Programme", "start": "Began", "selection": "How pupils were chosen"}
COST = "cost"  # keys of the programme that begin so say what it cost


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
        both = self.before and self.after and self.before != self.after
        return f"{self.before} to {self.after}" if both else self.after or self.before

    @property
    def counts(self) -> tuple[Grid, ...]:
        """Which of its tables do not stand under a chart already?"""
        return _undrawn(self.tables, self.charts)

    @property
    def definitions(self) -> tuple[tuple[str, str, str], ...]:
        """What does each kind of figure mean: its name, its definition, and how it was made?"""
        firsts = {one.title: one for one in reversed(self.lines)}
        titles = dict.fromkeys(one.title for one in self.lines)
        return tuple((name, firsts[name].definition, plain.spoken(firsts[name].item.method)) for name in titles)

    @property
    def smallest(self) -> Line | None:
        """What is the smallest change that could have been shown in the headline's group?"""
        group = self.headline.item.group if self.headline is not None else ALL
        found = find_line(self.lines, "mdes", (group,))
        return found if found is not None and not found.hidden else None

    @property
    def mind(self) -> str:
        """What else could explain the headline: how does the gravest serious finding about it begin?"""
        met = answered(self)
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
    def why_none(self) -> str:
        """Why is there no figure at all? Empty where there is one."""
        if self.headline is not None:
            return ""
        told = [one.message for one in self.findings if one.code == "not-estimated"]
        return " ".join(told) or "No figure could be worked out."

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


def _undrawn(grids: tuple[Grid, ...], charts: tuple[Chart, ...]) -> tuple[Grid, ...]:
    below = {chart.grid.file for chart in charts if chart.grid is not None}
    return tuple(one for one in grids if one.file not in below)


def answered(outcome: Outcome) -> frozenset[str]:
    """Which findings does an outcome's headline allow for already?

    Parameters
    ----------
    outcome : Outcome
        With its headline.

    Returns
    -------
    frozenset of str
        Codes.
    """
    return frozenset() if outcome.headline is None else ANSWERED.get(str(outcome.headline.item.estimand), frozenset())


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
    likeness : tuple of Chart
        The pupils beside England's, by characteristic; and pilot beside comparison pupils, by what was known of both
        before the programme.
    participants, coverage, other : tuple of Grid
        Tables that belong to no outcome, by where they stand.
    coverage_charts : tuple of Chart
        Children these tests cannot measure, by outcome.
    flow : tuple of FileStep
        What was done to the files, with the rows before and after.
    faults : tuple of ReleasedFault
        What the checks found.
    subgroups : tuple of Section
        By breakdown, every outcome's headline figure for each group side by side.
    cost_band : str
        How the Education Endowment Foundation's scale calls the cost per pupil; empty where unknown.
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
    symbols : tuple of (str, str)
        What stands in place of a hidden figure, and what it means.
    downloads : tuple of (str, str)
        Files to take away: what each is, and where it stands from the page.
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
    subgroups: tuple[Section, ...]
    cost_band: str
    findings: tuple[tuple[str, tuple[Limitation, ...]], ...]
    words: Myst
    policy: str
    profile: str
    plan_text: str
    manifest: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    references: tuple[str, ...]
    comparators: tuple[str, ...]
    cite: str
    likeness: tuple[Chart, ...] = ()
    symbols: tuple[tuple[str, str], ...] = field(default=tuple(plain.SYMBOLS.items()))
    downloads: tuple[tuple[str, str], ...] = ()

    @property
    def primary(self) -> tuple[Outcome, ...]:
        """Which outcomes have a headline card?"""
        return tuple(outcome for outcome in self.outcomes if outcome.primary) or self.outcomes[:1]

    @property
    def coverage_counts(self) -> tuple[Grid, ...]:
        """Which tables of children that the tests cannot measure do not stand under a chart already?"""
        return _undrawn(self.coverage, self.coverage_charts)

    def of(self, *designs: str) -> tuple[Outcome, ...]:
        """Which outcomes ask one of these questions?

        Parameters
        ----------
        *designs : str
            Slugs of designs.

        Returns
        -------
        tuple of Outcome
            In the plan's order.
        """
        return tuple(outcome for outcome in self.outcomes if outcome.design in designs)

    def others(self, *designs: str) -> tuple[Outcome, ...]:
        """Which outcomes ask none of these questions?

        Parameters
        ----------
        *designs : str
            Slugs of designs.

        Returns
        -------
        tuple of Outcome
            In the plan's order.
        """
        return tuple(outcome for outcome in self.outcomes if outcome.design not in designs)

    @property
    def costs(self) -> tuple[tuple[str, str], ...]:
        """What did the programme cost: those of its headings that say so?"""
        return tuple((heading, text) for heading, text in self.programme if heading.lower().startswith(COST))

    @property
    def delivery(self) -> tuple[tuple[str, str], ...]:
        """What was done, by whom and how much: the programme without name, beginning, choice and cost?"""
        known = {*PROGRAMME_HEADINGS.values(), *(heading for heading, _ in self.costs), "Who"}
        return tuple((heading, text) for heading, text in self.programme if heading not in known)

    @property
    def gravest(self) -> tuple[Limitation, ...]:
        """What weighs most against the figures: the serious findings, the first concerns where there is none?"""
        return self.findings[0][1] if self.findings else ()
