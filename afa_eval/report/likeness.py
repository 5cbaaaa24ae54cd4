"""How like England's pupils are these? Standardised differences, worked out from released counts alone."""

from __future__ import annotations

from functools import partial

from afa_eval.disclosure.records import Release, ReleasedTable
from afa_eval.estimate import balance, words
from afa_eval.estimate.balance import Balance
from afa_eval.report import numbers
from afa_eval.report.figures import Drawing

NAMES = ("pupils here", "England")


def likeness_drawings(release: Release) -> list[Drawing]:
    """Which drawing sets the pupils who took part beside England's?

    Parameters
    ----------
    release : Release
        With tables ``participants-...`` (counts) and ``england-...`` (shares of the same rows).

    Returns
    -------
    list of Drawing
        A love plot with its numbers below; none where no characteristic of both is shown.
    """
    from afa_eval.estimate import charts

    rows = tuple(likeness(release))
    if not rows:
        return []
    below = partial(numbers.of_balance, "chart-likeness", rows)
    return [Drawing("likeness", partial(charts.love, rows, names=NAMES), below=below)]


def likeness(release: Release) -> list[Balance]:
    """In which characteristics do the pupils who took part differ from England's, and how far?

    Parameters
    ----------
    release : Release
        What may leave.

    Returns
    -------
    list of Balance
        One for each group that is shown and published, but for the largest of each characteristic:
        its share follows from the others'.
    """
    tables = {one.table.name: one for one in release.tables}
    found: list[Balance] = []
    for name, here in tables.items():
        there = tables.get(f"england-{name.removeprefix('participants-')}")
        if name.startswith("participants-") and there is not None:
            found += _of_characteristic(here, there)
    return found


def _of_characteristic(here: ReleasedTable, there: ReleasedTable) -> list[Balance]:
    nation = {row: cells[0] for row, cells in zip(there.table.rows, there.table.cells, strict=True)}
    counts = {row: cells[0] for row, cells in zip(here.table.rows, here.table.cells, strict=True) if row in nation}
    if any(share is None for share in nation.values()) or any(count is None for count in counts.values()):
        return []
    known, largest = sum(count or 0 for count in counts.values()), max(nation, key=lambda row: nation[row] or 0)
    return [
        _row(row, (count or 0) / known, nation[row] or 0.0) for row, count in counts.items() if known and row != largest
    ]


def _row(group: str, share: float, nation: float) -> Balance:
    return Balance(words.label(group), balance.of_shares(share, nation), share, nation)
