"""Does the file lie within the plan's folder?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA109", QUERY)
def file_is_within_the_folder(handed: Handed) -> Iterator[Problem]:
    """Does the file lie within the plan's folder?"""
    for part, _, _, _ in from_notes(handed, "elsewhere"):
        yield Problem(
            message="This file lies outside the plan's folder, so a copy of the folder cannot be run again.",
            fix="Move the file into the plan's data folder.",
            table=part.table,
            part=part,
        )
