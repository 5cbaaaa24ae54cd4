"""Absence counted from five-point bands: any line at 10, 15, 20 and 50 per cent, any band, any area."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from operator import and_

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.figure import Figure
from afa_eval.comparators.packing import GROUPS, LINES, PHASE_CODES, Packed
from afa_eval.errors import ComparatorError

FIVE_POINT_BANDS = "absence-five-point-bands"
AREA_BANDS = "absence-area-bands"
ONE_POINT_BANDS = "absence-one-point-bands"
ABSENCE_BANDS = "absence-bands"
KEYS = ("phase", "sen", "fsm", "sex", "year_group")
RANGES = {  # definition: which bands are counted, from the first to the last (the last one is open)
    "pa-10-percent": (10, 50),
    "pa-15-percent": (15, 50),
    "pa-20-percent": (20, 50),
    "severe-50-percent": (50, 50),
    **{f"absence-{start:02d}-{start + 5:02d}": (start, start) for start in range(0, 50, 5)},
    "absence-50-100": (50, 50),
}
SMALLEST_AREA_CELL = 30  # in an area, a figure about fewer children is not given
_FIRST_YEAR_OF_SPECIAL_STATUS = 2018

Counts = dict[tuple[str, ...], tuple[int, int]]


def counted(slug: str, definition: str) -> bool:
    """Can this definition of this measure be counted from the bands?

    Parameters
    ----------
    slug, definition : str
        Measure and definition.

    Returns
    -------
    bool
        True for shares of own possible sessions at 10, 15, 20 and 50 per cent, and for each band.
    """
    if definition not in RANGES:
        return False
    if definition.startswith("absence-"):
        return slug == ABSENCE_BANDS
    return slug == ("severe-absence" if definition == "severe-50-percent" else "persistent-absence")


def lines(slug: str) -> tuple[str, ...]:
    """Which definitions of a measure can be counted from the bands?

    Parameters
    ----------
    slug : str
        The measure.

    Returns
    -------
    tuple of str
        Empty where none can.
    """
    return tuple(definition for definition in RANGES if counted(slug, definition))


@lru_cache(maxsize=1)
def band_years() -> tuple[str, ...]:
    """Which years do the five-point bands cover?

    Returns
    -------
    tuple of str
        Six digits each.
    """
    query = "SELECT year FROM area_band WHERE area = 'England' ORDER BY year"
    return tuple(store.year_of(start) for (start,) in store.connect().execute(query))


@lru_cache(maxsize=512)
def band_counts(definition: str, year: str, keys: tuple[str, ...], area: str = "England") -> Counts:
    """How many enrolments lay in these bands, and how many were there, in each cell of these keys?

    Parameters
    ----------
    definition : str
        One of ``RANGES``.
    year : str
        Academic year.
    keys : tuple of str
        Any of phase, sen, fsm, sex, year_group: published jointly.
    area : str
        England, a region or an authority.

    Returns
    -------
    dict
        Numerator and denominator by the cell's values in the order of ``keys``. Special schools
        with SEN status are left out before 2018/19: many of their pupils have none in this source.
    """
    start, packed = years.start(year), _packed(area, years.start(year))
    rows = [
        (*GROUPS[code], str(year_group)) for code, year_group in zip(packed.groups, packed.year_groups, strict=True)
    ]
    cells = [tuple(row[KEYS.index(key)] for key in keys) for row in rows]
    above, of = (_summed(cells, packed, lines) for lines in (_ends(definition), (0,)))
    hidden = {cell for cell in of if _lacks_status(start, dict(zip(keys, cell, strict=True)))}
    return {cell: (above[cell], of[cell]) for cell in of if of[cell] and cell not in hidden}


def _summed(cells: Sequence[tuple[str, ...]], packed: Packed, lines: tuple[int, ...]) -> dict[tuple[str, ...], int]:
    """Enrolments at or above the first of these lines and below the second, if there is one, cell by cell."""
    found = dict.fromkeys(cells, 0)
    for sign, line in zip((1, -1), lines, strict=False):
        for cell, count in zip(cells, packed.column(line), strict=True):
            found[cell] += sign * count
    return found


def _cell_counts(definition: str, start: int, cell: dict[str, str], area: str) -> tuple[int, int]:
    """As ``band_counts``, of one cell alone."""
    if _lacks_status(start, cell):
        return 0, 0
    packed = _packed(area, start)
    chosen = packed.groups.translate(_wanted(*(cell.get(key, "") for key in KEYS[:-1])))
    if "year_group" in cell:
        code = int(cell["year_group"])
        same = packed.year_groups.translate(bytes(code) + b"\1" + bytes(255 - code))
        chosen = bytes(map(and_, chosen, same))
    first, *end = (packed.total(line, chosen) for line in _ends(definition))
    return first - sum(end), packed.total(0, chosen)


def _lacks_status(start: int, cell: dict[str, str]) -> bool:
    """Do many of these pupils have no SEN status in this source?"""
    return start < _FIRST_YEAR_OF_SPECIAL_STATUS and cell.get("phase") == "special" and "sen" in cell


def _ends(definition: str) -> tuple[int, ...]:
    """Where a definition begins, and where it ends if it does."""
    first, last = RANGES[definition]
    return (first,) if last == LINES[-1] else (first, last + 5)


@cache
def _wanted(*group: str) -> bytes:
    """A table that turns the code of a group into 1 where it has these words, and any other into 0."""
    fits = (all(word in {"", own} for word, own in zip(group, each, strict=True)) for each in GROUPS)
    return bytes(fits).ljust(256, b"\0")


@lru_cache(maxsize=256)
def _packed(area: str, start: int) -> Packed:
    """An area's rows of one year; none where none are published."""
    query = "SELECT groups, year_groups, counts FROM area_band WHERE area = ? AND year = ?"
    return Packed(*(store.connect().execute(query, [area, start]).fetchone() or (b"", b"", b"")))


def covers(area: str, year: str) -> bool:
    """Are there absence bands of this area and year?

    Parameters
    ----------
    area, year : str
        England, a region or an authority; academic year.

    Returns
    -------
    bool
        Where there are, they are crossed by all of ``KEYS``.
    """
    return bool(_packed(area, years.start(year)).groups)


def source_of(area: str) -> str:
    """Which source has the absence bands of this area?

    Parameters
    ----------
    area : str
        England, a region, an authority or an authority's neighbours.

    Returns
    -------
    str
        Its key.
    """
    return FIVE_POINT_BANDS if area == "England" else AREA_BANDS


def group_counts(
    slug: str, definition: str, year: str, areas: Sequence[str], parts: dict[str, str]
) -> list[tuple[int, int]]:
    """How many of one group lay in the bands of a definition, and how many were there, area by area?

    Parameters
    ----------
    slug, definition, year : str
        Measure, definition, academic year.
    areas : sequence of str
        England, regions or authorities.
    parts : dict
        The population; no need and no provision, any/none only.

    Returns
    -------
    list of tuple
        Numerator and denominator in each area whose bands hold the group.
    """
    narrowed = {key: value for key, value in parts.items() if value != store.MARGIN[key]}
    if "need" in narrowed or not counted(slug, definition) or narrowed.get("sen", "any") not in {"any", "none"}:
        return []
    if year not in band_years() or narrowed.get("phase", "primary") not in PHASE_CODES:
        return []
    start = years.start(year)
    found = {area: _cell_counts(definition, start, narrowed, area) for area in areas}
    return [counts for area, counts in found.items() if counts[1] >= (1 if area == "England" else SMALLEST_AREA_CELL)]


def band_cell(
    slug: str, definition: str, year: str, parts: dict[str, str], counts: tuple[int, int], area: str = "England"
) -> Figure:
    """How does one cell of the absence bands read as a figure?

    Parameters
    ----------
    slug, definition, year : str
        Measure, definition, academic year.
    parts : dict
        The population.
    counts : tuple of int
        Enrolments in the bands counted, and all.
    area : str
        England, a region, an authority or an authority's neighbours.

    Returns
    -------
    Figure
        Derived: the share of enrolments in the bands counted.
    """
    above, of = float(counts[0]), float(counts[1])
    note = "Counted from five-point absence bands."
    if years.start(year) < _FIRST_YEAR_OF_SPECIAL_STATUS and parts["sen"] in {"any", "none"}:
        note += " Many special-school pupils have no SEN status in this source and year and are not in it."
    numbers = (None, above, of, None, None, None, None)
    return store.complete(slug, definition, year, area, parts, above / of, numbers, source_of(area), note)


def at_line(line: int, *, year: object, phase: str = "all") -> Figure:
    """Which share of all pupils missed at least this much: any line, for the same pupils in one year?

    Parameters
    ----------
    line : int
        Per cent of own possible sessions, a whole number from 1 to 99.
    year : object
        Academic year, 2012/13 to 2016/17: the years of the one-point bands.
    phase : str
        all, primary, secondary or special.

    Returns
    -------
    Figure
        What persistent absence would have been by that line: it turns one definition into another.

    Raises
    ------
    ComparatorError
        Where the line is no whole number of per cent, or there are no one-point bands.

    Examples
    --------
    >>> [round(100 * at_line(line, year="2012/13").value, 2) for line in (10, 15, 20)]
    [13.64, 5.63, 3.06]
    """
    when = years.parse(year)
    if line not in range(1, 100):
        raise ComparatorError(f"The bands are one per cent wide: a line is a whole number from 1 to 99, not {line}.")
    query = "SELECT SUM(CASE WHEN low >= ? THEN overall ELSE 0 END), SUM(overall) FROM point_band WHERE year = ? AND phase = ?"
    above, of = store.connect().execute(query, [line, years.start(when), phase]).fetchone()
    if not of:
        raise ComparatorError(
            f"There are one-point bands for 2012/13 to 2016/17, all pupils by phase, not for {years.label(when)}, {phase}."
        )
    definition = f"pa-{line}-percent" if line in {10, 15, 20} else f"at-{line}-percent"
    parts = {**store.MARGIN, "phase": phase}
    numbers = (None, float(above), float(of), None, None, None, None)
    note = f"Counted from one-point absence bands: {line}% or more of own possible sessions."
    return store.complete(
        "persistent-absence", definition, when, "England", parts, above / of, numbers, ONE_POINT_BANDS, note
    )
