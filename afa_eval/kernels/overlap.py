"""How far do two groups' scores overlap? The gap index of the disadvantage statistics, and back to an effect size."""

from __future__ import annotations

from math import sqrt

from afa_eval.errors import EstimationError
from afa_eval.kernels.effect_size import superiority

WIDEST = 10.0  # of the gap index: every pupil of one group is above every pupil of the other


def auc(d: float) -> float:
    """What is the area under the curve that tells the two groups apart, if both are normal?

    It is the probability of superiority under another name.

    Parameters
    ----------
    d : float
        Difference in standard deviations, the same in both groups.

    Returns
    -------
    float
        Between 0 and 1; one half where the groups are alike.

    Examples
    --------
    >>> round(auc(0.611), 3)
    0.667
    """
    return superiority(d)


def gap_index(d: float) -> float:
    """How large is the gap between two groups' mean ranks, on the scale from -10 to 10, if both are normal?

    The mean ranks of pupils, whatever the groups' sizes, differ by (AUC - 1/2) of all pupils; the index is 20 times it.

    Parameters
    ----------
    d : float
        Difference in standard deviations, the same in both groups.

    Returns
    -------
    float
        0 where the groups are alike.

    Examples
    --------
    >>> round(gap_index(0.611), 2)
    3.34
    """
    return 2 * WIDEST * (superiority(d) - 0.5)


def d_of_gap_index(index: float) -> float:
    """Which difference in standard deviations has this gap index, if both groups are normal?

    Parameters
    ----------
    index : float
        Between -10 and 10.

    Returns
    -------
    float
        In standard deviations.

    Raises
    ------
    EstimationError
        Where it lies outside the scale.

    Examples
    --------
    >>> round(d_of_gap_index(3.3408), 3)
    0.611
    """
    from scipy.special import ndtri

    if not -WIDEST < index < WIDEST:
        raise EstimationError(f"A gap index lies between -{WIDEST:g} and {WIDEST:g}, and this is {index:g}.")
    return sqrt(2) * float(ndtri(0.5 + index / (2 * WIDEST)))
