"""From the register to the figures: how many pupils were lost at which step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from afa_eval.designs.groups import group_labels, masks
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Table

OUTSIDE = "Not asked about in this outcome"
LEFT = "No longer on roll at the last score"
NEITHER, NO_FIRST, NO_LAST = "Neither score", "Last score, but no first one", "First score, but no last one"
NO_SCORE = "No score"
BOTH, ONE = "With both scores", "With a score"
STAYED, GONE = "still on roll", "left before the last score"
REST = {"sen_provision": "Not recorded", "sen": "Not recorded", "cohort": "In neither group"}


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
    left = len(people.leavers)
    rows = {OUTSIDE: len(people.everyone) - len(people.frame) - left, LEFT: left}
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
        row_label="Step",
    )


def leaver_tables(question: ProgressQuestion, people: Cohort) -> Iterator[Table]:
    """How many pupils with each SEN provision, and in the programme and outside it, left before the last score?

    Parameters
    ----------
    question : ProgressQuestion
        Names the tables.
    people : Cohort
        The pupils, with those who left.

    Yields
    ------
    Table
        ``left-<id>`` by SEN provision and, where others than pilot pupils are in the data,
        ``left-<id>-cohort`` by arm; none where nobody is known to have left. Rows add up to the total, which is that of
        those who were to be tested and of the leavers in ``flow-<id>``.
    """
    known = [name for name in ("sen_provision", "sen") if name in people.frame.columns][:1]
    arms = ["cohort"] if people.has_others and "cohort=pilot" in people.masks else []
    for column in [*known, *arms] if len(people.leavers) else ():
        yield _leavers(question, people, column)


def _leavers(question: ProgressQuestion, people: Cohort, column: str) -> Table:
    both = pd.concat([people.frame[[column]], people.leavers[[column]]], ignore_index=True)
    gone = np.arange(len(both)) >= len(people.frame)
    groups = dict(masks(both, group_labels(both, (column,))[1:]))
    rest = ~np.logical_or.reduce([np.zeros(len(both), dtype=bool), *groups.values()])
    groups |= {f"{column}={REST[column]}": rest} if rest.any() else {}
    groups["Total"] = np.ones(len(both), dtype=bool)
    counts = [(rows & ~gone, rows & gone, rows) for rows in groups.values()]
    return Table(
        name=f"left-{question.id}" + ("-cohort" if column == "cohort" else ""),
        title="Pupils who left before the last score"
        + (", in the programme and outside it" if column == "cohort" else ""),
        rows=tuple(groups),
        columns=(STAYED, GONE, "Total"),
        cells=tuple(tuple(float(each.sum()) for each in row) for row in counts),
        outcome=question.id,
        row_label="Group" if column == "cohort" else "SEN provision",
        note="If one group lost a larger share than another, those who are left may differ for that reason alone.",
    )
