"""Is every score a number, or a reason why there is none, and every session count a whole number?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed

KINDS = {
    "score": (
        "{value} is neither a score nor a known reason for having none.",
        "Write a number with a decimal point, a code such as B or A, or leave the cell blank.",
    ),
    "sessions": ("{value} is no whole number of sessions.", "Write a whole number; two sessions make a school day."),
}


@check("AFA401")
def numbers_are_numbers(handed: Handed) -> Iterator[Problem]:
    """Is every score a number, or a reason why there is none, and every session count a whole number?"""
    for table in handed.tables.values():
        kinds = {name: column.kind for part in table.parts for name, column in part.columns.items()}
        for name, kind in kinds.items():
            where = table.fault(name, "unknown") if kind in KINDS else None
            if where is not None and where.any():
                message, fix = KINDS[kind]
                yield Problem(message=message, fix=fix, table=table.table, column=name, where=where)
