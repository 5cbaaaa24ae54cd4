"""The records that every room hands on: frozen values, full precision, nothing rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from afa_eval.estimate.estimands import Estimand

Interval = tuple[float, float]
CONTRAST = " - "


class Claim(StrEnum):
    """What may a reader conclude from this figure?"""

    DESCRIPTION = "description"
    COMPARISON = "comparison"
    EFFECT = "effect"


class Severity(StrEnum):
    """How much does a Finding weigh?"""

    NOTE = "note"
    CONCERN = "concern"
    SERIOUS = "serious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparator:
    """Which national figure is this set against, and where does it come from?

    Attributes
    ----------
    slug : str
        The measure, for example ``persistent-absence``.
    value : float
        The figure, in ``unit``; rates are proportions.
    year : str
        Academic year as DfE writes it (``202223``), or two joined by ``-`` for a change.
    population : str
        Who it is about, in words: ``SEN support, secondary, England``.
    definition : str
        Identifier of the dated definition, for example ``pa-10-percent``.
    unit : str
        ``proportion``, ``points`` and so on: the same words as ``Estimate.unit``.
    n : int, optional
        How many were counted nationally; None where unpublished.
    numerator : float, optional
        The count above the line of a rate, where published.
    sd, reliability : float, optional
        Published standard deviation and reliability; None means unknown, never assumed.
    interval : tuple of float, optional
        Published confidence interval.
    status_timing : str, optional
        When nationally the SEN status was fixed, for example ``first term of the year``.
    source, release, licence, note : str
        Publication and table, release date, licence, and what to mind.
    mix : tuple of int
        How many of the group stand in each part, where the figure is weighted to the group's own mix. Never
        published: disclosure control asks whether the figure would tell of a few.
    """

    slug: str
    value: float
    year: str
    population: str
    definition: str
    unit: str
    n: int | None = None
    numerator: float | None = None
    sd: float | None = None
    reliability: float | None = None
    interval: Interval | None = None
    status_timing: str | None = None
    source: str = ""
    release: str = ""
    licence: str = ""
    note: str = ""
    mix: tuple[int, ...] = ()

    @property
    def ci(self) -> Interval | None:
        """Which interval was published with it?"""
        return self.interval

    def __str__(self) -> str:
        """The comparator as one line."""
        parts = (self.slug, self.year, self.population, self.definition, self.source)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is the answer to one question about one group, and how sure is it?

    Attributes
    ----------
    outcome : str
        The plan's outcome id.
    group : str
        ``all``, ``column=value`` joined by ``&``, or a contrast ``K - N``.
    estimand : Estimand
        What was estimated.
    value : float
        In ``unit``, full precision; shares, rates and their differences are proportions.
    se, df : float, optional
        Standard error and degrees of freedom of the t interval.
    level : float
        Confidence level of the interval.
    unit : str
        See ``afa_eval.estimate.words`` for the units that words know.
    base : str
        What ``n_pupils`` counts: pupils, enrolments, parents, teachers or schools.
    n_pupils, n_schools : int
        How many of the base were counted, and in how many schools.
    comparator : Comparator, optional
        The national or other line it is set against.
    claim : Claim
        What a reader may conclude.
    method : str
        How the value and its interval were made, in one line.
    notes : tuple of str
        What to mind about this figure.
    interval : tuple of float, optional
        Only where the interval is not value +- t * se (ratios, alpha, g, months).
    null : float
        The value that means "no difference": 0, or 1 for ratios.
    p_adjusted : float, optional
        p-value corrected for how many contrasts were tested together.
    arms : tuple of int
        For a contrast: how many of the base stand on each side of it; empty for one group. Never
        published: disclosure control asks whether either side is too few.
    """

    outcome: str
    group: str
    estimand: Estimand
    value: float
    unit: str
    base: str
    n_pupils: int
    n_schools: int
    claim: Claim
    method: str
    se: float | None = None
    df: float | None = None
    level: float = 0.95
    comparator: Comparator | None = None
    notes: tuple[str, ...] = ()
    interval: Interval | None = None
    null: float = 0.0
    p_adjusted: float | None = None
    arms: tuple[int, ...] = ()

    @property
    def ci(self) -> Interval | None:
        """Between which values does the truth plausibly lie?"""
        if self.interval is not None or self.se is None:
            return self.interval
        half = self.se * _t_quantile(0.5 + self.level / 2, self.df)
        return (self.value - half, self.value + half)

    @property
    def statistic(self) -> float | None:
        """How many standard errors is the value from "no difference"?"""
        if self.se is None or self.se <= 0:
            return None
        return (self.value - self.null) / self.se

    @property
    def p_value(self) -> float | None:
        """How surprising would this value be if there were no difference?

        None where the interval was given by its own method: t would contradict it.
        """
        if self.interval is not None or self.statistic is None:
            return None
        return _t_two_sided(self.statistic, self.df)

    @property
    def test(self) -> tuple[float | None, float | None]:
        """Which statistic and p-value stand in tables and files?

        None for a level of one group: nobody asks whether a mean score is nought. The p-value is
        the corrected one where several contrasts were tested together (``method`` says how).
        """
        if self.estimand.is_level and CONTRAST not in self.group:
            return (None, None)
        return (self.statistic, self.p_value if self.p_adjusted is None else self.p_adjusted)

    def at(self, level: float) -> Estimate:
        """What is the interval at another confidence level?

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Returns
        -------
        Estimate
            A copy at that level.

        Raises
        ------
        ValueError
            Where the interval was given by its own method, or the level is no probability.
        """
        if not 0 < level < 1:
            raise ValueError(f"level must lie between 0 and 1, not {level}")
        if self.interval is not None:
            raise ValueError(f"the interval of {self.estimand} comes from its own method and is fixed at {self.level}")
        return replace(self, level=level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How many were counted where, or how did a series run?

    Attributes
    ----------
    name : str
        Identifier, unique within an evaluation: ``flow``, ``coverage-reading``.
    title : str
        What a reader sees above it.
    rows, columns : tuple of str
        Labels; the margin is labelled ``Total``.
    cells : tuple of tuple
        Numbers by row, None where there is none.
    kind : str
        ``counts`` (each cell is a number of ``base``) or ``series`` (values; see ``bases``).
    base : str
        What a count counts.
    unit : str
        Unit of a series' cells.
    outcome : str
        The plan's outcome id, empty where it concerns all.
    bases : tuple of tuple of int, optional
        For a series: how many stand behind each cell; needed before it may leave. None with
        ``comparators`` only, that is, for published national figures.
    row_label, note : str
        Heading of the row labels; what to mind.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    kind: str = "counts"
    base: str = "pupils"
    unit: str = "count"
    outcome: str = ""
    bases: tuple[tuple[int, ...], ...] | None = None
    row_label: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a table whose cells do not fit its labels."""
        if len(self.cells) != len(self.rows) or any(len(row) != len(self.columns) for row in self.cells):
            raise ValueError(
                f"table {self.name}: cells do not fit {len(self.rows)} rows by {len(self.columns)} columns"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What else could explain a figure, or what must a reader mind?

    Attributes
    ----------
    code : str
        Stable identifier, for example ``regression-to-the-mean``.
    severity : Severity
        note, concern or serious.
    message : str
        One or two plain sentences.
    fix : str
        What would remove or reduce it.
    outcomes : tuple of str
        The plan's outcome ids it concerns; empty means all.
    """

    code: str
    severity: Severity
    message: str
    fix: str = ""
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the data, where, and how is it mended?

    Attributes
    ----------
    severity : str
        ``error`` (must be mended), ``query`` (check it, the run goes on) or ``info``.
    code : str
        Stable identifier, for example ``AFA203``.
    file, sheet : str
        The user's own file name, and the sheet of a workbook.
    row : int, optional
        As a spreadsheet shows it: the header is row 1.
    rows : tuple of int
        All rows, where several are alike.
    column : str
        The user's own header.
    value : str
        What stands there; identifiers are masked.
    message, fix : str
        What is wrong, and how to mend it.
    count : int
        How many cells or rows it concerns.
    """

    severity: str
    code: str
    file: str
    message: str
    fix: str
    sheet: str = ""
    row: int | None = None
    rows: tuple[int, ...] = ()
    column: str = ""
    value: str = ""
    count: int = 1


def _t_quantile(probability: float, df: float | None) -> float:
    """Quantile of t, or of the normal where ``df`` is None or infinite."""
    from scipy.special import ndtri, stdtrit  # scipy.special, not scipy.stats: a tenth of the import time

    return float(ndtri(probability) if df is None or math.isinf(df) else stdtrit(df, probability))


def _t_two_sided(statistic: float, df: float | None) -> float:
    from scipy.special import ndtr, stdtr

    tail = -abs(statistic)
    return float(2 * (ndtr(tail) if df is None or math.isinf(df) else stdtr(df, tail)))
