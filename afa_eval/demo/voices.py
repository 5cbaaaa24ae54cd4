"""What schools and parents of the demo trust answer, before and after."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.parameters import Parameters, Voices
from afa_eval.demo.people import NOWHERE, Roster

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
REVERSED_ITEM = 3
"""Position of the item that is worded the other way round (the fourth)."""


def make_school_ratings(roster: Roster, parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """How does each school rate its relationships with parents, before and after?

    Parameters
    ----------
    roster : Roster
        Schools.
    parameters : Parameters
        Means, spread and what the programme adds.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        ``school, wave`` (1, 2), ``rating`` (0 to 3) and ``answers``: whether the school sent one in.
    """
    voices, schools = parameters.voices, roster.schools
    n = len(schools)
    lasting = voices.school_mean + voices.school_sd * schools["voice"].to_numpy()
    change = voices.school_change + voices.school_effect * schools["arm"].to_numpy()
    waves = []
    for wave in (1, 2):
        latent = lasting + change * (wave == 2) + voices.school_wave_sd * rng.standard_normal(n)
        answers = rng.random(n) < voices.school_answers
        rating = np.digitize(latent, voices.school_cuts)
        waves.append(pd.DataFrame({"school": np.arange(n), "wave": wave, "rating": rating, "answers": answers}))
    return pd.concat(waves, ignore_index=True)


def make_parents(roster: Roster, taking: Bools, parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """What do parents of pupils with SEN answer, before and after?

    Parents of pupils with SEN in the first year are asked while their child is on roll.

    Parameters
    ----------
    roster : Roster
        Schools and pupils.
    taking : ndarray of bool
        Whose child is in the programme.
    parameters : Parameters
        Means, spread, items and who answers.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        One row per parent asked and wave: ``pupil, school, wave, answers, rating`` (0 to 3) and
        ``item_0`` to ``item_5`` (1 to 5 as ticked: the reversed one is not turned; 0 left out).
    """
    voices, pupils = parameters.voices, roster.pupils
    asked = np.flatnonzero((pupils["provision_1"] > 0) & (pupils["school_1"] != NOWHERE))
    lasting = voices.parent_sd * rng.standard_normal(len(asked))
    answering = rng.random(len(asked))
    twice, once = voices.answers_twice, voices.answers_twice + voices.answers_before
    answers = {
        1: answering < once,
        2: (answering < twice) | ((answering >= once) & (answering < once + voices.answers_after)),
    }
    waves: list[pd.DataFrame] = []
    for wave in (1, 2):
        school = pupils[f"school_{wave}"].to_numpy()[asked]
        there = (school != NOWHERE) & ~(pupils["left"].to_numpy()[asked] & (wave == 2))
        feeling = voices.parent_school_sd * roster.schools["parents"].to_numpy()[np.maximum(school, 0)] + lasting
        feeling += (wave == 2) * (voices.parent_change + voices.parent_effect * taking[asked])
        feeling += voices.parent_wave_sd * rng.standard_normal(len(asked))
        frame = pd.DataFrame({"pupil": asked, "school": school, "wave": wave, "answers": answers[wave]})
        whole = pd.concat([frame, _answers(feeling, voices, rng)], axis=1)
        waves.append(whole.loc[there])
    return pd.concat(waves, ignore_index=True)


def _answers(feeling: Floats, voices: Voices, rng: np.random.Generator) -> pd.DataFrame:
    """Ticks on six items and one rating for a latent experience each."""
    noise = rng.standard_normal(feeling.size)
    columns: dict[str, Ints] = {"rating": np.digitize(0.8 * feeling + 0.6 * noise, voices.rating_cuts)}
    for item, loading in enumerate(voices.loadings):
        latent = loading * feeling + np.sqrt(1 - loading**2) * rng.standard_normal(feeling.size)
        ticked = 1 + np.digitize(latent, voices.item_cuts)
        ticked = 6 - ticked if item == REVERSED_ITEM else ticked
        columns[f"item_{item}"] = np.where(rng.random(feeling.size) < voices.item_missing, 0, ticked)
    return pd.DataFrame(columns)
