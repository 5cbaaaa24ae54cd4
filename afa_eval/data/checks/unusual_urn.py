"""Is every school named by its URN?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA604", QUERY)
def schools_are_named_by_urn(handed: Handed) -> Iterator[Problem]:
    """Is every school named by its URN?"""
    for name, table in handed.tables.items():
        if not table.has("urn"):
            continue
        codes, distinct = table.coded("urn")
        odd = np.array([not _is_urn(str(each)) for each in distinct], dtype=bool)
        if odd.any():
            yield Problem(
                message="{value} is no URN (six digits). Schools are told apart by it all the same.",
                fix="Use the URN if the school is to be found in national registers.",
                table=name,
                column="urn",
                where=(codes >= 0) & odd[codes],
                together=True,
            )


def _is_urn(text: str) -> bool:
    return len(text) == 6 and text.isdecimal() and text[0] != "0"
