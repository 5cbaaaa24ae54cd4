"""Does every outcome vary?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.needed import places


@check("AFA407")
def outcomes_vary(handed: Handed) -> Iterator[Problem]:
    """Does every outcome vary?"""
    needs = [need for need in handed.needs if need.kind == "score" and need.table != "responses"]
    for column in dict.fromkeys(need.column for need in needs):
        for place in places(handed, column):
            values = place.values.to_numpy(dtype=np.float64, na_value=np.nan)[place.where]
            values = values[~np.isnan(values)]
            if len(values) > 1 and values.min() == values.max():
                yield Problem(
                    message=f"Every pupil with a score has {values[0]:g} in {column}: nothing can be learned from it.",
                    fix="Check the export; if it is right, take the outcome out of the plan.",
                    table=place.table,
                    part=place.part,
                    header=place.header,
                    value=f"{values[0]:g}",
                )
            elif place.where.any() and not len(values) and not place.faulted:
                yield Problem(
                    message=f"No pupil has a score in {column}.",
                    fix="Check the export; if it is right, take the outcome out of the plan.",
                    table=place.table,
                    part=place.part,
                    header=place.header,
                )
