"""Do the files reach both years that are compared?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.codes import years
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA503", QUERY)
def years_are_covered(handed: Handed) -> Iterator[Problem]:
    """Do the files reach both years that are compared?"""
    table = handed.tables.get("attendance")
    if table is None or not table.has("year"):
        return
    there = sorted(str(each) for each in table.coded("year")[1] if each is not None)
    if not there:
        return
    for year in dict.fromkeys(year for year in (handed.before, handed.after) if year):
        if year not in there:
            labels = ", ".join(years.label(each) for each in there)
            yield Problem(
                message=f"There is no attendance in {years.label(year)}, which the plan compares; there is {labels}.",
                fix="Export that year too, or correct the period in the plan.",
                table="attendance",
                part=table.parts[0],
                header=table.parts[0].columns["year"].header if "year" in table.parts[0].columns else "",
            )
