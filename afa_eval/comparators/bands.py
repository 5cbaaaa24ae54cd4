"""Absence counted from five-point bands: any line at 10, 15, 20 and 50 per cent, any band, any area."""

from __future__ import annotations

from functools import lru_cache

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.packing import FSM_CODES, PHASE_CODES, SEN_CODES, SEX_CODES, unpack
from afa_eval.comparators.store import Figure
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
_COLUMNS = tuple(f"b{start}" for start in range(0, 55, 5))
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
    return tuple(
        store.year_of(start) for (start,) in store.connect().execute("SELECT DISTINCT year FROM band ORDER BY year")
    )


@lru_cache(maxsize=256)
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
    first, last = (end // 5 for end in RANGES[definition])
    every = _every_band(years.start(year), keys, area)
    return {cell: (sum(counts[first : last + 1]), sum(counts)) for cell, counts in every.items() if any(counts)}


@lru_cache(maxsize=256)
def _every_band(start: int, keys: tuple[str, ...], area: str) -> dict[tuple[str, ...], list[int]]:
    """How many enrolments lay in each of the eleven bands?"""
    early = start < _FIRST_YEAR_OF_SPECIAL_STATUS and {"sen", "phase"} <= set(keys)
    places = [KEYS.index(key) for key in keys]
    found: dict[tuple[str, ...], list[int]] = {}
    for row in _rows(area, start):
        if early and row[KEYS.index("phase")] == "special":
            continue
        held = found.setdefault(tuple(str(row[place]) for place in places), [0] * len(_COLUMNS))
        for band, count in enumerate(row[len(KEYS) :]):
            held[band] += int(count)
    return found


@lru_cache(maxsize=32)
def _rows(area: str, start: int) -> tuple[tuple[str | int, ...], ...]:
    """phase, sen, fsm, sex, year group and eleven counts of one area and year."""
    if area == "England":
        query = f"SELECT phase, sen, fsm, sex, year_group, {', '.join(_COLUMNS)} FROM band WHERE year = ?"
        return tuple(store.connect().execute(query, [start]))
    query = "SELECT packed, rows FROM area_band WHERE area = ?"
    held = store.connect().execute(query, [area]).fetchone()
    if held is None:
        return ()
    return tuple(
        (PHASE_CODES[phase], SEN_CODES[sen], FSM_CODES[fsm], SEX_CODES[sex], year_group, *counts)
        for year, phase, sen, fsm, sex, year_group, *counts in unpack(*held)
        if year + 2000 == start
    )


def band_figure(slug: str, definition: str, year: str, area: str, parts: dict[str, str]) -> Figure | None:
    """Which figure do the absence bands give for one group?

    Parameters
    ----------
    slug, definition, year, area : str
        Measure, definition, academic year, area.
    parts : dict
        The population; no need and no provision, any/none only.

    Returns
    -------
    Figure or None
        None where the bands do not hold it.
    """
    narrowed = {key: value for key, value in parts.items() if value != store.MARGIN[key]}
    if "need" in narrowed or not counted(slug, definition) or narrowed.get("sen", "any") not in {"any", "none"}:
        return None
    if year not in band_years() or narrowed.get("phase", "primary") not in PHASE_CODES:
        return None
    found = band_counts(definition, year, tuple(narrowed), area).get(tuple(narrowed.values()))
    if found is None or (area != "England" and found[1] < SMALLEST_AREA_CELL):
        return None
    return band_cell(slug, definition, year, parts, found, area)


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
        England, a region or an authority.

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
    source = FIVE_POINT_BANDS if area == "England" else AREA_BANDS
    return store.complete(slug, definition, year, area, parts, above / of, numbers, source, note)


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
