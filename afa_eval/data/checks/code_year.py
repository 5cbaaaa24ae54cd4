"""Is every academic year two years that follow each other?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed


@check("AFA303")
def years_are_academic_years(handed: Handed) -> Iterator[Problem]:
    """Is every academic year two years that follow each other?"""
    yield from misunderstood(
        handed,
        "year",
        "unknown",
        "{value} is no academic year.",
        "Write it as 202122 or 2021/22: a single year could be the one in which it starts or ends.",
    )
