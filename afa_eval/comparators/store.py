"""The bundled store of national figures: sqlite from the standard library, opened when first used."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from afa_eval.codes import years
from afa_eval.comparators.figure import PART_NAMES, Figure, Measure
from afa_eval.errors import ComparatorError

ROUNDED_COUNTS = "Its counts are rounded, so the figure is as printed."
MARGIN = {"sen": "all", "need": "", "phase": "all", "year_group": "", "sex": "", "fsm": ""}


Cell = tuple[Any, ...]  # a row of the store
Wanted = str | Sequence[str] | None  # one, any of several, or all


@cache
def connect() -> sqlite3.Connection:
    """Where is the store?

    Returns
    -------
    sqlite3.Connection
        Read-only; one for the process.

    Raises
    ------
    ComparatorError
        Where the package came without its store.
    """
    path = Path(__file__).parent / "data" / "national.sqlite"
    if not path.exists():
        raise ComparatorError("The bundled national figures are missing; install the package again.")
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


@cache
def measures() -> dict[str, Measure]:
    """Which measures are there?

    Returns
    -------
    dict
        By slug.
    """
    names = ("slug", "title", "unit", "base", "default_definition", "about", "status_timing")
    rows = connect().execute(f"SELECT {', '.join(names)} FROM measure ORDER BY rowid")
    return {row[0]: Measure(**dict(zip(names, row, strict=True))) for row in rows}


@cache
def definitions() -> dict[str, tuple[str, str]]:
    """What does each definition mean?

    Returns
    -------
    dict
        Label and explanation by identifier.
    """
    return {
        id_: (label, about)
        for id_, label, about in connect().execute("SELECT id, label, about FROM definition ORDER BY rowid")
    }


@cache
def fetched() -> tuple[sqlite3.Connection, ...]:
    """Which record sets did the user fetch from the statistics service?

    Returns
    -------
    tuple of sqlite3.Connection
        One for each, read-only; laid out as the bundled store.
    """
    files = sorted(user_folder().glob("*.sqlite"))
    return tuple(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, check_same_thread=False) for file in files)


def user_folder() -> Path:
    """Where do the figures that a user fetched stand?

    Returns
    -------
    Path
        ``$AFA_EVAL_DATA/comparators``, or the usual place for a user's data; it need not exist.
    """
    chosen = os.environ.get("AFA_EVAL_DATA")
    if chosen:
        return Path(chosen) / "comparators"
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "afa-eval" / "comparators"


def forget() -> None:
    """Look again at what the user fetched."""
    for connection in fetched():
        connection.close()
    for held in (fetched, areas, sources, sources_before, _about):
        held.cache_clear()


@cache
def areas() -> dict[str, str]:
    """Which areas are there?

    Returns
    -------
    dict
        Level (National, Regional, Local authority) by name.
    """
    found: dict[str, str] = {}
    for connection in (connect(), *fetched()):
        found |= dict(connection.execute("SELECT name, level FROM area ORDER BY name"))
    return found


@cache
def sources() -> dict[str, dict[str, str]]:
    """Which publications do the figures come from?

    Returns
    -------
    dict
        By key: title, file, url, release, licence, priority, status_timing and the files' sha256.
    """
    found: dict[str, dict[str, str]] = {}
    for connection in (connect(), *fetched()):
        cursor = connection.execute("SELECT * FROM source")
        names = [column[0] for column in cursor.description]
        found |= {str(row[0]): dict(zip(names, map(str, row), strict=True)) for row in cursor}
    return found


@cache
def sources_before(key: str) -> tuple[str, ...]:
    """Which publications come before this one where both hold a figure?

    Parameters
    ----------
    key : str
        A source.

    Returns
    -------
    tuple of str
        Keys of sources.
    """
    return tuple(held for held in sources() if _rank(held) < _rank(key))


def _rank(key: str) -> tuple[int, str]:
    return int(sources()[key]["priority"]), key


@cache
def _notices() -> tuple[tuple[str, str, str, str, str, str], ...]:
    return tuple(connect().execute("SELECT kind, slugs, first_year, last_year, sen, text FROM notice"))


@lru_cache(maxsize=4096)
def notices(kind: str, slug: str, year: str, sen: str = "") -> tuple[str, ...]:
    """What has to be known about a measure in a year?

    Parameters
    ----------
    kind : {"gap", "note"}
        Why there is no figure, or what to mind about one.
    slug, year, sen : str
        Measure, academic year, SEN group.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return tuple(
        text
        for held, slugs, first, last, group, text in _notices()
        if held == kind
        and (not slugs or slug in slugs.split())
        and (first or year) <= year <= (last or year)
        and (not group or group == sen)
    )


_SELECT = """SELECT f.year, a.name, s.slug, s.definition, s.sen, s.need, s.phase, s.year_group, s.sex, s.fsm, s.source,
    s.scale, f.printed, f.numerator, f.denominator, d.low, d.high, d.sd, d.reliability, d.note
    FROM series s JOIN figure f ON f.series = s.id JOIN area a ON a.id = f.area
    LEFT JOIN detail d ON d.series = f.series AND d.year = f.year AND d.area = f.area"""


def stored(slug: str | None = None, year: str | None = None, area: Wanted = None, **parts: Wanted) -> Iterator[Figure]:
    """Which printed figures fit?

    Parameters
    ----------
    slug, year : str, optional
        Measure, academic year; all where None.
    area : str or sequence of str, optional
        One area, or several; all where None.
    **parts : str or sequence of str
        Any of sen, need, phase, year_group, sex, fsm, definition and source.

    Yields
    ------
    Figure
        By series, year and area.
    """
    yield from map(figure_of, printed(slug, year, area, **parts))


def printed(slug: str | None = None, year: str | None = None, area: Wanted = None, **parts: Wanted) -> Iterator[Cell]:
    """In which cells that fit is a figure printed?

    Parameters
    ----------
    slug, year, area, **parts
        As ``stored``.

    Yields
    ------
    tuple
        Academic year's first year, area, slug, definition, the six parts and the source, then the
        numbers: for ``figure_of`` and ``numbers_of``.
    """
    yield from _selected(slug, year, area, parts, "typeof(f.printed) <> 'text'")


def hidden(slug: str | None = None, year: str | None = None, area: str | None = None, **parts: str) -> Iterator[Figure]:
    """In which cells that fit does a source print a symbol?

    Parameters
    ----------
    slug, year, area : str, optional
        Measure, academic year, area; all where None.
    **parts : str
        Any of sen, need, phase, year_group, sex, fsm, definition and source.

    Yields
    ------
    Figure
        With its symbol; the value is NaN.
    """
    yield from map(figure_of, _selected(slug, year, area, parts, "typeof(f.printed) = 'text'"))


def _selected(
    slug: str | None, year: str | None, area: Wanted, parts: Mapping[str, Wanted], kind: str
) -> Iterator[Cell]:
    when = None if year is None else str(years.start(year))
    wanted = {"s.slug": slug, **{f"s.{name}": value for name, value in parts.items()}, "f.year": when, "a.name": area}
    given = {
        column: (value,) if isinstance(value, str) else value for column, value in wanted.items() if value is not None
    }
    terms = " AND ".join([*(f"{column} IN ({', '.join('?' * len(each))})" for column, each in given.items()), kind])
    query = f"{_SELECT} WHERE {terms} ORDER BY s.id, f.year, a.name"
    for connection in (connect(), *fetched()):
        yield from connection.execute(query, [*chain.from_iterable(given.values())])


def figure_of(cell: Cell) -> Figure:
    """Which figure does a cell hold, with all that is known of it?

    Parameters
    ----------
    cell : tuple
        From ``printed``.

    Returns
    -------
    Figure
        Complete.
    """
    start, area, slug, definition, *parts, key, scale, text, _, _, low, high, sd, reliability, note = cell
    symbol = text if isinstance(text, str) else ""
    shown = None if symbol or text is None else text / scale
    value, above, of = numbers_of(cell)
    if above is not None and value == shown:
        note = f"{note or ''} {ROUNDED_COUNTS}".strip()
    who = dict(zip(PART_NAMES, parts, strict=True))
    numbers = (shown, above, of, low, high, sd, reliability)
    return complete(slug, definition, year_of(start), area, who, value, numbers, key, note, symbol)


def numbers_of(cell: Cell) -> tuple[float, float | None, float | None]:
    """Which numbers does a cell hold?

    Parameters
    ----------
    cell : tuple
        From ``printed``.

    Returns
    -------
    tuple
        Value (NaN where a symbol is printed), numerator and denominator; None where they are not published.
    """
    slug, key, scale, text, above, of = cell[2], *cell[10:15]
    symbol = isinstance(text, str)
    value = math.nan if symbol else _value(slug, key, None if text is None else text / scale, above, of)
    return value, None if above is None else float(above), None if of is None else float(of)


def _value(slug: str, key: str, shown: float | None, above: float | None, of: float | None) -> float:
    """Full precision from the counts; as printed where rounded counts give another last digit."""
    if above is not None and of:
        about = _about(slug, key)
        share = above / of * about.per
        if shown is None or abs(share - shown) <= about.digit * 0.5000001:
            return share
    if shown is None:
        raise ComparatorError(f"The store holds a figure of {slug} without a value; rebuild it.")
    return shown


def values(slug: str, area: str | None = None) -> Iterator[tuple[tuple[str, ...], str, int, float]]:
    """Which values of a measure does each source print, without all else that is known of them?

    Parameters
    ----------
    slug, area : str
        The measure; every area where None.

    Yields
    ------
    tuple
        Year, area, definition and the six parts; the source and its priority; the value.
    """
    for connection in (connect(), *fetched()):
        query = f"{_SELECT} WHERE s.slug = ? AND a.name = coalesce(?, a.name) AND typeof(f.printed) <> 'text'"
        for row in connection.execute(query, [slug, area]):
            start, place, _, definition, *parts, key, scale, cell, above, of = row[:15]
            value = _value(slug, key, None if cell is None else cell / scale, above, of)
            yield (year_of(start), place, definition, *parts), key, _about(slug, key).priority, value


@dataclass(frozen=True, slots=True)
class _About:
    """What every figure of a measure from a source has."""

    unit: str
    per: float
    digit: float
    title: str
    release: str
    licence: str
    priority: int
    status_timing: str


@cache
def _about(slug: str, key: str) -> _About:
    measure, source = measures()[slug], sources()[key]
    return _About(
        unit=measure.unit,
        per=100.0 if " per 100 " in measure.unit else 1.0,
        digit=float(source.get("printed_to") or 0.01) / (100.0 if measure.unit == "proportion" else 1.0),
        title=source["title"],
        release=source["release"],
        licence=source["licence"],
        priority=int(source["priority"]),
        status_timing=source["status_timing"] or measure.status_timing,
    )


def complete(
    slug: str,
    definition: str,
    year: str,
    area: str,
    parts: dict[str, str],
    value: float,
    numbers: tuple[float | None, ...],
    key: str,
    note: object,
    symbol: str = "",
) -> Figure:
    """How does a figure read with all that is known about its measure, year and source?

    Parameters
    ----------
    slug, definition, year, area : str
        As ``Figure``.
    parts : dict
        The population.
    value : float
        In the measure's unit.
    numbers : tuple
        printed, numerator, denominator, low, high, sd, reliability.
    key : str
        The source.
    note : object
        What to mind about this figure alone.
    symbol : str
        What is printed instead.

    Returns
    -------
    Figure
        Complete.
    """
    shown, above, of, low, high, sd, reliability = numbers
    about = _about(slug, key)
    minded = [str(note)] if note else []
    minded += notices("note", slug, year, parts["sen"])
    return Figure(
        slug=slug,
        definition=definition,
        unit=about.unit,
        year=year,
        area=area,
        value=value,
        printed=shown,
        numerator=above,
        denominator=of,
        low=low,
        high=high,
        sd=sd,
        reliability=reliability,
        source=key,
        source_title=about.title,
        release=about.release,
        licence=about.licence,
        priority=about.priority,
        status_timing=about.status_timing,
        note=" ".join(minded),
        symbol=symbol,
        **parts,
    )


@cache
def year_of(start: int) -> str:
    """Which academic year starts in this calendar year?

    Parameters
    ----------
    start : int
        For example 2022.

    Returns
    -------
    str
        Six digits.
    """
    return f"{start}{(start + 1) % 100:02d}"


def held_years(slug: str, area: str = "England") -> dict[str, set[str]]:
    """For which SEN groups and years is a measure printed?

    Parameters
    ----------
    slug, area : str
        Measure and area.

    Returns
    -------
    dict
        Academic years by SEN group.
    """
    found: dict[str, set[str]] = {}
    for connection in (connect(), *fetched()):
        rows = connection.execute(
            "SELECT DISTINCT s.sen, f.year FROM series s JOIN figure f ON f.series = s.id JOIN area a ON a.id = f.area "
            "WHERE s.slug = ? AND a.name = ? AND typeof(f.printed) <> 'text'",
            [slug, area],
        )
        for sen, start in rows:
            found.setdefault(sen, set()).add(year_of(start))
    return found
