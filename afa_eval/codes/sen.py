"""SEN provision by its census code: what K, E and N mean, and what A, P and S meant before 2014/15."""

from __future__ import annotations

from afa_eval.codes import years
from afa_eval.codes._files import Row, rows
from afa_eval.errors import DataError

GROUPS = ("all", "none", "any", "support", "ehcp")
PROVISIONS = ("N", "K", "E")
LABELS = {
    "all": "all pupils",
    "none": "no identified SEN",
    "any": "any SEN",
    "support": "SEN support",
    "ehcp": "EHC plan",
}
OLDER_GROUPS = {"school-action": "School Action", "school-action-plus": "School Action Plus"}  # to 2013/14 only
LABELS_BEFORE_201415 = {**LABELS, "support": "SEN without a statement", "ehcp": "SEN with a statement"}
FIRST_YEAR_OF_SUPPORT = "201415"


def provision(code: object, year: object = None) -> str:
    """Which of N, K and E does a census code stand for?

    Parameters
    ----------
    code : object
        N, K, E, or the older A, P, S; upper or lower case.
    year : object, optional
        Academic year of the census; where given, a code not in use that year is refused.

    Returns
    -------
    str
        N, K or E: School Action and School Action Plus become K, a statement becomes E.

    Raises
    ------
    DataError
        Where the code is unknown, or was not in use in that year.

    Examples
    --------
    >>> provision("k"), provision("S", "201314")
    ('K', 'E')
    """
    row = _row(code)
    if year is not None and not _in_use(row, years.parse(year)):
        raise DataError(_not_in_use(row, years.parse(year)))
    return row["provision"]


def is_legacy(code: object) -> bool:
    """Is this a code of the time before SEN support and EHC plans?

    Parameters
    ----------
    code : object
        A census code.

    Returns
    -------
    bool
        True for A, P and S.

    Raises
    ------
    DataError
        Where the code is unknown.
    """
    return _row(code)["legacy"] == "yes"


def group(code: object) -> str:
    """Which comparator group does a census code or provision belong to?

    Parameters
    ----------
    code : object
        A census code.

    Returns
    -------
    str
        ``none``, ``support`` or ``ehcp``.

    Raises
    ------
    DataError
        Where the code is unknown.

    Examples
    --------
    >>> group("K"), group("S")
    ('support', 'ehcp')
    """
    return _row(code)["group"]


def label(group: str, year: object = None) -> str:
    """What is a SEN group called, in its own year?

    Parameters
    ----------
    group : str
        One of ``GROUPS``.
    year : object, optional
        Before 2014/15 support and ehcp were SEN without and with a statement.

    Returns
    -------
    str
        The name in words.

    Raises
    ------
    DataError
        Where there is no such group.

    Examples
    --------
    >>> label("support"), label("support", "201213")
    ('SEN support', 'SEN without a statement')
    """
    if group in OLDER_GROUPS:
        return OLDER_GROUPS[group]
    if group not in LABELS:
        raise DataError(f"'{group}' is no SEN group. There are: {', '.join(GROUPS)}.")
    early = year is not None and years.parse(year) < FIRST_YEAR_OF_SUPPORT
    return (LABELS_BEFORE_201415 if early else LABELS)[group]


def _row(code: object) -> Row:
    wanted = str(code).strip().upper()
    for row in rows("sen_provision"):
        if row["code"] == wanted:
            return row
    known = ", ".join(f"{row['code']} ({row['label']})" for row in rows("sen_provision"))
    raise DataError(f"'{code}' is no SEN provision code. There are: {known}.")


def _in_use(row: Row, year: str) -> bool:
    return (row["first_year"] or year) <= year <= (row["last_year"] or year)


def _not_in_use(row: Row, year: str) -> str:
    parts = [f"from {years.label(row['first_year'])}"] if row["first_year"] else []
    parts += [f"to {years.label(row['last_year'])}"] if row["last_year"] else []
    return f"SEN provision {row['code']} ({row['label']}) was in use {' '.join(parts)}, not in {years.label(year)}."
