"""Is the demo trust, left to itself, like England?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.demo.attendance import absence_rate, make_enrolments
from afa_eval.demo.national import calibration
from afa_eval.demo.parameters import EHCP_SHARE_OF_SEN, Parameters
from afa_eval.demo.people import NOWHERE, make_roster
from afa_eval.demo.source import key_stage_2_means
from afa_eval.demo.tallies import tally
from afa_eval.demo.world import World, make_world

PLAIN = Parameters(schools=150)  # 43,000 pupils
UNTOUCHED = replace(PLAIN, absence=replace(PLAIN.absence, trust=0.0, trend=0.0, effect=0.0))


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(UNTOUCHED, 11)


@pytest.fixture(scope="module")
def absence(world: World) -> pd.DataFrame:
    return tally(world)["absence"].groupby("group").sum()


@pytest.mark.parametrize("sen", ["any", "none"])
@pytest.mark.parametrize("phase", ["primary", "secondary"])
@pytest.mark.parametrize(("which", "year"), [(1, "202122"), (2, "202223")])
def test_absence_is_englands_by_sen_and_phase(
    absence: pd.DataFrame, which: int, year: str, phase: str, sen: str
) -> None:
    sums = absence.loc[f"sen={sen} & phase={phase}"]
    for slug, column in (("persistent-absence", "persistent"), ("severe-absence", "severe")):
        national = comparators.find(slug, year=year, sen=sen, phase=phase).value
        here, n = sums[f"{column}_{which}"] / sums[f"n_{which}"], sums[f"n_{which}"]
        # four binomial errors, doubled for clustering in schools (3 % of the variance) and rounding to whole sessions
        assert here == pytest.approx(national, abs=8 * np.sqrt(national * (1 - national) / n))


@pytest.mark.parametrize("year_group", [1, 2, 6, 7, 9, 11])
def test_absence_is_englands_by_year_group(absence: pd.DataFrame, year_group: int) -> None:
    sums = absence.loc[f"year_group={year_group}"]
    phase = "primary" if year_group <= 6 else "secondary"
    national = comparators.find("persistent-absence", year="202223", year_group=year_group, phase=phase).value
    error = np.sqrt(national * (1 - national) / sums["n_2"])
    # the national figure has 1 % of pupils of unknown status, absent far more often: hence half a point
    assert sums["persistent_2"] / sums["n_2"] == pytest.approx(national, abs=0.005 + 6 * error)


def test_sessions_missed_are_near_englands(absence: pd.DataFrame) -> None:
    for phase in ("primary", "secondary"):
        sums = absence.loc[f"phase={phase}"]
        national = comparators.find("overall-absence", year="202223", phase=phase).value
        # only the shares over 10 and 50 % are matched, so the mean may differ: by less than 0.8 points
        assert sums["absent_2"] / sums["possible_2"] == pytest.approx(national, abs=0.008)


def test_absence_by_provision_and_need_is_that_of_2016_17() -> None:
    years = ("201516", "201617")
    parameters = replace(UNTOUCHED, years=years)
    sums = tally(make_world(parameters, 12))["absence"].groupby("group").sum()
    for code, sen in (("N", "none"), ("K", "support"), ("E", "ehcp")):
        row = sums.loc[f"sen_provision={code}"]
        phases = ("primary", "secondary")
        ends = [comparators.find("persistent-absence", year="201617", sen=sen, phase=phase).value for phase in phases]
        here, n = row["persistent_2"] / row["n_2"], row["n_2"]
        margin = 4 * np.sqrt(here * (1 - here) / n)  # four binomial errors beyond what both phases have
        assert min(ends) - margin < here < max(ends) + margin
    needs = sums.loc[[f"primary_need={code}" for code in ("SEMH", "MLD", "SLCN")]]
    assert (needs["persistent_2"] / needs["n_2"]).is_monotonic_decreasing


def test_sen_is_as_common_as_in_england(world: World) -> None:
    pupils = world.roster.pupils[world.roster.pupils["school_1"] != NOWHERE]
    for phase, chosen in (("primary", pupils["year_group_1"] <= 6), ("secondary", pupils["year_group_1"] > 6)):
        here = pupils[chosen]
        cells = calibration("202122").cells
        rows = here["year_group_1"].to_numpy() - 1
        share = (here["provision_1"] > 0).mean()
        error = np.sqrt(share * (1 - share) / len(here))
        assert share == pytest.approx(cells[rows, 4:].sum(axis=1).mean(), abs=4 * error)
        with_sen = here[here["provision_1"] > 0]
        plans = EHCP_SHARE_OF_SEN["202122"][phase]
        assert (with_sen["provision_1"] == 2).mean() == pytest.approx(plans, abs=4 * np.sqrt(plans / len(with_sen)))


def test_key_stage_2_progress_is_englands_by_provision(world: World) -> None:
    sums = tally(world)["ks2-reading"].groupby("group").sum()
    national = key_stage_2_means("202223")
    for code, mean in zip("NKE", national, strict=True):
        row = sums.loc[f"sen_provision={code}"]
        # four errors of a mean (SD 5.9), and the programme and the trust's growth on top (up to 0.4 points)
        assert row["score"] / row["n"] == pytest.approx(mean, abs=0.4 + 4 * 5.9 / np.sqrt(row["n"]))


def test_the_reading_test_has_the_norm_that_the_plan_states(world: World) -> None:
    scores = world.scores.dropna(subset=["autumn"])
    # SEN register and working below the test cut the lower tail: hence up to 2 points of mean, 0.8 of the SD
    assert scores["autumn"].mean() == pytest.approx(100, abs=2)
    assert scores["autumn"].std() == pytest.approx(15, abs=0.8)
    both = scores.dropna(subset=["summer"])
    assert both["autumn"].corr(both["summer"]) == pytest.approx(0.81, abs=0.03)


def test_the_rate_of_a_pupil_rises_with_the_score_and_stays_a_rate() -> None:
    scores = np.linspace(-8, 8, 101)
    rates = absence_rate(scores, np.tile([0.8, 2.1], (101, 1)))
    assert (np.diff(rates) > 0).all()
    assert (rates > 0).all()
    assert (rates < 1).all()


def test_without_a_programme_nothing_else_changes() -> None:
    parameters = Parameters(schools=4, pupils_per_school=100)
    world = make_world(parameters, 5)
    nobody = np.zeros(len(world.roster.pupils), dtype=bool)
    again = make_enrolments(world.roster, nobody, parameters, np.random.default_rng(5).spawn(5)[2])
    names = [f"possible_{term}" for term in range(3)]
    pd.testing.assert_frame_equal(again[names], world.enrolments[names])
    roster = make_roster(parameters, np.random.default_rng(5).spawn(5)[0])
    pd.testing.assert_frame_equal(roster.pupils, world.roster.pupils)
