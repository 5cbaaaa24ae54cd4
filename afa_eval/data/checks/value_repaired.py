"""Has a spreadsheet written an identifier as a decimal number?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA404", QUERY)
def identifiers_have_no_decimals(handed: Handed) -> Iterator[Problem]:
    """Has a spreadsheet written an identifier as a decimal number?"""
    for table in handed.tables.values():
        for name in table.frame.columns:
            where = table.spread(
                [part.columns[name].repaired if name in part.columns else None for part in table.parts]
            )
            if where.any():
                yield Problem(
                    message="{value}: a spreadsheet has written this identifier as a decimal number; it was read without.",
                    fix="Check that no leading zeros are lost, and format the column as text.",
                    table=table.table,
                    column=name,
                    where=where,
                    marks=False,
                )
