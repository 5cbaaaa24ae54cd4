"""How fast did pupils grow, where they were tested more than twice?"""

from __future__ import annotations

import pandas as pd

from afa_eval.designs.progress_answers import group_of
from afa_eval.designs.progress_frame import Cohort, Mask
from afa_eval.designs.progress_lines import finding
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import EstimationError
from afa_eval.estimate import Claim, Estimand, Estimate, Finding, Severity
from afa_eval.models.panel import Growth, growth

FEWEST_WAVES = 3


def growth_per_wave(question: ProgressQuestion, people: Cohort) -> tuple[list[Estimate], tuple[Finding, ...]]:
    """How much did each group grow from one wave to the next, pupil effects held?

    Parameters
    ----------
    question : ProgressQuestion
        With the columns of the waves, in order of time.
    people : Cohort
        The pupils.

    Returns
    -------
    tuple of (list of Estimate, tuple of Finding)
        The mean growth per wave of each group (a straight line through the waves), and where
        growth is uneven a Finding that it is.
    """
    if len(question.waves) < FEWEST_WAVES:
        return [], ()
    items, steps = [], []
    for label in people.labels:
        try:
            fit = growth(_long(question, people, people.masks[label]), outcome="score")
        except EstimationError:
            continue
        items.append(_said(question, label, fit.slope))
        if label == "all":
            steps = list(fit.steps)
    members = {label: group_of(question, people, label).members.sum() for label in people.labels}
    return [item for item in items if members[item.group]], _uneven(question, steps)


def _long(question: ProgressQuestion, people: Cohort, rows: Mask) -> pd.DataFrame:
    frame = people.frame.loc[rows, list(question.waves)]
    frame.columns = pd.RangeIndex(len(question.waves))
    long = frame.assign(pupil_id=range(len(frame)), urn=people.school[rows]).melt(
        id_vars=["pupil_id", "urn"], var_name="wave", value_name="score"
    )
    return long.astype({"wave": float, "score": float})


def _said(question: ProgressQuestion, label: str, slope: Growth) -> Estimate:
    enough = slope.n_schools >= question.min_schools
    return Estimate(
        outcome=question.id,
        group=label,
        estimand=Estimand.GROWTH_PER_WAVE,
        value=slope.value,
        se=slope.se if enough else None,
        df=slope.df if enough else None,
        unit=question.unit,
        base="pupils",
        n_pupils=slope.n,
        n_schools=slope.n_schools,
        claim=Claim.DESCRIPTION,
        method=f"straight line through {len(question.waves)} waves, pupil effects held; errors clustered by school (PanelOLS)",
        notes=() if enough else (f"No interval: fewer than {question.min_schools} schools.",),
    )


def _uneven(question: ProgressQuestion, steps: list[Growth]) -> tuple[Finding, ...]:
    """Progress is slower in autumn and faster in summer: a line through the waves hides it."""
    pairs = [(a, b) for place, a in enumerate(steps) for b in steps[place + 1 :]]
    apart = [(a, b) for a, b in pairs if abs(a.value - b.value) > 2 * (a.se**2 + b.se**2) ** 0.5]
    if not apart:
        return ()
    said = ", ".join(f"{step.value:.1f}" for step in steps)
    message = (
        f"Growth was uneven from wave to wave ({said} {question.unit}): never prorate a year's progress to a term."
    )
    return (finding(question, "uneven-growth", Severity.NOTE, message),)
