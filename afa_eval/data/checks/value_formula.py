"""Has a formula left an error value?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed


@check("AFA402")
def formulas_have_values(handed: Handed) -> Iterator[Problem]:
    """Has a formula left an error value?"""
    for table in handed.tables.values():
        for name in table.names:
            where = table.fault(name, "formula")
            if where.any():
                yield Problem(
                    message="{value}: a formula in the spreadsheet has failed or has no value.",
                    fix="Correct the formula, or write the value itself. A workbook that a program wrote has no values "
                    "until it is opened in Excel and saved.",
                    table=table.table,
                    column=name,
                    where=where,
                )
