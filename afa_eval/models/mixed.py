"""Multilevel models on named columns: pupils in schools in areas, and trials inside schools."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.estimate.records import Claim, Estimate
from afa_eval.frames.moments import moments as make_moments
from afa_eval.frames.record import Moments
from afa_eval.kernels import bayes, effects, mixed, resample
from afa_eval.kernels import variances as spread
from afa_eval.kernels.linear import Floats
from afa_eval.kernels.ols import Contrast
from afa_eval.kernels.variances import LikelihoodRatio
from afa_eval.models import fitted, mixed_effect_size

if TYPE_CHECKING:
    import pandas as pd

RESIDUAL = "residual"


@dataclass(frozen=True, slots=True, eq=False)
class MixedModel:
    """Which line fits best when pupils come in groups, and how much do the groups differ?

    Attributes
    ----------
    terms : tuple of str
        Names of the coefficients, ``Intercept`` first.
    outcome : str
        The column on the left.
    groups : tuple of str
        Grouping columns, widest first.
    slope : str, optional
        The column whose coefficient differs by school.
    df : str
        How degrees of freedom are found: satterthwaite, kenward-roger or residual.
    n_pupils : int
        Rows used.
    n_dropped : int
        Rows left out because a value was missing.
    missing : tuple of (str, int)
        Missing values by column.
    """

    terms: tuple[str, ...]
    outcome: str
    groups: tuple[str, ...]
    slope: str | None
    df: str
    n_pupils: int
    n_dropped: int
    missing: tuple[tuple[str, int], ...]
    fit: mixed.MixedModelFit = field(repr=False)
    moments: Moments = field(repr=False)

    @property
    def coef(self) -> Floats:
        """What are the coefficients, in units of the outcome per unit of the term?"""
        return self.fit.coef

    @property
    def cov(self) -> Floats:
        """What is their model-based covariance?"""
        return self.fit.cov

    @property
    def variances(self) -> dict[str, float]:
        """How large is the variance at each level, in squared units of the outcome?

        With a random slope: the intercept's variance under the school's name, then ``urn:treated`` (the slope's
        variance) and ``urn:treated covariance``.
        """
        found = dict(zip(self._labels(), self.fit.variances.tolist(), strict=True))
        ordered = dict(reversed(found.items())) if len(self.groups) > 1 else found
        return {**ordered, RESIDUAL: self.fit.sigma2}

    def _labels(self) -> tuple[str, ...]:
        """Names of the kernel's variances, narrowest level first."""
        school = self.groups[-1]
        if self.slope is not None:
            return (school, f"{school}:{self.slope} covariance", f"{school}:{self.slope}")
        return tuple(reversed(self.groups))

    @property
    def icc(self) -> float:
        """Which share of the variance lies between groups (all levels together)?

        With a random slope, where the slope's column is 0.
        """
        between = self.fit.variances[0] if self.slope is not None else self.fit.variances.sum()
        return float(between / (between + self.fit.sigma2))

    @property
    def icc_by_level(self) -> dict[str, float]:
        """Which share of the variance lies at each level?"""
        total = sum(self.variances[group] for group in self.groups) + self.fit.sigma2
        return {group: self.variances[group] / total for group in self.groups}

    def icc_interval(self, group: str | None = None, level: float = 0.95) -> tuple[float, float]:
        """Between which shares of the variance does a level lie?

        Parameters
        ----------
        group : str, optional
            The level; the narrowest by default.
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            Exact with one level, by profile likelihood with two.
        """
        return spread.share_interval(self.fit, self._position(group or self.groups[-1]), level)

    def variance_interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Between which values does a variance lie?

        Parameters
        ----------
        name : str
            A key of ``variances``.
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            By profile likelihood.
        """
        return spread.variance_interval(self.fit, -1 if name == RESIDUAL else self._position(name), level)

    def level_test(self, name: str) -> LikelihoodRatio:
        """Is there any variance at this level (or of this slope)?

        Parameters
        ----------
        name : str
            A key of ``variances``.

        Returns
        -------
        LikelihoodRatio
            Against the model without it, with the boundary mixture.
        """
        return spread.level_test(self.fit, self._position(name))

    def _position(self, name: str) -> int:
        labels = self._labels()
        if name not in labels:
            raise EstimationError(f"The model has no level '{name}'. It has: {', '.join(labels)}.")
        return labels.index(name)

    @property
    def loglik(self) -> float:
        """What is the (restricted) log-likelihood, with all constants?"""
        return self.fit.loglik

    @property
    def aic(self) -> float:
        """What is Akaike's criterion, coefficients and variances counted?"""
        return 2 * self.fit.n_parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """What is the Bayesian information criterion, by the number of pupils?"""
        return math.log(self.n_pupils) * self.fit.n_parameters - 2 * self.loglik

    @property
    def at_boundary(self) -> bool:
        """Is any variance estimated as nought?"""
        return self.fit.at_boundary

    @property
    def n_groups(self) -> dict[str, int]:
        """How many groups are there at each level?"""
        return dict(zip(self.groups, reversed(self.fit.n_groups), strict=True))

    def contrast(self, wanted: Mapping[str, float]) -> Contrast:
        """How large is a weighted sum of coefficients?

        Parameters
        ----------
        wanted : mapping of str to float
            Weight by term.

        Returns
        -------
        Contrast
            Value, standard error, degrees of freedom.
        """
        return mixed.contrast(self.fit, fitted.weights(self.terms, wanted), self.df)

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """What are the coefficients with their tests and intervals?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, df, statistic, p_value, conf_low, conf_high.
        """
        found = mixed.contrasts(self.fit, np.eye(len(self.terms)), self.df)
        return fitted.tidy(self.terms, self.coef.tolist(), [c.se for c in found], [c.df for c in found], level)

    def school_effects(self) -> pd.DataFrame:
        """How far is each school from what its pupils' columns predict?

        Returns
        -------
        pandas.DataFrame
            The groups' values, ``effect`` (shrunken; beyond its area where there is one), ``std_error`` (given the
            variances) and ``n_pupils``; with a random slope also ``slope`` and ``slope_std_error``.
        """
        import pandas as pd

        found = effects.school_effects(self.fit)
        table = pd.DataFrame(list(self.moments.keys), columns=list(self.groups))
        table["effect"] = found.value[:, 0]
        table["std_error"] = np.sqrt(found.variance[:, 0, 0])
        if self.slope is not None:
            table["slope"] = found.value[:, 1]
            table["slope_std_error"] = np.sqrt(np.maximum(found.variance[:, 1, 1], 0.0))
        table["n_pupils"] = self.moments.clusters.n
        return table

    def area_effects(self) -> pd.DataFrame:
        """How far is each area from what its pupils' columns predict?

        Returns
        -------
        pandas.DataFrame
            The area, ``effect`` (shrunken), ``std_error`` and ``n_pupils``.

        Raises
        ------
        EstimationError
            Where the model has one grouping level only.
        """
        import pandas as pd

        if len(self.groups) < 2:
            raise EstimationError("The model has no area level: name two grouping columns, widest first.")
        found, codes = effects.area_effects(self.fit), self.moments.codes(0)
        names = list(dict.fromkeys(key[0] for key in self.moments.keys))
        counts = np.bincount(codes, weights=self.moments.clusters.n).astype(np.int64)
        errors = np.sqrt(found.variance[:, 0, 0])
        return pd.DataFrame(
            {self.groups[0]: names, "effect": found.value[:, 0], "std_error": errors, "n_pupils": counts}
        )

    def compare(self, smaller: MixedModel) -> LikelihoodRatio:
        """Does this model fit better than a special case of it?

        Parameters
        ----------
        smaller : MixedModel
            With fewer terms (both by full likelihood) or fewer variances, on the same rows.

        Returns
        -------
        LikelihoodRatio
            With the boundary mixture where a variance was left out.
        """
        if self.outcome != smaller.outcome or not set(smaller.terms) <= set(self.terms):
            raise EstimationError("The smaller model must explain the same outcome by some of the same terms.")
        return spread.likelihood_ratio(self.fit, smaller.fit)

    def bootstrap(
        self, replicates: int = 9999, seed: int = 0, strata: str | Mapping[object, object] | None = None
    ) -> resample.Bootstrap:
        """How do the estimates vary when schools are drawn anew and the model is refitted each time?

        Parameters
        ----------
        replicates : int
            How many samples of schools.
        seed : int
            Equal seeds give equal answers.
        strata : str or mapping, optional
            Schools are drawn within these: a term that is one value in each school (the arm), or a stratum by school.

        Returns
        -------
        Bootstrap
            Coefficients in the order of ``terms``, and both variances, by REML.

        Raises
        ------
        EstimationError
            With areas or a random slope.
        """
        if len(self.groups) > 1 or self.slope is not None:
            raise EstimationError("The bootstrap refits models with one random intercept: leave out area and slope.")
        p = len(self.terms)
        codes = fitted.strata(self.moments, strata)
        return resample.bootstrap_reml(self.moments.clusters, range(p), p, replicates, seed, codes)

    def posterior(
        self, term: str, unit: str = "outcome", icc_prior: tuple[float, float] = (1.0, 1.0)
    ) -> bayes.Posterior:
        """What is known of a coefficient after the data, without sampling?

        Priors: flat for coefficients, 1 / sigma^2 for the residual variance, Beta for the ICC (uniform by default).

        Parameters
        ----------
        term : str
            Which coefficient.
        unit : str
            ``outcome`` (its own units), or ``total`` or ``within`` standard deviations of this model.
        icc_prior : tuple of float
            The Beta prior's parameters.

        Returns
        -------
        Posterior
            Ask ``above(threshold)``, ``quantile``, ``interval``.

        Raises
        ------
        EstimationError
            With areas or a random slope.
        """
        if len(self.groups) > 1 or self.slope is not None:
            raise EstimationError("Posteriors are for one random intercept: leave out area and slope.")
        p = len(self.terms)
        fit = bayes.fit_bayes(self.moments.clusters, range(p), p, icc_prior)
        direction = fitted.weights(self.terms, {term: 1.0})
        return bayes.effect_posterior(fit, direction) if unit == "outcome" else bayes.g_posterior(fit, direction, unit)

    def without(self, terms: Sequence[str]) -> MixedModel:
        """What is the same model with these terms only?

        Parameters
        ----------
        terms : sequence of str
            Names among ``terms``, ``Intercept`` included where wanted.

        Returns
        -------
        MixedModel
            From the same moments: no second pass.
        """
        wanted = [name for name in self.moments.columns if name in {*terms, self.outcome}]
        positions = [self.moments.columns.index(name) for name in wanted]
        return _fit(self.moments.picked(positions), self.slope, self.fit.reml, self.df)

    def effect_size(
        self,
        term: str,
        basis: str = "total",
        denominator: str = "treatment-only",
        convention: str = "afa_eval",
        *,
        sd: float | None = None,
        level: float = 0.95,
        claim: Claim | str = Claim.DESCRIPTION,
    ) -> Estimate:
        """How large is a coefficient in standard deviations?

        Parameters
        ----------
        term : str
            The treatment, 0 or 1.
        basis : str
            ``total`` (of all pupils of an arm) or ``within`` (of pupils of one school).
        denominator : str
            ``treatment-only`` (variances of the model with treatment alone: unbiased), ``conditional`` (of this
            model), ``null`` (of the model without terms) or ``national`` (``sd``, which is known).
        convention : str
            ``afa_eval``, or ``eefanalytics`` for that package's numbers.
        sd : float, optional
            The national standard deviation of the outcome.
        level : float
            Confidence level; ``eefanalytics`` knows 0.95 only.
        claim : Claim
            ``effect`` where the treatment was assigned at random; the model cannot know.

        Returns
        -------
        Estimate
            In standard deviations.

        Raises
        ------
        EstimationError
            Where the term is no treatment (0 or 1), or the denominator is unknown.
        """
        asked = mixed_effect_size.Asked(term, basis, denominator, convention, sd, level, Claim(claim))
        return mixed_effect_size.effect_size(self, asked)


def fit_mixed(
    data: object,
    outcome: str,
    fixed: Sequence[str],
    groups: Sequence[str],
    slope: str | None = None,
    reference: Mapping[str, object] | None = None,
    reml: bool = True,
    df: str = "satterthwaite",
) -> MixedModel:
    """Which line fits best when pupils come in schools (in areas), and how much do schools differ?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, the path of a Parquet or CSV file, or ``Moments``.
    outcome : str
        The column on the left.
    fixed : sequence of str
        Terms on the right; text columns are categories, ``a:b`` is an interaction. An intercept is added.
    groups : sequence of str
        One or two grouping columns, widest first: ``["la", "urn"]``. Schools are told apart within areas.
    slope : str, optional
        A term whose coefficient differs by school: the treatment of a multisite trial. With one grouping column.
    reference : mapping, optional
        The category that others are compared with, by column; else the first in order.
    reml : bool
        Restricted likelihood (the default), or full.
    df : str
        ``satterthwaite``, ``kenward-roger`` (whose standard error is the adjusted one) or ``residual``.

    Returns
    -------
    MixedModel
        Ask ``tidy``, ``variances``, ``icc``, ``school_effects``, ``effect_size``.

    Raises
    ------
    EstimationError
        Where terms say the same thing, or the data cannot tell the variances apart.
    DataError
        Where a column is missing or of the wrong kind.

    Notes
    -----
    Exact (no approximation of the likelihood): the fit needs one pass over the rows, then only each school's
    sums. The variance of nought is an ordinary answer; ``at_boundary`` says so.

    References
    ----------
    Bates et al. (2015), doi:10.18637/jss.v067.i01; Kenward and Roger (1997), doi:10.2307/2533558.

    Examples
    --------
    >>> import pandas as pd
    >>> pupils = pd.DataFrame({"post": [1.0, 2, 4, 5, 7, 9, 2, 4], "urn": [1, 1, 2, 2, 3, 3, 4, 4]})
    >>> fit = fit_mixed(pupils, outcome="post", fixed=[], groups=["urn"])
    >>> round(fit.icc, 3), fit.n_groups
    (0.851, {'urn': 4})
    """
    if not 1 <= len(groups) <= 2:
        raise EstimationError(f"A multilevel model takes one or two grouping columns, not {len(groups)}.")
    if df not in mixed.METHODS:
        raise EstimationError(f"df must be one of {', '.join(mixed.METHODS)}, not '{df}'.")
    return _fit(make_moments(data, outcome, fixed, groups, reference), slope, reml, df)


def _fit(found: Moments, slope: str | None, reml: bool, df: str) -> MixedModel:
    terms = found.columns[:-1]
    if slope is not None and slope not in terms:
        raise EstimationError(f"slope '{slope}' is not among the terms: {', '.join(terms)}.")
    p = len(terms)
    areas = found.codes(0) if len(found.levels) > 1 else None
    at = None if slope is None else terms.index(slope)
    with fitted.named_columns(found):
        fit = mixed.fit_mixed(found.clusters, range(p), p, areas, at, reml)
    return MixedModel(
        terms=terms,
        outcome=found.columns[-1],
        groups=found.levels,
        slope=slope,
        df=df,
        n_pupils=fit.n_rows,
        n_dropped=found.n_dropped,
        missing=found.missing,
        fit=fit,
        moments=found,
    )
