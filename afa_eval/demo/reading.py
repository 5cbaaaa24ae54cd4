"""Reading of the demo trust: a standardised test in autumn and summer, and progress scores at Key Stage 2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.parameters import Parameters, Reading
from afa_eval.demo.people import LAST_PRIMARY, NOWHERE, Roster
from afa_eval.demo.source import key_stage_2_means

Floats = npt.NDArray[np.float64]
MEAN, SD = 100.0, 15.0
LOWEST, HIGHEST = 40, 160
KS2_YEAR = "202223"
"""England's mean KS2 reading progress of this year, the last before there was none, is that of the demo's Year 6."""
KS2_RANGE = 30.0
TAKEN, BELOW, ABSENT, LEFT, NOT_RECORDED, NOT_DUE = range(6)
"""Why there is no score, as numbers; NOT_DUE: was not on roll, or not in the year group that is tested."""


def make_scores(roster: Roster, parameters: Parameters, rng: np.random.Generator) -> pd.DataFrame:
    """What did each pupil score, who was in the programme, and why is a score missing?

    Parameters
    ----------
    roster : Roster
        Schools and pupils.
    parameters : Parameters
        How reading develops and what the programme adds.
    rng : numpy.random.Generator
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        One row per pupil of the roster: ``autumn, summer`` (points), ``ks2`` (DfE's points),
        ``autumn_why, summer_why, ks2_why`` (numbers as above), ``reach`` (in the programme's reach
        wherever the school), ``taking`` (in the programme).
    """
    pupils, schools, reading = roster.pupils, roster.schools, parameters.reading
    school = pupils["school_2"].to_numpy()
    here = np.where(school == NOWHERE, 0, school)
    fixed = _fixed(pupils, schools, here, reading)
    own = _own_sd(reading) * pupils["ability"].to_numpy()
    autumn = _sit(fixed + own, reading, rng)
    autumn_why = _why(fixed + own, school == NOWHERE, pupils, reading, rng)
    with_sen = pupils["provision_2"].to_numpy() > 0
    reach = with_sen & (autumn_why == TAKEN) & (autumn < reading.cutoff)
    taking = reach & (schools["arm"].to_numpy()[here] == 1)
    growth = _growth(pupils, schools, here, own, taking, reading, rng)
    summer_true = fixed + own + growth
    summer_why = _why(summer_true, school == NOWHERE, pupils, reading, rng)
    summer_why = np.where(pupils["left"].to_numpy() & (summer_why != NOT_DUE), LEFT, summer_why)
    ks2, ks2_why = _ks2(roster, parameters, here, growth, taking, rng)
    return pd.DataFrame(
        {
            "autumn": np.where(autumn_why == TAKEN, autumn, np.nan),
            "summer": np.where(summer_why == TAKEN, _sit(summer_true, reading, rng), np.nan),
            "ks2": np.where(ks2_why == TAKEN, ks2, np.nan),
            "autumn_why": autumn_why,
            "summer_why": summer_why,
            "ks2_why": ks2_why,
            "reach": reach,
            "taking": taking,
        }
    )


def _fixed(pupils: pd.DataFrame, schools: pd.DataFrame, here: npt.NDArray[np.int64], reading: Reading) -> Floats:
    """What stays of the true score: the pupil's group, the area and the school."""
    by_provision = np.array(reading.provision)[pupils["provision_1"]]
    area = np.array(reading.areas)[schools["area"].to_numpy()[here]]
    school = reading.school_sd * schools["level"].to_numpy()[here]
    girl = 1 - pupils["sex"].to_numpy()
    group = reading.fsm * (pupils["fsm"] - 0.24) + reading.eal * (pupils["eal"] - 0.2) + reading.girls * (girl - 0.49)
    fixed: Floats = by_provision + group.to_numpy() + area + school
    return fixed


def _own_sd(reading: Reading) -> float:
    """A pupil's own standard deviation: what reliability, groups and schools leave of one."""
    between = 0.24 * 0.76 * reading.fsm**2 + reading.school_sd**2 + 0.25 * reading.girls**2
    shares = (0.845, 0.13, 0.025)
    provision = sum(share * mean**2 for share, mean in zip(shares, reading.provision, strict=True))
    return float(np.sqrt(reading.reliability - between - provision))


def _sit(true: Floats, reading: Reading, rng: np.random.Generator) -> Floats:
    """One sitting of the test: the true score with error, in whole points within the test's ends."""
    error = np.sqrt(1 - reading.reliability) * rng.standard_normal(true.size)
    score: Floats = np.clip(np.round(MEAN + SD * (true + error)), LOWEST, HIGHEST)
    return score


def _why(
    true: Floats, not_due: npt.NDArray[np.bool_], pupils: pd.DataFrame, reading: Reading, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Why a pupil has no score: works below the test (low true score and SEN), was absent, or it was lost."""
    line = np.array(reading.below)[pupils["provision_2"]] + reading.below_sd * rng.standard_normal(true.size)
    chance = rng.random(true.size)
    absent = reading.absent * (1 + pupils["fsm"].to_numpy())
    why = np.where(chance > 1 - reading.not_recorded, NOT_RECORDED, np.where(chance < absent, ABSENT, TAKEN))
    return np.where(not_due, NOT_DUE, np.where(true < line, BELOW, why))


def _growth(
    pupils: pd.DataFrame,
    schools: pd.DataFrame,
    here: npt.NDArray[np.int64],
    own: Floats,
    taking: npt.NDArray[np.bool_],
    reading: Reading,
    rng: np.random.Generator,
) -> Floats:
    """Change of the true score from autumn to summer."""
    spread = _own_sd(reading) * np.sqrt(1 - reading.stability**2)
    drift = (reading.stability - 1) * own + spread * rng.standard_normal(own.size)
    school = reading.trust_growth + reading.growth_sd * schools["growth"].to_numpy()
    effect = reading.effect + reading.effect_sd * schools["effect"].to_numpy()
    grown: Floats = drift + np.array(reading.growth)[pupils["provision_1"]] + school[here] + effect[here] * taking
    return grown


def _ks2(
    roster: Roster,
    parameters: Parameters,
    here: npt.NDArray[np.int64],
    growth: Floats,
    taking: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Progress scores from Key Stage 1 of the pupils in Year 6, and why one has none."""
    pupils, ks2 = roster.pupils, parameters.ks2
    provision = pupils["provision_2"].to_numpy()
    school = ks2.school_sd * roster.schools["ks2"].to_numpy()[here]
    score = (
        np.array(key_stage_2_means(KS2_YEAR))[provision]
        + school
        + ks2.growth_share * (growth - parameters.reading.effect * taking)
    )
    score += ks2.effect * taking + ks2.sd * rng.standard_normal(len(pupils))
    why = np.where(rng.random(len(pupils)) < np.array(ks2.no_score)[provision], NOT_RECORDED, TAKEN)
    due = (pupils["year_group_2"] == LAST_PRIMARY) & (pupils["school_2"] != NOWHERE) & ~pupils["left"]
    return np.clip(np.round(score, 2), -KS2_RANGE, KS2_RANGE), np.where(due, why, NOT_DUE)
