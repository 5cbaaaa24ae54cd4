"""Months of progress: an effect size read off a named, versioned table.

Months belong to contrasts only (a design refuses them for a bare gain). The Toolkit's table is
EEF's published one. The trials' table is known to differ at its low end, but its bounds are not
confirmed: it is never the default and must be asked for as unverified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from afa_eval.codes._files import Row, rows
from afa_eval.errors import EstimationError
from afa_eval.estimate.words import round_half_up

DEFAULT_TABLE = "eef-toolkit"
BEYOND = ">12"


@dataclass(frozen=True, slots=True)
class MonthsTable:
    """Which table of months is this, and is it confirmed?

    Attributes
    ----------
    name : str
        For example ``eef-toolkit``.
    verified : bool
        False where its bounds are not confirmed at the source: never to be printed as fact.
    source : str
        Where it comes from.
    largest : float
        The largest effect size it covers.
    """

    name: str
    verified: bool
    source: str
    largest: float


def tables() -> tuple[MonthsTable, ...]:
    """Which tables are there?

    Returns
    -------
    tuple of MonthsTable
        The default first.
    """
    names = dict.fromkeys(row["table"] for row in rows("months"))
    return tuple(_describe(name) for name in names)


def months(g: float, table: str = DEFAULT_TABLE, *, allow_unverified: bool = False) -> float:
    """How many months of progress is an effect size, by this table?

    Parameters
    ----------
    g : float
        Standardised difference of a contrast; rounded half up to two digits first, as the table
        does. Negative values mirror.
    table : str
        Name of the table.
    allow_unverified : bool
        Needed for a table whose bounds are not confirmed.

    Returns
    -------
    float
        Whole months, with the sign of ``g``; infinite beyond the table's end (print ``>12``).

    Raises
    ------
    EstimationError
        Where the table is unknown or unverified, or ``g`` is no number.

    Examples
    --------
    >>> months(0.09), months(0.18), months(-0.19), months(1.2)
    (1.0, 2.0, -3.0, inf)
    """
    if math.isnan(g):
        raise EstimationError("Months of progress need an effect size, and there is none.")
    bands = _bands(table, allow_unverified)
    size = round_half_up(abs(g), 2) if math.isfinite(g) else math.inf
    found = next((float(row["months"]) for row in bands if size <= float(row["high"])), math.inf)
    return math.copysign(found, g) if found else 0.0


def months_interval(
    low: float, high: float, table: str = DEFAULT_TABLE, *, allow_unverified: bool = False
) -> tuple[float, float]:
    """How many months are both ends of an interval?

    Parameters
    ----------
    low, high : float
        Ends of the effect size's interval.
    table : str
        Name of the table.
    allow_unverified : bool
        Needed for a table whose bounds are not confirmed.

    Returns
    -------
    tuple of float
        Months; infinite beyond the table's end.

    Raises
    ------
    EstimationError
        As ``months``, and where the ends are the wrong way round.

    Examples
    --------
    >>> months_interval(-0.05, 0.30)
    (-1.0, 4.0)
    """
    if low > high:
        raise EstimationError(f"The interval's ends are the wrong way round: {low} is above {high}.")
    return (
        months(low, table, allow_unverified=allow_unverified),
        months(high, table, allow_unverified=allow_unverified),
    )


def sizes(n: int, table: str = DEFAULT_TABLE, *, allow_unverified: bool = False) -> tuple[float, float]:
    """Which effect sizes does the table print as so many months?

    Parameters
    ----------
    n : int
        Months, negative for less progress.
    table : str
        Name of the table.
    allow_unverified : bool
        Needed for a table whose bounds are not confirmed.

    Returns
    -------
    tuple of float
        Lowest and highest, to the table's two digits.

    Raises
    ------
    EstimationError
        Where the table has no such number of months.

    Examples
    --------
    >>> sizes(-2)
    (-0.18, -0.1)
    """
    for row in _bands(table, allow_unverified):
        if int(row["months"]) == abs(n):
            low, high = float(row["low"]), float(row["high"])
            if n == 0:
                return (-high, high)
            return (low, high) if n > 0 else (-high, -low)
    raise EstimationError(f"The table {table} goes from 0 to 12 months; {n} is not in it.")


def text(value: float) -> str:
    """How are months printed?

    Parameters
    ----------
    value : float
        What ``months`` gave.

    Returns
    -------
    str
        A whole number, ``>12`` or ``<-12``.

    Examples
    --------
    >>> text(3.0), text(float("inf"))
    ('3', '>12')
    """
    if math.isinf(value):
        return BEYOND if value > 0 else "<\u221212"
    return f"{value:.0f}".replace("-", "\u2212")


def _describe(name: str) -> MonthsTable:
    bands = [row for row in rows("months") if row["table"] == name]
    verified = all(row["verified"] == "yes" for row in bands)
    return MonthsTable(name, verified, bands[0]["source"], float(bands[-1]["high"]))


def _bands(table: str, allow_unverified: bool) -> list[Row]:
    known = {item.name: item for item in tables()}
    if table not in known:
        raise EstimationError(f"'{table}' is no table of months. There are: {', '.join(known)}.")
    if not (known[table].verified or allow_unverified):
        raise EstimationError(
            f"The table {table} is not confirmed at its source, so its months are not given as fact. "
            f"Use {DEFAULT_TABLE}, or ask for the unverified table by name and say so beside each figure."
        )
    return [row for row in rows("months") if row["table"] == table]
