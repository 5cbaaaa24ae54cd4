"""Reading the code sets: small CSV files beside this module, each row with its source."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

Row = dict[str, str]


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
    text = files("afa_eval.codes").joinpath("data", f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
