"""Allowing for how many contrasts were tested together, at full precision.

Holm's and Benjamini and Hochberg's corrections are made here, the others are those of statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError

METHODS = ("holm", "fdr_bh", "bonferroni", "fdr_by", "hommel")


def adjust(p_values: Sequence[float], method: str = "holm") -> tuple[float, ...]:
    """How surprising is each contrast once all that were tested are counted?

    Parameters
    ----------
    p_values : sequence of float
        One per contrast, between 0 and 1; a missing one (nan) counts as not tested.
    method : str
        ``holm`` (chance of any false claim, the default), ``fdr_bh`` (share of claims that are
        false), ``bonferroni``, ``fdr_by`` or ``hommel``.

    Returns
    -------
    tuple of float
        In the order given; nan where nan came in.

    Raises
    ------
    EstimationError
        Where the method is unknown or a value is no probability.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    if method not in METHODS:
        raise EstimationError(f"'{method}' is no correction for several contrasts. There are: {', '.join(METHODS)}.")
    wrong = [p for p in p_values if not math.isnan(p) and not 0 <= p <= 1]
    if wrong:
        raise EstimationError(f"{wrong[0]} is no p-value: it must lie between 0 and 1.")
    tested = [p for p in p_values if not math.isnan(p)]
    corrected = iter(_corrected(tested, method))
    return tuple(p if math.isnan(p) else next(corrected) for p in p_values)


def _corrected(p_values: list[float], method: str) -> list[float]:
    if not p_values:
        return []
    if method in BY_HAND:
        return BY_HAND[method](np.asarray(p_values, dtype=np.float64))
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method=method)[1]]


def _holm(p: NDArray[np.float64]) -> list[float]:
    """Sorted from the smallest, times how many are left, never falling."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return _back(stepped, order)


def _benjamini_hochberg(p: NDArray[np.float64]) -> list[float]:
    """Sorted from the largest, times all over its rank, never rising."""
    order = np.argsort(p, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p[order] * p.size / np.arange(p.size, 0, -1))
    return _back(stepped, order)


def _back(stepped: NDArray[np.float64], order: NDArray[np.intp]) -> list[float]:
    adjusted = np.empty_like(stepped)
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(p) for p in adjusted]


# importing statsmodels takes longer than all estimation of a small trust: these two are a line each
BY_HAND = {"holm": _holm, "fdr_bh": _benjamini_hochberg}
