"""Does every header stand once?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA203")
def headers_stand_once(handed: Handed) -> Iterator[Problem]:
    """Does every header stand once?"""
    for part, times, _, header in from_notes(handed, "repeated header"):
        yield Problem(
            message=f"The header '{header}' stands {times} times, so it is not clear which column is meant.",
            fix="Give each column its own header, or delete the column that is not needed.",
            table=part.table,
            part=part,
            header=header,
            rows=(part.raw.header_row,),
        )
