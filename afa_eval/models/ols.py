"""Least squares on named columns, with errors that allow for schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.frames.moments import moments as make_moments
from afa_eval.frames.record import Moments
from afa_eval.frames.terms import INTERCEPT
from afa_eval.kernels import ols as kernel
from afa_eval.kernels import resample
from afa_eval.kernels.linear import Floats
from afa_eval.models import fitted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class OlsModel:
    """Which line fits best, and how sure are its coefficients when pupils come in schools?

    Attributes
    ----------
    terms : tuple of str
        Names of the coefficients, ``Intercept`` first.
    coef : ndarray, shape (p,)
        Coefficients, in units of the outcome per unit of the term.
    cov : ndarray, shape (p, p)
        Their covariance, of kind ``vcov``.
    vcov : str
        CR0, CR1, CR1S, CR2, CR3 or iid.
    sigma2 : float
        Residual variance.
    n_pupils, n_groups : int
        Rows used, clusters they are in (0 without clusters).
    n_dropped : int
        Rows left out because a value was missing.
    missing : tuple of (str, int)
        Missing values by column.
    """

    terms: tuple[str, ...]
    coef: Floats
    cov: Floats
    vcov: str
    sigma2: float
    n_pupils: int
    n_groups: int
    n_dropped: int
    missing: tuple[tuple[str, int], ...]
    fit: kernel.OlsFit = field(repr=False)
    moments: Moments = field(repr=False)

    def contrast(self, wanted: Mapping[str, float]) -> kernel.Contrast:
        """How large is a weighted sum of coefficients?

        Parameters
        ----------
        wanted : mapping of str to float
            Weight by term.

        Returns
        -------
        Contrast
            Value, standard error, Satterthwaite degrees of freedom.
        """
        return kernel.contrast(self.fit, fitted.weights(self.terms, wanted))

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
        found = kernel.contrasts(self.fit, np.eye(len(self.terms)))
        return fitted.tidy(self.terms, self.coef.tolist(), [c.se for c in found], [c.df for c in found], level)

    def bootstrap(
        self, replicates: int = 9999, seed: int = 0, strata: str | Mapping[object, object] | None = None
    ) -> resample.Bootstrap:
        """How do the coefficients vary when schools are drawn anew?

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
            Coefficients in the order of ``terms``.
        """
        p = len(self.terms)
        codes = fitted.strata(self.moments, strata)
        return resample.bootstrap_ols(self.moments.clusters, range(p), p, replicates, seed, codes)

    def wild_bootstrap(
        self, term: str, null: float = 0.0, replicates: int = 9999, seed: int = 0, weights: str = "auto"
    ) -> resample.Test:
        """Is a coefficient different from a value, by the restricted wild cluster bootstrap?

        Parameters
        ----------
        term : str
            Which coefficient.
        null : float
            The value under the hypothesis.
        replicates : int
            How many draws of weights.
        seed : int
            Equal seeds give equal answers.
        weights : str
            ``auto`` (six-point weights under 12 schools, signs from there on), ``webb`` or ``rademacher``; every
            pattern once where there are no more than ``replicates``.

        Returns
        -------
        Test
            Two-sided.
        """
        p = len(self.terms)
        at = int(np.argmax(fitted.weights(self.terms, {term: 1.0})))
        if term == INTERCEPT and self.moments.shift.any():
            raise EstimationError("The intercept has no wild bootstrap here: centre the columns and test a contrast.")
        return resample.wild_bootstrap(self.moments.clusters, range(p), p, at, null, replicates, seed, weights)

    def permutation_test(
        self, term: str, replicates: int = 9999, seed: int = 0, strata: str | Mapping[object, object] | None = None
    ) -> resample.Test:
        """How often would another assignment of schools have shown as large an effect?

        Parameters
        ----------
        term : str
            The treatment: 0 or 1, the same for all pupils of a school.
        replicates : int
            How many assignments; all of them where there are no more.
        seed : int
            Equal seeds give equal answers.
        strata : str or mapping, optional
            Strata or pairs within which the trial randomised.

        Returns
        -------
        Test
            Two-sided; exact if no school had any effect.
        """
        p = len(self.terms)
        at = int(np.argmax(fitted.weights(self.terms, {term: 1.0})))
        codes = fitted.strata(self.moments, strata)
        return resample.permutation(self.moments.clusters, range(p), p, at, replicates, seed, codes)


def fit_ols(
    data: object,
    outcome: str,
    fixed: Sequence[str],
    cluster: str | None = None,
    vcov: str | None = None,
    reference: Mapping[str, object] | None = None,
) -> OlsModel:
    """Which line fits best, with errors that allow for clusters?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, the path of a Parquet or CSV file, or ``Moments``.
    outcome : str
        The column on the left.
    fixed : sequence of str
        Terms on the right; text columns are categories, ``a:b`` is an interaction. An intercept is added.
    cluster : str, optional
        The school, or whatever was sampled or assigned as a whole.
    vcov : str, optional
        CR0, CR1, CR1S, CR2 (the default with a cluster), CR3, or iid (the default without).
    reference : mapping, optional
        The category that others are compared with, by column; else the first in order.

    Returns
    -------
    OlsModel
        Ask ``tidy`` for the table, ``contrast`` for weighted sums.

    Raises
    ------
    EstimationError
        Where terms say the same thing, or there are fewer than two clusters.
    DataError
        Where a column is missing or of the wrong kind.

    References
    ----------
    Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004.

    Examples
    --------
    >>> import pandas as pd
    >>> pupils = pd.DataFrame({"post": [1.0, 2, 4, 3, 5, 7], "treated": [0, 0, 0, 1, 1, 1], "urn": [1, 1, 2, 3, 4, 4]})
    >>> fit = fit_ols(pupils, outcome="post", fixed=["treated"], cluster="urn")
    >>> fit.terms, fit.n_groups, round(float(fit.coef[1]), 3)
    (('Intercept', 'treated'), 4, 2.667)
    """
    kind = vcov or ("iid" if cluster is None else "CR2")
    if kind not in kernel.KINDS:
        raise EstimationError(f"vcov must be one of {', '.join(kernel.KINDS)}, not '{kind}'.")
    if cluster is None and kind != "iid":
        raise EstimationError(f"{kind} errors need cluster=, the column that says which school a pupil is in.")
    return _fit(make_moments(data, outcome, fixed, [] if cluster is None else [cluster], reference), kind)


def _fit(found: Moments, kind: str) -> OlsModel:
    p = len(found.columns) - 1
    with fitted.named_columns(found):
        fit = kernel.fit_ols(found.clusters, range(p), p, kind)
    return OlsModel(
        terms=found.columns[:-1],
        coef=fit.coef,
        cov=fit.cov,
        vcov=kind,
        sigma2=fit.sigma2,
        n_pupils=fit.n_rows,
        n_groups=fit.n_clusters if found.levels else 0,
        n_dropped=found.n_dropped,
        missing=found.missing,
        fit=fit,
        moments=found,
    )
