"""How headers are compared: without case, spaces and what national extracts put before and behind."""

from __future__ import annotations

import re
from functools import lru_cache

PREFIX = re.compile(r"^(?:KS[124]|FSP|Phonics|CEN|ABS)_", re.IGNORECASE)
SUFFIX = re.compile(r"_(?:AUT|SPR|SUM|ab)\d\d$", re.IGNORECASE)
MANY = 20_000  # headers of a few files


@lru_cache(maxsize=MANY)
def plain(header: str) -> str:
    """How is a header compared?

    Parameters
    ----------
    header : str
        As written.

    Returns
    -------
    str
        Lower case, letters and digits only.

    Examples
    --------
    >>> plain("FSM - eligible?")
    'fsmeligible'
    """
    return "".join(letter for letter in header.casefold() if letter.isalnum())


@lru_cache(maxsize=MANY)
def stripped(header: str) -> str:
    """How is a header of a national extract compared?

    Parameters
    ----------
    header : str
        As written.

    Returns
    -------
    str
        As ``plain``, without the extract's prefix and the term and year at its end.

    Examples
    --------
    >>> stripped("SENprovision_SPR14"), stripped("KS4_P8SCORE")
    ('senprovision', 'p8score')
    """
    return plain(SUFFIX.sub("", PREFIX.sub("", header.strip())))
