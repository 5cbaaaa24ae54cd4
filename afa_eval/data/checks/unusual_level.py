"""Do P scales stand among National Curriculum levels?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Column, Handed, Mask, written_in_levels

P_SCALE = re.compile(r"P[1-8]\s*\(?i{0,2}\)?", re.IGNORECASE)


@check("AFA608", QUERY)
def levels_have_points(handed: Handed) -> Iterator[Problem]:
    """Do P scales stand among National Curriculum levels?"""
    for table in handed.tables.values():
        for name in table.names:
            columns = [part.columns.get(name) for part in table.parts]
            where = table.spread([None if column is None else _p_scales(column) for column in columns])
            if where.any():
                yield Problem(
                    message="{value} is a P scale among National Curriculum levels. No published points of P scales "
                    "are known here: these pupils count as working below, without points.",
                    fix="Hand in points, as your own system prints them, in place of levels.",
                    table=table.table,
                    column=name,
                    where=where,
                )


def _p_scales(column: Column) -> Mask | None:
    """Which cells of a column of levels hold a P scale? None where none does."""
    if column.reasons is None:
        return None
    codes, distinct = pd.factorize(column.text)
    found = [i for i, each in enumerate(distinct) if P_SCALE.fullmatch(each.strip())]
    return np.isin(codes, found) if found and written_in_levels(distinct.tolist()) else None
