"""Are sessions counted from nought, with no more absent than possible?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.columns import Mask
from afa_eval.data.handed import Handed

POSSIBLE, AUTHORISED, UNAUTHORISED = "sessions_possible", "sessions_authorised", "sessions_unauthorised"


@check("AFA406")
def sessions_add_up(handed: Handed) -> Iterator[Problem]:
    """Are sessions counted from nought, with no more absent than possible?"""
    table = handed.tables.get("attendance")
    if table is None or not all(table.has(name) for name in (POSSIBLE, AUTHORISED, UNAUTHORISED)):
        return
    counts = {name: table.figures(name) for name in (POSSIBLE, AUTHORISED, UNAUTHORISED)}
    negative = np.zeros(table.n, dtype=bool)
    for name, count in counts.items():
        below: Mask = count < 0
        negative |= below
        if below.any():
            yield Problem(
                message="{value} sessions: a number of sessions cannot be negative.",
                fix="Correct the number in your system and export again.",
                table="attendance",
                column=name,
                where=below,
            )
    absent = np.nan_to_num(counts[AUTHORISED]) + np.nan_to_num(counts[UNAUTHORISED])
    over = (absent > counts[POSSIBLE]) & ~negative
    if over.any():
        yield Problem(
            message="More sessions absent (authorised and unauthorised together) than the {value} possible.",
            fix="Correct the numbers, or delete the row: DfE removes such records.",
            table="attendance",
            column=POSSIBLE,
            where=over,
        )
    for name in (AUTHORISED, UNAUTHORISED):
        blank = table.blank(name) & (counts[POSSIBLE] > 0)
        if blank.any():
            yield Problem(
                message="The number of sessions is blank, although sessions were possible.",
                fix="Write 0 where there was no absence.",
                table="attendance",
                column=name,
                where=blank,
            )
