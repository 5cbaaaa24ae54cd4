"""Why a pupil has no score: the outcome codes that stand where a number should."""

from __future__ import annotations

from functools import cache

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


@cache
def _by_code() -> dict[str, tuple[str | None, str]]:
    return {row["code"]: (row["reason"], row["meaning"]) for row in rows("no_score")}


def _plain(code: object) -> str:
    text = "" if code is None else str(code).upper()
    return "".join(letter for letter in text if letter.isalnum() or letter in ".+")
