"""Rows of the pupil download that a comma in a name has shifted: its writer puts no quotes.

A row is put right only if there is one way to do it, whichever names the commas stood in: the
UPN, school number, date of birth and sex must then stand where they belong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from afa_eval.codes import upn
from afa_eval.data.names import plain, stripped

NAMES = frozenset({"surname", "forename", "middlenames", "middlename", "preferredsurname", "formersurname", "name"})
DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(?: .*)?|\d{4}-\d\d-\d\d(?:T.*)?")
SEXES = frozenset("FMUW01289")
ANCHORS: Mapping[str, Callable[[str], bool]] = {
    "upn": lambda cell: bool(upn.FORM.fullmatch(upn.normal(cell))),
    "laestab": lambda cell: upn.laestab(cell) is not None,
    "urn": upn.is_urn,
    "dob": lambda cell: bool(DATE.fullmatch(cell)),
    "sex": lambda cell: cell.upper() in SEXES,
    "gender": lambda cell: cell.upper() in SEXES,
    "ncyearactual": lambda cell: cell.upper() in {"R", "X", "N1", "N2", "E1", "E2"} or cell.isdecimal(),
}
MOST_SURPLUS = 4
ENOUGH = 2


def mended(row: Sequence[str], headers: Sequence[str]) -> list[str] | None:
    """Which row was meant, before a comma in a name shifted it?

    Parameters
    ----------
    row : sequence of str
        With more cells than headers.
    headers : sequence of str
        The user's own.

    Returns
    -------
    list of str or None
        As many cells as headers; None where there is no way to put it right, or more than one.

    Examples
    --------
    >>> mended(["Smith", " Jr", "Ann", "F", "100001"], ["Surname", "Forename", "Sex", "URN"])
    ['Smith, Jr', 'Ann', 'F', '100001']
    """
    surplus = len(row) - len(headers)
    names = [i for i, header in enumerate(headers) if stripped(header) in NAMES or plain(header) in NAMES]
    tests = {i: ANCHORS[stripped(header)] for i, header in enumerate(headers) if stripped(header) in ANCHORS}
    if not names or not 0 < surplus <= MOST_SURPLUS:
        return None
    ways: dict[tuple[str, ...], list[str]] = {}
    for at in names:
        way = [*row[:at], ",".join(row[at : at + surplus + 1]), *row[at + surplus + 1 :]]
        behind = [i for i in tests if i > at and way[i].strip()]
        if len(behind) >= ENOUGH and all(tests[i](way[i].strip()) for i in tests if way[i].strip()):
            rest = tuple(cell for i, cell in enumerate(way) if i not in names)
            ways.setdefault(rest, way)
    return next(iter(ways.values())) if len(ways) == 1 else None


def stands(row: Sequence[str], headers: Sequence[str]) -> bool:
    """Does everything that can be recognised stand where it belongs?

    Parameters
    ----------
    row : sequence of str
        At least as many cells as headers.
    headers : sequence of str
        The user's own.

    Returns
    -------
    bool
        False where, for example, no UPN stands in the column of UPNs.
    """
    tests = {i: ANCHORS[stripped(header)] for i, header in enumerate(headers) if stripped(header) in ANCHORS}
    return all(test(row[i].strip()) for i, test in tests.items() if row[i].strip())
