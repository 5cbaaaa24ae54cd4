"""One figure on its way into the store, and the check it must pass to get there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from afa_eval.data.ees import SYMBOLS
from afa_eval.errors import ComparatorError

ALL = ""
PER_100 = frozenset({"suspensions per 100 pupils", "exclusions per 100 pupils"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Which figure does a source print, about whom?

    Attributes
    ----------
    slug, definition, year, area, sen, need, phase, year_group, sex, fsm : str
        As the store keeps them; an empty string in the last four and in ``need`` means all.
    value : float
        In the measure's unit; a share is a proportion.
    printed : float, optional
        The figure as printed, in the measure's unit.
    numerator, denominator : float, optional
        Counts or sums behind it.
    low, high : float, optional
        Published interval.
    source : str
        Key in ``sources.csv``.
    sd, reliability : float, optional
        Published with it.
    note : str
        What to mind about this figure alone.
    symbol : str
        What the source prints instead of a figure, for example ``c``; the value is then NaN.
    """

    slug: str
    definition: str
    year: str
    value: float
    source: str
    area: str = "England"
    sen: str = "all"
    need: str = ALL
    phase: str = "all"
    year_group: str = ALL
    sex: str = ALL
    fsm: str = ALL
    printed: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    reliability: float | None = None
    note: str = ""
    symbol: str = ""

    @property
    def series(self) -> tuple[str, ...]:
        """Which series does it belong to: everything but year, area and the numbers?"""
        return (
            self.slug,
            self.definition,
            self.sen,
            self.need,
            self.phase,
            self.year_group,
            self.sex,
            self.fsm,
            self.source,
        )

    def as_text(self) -> str:
        """How is it named in a message?

        Returns
        -------
        str
            What sets it apart, in a row.
        """
        parts = (self.slug, self.year, self.sen, self.need, self.phase, self.year_group, self.sex, self.fsm)
        return " ".join(part for part in (*parts, self.area, self.source) if part)


def about(row: Row, parts: dict[str, str]) -> Row:
    """Who is this row about?

    Parameters
    ----------
    row : Row
        About all pupils.
    parts : dict
        sen, need, year_group, sex or fsm.

    Returns
    -------
    Row
        About those.
    """
    fields: dict[str, Any] = dict(parts)
    return replace(row, **fields)


def symbol(text: object) -> str:
    """Which symbol stands in a published cell instead of a figure?

    Parameters
    ----------
    text : object
        A cell of a statistics file.

    Returns
    -------
    str
        Empty where there is a figure, or nothing at all.
    """
    cleaned = str(text).strip() if text is not None else ""
    return cleaned if cleaned in SYMBOLS - {"", "nan", "None", "NULL", "NA"} else ""


def number(text: object) -> float | None:
    """Which number stands in a published cell?

    Parameters
    ----------
    text : object
        A cell of a statistics file.

    Returns
    -------
    float or None
        None for the symbols that stand for a figure that is hidden, missing or does not apply.

    Raises
    ------
    ComparatorError
        Where it is neither.
    """
    cleaned = str(text).strip() if text is not None else ""
    if cleaned in SYMBOLS:
        return None
    try:
        value = float(cleaned)
    except ValueError as error:
        raise ComparatorError(f"'{cleaned}' is neither a number nor a symbol of the statistics service.") from error
    return value if math.isfinite(value) else None


def agrees(printed: float, numerator: float, denominator: float, *, digit: float, rounding: float) -> bool:
    """Does a printed share agree with its own counts, to the printed digit?

    Parameters
    ----------
    printed : float
        The share as a proportion.
    numerator, denominator : float
        The counts behind it.
    digit : float
        Size of the last printed digit, as a proportion.
    rounding : float
        To what the counts were rounded (1 where they were not, 5 in absence releases).

    Returns
    -------
    bool
        False where no counts that round to these give that share.
    """
    share = numerator / denominator
    slack = (rounding / 2) * (1 + share) / denominator if rounding > 1 else 0.0
    return abs(printed - share) <= digit / 2 + slack + 1e-9


def from_counts(
    numerator: float, denominator: float, printed: float | None, *, digit: float, rounding: float, what: str
) -> float:
    """Which share follows from the counts, and does the printed one agree?

    Parameters
    ----------
    numerator, denominator : float
        The counts.
    printed : float, optional
        The printed share as a proportion.
    digit, rounding : float
        As ``agrees``.
    what : str
        Names the figure in a message.

    Returns
    -------
    float
        The share.

    Raises
    ------
    ComparatorError
        Where they disagree: the units changed or a column was mistaken for another.
    """
    if printed is not None and not agrees(printed, numerator, denominator, digit=digit, rounding=rounding):
        raise ComparatorError(f"{what}: printed {printed:.5f}, but {numerator:g} of {denominator:g} is not that.")
    return numerator / denominator


def check(rows: Iterable[Row], units: dict[str, str]) -> None:
    """Is every figure possible, and does none appear twice?

    Parameters
    ----------
    rows : iterable of Row
        All rows of the store to be.
    units : dict
        Unit by slug.

    Raises
    ------
    ComparatorError
        With everything that is wrong.
    """
    wrong: list[str] = []
    seen: dict[tuple[str, ...], float] = {}
    for row in rows:
        if row.slug not in units:
            wrong.append(f"{row.as_text()}: no such measure")
            continue
        if row.symbol:
            continue
        if not _possible(row, units[row.slug]):
            wrong.append(f"{row.as_text()}: {row.value} is not a possible {units[row.slug]}")
        key = (*row.series, row.year, row.area)
        if seen.setdefault(key, row.value) != row.value:
            wrong.append(f"{row.as_text()}: two different values, {seen[key]} and {row.value}")
    if wrong:
        raise ComparatorError("The sources contradict themselves:\n" + "\n".join(wrong[:50]))


def _possible(row: Row, unit: str) -> bool:
    if unit == "proportion":
        return 0 <= row.value <= 1
    if unit == "points":
        return -20 <= row.value <= 90
    return row.value >= 0
