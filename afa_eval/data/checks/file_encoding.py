"""Is the whole file written in one encoding?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA108", QUERY)
def encoding_is_one(handed: Handed) -> Iterator[Problem]:
    """Is the whole file written in one encoding?"""
    for part, _, _, _ in from_notes(handed, "mixed encoding"):
        yield Problem(
            message="Parts of this file are UTF-8 and others Windows-1252; letters with accents may be wrong.",
            fix="Save the file again as CSV UTF-8.",
            table=part.table,
            part=part,
        )
