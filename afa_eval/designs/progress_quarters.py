"""How is pupils' progress spread over the quarters into which the norm divides pupils with the same start?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from afa_eval.designs.groups import parse
from afa_eval.designs.progress_frame import Cohort, Mask, sen_groups
from afa_eval.designs.progress_lines import SEN_COLUMNS, National
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Table

QUARTERS = ("Lowest quarter", "Second quarter", "Third quarter", "Highest quarter")
CUT = 0.6744897501960817  # three quarters of a normal distribution lie below it
OTHERS, UNKNOWN, TOTAL = "Other pupils", "SEN not recorded", "Total"
SAME = 1e-9  # as the share that reaches the average counts a pupil who is just on it


def quarters_table(question: ProgressQuestion, people: Cohort, lines: National) -> Table | None:
    """In which quarter of pupils nationally, with the same first score, does each pupil's progress lie?

    The publisher's norm gives the average progress for each first score and, by its standard
    deviation and the correlation of both measurements, how widely progress spreads around it:
    ``sd * sqrt(1 - correlation ** 2)``. Nationally a quarter of pupils lies in each, if scores
    spread as a normal distribution does. The middle cut is the average that
    ``above_national_average_share`` counts from.

    Parameters
    ----------
    question : ProgressQuestion
        With the norm.
    people : Cohort
        The pupils.
    lines : National
        With the average progress for the same start.

    Returns
    -------
    Table or None
        ``quarters-<id>``: counts of pupils, the headline's group beside all others, or by SEN where
        the headline is about SEN; None where the norm does not say enough.
    """
    norm = question.norm
    if norm is None or norm.sd is None or norm.correlation is None or norm.correlation >= 1 or lines.average is None:
        return None
    spread = norm.sd * math.sqrt(1 - norm.correlation**2)
    above = (people.progress - lines.average).to_numpy(dtype=np.float64, na_value=np.nan) / spread
    counted = people.usable & ~np.isnan(above)
    place = np.searchsorted(np.array([-CUT, 0.0, CUT]) - SAME, above, side="right")
    groups = _groups(question, people, counted)
    rows = {name: _row(place, mask & counted) for name, mask in groups.items()}
    rows[TOTAL] = _row(place, counted)
    return Table(
        name=f"quarters-{question.id}",
        title="Pupils by the quarter of pupils nationally with the same start that their progress lies in",
        rows=tuple(rows),
        columns=(*QUARTERS, TOTAL),
        cells=tuple(rows.values()),
        outcome=question.id,
        row_label="Pupils",
        note=(
            f"By the norm of {norm.test}: nationally a quarter of pupils with the same first score lies in each, "
            "if scores spread as a normal distribution does."
        ),
    )


def _row(place: npt.NDArray[np.intp], rows: Mask) -> tuple[float, ...]:
    counts = np.bincount(place[rows], minlength=len(QUARTERS))
    return (*map(float, counts), float(counts.sum()))


def _groups(question: ProgressQuestion, people: Cohort, counted: Mask) -> dict[str, Mask]:
    """Groups that do not overlap and hold everybody."""
    focus = people.masks.get(question.focus)
    columns = {column for column, _ in parse(question.focus)}
    if focus is not None and columns and not columns & SEN_COLUMNS:
        return {question.focus: focus, OTHERS: ~focus} if (counted & ~focus).any() else {}
    found = sen_groups(people)
    left = ~np.logical_or.reduce([*found.values(), np.zeros(len(people.frame), dtype=bool)])
    return {**found, **({UNKNOWN: left} if found and (left & counted).any() else {})}
