"""Where could cells of a column, or marks of a register, not be understood? Shared by the checks of them."""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, from_notes
from afa_eval.data.handed import Handed


def misunderstood(handed: Handed, column: str, fault: str, message: str, fix: str) -> Iterator[Problem]:
    """Which cells of a column have this fault, in any table?

    Parameters
    ----------
    handed : Handed
        What was handed in.
    column : str
        Canonical name.
    fault : str
        As in ``Cell.fault``.
    message, fix : str
        What to say.

    Yields
    ------
    Problem
        One a table.
    """
    for name, table in handed.tables.items():
        where = table.fault(column, fault)
        if where.any():
            yield Problem(message=message, fix=fix, table=name, column=column, where=where)


def about_marks(handed: Handed, *kinds: str) -> Iterator[Problem]:
    """What is wrong with the marks of registers, as the counting of them noted it?

    Parameters
    ----------
    handed : Handed
        What was handed in.
    *kinds : str
        Of ``Note.kind``, such as ``mark code``.

    Yields
    ------
    Problem
        One a note; of very many alike, the first rows and how many there are.
    """
    for kind in kinds:
        for part, detail, rows, column in from_notes(handed, kind):
            message, fix, value, count = detail.split("\n")
            yield Problem(message=message, fix=fix, part=part, header=column, value=value, rows=rows, count=int(count))
