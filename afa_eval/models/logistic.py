"""Multilevel logistic models on named columns: odds ratios, and what they mean as chances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.frames.cells import CellTable
from afa_eval.frames.cells import cells as make_cells
from afa_eval.frames.terms import Column
from afa_eval.kernels import logistic as kernel
from afa_eval.kernels.linear import Floats
from afa_eval.models import fitted

if TYPE_CHECKING:
    import pandas as pd

ERRORS = ("restricted", "likelihood")


@dataclass(frozen=True, slots=True)
class RiskContrast:
    """How do chances differ, averaged over pupils and schools?

    Attributes
    ----------
    term : str
        What is compared with its reference.
    chance_with, chance_without : float
        Mean chance of the outcome, as proportions.
    difference : float
        Risk difference, as a proportion.
    difference_interval : tuple of float
        Its interval.
    ratio : float
        Risk ratio.
    ratio_interval : tuple of float
        Its interval.
    level : float
        Confidence level.
    """

    term: str
    chance_with: float
    chance_without: float
    difference: float
    difference_interval: tuple[float, float]
    ratio: float
    ratio_interval: tuple[float, float]
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class MixedLogisticModel:
    """How do the odds of an outcome depend on the terms, and how much do schools differ?

    Attributes
    ----------
    terms : tuple of str
        Names of the coefficients, ``Intercept`` first.
    outcome, group : str
        The column on the left; the school.
    coef : ndarray, shape (p,)
        Log odds ratios, given the school.
    cov : ndarray, shape (p, p)
        Their covariance, of kind ``errors``.
    errors : str
        ``restricted`` or ``likelihood``.
    n_pupils, n_groups : int
        Rows used, schools.
    n_dropped : int
        Rows left out because a value was missing.
    missing : tuple of (str, int)
        Missing values by column.
    """

    terms: tuple[str, ...]
    outcome: str
    group: str
    coef: Floats
    cov: Floats
    errors: str
    n_pupils: int
    n_groups: int
    n_dropped: int
    missing: tuple[tuple[str, int], ...]
    fit: kernel.LogisticFit = field(repr=False)
    table: CellTable = field(repr=False)

    @property
    def variances(self) -> dict[str, float]:
        """How large is the variance of the schools' log odds?"""
        return {self.group: self.fit.tau**2}

    @property
    def icc(self) -> float:
        """Which share of the variance of the latent scale lies between schools?"""
        return self.fit.icc

    @property
    def loglik(self) -> float:
        """What is the log-likelihood?"""
        return self.fit.loglik

    @property
    def at_boundary(self) -> bool:
        """Is the variance between schools estimated as nought?"""
        return self.fit.at_boundary

    @property
    def median_odds_ratio(self) -> float:
        """By how much do the odds of a like pupil differ between two schools drawn at random (their median)?"""
        return self.fit.median_odds_ratio

    def median_odds_ratio_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Between which values does the median odds ratio lie?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            By profile likelihood; 1 where schools may not differ at all.
        """
        low, high = kernel.tau_interval(self.fit, level)
        return kernel.median_odds_ratio(low), kernel.median_odds_ratio(high)

    def icc_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Between which shares of the latent variance do schools lie?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            By profile likelihood.
        """
        low, high = (1 - kernel.LATENT / (tau**2 + kernel.LATENT) for tau in kernel.tau_interval(self.fit, level))
        return low, high

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """What are the log odds ratios with their tests and intervals?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, df (of the level at which the term varies), statistic, p_value, conf_low, conf_high.
        """
        errors = np.sqrt(np.diagonal(self.cov)).tolist()
        return fitted.tidy(self.terms, self.coef.tolist(), errors, kernel.level_df(self.fit.cells).tolist(), level)

    def odds_ratios(self, level: float = 0.95) -> pd.DataFrame:
        """What are the odds ratios, given the school?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns term, odds_ratio, conf_low, conf_high, p_value; without the intercept.
        """
        import pandas as pd

        table = self.tidy(level).iloc[1:].reset_index(drop=True)
        return pd.DataFrame(
            {
                "term": table["term"],
                "odds_ratio": np.exp(table["estimate"]),
                "conf_low": np.exp(table["conf_low"]),
                "conf_high": np.exp(table["conf_high"]),
                "p_value": table["p_value"],
            }
        )

    def risk(self, term: str, level: float = 0.95) -> RiskContrast:
        """How do chances differ with and without a term, averaged over pupils and schools?

        Parameters
        ----------
        term : str
            A 0-or-1 term, or one category (``sen[K]``, against the reference category).
        level : float
            Confidence level.

        Returns
        -------
        RiskContrast
            Marginal risk difference and risk ratio; these are not the odds ratio.

        Raises
        ------
        EstimationError
            Where the term is not 0 or 1.
        """
        with_, without = (_changed(self.table, term, value) for value in (1.0, 0.0))
        found = kernel.margin(self.fit, with_, without)
        df = float(kernel.level_df(self.fit.cells)[self.terms.index(term)])
        z = fitted.quantile(0.5 + level / 2, df)
        half, spread = z * found.difference_se, z * found.log_ratio_se
        return RiskContrast(
            term=term,
            chance_with=found.chance_1,
            chance_without=found.chance_0,
            difference=found.difference,
            difference_interval=(found.difference - half, found.difference + half),
            ratio=math.exp(found.log_ratio),
            ratio_interval=(math.exp(found.log_ratio - spread), math.exp(found.log_ratio + spread)),
            level=level,
        )

    def school_effects(self) -> pd.DataFrame:
        """How far are each school's log odds from what its pupils' terms predict?

        Returns
        -------
        pandas.DataFrame
            The school, ``effect`` (mode given the data), ``std_error`` and ``n_pupils``.
        """
        import pandas as pd

        counts = np.bincount(self.table.school, weights=self.table.n).astype(np.int64)
        names = [key[0] for key in self.table.keys]
        columns = {"effect": self.fit.effects, "std_error": self.fit.effect_sds, "n_pupils": counts}
        return pd.DataFrame({self.group: names, **columns})


def fit_mixed_logistic(
    data: object,
    outcome: str,
    fixed: Sequence[str],
    group: str,
    reference: Mapping[str, object] | None = None,
    quadrature: int = 15,
    errors: str = "restricted",
) -> MixedLogisticModel:
    """How do the odds of an outcome depend on the terms when pupils come in schools?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file.
    outcome : str
        The column on the left: 0 or 1.
    fixed : sequence of str
        Terms on the right; text columns are categories, ``a:b`` is an interaction. An intercept is added.
    group : str
        The school.
    reference : mapping, optional
        The category that others are compared with, by column; else the first in order.
    quadrature : int
        Points of the adaptive Gauss-Hermite rule, from 5.
    errors : str
        ``restricted`` (the default): standard errors at the spread of schools that the adjusted likelihood prefers,
        as restricted likelihood has it for normal outcomes; or ``likelihood``: at the estimated spread, as glmer gives
        them, which are too small where schools are few. Estimates are the same.

    Returns
    -------
    MixedLogisticModel
        Ask ``odds_ratios``, ``risk``, ``icc``, ``median_odds_ratio``.

    Raises
    ------
    EstimationError
        Where the outcome does not vary, terms say the same thing, or one tells the outcome without a miss.
    DataError
        Where a column is missing or of the wrong kind.

    References
    ----------
    Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663; Larsen and Merlo (2005), doi:10.1093/aje/kwi017.

    Examples
    --------
    >>> import pandas as pd
    >>> pupils = pd.DataFrame({"urn": [1] * 6 + [2] * 6 + [3] * 6, "absent": [0, 0, 1, 0, 0, 0] * 2 + [1, 1, 0, 1, 1, 0]})
    >>> fit = fit_mixed_logistic(pupils, outcome="absent", fixed=[], group="urn")
    >>> fit.n_groups, fit.median_odds_ratio > 1
    (3, True)
    """
    if not 5 <= quadrature <= 100:
        raise EstimationError(f"quadrature must be from 5 to 100 points, not {quadrature}.")
    if errors not in ERRORS:
        raise EstimationError(f"errors must be one of {', '.join(ERRORS)}, not '{errors}'.")
    table = make_cells(data, outcome, fixed, group, reference)
    fitted.check_gram((table.x * table.n[:, None]).T @ table.x, [column.name for column in table.columns])
    fit = kernel.fit_logistic(kernel.make_cells(table.x, table.n, table.y, table.school), quadrature)
    if errors == "restricted":
        fit = replace(fit, cov=kernel.restricted_cov(fit))
    back = np.eye(len(table.columns))
    back[0] -= table.shift
    return MixedLogisticModel(
        terms=tuple(column.name for column in table.columns),
        outcome=outcome,
        group=group,
        coef=back @ fit.coef,
        cov=back @ fit.cov[:-1, :-1] @ back.T,
        errors=errors,
        n_pupils=fit.n_rows,
        n_groups=fit.n_clusters,
        n_dropped=table.n_dropped,
        missing=table.missing,
        fit=fit,
        table=table,
    )


def _changed(table: CellTable, term: str, value: float) -> Floats:
    """The cells' columns with one term set; other categories of the same column go, interactions follow."""
    names = [column.name for column in table.columns]
    if term not in names:
        raise EstimationError(f"The model has no term '{term}'. It has: {', '.join(names)}.")
    asked = table.columns[names.index(term)]
    raw = table.x + table.shift
    if len(asked.factors) != 1 or not np.isin(raw[:, names.index(term)], (0.0, 1.0)).all():
        raise EstimationError(f"'{term}' is no single 0-or-1 term, so there is no chance with and without it.")
    column, level = asked.factors[0].column, asked.factors[0].level
    out = raw.copy()
    for i, other in enumerate(table.columns):
        if any(factor.column == column for factor in other.factors):
            out[:, i] = _product(other, column, level, value, raw, names)
    return out - table.shift


def _product(other: Column, column: str, level: object, value: float, raw: Floats, names: list[str]) -> Floats:
    """A column of the model with one of its factors set."""
    out = np.ones(raw.shape[0])
    for factor in other.factors:
        if factor.column == column:
            out *= value if factor.level == level else 0.0
        elif factor.shown in names:
            out *= raw[:, names.index(factor.shown)]
        else:
            raise EstimationError(
                f"'{other.name}' needs '{factor.shown}' as a term of its own for chances to be found."
            )
    return out
