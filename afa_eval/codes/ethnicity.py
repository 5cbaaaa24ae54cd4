"""Ethnicity by its census code: the main code of an extended one, and the major group of either.

The data file says of each extended code whether its main code was read in a published list (``verified``).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from afa_eval.codes._files import Row, rows
from afa_eval.errors import DataError

GROUPS = ("white", "mixed", "asian", "black", "chinese", "other", "unknown")
MAJOR = {  # how the National Pupil Database writes the major group
    "WHIT": "white", "MIXD": "mixed", "ASIA": "asian", "BLAC": "black", "CHIN": "chinese", "AOEG": "other", "UNCL": "unknown",
}  # fmt: skip


def parse(text: object) -> str:
    """Which main code is meant?

    Parameters
    ----------
    text : object
        A main or extended census code, or a main category's name; ``White - Irish`` will do.

    Returns
    -------
    str
        One of the main codes, such as ``WBRI``; of a major group as NPD writes it (``WHIT``), that.

    Raises
    ------
    DataError
        Where it is none, naming the nearest: an unknown code is refused, never dropped.

    Examples
    --------
    >>> parse("weng"), parse("Any other White background"), parse("White - Irish"), parse("WHIT")
    ('WBRI', 'WOTH', 'WIRI', 'WHIT')
    """
    found = find(text)
    if found is None:
        near = get_close_matches(_plain(str(text)), _by_name(), n=1, cutoff=0.6)
        hint = f"Did you mean {_by_name()[near[0]]}?" if near else f"There are: {', '.join(codes())}."
        raise DataError(f"'{text}' is no ethnicity code. {hint}")
    return found


def find(text: object) -> str | None:
    """Which main code is meant, if any?

    Parameters
    ----------
    text : object
        As ``parse`` reads it.

    Returns
    -------
    str or None
        The code; None where it is none. To name the nearest to each of very many cells would take minutes.

    Examples
    --------
    >>> find("Asian - Pakistani"), find("QQQQ")
    ('APKN', None)
    """
    wanted = _plain(str(text))
    found = _by_name().get(wanted)
    if found is None and wanted.upper() in MAJOR:
        return wanted.upper()
    if found is None:  # MIS put the major group before the category: 'Asian - Pakistani'
        found = _by_name().get(_plain(str(text).partition(" - ")[2]))
    return found


def codes() -> tuple[str, ...]:
    """Which main codes are there?

    Returns
    -------
    tuple of str
        White, mixed, Asian, Black, Chinese, other, refused, not obtained.
    """
    return tuple(row["code"] for row in rows("ethnicity") if row["code"] == row["main"])


def group(code: object) -> str:
    """Which major group does an ethnicity belong to?

    Parameters
    ----------
    code : object
        Anything that ``parse`` reads.

    Returns
    -------
    str
        One of ``GROUPS``; refused and not obtained are ``unknown``.

    Raises
    ------
    DataError
        Where it is no ethnicity code.

    Examples
    --------
    >>> group("BSOM"), group("NOBT")
    ('black', 'unknown')
    """
    main = parse(code)
    return MAJOR[main] if main in MAJOR else _row(main)["group"]


def label(code: object) -> str:
    """What is an ethnicity called?

    Parameters
    ----------
    code : object
        Anything that ``parse`` reads.

    Returns
    -------
    str
        The main category's name, or the major group's.

    Raises
    ------
    DataError
        Where it is no ethnicity code.

    Examples
    --------
    >>> label("AMPK")
    'Pakistani'
    """
    main = parse(code)
    return MAJOR[main].capitalize() if main in MAJOR else _row(main)["label"]


def _row(code: str) -> Row:
    return next(row for row in rows("ethnicity") if row["code"] == code)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@cache
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in rows("ethnicity"):
        for name in filter(None, (row["code"], row["label"], *row["aliases"].split("|"))):
            names[_plain(name)] = row["main"]
    return names
