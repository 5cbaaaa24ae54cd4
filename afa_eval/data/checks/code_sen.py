"""Is every SEN provision a code of its time?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.codes import years
from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed

FIX = "Use N (none), K (SEN support), E (EHC plan); before 2014/15 A, P and S. Leave it blank only if it is not known."


@check("AFA301")
def sen_codes_are_known(handed: Handed) -> Iterator[Problem]:
    """Is every SEN provision a code of its time?"""
    for column in ("sen_provision", "sen"):
        yield from misunderstood(handed, column, "unknown", "{value} is no SEN provision code.", FIX)
    when = f" ({years.label(handed.before)} where the file gives no year)" if handed.before else ""
    text = f"{{value}} was not in use as a SEN provision code in the year of this row{when}."
    yield from misunderstood(handed, "sen_provision", "year", text, FIX)
