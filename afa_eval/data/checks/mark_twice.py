"""Has every pupil one mark a session?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA212")
def marks_stand_once(handed: Handed) -> Iterator[Problem]:
    """Has every pupil one mark a session?"""
    for kind in ("mark twice", "mark pupil"):
        for part, detail, rows, column in from_notes(handed, kind):
            message, fix, value = detail.split("\n")
            yield Problem(message=message, fix=fix, part=part, header=column, value=value, rows=rows)
