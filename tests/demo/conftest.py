"""Canonical tables straight from the simulated numbers: the readers have their own tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from afa_eval.data.tables import Tables
from afa_eval.demo import tallies
from afa_eval.demo.parameters import RATINGS
from afa_eval.demo.people import NOWHERE
from afa_eval.demo.reading import BELOW
from afa_eval.demo.world import World

TERMS = range(3)


def _census(world: World, which: int) -> pd.DataFrame:
    rows = np.flatnonzero(world.roster.pupils[f"school_{which}"].to_numpy() != NOWHERE)
    frame = tallies.labels(world, rows, which)
    frame["year_group"] = frame["year_group"].astype("Int64")
    school = world.roster.pupils[f"school_{which}"].to_numpy()[rows]
    urn = world.roster.schools["urn"].to_numpy()[school]
    return frame.assign(pupil_id=rows.astype(str), urn=urn, year=world.parameters.years[which - 1])


def _attendance(world: World) -> pd.DataFrame:
    rows = world.enrolments
    totals = {
        f"sessions_{kind}": rows[[f"{kind}_{term}" for term in TERMS]].sum(axis=1)
        for kind in ("possible", "authorised", "unauthorised")
    }
    year = np.array(["", *world.parameters.years])[rows["year"]]
    urn = world.roster.schools["urn"].to_numpy()[rows["school"]]
    return pd.DataFrame({"pupil_id": rows["pupil"].astype(str), "urn": urn, "year": year, **totals})


def _scores(world: World) -> pd.DataFrame:
    scores = world.scores
    why = np.where(scores["autumn_why"] == BELOW, "working below", None)
    return pd.DataFrame(
        {
            "pupil_id": np.arange(len(scores)).astype(str),
            "reading_autumn": scores["autumn"],
            "reading_autumn_reason": why,
            "reading_summer": scores["summer"],
            "READPROGSCORE_EM": scores["ks2"],
        }
    )


def _answers(world: World) -> pd.DataFrame:
    parents = world.parents[world.parents["answers"]]
    schools = world.ratings[world.ratings["answers"]]
    frame = pd.concat([parents.assign(respondent="parent"), schools.assign(respondent="school")], ignore_index=True)
    items = {f"q{item + 1}": frame[f"item_{item}"].where(frame[f"item_{item}"] > 0) for item in range(6)}
    pupil = frame["pupil"].astype("Int64").astype("string").astype(object).where(frame["pupil"].notna(), None)
    return pd.DataFrame(
        {
            "respondent": frame["respondent"],
            "respondent_id": pupil,
            "pupil_id": pupil,
            "urn": world.roster.schools["urn"].to_numpy()[frame["school"]],
            "wave": np.array(["", "before", "after"])[frame["wave"]],
            "relationship": np.array(RATINGS)[frame["rating"]],
            **items,
        }
    )


def canonical(world: World) -> Tables:
    census = pd.concat([_census(world, 1), _census(world, 2)], ignore_index=True)
    pupils = census.drop_duplicates("pupil_id").rename(columns={"year": "baseline_year"}).reset_index(drop=True)
    return Tables(
        pupils=pupils,
        census=census,
        attainment=_scores(world),
        attendance=_attendance(world),
        responses=_answers(world),
    )


@pytest.fixture(scope="session")
def tables_of() -> Callable[[World], Tables]:
    return canonical
