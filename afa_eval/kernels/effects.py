"""Effects of schools and areas: what each adds, shrunken towards nought as far as it is uncertain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afa_eval.kernels.linear import Floats
from afa_eval.kernels.mixed import MixedModelFit
from afa_eval.kernels.structures import Slope


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """By how much does each group differ from what its pupils' columns predict?

    Attributes
    ----------
    value : ndarray, shape (J, d)
        Best linear unbiased predictions; d is 1, or 2 with a random slope (intercept, slope).
    variance : ndarray, shape (J, d, d)
        Their variance given the data and the estimated variances.
    """

    value: Floats
    variance: Floats


def school_effects(fit: MixedModelFit) -> GroupEffects:
    """What does each school add, beyond its area where there is one?

    Parameters
    ----------
    fit : MixedModelFit
        From ``fit_mixed``.

    Returns
    -------
    GroupEffects
        In the order of the schools that have a row.
    """
    if isinstance(fit.structure, Slope):
        return _with_slope(fit, fit.structure)
    n, left = fit.moments.n.astype(np.float64), _residual_sums(fit)
    ratio = fit.ratios[0]
    grown = 1 + n * ratio
    area_value, area_variance = np.zeros(n.size), np.zeros(n.size)
    if fit.areas is not None:
        area = area_effects(fit)
        area_value, area_variance = area.value[fit.areas, 0], area.variance[fit.areas, 0, 0]
    value = ratio / grown * (left - n * area_value)
    variance = fit.sigma2 * ratio / grown + (ratio * n / grown) ** 2 * area_variance
    return GroupEffects(value[:, None], variance[:, None, None])


def area_effects(fit: MixedModelFit) -> GroupEffects:
    """What does each area add?

    Parameters
    ----------
    fit : MixedModelFit
        With three levels.

    Returns
    -------
    GroupEffects
        In the order of the areas' codes.
    """
    if fit.areas is None:
        raise ValueError("the model has no third level")
    n, left = fit.moments.n.astype(np.float64), _residual_sums(fit)
    school, area = fit.ratios
    weight = 1 / (1 + n * school)
    grown = 1 + area * np.bincount(fit.areas, weights=n * weight)
    value = area / grown * np.bincount(fit.areas, weights=left * weight)
    return GroupEffects(value[:, None], (fit.sigma2 * area / grown)[:, None, None])


def _residual_sums(fit: MixedModelFit) -> Floats:
    """Sum of outcome minus prediction in each school, from the shifted columns."""
    return fit.moments.sums[:, fit.columns] @ _residual(fit)


def _residual(fit: MixedModelFit) -> Floats:
    """The vector that turns [x, y] of shifted columns into the residual."""
    shifted = np.linalg.solve(fit.back.matrix, fit.coef - fit.back.offset)
    return np.append(-shifted, 1.0)


def _with_slope(fit: MixedModelFit, structure: Slope) -> GroupEffects:
    h = fit.ratios
    matrix = np.array([[h[0], h[1]], [h[1], h[2]]])
    spread = matrix @ structure.shrink(h)
    left = structure.outer @ _residual(fit)
    return GroupEffects(np.einsum("jab,jb->ja", spread, left), fit.sigma2 * spread)
