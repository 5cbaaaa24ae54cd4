"""Points of national curriculum levels to 2014/15, and DfE's nominal scores for outcomes without a score.

What is not published where we could read it is absent, never assumed: of DfE's nominal scores only
those stand in the table whose source was seen. National curriculum points of P scales are not among
them: hand in points, or the scale as your system prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from afa_eval.codes import years
from afa_eval.codes._files import rows
from afa_eval.errors import DataError

LAST_YEAR = "201415"
MEASURES = ("ks2-progress", "progress-8")
SUBLEVEL = re.compile(r"[1-5][abc]", re.IGNORECASE)


def points(level: object, year: object = None) -> float:
    """How many points is a national curriculum level?

    Parameters
    ----------
    level : object
        ``W``, 1 to 8, or a sub-level such as ``2b``.
    year : object, optional
        Academic year of the assessment; levels ended with 2014/15.

    Returns
    -------
    float
        Six points a level, two a sub-level.

    Raises
    ------
    DataError
        Where it is no level, or there were none that year.

    Examples
    --------
    >>> [points(level) for level in ("2b", "1", "3", "4c")]
    [15.0, 9.0, 21.0, 25.0]
    """
    found = _points().get(str(level).strip().casefold())
    if found is None:
        raise DataError(f"'{level}' is no national curriculum level. There are: {', '.join(_points())}.")
    if year is not None and years.parse(year) > LAST_YEAR:
        raise DataError(
            f"National curriculum levels ended with {years.label(LAST_YEAR)}: {years.label(year)} has none."
        )
    return found


def are_levels(texts: Iterable[object]) -> bool:
    """Are these cells levels and not points?

    Parameters
    ----------
    texts : iterable of str
        Cells that are filled, without those that say why there is no score.

    Returns
    -------
    bool
        True where each is a level and one at least is a sub-level such as ``2b``: bare numbers could be points.
    """
    found = [str(text).strip().casefold() for text in texts]
    return any(map(SUBLEVEL.fullmatch, found)) and all(text in _points() for text in found)


def nominal(outcome: object, year: object, measure: str = "ks2-progress") -> float | None:
    """Which score does a progress measure of DfE's give to a key stage 2 outcome without one?

    Parameters
    ----------
    outcome : object
        Such as ``N`` (sat the test, too few marks for a scaled score).
    year : object
        Academic year of the test.
    measure : str
        ``ks2-progress``, where it is the outcome, or ``progress-8``, where it is the prior attainment: their
        nominal scores differ.

    Returns
    -------
    float or None
        None where no such score is known to us: it is then no score, and never filled in.

    Raises
    ------
    DataError
        Where there is no such measure.

    Examples
    --------
    >>> nominal("N", "201617"), nominal("N", "201516"), nominal("A", "201617")
    (79.0, None, None)
    >>> nominal("PK6", "201819", "progress-8"), nominal("P4", "201718", "progress-8")
    (79.0, 61.0)
    """
    if measure not in MEASURES:
        raise DataError(f"'{measure}' is no measure with nominal scores. There are: {', '.join(MEASURES)}.")
    when, wanted = years.parse(year), str(outcome).strip().upper()
    for row in rows("nominal_scores"):
        if (row["measure"], row["outcome"]) == (measure, wanted) and row["first_year"] <= when <= (
            row["last_year"] or when
        ):
            return float(row["score"])
    return None


@cache
def _points() -> dict[str, float]:
    return {row["level"].casefold(): float(row["points"]) for row in rows("nc_points")}
