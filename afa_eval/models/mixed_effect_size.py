"""Effect sizes of a multilevel model: which variance is the unit, and whose convention."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Estimate
from afa_eval.frames.record import Moments
from afa_eval.kernels import effect_size as kernel
from afa_eval.kernels import mixed
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.ols import Contrast

EEF_LEVEL = 0.95


class _Fitted(Protocol):
    """What must a multilevel model be able to say?"""

    @property
    def fit(self) -> mixed.MixedModelFit:
        """The kernel's fit."""
        ...

    @property
    def moments(self) -> Moments:
        """Its moments."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        ...

    @property
    def outcome(self) -> str:
        """The column on the left."""
        ...

    @property
    def groups(self) -> tuple[str, ...]:
        """Grouping columns."""
        ...

    @property
    def slope(self) -> str | None:
        """The random slope's term."""
        ...

    @property
    def n_pupils(self) -> int:
        """Rows used."""
        ...

    @property
    def n_groups(self) -> dict[str, int]:
        """Groups by level."""
        ...

    def contrast(self, wanted: Mapping[str, float]) -> Contrast:
        """A weighted sum of coefficients."""
        ...

    def without(self, terms: Sequence[str]) -> _Fitted:
        """The same model with these terms only."""
        ...


DENOMINATORS = ("treatment-only", "conditional", "null", "national")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which effect size is wanted?

    Attributes
    ----------
    term, basis, denominator, convention : str
        As in ``fit.effect_size``.
    sd : float or None
        The national standard deviation.
    level : float
        Confidence level.
    claim : Claim
        What a reader may conclude.
    """

    term: str
    basis: str
    denominator: str
    convention: str
    sd: float | None
    level: float
    claim: Claim


def effect_size(model: _Fitted, asked: Asked) -> Estimate:
    """How large is a coefficient in standard deviations?

    Parameters
    ----------
    model : _Fitted
        The fitted model.
    asked : Asked
        What is wanted.

    Returns
    -------
    Estimate
        In standard deviations.
    """
    _check(asked)
    contrast = model.contrast({asked.term: 1.0})
    if asked.denominator == "national":
        if asked.sd is None:
            raise EstimationError("denominator 'national' needs sd=, the national standard deviation of the outcome.")
        g = kernel.g_national(contrast.value, contrast.se, contrast.df, asked.sd, asked.level)
    else:
        g = _from_model(model, _unit_model(model, asked), contrast, asked)
    return Estimate(
        outcome=model.outcome,
        group=asked.term,
        estimand=Estimand.G_NATIONAL if asked.denominator == "national" else Estimand.HEDGES_G_TOTAL,
        value=g.value,
        se=g.se,
        df=g.df,
        interval=(g.low, g.high),
        level=asked.level,
        unit="sd",
        base="pupils",
        n_pupils=model.n_pupils,
        n_schools=model.n_groups[model.groups[-1]],
        claim=asked.claim,
        method=f"multilevel model, {asked.basis} standard deviation of the {asked.denominator} model, "
        f"{asked.convention} convention"
        if asked.denominator != "national"
        else "multilevel model, known national standard deviation",
    )


def _check(asked: Asked) -> None:
    if asked.denominator not in DENOMINATORS:
        raise EstimationError(f"denominator must be one of {', '.join(DENOMINATORS)}, not '{asked.denominator}'.")
    if asked.basis not in kernel.BASES:
        raise EstimationError(f"basis must be one of {', '.join(kernel.BASES)}, not '{asked.basis}'.")
    if asked.convention not in kernel.CONVENTIONS:
        raise EstimationError(f"convention must be one of {', '.join(kernel.CONVENTIONS)}, not '{asked.convention}'.")
    if asked.sd is not None and not asked.sd > 0:
        raise EstimationError(
            f"sd, the standard deviation of all pupils on that test, must be above 0, not {asked.sd}."
        )
    if asked.convention == "eefanalytics" and asked.denominator == "national":
        raise EstimationError("eefAnalytics knows no national denominator.")
    if asked.convention == "eefanalytics" and asked.level != EEF_LEVEL:
        raise EstimationError(
            f"eefAnalytics gives {EEF_LEVEL:.0%} intervals only: leave out level=, or the convention."
        )


def _unit_model(model: _Fitted, asked: Asked) -> _Fitted:
    """The model whose variances are the unit."""
    if asked.denominator == "conditional":
        return model
    terms = ["Intercept", asked.term] if asked.denominator == "treatment-only" else ["Intercept"]
    if model.slope is not None and asked.denominator == "null":
        raise EstimationError("With a random slope the unit is 'treatment-only' or 'conditional', not 'null'.")
    return model.without(terms)


def _from_model(model: _Fitted, unit: _Fitted, contrast: Contrast, asked: Asked) -> kernel.EffectSize:
    treated = _treated(model, asked.term)
    n = model.moments.clusters.n
    if model.slope is not None:
        return _multisite(unit, contrast, treated, n, asked)
    between, within = float(unit.fit.variances.sum()), unit.fit.sigma2
    if not ((treated == 0) | (treated == n)).all() or len(model.groups) > 1:
        if asked.convention == "eefanalytics":
            raise EstimationError("eefAnalytics knows two levels, with whole schools in one arm each.")
        variance = within + (between if asked.basis == "total" else 0.0)
        df = _variance_df(unit, np.ones(unit.fit.variances.size) if asked.basis == "total" else None)
        return kernel.g_estimated(contrast.value, contrast.se, contrast.df, math.sqrt(variance), df, asked.level)
    arms = n[treated > 0], n[treated == 0]
    if min(map(len, arms)) < 2:
        raise EstimationError(
            f"'{asked.term}' has {len(arms[0])} of the {len(n)} groups: an effect size in their own standard deviation "
            "needs at least two on each side. With denominator='national' it does not."
        )
    sizes = kernel.arm_sizes(*arms)
    return kernel.hedges_g_clustered(
        contrast.value,
        between,
        within,
        sizes,
        basis=asked.basis,
        convention=asked.convention,
        se=contrast.se,
        df=contrast.df,
        level=asked.level,
    )


def _multisite(unit: _Fitted, contrast: Contrast, treated: Ints, n: Ints, asked: Asked) -> kernel.EffectSize:
    """The unit is the average pupil's variance: intercept, slope and covariance by the share treated."""
    intercept, covariance, slope = unit.fit.variances.tolist()
    if asked.convention == "eefanalytics":
        return kernel.hedges_g_multisite(
            contrast.value,
            slope,
            unit.fit.sigma2,
            treated,
            n - treated,
            var_intercept=intercept,
            cov=covariance,
            basis=asked.basis,
        )
    share = float(treated.sum() / n.sum())
    weights = np.array([1.0, 2 * share, share]) if asked.basis == "total" else None
    variance = unit.fit.sigma2 + (float(unit.fit.variances @ weights) if weights is not None else 0.0)
    df = _variance_df(unit, weights)
    return kernel.g_estimated(contrast.value, contrast.se, contrast.df, math.sqrt(variance), df, asked.level)


def _variance_df(unit: _Fitted, weights: Floats | None) -> float:
    """Satterthwaite degrees of freedom of a sum of variances, from the model's own information."""
    fit = unit.fit
    weights = np.zeros(fit.variances.size) if weights is None else weights
    # the sum is sigma2 (1 + weights'ratios): its gradient by (sigma2, ratios)
    gradient = np.append(1 + float(weights @ fit.ratios), fit.sigma2 * weights)
    total = fit.sigma2 * gradient[0]
    spread = 2 * np.linalg.pinv(mixed.information(fit))
    return float(2 * total**2 / (gradient @ spread @ gradient))


def _treated(model: _Fitted, term: str) -> Ints:
    """Treated pupils of each school; the term must be 0 or 1."""
    at = model.terms.index(term)
    clusters = model.moments.clusters
    counts = clusters.sums[:, at]
    two_valued = clusters.shift[at] == 0 and np.allclose(clusters.cross[:, at, at], counts) and (counts >= 0).all()
    if not two_valued:
        raise EstimationError(f"'{term}' is no treatment: an effect size needs a term that is 0 or 1.")
    return np.rint(counts).astype(np.int64)
