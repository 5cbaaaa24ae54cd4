"""The simulated trust in numbers: everything that happened, before anything is written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.attendance import make_enrolments
from afa_eval.demo.parameters import Parameters
from afa_eval.demo.people import Roster, make_roster
from afa_eval.demo.reading import make_scores
from afa_eval.demo.voices import make_parents, make_school_ratings


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What happened in the trust?

    Attributes
    ----------
    parameters : Parameters
        What it was made from.
    seed : int
        Which one of this kind it is.
    roster : Roster
        Schools and pupils.
    scores, enrolments, ratings, parents : pandas.DataFrame
        As ``make_scores, make_enrolments, make_school_ratings, make_parents`` return them.
    """

    parameters: Parameters
    seed: int
    roster: Roster
    scores: pd.DataFrame
    enrolments: pd.DataFrame
    ratings: pd.DataFrame
    parents: pd.DataFrame

    @property
    def cohort(self) -> npt.NDArray[np.object_]:
        """Who is in the pilot, who would have been had the school been drawn, and who is in neither (empty)?"""
        reach, taking = self.scores["reach"].to_numpy(), self.scores["taking"].to_numpy()
        named: npt.NDArray[np.object_] = np.where(taking, "pilot", np.where(reach, "comparison", "")).astype(object)
        return named


def make_world(parameters: Parameters, seed: int) -> World:
    """What happens in a trust with these parameters?

    Parameters
    ----------
    parameters : Parameters
        Size, years and assumptions.
    seed : int
        The same seed and parameters give the same trust.

    Returns
    -------
    World
        Each part draws from its own stream, so that changing one leaves the others.
    """
    people, scores, sessions, ratings, parents = np.random.default_rng(seed).spawn(5)
    roster = make_roster(parameters, people)
    scored = make_scores(roster, parameters, scores)
    taking = scored["taking"].to_numpy()
    return World(
        parameters=parameters,
        seed=seed,
        roster=roster,
        scores=scored,
        enrolments=make_enrolments(roster, taking, parameters, sessions),
        ratings=make_school_ratings(roster, parameters, ratings),
        parents=make_parents(roster, taking, parameters, parents),
    )
