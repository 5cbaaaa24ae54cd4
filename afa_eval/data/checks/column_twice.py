"""Does each column stand in one table only?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import INFO, Problem, check
from afa_eval.data.handed import STATUS, Handed

SHARED = frozenset({"pupil_id", "urn", "year", "la", "term", "wave"})  # of attainment the last two only tell rows apart


@check("AFA209")
def columns_stand_in_one_table(handed: Handed) -> Iterator[Problem]:
    """Does each column stand in one table only?"""
    pupils, attainment = handed.tables.get("pupils"), handed.tables.get("attainment")
    if pupils is None or attainment is None:
        return
    needed = {name.strip() for need in handed.needs for name in need.column.split("&")}
    for part in attainment.parts:
        for name, column in part.columns.items():
            if name in SHARED or not pupils.has(name):
                continue
            status = name in STATUS and name not in needed
            yield Problem(
                message=f"Column '{column.header}' stands in the pupils table too"
                + ("; that one was used." if status else ", so it is not clear which one is meant."),
                fix=f"Delete or rename the column in one of the two files: {part.raw.file} or {pupils.parts[0].raw.file}.",
                table=part.table,
                part=part,
                header=column.header,
                rows=(part.raw.header_row,),
                severity=INFO if status else "",
            )
