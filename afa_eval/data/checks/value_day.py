"""Has every mark of the register a day and a session?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import about_marks
from afa_eval.data.handed import Handed


@check("AFA408")
def marks_have_a_day_and_a_session(handed: Handed) -> Iterator[Problem]:
    """Has every mark of the register a day and a session?"""
    yield from about_marks(handed, "mark day", "mark session")
