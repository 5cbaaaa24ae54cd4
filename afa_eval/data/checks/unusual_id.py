"""Do all identifiers look alike?"""

from __future__ import annotations

import string
from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.written import Written

USUAL_SHARE = 0.95
FEWEST = 20
FORM = bytes.maketrans((string.digits + string.ascii_letters).encode(), b"9" * 10 + b"A" * 52)


@check("AFA603", QUERY)
def identifiers_look_alike(handed: Handed) -> Iterator[Problem]:
    """Do all identifiers look alike?"""
    name = next((name for name, table in handed.tables.items() if table.has("pupil_id")), None)
    if name is None:  # the other tables' identifiers are looked up in this one
        return
    pupils = handed.tables[name].identifiers("pupil_id")
    forms = shapes(pupils)
    if len(pupils.texts) < FEWEST or len(forms.texts) == 1:
        return
    sizes = np.bincount(forms.codes)
    usual = int(sizes.argmax())
    if sizes[usual] >= USUAL_SHARE * len(pupils.texts):
        yield Problem(
            message=f"This identifier does not look like the others, which have the form {forms.texts[usual]}.",
            fix="Check it; a digit or letter may be missing or too many.",
            table=name,
            column="pupil_id",
            where=(pupils.codes >= 0) & (forms.codes != usual)[pupils.codes],
        )


def shapes(identifiers: Written) -> Written:
    """Of which form is each identifier?

    Parameters
    ----------
    identifiers : Written
        Any texts.

    Returns
    -------
    Written
        Of each text: ``A`` for letters and ``9`` for digits; all-digit numbers of any length have one form.

    Examples
    --------
    >>> shapes(Written.of(["P0012", "417"])).cells()
    ['A9999', 'digits only']
    """
    n, lines = len(identifiers.texts), identifiers.joint
    if lines.count("\n") >= n:
        lines = "\n".join(each.replace("\n", " ") for each in identifiers.texts)
    forms = lines.encode("utf-8", "surrogatepass").translate(FORM)
    first = forms.partition(b"\n")[0]
    if forms == b"\n".join([first] * n):  # seen at once, and so it is in most files
        written = Written.same(first.decode("utf-8", "surrogatepass"), n)
    else:
        written = Written.of(forms.decode("utf-8", "surrogatepass").split("\n"))
    named = Written.of([form if form.strip("9") else "digits only" for form in written.texts])
    return Written(named.codes[written.codes], named.texts)
