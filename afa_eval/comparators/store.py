"""The bundled store of national figures: sqlite from the standard library, opened when first used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from afa_eval.codes import years
from afa_eval.errors import ComparatorError

FIVE_POINT_BANDS = "absence-five-point-bands"
BAND_LINES = {"pa-10-percent": 10, "pa-15-percent": 15, "pa-20-percent": 20, "severe-50-percent": 50}
PART_NAMES = ("sen", "need", "phase", "year_group", "sex", "fsm")
MARGIN = {"sen": "all", "need": "", "phase": "all", "year_group": "", "sex": "", "fsm": ""}
_BAND_COLUMNS = tuple(f"b{start}" for start in range(0, 55, 5))
_FIRST_YEAR_OF_SPECIAL_STATUS = 2018


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured, in which unit, of whom?

    Attributes
    ----------
    slug, title, unit, base, about : str
        Identifier, name, unit, what is counted, and one sentence.
    default_definition : str
        Used where none is asked for; empty where each year has its own.
    """

    slug: str
    title: str
    unit: str
    base: str
    default_definition: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Which figure does the store hold, about whom, from where?

    Attributes
    ----------
    slug, definition, unit : str
        The measure, its dated definition, its unit.
    year, area : str
        Academic year as six digits; England, a region or an authority.
    sen, need, phase, year_group, sex, fsm : str
        The population; ``all`` or an empty string where it is not narrowed.
    value : float
        In ``unit``, full precision where the counts are published.
    printed : float, optional
        The figure as the source prints it.
    numerator, denominator : float, optional
        The counts or sums behind it.
    low, high : float, optional
        Published interval.
    sd, reliability : float, optional
        Published; None means unknown.
    source, source_title, release, licence : str
        Key and name of the publication, its release date, its licence.
    priority : int
        Lower comes first where two sources hold the same figure.
    status_timing, note : str
        When SEN status was fixed; what to mind.
    """

    slug: str
    definition: str
    unit: str
    year: str
    area: str
    sen: str
    need: str
    phase: str
    year_group: str
    sex: str
    fsm: str
    value: float
    printed: float | None
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    sd: float | None
    reliability: float | None
    source: str
    source_title: str
    release: str
    licence: str
    priority: int
    status_timing: str
    note: str

    @property
    def parts(self) -> dict[str, str]:
        """Which population is it about, by part?"""
        return {name: getattr(self, name) for name in PART_NAMES}


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
    rows = connect().execute("SELECT slug, title, unit, base, default_definition, about FROM measure ORDER BY rowid")
    return {
        slug: Measure(slug=slug, title=title, unit=unit, base=base, default_definition=default, about=about)
        for slug, title, unit, base, default, about in rows
    }


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
def areas() -> dict[str, str]:
    """Which areas are there?

    Returns
    -------
    dict
        Level (National, Regional, Local authority) by name.
    """
    return dict(connect().execute("SELECT name, level FROM area ORDER BY name"))


@cache
def sources() -> dict[str, dict[str, str]]:
    """Which publications do the figures come from?

    Returns
    -------
    dict
        By key: title, file, url, release, licence, priority, status_timing and the files' sha256.
    """
    cursor = connect().execute("SELECT * FROM source")
    names = [column[0] for column in cursor.description]
    return {str(row[0]): dict(zip(names, map(str, row), strict=True)) for row in cursor}


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


def stored(slug: str | None = None, year: str | None = None, area: str | None = None, **parts: str) -> Iterator[Figure]:
    """Which printed figures fit?

    Parameters
    ----------
    slug, year, area : str, optional
        Measure, academic year, area; all where None.
    **parts : str
        Any of sen, need, phase, year_group, sex, fsm, definition and source.

    Yields
    ------
    Figure
        By series, year and area.
    """
    wanted = {"s.slug": slug, "a.name": area, **{f"s.{name}": value for name, value in parts.items()}}
    given = {column: value for column, value in wanted.items() if value is not None}
    if year is not None:
        given["f.year"] = str(years.start(year))
    where = " AND ".join(f"{column} = ?" for column in given)
    query = f"{_SELECT} {'WHERE ' + where if where else ''} ORDER BY s.id, f.year, a.name"
    for row in connect().execute(query, list(given.values())):
        yield _figure(row)


def _figure(row: tuple[object, ...]) -> Figure:
    start, area, slug, definition = int(str(row[0])), str(row[1]), str(row[2]), str(row[3])
    parts = dict(zip(PART_NAMES, (str(part) for part in row[4:10]), strict=True))
    key, scale = str(row[10]), float(str(row[11]))
    printed, above, of, low, high, sd, reliability = (None if cell is None else float(str(cell)) for cell in row[12:19])
    shown = None if printed is None else printed / scale
    value = shown if above is None or not of else above / of * _per(slug)
    if value is None:
        raise ComparatorError(f"The store holds a figure of {slug} without a value; rebuild it.")
    return _complete(
        slug, definition, _year(start), area, parts, value, (shown, above, of, low, high, sd, reliability), key, row[19]
    )


def _complete(
    slug: str,
    definition: str,
    year: str,
    area: str,
    parts: dict[str, str],
    value: float,
    numbers: tuple[float | None, ...],
    key: str,
    note: object,
) -> Figure:
    shown, above, of, low, high, sd, reliability = numbers
    source = sources()[key]
    minded = [str(note)] if note else []
    minded += notices("note", slug, year, parts["sen"])
    return Figure(
        slug=slug,
        definition=definition,
        unit=measures()[slug].unit,
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
        source_title=source["title"],
        release=source["release"],
        licence=source["licence"],
        priority=int(source["priority"]),
        status_timing=source["status_timing"],
        note=" ".join(minded),
        **parts,
    )


def _per(slug: str) -> float:
    return 100.0 if " per 100 " in measures()[slug].unit else 1.0


def _year(start: int) -> str:
    return f"{start}{(start + 1) % 100:02d}"


def extent(slug: str) -> tuple[frozenset[str], str, str]:
    """For which SEN groups and from when to when does England have this measure?

    Parameters
    ----------
    slug : str
        The measure.

    Returns
    -------
    tuple
        SEN groups, first and last academic year.
    """
    rows = list(
        connect().execute(
            "SELECT s.sen, MIN(f.year), MAX(f.year) FROM series s JOIN figure f ON f.series = s.id "
            "JOIN area a ON a.id = f.area WHERE s.slug = ? AND a.name = 'England' GROUP BY s.sen",
            [slug],
        )
    )
    groups = {sen for sen, _, _ in rows}
    if any(banded_definition(slug, definition) for definition in BAND_LINES):
        groups |= {"any", "none"}
    return frozenset(groups), _year(min(first for _, first, _ in rows)), _year(max(last for _, _, last in rows))


def banded_definition(slug: str, definition: str) -> bool:
    """Can this definition be counted from the absence bands?

    Parameters
    ----------
    slug, definition : str
        Measure and definition.

    Returns
    -------
    bool
        True for shares of own possible sessions at 10, 15, 20 and 50 per cent.
    """
    if definition not in BAND_LINES:
        return False
    return slug == ("severe-absence" if definition == "severe-50-percent" else "persistent-absence")


def band_years() -> tuple[str, ...]:
    """Which years do the five-point bands cover?

    Returns
    -------
    tuple of str
        Six digits each.
    """
    return tuple(_year(start) for (start,) in connect().execute("SELECT DISTINCT year FROM band ORDER BY year"))


def band_counts(definition: str, year: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], tuple[int, int]]:
    """How many enrolments reached the line, and how many were there, in each cell of these keys?

    Parameters
    ----------
    definition : str
        One of ``BAND_LINES``.
    year : str
        Academic year.
    keys : tuple of str
        Any of phase, sen, fsm, sex, year_group: published jointly.

    Returns
    -------
    dict
        Numerator and denominator by the cell's values in the order of ``keys``.
    """
    above = "+".join(f"b{start}" for start in range(BAND_LINES[definition], 55, 5))
    columns = "".join(f"{key}, " for key in keys)
    query = f"SELECT {columns}SUM({above}), SUM({'+'.join(_BAND_COLUMNS)}) FROM band WHERE year = ?"
    query += " AND NOT (phase = 'special' AND sen <> 'all' AND year < ?)" if "sen" in keys and "phase" in keys else ""
    start = years.start(year)
    values = [start, _FIRST_YEAR_OF_SPECIAL_STATUS] if "sen" in keys and "phase" in keys else [start]
    if keys:
        query += f" GROUP BY {', '.join(keys)}"
    rows = connect().execute(query, values).fetchall()
    return {tuple(map(str, row[:-2])): (int(row[-2]), int(row[-1])) for row in rows if row[-1]}


def band_figure(slug: str, definition: str, year: str, area: str, parts: dict[str, str]) -> Figure | None:
    """Which figure do the absence bands give for one group?

    Parameters
    ----------
    slug, definition, year, area : str
        Measure, definition, academic year, area (England only).
    parts : dict
        The population; no need and no provision, any/none only.

    Returns
    -------
    Figure or None
        None where the bands do not hold it.
    """
    narrowed = {key: value for key, value in parts.items() if value != MARGIN[key]}
    if area != "England" or "need" in narrowed or not banded_definition(slug, definition):
        return None
    if narrowed.get("sen", "any") not in {"any", "none"} or year not in band_years():
        return None
    keys = tuple(narrowed)
    found = band_counts(definition, year, keys).get(tuple(narrowed.values()))
    return None if found is None else band_cell(slug, definition, year, parts, found)


def band_cell(slug: str, definition: str, year: str, parts: dict[str, str], counts: tuple[int, int]) -> Figure:
    """How does one cell of the absence bands read as a figure?

    Parameters
    ----------
    slug, definition, year : str
        Measure, definition, academic year.
    parts : dict
        The population.
    counts : tuple of int
        Enrolments at or above the line, and all.

    Returns
    -------
    Figure
        Derived: the share of enrolments at or above the line.
    """
    above, of = float(counts[0]), float(counts[1])
    note = "Counted from five-point absence bands."
    if years.start(year) < _FIRST_YEAR_OF_SPECIAL_STATUS and parts["sen"] in {"any", "none"}:
        note += " Many special-school pupils have no SEN status in this source and year and are not in it."
    return _complete(
        slug,
        definition,
        year,
        "England",
        parts,
        above / of,
        (None, above, of, None, None, None, None),
        FIVE_POINT_BANDS,
        note,
    )
