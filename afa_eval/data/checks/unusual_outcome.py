"""Were the codes that stand where a score should in use in these years?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from afa_eval.codes import no_score, years
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.columns import Column, Mask, written_in_levels
from afa_eval.data.handed import Handed


@check("AFA607", QUERY)
def outcome_codes_were_in_use(handed: Handed) -> Iterator[Problem]:
    """Were the codes that stand where a score should in use in these years?"""
    if not handed.before or not handed.after:
        return
    first, last = sorted((handed.before, handed.after))
    span = years.label(first) if first == last else f"{years.label(first)} to {years.label(last)}"
    for table in handed.tables.values():
        for name in table.names:
            where = table.where(name, partial(_out_of_use, first=first, last=last))
            if where.any():
                yield Problem(
                    message=f"{{value}} was no outcome code of {span}; it is counted among those without a score.",
                    fix="Check which year the file is of. If the code is your own, say so in queries.toml.",
                    table=table.table,
                    column=name,
                    where=where,
                )


def _out_of_use(column: Column, first: str, last: str) -> Mask | None:
    """Which texts are a code of other years? None where none is, and among levels, which another rule looks at."""
    texts = column.written.texts
    if column.why is None or written_in_levels(texts):
        return None
    return np.array([bool(no_score.reason(each)) and not no_score.in_use(each, first, last) for each in texts])
