"""Is every school named by its URN?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA604", QUERY)
def schools_are_named_by_urn(handed: Handed) -> Iterator[Problem]:
    """Is every school named by its URN?"""
    for name, table in handed.tables.items():
        if not table.has("urn"):
            continue
        urn = table.frame["urn"]
        names = urn.dropna().unique()
        odd = [each for each in names if not _is_urn(str(each))]
        if odd:
            yield Problem(
                message="{value}: no URN (six digits). Schools are told apart by it all the same.",
                fix="Use the URN if the school is to be found in national registers.",
                table=name,
                column="urn",
                where=urn.isin(odd).to_numpy(dtype=bool),
                together=True,
            )


def _is_urn(text: str) -> bool:
    return len(text) == 6 and text.isdecimal() and text[0] != "0"
