"""Are there several schools?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import INFO, Problem, check
from afa_eval.data.handed import Handed


@check("AFA602", INFO)
def schools_are_several(handed: Handed) -> Iterator[Problem]:
    """Are there several schools?"""
    table = next(
        (handed.tables[name] for name in ("pupils", "attainment", "attendance") if name in handed.tables), None
    )
    if table is None or not table.has("urn") or len(set(table.coded("urn")[1]) - {None}) != 1:
        return
    yield Problem(
        message="All pupils are in one school: figures describe this school and have no school-level interval.",
        fix="Nothing needs mending.",
        table=table.table,
        part=table.parts[0],
        header=table.parts[0].columns["urn"].header if "urn" in table.parts[0].columns else "",
    )
