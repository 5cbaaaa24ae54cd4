"""Who answered twice: the pairs of a survey with two waves, and tests for pairs of schools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from afa_eval.errors import EstimationError


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which respondents can be followed from one wave to the other?

    Attributes
    ----------
    rows : pandas.Series
        True for the rows of respondents with exactly one row in each wave.
    n : int
        Such respondents.
    share : float
        Their share of all respondents seen in either wave; nan where nobody has an identifier.
    ambiguous : int
        Respondents with more than one row in a wave, who are left out of the pairs.
    """

    rows: pd.Series[bool]
    n: int
    share: float
    ambiguous: int


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Did paired answers move up or down?

    Attributes
    ----------
    statistic : float
        Wilcoxon's smaller sum of ranks.
    p_value : float
        Two-sided.
    rank_biserial : float
        From -1 (all down) to 1 (all up).
    n : int
        Pairs.
    """

    statistic: float
    p_value: float
    rank_biserial: float
    n: int


def pairs(key: pd.Series, wave: pd.Series, before: str, after: str) -> Pairs:
    """Who answered in both waves, and which share is that?

    Parameters
    ----------
    key : pandas.Series
        Who answered; missing where unknown.
    wave : pandas.Series
        In which wave, on the same index.
    before, after : str
        The two waves.

    Returns
    -------
    Pairs
        Rows without an identifier count as one respondent each in the share.

    Examples
    --------
    >>> who = pd.Series(["a", "b", "a", "c"])
    >>> pairs(who, pd.Series(["before", "before", "after", "after"]), "before", "after").share
    0.3333333333333333
    """
    counted = wave.isin([before, after])
    known = counted & key.notna()
    who, names = pd.factorize(key[known])
    counts = [np.bincount(who[(wave[known] == name).to_numpy()], minlength=len(names)) for name in (before, after)]
    twice = (counts[0] == 1) & (counts[1] == 1)
    repeated = (counts[0] > 1) | (counts[1] > 1)
    respondents = len(names) + int((counted & ~known).sum())
    rows = known.copy()
    rows[known] = twice[who]
    share = float(twice.sum()) / respondents if known.any() else float("nan")
    return Pairs(rows, int(twice.sum()), share, int(repeated.sum()))


def signed_rank(before: ArrayLike, after: ArrayLike) -> SignedRank:
    """Did the answers of schools shift in one direction (Wilcoxon, through pingouin)?

    Only where the unit is the school: it takes each pair as independent of the others.

    Parameters
    ----------
    before, after : array_like
        The two answers of each school, both of shape (n,).

    Returns
    -------
    SignedRank
        At full precision.

    Raises
    ------
    EstimationError
        Where no answer changed or the shapes differ.

    Examples
    --------
    >>> signed_rank([1, 2, 2, 3, 1], [2, 3, 4, 4, 3]).rank_biserial
    1.0
    """
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise EstimationError("Paired answers must be as many before as after.")
    if not (x != y).any():
        raise EstimationError("No answer changed between the waves, so there is nothing to rank.")
    from pingouin import wilcoxon

    found = wilcoxon(y, x, alternative="two-sided").iloc[0]
    # some versions of pingouin write W-val and p-val, others W_val and p_val
    named = {str(name).lower().replace("-", "_"): float(found[name]) for name in found.index if name != "alternative"}
    return SignedRank(named["w_val"], named["p_val"], named["rbc"], x.size)
