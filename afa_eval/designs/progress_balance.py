"""How alike were pilot and comparison pupils before anything happened?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from afa_eval.designs.clustered import Clustered, answer
from afa_eval.designs.groups import group_labels, masks
from afa_eval.designs.progress_contrasts import Pair
from afa_eval.designs.progress_frame import SCORED, Cohort, Mask
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimand, Estimate, Table

ARMS = "cohort"
PILOT, NEITHER = "cohort=pilot", "cohort=In neither group"
SAYS = "difference in mean first scores, divided by the standard deviation within both groups"
COMPARED = ("sen_provision", "fsm", "eal", "sex")


def first_scores_apart(question: ProgressQuestion, found: Sequence[Pair]) -> list[Estimate]:
    """How far apart were the first scores of pilot and comparison pupils, in standard deviations?

    Parameters
    ----------
    question : ProgressQuestion
        With a first score.
    found : sequence of Pair
        Contrasts of groups.

    Returns
    -------
    list of Estimate
        The difference of means divided by the standard deviation within both groups; none where no
        first score, or no such contrast, is asked for. It has no error: it is about these pupils.
    """
    told = [pair for pair in found if pair.label == f"{PILOT} - rest" and pair.within > 0]
    return [replace(_apart(question, pair), arms=pair.arms) for pair in told if question.baseline]


def _apart(question: ProgressQuestion, pair: Pair) -> Estimate:
    value = pair.before / math.sqrt(pair.within)
    what = Clustered(value, None, None, pair.gain.n, pair.gain.n_schools)
    return answer(question, pair.label, Estimand.BASELINE_DIFFERENCE, what, unit="sd", base="pupils", method=SAYS)


def balance_table(question: ProgressQuestion, people: Cohort) -> Table | None:
    """How many pilot and comparison pupils of each kind are behind the figures?

    Parameters
    ----------
    question : ProgressQuestion
        With a first score, and ``cohort`` among what it breaks down by.
    people : Cohort
        The pupils.

    Returns
    -------
    Table or None
        ``balance-<id>``: pupils with the scores needed, by cohort and by cohort and characteristic.
        Those in neither group stand in it too, so that disclosure control knows of all parts of a sum.
    """
    if not question.baseline or PILOT not in people.masks or not people.has_others:
        return None
    arms = _arms(people)
    if len(arms) - (NEITHER in arms) < 2:
        return None
    counted = dict(arms)
    for column in COMPARED:
        for label, members in _members(people, column).items():
            counted |= {f"{arm} & {label}": rows & members for arm, rows in arms.items()}
    return Table(
        name=f"balance-{question.id}",
        title="Pilot and comparison pupils behind the figures",
        rows=tuple(counted),
        columns=("Pupils",),
        cells=tuple((float(rows.sum()),) for rows in counted.values()),
        outcome=question.id,
        row_label="Group",
    )


def arms_table(question: ProgressQuestion, people: Cohort) -> Table | None:
    """How many pilot and comparison pupils were lost on the way to the scores needed?

    Parameters
    ----------
    question : ProgressQuestion
        With ``cohort`` among what it breaks down by.
    people : Cohort
        The pupils.

    Returns
    -------
    Table or None
        ``coverage-<id>-cohort``: by arm, those with the scores and those without, of those in
        neither group too. Reasons stand by SEN alone: by arm they would be about a few pupils each.
    """
    if PILOT not in people.masks or not people.has_others:
        return None
    arms = _everyone_by_arm(people)
    if len(arms) - (NEITHER in arms) < 2:
        return None
    rows = {**arms, "Total": np.ones(len(people.frame), dtype=bool)}
    counts = [(mask & people.usable, mask & ~people.usable, mask) for mask in rows.values()]
    return Table(
        name=f"coverage-{question.id}-cohort",
        title=f"{question.label or question.id}: pupils with the scores needed, in the programme and outside it",
        rows=tuple(rows),
        columns=(SCORED, "without them", "Total"),
        cells=tuple(tuple(float(each.sum()) for each in row) for row in counts),
        outcome=question.id,
        row_label="Group",
        note="If one group lost a larger share than the other, those who are left may differ for that reason alone.",
    )


def _arms(people: Cohort) -> dict[str, Mask]:
    """Those with the scores needed, by arm."""
    found = {label: rows & people.usable for label, rows in _everyone_by_arm(people).items()}
    return {label: rows for label, rows in found.items() if rows.any()}


def _everyone_by_arm(people: Cohort) -> dict[str, Mask]:
    labels = [label for label in group_labels(people.frame, [ARMS]) if label.startswith(f"{ARMS}=")]
    found = dict(masks(people.frame, labels))
    every = {**found, NEITHER: ~np.logical_or.reduce(list(found.values()))}
    return {label: rows for label, rows in every.items() if rows.any()}


def _members(people: Cohort, column: str) -> dict[str, Mask]:
    """The groups of a characteristic that any of these pupils belongs to, those not recorded too."""
    if column not in people.frame or people.frame[column].isna().all():
        return {}
    labels = [label for label in group_labels(people.frame, [column]) if label.startswith(f"{column}=")]
    unknown = pd.isna(people.frame[column]).to_numpy()
    found = {**masks(people.frame, labels), f"{column}=Not recorded": unknown}
    return {label: rows for label, rows in found.items() if (rows & people.usable).any()}
