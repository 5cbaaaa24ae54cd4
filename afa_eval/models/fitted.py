"""What fitted models share: their coefficient table and errors that name columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.frames.record import Moments
from afa_eval.kernels.linear import Floats, Ints, dependent_columns

if TYPE_CHECKING:
    import pandas as pd

TIDY = ("term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")


def tidy(
    terms: Sequence[str], values: Sequence[float], errors: Sequence[float], dfs: Sequence[float], level: float
) -> pd.DataFrame:
    """What are the coefficients with their tests and intervals, one row each?

    Parameters
    ----------
    terms : sequence of str
        Names of the coefficients.
    values, errors, dfs : sequence of float
        Estimates, standard errors, degrees of freedom of t (infinite for the normal).
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        Columns term, estimate, std_error, df, statistic, p_value, conf_low, conf_high.
    """
    import pandas as pd

    rows = []
    for term, value, error, df in zip(terms, values, errors, dfs, strict=True):
        half = quantile(0.5 + level / 2, df) * error
        statistic = value / error if error > 0 else math.nan
        rows.append((term, value, error, df, statistic, two_sided(statistic, df), value - half, value + half))
    return pd.DataFrame(rows, columns=list(TIDY))


def quantile(probability: float, df: float) -> float:
    """Which value does t stay below with this probability?

    Parameters
    ----------
    probability : float
        Between 0 and 1.
    df : float
        Degrees of freedom; infinite for the normal.

    Returns
    -------
    float
        The quantile; not a number where there are no degrees of freedom.
    """
    from scipy.special import ndtri, stdtrit

    return float(ndtri(probability) if math.isinf(df) else stdtrit(df, probability) if df > 0 else math.nan)


def two_sided(statistic: float, df: float) -> float:
    """How often is t at least this far from nought by chance?

    Parameters
    ----------
    statistic : float
        Estimate over standard error.
    df : float
        Degrees of freedom; infinite for the normal.

    Returns
    -------
    float
        The p-value.
    """
    from scipy.special import ndtr, stdtr

    tail = -abs(statistic)
    return float(2 * (ndtr(tail) if math.isinf(df) else stdtr(df, tail) if df > 0 else math.nan))


def check_columns(moments: Moments) -> None:
    """Can each term's coefficient be told from the others'?

    Parameters
    ----------
    moments : Moments
        The outcome last.

    Raises
    ------
    EstimationError
        Naming the terms that say the same thing.
    """
    check_gram(moments.clusters.cross.sum(axis=0)[:-1, :-1], moments.columns)


def check_gram(gram: Floats, names: Sequence[str]) -> None:
    """Can each column's coefficient be told from the others'?

    Parameters
    ----------
    gram : ndarray, shape (p, p)
        Cross-products of the columns.
    names : sequence of str
        At least p of them, in order.

    Raises
    ------
    EstimationError
        Naming the terms that say the same thing.
    """
    positions = dependent_columns(gram)
    if positions:
        named = ", ".join(f"'{names[i]}'" for i in positions)
        raise EstimationError(
            f"Terms {named} say the same thing: their coefficients cannot be told apart. Leave one out, "
            "or check that each has any variation."
        )


def weights(terms: Sequence[str], wanted: Mapping[str, float]) -> Floats:
    """Which weight has each coefficient in a weighted sum?

    Parameters
    ----------
    terms : sequence of str
        Names of the coefficients.
    wanted : mapping of str to float
        Weight by term; the others have none.

    Returns
    -------
    ndarray, shape (p,)
        In the order of the terms.

    Raises
    ------
    EstimationError
        Where there is no such term.
    """
    out = np.zeros(len(terms))
    for term, weight in wanted.items():
        if term not in terms:
            raise EstimationError(f"The model has no term '{term}'. It has: {', '.join(terms)}.")
        out[list(terms).index(term)] = weight
    return out


def strata(moments: Moments, wanted: str | Mapping[object, object] | None) -> Ints | None:
    """In which stratum is each school?

    Parameters
    ----------
    moments : Moments
        By school.
    wanted : str or mapping or None
        A term that is one value in each school, or the stratum by school.

    Returns
    -------
    ndarray of int, shape (J,), or None
        None where there are none.

    Raises
    ------
    EstimationError
        Where the term differs inside a school, or a school has no stratum.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        at = int(np.argmax(weights(moments.columns, {wanted: 1.0})))
        clusters = moments.clusters
        mean = clusters.sums[:, at] / clusters.n
        spread = clusters.cross[:, at, at] / clusters.n - mean**2
        if spread.max() > 1e-9 * max(1.0, float(np.abs(mean).max()) ** 2):
            raise EstimationError(f"'{wanted}' differs inside a school, so it cannot be a stratum of schools.")
        return np.unique(np.round(mean, 9), return_inverse=True)[1].astype(np.int64)
    schools = [key[-1] for key in moments.keys]
    absent = [school for school in schools if school not in wanted]
    if absent:
        raise EstimationError(f"{len(absent)} schools have no stratum, for example {absent[0]}.")
    found = {label: code for code, label in enumerate(sorted({wanted[school] for school in schools}, key=str))}
    return np.array([found[wanted[school]] for school in schools], dtype=np.int64)
