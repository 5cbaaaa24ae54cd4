"""What are the rows of a table as shares of a whole, and what do they say?"""

from __future__ import annotations

from dataclasses import dataclass

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import saying
from afa_eval.estimate.shown import Counted

MARGINS = frozenset({"total", "all", "n", "answers", "eligible"})


@dataclass(frozen=True, slots=True)
class Bar:
    """What is one row made of?

    Attributes
    ----------
    label : str
        Name of the row.
    shares : tuple of float or None
        Adding to 1; None where hidden.
    n : int or None
        How many were counted.
    """

    label: str
    shares: tuple[float, ...] | None
    n: int | None


def is_margin(name: str) -> bool:
    """Does a row or column hold totals?

    Parameters
    ----------
    name : str
        Its label.

    Returns
    -------
    bool
        True for ``Total`` and its like.
    """
    return name.strip().lower() in MARGINS


def bars(table: Counted, *, totals: bool = False) -> tuple[tuple[str, ...], list[Bar]]:
    """What are a table's rows as shares of their totals?

    Parameters
    ----------
    table : Table or ReleasedTable
        Counts, or a series of proportions; columns and rows named Total are margins. A row with a
        hidden cell is hidden as a whole: a bar without one part would be wrong.
    totals : bool
        Whether a row of totals is a bar of its own.

    Returns
    -------
    tuple
        Names of the parts, and the bars.

    Raises
    ------
    ReportError
        Where no row has anything to show.
    """
    inner = getattr(table, "table", table)
    parts = [i for i, name in enumerate(inner.columns) if not is_margin(name)]
    found = []
    rows = [pair for pair in zip(inner.rows, inner.cells, strict=True) if totals or not is_margin(pair[0])]
    for label, cells in rows:
        counts = [cells[i] for i in parts]
        known = [count for count in counts if count is not None]
        total = sum(known)
        whole = len(known) == len(parts) and total > 0
        n = None if inner.unit == "proportion" or not whole else round(total)
        name = f"All {words.nouns(inner.base)}" if is_margin(label) else _row_name(label)
        found.append(Bar(name, tuple(count / total for count in known) if whole else None, n))
    if not any(bar.shares for bar in found):
        raise ReportError(f"There is nothing to draw in '{inner.title}': no row has counts to show.")
    return tuple(inner.columns[i] for i in parts), found


def _row_name(label: str) -> str:
    """A row named by its group is said as people say it."""
    return words.label(label) if "=" in label and " " not in label.split("=", maxsplit=1)[0] else label


def alt_table(table: Counted, kind: str = "Stacked bars", *, totals: bool = False) -> str:
    """What does a chart of a table say to someone who cannot see it?

    Parameters
    ----------
    table : Table or ReleasedTable
        As given to ``likert`` or ``coverage``.
    kind : str
        What kind of chart it is.
    totals : bool
        Whether a row of totals is told too, as ``coverage`` draws it.

    Returns
    -------
    str
        Each row with its parts in per cent.
    """
    parts, found = bars(table, totals=totals)
    inner = getattr(table, "table", table)
    return saying.alt_bars(inner.title, parts, [(bar.label, bar.shares, bar.n) for bar in found], kind)
