"""Are there as many sessions as a school year has?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

MOST_IN_A_YEAR = 400


@check("AFA605", QUERY)
def sessions_fit_a_year(handed: Handed) -> Iterator[Problem]:
    """Are there as many sessions as a school year has?"""
    table = handed.tables.get("attendance")
    if table is None or not table.has("sessions_possible"):
        return
    possible = table.figures("sessions_possible")
    many = possible > MOST_IN_A_YEAR
    if many.any():
        yield Problem(
            message=f"{{value}} possible sessions; a school year has about 380 (190 days), never over {MOST_IN_A_YEAR}.",
            fix="Check that the file counts sessions of one year, not minutes or several years.",
            table="attendance",
            column="sessions_possible",
            where=many,
        )
    none = np.isnan(possible)
    if none.any():
        yield Problem(
            message="Possible sessions are blank in {rows}, left out as DfE does.",
            fix="Fill in the number if it is known.",
            table="attendance",
            column="sessions_possible",
            where=none,
            together=True,
        )
