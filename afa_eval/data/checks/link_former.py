"""Does every former UPN lead to one pupil?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.linking import FORMER, former_upns


@check("AFA504", QUERY)
def former_upns_lead_to_one_pupil(handed: Handed) -> Iterator[Problem]:
    """Does every former UPN lead to one pupil?"""
    contested = former_upns(handed.parts).contested
    pupils = handed.tables.get("pupils")
    if pupils is None or not contested:
        return
    yield Problem(
        message="This former UPN leads to two pupils, so no file is linked by it.",
        fix="Correct it in the system it comes from: one of the two is not this pupil's.",
        table="pupils",
        column=FORMER,
        where=pupils.values(FORMER).isin(contested).to_numpy(dtype=bool),
    )
