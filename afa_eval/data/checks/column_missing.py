"""Is every column there that the plan's outcomes need?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed, Part
from afa_eval.data.names import plain
from afa_eval.data.needed import Wanted, spare_headers, wanted_columns

MOST_NAMED = 20
REGISTER = " A register of marks needs pupil_id, date, session and code instead."


@check("AFA208")
def needed_columns_are_there(handed: Handed) -> Iterator[Problem]:
    """Is every column there that the plan's outcomes need?"""
    for wanted in wanted_columns(handed):
        if wanted.found or wanted.doubtful or not wanted.parts:
            continue
        names = " or ".join(dict.fromkeys(part.table for part in wanted.parts))
        yield Problem(
            message=f"Column '{wanted.column}' ({wanted.role}) is not in the {names} table.",
            fix=_fix(wanted, handed),
            table=wanted.table,
            part=_home(wanted),
            header=wanted.column,
            rows=(_home(wanted).raw.header_row,),
        )


def _home(wanted: Wanted) -> Part:
    own = [part for part in wanted.parts if part.table == wanted.table]
    return (own or list(wanted.parts))[0]


def _fix(wanted: Wanted, handed: Handed) -> str:
    """The nearest header that nothing else is read from: one in use would answer another question."""
    same_role = _headers(wanted, handed, wanted.role)
    near = get_close_matches(plain(wanted.column), same_role, n=1, cutoff=0.6)
    spare = list(_headers(wanted, handed, "").values())[:MOST_NAMED]
    if not near and not spare:
        return "Export the file again with this column: all that are there are read as something else."
    hint = f"Did you mean '{same_role[near[0]]}'?" if near else f"Columns not in use yet: {', '.join(spare)}."
    tell = f'[columns.{wanted.table}] {wanted.column} = "your header"'
    register = REGISTER if wanted.column == "sessions_possible" else ""
    return f"{hint} If it has another header, say so in the plan: {tell}.{register}"


def _headers(wanted: Wanted, handed: Handed, role: str) -> dict[str, str]:
    return {plain(header): header for part in wanted.parts for header in spare_headers(part, handed, role)}
