"""Has a spreadsheet turned an identifier into a rounded number?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed


@check("AFA403")
def identifiers_keep_their_digits(handed: Handed) -> Iterator[Problem]:
    """Has a spreadsheet turned an identifier into a rounded number?"""
    for table in handed.tables.values():
        for name in table.names:
            where = table.fault(name, "digits")
            if where.any():
                yield Problem(
                    message="{value}: a spreadsheet has rounded this identifier, and its last digits are lost.",
                    fix="Export again and open the file as text, or format the column as text before pasting.",
                    table=table.table,
                    column=name,
                    where=where,
                )
