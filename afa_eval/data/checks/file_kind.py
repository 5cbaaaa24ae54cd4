"""Is the file of the kind that its name says?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA103")
def file_is_a_table(handed: Handed) -> Iterator[Problem]:
    """Is the file of the kind that its name says?"""
    for part, detail, _, _ in from_notes(handed, "kind"):
        workbook = "Excel" in detail and not part.raw.path.suffix.lower().startswith(".xls")
        yield Problem(
            message=f"This file is {detail}.",
            fix="If it is an Excel workbook, give its name the ending .xlsx; otherwise save it as CSV."
            if workbook
            else "Export it again as CSV (UTF-8), Excel (.xlsx) or Parquet.",
            table=part.table,
            part=part,
        )
