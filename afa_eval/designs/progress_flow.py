"""From the register to the figures: how many pupils were lost at which step."""

from __future__ import annotations

import numpy as np

from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Table

OUTSIDE = "Not asked about in this outcome"
LEFT = "No longer on roll at the last score"
NEITHER, NO_FIRST, NO_LAST = "Neither score", "Last score, but no first one", "First score, but no last one"
NO_SCORE = "No score"
BOTH, ONE = "With both scores", "With a score"


def flow_table(question: ProgressQuestion, people: Cohort) -> Table:
    """How many pupils on the register are counted, and at which step do the others leave?

    Parameters
    ----------
    question : ProgressQuestion
        Names the table.
    people : Cohort
        The pupils.

    Returns
    -------
    Table
        ``flow-<id>``: each pupil on the register of the first year in exactly one row, by which scores
        are missing, so that the rows add up to the total and may be protected as any other counts.
    """
    rows = {OUTSIDE: len(people.everyone) - len(people.frame) - people.left, LEFT: people.left}
    if question.baseline:
        first, last = (scores.notna().to_numpy(dtype=bool) for scores in (people.before, people.after))
        rows |= {
            NEITHER: int((~first & ~last).sum()),
            NO_FIRST: int((~first & last).sum()),
            NO_LAST: int((first & ~people.usable).sum()),
        }
    else:
        rows |= {NO_SCORE: int((~people.usable).sum())}
    rows = {name: count for name, count in rows.items() if count}  # a step that nobody was lost at is no step
    rows[BOTH if question.baseline else ONE] = int(np.count_nonzero(people.usable))
    rows["Total"] = len(people.everyone)
    return Table(
        name=f"flow-{question.id}",
        title="From the register to the figures",
        rows=tuple(rows),
        columns=("Pupils",),
        cells=tuple((float(count),) for count in rows.values()),
        outcome=question.id,
        row_label="Pupils",
    )
