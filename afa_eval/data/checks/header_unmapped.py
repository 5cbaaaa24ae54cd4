"""Is every header that the plan names there?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.needed import spare_headers


@check("AFA205")
def named_headers_are_there(handed: Handed) -> Iterator[Problem]:
    """Is every header that the plan names there?"""
    missing = {(part.table, *pair) for part in handed.parts if part.raw.readable for pair in part.heading.unmapped}
    for table, name, header in sorted(missing):
        parts = [part for part in handed.parts if part.table == table and part.raw.readable]
        if any((name, header) not in part.heading.unmapped for part in parts):
            continue  # another file of the table has it
        spare = spare_headers(parts[0], handed, own=name)
        near = get_close_matches(header, spare, n=1, cutoff=0.6)
        hint = f"Did you mean '{near[0]}'?" if near else f"It has: {', '.join(parts[0].raw.headers)}."
        yield Problem(
            message=f"The plan says that {name} is the column '{header}', but the file has no such column.",
            fix=f"{hint} Correct [columns.{table}] in the plan.",
            table=table,
            part=parts[0],
            header=header,
            rows=(parts[0].raw.header_row,),
        )
