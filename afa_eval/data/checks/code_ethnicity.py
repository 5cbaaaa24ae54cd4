"""Is every ethnicity a code of the school census?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed


@check("AFA307")
def ethnicities_are_census_codes(handed: Handed) -> Iterator[Problem]:
    """Is every ethnicity a code of the school census?"""
    asked = any("ethnicity" in need.column.split("&") for need in handed.needs)
    for problem in misunderstood(
        handed,
        "ethnicity",
        "unknown",
        "{value} is no ethnicity code of the school census.",
        "Write a census code such as WBRI or APKN, or the category's name; REFU or NOBT where it is not known.",
    ):
        yield problem if asked else replace(problem, severity=QUERY)  # nothing is asked of it: it stays unknown
