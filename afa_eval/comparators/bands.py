"""Absence counted from five-point bands: any line at 10, 15, 20 and 50 per cent, any band, any area."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
_WORDS: dict[str, Sequence[str]] = {  # by the code that is packed
    "phase": PHASE_CODES,
    "sen": SEN_CODES,
    "fsm": FSM_CODES,
    "sex": SEX_CODES,
    "year_group": [str(number) for number in range(256)],
}

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
    held = _block(area, years.start(year))
    kept: Iterable[int] = range(len(held.of))
    if years.start(year) < _FIRST_YEAR_OF_SPECIAL_STATUS and {"sen", "phase"} <= set(keys):
        kept = [row for row, phase in enumerate(held.keys["phase"]) if phase != "special"]
    above, columns = held.above(definition), [held.keys[key] for key in keys]
    found: dict[tuple[str, ...], list[int]] = {}
    for row in kept:
        counts = found.setdefault(tuple(column[row] for column in columns), [0, 0])
        counts[0] += above[row]
        counts[1] += held.of[row]
    return {cell: (above, of) for cell, (above, of) in found.items() if of}


@dataclass(frozen=True, slots=True)
class _Block:
    """One area's rows of one year, by column: five keys as words, eleven bands, and all enrolments."""

    keys: dict[str, list[str]]
    bands: Sequence[Sequence[int]]
    of: Sequence[int]
    counted: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def above(self, definition: str) -> list[int]:
        """Enrolments in the bands of a definition, row by row; summed once."""
        first, last = (end // 5 for end in RANGES[definition])
        if (first, last) not in self.counted:
            self.counted[first, last] = list(map(sum, zip(*self.bands[first : last + 1], strict=True)))
        return self.counted[first, last]


@lru_cache(maxsize=64)
def _block(area: str, start: int) -> _Block:
    if area == "England":
        query = f"SELECT {', '.join([*KEYS, *_COLUMNS])} FROM band WHERE year = ?"
        columns = list(zip(*store.connect().execute(query, [start]), strict=True)) or [()] * (len(KEYS) + len(_COLUMNS))
        words, counts = columns[: len(KEYS)], columns[len(KEYS) :]
        keys = {key: [str(value) for value in column] for key, column in zip(KEYS, words, strict=True)}
        return _Block(keys, counts, list(map(sum, zip(*counts, strict=True))))
    codes, numbers = area_columns(area, start)
    keys = {key: [_WORDS[key][code] for code in column] for key, column in zip(KEYS, codes, strict=True)}
    return _Block(keys, numbers, list(map(sum, zip(*numbers, strict=True))))


def area_columns(area: str, start: int) -> tuple[list[bytes], list[array[int]]]:
    """Which numbers are packed for a region or an authority?

    Parameters
    ----------
    area : str
        Not England, whose rows stand open in the store.
    start : int
        The year the academic year begins in.

    Returns
    -------
    tuple of list
        The keys in the order of ``KEYS``, a byte a row, coded as in ``packing``; and
        enrolments in each of the eleven bands. Without rows where none are published.
    """
    query = "SELECT packed, rows FROM area_band WHERE area = ? AND year = ?"
    held = store.connect().execute(query, [area, start]).fetchone()
    return ([b""] * len(KEYS), [array("I")] * len(_COLUMNS)) if held is None else unpack(*held)


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
    return bool(_block(area, years.start(year)).of)


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
