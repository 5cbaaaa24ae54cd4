"""The demo trust's files, cell by cell as text: what a trust would export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.codes import years as academic
from afa_eval.demo.attendance import TERMS
from afa_eval.demo.parameters import AREAS, NEED_CODES, PROVISIONS, RATINGS
from afa_eval.demo.people import NOWHERE

if TYPE_CHECKING:
    from afa_eval.demo.world import World

NO_SCORE = np.array(["", "B", "A", "L", "", ""], dtype=object)
"""What stands in the cell where there is no score: below the test, absent, left; nothing where it was not recorded."""
WAVES = np.array(["", "before", "after"], dtype=object)
YES_NO = np.array(["no", "yes"], dtype=object)
ITEMS = 6
Texts = npt.NDArray[np.object_]


def file_year(year: str) -> str:
    """How does an academic year read in a file's name?

    Parameters
    ----------
    year : str
        As DfE writes it.

    Returns
    -------
    str
        For example ``2021-22``.

    Examples
    --------
    >>> file_year("202122")
    '2021-22'
    """
    return academic.label(year).replace("/", "-")


def all_files(world: World) -> dict[str, pd.DataFrame]:
    """Which files does the trust hand in?

    Parameters
    ----------
    world : World
        The simulated trust.

    Returns
    -------
    dict of str to pandas.DataFrame
        Path relative to the plan to its table, every cell text.
    """
    before, after = world.parameters.years
    names = pupil_ids(len(world.roster.pupils))
    return {
        f"data/pupils_{file_year(before)}.csv": _census(world, 1, names),
        f"data/pupils_{file_year(after)}.csv": _census(world, 2, names),
        "data/attainment.csv": _attainment(world, names),
        "data/attendance.csv": _attendance(world, names),
        "data/parents.csv": _parents(world, names),
        "data/schools.csv": _school_ratings(world),
    }


def pupil_ids(n: int) -> Texts:
    """Which identifiers have the pupils?

    Parameters
    ----------
    n : int
        How many.

    Returns
    -------
    ndarray of str
        ``D0000001`` and on: shaped like no pupil number in use.
    """
    return np.array([f"D{number:07d}" for number in range(1, n + 1)], dtype=object)


def _urns(world: World, school: npt.NDArray[np.int64]) -> Texts:
    urns: Texts = world.roster.schools["urn"].to_numpy(dtype=object)[school]
    return urns


def _census(world: World, which: int, names: Texts) -> pd.DataFrame:
    """The school census of one year: all on roll, with that year's status."""
    pupils = world.roster.pupils
    rows = np.flatnonzero(pupils[f"school_{which}"].to_numpy() != NOWHERE)
    here = pupils.iloc[rows]
    provision = here[f"provision_{which}"].to_numpy()
    school = here[f"school_{which}"].to_numpy()
    area = world.roster.schools["area"].to_numpy()[school]
    needs = np.array(NEED_CODES, dtype=object)[here["need"]]
    return pd.DataFrame(
        {
            "pupil_id": names[rows],
            "year": academic.label(world.parameters.years[which - 1]),
            "urn": _urns(world, school),
            "la": np.array(AREAS, dtype=object)[area],
            "year_group": here[f"year_group_{which}"].astype(str).to_numpy(dtype=object),
            "sex": np.array(["F", "M"], dtype=object)[here["sex"]],
            "fsm": YES_NO[here["fsm"]],
            "eal": YES_NO[here["eal"]],
            "sen_provision": np.array(PROVISIONS, dtype=object)[provision],
            "primary_need": np.where(provision > 0, needs, ""),
            "cohort": world.cohort[rows],
        },
        dtype=object,
    )


def _attainment(world: World, names: Texts) -> pd.DataFrame:
    """Scores of all on roll in the second year; a code where there is no score."""
    scores = world.scores
    rows = np.flatnonzero(world.roster.pupils["school_2"].to_numpy() != NOWHERE)
    here = scores.iloc[rows]
    return pd.DataFrame(
        {
            "pupil_id": names[rows],
            "reading_autumn": _cells(here["autumn"], here["autumn_why"], "{:.0f}"),
            "reading_summer": _cells(here["summer"], here["summer_why"], "{:.0f}"),
            "READPROGSCORE_EM": _cells(here["ks2"], here["ks2_why"], "{:.2f}"),
        },
        dtype=object,
    )


def _cells(score: pd.Series, why: pd.Series, form: str) -> Texts:
    values, codes = score.to_numpy(), NO_SCORE[why.to_numpy()]
    return np.array(
        [code if np.isnan(value) else form.format(value) for value, code in zip(values, codes, strict=True)]
    )


def _attendance(world: World, names: Texts) -> pd.DataFrame:
    """Sessions by enrolment and term; no row for a term in which the pupil was not enrolled there."""
    rows = world.enrolments
    label = np.array(["", *(academic.label(year) for year in world.parameters.years)], dtype=object)
    parts = []
    for term, name in enumerate(TERMS):
        sessions = rows[[f"{kind}_{term}" for kind in ("possible", "authorised", "unauthorised")]].astype(str)
        part = pd.DataFrame(
            {
                "pupil_id": names[rows["pupil"]],
                "urn": _urns(world, rows["school"].to_numpy()),
                "year": label[rows["year"]],
                "term": name,
                "sessions_possible": sessions.iloc[:, 0],
                "sessions_authorised": sessions.iloc[:, 1],
                "sessions_unauthorised": sessions.iloc[:, 2],
            },
            dtype=object,
        )
        parts.append(part[rows[f"possible_{term}"] > 0])
    return pd.concat(parts, ignore_index=True)


def _parents(world: World, names: Texts) -> pd.DataFrame:
    """Parents who answered; the same number in both waves is the same parent."""
    rows = world.parents[world.parents["answers"]].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "respondent": "parent",
            "respondent_id": np.char.replace(names[rows["pupil"]].astype(str), "D", "P").astype(object),
            "pupil_id": names[rows["pupil"]],
            "urn": _urns(world, rows["school"].to_numpy()),
            "wave": WAVES[rows["wave"]],
            "relationship": np.array(RATINGS, dtype=object)[rows["rating"]],
        },
        dtype=object,
    )
    for item in range(ITEMS):
        frame[f"q{item + 1}"] = rows[f"item_{item}"].astype(str).where(rows[f"item_{item}"] > 0, "").astype(object)
    return frame


def _school_ratings(world: World) -> pd.DataFrame:
    """Each school's own rating of its relationships with parents."""
    rows = world.ratings[world.ratings["answers"]]
    return pd.DataFrame(
        {
            "respondent": "school",
            "urn": _urns(world, rows["school"].to_numpy()),
            "wave": WAVES[rows["wave"]],
            "relationship": np.array(RATINGS, dtype=object)[rows["rating"]],
        },
        dtype=object,
    )
