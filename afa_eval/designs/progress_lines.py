"""Which national line is progress set against? One function per route; each line is dated and named.

Every route gives each pupil the national figure of pupils like him or her. A group's line is the
mean of these, so it has the group's own mix, and only jointly published cells are ever used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.designs.groups import factorize
from afa_eval.designs.progress_frame import Cohort, Mask
from afa_eval.designs.progress_question import Norm, ProgressQuestion
from afa_eval.estimate import Comparator, Finding, Severity, words

SAME_SEN = "the same SEN group"
SAME_STATUS = "pupils with the same SEN status"  # with or without: support and plans are not told apart
ALL_PUPILS = "all pupils"
FIXED_LINE = "national figures for England are fixed, without sampling error"
SEN_COLUMNS = frozenset({"sen", "sen_provision"})
MOST = 0.8  # a line that has figures for fewer of the pupils is not the one that counts for them
MOST_NAMED = 6
MATCHED = {"year_group": "year group", "phase": "phase"}


@dataclass(frozen=True, eq=False)  # no slots: the coded cells are kept, each group asks for them
class Line:
    """Which national figure is each pupil's progress set against?

    Attributes
    ----------
    against : str
        Which pupils nationally, in words.
    national : pandas.Series of float
        The figure of pupils like this one, on the scale of progress; missing where unpublished.
    cells : pandas.Series
        Which published cell that is.
    records : mapping of str to Comparator
        The cells' own records.
    same_children : bool
        Whether it is about the same SEN group.
    share : pandas.Series of float, optional
        National share reaching the average; missing where unpublished.
    same_start : bool
        Whether it is about pupils with the same first score.
    matched : frozenset of str
        Columns on which it is matched, besides the start.
    errors : mapping of str to float
        Standard error of each cell's figure, where the cohort was taken out of it; empty where the
        figures are fixed.
    """

    against: str
    national: pd.Series
    cells: pd.Series
    records: Mapping[str, Comparator]
    same_children: bool
    share: pd.Series | None = None
    same_start: bool = False
    matched: frozenset[str] = SEN_COLUMNS
    errors: Mapping[str, float] = field(default_factory=dict)

    @property
    def certainty(self) -> str:
        """How sure are its figures, in words?"""
        return "the figures of the other pupils, with their own error" if self.errors else FIXED_LINE

    def se(self, rows: Mask) -> float:
        """How sure is the mean line of these pupils? 0 where the figures are fixed.

        Parameters
        ----------
        rows : ndarray of bool
            The pupils compared.

        Returns
        -------
        float
            Standard error, with the cells weighted to these pupils' own mix.
        """
        if not self.errors:
            return 0.0
        codes, names = self.coded
        numbers = np.bincount(codes[rows & (codes >= 0)], minlength=len(names))
        errors = np.array([self.errors.get(name, 0.0) for name in names])
        return float(np.hypot.reduce(numbers / max(1, numbers.sum()) * errors))

    @property
    def whom(self) -> str:
        """Which pupils nationally, with what they share with these: for the line on the method?"""
        shared = [MATCHED[column] for column in sorted(self.matched - SEN_COLUMNS) if column in MATCHED]
        shared += ["starting point"] * self.same_start
        return f"{self.against} nationally" + (f" with the same {' and '.join(shared)}" if shared else "")

    @cached_property
    def coded(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Which cell is each pupil's, as a number (-1 where none), and what are the cells called?"""
        return factorize(self.cells)

    @cached_property
    def known(self) -> Mask:
        """Which pupils have a national figure?"""
        return self.national.notna().to_numpy(dtype=bool)

    def comparator(self, rows: Mask, values: pd.Series | None = None) -> Comparator | None:
        """Which comparator stands behind the mean line of these pupils?

        Parameters
        ----------
        rows : ndarray of bool
            The pupils compared.
        values : pandas.Series of float, optional
            The figure itself, where it is not ``national``.

        Returns
        -------
        Comparator or None
            The published cell, or the cells weighted to these pupils' own mix.
        """
        codes, names = self.coded
        places, first, counts = np.unique(codes[rows & (codes >= 0)], return_index=True, return_counts=True)
        if not places.size:
            return None
        kinds = [names[place] for place in places[np.argsort(first)]]
        record = self.records[kinds[0]]
        value = float((self.national if values is None else values)[rows].mean())
        if len(kinds) == 1 and values is None:
            return replace(record, value=value) if not np.isclose(record.value, value) else record
        by = "SEN" if self.same_children else "start"
        mix = "" if len(kinds) == 1 else f"{self.whom}, weighted to these pupils' own mix by {by}, England"
        return replace(
            record,
            value=value,
            population=mix or record.population,
            n=None,
            numerator=None,
            interval=None,
            mix=tuple(counts.tolist()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class National:
    """What is known nationally about this progress?

    Attributes
    ----------
    lines : tuple of Line
        The closest children first; empty where nothing is named. ``ordered`` says which counts for whom.
    average : pandas.Series of float, optional
        National average progress of all pupils of the same year group, window and start.
    expected : pandas.Series of float, optional
        The last score that pupils with the same first score have nationally.
    expected_by : str
        Which relation gives it.
    sd : float, optional
        National standard deviation of the outcome.
    sd_from : str
        Whose.
    findings : tuple of Finding
        What could not be found, and why.
    """

    lines: tuple[Line, ...] = ()
    average: pd.Series | None = None
    expected: pd.Series | None = None
    expected_by: str = ""
    sd: float | None = None
    sd_from: str = ""
    findings: tuple[Finding, ...] = ()

    def ordered(self, rows: Mask) -> tuple[Line, ...]:
        """Which lines are there for these pupils, the one that counts first?

        Parameters
        ----------
        rows : ndarray of bool
            The pupils.

        Returns
        -------
        tuple of Line
            As named, but that a line with figures for few of these pupils goes behind one with figures for most.
        """
        return ordered(self.lines, rows)


def ordered(lines: tuple[Line, ...], rows: Mask) -> tuple[Line, ...]:
    """Which of these lines counts first for these pupils?

    Parameters
    ----------
    lines : tuple of Line
        The same SEN group first, as a rule.
    rows : ndarray of bool
        The pupils.

    Returns
    -------
    tuple of Line
        Those with figures for most of the pupils first, else in the order given.
    """
    return tuple(sorted(lines, key=lambda line: not (rows.any() and line.known[rows].mean() >= MOST)))


def differing_lines(question: ProgressQuestion, people: Cohort, national: National) -> tuple[Finding, ...]:
    """Are some groups set against their own SEN group, and others against all pupils?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    people : Cohort
        The pupils and groups.
    national : National
        The lines.

    Returns
    -------
    tuple of Finding
        ``lines-differ``: such figures do not add up to that of all pupils.
    """
    first = {
        label: lines[0].against
        for label, mask in people.masks.items()
        if (mask & people.usable).any() and (lines := national.ordered(mask & people.usable))
    }
    others = [label for label, against in first.items() if against == ALL_PUPILS]
    if not others or len(others) == len(first):
        return ()
    names = list(dict.fromkeys(words.label(label) for label in others))
    more = f" and {len(names) - MOST_NAMED} other groups" if len(names) > MOST_NAMED else ""
    message = (
        f"The national line has no figure of their own SEN group for most of: {'; '.join(names[:MOST_NAMED])}{more}. These are set "
        "against all pupils, the other groups against the same SEN group: their figures are not to be compared with each other."
    )
    fix = "Add the missing SEN groups to the table of national figures (sen = none, support or ehcp)."
    return (finding(question, "lines-differ", Severity.CONCERN, message, fix),)


def finding(question: ProgressQuestion, code: str, severity: Severity, message: str, fix: str = "") -> Finding:
    """How is a Finding of this question written?

    Parameters
    ----------
    question : ProgressQuestion
        Gives the outcome id.
    code, severity, message, fix
        As in ``Finding``.

    Returns
    -------
    Finding
        About this outcome.
    """
    return Finding(
        code=code, severity=severity, message=message, fix=fix, outcomes=(question.id,) if question.id else ()
    )


def no_comparator(question: ProgressQuestion) -> Finding:
    """What is to be said where no national line is named?

    Parameters
    ----------
    question : ProgressQuestion
        The question.

    Returns
    -------
    Finding
        ``no-comparator``.
    """
    return finding(
        question,
        "no-comparator",
        Severity.SERIOUS,
        f"'{question.label or question.id}' is set against no national line, so its figures describe what happened: "
        "children everywhere learn in a year, and what these gained beyond that is not known.",
        "Name the test's norm (norm = { test = ..., year = ..., mean = ..., sd = ... }) or a comparator in the plan.",
    )


def not_found(question: ProgressQuestion, reasons: list[str]) -> Finding:
    """What is to be said where the named national figure does not exist?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    reasons : list of str
        Why, for each group looked for.

    Returns
    -------
    Finding
        ``no-national-figure``.
    """
    said = " ".join(dict.fromkeys(reasons)) or f"There is no national figure '{question.comparator}'."
    return finding(
        question,
        "no-national-figure",
        Severity.SERIOUS,
        f"{said} Without it the figures describe what happened.",
        "Name a standardised test's norm, another year, or a comparator file of your own.",
    )


def norm_line(question: ProgressQuestion, people: Cohort, norm: Norm) -> National:
    """What does the publisher's norm say about pupils in general?

    On a scale standardised for age the national mean gain is 0. Where the norm names the
    correlation between both measurements, the expected last score of a pupil is
    mean + correlation * (first score - mean), and half of all pupils reach it.

    Parameters
    ----------
    question : ProgressQuestion
        With the scale.
    people : Cohort
        The pupils.
    norm : Norm
        What the plan says of the test.

    Returns
    -------
    National
        One line about all pupils of the same age.
    """
    sd_from = f"the norm of {norm.test}" if norm.sd is not None else ""
    gain = norm.gain if norm.gain is not None else (0.0 if question.scale == "standardised" else None)
    if gain is None or not question.has_gain:
        return National(sd=norm.sd, sd_from=sd_from, findings=(no_comparator(question),))
    index = people.frame.index
    expected = None
    if norm.slope is not None and norm.mean is not None:
        expected = norm.mean + gain + norm.slope * (people.before - norm.mean)
    conditional = expected is not None and norm.correlation is not None
    line = Line(
        against=ALL_PUPILS,
        national=pd.Series(gain, index=index),
        cells=pd.Series("norm", index=index),
        records={"norm": _norm_record(question, norm, gain)},
        same_children=False,
        share=pd.Series(0.5, index=index) if conditional else None,
    )
    average = expected - people.before if expected is not None and conditional else None
    return National((line,), average, expected, _relation(norm), norm.sd, sd_from)


def _relation(norm: Norm) -> str:
    if norm.correlation is not None:
        return f"the norm's relation of last to first score (correlation {norm.correlation:g})"
    if norm.reliability is None:
        return ""
    return (
        f"the norm's mean and the test's reliability ({norm.reliability:g}) as slope: a lower bound for the "
        "regression to the mean, since scores a year apart correlate less"
    )


def _norm_record(question: ProgressQuestion, norm: Norm, gain: float) -> Comparator:
    return Comparator(
        slug="test-norm",
        value=gain,
        year=norm.year,
        population="all pupils of the same age in the publisher's standardisation",
        definition=norm.test,
        unit=question.unit,
        sd=norm.sd,
        reliability=norm.reliability,
        source=norm.source or norm.publisher,
        note="A norm is about all pupils, with and without SEN.",
    )
