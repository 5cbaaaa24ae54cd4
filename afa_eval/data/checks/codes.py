"""Where could cells of a column not be understood? Shared by the checks of codes."""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem
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
