"""How unlike are two groups before anything happened? Differences in standard deviations, of shares and of means.

Plain arithmetic on numbers that may be released already, so that charts and pages can use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from afa_eval.errors import EstimationError


@dataclass(frozen=True, slots=True)
class Balance:
    """How unlike are two groups in one characteristic?

    Attributes
    ----------
    label : str
        The characteristic.
    value : float
        The standardised difference.
    here, there : float, optional
        The share or mean in each group.
    after : float, optional
        The standardised difference that is left after matching or weighting.
    unit : str
        Of ``here`` and ``there``.
    """

    label: str
    value: float
    here: float | None = None
    there: float | None = None
    after: float | None = None
    unit: str = "proportion"


def of_shares(here: float, there: float) -> float:
    """How far apart are two shares, in standard deviations?

    Parameters
    ----------
    here, there : float
        Proportions, 0 to 1.

    Returns
    -------
    float
        (here - there) / sqrt((here (1 - here) + there (1 - there)) / 2); 0 where they are the same.

    Raises
    ------
    EstimationError
        Where one is no proportion, or one group has all and the other none.

    References
    ----------
    Austin (2009), Statistics in Medicine 28, 3083-3107.

    Examples
    --------
    >>> round(of_shares(0.3, 0.2), 4)
    0.2325
    """
    if not (0 <= here <= 1 and 0 <= there <= 1):
        raise EstimationError(f"Shares lie between 0 and 1, not at {here:g} and {there:g}.")
    return _standardised(here - there, here * (1 - here), there * (1 - there))


def of_means(here: float, there: float, sd_here: float, sd_there: float) -> float:
    """How far apart are two means, in standard deviations?

    Parameters
    ----------
    here, there : float
        Means.
    sd_here, sd_there : float
        Standard deviations within each group.

    Returns
    -------
    float
        (here - there) / sqrt((sd_here ** 2 + sd_there ** 2) / 2); 0 where they are the same.

    Raises
    ------
    EstimationError
        Where a standard deviation is below 0, or both are 0 and the means differ.

    Examples
    --------
    >>> of_means(96.0, 100.0, 15.0, 15.0)
    -0.26666666666666666
    """
    if sd_here < 0 or sd_there < 0:
        raise EstimationError("A standard deviation cannot be below 0.")
    return _standardised(here - there, sd_here**2, sd_there**2)


def _standardised(difference: float, one: float, other: float) -> float:
    if difference == 0:
        return 0.0
    spread = sqrt((one + other) / 2)
    if spread == 0:
        raise EstimationError("Nothing varies in either group, so their difference has no standard deviation.")
    return difference / spread
