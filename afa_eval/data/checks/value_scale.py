"""Does every score lie on its scale?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.needed import places


@check("AFA405")
def scores_lie_on_their_scale(handed: Handed) -> Iterator[Problem]:
    """Does every score lie on its scale?"""
    scales = {(need.table, need.column): need.scale for need in handed.needs if need.scale is not None}
    for (table, column), (low, high) in scales.items():
        for place in places(handed, column, table):
            values = place.values.to_numpy(dtype=np.float64, na_value=np.nan)
            where = place.where & ((values < low) | (values > high))
            if where.any():
                yield Problem(
                    message=f"{{value}} lies outside the scale of {column}, {low:g} to {high:g}.",
                    fix="Correct the score, or the scale in the plan.",
                    table=place.table,
                    column=place.column,
                    where=where,
                )
