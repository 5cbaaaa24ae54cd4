"""Schools and pupils of the demo trust: who is on roll in each of two years, and with which status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.national import calibration
from afa_eval.demo.parameters import AREAS, Parameters, Rolls

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NOWHERE = -1
LAST_PRIMARY, LAST_SECONDARY = 6, 11
LOWEST_URN = 900001


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """Which schools and pupils is the trust?

    Attributes
    ----------
    schools : pandas.DataFrame
        One row per school: ``urn, phase`` (0 primary, 1 secondary), ``arm`` (1 has the programme),
        ``area``, ``roll`` (expected), and the school's own deviations, standard normal:
        ``level, growth, effect, absence, absence_1, absence_2, ks2, voice, parents``.
    pupils : pandas.DataFrame
        One row per pupil: ``sex`` (1 boy), ``fsm, eal`` (1 yes), ``need`` (position), ``ability``
        (standard normal), and for the years 1 and 2 ``year_group``, ``provision`` (0 N, 1 K, 2 E)
        and ``school`` (row of ``schools``, -1 not on roll); ``school_late`` and ``left``: changed
        school, or left, after the second year's autumn term.
    """

    schools: pd.DataFrame
    pupils: pd.DataFrame


def make_roster(parameters: Parameters, rng: np.random.Generator) -> Roster:
    """Who is in the trust, where, and with which status in each of the two years?

    Parameters
    ----------
    parameters : Parameters
        Numbers of schools and pupils, years, mobility and moves on the SEN register.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    Roster
        Schools in order of their number; pupils in no order that means anything.
    """
    schools = _schools(parameters, rng)
    first = _first_year(parameters, schools, rng)
    second = _joiners(parameters, schools, _feeders(schools, first), rng)
    pupils = pd.concat([first, second], ignore_index=True)
    pupils = _change_status(pupils, parameters.rolls, rng)
    pupils = pd.concat([pupils, _new_entrants(parameters, schools, rng)], ignore_index=True)
    return Roster(schools, _during_the_year(pupils, schools, parameters.rolls, rng))


def _schools(parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    rolls, n = parameters.rolls, parameters.schools
    phase = np.repeat([0, 1], [parameters.primaries, n - parameters.primaries])
    arm = np.concatenate([rng.permutation(np.arange((phase == which).sum()) % 2 == 0) for which in (0, 1)])
    size = np.where(phase == 0, rolls.primary_size, rolls.secondary_size) * parameters.pupils_per_school
    spread = np.exp(rolls.size_sd * rng.standard_normal(n) - rolls.size_sd**2 / 2)
    schools = pd.DataFrame({"phase": phase, "arm": arm.astype(np.int64), "area": rng.integers(0, len(AREAS), n)})
    schools["roll"] = size * spread
    for name in ("level", "growth", "effect", "absence", "absence_1", "absence_2", "ks2", "voice", "parents"):
        schools[name] = rng.standard_normal(n)
    schools = schools.iloc[rng.permutation(n)].reset_index(drop=True)
    schools.insert(0, "urn", [str(LOWEST_URN + number) for number in range(n)])
    return schools


def _places(schools: pd.DataFrame, share: float, entry: bool, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """School and Year group of pupils: Poisson numbers about a share of each year group's places."""
    primary = schools["phase"].to_numpy() == 0
    years = np.where(primary, LAST_PRIMARY, LAST_SECONDARY - LAST_PRIMARY)
    school = np.repeat(np.arange(len(schools)), years)
    first = np.where(primary, 1, LAST_PRIMARY + 1)
    year_group = np.concatenate([np.arange(low, low + count) for low, count in zip(first, years, strict=True)])
    keep = np.ones(len(school), dtype=bool) if entry else ~np.isin(year_group, (1, LAST_PRIMARY + 1))
    school, year_group = school[keep], year_group[keep]
    expected = (schools["roll"].to_numpy() / years)[school] * share
    numbers = rng.poisson(expected)
    return np.repeat(school, numbers), np.repeat(year_group, numbers)


def draw_people(year: str, year_group: Ints, rolls: Rolls, rng: np.random.Generator) -> pd.DataFrame:
    """Which pupils would one meet in this year group in England?

    Parameters
    ----------
    year : str
        As DfE writes it.
    year_group : ndarray of int
        One per pupil, 1 to 11.
    rolls : Rolls
        For the share with English as an additional language.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        ``sex, fsm, eal, need, ability, provision``, one row per pupil.
    """
    national = calibration(year)
    cell = _pick(national.cells[year_group - 1], rng)
    phase = (year_group > LAST_PRIMARY).astype(np.int64)
    need = _pick(national.needs[phase], rng)
    has_plan = rng.random(year_group.size) < national.plan_given_need[phase, need]
    any_sen = cell >= 4
    return pd.DataFrame(
        {
            "sex": cell % 2,
            "fsm": cell // 2 % 2,
            "eal": (rng.random(year_group.size) < rolls.eal).astype(np.int64),
            "need": need,
            "ability": rng.standard_normal(year_group.size),
            "provision": np.where(any_sen, 1 + has_plan, 0),
        }
    )


def _pick(shares: Floats, rng: np.random.Generator) -> Ints:
    """One category per row, with the row's chances."""
    threshold = rng.random(len(shares))[:, None]
    picked: Ints = (np.cumsum(shares, axis=1)[:, :-1] <= threshold).sum(axis=1)
    return picked


def _first_year(parameters: Parameters, schools: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """All on roll in the first year, and where they are in the second."""
    rolls = parameters.rolls
    school, year_group = _places(schools, 1.0, True, rng)
    people = draw_people(parameters.years[0], year_group, rolls, rng).rename(columns={"provision": "provision_1"})
    people = people.assign(school_1=school, year_group_1=year_group, year_group_2=year_group + 1)
    chance, elsewhere = rng.random(len(people)), _another(school, schools, rng)
    after = np.where(chance < rolls.leave, NOWHERE, np.where(chance < rolls.leave + rolls.move, elsewhere, school))
    secondaries = np.flatnonzero(schools["phase"].to_numpy() == 1)
    weights = schools["roll"].to_numpy()[secondaries]
    onwards = rng.choice(secondaries, size=len(people), p=weights / weights.sum())
    goes_on = rng.random(len(people)) < rolls.feeder_share
    after = np.where(year_group == LAST_PRIMARY, np.where(goes_on, onwards, NOWHERE), after)
    return people.assign(school_2=np.where(year_group == LAST_SECONDARY, NOWHERE, after))


def _another(school: Ints, schools: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Another school of the same phase; the same where there is no other."""
    phase = schools["phase"].to_numpy()
    other = school.copy()
    for which in (0, 1):
        options, rows = np.flatnonzero(phase == which), np.flatnonzero(phase[school] == which)
        if len(options) > 1:
            step = rng.integers(1, len(options), len(rows))
            place = np.searchsorted(options, school[rows])
            other[rows] = options[(place + step) % len(options)]
    return other


def _feeders(schools: pd.DataFrame, first: pd.DataFrame) -> Ints:
    """How many Year 7 places of each school are taken by pupils from within the trust?"""
    new = first.loc[(first["year_group_2"] == LAST_PRIMARY + 1) & (first["school_2"] != NOWHERE), "school_2"]
    return np.bincount(new.to_numpy(dtype=np.int64), minlength=len(schools))


def _joiners(parameters: Parameters, schools: pd.DataFrame, fed: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """Pupils from other trusts, as they were a year before they came."""
    rolls = parameters.rolls
    school, year_group = _places(schools, rolls.leave, False, rng)
    secondary = np.flatnonzero(schools["phase"].to_numpy() == 1)
    places = schools["roll"].to_numpy()[secondary] / (LAST_SECONDARY - LAST_PRIMARY) - fed[secondary]
    new = np.repeat(secondary, rng.poisson(np.maximum(places, 0.0)))
    school = np.concatenate([school, new])
    year_group = np.concatenate([year_group, np.full(len(new), LAST_PRIMARY + 1)])
    people = draw_people(parameters.years[0], year_group - 1, rolls, rng).rename(columns={"provision": "provision_1"})
    return people.assign(school_1=NOWHERE, school_2=school, year_group_1=year_group - 1, year_group_2=year_group)


def _new_entrants(parameters: Parameters, schools: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Year 1 of the second year: in reception, and so not counted, the year before."""
    primary = np.flatnonzero(schools["phase"].to_numpy() == 0)
    school = np.repeat(primary, rng.poisson(schools["roll"].to_numpy()[primary] / LAST_PRIMARY))
    ones = np.ones(len(school), dtype=np.int64)
    people = draw_people(parameters.years[1], ones, parameters.rolls, rng).rename(columns={"provision": "provision_2"})
    return people.assign(
        provision_1=people["provision_2"], school_1=NOWHERE, school_2=school, year_group_1=0, year_group_2=1
    )


def _change_status(pupils: pd.DataFrame, rolls: Rolls, rng: np.random.Generator) -> pd.DataFrame:
    """About one in ten moves on or off the register, weaker readers likelier on than off."""
    before, chance = pupils["provision_1"].to_numpy(), rng.random(len(pupils))
    leaning = np.exp(-rolls.register_slope * pupils["ability"].to_numpy() - rolls.register_slope**2 / 2)
    off = np.minimum(rolls.off_register / np.maximum(leaning, 0.3), 0.5)
    after = before.copy()
    after[(before == 0) & (chance < rolls.on_register * leaning)] = 1
    after[(before == 1) & (chance < off)] = 0
    after[(before == 1) & (chance > 1 - rolls.new_plan)] = 2
    after[(before == 2) & (chance < rolls.plan_ceases)] = 1
    return pupils.assign(provision_2=after)


def _during_the_year(
    pupils: pd.DataFrame, schools: pd.DataFrame, rolls: Rolls, rng: np.random.Generator
) -> pd.DataFrame:
    """Who changes school or leaves after the second year's autumn term; and a new order of all."""
    here = pupils["school_2"].to_numpy()
    chance, on_roll = rng.random(len(pupils)), here != NOWHERE
    elsewhere = _another(np.where(on_roll, here, 0), schools, rng)
    moves = on_roll & (chance < rolls.move_in_year) & (elsewhere != here)
    left = on_roll & (chance > 1 - rolls.leave_in_year)
    pupils = pupils.assign(school_late=np.where(moves, elsewhere, NOWHERE), left=left)
    return pupils.iloc[rng.permutation(len(pupils))].reset_index(drop=True)
