"""Is every table handed in that the plan's outcomes need?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed

PUPIL_LEVEL = frozenset({"pupils", "attainment"})


@check("AFA207")
def needed_tables_are_there(handed: Handed) -> Iterator[Problem]:
    """Is every table handed in that the plan's outcomes need?"""
    named = {part.table for part in handed.parts}
    named |= PUPIL_LEVEL if named & PUPIL_LEVEL else set()
    for table in dict.fromkeys(need.table for need in handed.needs):
        if table not in named:
            roles = dict.fromkeys(f"{need.column} ({need.role})" for need in handed.needs if need.table == table)
            yield Problem(
                message=f"The plan needs the {table} table for {', '.join(roles)}, but names no file for it.",
                fix=f'Name its file under [data] in the plan: {table} = "data/{table}.csv".',
                table=table,
            )
