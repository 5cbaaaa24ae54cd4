"""How fast did pupils grow, where they were tested more than twice?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.designs.clustered import Clustered
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import finding
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import EstimationError
from afa_eval.estimate import Claim, Estimand, Estimate, Finding, Severity, Table
from afa_eval.estimate.words.sentences import lower
from afa_eval.kernels.moments import cluster_moments
from afa_eval.kernels.ols import fit_ols
from afa_eval.models.panel import Growth, growth

FEWEST_WAVES = 3
Floats = npt.NDArray[np.float64]


Grown = tuple[list[Estimate], tuple[Finding, ...], tuple[Table, ...]]


def growth_per_wave(question: ProgressQuestion, people: Cohort) -> Grown:
    """How much did each group grow from one wave to the next, pupil effects held?

    All pupils through linearmodels' PanelOLS. Groups by the same formula written out (scores and
    waves minus each pupil's own mean, errors by school with J / (J - 1)), which gives the same
    numbers in a hundredth of the time.

    Parameters
    ----------
    question : ProgressQuestion
        With the columns of the waves, in order of time.
    people : Cohort
        The pupils.

    Returns
    -------
    tuple of (list of Estimate, tuple of Finding, tuple of Table)
        The mean growth per wave of each group (a straight line through the waves), where growth is
        uneven a Finding that it is, and ``growth-<id>``: the growth of all pupils from each wave to the next.
    """
    if len(question.waves) < FEWEST_WAVES:
        return [], (), ()
    scores = people.frame[list(question.waves)].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    scores[people.school < 0] = np.nan
    try:
        fit = growth(_long(scores, people.school), outcome="score")
    except EstimationError:
        return [], (), ()
    slope = fit.slope
    items = [_said(question, "all", Clustered(slope.value, slope.se, slope.df, slope.n, slope.n_schools))]
    for label in people.labels[1:]:
        found = within_pupils(scores[people.masks[label]], people.school[people.masks[label]])
        items.extend([] if found is None else [_said(question, label, found)])
    if slope.n_schools < question.min_schools:
        return items, _uneven(question, list(fit.steps)), ()
    name, what = f"growth-{question.id}", lower(question.label or question.id)
    title = f"Growth in {what}, from one test to the next"
    table = fit.table(_stretches(question.waves), name=name, title=title, unit=question.unit)
    return items, _uneven(question, list(fit.steps)), (replace(table, outcome=question.id),)


def _stretches(waves: Sequence[str]) -> list[str]:
    """From which wave to which: their columns' names without the words that all of them begin with."""
    said = [name.replace("_", " ").split() for name in waves]
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*said, strict=False)))
    names = [" ".join(words[min(shared, len(words) - 1) :]) for words in said]
    return [f"{first} to {last}" for first, last in pairwise(names)]


def within_pupils(scores: Floats, school: npt.NDArray[np.int64]) -> Clustered | None:
    """What is the straight line through each pupil's own scores, on average?

    Parameters
    ----------
    scores : ndarray, shape (pupils, waves)
        Missing where there is none.
    school : ndarray of int, shape (pupils,)
        The cluster.

    Returns
    -------
    Clustered or None
        Growth per wave; None where no pupil has two scores.
    """
    known = ~np.isnan(scores)
    rows = known & (known.sum(axis=1) > 1)[:, None]
    pupils = rows.any(axis=1)
    if not pupils.any():
        return None
    wave = np.where(rows, np.arange(scores.shape[1], dtype=np.float64), np.nan)[pupils]
    score = np.where(rows, scores, np.nan)[pupils]
    x, y = (part - np.nanmean(part, axis=1, keepdims=True) for part in (wave, score))
    used = rows[pupils]
    cluster = np.broadcast_to(school[pupils][:, None], used.shape)[used]
    schools = np.unique(cluster).size
    moments = cluster_moments(np.column_stack([x[used], y[used]]), cluster)
    fit = fit_ols(moments, [0], 1, vcov="CR1" if schools > 1 else "iid")
    se, df = (float(np.sqrt(fit.cov[0, 0])), float(schools - 1)) if schools > 1 else (None, None)
    return Clustered(float(fit.coef[0]), se, df, int(pupils.sum()), schools)


def _long(scores: Floats, school: npt.NDArray[np.int64]) -> pd.DataFrame:
    pupils, waves = scores.shape
    return pd.DataFrame(
        {
            "pupil_id": np.repeat(np.arange(pupils), waves),
            "urn": np.repeat(school, waves),
            "wave": np.tile(np.arange(waves, dtype=np.float64), pupils),
            "score": scores.ravel(),
        }
    )


def _said(question: ProgressQuestion, label: str, slope: Clustered) -> Estimate:
    enough = slope.n_schools >= question.min_schools
    how = f"straight line through {len(question.waves)} waves, pupil effects held"
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
        method=f"{how} (PanelOLS); errors clustered by school" if enough else how,
        notes=() if enough else (f"No interval: fewer than {question.min_schools} schools.",),
    )


def _uneven(question: ProgressQuestion, steps: list[Growth]) -> tuple[Finding, ...]:
    """Progress is slower in autumn and faster in summer: a line through the waves hides it."""
    pairs = [(a, b) for place, a in enumerate(steps) for b in steps[place + 1 :]]
    if not any(abs(a.value - b.value) > 2 * (a.se**2 + b.se**2) ** 0.5 for a, b in pairs):
        return ()
    said = ", ".join(f"{step.value:.1f}" for step in steps)
    message = (
        f"Growth was uneven from wave to wave ({said} {question.unit}): never prorate a year's progress to a term."
    )
    return (finding(question, "uneven-growth", Severity.NOTE, message),)
