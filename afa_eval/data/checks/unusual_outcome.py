"""Were the codes that stand where a score should in use in these years?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from afa_eval.codes import no_score, years
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Column, Handed, Mask, written_in_levels


@check("AFA607", QUERY)
def outcome_codes_were_in_use(handed: Handed) -> Iterator[Problem]:
    """Were the codes that stand where a score should in use in these years?"""
    if not handed.before or not handed.after:
        return
    first, last = sorted((handed.before, handed.after))
    span = years.label(first) if first == last else f"{years.label(first)} to {years.label(last)}"
    for table in handed.tables.values():
        for name in table.names:
            columns = [part.columns.get(name) for part in table.parts]
            where = table.spread([None if column is None else _out_of_use(column, first, last) for column in columns])
            if where.any():
                yield Problem(
                    message=f"{{value}} was no outcome code of {span}; it is counted among those without a score.",
                    fix="Check which year the file is of. If the code is your own, say so in queries.toml.",
                    table=table.table,
                    column=name,
                    where=where,
                )


def _out_of_use(column: Column, first: str, last: str) -> Mask | None:
    """Which cells hold a code of other years? None where none does, and among levels, which another rule looks at."""
    if column.reasons is None:
        return None
    codes, distinct = pd.factorize(column.text)
    if written_in_levels(distinct.tolist()):
        return None
    reasons = [each for each in distinct if no_score.reason(each)]
    strange = {each for each in reasons if not no_score.in_use(each, first, last)}
    return np.isin(codes, [i for i, each in enumerate(distinct) if each in strange]) if strange else None
