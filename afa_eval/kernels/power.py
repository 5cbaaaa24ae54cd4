"""What a study of this size could have shown."""

from __future__ import annotations

import math


def smallest_detectable(se: float, df: float | None, power: float = 0.8, alpha: float = 0.05) -> float:
    """What is the smallest true difference that would have been found at this power?

    (t_{1 - alpha/2, df} + t_{power, df}) times the standard error
    (Dong and Maynard 2013, doi:10.1080/19345747.2012.673143).

    Parameters
    ----------
    se : float
        Standard error of the difference, in its own unit.
    df : float, optional
        Degrees of freedom of that error; None or infinite for the normal.
    power : float
        Chance of finding it, over one half.
    alpha : float
        Two-sided level of the test.

    Returns
    -------
    float
        In the unit of ``se``.

    Raises
    ------
    ValueError
        Where ``power`` or ``alpha`` is no probability, or the degrees of freedom are not positive.

    Examples
    --------
    >>> round(smallest_detectable(0.1, None), 4)
    0.2802
    """
    if not (0 < alpha < 1 and 0.5 <= power < 1):
        raise ValueError(f"alpha must lie in (0, 1) and power in [0.5, 1), not {alpha} and {power}")
    return se * (_quantile(1 - alpha / 2, df) + _quantile(power, df))


def _quantile(probability: float, df: float | None) -> float:
    from scipy.special import ndtri, stdtrit

    if df is None or math.isinf(df):
        return float(ndtri(probability))
    if not df > 0:
        raise ValueError(f"degrees of freedom must be positive, not {df}")
    return float(stdtrit(df, probability))
