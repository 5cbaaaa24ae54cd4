"""The national figures that the demo trust is calibrated on, as arrays, from the package's own store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from afa_eval.demo import source
from afa_eval.demo.parameters import EHCP_SHARE_OF_SEN, NEED_CODES, PHASES, PLAN_TENDENCY

Floats = npt.NDArray[np.float64]
YEAR_GROUPS = tuple(range(1, 12))
LOGIT_KNOTS = np.array([np.log(0.1 / 0.9), 0.0])
"""Logits of an absence rate of 10 and of 50 per cent: where the national distribution is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What does England look like in one academic year, pupil cell by pupil cell?

    Cells are numbered ``4 * sen + 2 * fsm + sex`` with sen any = 1, eligible = 1, girls = 0, boys = 1.

    Attributes
    ----------
    year : str
        As DfE writes it.
    cells : ndarray, shape (11, 8)
        Share of the enrolments of a year group that are in each cell, Years 1 to 11.
    knots : ndarray, shape (11, 8, 2)
        Normal score below which the absence rate stays under 10 and under 50 per cent.
    needs : ndarray, shape (2, 13)
        Share of each primary need among pupils with SEN, by phase.
    plan_given_need : ndarray, shape (2, 13)
        Chance of a plan given the need, by phase.
    shift : ndarray, shape (2, 3, 13)
        Normal score added for provision (N, K, E) and need, by phase; nought for N.
    """

    year: str
    cells: Floats
    knots: Floats
    needs: Floats
    plan_given_need: Floats
    shift: Floats


@cache
def calibration(year: str) -> Calibration:
    """Which national figures is a year of the demo trust made from?

    Persistent and severe absence by year group, SEN (none or any), sex and FSM fix two points of the
    distribution of absence in each cell; between and beyond them the logit of the absence rate is
    linear in a normal score. What is published for pupils with SEN only, by provision and need,
    shifts that score (2016/17 is the last such year; its differences are assumed to last).

    Parameters
    ----------
    year : str
        As DfE writes it.

    Returns
    -------
    Calibration
        Arrays, read once.
    """
    counts, persistent, severe = source.cells(year)
    plans = [EHCP_SHARE_OF_SEN[year][phase] for phase in PHASES]
    tables = [_provision_and_need(year, phase, share) for phase, share in zip(PHASES, plans, strict=True)]
    return Calibration(
        year=year,
        cells=counts / counts.sum(axis=1, keepdims=True),
        knots=np.stack([ndtri(1 - persistent), ndtri(1 - severe)], axis=2) + _since_cells(year),
        needs=np.stack([needs for needs, _, _ in tables]),
        plan_given_need=np.stack([given for _, given, _ in tables]),
        shift=np.stack([shift for _, _, shift in tables]),
    )


def _since_cells(year: str) -> Floats:
    """How far to move all cells of a year without any, by phase and any or none; shape (11, 8, 1)."""
    moved = np.zeros((11, 8, 1))
    if year >= source.FIRST_YEAR_OF_CELLS:
        return moved
    for phase, rows in zip(PHASES, (slice(0, 6), slice(6, 11)), strict=True):
        for sen, columns in (("none", slice(0, 4)), ("any", slice(4, 8))):
            then, known = (source.provision_and_need(each, phase) for each in (year, source.FIRST_YEAR_OF_CELLS))
            moved[rows, columns] = ndtri(known.rates[sen]) - ndtri(then.rates[sen])
    return moved


def _provision_and_need(year: str, phase: str, plan_share: float) -> tuple[Floats, Floats, Floats]:
    """Need mix, chance of a plan by need, and the shifts of the absence score."""
    found = source.provision_and_need(year, phase)
    needs = np.array([found.need_counts[code] for code in NEED_CODES])
    needs = needs / needs.sum()
    given = _plan_given_need(needs, plan_share)
    score_any = ndtri(found.rates["any"])
    by_provision = np.array([ndtri(found.rates["support"]), ndtri(found.rates["ehcp"])]) - score_any
    by_need = np.array([ndtri(found.rates[code]) for code in NEED_CODES]) - score_any
    by_need -= (1 - given) * by_provision[0] + given * by_provision[1]
    shift = by_provision[:, None] + by_need[None, :]
    weights = np.stack([needs * (1 - given), needs * given])
    return needs, given, np.vstack([np.zeros(len(NEED_CODES)), shift - _centre(shift, weights, score_any)])


def _plan_given_need(needs: Floats, plan_share: float) -> Floats:
    """Chances of a plan, in proportion to the tendency of each need, that average to the share with a plan."""
    tendency = np.array([PLAN_TENDENCY[code] for code in NEED_CODES])
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if needs @ np.minimum(middle * tendency, 0.95) < plan_share else (low, middle)
    chance: Floats = np.minimum(low * tendency, 0.95)
    return chance


def _centre(shift: Floats, weights: Floats, score_any: float) -> float:
    """What to take off the shifts so that pupils with SEN keep the published rate."""
    wanted = float(ndtr(score_any))
    low, high = -3.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        rate = float((weights * ndtr(score_any + shift - middle)).sum())
        low, high = (middle, high) if rate > wanted else (low, middle)
    return low
