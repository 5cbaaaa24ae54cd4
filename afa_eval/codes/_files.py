"""Reading the code sets: small CSV files beside this module, each row with its source."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

Row = dict[str, str]
FOLDER = Path(__file__).parent / "data"  # importlib.resources costs 50 ms to import


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Which rows does a code set have?

    Parameters
    ----------
    name : str
        File name without ``.csv``.

    Returns
    -------
    tuple of dict
        Text by column; an empty cell is an empty string. Do not change them: they are shared.
    """
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
