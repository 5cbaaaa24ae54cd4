"""Where could cells of a column not be understood? Shared by the checks of codes and values."""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem
from afa_eval.data.handed import Handed, HandedTable, Mask


def fault_mask(table: HandedTable, column: str, fault: str) -> Mask:
    """Where does a column have this fault?

    Parameters
    ----------
    table : HandedTable
        Any table.
    column : str
        Canonical or plan's own name.
    fault : str
        As in ``Cell.fault``.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    masks = [part.columns[column].faults.get(fault) if column in part.columns else None for part in table.parts]
    return table.spread(masks)


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
        where = fault_mask(table, column, fault)
        if where.any():
            yield Problem(message=message, fix=fix, table=name, column=column, where=where)
