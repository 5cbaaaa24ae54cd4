"""Has every pupil one mark a session?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import about_marks
from afa_eval.data.handed import Handed


@check("AFA212")
def marks_stand_once(handed: Handed) -> Iterator[Problem]:
    """Has every pupil one mark a session?"""
    yield from about_marks(handed, "mark twice", "mark pupil")
