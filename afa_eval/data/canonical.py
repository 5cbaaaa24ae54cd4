"""Which values may stand in a canonical column whose codes are known?"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from afa_eval.codes import needs
from afa_eval.data.cells import LAST_YEAR_GROUP, NURSERY


@cache
def canonical_values(kind: str) -> tuple[str, ...]:
    """Which values may stand in a column of this kind?

    Parameters
    ----------
    kind : str
        As in ``cells.understand``.

    Returns
    -------
    tuple of str
        In the order of our lists; empty where there is no list.

    Examples
    --------
    >>> canonical_values("cohort")
    ('pilot', 'comparison')
    """
    if kind == "need":
        return tuple(needs.codes())
    if kind == "year_group":
        return tuple(str(year) for year in range(min(NURSERY.values()), LAST_YEAR_GROUP + 1))
    lists = tomllib.loads(files("afa_eval.data").joinpath("words.toml").read_text("utf-8"))
    return tuple(meaning for meaning in lists.get(kind, ()) if meaning)
