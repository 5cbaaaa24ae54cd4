"""Academic years, written six digits as DfE does: ``202122`` is September 2021 to August 2022."""

from __future__ import annotations

import re

from afa_eval.errors import DataError

_TWO_YEARS = re.compile(r"((?:19|20)\d\d)\s*(?:/|-|\u2013|to|)\s*((?:19|20)?\d\d)(?:\.0)?", re.IGNORECASE)
_ONE_YEAR = re.compile(r"((?:19|20)\d\d)(?:\.0)?")
FIRST_MONTH = 9


def parse(text: object, *, year_means: str | None = None) -> str:
    """Which academic year is meant?

    Parameters
    ----------
    text : object
        ``202122``, ``2021/22``, ``2021-22``, ``2021/2022`` or, with ``year_means``, ``2022``.
    year_means : {"start", "end"}, optional
        Whether a bare year is the one in which the academic year starts or ends: NPD files use
        the end, CTF files the start, so it is never guessed.

    Returns
    -------
    str
        Six digits.

    Raises
    ------
    DataError
        Where the text is no academic year, or a bare year that could be either.

    Examples
    --------
    >>> parse("2021/22"), parse(202122), parse("2011/2012"), parse("2022", year_means="end")
    ('202122', '202122', '201112', '202122')
    """
    cleaned = str(text).strip()
    two = _TWO_YEARS.fullmatch(cleaned)
    if two and two[2] in {str(int(two[1]) + 1), _from_start(int(two[1]))[4:]}:
        return _from_start(int(two[1]))
    one = _ONE_YEAR.fullmatch(cleaned)
    if one and year_means in {"start", "end"}:
        return _from_start(int(one[1]) - (year_means == "end"))
    raise DataError(_complaint(cleaned, two is not None, one is not None))


def _complaint(text: str, two: bool, one: bool) -> str:
    if one:
        start = int(text[:4])
        return (
            f"'{text}' is one year, an academic year is two: write {_from_start(start - 1)} if it is the year in "
            f"which it ends, {_from_start(start)} if it is the year in which it starts."
        )
    if two:
        near = _from_start(int(text[:4]))
        return f"'{text}' is no academic year: the two years must follow each other, as in {near}."
    return f"'{text}' is no academic year. Write it as 202122 or 2021/22."


def _from_start(start: int) -> str:
    return f"{start}{(start + 1) % 100:02d}"


def start(year: object) -> int:
    """In which calendar year does the academic year start?

    Parameters
    ----------
    year : object
        Any form that ``parse`` reads.

    Returns
    -------
    int
        The calendar year.

    Examples
    --------
    >>> start("202122")
    2021
    """
    return int(parse(year)[:4])


def shift(year: object, n: int) -> str:
    """Which academic year lies ``n`` years later?

    Parameters
    ----------
    year : object
        Any form that ``parse`` reads.
    n : int
        Years; negative for earlier.

    Returns
    -------
    str
        Six digits.

    Examples
    --------
    >>> shift("199899", 1), shift("2021/22", -1)
    ('199900', '202021')
    """
    return _from_start(start(year) + n)


def label(year: object) -> str:
    """How is the academic year printed?

    Parameters
    ----------
    year : object
        Any form that ``parse`` reads.

    Returns
    -------
    str
        For example ``2021/22``.

    Examples
    --------
    >>> label("202122")
    '2021/22'
    """
    canonical = parse(year)
    return f"{canonical[:4]}/{canonical[4:]}"


def between(first: object, last: object) -> tuple[str, ...]:
    """Which academic years lie from the first to the last, both counted?

    Parameters
    ----------
    first, last : object
        Any form that ``parse`` reads.

    Returns
    -------
    tuple of str
        Six digits each; empty where the last is before the first.

    Examples
    --------
    >>> between("201819", "202021")
    ('201819', '201920', '202021')
    """
    return tuple(_from_start(year) for year in range(start(first), start(last) + 1))


def of_month(year: int, month: int) -> str:
    """In which academic year does a month lie?

    Parameters
    ----------
    year, month : int
        Calendar year and month, 1 to 12.

    Returns
    -------
    str
        Six digits; the year begins in September.

    Raises
    ------
    DataError
        Where there is no such month.

    Examples
    --------
    >>> of_month(2022, 8), of_month(2022, 9)
    ('202122', '202223')
    """
    if not 1 <= month <= 12:
        raise DataError(f"There is no month {month}; write 1 for January to 12 for December.")
    return _from_start(year - (month < FIRST_MONTH))
