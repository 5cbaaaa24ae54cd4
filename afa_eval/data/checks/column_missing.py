"""Is every column there that the plan's outcomes need?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed, Part
from afa_eval.data.headers import plain
from afa_eval.data.needed import Wanted, wanted_columns


@check("AFA208")
def needed_columns_are_there(handed: Handed) -> Iterator[Problem]:
    """Is every column there that the plan's outcomes need?"""
    for wanted in wanted_columns(handed):
        if wanted.found or wanted.doubtful or not wanted.parts:
            continue
        names = " or ".join(dict.fromkeys(part.table for part in wanted.parts))
        yield Problem(
            message=f"Column '{wanted.column}' ({wanted.role}) is not in the {names} table.",
            fix=f"{_hint(wanted.column, wanted.parts)} If it has another header, say so in the plan: "
            f'[columns.{wanted.table}] {wanted.column} = "your header".',
            table=wanted.table,
            part=_home(wanted),
            header=wanted.column,
            rows=(_home(wanted).raw.header_row,),
        )


def _home(wanted: Wanted) -> Part:
    own = [part for part in wanted.parts if part.table == wanted.table]
    return (own or list(wanted.parts))[0]


def _hint(column: str, parts: Sequence[Part]) -> str:
    headers = {plain(header): header for part in parts for header in part.raw.headers if header}
    near = get_close_matches(plain(column), headers, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{headers[near[0]]}'?"
    return f"There are: {', '.join(list(headers.values())[:20])}."
