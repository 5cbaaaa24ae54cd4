"""England's figures that the demo trust is made from, looked up in the package's own store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from afa_eval import comparators
from afa_eval.comparators.bands import band_counts
from afa_eval.demo.parameters import NEED_CODES

Floats = npt.NDArray[np.float64]
FIRST_YEAR_OF_CELLS, LAST_YEAR_OF_NEEDS = "201617", "201617"
CELL_KEYS = ("year_group", "sen", "fsm", "sex", "phase")
SEN, FSM, SEX = ("none", "any"), ("no", "yes"), ("F", "M")
YEAR_GROUPS, LAST_PRIMARY = range(1, 12), 6
TEN_PERCENT, HALF = "pa-10-percent", "severe-50-percent"


@dataclass(frozen=True, slots=True)
class ProvisionAndNeed:
    """How often are pupils with SEN persistently absent, by provision and need?

    Attributes
    ----------
    rates : dict of str to float
        Share persistently absent, by ``any``, ``none``, ``support``, ``ehcp`` and each need code.
    need_counts : dict of str to float
        Enrolments by need code.
    """

    rates: dict[str, float]
    need_counts: dict[str, float]


@cache
def cells(year: str) -> tuple[Floats, Floats, Floats]:
    """How many enrolments of which year group, SEN, FSM and sex are there, and how often are they absent?

    Parameters
    ----------
    year : str
        As DfE writes it; before 2016/17 the cells of that year, since none are published.

    Returns
    -------
    tuple of ndarray, each of shape (11, 8)
        Enrolments in mainstream schools, share persistently absent, share severely absent; cells are
        numbered ``4 * any SEN + 2 * eligible + boy``.
    """
    wanted = max(year, FIRST_YEAR_OF_CELLS)
    ten, half = (_by_cell(band_counts(line, wanted, CELL_KEYS)) for line in (TEN_PERCENT, HALF))
    return ten[1], ten[0] / ten[1], half[0] / half[1]


def _by_cell(counts: dict[tuple[str, ...], tuple[int, int]]) -> Floats:
    """Numerators and denominators as an array of shape (2, 11, 8)."""
    found = np.zeros((2, len(YEAR_GROUPS), 8))
    for row, year_group in enumerate(YEAR_GROUPS):
        phase = "primary" if year_group <= LAST_PRIMARY else "secondary"
        for cell in range(8):
            key = (str(year_group), SEN[cell // 4], FSM[cell // 2 % 2], SEX[cell % 2], phase)
            found[:, row, cell] = counts[key]
    return found


@cache
def provision_and_need(year: str, phase: str) -> ProvisionAndNeed:
    """How often are pupils with SEN persistently absent, by provision and need?

    Parameters
    ----------
    year : str
        As DfE writes it; after 2016/17 the figures of that year, the last published.
    phase : str
        primary or secondary.

    Returns
    -------
    ProvisionAndNeed
        Shares and enrolments.
    """
    wanted = min(year, LAST_YEAR_OF_NEEDS)
    by_sen = {
        sen: comparators.find("persistent-absence", year=wanted, sen=sen, phase=phase)
        for sen in ("none", "any", "support", "ehcp")
    }
    by_need = {code: comparators.find("persistent-absence", year=wanted, need=code, phase=phase) for code in NEED_CODES}
    rates = {name: found.value for name, found in {**by_sen, **by_need}.items()}
    return ProvisionAndNeed(rates, {code: float(found.n or 0) for code, found in by_need.items()})


@cache
def key_stage_2_means(year: str) -> tuple[float, float, float]:
    """What is the mean reading progress of pupils with no SEN, SEN support and a plan?

    Parameters
    ----------
    year : str
        As DfE writes it.

    Returns
    -------
    tuple of float
        DfE's points, for N, K and E.
    """
    none, support, plan = (
        comparators.find("ks2-reading-progress", year=year, sen=sen).value for sen in ("none", "support", "ehcp")
    )
    return none, support, plan
