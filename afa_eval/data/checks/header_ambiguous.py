"""Does each column mean one thing?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed


@check("AFA204")
def headers_mean_one_thing(handed: Handed) -> Iterator[Problem]:
    """Does each column mean one thing?"""
    for part in handed.parts:
        for name, headers in part.heading.ambiguous:
            listed = ", ".join(f"'{header}'" for header in headers)
            yield Problem(
                message=f"Several columns could be {name}: {listed}.",
                fix=f'Say which in the plan: [columns.{part.table}] {name} = "{headers[0]}".',
                table=part.table,
                part=part,
                header=headers[0],
                value=", ".join(headers),
                rows=(part.raw.header_row,),
            )
