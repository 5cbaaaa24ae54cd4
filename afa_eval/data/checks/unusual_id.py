"""Do all identifiers look alike?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

USUAL_SHARE = 0.95
FEWEST = 20


@check("AFA603", QUERY)
def identifiers_look_alike(handed: Handed) -> Iterator[Problem]:
    """Do all identifiers look alike?"""
    for name, table in handed.tables.items():
        if not table.has("pupil_id"):
            continue
        codes, distinct = pd.factorize(table.frame["pupil_id"])
        if len(distinct) < FEWEST:
            continue
        shapes = np.array([shape(str(each)) for each in distinct], dtype=object)
        which, kinds = pd.factorize(shapes)
        sizes = np.bincount(which)
        if sizes.max() < USUAL_SHARE * len(distinct) or len(kinds) == 1:
            continue
        odd = which != sizes.argmax()
        where = (codes >= 0) & odd[codes]
        yield Problem(
            message=f"This identifier does not look like the others, which have the form {kinds[sizes.argmax()]}.",
            fix="Check it; a digit or letter may be missing or too many.",
            table=name,
            column="pupil_id",
            where=where,
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
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", identifier))
