"""What fitted models share: their coefficient table and errors that name columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.frames.record import Moments
from afa_eval.frames.terms import INTERCEPT
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

    estimate, error, freedom = (np.array(part, dtype=np.float64) for part in (values, errors, dfs))
    half = _quantiles(0.5 + level / 2, freedom) * error
    statistic = np.divide(estimate, error, out=np.full(error.size, np.nan), where=error > 0)
    numbers = (estimate, error, freedom, statistic, _two_sided(statistic, freedom), estimate - half, estimate + half)
    table = pd.DataFrame(np.column_stack(numbers), columns=_names(), copy=False)
    table.insert(0, TIDY[0], list(terms))
    return table


@cache
def _names() -> pd.Index:
    """Names of the numbers in the table; made once, since pandas takes its time over text."""
    import pandas as pd

    return pd.Index(TIDY[1:])


def _quantiles(probability: float, df: Floats) -> Floats:
    """Of t, or of the normal where degrees of freedom are infinite; not a number where there are none."""
    from scipy.special import ndtri, stdtrit

    settled = np.where(df > 0, stdtrit(df, probability), np.nan)
    return np.asarray(np.where(np.isinf(df), ndtri(probability), settled), dtype=np.float64)


def _two_sided(statistic: Floats, df: Floats) -> Floats:
    """How often is t at least this far from nought by chance?"""
    from scipy.special import ndtr, stdtr

    tail = -np.abs(statistic)
    settled = np.where(df > 0, 2 * stdtr(df, tail), np.nan)
    return np.asarray(np.where(np.isinf(df), 2 * ndtr(tail), settled), dtype=np.float64)


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
    return float(_quantiles(probability, np.array([df]))[0])


@contextmanager
def named_columns(moments: Moments) -> Iterator[None]:
    """Which terms say the same thing, where a kernel, which knows no names, finds that some do?

    Parameters
    ----------
    moments : Moments
        The outcome last.

    Yields
    ------
    None
        The kernel is called meanwhile.

    Raises
    ------
    EstimationError
        Naming those terms; else the kernel's own.
    """
    try:
        yield
    except EstimationError:
        check_gram(moments.clusters.cross.sum(axis=0)[:-1, :-1], moments.columns)
        raise


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
    positions = _dependent(gram, names)
    empty = [names[i] for i in positions if not gram[i, i] > 0]
    if empty:
        raise EstimationError(f"Term '{empty[0]}' is 0 in every row, so it can explain nothing. Leave it out.")
    if positions:
        named = ", ".join(f"'{names[i]}'" for i in positions)
        raise EstimationError(
            f"Terms {named} say the same thing: their coefficients cannot be told apart. Leave one out, "
            "or check that each has any variation."
        )


def _dependent(gram: Floats, names: Sequence[str]) -> tuple[int, ...]:
    """Positions of such columns: the intercept, of which a shift subtracts some, only beside a single constant."""
    positions = dependent_columns(gram)
    if len(positions) < 3 or names[positions[0]] != INTERCEPT:
        return positions
    others = np.array(positions[1:])
    within = gram[np.ix_(others, others)] - np.outer(gram[others, 0], gram[0, others]) / gram[0, 0]
    return positions if dependent_columns(within) != tuple(range(others.size)) else tuple(others.tolist())


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
