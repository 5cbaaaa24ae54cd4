"""Marks counted by enrolment and reason in one pass, and what in them cannot be counted.

Each reason is a counter of ten bits; five of them lie in one double, whose sums are exact. A bit
for every session of the year shows a mark that stands twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.codes import attendance as codes
from afa_eval.codes import years
from afa_eval.data.marks import Marks, literal
from afa_eval.errors import DataError

BITS = 10
IN_ONE = 5
MOST = 366 * 2  # sessions of a year; a counter holds 1,023
NO_MARK = "no_mark"
OTHER, EARLY, LATE, UNDATED = 0, 1, 2, -1
EXAMPLES = 3
MOST_ROWS = 1000
MAY, AUGUST = 5, 8
SHOWN = 60  # letters of a cell in a message


@dataclass(frozen=True, slots=True)
class Trouble:
    """What in the marks cannot be counted?

    Attributes
    ----------
    kind : str
        ``code``, ``day``, ``session``, ``pupil``, ``twice`` or ``doubt``.
    message : str
        In words.
    fix : str
        What to do.
    value : str
        As it stands in the cells.
    column : str
        The user's own header.
    count : int
        How many marks.
    rows : tuple of int
        Spreadsheet rows, the first thousand.
    """

    kind: str
    message: str
    fix: str
    value: str = ""
    column: str = ""
    count: int = 1
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """How many sessions of each reason has each enrolment?

    Attributes
    ----------
    frame : pandas.DataFrame
        pupil_id, urn, sixth (whether of the sixth half-term), and one column a reason group.
    others : int
        Marks of other academic years, left out.
    troubles : tuple of Trouble
        What could not be counted.
    """

    frame: pd.DataFrame
    others: int
    troubles: tuple[Trouble, ...]


def sixth_half_term(year: str) -> date:
    """On which day does the sixth half-term begin?

    Parameters
    ----------
    year : str
        Academic year, six digits.

    Returns
    -------
    datetime.date
        The last Monday of May, the spring bank holiday: DfE's summer collection ends before it.

    Examples
    --------
    >>> sixth_half_term("202324").isoformat()
    '2024-05-27'
    """
    last = date(years.start(year) + 1, MAY, 31)
    return last - timedelta(days=last.weekday())


def bounds(year: str) -> tuple[date, date]:
    """On which days does an academic year of attendance begin and end?

    Parameters
    ----------
    year : str
        Academic year, six digits.

    Returns
    -------
    tuple of datetime.date
        1 August and 31 July, as DfE collects attendance.
    """
    start = years.start(year)
    return date(start, AUGUST, 1), date(start + 1, AUGUST, 1) - timedelta(days=1)


def years_of(marks: Marks) -> tuple[str, ...]:
    """From which academic years are the marks?

    Parameters
    ----------
    marks : Marks
        Any.

    Returns
    -------
    tuple of str
        Six digits each, earliest first.
    """
    found = marks.run(
        "SELECT DISTINCT year(date) - CAST(month(date) < 8 AS INTEGER) AS start FROM marks WHERE date IS NOT NULL ORDER BY 1"
    )["start"]
    return tuple(f"{int(start)}{(int(start) + 1) % 100:02d}" for start in found)


def count(marks: Marks, year: str, *, halves: bool, placed: bool = False) -> Counted:
    """How many sessions of each reason has each enrolment in a year?

    Parameters
    ----------
    marks : Marks
        Any number of rows.
    year : str
        Academic year, six digits.
    halves : bool
        Whether the sixth half-term is counted on its own.
    placed : bool
        Whether ``place`` says in which row an enrolment's first mark stands.

    Returns
    -------
    Counted
        One row an enrolment, and half if wanted.
    """
    spelt = {each.code: each.group for each in codes.codes(year)} | {"": NO_MARK}
    found = _counted(marks, year, spelt, halves, placed)
    others = _other_spellings(marks, year, spelt) if _unknown(found, len(_groups(year))) else {}
    understood = {text: group for text, group in others.items() if group}
    if understood:
        found = _counted(marks, year, spelt | understood, halves, placed)
    troubles = _troubles(marks, year, found, [text for text, group in others.items() if not group])
    inside = np.isin(found["period"], (EARLY, LATE))
    frame = pd.DataFrame({name: found[name][inside] for name in ("pupil_id", "urn")})
    frame["sixth"] = found["period"][inside] == LATE
    if placed:
        frame["place"] = found["place"][inside]
    for place, group in enumerate(_groups(year)):
        frame[group] = _counter(found, place)[inside]
    return Counted(_without_blanks(frame), int(found["n"][found["period"] == OTHER].sum()), troubles)


def with_sums(frame: pd.DataFrame, year: str) -> pd.DataFrame:
    """What are the possible, authorised and unauthorised sessions of enrolments counted by reason?

    Parameters
    ----------
    frame : pandas.DataFrame
        As ``count`` gives it.
    year : str
        Academic year, six digits.

    Returns
    -------
    pandas.DataFrame
        The three sums, then a column ``sessions_x`` for each reason x but being present.
    """
    kinds = codes.groups(year)
    reasons = [name for name in frame.columns if name not in {"pupil_id", "urn", "sixth", "place"}]

    def summed(*wanted: str) -> pd.Series:
        return frame[[name for name in reasons if kinds.get(name) in wanted]].sum(axis=1).astype("int64")

    sums = {
        "sessions_possible": summed(*codes.POSSIBLE),
        "sessions_authorised": summed("authorised"),
        "sessions_unauthorised": summed("unauthorised"),
    }
    shown = {f"sessions_{name}": frame[name] for name in reasons if name != "present"}
    keys = {name: frame[name] for name in ("pupil_id", "urn", "sixth", "place") if name in frame.columns}
    return pd.DataFrame({**keys, **sums, **shown})


def _without_blanks(frame: pd.DataFrame) -> pd.DataFrame:
    """Identifiers without blanks around them; enrolments that are one then, as one."""
    bare = {
        name: frame[name].map(lambda text: text.strip() or None, na_action="ignore") for name in ("pupil_id", "urn")
    }
    if all((frame[name].isna() | (frame[name] == bare[name])).all() for name in bare):
        return frame
    keys = ["pupil_id", "urn", "sixth"]
    how = {name: "min" if name == "place" else "sum" for name in frame.columns if name not in keys}
    return frame.assign(**bare).groupby(keys, sort=True, dropna=False, as_index=False).agg(how)


def _groups(year: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*codes.groups(year), NO_MARK)))


def _counter(found: Mapping[str, NDArray[Any]], place: int) -> NDArray[np.int64]:
    packed = found[f"w{place // IN_ONE}"].astype(np.int64)
    return (packed >> (BITS * (place % IN_ONE))) & ((1 << BITS) - 1)


def _unknown(found: Mapping[str, NDArray[Any]], places: int) -> bool:
    """Whether some marks were counted under no reason."""
    inside = np.isin(found["period"], (EARLY, LATE))
    known = sum(_counter(found, place)[inside] for place in range(places))
    return bool((found["n"][inside] > known).any())


def _counted(marks: Marks, year: str, spelt: Mapping[str, str], halves: bool, placed: bool) -> dict[str, NDArray[Any]]:
    places = {group: place for place, group in enumerate(_groups(year))}
    words = len(places) // IN_ONE + 1
    rows = ", ".join(f"({literal(text)}, {_weights(places[group], words)})" for text, group in spelt.items())
    names = ", ".join(f"w{word}" for word in range(words))
    sums = ", ".join(f"coalesce(sum(w{word}), 0) AS w{word}" for word in range(words))
    first, last = bounds(year)
    slot = f"(date - DATE '{first}')::SMALLINT * 2::SMALLINT + session::SMALLINT"
    period = f"{EARLY}::TINYINT"
    if halves or not _all_within(marks, year):
        slot = f"CASE WHEN date BETWEEN DATE '{first}' AND DATE '{last}' THEN {slot} END"
        period = _period(year, halves)
    query = (
        f", meaning(code, {names}) AS (VALUES {rows}) "
        f"SELECT pupil_id, urn, {period} AS period, count(*) AS n, "
        + ("min(place) AS place, " if placed else "")
        + f"coalesce(bit_count(bitstring_agg({slot}, 0::SMALLINT, {MOST}::SMALLINT)), 0) AS filled, {sums} "
        f"FROM (SELECT pupil_id, urn, date, session, coalesce(code, '') AS code{', place' if placed else ''} FROM marks) "
        "LEFT JOIN meaning USING (code) GROUP BY ALL ORDER BY ALL"
    )
    return {name: _with_none(values) for name, values in marks.run(query, placed=placed).items()}


def _with_none(values: Any) -> NDArray[Any]:
    """What DuckDB masks is None."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    found = values.data.astype(object)
    found[np.ma.getmaskarray(values)] = None
    return found if values.mask.any() else np.asarray(values.data)


def _weights(place: int, words: int) -> str:
    parts = ["0.0::DOUBLE"] * words
    parts[place // IN_ONE] = f"{float(1 << (BITS * (place % IN_ONE)))!r}::DOUBLE"
    return ", ".join(parts)


def _period(year: str, halves: bool) -> str:
    first, last = bounds(year)
    late = f"WHEN date >= DATE '{sixth_half_term(year)}' THEN {LATE}" if halves else ""
    return (
        f"CAST(CASE WHEN date IS NULL THEN {UNDATED} WHEN date < DATE '{first}' OR date > DATE '{last}' THEN {OTHER} "
        f"{late} ELSE {EARLY} END AS TINYINT)"
    )


def _within(year: str) -> str:
    first, last = bounds(year)
    return f"date BETWEEN DATE '{first}' AND DATE '{last}'"


def _all_within(marks: Marks, year: str) -> bool:
    """Whether every mark is known to be of the year: only a Parquet file of days tells without being read."""
    kinds = dict(zip(map(str, marks.relation.columns), map(str, marks.relation.types), strict=True))
    quick = marks.file.lower().endswith((".parquet", ".pq")) and "week" not in marks.headers
    if not quick or not kinds[marks.headers["date"]].startswith(("DATE", "TIMESTAMP")):
        return False
    first, last = bounds(year)
    found = marks.run(
        f"SELECT coalesce(count(date) = count(*) AND min(date) >= DATE '{first}' AND max(date) <= DATE '{last}', false) "
        "AS within FROM marks"
    )
    return bool(found["within"][0])


def _other_spellings(marks: Marks, year: str, spelt: Mapping[str, str]) -> dict[str, str]:
    """Codes that stand there with blanks or in lower case, and (with no group) those that are none."""
    texts = marks.run(f"SELECT DISTINCT code FROM marks WHERE {_within(year)} AND code IS NOT NULL ORDER BY 1")["code"]
    found = {}
    for text in map(str, texts):
        if text not in spelt:
            bare = text.strip().upper()
            found[text] = spelt.get(bare, "")
    return found


def _troubles(
    marks: Marks, year: str, found: Mapping[str, NDArray[Any]], unknown: Sequence[str]
) -> tuple[Trouble, ...]:
    troubles = [_of_code(marks, year, text) for text in unknown]
    period = found["period"]
    if (period == UNDATED).any():
        troubles += _of_texts(
            marks, "date", "date_text", "date IS NULL", "'{}' is no day.", "Write days as 04/09/2023 or 2023-09-04."
        )
    inside = np.isin(period, (EARLY, LATE))
    if (found["filled"][inside] < found["n"][inside]).any():  # a mark of no session, or two of one
        where = f"session IS NULL AND {_within(year)}"
        troubles += _of_texts(marks, "session", "session_text", where, "'{}' is no session.", "Write AM or PM.")
        troubles += _twice(marks, year)
    if any(pupil is None or not str(pupil).strip() for pupil in found["pupil_id"]):
        rows, times = _rows(marks, "pupil_id IS NULL OR trim(pupil_id) = ''")
        troubles.append(
            Trouble("pupil", "The pupil is blank.", "Say whose mark it is, or delete the row.", "",
                    marks.headers.get("pupil_id", ""), times, rows)
        )  # fmt: skip
    return tuple(troubles)


def doubtful(marks: Marks, year: str) -> tuple[Trouble, ...]:
    """Which marks were counted by a code whose meaning is not settled at its source?

    Parameters
    ----------
    marks : Marks
        Of any years.
    year : str
        Whose codes hold.

    Returns
    -------
    tuple of Trouble
        One a code; they were counted all the same.
    """
    found = []
    for each in (one for one in codes.codes(year) if not one.verified):
        rows, times = _rows(marks, f"upper(trim(code)) = {literal(each.code)} AND {_within(year)}")
        if times:
            message = f"'{each.code}' ({each.label}) is counted as {each.kind}: what it counted as is not settled."
            fix = "Ask how your system counted it then. If it is as here, say so in queries.toml."
            column = marks.headers.get("code", marks.headers.get("marks", ""))
            found.append(Trouble("doubt", message, fix, each.code, column, times, rows))
    return tuple(found)


def _of_code(marks: Marks, year: str, text: str) -> Trouble:
    rows, times = _rows(marks, f"code = {literal(text)} AND {_within(year)}")
    text = _short(text)
    try:
        message = f"'{codes.mark(text, year).code}' cannot be counted."
    except DataError as error:
        message = str(error)
    fix = "Write the code of the national set: a code is never left out or guessed."
    return Trouble("code", message, fix, text, marks.headers.get("code", marks.headers.get("marks", "")), times, rows)


def _of_texts(marks: Marks, column: str, text: str, where: str, message: str, fix: str) -> list[Trouble]:
    query = f"SELECT coalesce({text}, '') AS t, count(*) AS n FROM marks WHERE {where} GROUP BY ALL ORDER BY n DESC, t LIMIT 20"
    found = marks.run(query)
    troubles = []
    for value, times in zip(found["t"], found["n"], strict=True):
        rows, _ = _rows(marks, f"({where}) AND coalesce({text}, '') = {literal(str(value))}")
        troubles.append(
            Trouble(column if column == "session" else "day", message.format(_short(str(value))), fix, _short(str(value)),
                    marks.headers.get(column, ""), int(times), rows)
        )  # fmt: skip
    return troubles


def _short(text: str) -> str:
    """A cell as it may stand in a message."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _twice(marks: Marks, year: str) -> list[Trouble]:
    found = marks.run(
        ", second AS (SELECT place, row_number() OVER (PARTITION BY pupil_id, urn, date, session ORDER BY place) AS nth "
        f"FROM marks WHERE {_within(year)} AND session IS NOT NULL) SELECT place FROM second WHERE nth > 1 ORDER BY place",
        placed=True,
    )["place"]
    if not len(found):
        return []
    message = "A pupil has a second mark for one session in one school."
    fix = "Keep the mark that is right: two cannot both be counted."
    rows = _row_numbers(marks, found[:MOST_ROWS])
    return [Trouble("twice", message, fix, "", marks.headers.get("date", ""), len(found), rows)]


def _rows(marks: Marks, where: str) -> tuple[tuple[int, ...], int]:
    found = marks.run(
        f", chosen AS (SELECT place FROM marks WHERE {where}) "
        f"SELECT place, (SELECT count(*) FROM chosen) AS n FROM chosen ORDER BY place LIMIT {MOST_ROWS}",
        placed=True,
    )
    rows = _row_numbers(marks, found["place"])
    return rows, int(found["n"][0]) if rows else 0


def _row_numbers(marks: Marks, places: Any) -> tuple[int, ...]:
    return tuple(int(place) + marks.first_row for place in places)


def complaint(troubles: Sequence[Trouble], said: Callable[[Trouble], str] | None = None) -> str:
    """How is everything that cannot be counted said at once?

    Parameters
    ----------
    troubles : sequence of Trouble
        What was found.
    said : callable, optional
        From a trouble to its line.

    Returns
    -------
    str
        A line each.
    """
    return "\n".join((said or _line)(each) for each in troubles[:20])


def _line(trouble: Trouble) -> str:
    rows = f", first in row {trouble.rows[0]}" if trouble.rows else ""
    times = "1 mark" if trouble.count == 1 else f"{trouble.count:,} marks"
    return f"{trouble.message} ({times}{rows}.) {trouble.fix}"
