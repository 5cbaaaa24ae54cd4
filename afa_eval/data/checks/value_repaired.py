"""Has a spreadsheet written an identifier as a decimal number?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

NOUN = {"urn": "this school number", "pupil_id": "this pupil identifier", "la": "this authority's number"}


@check("AFA404", QUERY)
def identifiers_have_no_decimals(handed: Handed) -> Iterator[Problem]:
    """Has a spreadsheet written an identifier as a decimal number?"""
    for table in handed.tables.values():
        for name in table.names:
            where = table.where(name, lambda column: column.repaired)
            if where.any():
                yield Problem(
                    message=f"{{value}}: a spreadsheet has written {NOUN.get(name, 'this identifier')} as a decimal number, "
                    "in {rows} of this file; it was read without the decimal point.",
                    fix="Check that no leading zeros are lost, and format the column as text.",
                    table=table.table,
                    column=name,
                    where=where,
                    together=True,
                    marks=False,
                )
