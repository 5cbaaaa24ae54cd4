"""Do P scales stand among National Curriculum levels?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.columns import Column, Mask, written_in_levels
from afa_eval.data.handed import Handed

P_SCALE = re.compile(r"P[1-8]\s*\(?i{0,2}\)?", re.IGNORECASE)


@check("AFA608", QUERY)
def levels_have_points(handed: Handed) -> Iterator[Problem]:
    """Do P scales stand among National Curriculum levels?"""
    for table in handed.tables.values():
        for name in table.names:
            where = table.where(name, _p_scales)
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
    """Which texts of a column of levels are a P scale? None where none is."""
    if column.why is None:
        return None
    texts = column.written.texts
    found = np.array([bool(P_SCALE.fullmatch(each.strip())) for each in texts], dtype=bool)
    return found if found.any() and written_in_levels(texts) else None
