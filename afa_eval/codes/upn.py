"""Unique pupil numbers and school numbers: their form, and the letter that shows a slip of the pen.

A UPN is a check letter, the authority (3 digits), the school (4), the year (2) and a serial number
(3); a temporary one ends in a letter. The check letter is the sum of position times value of the
other twelve, positions 2 to 13, modulo 23, in an alphabet without I, O and S.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"
LENGTH = 13
FORM = re.compile(rf"[{ALPHABET}]\d{{11}}[\d{ALPHABET}]")
LAESTAB = re.compile(r"(\d{3})[/\- ]?(\d{4})")
URN = re.compile(r"[1-9]\d{5}")
_VALUES = np.zeros(256, dtype=np.int64)
_VALUES[[ord(letter) for letter in ALPHABET]] = range(len(ALPHABET))
_VALUES[ord("0") : ord("9") + 1] = range(10)
_WEIGHTS = np.arange(2, LENGTH + 1)


def normal(text: object) -> str:
    """How is a UPN compared?

    Parameters
    ----------
    text : object
        As written.

    Returns
    -------
    str
        Upper case without blanks.

    Examples
    --------
    >>> normal(" h801200001001 ")
    'H801200001001'
    """
    return "".join(str(text).split()).upper()


def check_letter(upn: str) -> str:
    """Which check letter does a UPN need?

    Parameters
    ----------
    upn : str
        Thirteen characters (the first is not looked at) or the last twelve.

    Returns
    -------
    str
        One of ``ALPHABET``; a letter that is not of the alphabet counts as 0.

    Examples
    --------
    >>> check_letter("801200001001"), check_letter("?20110001804V")
    ('H', 'T')
    """
    digits = np.frombuffer(upn[-12:].encode("ascii", "replace"), dtype=np.uint8)
    return ALPHABET[int(_VALUES[digits] @ _WEIGHTS) % len(ALPHABET)]


def is_valid(upn: object) -> bool:
    """Is it a UPN, temporary or not, with the check letter it needs?

    Parameters
    ----------
    upn : object
        As written; blanks and lower case are forgiven.

    Returns
    -------
    bool
        False for any other text.

    Examples
    --------
    >>> is_valid("R201100018042"), is_valid("R201100018043")
    (True, False)
    """
    text = normal(upn)
    return bool(FORM.fullmatch(text)) and check_letter(text) == text[0]


def is_temporary(upn: object) -> bool:
    """Is it a temporary UPN?

    Parameters
    ----------
    upn : object
        As written.

    Returns
    -------
    bool
        True where it has the form of a UPN and ends in a letter.
    """
    text = normal(upn)
    return bool(FORM.fullmatch(text)) and text[-1].isalpha()


def valid(upns: Any) -> NDArray[np.bool_]:
    """Which of many are UPNs with the check letter they need?

    Parameters
    ----------
    upns : sequence of str
        Shape (n,), upper case and without blanks.

    Returns
    -------
    numpy.ndarray
        Shape (n,).
    """
    texts = [str(each) for each in upns]
    found = np.fromiter((bool(FORM.fullmatch(each)) for each in texts), bool, len(texts))
    formed = "".join(each for each, good in zip(texts, found, strict=True) if good)
    letters = np.frombuffer(formed.encode("ascii"), dtype=np.uint8).reshape(-1, LENGTH)
    needed = np.array([ord(letter) for letter in ALPHABET])[_VALUES[letters[:, 1:]] @ _WEIGHTS % len(ALPHABET)]
    found[found] = letters[:, 0] == needed
    return found


def laestab(text: object) -> str | None:
    """Which DfE number of a school is it?

    Parameters
    ----------
    text : object
        ``2011000``, ``201/1000`` or ``201 1000``.

    Returns
    -------
    str or None
        Seven digits, authority then school; None where it is none.

    Examples
    --------
    >>> laestab("201/1000"), laestab("2011000.0")
    ('2011000', None)
    """
    found = LAESTAB.fullmatch(str(text).strip())
    return found[1] + found[2] if found else None


def is_urn(text: object) -> bool:
    """Has it the form of a school's URN: six digits, not beginning with 0?

    Parameters
    ----------
    text : object
        As written.

    Returns
    -------
    bool
        By its form only.
    """
    return bool(URN.fullmatch(str(text).strip()))
