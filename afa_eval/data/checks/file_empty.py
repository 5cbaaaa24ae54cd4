"""Is there anything in the file?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA102")
def file_is_not_empty(handed: Handed) -> Iterator[Problem]:
    """Is there anything in the file?"""
    for part, detail, _, _ in from_notes(handed, "empty"):
        bare = detail == "headers only"
        yield Problem(
            message=f"There is {_what(detail)}.",
            fix=f"{'Fill it in' if bare else f'Export the {part.table} again'}, or take the file out of the plan.",
            table=part.table,
            part=part,
        )


def _what(detail: str) -> str:
    """A transfer file names what it lacks."""
    if detail.startswith("nothing about"):
        return detail
    return "no row below the headers in this file" if detail == "headers only" else "nothing in this file"
