"""Is every year group one that schools have?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed


@check("AFA304")
def year_groups_are_known(handed: Handed) -> Iterator[Problem]:
    """Is every year group one that schools have?"""
    yield from misunderstood(
        handed,
        "year_group",
        "unknown",
        "{value} is no year group.",
        "Write 1 to 14, R for reception, N1 or N2 for nursery, X where a pupil follows none.",
    )
