"""Scales of several items: scoring, Cronbach's alpha (pingouin, unrounded) and McDonald's omega."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from afa_eval.errors import ColumnNotFound, DataError, EstimationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_UNIQUENESS = 0.005  # share of an item's variance that is its own; below, a Heywood case


@dataclass(frozen=True, slots=True)
class Reliability:
    """How consistently do the items of a scale measure one thing?

    Attributes
    ----------
    value : float
        The coefficient; 1 is perfect, and alpha may be negative.
    low, high : float or None
        Its confidence interval, where the method has one.
    n : int
        Respondents who answered every item.
    k : int
        Items.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    k: int


@dataclass(frozen=True, slots=True)
class OneFactor:
    """How do the items hang on one common factor?

    Attributes
    ----------
    loadings : numpy.ndarray
        Shape (k,), in the items' own units (covariance metric).
    uniquenesses : numpy.ndarray
        Shape (k,), the items' own variances.
    at_boundary : bool
        Whether an item is explained (nearly) fully by the factor: a Heywood case.
    """

    loadings: NDArray[np.float64]
    uniquenesses: NDArray[np.float64]
    at_boundary: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """Which score does each respondent get?

    Attributes
    ----------
    score : pandas.Series
        Mean of the items, reversed where they are worded the other way; nan where dropped.
    items : pandas.DataFrame
        The items as answered, reversed where asked, nothing filled in.
    filled : int
        Respondents who were given a mean for an item they left out.
    dropped : int
        Respondents who answered something but left out too much.
    """

    score: pd.Series[float]
    items: pd.DataFrame
    filled: int
    dropped: int


def alpha(items: pd.DataFrame, level: float = 0.95) -> Reliability:
    """How high is Cronbach's alpha, with Feldt's interval, unrounded?

    Parameters
    ----------
    items : pandas.DataFrame
        One numeric column per item, one row per respondent; rows with a gap are left out.
    level : float
        Confidence level.

    Returns
    -------
    Reliability
        From those who answered every item.

    Raises
    ------
    EstimationError
        With fewer than two items or three complete respondents, or where nothing varies.

    Notes
    -----
    pingouin rounds its interval to three digits, and where it drops rows itself it still counts
    them in the degrees of freedom; so complete rows are passed and Feldt's F is taken here.
    The interval treats respondents as independent of each other: it ignores schools.

    References
    ----------
    Feldt, Woodruff and Salih (1987), Applied Psychological Measurement 11(1), 93-103.

    Examples
    --------
    >>> round(alpha(pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 4, 3]})).value, 12)
    0.888888888889
    """
    from scipy.special import fdtri

    from afa_eval.models.lone import cronbach_alpha

    complete = _complete(items, 2)
    n, k = complete.shape
    value = float(cronbach_alpha(complete)[0])
    tail, df1, df2 = (1 - level) / 2, n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - value) * float(fdtri(df1, df2, p)) for p in (1 - tail, tail))
    return Reliability(value, low, high, n, k)


def omega(items: pd.DataFrame) -> Reliability:
    """How high is McDonald's omega of one common factor?

    The share of the variance of the sum of the items that is due to the factor:
    (sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses).

    Parameters
    ----------
    items : pandas.DataFrame
        One numeric column per item, one row per respondent; rows with a gap are left out. Items
        must point the same way.

    Returns
    -------
    Reliability
        Without an interval.

    Raises
    ------
    EstimationError
        With fewer than three items (one factor is then not identified) or too few respondents.

    References
    ----------
    McDonald (1999), Test Theory: A Unified Treatment, chapter 6.
    """
    complete = _complete(items, 3)
    n, k = complete.shape
    if n <= k:
        raise EstimationError(f"{n} complete respondents are too few for one factor of {k} items.")
    fit = one_factor(np.cov(complete.to_numpy(dtype=np.float64), rowvar=False))
    common = float(fit.loadings.sum()) ** 2
    return Reliability(common / (common + float(fit.uniquenesses.sum())), None, None, n, k)


def one_factor(cov: NDArray[np.float64]) -> OneFactor:
    """Which one common factor fits a covariance matrix best, by maximum likelihood?

    Parameters
    ----------
    cov : numpy.ndarray
        Shape (k, k), positive definite, k at least 3.

    Returns
    -------
    OneFactor
        In the metric of ``cov``; the loadings' sum is positive.

    Raises
    ------
    EstimationError
        Where the matrix is not positive definite.

    Notes
    -----
    The deviance is minimised over the uniquenesses alone: given them, the loadings follow from
    the largest eigenvector of the matrix scaled by them (Lawley and Maxwell 1971, chapter 4).
    """
    from scipy.optimize import minimize

    sd = np.sqrt(np.diag(cov))
    corr = cov / np.outer(sd, sd)
    if np.linalg.eigvalsh(corr)[0] <= 1e-10:
        raise EstimationError("Some items are exact combinations of others, so no factor can be fitted.")
    start = np.clip(0.5 / np.diag(np.linalg.inv(corr)), SMALLEST_UNIQUENESS, 1.0)
    found = minimize(
        _deviance,
        start,
        args=(corr,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(SMALLEST_UNIQUENESS, 1.0)] * len(sd),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000},
    )
    own = np.asarray(found.x, dtype=np.float64)
    loadings = _loadings(own, corr)
    sign = 1.0 if float((loadings * sd).sum()) >= 0 else -1.0
    return OneFactor(sign * loadings * sd, own * sd**2, bool((own <= SMALLEST_UNIQUENESS * 1.0001).any()))


def _loadings(own: NDArray[np.float64], corr: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(corr / np.sqrt(np.outer(own, own)))
    return np.asarray(np.sqrt(own) * vectors[:, -1] * math.sqrt(max(values[-1] - 1.0, 0.0)), dtype=np.float64)


def _deviance(own: NDArray[np.float64], corr: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Likelihood-ratio criterion for these uniquenesses, and its gradient."""
    values = np.linalg.eigvalsh(corr / np.sqrt(np.outer(own, own)))[:-1]
    loadings = _loadings(own, corr)
    implied = np.outer(loadings, loadings) + np.diag(own)
    gradient = np.diag(implied - corr) / own**2
    return float((values - np.log(values) - 1.0).sum()), gradient


def finite(answers: pd.DataFrame) -> pd.DataFrame:
    """Which numbers are these answers?

    Parameters
    ----------
    answers : pandas.DataFrame
        Without gaps; numbers, or texts that are.

    Returns
    -------
    pandas.DataFrame
        The same as numbers.

    Raises
    ------
    EstimationError
        Where one is infinite or no number.
    """
    try:
        numbers = answers.astype(float)
    except (ValueError, TypeError):
        raise EstimationError("An answer is no number.") from None
    if not np.isfinite(numbers.to_numpy()).all():
        raise EstimationError("An answer is infinite.")
    return numbers


def _complete(items: pd.DataFrame, least: int) -> pd.DataFrame:
    if items.shape[1] < least:
        raise EstimationError(f"Reliability of this kind needs at least {least} items, not {items.shape[1]}.")
    if not items.columns.is_unique:
        twice = ", ".join(map(str, items.columns[items.columns.duplicated()].unique()))
        raise EstimationError(f"There is more than one item {twice}.")
    complete = finite(items.dropna())
    if len(complete) < 3:
        raise EstimationError(f"Fewer than three respondents answered every item: {len(complete)}.")
    if bool((complete.nunique() < 2).any()):
        still = ", ".join(str(name) for name in complete.columns[complete.nunique() < 2])
        raise EstimationError(f"Everyone gave the same answer to {still}, so reliability cannot be estimated.")
    return complete


def score(
    frame: pd.DataFrame,
    items: Sequence[str],
    *,
    reverse: Sequence[str] = (),
    item_range: tuple[float, float] | None = None,
    missing_under: float = 0.2,
    strata: Sequence[str] = ("urn", "wave"),
) -> Scored:
    """Which scale score does each respondent get?

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per respondent and wave.
    items : sequence of str
        The item columns.
    reverse : sequence of str
        Items worded the other way: low + high - answer.
    item_range : tuple of float, optional
        Lowest and highest possible answer; needed where an item is reversed.
    missing_under : float
        A respondent who left out less than this share of the items gets the mean of that item in
        the same school and wave (in the same wave where nobody there answered it); who left out
        more gets no score. 0 gives scores only to those who answered all.
    strata : sequence of str
        Columns within which an item mean is taken, the widest last.

    Returns
    -------
    Scored
        Scores in the items' own units, on the rows of ``frame``.

    Raises
    ------
    ColumnNotFound
        Where an item is missing.
    DataError
        Where an item is not numeric or leaves its range.
    EstimationError
        Where an item is to be reversed without a range.

    Examples
    --------
    >>> answers = pd.DataFrame({"urn": ["1"] * 2, "wave": ["before"] * 2, "a": [1, 5], "b": [4, 1]})
    >>> score(answers, ["a", "b"], reverse=["b"], item_range=(1, 5)).score.tolist()
    [1.5, 5.0]
    """
    answers = _answers(frame, items, item_range)
    if reverse:
        if item_range is None:
            raise EstimationError("Reversed items need item_range = [lowest, highest].")
        chosen = list(reverse)
        answers[chosen] = item_range[0] + item_range[1] - answers[chosen]
    gaps = answers.isna()
    some = ~gaps.all(axis=1)
    # counts, not shares: 1 of 5 must not fall under 0.2 by a rounding error
    usable = some & (gaps.sum(axis=1) < missing_under * len(items) - 1e-9) | ~gaps.any(axis=1)
    fillable = gaps.any(axis=1) & usable
    means = answers
    for depth in range(len(strata)):
        keys = [frame[name] for name in strata[depth:]]
        means = means.fillna(answers.groupby(keys, observed=True).transform("mean"))
    scores = means.mean(axis=1, skipna=False).where(usable)
    return Scored(scores, answers, int(fillable.sum()), int((some & ~usable).sum()))


def _answers(frame: pd.DataFrame, items: Sequence[str], item_range: tuple[float, float] | None) -> pd.DataFrame:
    for name in items:
        if name not in frame.columns:
            raise ColumnNotFound.of(name, "an item of the scale", "responses", frame.columns)
    answers: pd.DataFrame = frame[list(items)].apply(pd.to_numeric, errors="coerce").astype(float)
    lost = int((answers.isna() & frame[list(items)].notna()).to_numpy().sum())
    if lost:
        raise DataError(f"{lost} answers to the items {', '.join(items)} are not numbers.")
    if item_range is not None:
        outside = int(((answers < item_range[0]) | (answers > item_range[1])).to_numpy().sum())
        if outside:
            low, high = item_range
            raise DataError(f"{outside} answers lie outside the items' range of {low:g} to {high:g}.")
    return answers
