"""Has every mark of the register a day and a session?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA408")
def marks_have_a_day_and_a_session(handed: Handed) -> Iterator[Problem]:
    """Has every mark of the register a day and a session?"""
    for kind in ("mark day", "mark session"):
        for part, detail, rows, column in from_notes(handed, kind):
            message, fix, value = detail.split("\n")
            yield Problem(message=message, fix=fix, part=part, header=column, value=value, rows=rows)
