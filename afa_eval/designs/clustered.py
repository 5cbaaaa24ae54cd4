"""Means, ratios of sums and what is computed from them, with schools as clusters.

All cells of a question (before and after, with and without SEN) stand in one stacked linear model,
so that the covariance between them is kept: a change or a gap is a contrast of one fit. A cell mean
is least squares on the cell's indicator; a ratio of sums is the same weighted by the denominator.
Standard errors are CR2 by school, degrees of freedom Satterthwaite's (Pustejovsky and Tipton 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.designs.base import Design
from afa_eval.designs.groups import factorize, renumber
from afa_eval.errors import EstimationError
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate
from afa_eval.kernels.moments import cell_moments, cluster_moments
from afa_eval.kernels.ols import OlsFit, contrast, fit_ols
from afa_eval.kernels.power import smallest_detectable
from afa_eval.kernels.reml import fit_random_intercept, icc_interval

Floats = npt.NDArray[np.float64]
METHOD = "school-clustered (CR2, Satterthwaite degrees of freedom)"
FEW_SCHOOLS = "No interval: fewer than {least} schools."
ROUNDING = 1e-13  # a standard error below this, relative to the values, is what rounding left of none
NO_SPREAD = "No interval: all values are alike, or one side comes from a single school."


@dataclass(frozen=True, slots=True)
class Clustered:
    """What is the value, and how sure is it when pupils come in schools?

    Attributes
    ----------
    value : float
        In the units of the values given.
    se, df : float or None
        None where fewer than two schools stand behind a cell.
    n, n_schools : int
        Rows and schools behind it.
    design_effect : float or None
        Variance allowing for schools divided by variance ignoring them.
    """

    value: float
    se: float | None
    df: float | None
    n: int
    n_schools: int
    design_effect: float | None = None

    def minus(self, fixed: float) -> Clustered:
        """How far is it from a line without sampling error?

        Parameters
        ----------
        fixed : float
            For example a national figure.

        Returns
        -------
        Clustered
            With the same standard error.
        """
        return replace(self, value=self.value - fixed)

    def allowing(self, se: float) -> Clustered:
        """How sure is it beside a line that has an error of its own?

        Parameters
        ----------
        se : float
            Of the line; 0 where it is fixed.

        Returns
        -------
        Clustered
            With both errors.
        """
        return self if not se or self.se is None else replace(self, se=float(np.hypot(self.se, se)))

    def times(self, factor: float) -> Clustered:
        """What is it in another unit?

        Parameters
        ----------
        factor : float
            For example one over a known standard deviation.

        Returns
        -------
        Clustered
            Value and standard error multiplied.
        """
        return replace(self, value=self.value * factor, se=None if self.se is None else self.se * abs(factor))


@dataclass(frozen=True, slots=True, eq=False)
class CellFit:
    """How large is each cell, and how do the cells vary together?

    Attributes
    ----------
    cells : tuple of str
        Names, in the order of the fit's coefficients.
    fit : OlsFit or None
        None where all rows are in one school.
    means : ndarray, shape (k,)
        Cell means, or ratios of sums.
    rows, schools : ndarray
        Rows per cell, shape (k,); schools by cell that have rows in it, shape (J, k), of bool.
    """

    cells: tuple[str, ...]
    fit: OlsFit | None
    means: Floats
    rows: npt.NDArray[np.int64]
    schools: npt.NDArray[np.bool_]

    def gradient(self, weights: Mapping[str, float]) -> Floats:
        """Which vector of coefficients is meant by weights on named cells?

        Parameters
        ----------
        weights : mapping of str to float
            Cell to weight; cells left out weigh nothing.

        Returns
        -------
        ndarray, shape (k,)
            In the order of ``cells``.

        Raises
        ------
        KeyError
            Where a cell has no rows.
        """
        vector = np.zeros(len(self.cells))
        for cell, weight in weights.items():
            if cell not in self.cells:
                raise KeyError(cell)
            vector[self.cells.index(cell)] = weight
        return vector

    def combine(self, weights: Mapping[str, float]) -> Clustered:
        """What is a weighted sum of cells: a mean, a change, a gap, a change of a gap?

        Parameters
        ----------
        weights : mapping of str to float
            Cell to weight, for example ``{"after": 1, "before": -1}``.

        Returns
        -------
        Clustered
            With CR2 error and Satterthwaite degrees of freedom.
        """
        return self.linear(self.gradient(weights))

    def linear(self, vector: Floats) -> Clustered:
        """What is a linear combination of the cells, by its vector?

        Parameters
        ----------
        vector : ndarray, shape (k,)
            A weight per cell, in the order of ``cells``.

        Returns
        -------
        Clustered
            ``n`` counts the rows of the cells with weight, ``n_schools`` the schools in any of them.
        """
        used = vector != 0
        n, n_schools = int(self.rows[used].sum()), int(self.schools[:, used].any(axis=1).sum())
        value = float(vector @ self.means)
        lonely = bool((self.schools[:, used].sum(axis=0) < 2).any())
        if self.fit is None or lonely or not used.any():
            return Clustered(value, None, None, n, n_schools)
        result = contrast(self.fit, vector)
        if result.se < ROUNDING * max(1.0, float(np.abs(self.means[used]).max())):
            return Clustered(value, 0.0, result.df, n, n_schools)
        naive = float(vector @ self.fit.cov_classical @ vector)
        effect = result.se**2 / naive if naive > 0 else None
        return Clustered(value, result.se, result.df, n, n_schools, effect)


def fit_cells(values: pd.Series, cells: pd.Series, school: pd.Series, *, size: pd.Series | None = None) -> CellFit:
    """How large is each cell: the mean of its values, or the ratio of its sums?

    Parameters
    ----------
    values : pandas.Series of float
        One per row; rows with a missing value, cell or school are left out.
    cells : pandas.Series of str
        Which cell the row is in; each row is in one.
    school : pandas.Series
        The cluster.
    size : pandas.Series of float, optional
        Denominators: the cell is then sum of values over sum of sizes (rows of size 0 left out).

    Returns
    -------
    CellFit
        Ready for contrasts.

    Examples
    --------
    >>> fit = fit_cells(pd.Series([1.0, 3, 5, 7]), pd.Series(list("aabb")), pd.Series(["x", "y", "x", "y"]))
    >>> fit.combine({"b": 1, "a": -1}).value
    4.0
    """
    return Cells.of(cells, school).fit(values, size=size)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """In which cell and school is each row, found once for many values?

    Attributes
    ----------
    names : tuple of str
        The cells, in order.
    cells, schools : ndarray of int, shape (n,)
        Position of each row's cell and school, -1 where missing.
    """

    names: tuple[str, ...]
    cells: npt.NDArray[np.int64]
    schools: npt.NDArray[np.int64]

    @classmethod
    def of(cls, cells: pd.Series, school: pd.Series) -> Cells:
        """Where does each row stand?

        Parameters
        ----------
        cells, school : pandas.Series
            As in ``fit_cells``.

        Returns
        -------
        Cells
            For one or more ``fit``.
        """
        codes, names = factorize(cells)
        return cls(tuple(names), codes, factorize(school)[0])

    def fit(self, values: pd.Series, *, size: pd.Series | None = None) -> CellFit:
        """How large is each cell?

        Parameters
        ----------
        values, size : pandas.Series of float
            As in ``fit_cells``.

        Returns
        -------
        CellFit
            Ready for contrasts.
        """
        y = values.to_numpy(dtype=np.float64, na_value=np.nan)
        sizes = np.ones_like(y) if size is None else size.to_numpy(dtype=np.float64, na_value=np.nan)
        keep = (self.cells >= 0) & (self.schools >= 0) & ~np.isnan(y) & (sizes > 0)
        (codes, used), (schools, there) = renumber(self.cells[keep]), renumber(self.schools[keep])
        return _fit(y[keep], sizes[keep], codes, [self.names[code] for code in used], schools, len(there))


def _fit(
    y: Floats,
    sizes: Floats,
    codes: npt.NDArray[np.int64],
    names: list[str],
    schools: npt.NDArray[np.int64],
    n_schools: int,
) -> CellFit:
    k = len(names)
    shift = float(y.sum() / sizes.sum()) if y.size else 0.0
    presence = np.zeros((n_schools, k), dtype=bool)
    presence[schools, codes] = True
    rows = np.bincount(codes, minlength=k)
    means = np.bincount(codes, weights=y, minlength=k) / np.bincount(codes, weights=sizes, minlength=k)
    if n_schools < 2:
        return CellFit(tuple(names), None, means, rows, presence)
    fit = fit_ols(cell_moments(y - shift * sizes, sizes, codes, schools, k), range(k), k, vcov="CR2")
    return CellFit(tuple(names), fit, means, rows, presence)


def mean_of(values: pd.Series, school: pd.Series, *, size: pd.Series | None = None) -> Clustered:
    """What is the mean (or ratio of sums), with schools as clusters?

    Parameters
    ----------
    values, school, size : pandas.Series
        As in ``fit_cells``.

    Returns
    -------
    Clustered
        ``value`` is nan where no row is left.
    """
    fit = fit_cells(values, pd.Series("all", index=values.index), school, size=size)
    if not fit.cells:
        return Clustered(float("nan"), None, None, 0, 0)
    return fit.combine({"all": 1.0})


def answer(
    design: Design,
    group: str,
    estimand: Estimand,
    what: Clustered,
    *,
    unit: str,
    base: str,
    claim: Claim = Claim.DESCRIPTION,
    method: str = "mean",
    comparator: Comparator | None = None,
    notes: tuple[str, ...] = (),
    n: int | None = None,
) -> Estimate:
    """How is a clustered value handed on as an Estimate?

    Parameters
    ----------
    design : Design
        Gives the outcome id and the least number of schools for an interval.
    group, estimand, unit, base, claim, method, comparator, notes
        As in ``Estimate``; the clustering is added to ``method``.
    what : Clustered
        The value with its error.
    n : int, optional
        What was counted, where it is not the number of rows (a pupil in two waves counts once).

    Returns
    -------
    Estimate
        Without an interval, and a note saying so, below ``design.min_schools`` schools; of one school a
        description, whatever it is set against.
    """
    if what.n_schools <= 1:
        claim = Claim.DESCRIPTION
    enough = what.se is not None and what.n_schools >= design.min_schools
    if not enough:
        few = what.n_schools < design.min_schools
        notes = (*notes, FEW_SCHOOLS.format(least=design.min_schools) if few else NO_SPREAD)
    return Estimate(
        outcome=design.id,
        group=group,
        estimand=estimand,
        value=what.value,
        se=what.se if enough else None,
        df=what.df if enough else None,
        unit=unit,
        base=base,
        n_pupils=what.n if n is None else n,
        n_schools=what.n_schools,
        comparator=comparator,
        claim=claim,
        method=f"{method}; {METHOD}" if enough else method,
        notes=notes,
    )


def between_schools(
    design: Design, group: str, values: pd.Series, school: pd.Series, *, unit: str, base: str
) -> Estimate | None:
    """What share of the variance lies between schools?

    Parameters
    ----------
    design : Design
        Gives the outcome id and the least number of schools.
    group, unit, base : str
        As in ``Estimate``; ``unit`` is that of the values and only named in the method.
    values, school : pandas.Series
        One per row; missing ones are left out.

    Returns
    -------
    Estimate or None
        The intraclass correlation with its exact interval (REML, random intercept); None below
        ``design.min_schools`` schools, or where nothing varies.
    """
    y = values.to_numpy(dtype=np.float64, na_value=np.nan)
    schools = factorize(school)[0]
    keep = (schools >= 0) & ~np.isnan(y)
    codes, names = renumber(schools[keep])
    y = y[keep]
    if len(names) < design.min_schools or y.size <= len(names) or np.ptp(y) == 0:
        return None
    columns = np.column_stack([np.ones_like(y), y - y.mean()])
    try:
        fit = fit_random_intercept(cluster_moments(columns, codes), [0], 1)
    except EstimationError:
        return None
    return Estimate(
        outcome=design.id,
        group=group,
        estimand=Estimand.ICC,
        value=fit.icc,
        interval=icc_interval(fit),
        unit="proportion",
        base=base,
        n_pupils=int(y.size),
        n_schools=len(names),
        claim=Claim.DESCRIPTION,
        method=f"random intercept by school, REML, of {unit}",
    )


def about_precision(
    design: Design, group: str, what: Clustered, *, unit: str, base: str, of: str, n: int | None = None
) -> tuple[Estimate, ...]:
    """How much did clustering cost, and how small a change could have been shown?

    Parameters
    ----------
    design : Design
        Gives the outcome id and the least number of schools.
    group, unit, base : str
        As in ``Estimate``.
    what : Clustered
        The headline change.
    of : str
        What it is the change of, for the method line.
    n : int, optional
        What was counted, where it is not the number of rows.

    Returns
    -------
    tuple of Estimate
        Design effect and smallest detectable change; empty where there is no interval.
    """
    if not what.se or what.design_effect is None or what.n_schools < design.min_schools:
        return ()
    plain = replace(what, se=None, df=None)
    effect = answer(
        design,
        group,
        Estimand.DESIGN_EFFECT,
        replace(plain, value=what.design_effect),
        unit="ratio",
        base=base,
        method=f"variance of the {of} by school over that of unrelated pupils",
        n=n,
    )
    smallest = answer(
        design,
        group,
        Estimand.MDES,
        replace(plain, value=smallest_detectable(what.se, what.df)),
        unit=unit,
        base=base,
        method=f"(t at 97.5% + t at 80%) times the standard error of the {of}",
        n=n,
    )
    return tuple(replace(item, notes=()) for item in (effect, smallest))
