"""Primary types of special educational need: codes, their names, and the years they were in use."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from afa_eval.codes import years
from afa_eval.codes._files import Row, rows
from afa_eval.errors import DataError


def codes(year: object = None) -> tuple[str, ...]:
    """Which need codes are there?

    Parameters
    ----------
    year : object, optional
        Only those in use in that academic year.

    Returns
    -------
    tuple of str
        In DfE's order.

    Examples
    --------
    >>> "BESD" in codes("201314"), "SEMH" in codes("201314")
    (True, False)
    """
    if year is None:
        return tuple(row["code"] for row in rows("needs"))
    when = years.parse(year)
    return tuple(
        row["code"] for row in rows("needs") if (row["first_year"] or when) <= when <= (row["last_year"] or when)
    )


def parse(text: object) -> str:
    """Which need is meant?

    Parameters
    ----------
    text : object
        A code (``SLCN``), its name, or a form seen in DfE's files; case and punctuation are free.

    Returns
    -------
    str
        The code.

    Raises
    ------
    DataError
        Where it is none, naming the nearest: an unknown code is refused, never dropped.

    Examples
    --------
    >>> parse("slcn"), parse("Visual impairment")
    ('SLCN', 'VI')
    """
    code = find(text)
    if code is not None:
        return code
    table = _by_name()
    near = get_close_matches(_plain(str(text)), table, n=1, cutoff=0.6)
    hint = f"Did you mean {table[near[0]]} ({label(table[near[0]])})?" if near else f"There are: {', '.join(codes())}."
    raise DataError(f"'{text}' is no type of special educational need. {hint}")


def find(text: object) -> str | None:
    """Which need is meant, if any?

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
    >>> find("Visual impairment"), find("SLS")
    ('VI', None)
    """
    return _by_name().get(_plain(str(text)))


def label(code: str) -> str:
    """What is the need called?

    Parameters
    ----------
    code : str
        One of ``codes()``.

    Returns
    -------
    str
        DfE's name of it.

    Raises
    ------
    DataError
        Where the code is unknown.

    Examples
    --------
    >>> label("ASD")
    'Autistic spectrum disorder'
    """
    return _row(code)["label"]


def _row(code: str) -> Row:
    for row in rows("needs"):
        if row["code"] == code:
            return row
    raise DataError(f"'{code}' is no need code. There are: {', '.join(codes())}.")


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


@cache
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in rows("needs"):
        for name in filter(None, (row["code"], row["label"], *row["aliases"].split("|"))):
            names[_plain(name)] = row["code"]
    return names
