"""Is every type of need a code of its time?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.codes import needs
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed


@check("AFA302")
def need_codes_are_known(handed: Handed) -> Iterator[Problem]:
    """Is every type of need a code of its time?"""
    fix = f"Use one of: {', '.join(needs.codes())}. Leave it blank where a pupil has none."
    for column in ("primary_need", "secondary_need"):
        yield from misunderstood(handed, column, "unknown", "{value} is no type of special educational need.", fix)
        text = "{value} was not in use as a type of need in the year of this row; it was left blank."
        for problem in misunderstood(handed, column, "year", text, "Use the code of that year (BESD is not SEMH)."):
            yield Problem(
                message=problem.message,
                fix=problem.fix,
                table=problem.table,
                column=problem.column,
                where=problem.where,
                severity=QUERY,
            )
