"""Do all identifiers look alike?"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

USUAL_SHARE = 0.95
FEWEST = 20
FORM = bytes.maketrans((string.digits + string.ascii_letters).encode(), b"9" * 10 + b"A" * 52)


@check("AFA603", QUERY)
def identifiers_look_alike(handed: Handed) -> Iterator[Problem]:
    """Do all identifiers look alike?"""
    name = next((name for name, table in handed.tables.items() if table.has("pupil_id")), None)
    if name is None:  # the other tables' identifiers are looked up in this one
        return
    codes, distinct = handed.tables[name].coded("pupil_id")
    forms = shapes(list(map(str, distinct)))
    sizes = Counter(forms)
    if len(distinct) < FEWEST or len(sizes) == 1:
        return
    usual, often = sizes.most_common(1)[0]
    if often >= USUAL_SHARE * len(distinct):
        odd = np.array([each != usual for each in forms])
        yield Problem(
            message=f"This identifier does not look like the others, which have the form {usual}.",
            fix="Check it; a digit or letter may be missing or too many.",
            table=name,
            column="pupil_id",
            where=(codes >= 0) & odd[codes],
        )


def shapes(identifiers: Sequence[str]) -> list[str]:
    """Of which form is each identifier?

    Parameters
    ----------
    identifiers : sequence of str
        Any texts.

    Returns
    -------
    list of str
        ``A`` for letters and ``9`` for digits; all-digit numbers of any length have one form.

    Examples
    --------
    >>> shapes(["P0012", "417"])
    ['A9999', 'digits only']
    """
    lines = "\n".join(identifiers)
    if lines.count("\n") >= len(identifiers):
        lines = "\n".join(each.replace("\n", " ") for each in identifiers)
    forms = lines.encode("utf-8", "surrogatepass").translate(FORM).decode("utf-8", "surrogatepass").split("\n")
    digits = {form for form in set(forms) if not form.strip("9")}
    return ["digits only" if form in digits else form for form in forms] if digits else forms
