"""Is what every mark of the register counted as settled?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.checks.codes import about_marks
from afa_eval.data.handed import Handed


@check("AFA609", QUERY)
def marks_count_as_is_settled(handed: Handed) -> Iterator[Problem]:
    """Is what every mark of the register counted as settled?"""
    yield from about_marks(handed, "mark doubt")
