"""Why a pupil has no score: the outcome codes that stand where a number should."""

from __future__ import annotations

from functools import cache

from afa_eval.codes import years
from afa_eval.codes._files import rows

REASONS = ("working below", "absent", "unable to access", "left", "not recorded")


def reason(code: object) -> str | None:
    """Why is there no score?

    Parameters
    ----------
    code : object
        What stands in the cell: a DfE outcome code (``A``, ``B``, ``PK3``), a word, or nothing.

    Returns
    -------
    str or None
        One of ``REASONS``; None where the cell is no such code (a score, or a fault).

    Examples
    --------
    >>> reason("B"), reason("absent"), reason("102")
    ('working below', 'absent', None)
    """
    return _by_code().get(_plain(code), (None, ""))[0]


def meaning(code: object) -> str | None:
    """What does the code mean, in words?

    Parameters
    ----------
    code : object
        What stands in the cell.

    Returns
    -------
    str or None
        None where it is no such code.
    """
    found = _by_code().get(_plain(code))
    return found[1] if found else None


def codes(year: object) -> tuple[str, ...]:
    """Which outcome codes of the national assessments were in use in a year?

    Parameters
    ----------
    year : object
        Academic year, any form that ``years.parse`` reads.

    Returns
    -------
    tuple of str
        Interim pre-key-stage standards to 2017/18, the present ones since 2018/19, P scales to
        2020/21, the engagement model since 2021/22, and those of every year.

    Examples
    --------
    >>> [code in codes("201718") for code in ("PKF", "PK3", "EM", "P4")]
    [True, False, False, True]
    """
    when = years.parse(year)
    return tuple(
        row["code"]
        for row in rows("no_score")
        if row["code"] and (row["first_year"] or when) <= when <= (row["last_year"] or when)
    )


def in_use(code: object, first: object, last: object) -> bool:
    """Was an outcome code in use in any of these years?

    Parameters
    ----------
    code : object
        What stands in the cell; anything that ``reason`` reads.
    first, last : object
        Academic years, any form that ``years.parse`` reads.

    Returns
    -------
    bool
        True for codes and words that no year bounds; False for what is no such code.

    Examples
    --------
    >>> in_use("PKF", "201617", "201718"), in_use("PKF", "202122", "202223"), in_use("absent", "202122", "202223")
    (True, False, True)
    """
    row = next((row for row in rows("no_score") if row["code"] == _plain(code)), None)
    if row is None:
        return False
    starts, ends = row["first_year"] or years.parse(first), row["last_year"] or years.parse(last)
    return starts <= years.parse(last) and years.parse(first) <= ends


@cache
def _by_code() -> dict[str, tuple[str | None, str]]:
    return {row["code"]: (row["reason"], row["meaning"]) for row in rows("no_score")}


def _plain(code: object) -> str:
    text = "" if code is None else str(code).upper()
    return "".join(letter for letter in text if letter.isalnum() or letter in ".+")
