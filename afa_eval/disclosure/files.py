"""Public files made from a release: numbers only, a blank where hidden, 12 digits at most."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from afa_eval.disclosure.records import Release, ReleasedEstimate, ReleasedTable
from afa_eval.estimate.collection import TIDY_COLUMNS

DIGITS = 12


def digits(value: float | int | None) -> str:
    """How is a number written in a public file?

    Parameters
    ----------
    value : float, int or None
        None where hidden or where there is none.

    Returns
    -------
    str
        At most 12 significant digits; empty for None.

    Examples
    --------
    >>> digits(1 / 3), digits(None), digits(412)
    ('0.333333333333', '', '412')
    """
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else format(value, f".{DIGITS}g")


def estimates_csv(release: Release, outcome: str | None = None) -> str:
    """What stands in ``estimates.csv``?

    Parameters
    ----------
    release : Release
        What may leave.
    outcome : str, optional
        Only this outcome.

    Returns
    -------
    str
        CSV with exactly the columns of ``Estimates.tidy()``.
    """
    return figures_csv([item for item in release.estimates if outcome in (None, item.outcome)])


def figures_csv(items: Sequence[ReleasedEstimate]) -> str:
    """What stands in the file of some released figures?

    Parameters
    ----------
    items : sequence of ReleasedEstimate
        What may leave, in order.

    Returns
    -------
    str
        CSV with exactly the columns of ``Estimates.tidy()``.
    """
    return _csv([TIDY_COLUMNS, *map(_row, items)])


def _row(item: ReleasedEstimate) -> tuple[str, ...]:
    low, high = item.ci or (None, None)
    numbers = (item.value, item.se, item.df, item.statistic, item.p_value, low, high)
    return (
        item.outcome,
        item.group,
        str(item.estimand),
        *map(digits, numbers),
        digits(item.level),
        item.unit,
        item.base,
        digits(item.n_pupils),
        digits(item.n_schools),
        "" if item.comparator is None else str(item.comparator),
        str(item.claim),
        item.method,
    )


def table_csv(released: ReleasedTable) -> str:
    """What stands in the file of a table?

    Parameters
    ----------
    released : ReleasedTable
        What may leave.

    Returns
    -------
    str
        CSV: row labels, then the columns; blank where hidden.
    """
    table = released.table
    rows = [[label, *map(digits, row)] for label, row in zip(table.rows, table.cells, strict=True)]
    return _csv([[table.row_label or "row", *table.columns], *rows])


def _csv(rows: list[tuple[str, ...] | list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def write(release: Release, folder: Path) -> tuple[Path, Path]:
    """Where are the public files of a release?

    Parameters
    ----------
    release : Release
        What may leave.
    folder : Path
        Made where missing.

    Returns
    -------
    tuple of Path
        ``estimates.csv`` and ``manifest.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estimates, manifest = folder / "estimates.csv", folder / "manifest.json"
    estimates.write_text(estimates_csv(release), encoding="utf-8")
    manifest.write_text(
        json.dumps(release.manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
    return estimates, manifest
