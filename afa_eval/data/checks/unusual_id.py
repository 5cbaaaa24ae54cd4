"""Do all identifiers look alike?"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

USUAL_SHARE = 0.95
FEWEST = 20
FORM = str.maketrans(string.digits + string.ascii_letters, "9" * 10 + "A" * 52)


@check("AFA603", QUERY)
def identifiers_look_alike(handed: Handed) -> Iterator[Problem]:
    """Do all identifiers look alike?"""
    name = next((name for name, table in handed.tables.items() if table.has("pupil_id")), None)
    if name is None:  # the other tables' identifiers are looked up in this one
        return
    codes, distinct = handed.tables[name].coded("pupil_id")
    shapes = [shape(str(each)) for each in distinct]
    sizes = Counter(shapes)
    if len(distinct) < FEWEST or len(sizes) == 1:
        return
    usual, often = sizes.most_common(1)[0]
    if often >= USUAL_SHARE * len(distinct):
        odd = np.array([each != usual for each in shapes])
        yield Problem(
            message=f"This identifier does not look like the others, which have the form {usual}.",
            fix="Check it; a digit or letter may be missing or too many.",
            table=name,
            column="pupil_id",
            where=(codes >= 0) & odd[codes],
        )


def shape(identifier: str) -> str:
    """Of which form is an identifier?

    Parameters
    ----------
    identifier : str
        Any text.

    Returns
    -------
    str
        ``A`` for letters and ``9`` for digits; all-digit numbers of any length have one form.

    Examples
    --------
    >>> shape("P0012"), shape("417")
    ('A9999', 'digits only')
    """
    if identifier.isdecimal():
        return "digits only"
    return identifier.translate(FORM)
