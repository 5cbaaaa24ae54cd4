"""Rebuild the bundled store of national figures from the published files.

``python -m afa_eval.comparators.build FOLDER`` reads the files that ``sources.csv`` names and
writes ``data/national.sqlite``. The same files give the same content, row for row.
"""

from __future__ import annotations

import csv
import hashlib
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from afa_eval.codes import years
from afa_eval.comparators.asking import ONE_SCHOOL_AREAS
from afa_eval.comparators.rows import Row, check
from afa_eval.comparators.sources import absence, area_bands, attainment, others
from afa_eval.errors import ComparatorError

DATA = Path(__file__).parent / "data"
STORE = DATA / "national.sqlite"
# a draft is thrown away when anything goes wrong, so nothing need be safe on the disk before it is whole
DRAFT = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
TABLES = """
CREATE TABLE measure (slug TEXT PRIMARY KEY, title TEXT, unit TEXT, base TEXT, default_definition TEXT, about TEXT,
    status_timing TEXT);
CREATE TABLE definition (id TEXT PRIMARY KEY, label TEXT, about TEXT);
CREATE TABLE source (key TEXT PRIMARY KEY, title TEXT, file TEXT, url TEXT, release TEXT, licence TEXT,
    priority INTEGER, status_timing TEXT, printed_to REAL, sha256 TEXT) WITHOUT ROWID;
CREATE TABLE notice (kind TEXT, slugs TEXT, first_year TEXT, last_year TEXT, sen TEXT, text TEXT);
CREATE TABLE area (id INTEGER PRIMARY KEY, name TEXT UNIQUE, level TEXT);
CREATE TABLE series (id INTEGER PRIMARY KEY, slug TEXT, definition TEXT, sen TEXT, need TEXT, phase TEXT,
    year_group TEXT, sex TEXT, fsm TEXT, source TEXT, scale INTEGER);
CREATE INDEX series_slug ON series (slug, definition);
CREATE TABLE figure (series INTEGER, year INTEGER, area INTEGER, printed NUMERIC, numerator NUMERIC,
    denominator NUMERIC, PRIMARY KEY (series, year, area)) WITHOUT ROWID;
CREATE TABLE detail (series INTEGER, year INTEGER, area INTEGER, low REAL, high REAL, sd REAL, reliability REAL,
    note TEXT, PRIMARY KEY (series, year, area)) WITHOUT ROWID;
CREATE TABLE area_band (area TEXT, year INTEGER, groups BLOB, year_groups BLOB, counts BLOB, PRIMARY KEY (area, year));
CREATE TABLE neighbour (area TEXT, rank INTEGER, neighbour TEXT, closeness TEXT, PRIMARY KEY (area, rank)) WITHOUT ROWID;
CREATE TABLE point_band (year INTEGER, phase TEXT, low REAL, high REAL, overall INTEGER, authorised INTEGER,
    unauthorised INTEGER, PRIMARY KEY (year, phase, low)) WITHOUT ROWID;
CREATE TABLE transition (year INTEGER, subject TEXT, sen TEXT, band TEXT, low REAL, high REAL, gu INTEGER,
    g1 INTEGER, g2 INTEGER, g3 INTEGER, g4 INTEGER, g5 INTEGER, g6 INTEGER, g7 INTEGER, g8 INTEGER, g9 INTEGER,
    no_result INTEGER, covid INTEGER, PRIMARY KEY (year, subject, sen, band)) WITHOUT ROWID;
"""
SCALES = {"proportion": 10_000, "count": 1}


def build(folder: Path, store: Path = STORE) -> int:
    """Which figures do the published files hold?

    Parameters
    ----------
    folder : Path
        The published files.
    store : Path
        Where the store is written; replaced only when all went well.

    Returns
    -------
    int
        How many figures were written.

    Raises
    ------
    ComparatorError
        Where a file is missing, or a figure is impossible or contradicts its own counts.
    """
    measures = _read("measures")
    units = {row["slug"]: row["unit"] for row in measures}
    rows = _rows(folder, units)
    check(rows, units)
    draft = store.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    connection = sqlite3.connect(draft)
    try:
        _write(connection, folder, rows, units)
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    draft.replace(store)
    return len(rows)


def _rows(folder: Path, units: dict[str, str]) -> list[Row]:
    found = [
        *absence.characteristics(folder),
        *absence.from_one_point_bands(absence.one_point_bands(folder)),
        *absence.two_terms(folder),
        *absence.week_30(folder),
        *attainment.key_stage_2(folder),
        *attainment.key_stage_4(folder),
        *attainment.key_stage_4_2018(folder),
        *others.exclusions(folder),
        *others.caseload(folder),
        *others.lait(folder, DATA / "lait_measures.csv", units),
        *others.published(DATA / "published.csv", units),
        *others.transition_means(others.transitions(folder)),
    ]
    # a figure goes before the symbol that another row of the file prints for the same cell
    found.sort(key=lambda row: not row.symbol)
    unique = {(row.series, row.year, row.area): row for row in found if row.area not in ONE_SCHOOL_AREAS}
    return [unique[key] for key in sorted(unique)]


def _write(connection: sqlite3.Connection, folder: Path, rows: Sequence[Row], units: dict[str, str]) -> None:
    connection.executescript(f"{DRAFT} PRAGMA page_size = 4096; {TABLES}")
    _insert(connection, "measure", [tuple(row.values()) for row in _read("measures")])
    _insert(connection, "definition", [tuple(row.values()) for row in _read("definitions")])
    _insert(connection, "definition", others.subject_definitions(others.transitions(folder)))
    _insert(connection, "source", [(*row.values(), _hash(folder, row["file"])) for row in _read("sources")])
    _insert(connection, "notice", [tuple(row.values()) for row in _read("notices")])
    areas = {name: number for number, name in enumerate(sorted({row.area for row in rows}))}
    _insert(connection, "area", [(number, name, level(name)) for name, number in areas.items()])
    write_figures(connection, rows, areas, units)
    _insert(connection, "area_band", area_bands.packed(folder))
    _insert(connection, "neighbour", area_bands.neighbours(folder, set(areas)))
    _insert(connection, "point_band", [(years.start(row[0]), *row[1:]) for row in absence.one_point_bands(folder)])
    _insert(connection, "transition", [(years.start(row[0]), *row[1:]) for row in others.transitions(folder)])


def write_figures(
    connection: sqlite3.Connection, rows: Sequence[Row], areas: dict[str, int], units: dict[str, str]
) -> None:
    """Where do figures stand in a store?

    Parameters
    ----------
    connection : sqlite3.Connection
        A store with ``TABLES``.
    rows : sequence of Row
        In the order they are to have.
    areas : dict
        Number by area.
    units : dict
        Unit by slug.
    """
    series = {key: number for number, key in enumerate(sorted({row.series for row in rows}), start=1)}
    scales = {key: SCALES.get(units[key[0]], 100) for key in series}
    _insert(connection, "series", [(number, *key, scales[key]) for key, number in series.items()])
    for row in rows:
        place = (series[row.series], years.start(row.year), areas[row.area])
        printed = row.symbol or _scaled(_printed(row), scales[row.series])
        _insert(connection, "figure", [(*place, printed, row.numerator, row.denominator)])
        if row.note or row.low is not None or row.sd is not None:
            _insert(connection, "detail", [(*place, row.low, row.high, row.sd, row.reliability, row.note or None)])


def _printed(row: Row) -> float | None:
    if row.printed is not None:
        return row.printed
    return None if row.numerator and row.denominator else row.value


def _scaled(value: float | None, scale: int) -> float | None:
    """Whole numbers take two bytes in the store instead of eight."""
    if value is None:
        return None
    scaled = round(value * scale, 6)
    return int(scaled) if scaled == int(scaled) else scaled


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _hash(folder: Path, names: str) -> str:
    digest = hashlib.sha256()
    for name in names.split():
        path = DATA / name if name == "published.csv" else folder / name
        if not path.exists():
            raise ComparatorError(f"The published file {name} is not in {folder}.")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def level(area: str) -> str:
    """Is this England, a region or an authority?

    Parameters
    ----------
    area : str
        Its name.

    Returns
    -------
    str
        National, Regional or Local authority.
    """
    regions = {
        "North East",
        "North West",
        "Yorkshire and the Humber",
        "East Midlands",
        "West Midlands",
        "East of England",
        "London",
        "London (Inner)",
        "London (Outer)",
        "South East",
        "South West",
    }
    if area == "England":
        return "National"
    return "Regional" if area in regions else "Local authority"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where the published files are: python -m afa_eval.comparators.build FOLDER")
    sys.stdout.write(f"{build(Path(sys.argv[1]))} figures in {STORE} ({STORE.stat().st_size:,} bytes)\n")
