"""Do raters agree? Weighted kappa with its interval, and the intraclass correlation (pingouin, unrounded)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from afa_eval.errors import EstimationError
from afa_eval.models.fitted import quantile
from afa_eval.models.scales import finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = {"none": None, "linear": 1, "squared": 2}  # power of the distance between categories
KINDS = {
    (False, False): "ICC(1,1)",
    (True, False): "ICC(A,1)",
    (False, True): "ICC(1,k)",
    (True, True): "ICC(A,k)",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well do raters agree beyond chance?

    Attributes
    ----------
    value : float
        1 where they always agree, 0 where as often as by chance.
    low, high : float
        Its interval.
    n : int
        What was rated by all.
    raters : int
        How many rated.
    """

    value: float
    low: float
    high: float
    n: int
    raters: int


def kappa(
    first: Sequence[object],
    second: Sequence[object],
    weights: str = "none",
    categories: Sequence[object] | None = None,
    level: float = 0.95,
) -> Agreement:
    """How well do two raters agree beyond chance, near misses counted in part where categories have an order?

    Parameters
    ----------
    first, second : sequence
        Their ratings of the same things, in the same order; what one of them left out is left out.
    weights : str
        ``none`` (Cohen's kappa), ``linear`` or ``squared`` distance between categories.
    categories : sequence, optional
        All of them in order; by default those that occur, sorted.
    level : float
        Confidence level.

    Returns
    -------
    Agreement
        With the large-sample interval, which may reach beyond -1 and 1 where few were rated.

    Raises
    ------
    EstimationError
        Where fewer than two were rated by both, a rating is no category, or all are the same.

    References
    ----------
    Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72(5), 323-327, for the variance.

    Examples
    --------
    >>> kappa([1, 1, 2, 2], [1, 1, 2, 1]).value
    0.5
    """
    if weights not in WEIGHTS:
        raise EstimationError(f"weights must be one of {', '.join(WEIGHTS)}, not '{weights}'.")
    shares, n = _shares(first, second, categories)
    distance = np.abs(np.subtract.outer(np.arange(len(shares)), np.arange(len(shares)))).astype(np.float64)
    power = WEIGHTS[weights]
    credit = 1.0 - (distance / distance.max()) ** power if power else (distance == 0).astype(np.float64)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    seen, chance = float((credit * shares).sum()), float(rows @ credit @ columns)
    value = (seen - chance) / (1 - chance)
    average = np.add.outer(credit @ columns, rows @ credit)
    inner = float((shares * (credit - average * (1 - value)) ** 2).sum())
    variance = (inner - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    half = quantile(0.5 + level / 2, math.inf) * math.sqrt(max(variance, 0.0))
    return Agreement(value, value - half, value + half, n, 2)


def _shares(
    first: Sequence[object], second: Sequence[object], categories: Sequence[object] | None
) -> tuple[NDArray[np.float64], int]:
    """Share of each pair of ratings, and how many there are."""
    both = pd.DataFrame({"first": pd.Series(list(first)), "second": pd.Series(list(second))})
    if len(first) != len(second):
        raise EstimationError(f"The raters rated {len(first)} and {len(second)} things: they must be the same ones.")
    both = both.dropna()
    values = both.to_numpy(dtype=object)
    known = list(categories) if categories is not None else sorted(set(values.ravel().tolist()))
    odd = [value for value in values.ravel().tolist() if value not in known]
    if odd:
        raise EstimationError(f"{odd[0]!r} is none of the categories: {', '.join(map(str, known))}.")
    if len(both) < 2 or len(set(values.ravel().tolist())) < 2:
        raise EstimationError("Agreement beyond chance needs two or more things rated, and more than one rating given.")
    place = {value: i for i, value in enumerate(known)}
    counts = np.zeros((len(known), len(known)))
    for one, other in values.tolist():
        counts[place[one], place[other]] += 1
    return counts / len(both), len(both)


def rater_icc(ratings: pd.DataFrame, same_raters: bool = True, mean: bool = False) -> Agreement:
    """Which share of the variance of ratings lies between the things rated (intraclass correlation)?

    Parameters
    ----------
    ratings : pandas.DataFrame
        One column per rater, one row per thing rated; rows with a gap are left out.
    same_raters : bool
        Whether each rater rated everything, so that a severe rater counts against agreement (ICC(A)); otherwise each
        thing had raters of its own (ICC(1)).
    mean : bool
        Of the mean of all raters, or of a single one (the default).

    Returns
    -------
    Agreement
        With the 95 % interval.

    Raises
    ------
    EstimationError
        With fewer than two raters or three complete rows, where nothing varies, or a rating is infinite or no number.

    References
    ----------
    Shrout and Fleiss (1979), Psychological Bulletin 86(2), 420-428.

    Examples
    --------
    >>> round(rater_icc(pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 3, 5]})).value, 3)
    0.945
    """
    from pingouin import intraclass_corr

    complete = finite(ratings.dropna())
    n, k = complete.shape
    if k < 2 or n < 3 or not float(np.ptp(complete.to_numpy())):
        raise EstimationError("Agreement of raters needs two raters, three things rated by all, and some variation.")
    complete = complete.set_axis([f"r{i}" for i in range(k)], axis=1).reset_index(drop=True)
    long = complete.rename_axis("thing").reset_index().melt(id_vars="thing", var_name="rater", value_name="rating")
    with _unrounded():
        found = intraclass_corr(long, targets="thing", raters="rater", ratings="rating").set_index("Type")
    row = found.loc[KINDS[same_raters, mean]]
    low, high = row["CI95"]
    return Agreement(float(row["ICC"]), float(low), float(high), n, k)


@contextmanager
def _unrounded() -> Iterator[None]:
    """Full precision from pingouin, which rounds intervals to two decimals."""
    from pingouin import options

    before = options["round.column.CI95"]
    options["round.column.CI95"] = None
    try:
        yield
    finally:
        options["round.column.CI95"] = before
