"""Canonical tables straight from the simulated files, without the readers (they have their own tests)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from afa_eval.codes import no_score, years
from afa_eval.data.tables import Tables, with_derived
from afa_eval.demo import DemoTrust


def _typed_census(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.assign(year=frame["year"].map(years.parse), year_group=frame["year_group"].astype("Int64"))
    return with_derived(frame.mask(frame == ""))


def _scores(frame: pd.DataFrame) -> pd.DataFrame:
    typed = frame[["pupil_id"]].copy()
    for column in frame.columns[1:]:
        typed[column] = pd.to_numeric(frame[column], errors="coerce")
        typed[f"{column}_reason"] = frame[column].map(no_score.reason).where(typed[column].isna())
    return typed


def _sessions(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = ["sessions_possible", "sessions_authorised", "sessions_unauthorised"]
    frame = frame.assign(year=frame["year"].map(years.parse), **{kind: frame[kind].astype(np.int64) for kind in kinds})
    return frame.groupby(["pupil_id", "urn", "year"], as_index=False)[kinds].sum()


def _answers(parents: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    frame = pd.concat([parents, schools], ignore_index=True)
    for item in [name for name in frame.columns if name.startswith("q")]:
        frame[item] = pd.to_numeric(frame[item], errors="coerce")
    return frame


def canonical(trust: DemoTrust) -> Tables:
    files = list(trust.files.values())
    census = pd.concat([_typed_census(frame) for frame in files[:2]], ignore_index=True)
    first = census.drop_duplicates("pupil_id").rename(columns={"year": "baseline_year"})
    return Tables(
        pupils=first.reset_index(drop=True),
        census=census,
        attainment=_scores(files[2]),
        attendance=_sessions(files[3]),
        responses=_answers(files[4], files[5]),
    )


@pytest.fixture(scope="session")
def tables_of() -> Callable[[DemoTrust], Tables]:
    return canonical
