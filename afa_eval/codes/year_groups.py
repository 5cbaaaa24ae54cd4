"""National curriculum year groups: from nursery (-2) through reception (0) to Year 14."""

from __future__ import annotations

import re
from functools import cache

from afa_eval.codes._files import rows
from afa_eval.errors import DataError

WORDS = {"reception": "r", "0": "r", "nursery": "n2", "n": "n2"}
BELOW = {"-1": "n2", "-2": "n1"}
_PREFIX = re.compile(r"^(?:nc)?(?:year|yr|y)?(?:group)?")


def parse(text: object) -> int | None:
    """Which year group is meant?

    Parameters
    ----------
    text : object
        ``7``, ``Year 7``, ``Y7``, ``R``, ``N2``, ``X``.

    Returns
    -------
    int or None
        None for mixed classes (M) and pupils who do not follow the national curriculum years (X).

    Raises
    ------
    DataError
        Where there is no such year group.

    Examples
    --------
    >>> parse("Year 7"), parse("R"), parse("N1"), parse("X")
    (7, 0, -2, None)
    """
    code = _code(str(text).strip().removesuffix(".0").casefold())
    if code not in _codes():
        raise DataError(f"'{text}' is no year group. There are: N1, N2, R and 1 to 14; X where none is followed.")
    return _codes()[code]


def _code(written: str) -> str:
    if written.startswith("-"):  # as this package writes nursery
        return BELOW.get(written, written)
    bare = _PREFIX.sub("", "".join(letter for letter in written if letter.isalnum()))
    return WORDS.get(bare, bare.lstrip("0"))


@cache
def _codes() -> dict[str, int | None]:
    return {row["code"].casefold(): int(row["number"]) if row["number"] else None for row in rows("year_groups")}
