"""Finding the national figure for the same measure, definition, year, group and area, or none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from afa_eval.codes import years
from afa_eval.comparators import areas, bands, store
from afa_eval.comparators.asking import PHASES, Request, candidates, parse_year, population, request
from afa_eval.comparators.figure import Figure
from afa_eval.comparators.nearest import definitions_held, explain
from afa_eval.comparators.series_breaks import breaks, crosses_categories
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

if TYPE_CHECKING:
    import pandas as pd

SERIES_COLUMNS = (
    "slug",
    "year",
    "area",
    "sen",
    "need",
    "phase",
    "year_group",
    "sex",
    "fsm",
    "definition",
    "value",
    "unit",
    "numerator",
    "n",
    "low",
    "high",
    "default",
    "source",
    "release",
    "licence",
    "status_timing",
    "note",
)


def find(
    slug: str,
    *,
    year: object,
    sen: str = "all",
    phase: str = "all",
    area: str = "England",
    definition: str | None = None,
    need: str | None = None,
    year_group: object = None,
    sex: str | None = None,
    fsm: str | None = None,
    source: str | None = None,
) -> Comparator:
    """What is the national figure for this group in this year?

    Parameters
    ----------
    slug : str
        The measure; ``slugs()`` lists them.
    year : object
        Academic year, any form that ``codes.years.parse`` reads.
    sen : str
        all, none, any, support or ehcp; N, K and E are understood.
    phase : str
        all, primary, secondary, special or mainstream.
    area : str
        England, a region or a local authority.
    definition : str, optional
        Dated definition; the measure's own default where None.
    need : str, optional
        Primary need, code or name.
    year_group : object, optional
        National Curriculum year.
    sex : {"F", "M"}, optional
        Girls or boys.
    fsm : {"yes", "no"}, optional
        Eligible for free school meals.
    source : str, optional
        Key of a source, where another than the default is wanted.

    Returns
    -------
    Comparator
        With definition, population, source, release, licence and what to mind.

    Raises
    ------
    ComparatorError
        Where there is none, with the reason and the nearest that exist.

    Examples
    --------
    >>> found = find("persistent-absence", year="2016/17", sen="support")
    >>> round(found.value, 4), found.n, found.definition
    (0.1784, 845840, 'pa-10-percent')
    """
    asked = request(
        slug,
        sen=sen,
        phase=phase,
        area=area,
        definition=definition,
        need=need,
        year_group=year_group,
        sex=sex,
        fsm=fsm,
        source=source,
    )
    return as_comparator(_first(asked, parse_year(year)))


@lru_cache(maxsize=4096)
def _first(asked: Request, year: str) -> Figure:
    found = candidates(asked, year, all_sources=False)
    if not found:
        raise ComparatorError(explain(asked, year))
    several = sorted({figure.definition for figure in found})
    if not asked.definition and len(several) > 1:
        raise ComparatorError(
            f"There are {len(several)} definitions of {asked.slug} in {years.label(year)}; name one: {', '.join(several)}."
        )
    return found[0]


def as_comparator(figure: Figure) -> Comparator:
    """How does a figure of the store travel with an estimate?

    Parameters
    ----------
    figure : Figure
        From the store.

    Returns
    -------
    Comparator
        The same, with the population in words.
    """
    return Comparator(
        slug=figure.slug,
        value=figure.value,
        year=figure.year,
        population=population(figure.parts, figure.area, figure.year),
        definition=figure.definition,
        unit=figure.unit,
        n=None if figure.denominator is None else round(figure.denominator),
        numerator=figure.numerator,
        sd=figure.sd,
        reliability=figure.reliability,
        interval=None if figure.low is None or figure.high is None else (figure.low, figure.high),
        status_timing=figure.status_timing or None,
        source=figure.source_title,
        release=figure.release,
        licence=figure.licence,
        note=figure.note,
    )


def matching(
    slug: str,
    *,
    sen: str | None = None,
    phase: str | None = "all",
    area: str | None = "England",
    definition: str | None = None,
    need: str | None = None,
    year_group: object = None,
    sex: str | None = None,
    fsm: str | None = None,
    source: str | None = None,
) -> Iterator[Figure]:
    """Which figures of a measure does the store hold, over the years?

    Parameters
    ----------
    slug : str
        The measure.
    sen, phase, area : str, optional
        None means every one.
    definition : str, optional
        None means the measure's default; ``any`` every one.
    need, year_group, sex, fsm, source
        As ``find``.

    Yields
    ------
    Figure
        By group, year and source.

    Raises
    ------
    ComparatorError
        Where a word is unknown.
    """
    every = definition == "any"
    asked = request(
        slug,
        sen=sen or "all",
        phase=phase or "all",
        area=area or "England",
        definition=None if every else definition,
        need=need,
        year_group=year_group,
        sex=sex,
        fsm=fsm,
        source=source,
    )
    parts = asked.by_name
    loose = {"sen"} if sen is None and not need else set()
    loose |= {"phase"} if phase is None else set()
    wanted = {name: value for name, value in parts.items() if name not in loose}
    chosen = {"definition": asked.definition} if asked.definition and not every else {}
    chosen |= {"source": asked.source} if asked.source else {}
    if area is None:
        yield from store.stored(slug, None, None, **wanted, **chosen)
    else:
        for year in sorted(set().union(*(held for name in areas.members(asked.area)
                                         for held in store.held_years(slug, name).values()))):  # fmt: skip
            yield from areas.figures(slug, year, asked.area, **wanted, **chosen)
    if asked.source in {"", bands.FIVE_POINT_BANDS, bands.AREA_BANDS}:
        own = slug == bands.ABSENCE_BANDS and definition is None
        lines = bands.lines(slug) if every or own else (asked.definition,)
        yield from _banded(slug, lines, parts, loose, asked.area)


def _banded(slug: str, lines: tuple[str, ...], parts: dict[str, str], loose: set[str], area: str) -> Iterator[Figure]:
    groups = ("all", "any", "none") if "sen" in loose else (parts["sen"],)
    phases = PHASES[:4] if "phase" in loose else (parts["phase"],)
    for definition in lines:
        for group in groups:
            for phase in phases:
                for year in bands.band_years():
                    found = areas.band_figure(slug, definition, year, area, {**parts, "sen": group, "phase": phase})
                    if found is not None:
                        yield found


def series(
    slug: str,
    *,
    sen: str | None = None,
    phase: str | None = "all",
    area: str | None = "England",
    definition: str | None = None,
    need: str | None = None,
    year_group: object = None,
    sex: str | None = None,
    fsm: str | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """How did a national figure run over the years?

    Parameters
    ----------
    slug : str
        The measure.
    sen, phase, area : str, optional
        None means every one.
    definition : str, optional
        None means the measure's default; ``any`` every one.
    need, year_group, sex, fsm, source
        As ``find``.

    Returns
    -------
    pandas.DataFrame
        One row per figure; ``default`` marks the source that ``find`` gives.

    Raises
    ------
    ComparatorError
        Where a word is unknown.
    """
    import pandas as pd

    found = list(
        matching(
            slug,
            sen=sen,
            phase=phase,
            area=area,
            definition=definition,
            need=need,
            year_group=year_group,
            sex=sex,
            fsm=fsm,
            source=source,
        )
    )
    best: dict[tuple[str, ...], tuple[int, str]] = {}
    for figure in found:
        key = (figure.year, figure.area, figure.definition, *figure.parts.values())
        best[key] = min(best.get(key, (1_000, "")), (figure.priority, figure.source))
    rows = []
    for figure in sorted(found, key=lambda item: (*item.parts.values(), item.definition, item.area, item.year)):
        key = (figure.year, figure.area, figure.definition, *figure.parts.values())
        row = {name: getattr(figure, name, None) for name in SERIES_COLUMNS}
        rows.append({**row, "n": figure.denominator, "default": best[key][1] == figure.source})
    return pd.DataFrame(rows, columns=list(SERIES_COLUMNS))


def pair(
    slug: str, years_: tuple[object, object], *, bridge: bool = False, **asked: object
) -> tuple[Comparator, Comparator]:
    """What are the national figures of two years, from one source under one definition?

    Parameters
    ----------
    slug : str
        The measure.
    years_ : tuple
        Before and after.
    bridge : bool
        True goes over the end of School Action in 2014/15 all the same: print the Findings of
        ``breaks`` beside the change.
    **asked
        As ``find``: sen, phase, area, definition, need, year_group, sex, fsm, source.

    Returns
    -------
    tuple of Comparator
        Before and after; the source that holds both and comes first.

    Raises
    ------
    ComparatorError
        Where a year has none, or no one source and definition holds both.
    """
    wanted = request(slug, **asked)  # type: ignore[arg-type]
    before, after = (parse_year(year) for year in years_)
    if not bridge and crosses_categories(before, after, wanted.by_name["sen"]):
        reason = breaks(slug, before, after, wanted.by_name["sen"])[0].message
        raise ComparatorError(f"{reason} Ask with bridge=True and print the Findings of breaks() beside it.")
    firsts, lasts = _all_of(wanted, before), _all_of(wanted, after)
    for first in firsts:
        for last in lasts:
            if (first.source, first.definition) == (last.source, last.definition):
                return (as_comparator(first), as_comparator(last))
    compare(as_comparator(firsts[0]), as_comparator(lasts[0]), change=True)
    raise ComparatorError(
        f"No one source holds {slug} for both {years.label(before)} ({firsts[0].source_title}) and "
        f"{years.label(after)} ({lasts[0].source_title}); a change across two sources could be theirs alone."
    )


def _all_of(asked: Request, year: str) -> list[Figure]:
    return candidates(asked, year) or [_first(asked, year)]


def compare(a: Comparator, b: Comparator, *, change: bool = False, gap: bool = False) -> float:
    """How far is one figure above another of the same kind?

    Parameters
    ----------
    a, b : Comparator
        Two national figures.
    change : bool
        True where ``b`` is another year of the same group.
    gap : bool
        True where ``b`` is another group of the same year: they may differ in one respect (SEN, say).

    Returns
    -------
    float
        ``b`` minus ``a``, in their unit.

    Raises
    ------
    ComparatorError
        Where measure, unit, definition, population or year differ, saying what would be comparable.
    """
    one, other = (_bare(a.population), _bare(b.population)) if change else (a.population, b.population)
    pairs = {
        "measure": (a.slug, b.slug),
        "unit": (a.unit, b.unit),
        "definition": (a.definition, b.definition),
        "population": (a.population, b.population) if one != other else ("", ""),
        "year": (a.year, b.year),
    }
    allowed = {"year"} if change else set()
    allowed |= {"population"} if gap and _respects(one, other) == 1 else set()
    differ = [name for name, (left, right) in pairs.items() if left != right and name not in allowed]
    if differ:
        told = "; ".join(f"{name}: {pairs[name][0]} and {pairs[name][1]}" for name in differ)
        hint = _comparable(a, b, differ)
        raise ComparatorError(f"These two national figures cannot be compared; they differ in {told}. {hint}")
    return b.value - a.value


def _comparable(a: Comparator, b: Comparator, differ: list[str]) -> str:
    """What would be comparable instead?"""
    hints = []
    if "measure" in differ:
        return f"Set {a.slug} against {a.slug} only."
    if "definition" in differ or "unit" in differ:
        area = a.population.rpartition(", ")[2]
        held = definitions_held(a.slug, area) if a.slug in store.measures() and area in store.areas() else ""
        hints.append("Take both by one definition" + (f"; {area} has {held}." if held else "."))
    if "population" in differ:
        once = _respects(a.population, b.population) == 1 and "year" not in differ
        hints.append("With gap=True this is the gap between two groups of one year." if once
                     else f"Find the same group twice: {a.population}, or {b.population}.")  # fmt: skip
    if "year" in differ:
        hints.append(f"Take both of {years.label(a.year)} or both of {years.label(b.year)}; with change=True this is a change.")  # fmt: skip
    return " ".join(hints)


def _respects(a: str, b: str) -> int:
    """In how many respects do two populations differ?"""
    one, other = set(a.split(", ")), set(b.split(", "))
    return max(len(one - other), len(other - one))


def _bare(words: str) -> str:
    return words.replace("SEN without a statement", "SEN support").replace("SEN with a statement", "EHC plan")


def forget() -> None:
    """Look again at what the user fetched."""
    _first.cache_clear()
