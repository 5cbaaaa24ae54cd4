"""Absence of the demo trust: every enrolment's sessions by term, spread as England's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.national import LOGIT_KNOTS, calibration
from afa_eval.demo.parameters import Parameters
from afa_eval.demo.people import LAST_PRIMARY, LAST_SECONDARY, NOWHERE, Roster

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
TERMS = ("Autumn", "Spring", "Summer")


def make_enrolments(roster: Roster, taking: Bools, parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """How many sessions could each pupil attend in each school and term, and how many were missed?

    Parameters
    ----------
    roster : Roster
        Schools and pupils.
    taking : ndarray of bool
        Who is in the programme, one per pupil.
    parameters : Parameters
        Years, variance components and the programme's effect.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        One row per enrolment and year: ``pupil, school, year`` (1, 2), and for terms 0 to 2
        ``possible_t, authorised_t, unauthorised_t``.
    """
    lasting = rng.standard_normal(len(roster.pupils))
    parts = [_year(which, roster, lasting, taking, parameters, rng) for which in (1, 2)]
    return pd.concat(parts, ignore_index=True)


def _year(
    which: int, roster: Roster, lasting: Floats, taking: Bools, parameters: Parameters, rng: np.random.Generator
) -> pd.DataFrame:
    pupils = roster.pupils
    rows = np.flatnonzero(pupils[f"school_{which}"].to_numpy() != NOWHERE)
    here = pupils.iloc[rows].reset_index(drop=True)
    score = _score(which, here, roster, lasting[rows], parameters, rng)
    rate = absence_rate(score, _knots(which, here, parameters))
    if which == 2:
        rate = _expit(_logit(rate) + parameters.absence.effect * taking[rows])
    late = here["school_late"].to_numpy() if which == 2 else np.full(len(rows), NOWHERE)
    left = here["left"].to_numpy() if which == 2 else np.zeros(len(rows), dtype=bool)
    possible = _possible(here[f"year_group_{which}"].to_numpy(), parameters)
    stayed, moved = (late == NOWHERE) & ~left, late != NOWHERE
    first = possible * np.where(stayed[:, None], True, [True, False, False])
    second = possible[moved] * np.array([0, 1, 1])
    school = np.concatenate([here[f"school_{which}"].to_numpy(), late[moved]])
    unauthorised = _unauthorised(here[f"year_group_{which}"].to_numpy(), parameters, rng)
    frame = pd.DataFrame({"pupil": np.concatenate([rows, rows[moved]]), "school": school, "year": which})
    terms = _terms(
        np.concatenate([first, second]),
        np.concatenate([rate, rate[moved]]),
        np.concatenate([unauthorised, unauthorised[moved]]),
        rng,
    )
    return pd.concat([frame, terms], axis=1)


def _score(
    which: int, here: pd.DataFrame, roster: Roster, lasting: Floats, parameters: Parameters, rng: np.random.Generator
) -> Floats:
    """A normal score of absence: school, school's year, pupil and pupil's year, and what SEN adds."""
    absence, schools = parameters.absence, roster.schools
    school = here[f"school_{which}"].to_numpy()
    rest = 1 - absence.school - absence.school_year - absence.pupil
    score = np.sqrt(absence.school) * schools["absence"].to_numpy()[school]
    score += np.sqrt(absence.school_year) * schools[f"absence_{which}"].to_numpy()[school]
    score += np.sqrt(absence.pupil) * lasting + np.sqrt(rest) * rng.standard_normal(len(here))
    phase = (here[f"year_group_{which}"].to_numpy() > LAST_PRIMARY).astype(np.int64)
    national = calibration(parameters.years[which - 1])
    score += national.shift[phase, here[f"provision_{which}"].to_numpy(), here["need"].to_numpy()]
    moved: Floats = score + absence.trust + (absence.trend if which == 2 else 0.0)
    return moved


def _knots(which: int, here: pd.DataFrame, parameters: Parameters) -> Floats:
    """The national points of each pupil's cell."""
    cell = 4 * (here[f"provision_{which}"] > 0) + 2 * here["fsm"] + here["sex"]
    knots: Floats = calibration(parameters.years[which - 1]).knots[here[f"year_group_{which}"] - 1, cell]
    return knots


def absence_rate(score: Floats, knots: Floats) -> Floats:
    """Which absence rate has a normal score?

    Parameters
    ----------
    score : ndarray, shape (n,)
        Standard normal in the nation.
    knots : ndarray, shape (n, 2)
        Scores at which 10 and 50 per cent absence are reached.

    Returns
    -------
    ndarray, shape (n,)
        Between 0 and 1; the logit is linear in the score.

    Examples
    --------
    >>> absence_rate(np.array([1.0, 2.0]), np.array([[1.0, 2.0], [1.0, 2.0]])).round(3).tolist()
    [0.1, 0.5]
    """
    slope = (LOGIT_KNOTS[1] - LOGIT_KNOTS[0]) / (knots[:, 1] - knots[:, 0])
    return _expit(LOGIT_KNOTS[0] + slope * (score - knots[:, 0]))


def _possible(year_group: Ints, parameters: Parameters) -> Ints:
    """Sessions a pupil could attend, by term, shape (n, 3); Year 11 leaves in the middle of the summer term."""
    possible = np.tile(np.array(parameters.absence.possible), (year_group.size, 1))
    possible[year_group == LAST_SECONDARY, 2] = parameters.absence.possible_year_11
    return possible


def _unauthorised(year_group: Ints, parameters: Parameters, rng: np.random.Generator) -> Floats:
    """A pupil's share of absence that is unauthorised."""
    mean = np.array(parameters.absence.unauthorised)[(year_group > LAST_PRIMARY).astype(np.int64)]
    spread = parameters.absence.unauthorised_spread
    return rng.beta(mean * spread, (1 - mean) * spread)


def _terms(possible: Ints, rate: Floats, unauthorised: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """The sessions missed, spread over the terms by lot, each authorised or not."""
    total = possible.sum(axis=1)
    missed = np.round(rate * total).astype(np.int64)
    columns: dict[str, Ints] = {}
    rest_possible, rest_missed = total.copy(), missed.copy()
    for term in range(3):
        good = possible[:, term]
        lot = rng.hypergeometric(good, rest_possible - good, rest_missed)
        rest_possible, rest_missed = rest_possible - good, rest_missed - lot
        without_leave = rng.binomial(lot, unauthorised)
        columns |= {f"possible_{term}": good, f"authorised_{term}": lot - without_leave}
        columns[f"unauthorised_{term}"] = without_leave
    return pd.DataFrame(columns)


def _logit(rate: Floats) -> Floats:
    logit: Floats = np.log(rate / (1 - rate))
    return logit


def _expit(value: Floats) -> Floats:
    rate: Floats = 1 / (1 + np.exp(-value))
    return rate
