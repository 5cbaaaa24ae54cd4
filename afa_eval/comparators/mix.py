"""The national figure for the cohort's own mix of pupils: jointly published cells only.

Margins are never multiplied: a cell of SEN by year group by sex counts only where the source
publishes that cell. What cannot be matched is left out and its share is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from afa_eval.codes import years
from afa_eval.comparators import areas, bands, store
from afa_eval.comparators.asking import parse_year, request
from afa_eval.comparators.figure import Figure
from afa_eval.comparators.lookup import as_comparator
from afa_eval.comparators.own_records import ComparatorFile
from afa_eval.comparators.rest import rest_of
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

if TYPE_CHECKING:
    import pandas as pd

MIX_COLUMNS = ("sen", "phase", "year_group", "fsm", "sex")
ENOUGH = 0.95
SMALLEST_CELL = 30
KEY_WORDS = {
    "sen": "SEN status",
    "phase": "phase",
    "year_group": "year group",
    "fsm": "free school meals",
    "sex": "sex",
}
_CENSUS_CODES = {"N": "none", "K": "support", "E": "ehcp"}

Cell = tuple[str, ...]
Cells = dict[Cell, Figure]


@dataclass(frozen=True, slots=True)
class Weighted:
    """Which national figure has this cohort's mix, and how much of the cohort does it cover?

    Attributes
    ----------
    value : float
        Weighted mean of the cells' figures, over the share that is matched.
    share_matched : float
        Share of the weight that lies in a published cell.
    keys : tuple of str
        What the cells are crossed by.
    dropped : tuple of str
        Columns of the mix that no source publishes jointly with the keys.
    source : str
        Key of the source, the same for all cells.
    comparator : Comparator
        The value with its population, definition and source.
    se : float
        Its own error: 0 for a fixed published figure, above 0 where the cohort was taken out of it.
    cells : tuple of (cell, weight, Figure)
        What it is the mean of; a cell is its values in the order of ``keys``.
    """

    value: float
    share_matched: float
    keys: tuple[str, ...]
    dropped: tuple[str, ...]
    source: str
    comparator: Comparator
    se: float = 0.0
    cells: tuple[tuple[Cell, float, Figure], ...] = ()


def weighted(
    slug: str,
    mix: pd.DataFrame,
    year: object,
    definition: str | None = None,
    *,
    keys: Sequence[str] | None = None,
    source: str | None = None,
    area: str = "England",
    own: ComparatorFile | None = None,
) -> Weighted:
    """What would England's figure be with this cohort's mix of pupils?

    Parameters
    ----------
    slug : str
        The measure.
    mix : pandas.DataFrame
        Any of sen, phase, year_group, sex, fsm, and ``weight``: how many of the measure's base
        (enrolments; possible sessions for a ratio of sums). sen is always kept as a key.
    year : object
        Academic year.
    definition : str, optional
        The measure's default where None.
    keys : sequence of str, optional
        These keys and no others.
    source : str, optional
        This source and no other.
    area : str
        England, a region, an authority, or ``neighbours of`` an authority.
    own : ComparatorFile, optional
        A user's own file, in place of the bundled figures.

    Returns
    -------
    Weighted
        By the most keys that one source publishes jointly for at least 95 % of the weight.

    Raises
    ------
    ComparatorError
        Where the mix has no usable column or weight, or no source covers it.
    """
    when = parse_year(year)
    asked = _Asked(slug, request(slug, definition=definition, source=source, area=area).definition, area, own)
    for chosen in _key_sets(mix, keys):
        for found in asked.sources(when, chosen, source):
            result = _combine(mix, chosen, found, area)
            if result.share_matched >= ENOUGH:
                return result
    raise ComparatorError(_no_cover(asked, when, mix))


def weighted_pair(
    slug: str,
    years_: tuple[object, object],
    mix: pd.DataFrame,
    mix_after: pd.DataFrame | None = None,
    definition: str | None = None,
    *,
    area: str = "England",
    own: ComparatorFile | None = None,
) -> tuple[Weighted, Weighted]:
    """What are England's figures in two years for this cohort, by the same keys and source?

    Parameters
    ----------
    slug : str
        The measure.
    years_ : tuple
        Before and after.
    mix : pandas.DataFrame
        The cohort before, as ``weighted``; used for both years unless ``mix_after`` is given, so
        that a different mix never looks like a change.
    mix_after : pandas.DataFrame, optional
        Followed pupils after: the same pupils in the year group they are in then.
    definition : str, optional
        The measure's default where None.
    area, own
        As ``weighted``.

    Returns
    -------
    tuple of Weighted
        Before and after.

    Raises
    ------
    ComparatorError
        Where no one source covers both years with the same keys.
    """
    before, after = (parse_year(year) for year in years_)
    later = mix if mix_after is None else mix_after
    asked = _Asked(slug, request(slug, definition=definition, area=area).definition, area, own)
    for chosen in _key_sets(mix, None):
        for found in asked.sources(before, chosen, None):
            first = _combine(mix, chosen, found, area)
            if first.share_matched < ENOUGH:
                continue
            for other in asked.sources(after, chosen, first.source):
                second = _combine(later, chosen, other, area)
                if second.share_matched >= ENOUGH:
                    return (first, second)
    raise ComparatorError(f"{_no_cover(asked, before, mix)} The same is needed for {years.label(after)}.")


def joint_keys(slug: str, year: object, definition: str | None = None) -> tuple[tuple[str, ...], ...]:
    """By what is a measure jointly published in a year?

    Parameters
    ----------
    slug : str
        The measure.
    year : object
        Academic year.
    definition : str, optional
        The measure's default where None.

    Returns
    -------
    tuple of tuple of str
        Sets of keys, the richest first.
    """
    when = parse_year(year)
    asked = _Asked(slug, request(slug, definition=definition).definition)
    return tuple(dict.fromkeys(chosen for chosen, _ in _published_keys(asked, when)))


def _published_keys(asked: _Asked, year: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each set of keys that a source crosses figures by, and for which SEN groups; the richest set first."""
    by_source: dict[tuple[tuple[str, ...], str], set[str]] = {}
    for figure in asked.figures(year):
        chosen = tuple(name for name in MIX_COLUMNS if figure.parts[name] != store.MARGIN[name])
        if set(chosen) == {name for name, value in figure.parts.items() if value != store.MARGIN[name]}:
            by_source.setdefault((chosen, figure.source), set()).add(figure.sen)
    for chosen in _subsets(MIX_COLUMNS) if asked.banded(year) else ():
        by_source[chosen, bands.source_of(asked.area)] = {"any", "none"} if "sen" in chosen else {"all"}
    richest = {chosen: place for place, chosen in enumerate(_subsets(MIX_COLUMNS))}
    ordered = sorted(by_source, key=lambda item: richest[item[0]] if item[0] else len(richest))
    return [(chosen, tuple(sorted(by_source[chosen, source] - {"all"}))) for chosen, source in ordered if chosen]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which measure, where, and from whose figures."""

    slug: str
    definition: str
    area: str = "England"
    own: ComparatorFile | None = None

    def sources(self, year: str, keys: tuple[str, ...], source: str | None) -> list[Cells]:
        if self.own is None:
            return _sources(self.slug, self.definition, year, keys, source, self.area)
        return _crossed(self.figures(year), keys, source)

    def figures(self, year: str) -> Iterable[Figure]:
        """The printed ones of a year, however they are crossed."""
        if self.own is None:
            return areas.figures(self.slug, year, self.area, definition=self.definition or None)
        return own_figures(self.own, self.slug, year, self.definition, self.area)

    def banded(self, year: str) -> bool:
        """Whether figures by any of the keys can be counted from the absence bands."""
        counted = self.own is None and bands.counted(self.slug, self.definition)
        return counted and any(bands.covers(name, year) for name in areas.members(self.area))


def _key_sets(mix: pd.DataFrame, keys: Sequence[str] | None) -> list[tuple[str, ...]]:
    present = tuple(column for column in MIX_COLUMNS if column in mix.columns)
    if "weight" not in mix.columns or not present:
        raise ComparatorError(
            f"The cohort's mix needs a column weight and at least one of {', '.join(MIX_COLUMNS)}; "
            f"it has {', '.join(map(str, mix.columns))}."
        )
    if not mix["weight"].ge(0).all() or mix["weight"].sum() <= 0:
        raise ComparatorError("The weights of the cohort's mix must be numbers of 0 or more, not all 0.")
    if keys is not None:
        return [tuple(column for column in MIX_COLUMNS if column in keys)]
    needed = {"sen"} & set(present)
    return [chosen for chosen in _subsets(present) if chosen and needed <= set(chosen)]


def _subsets(columns: Sequence[str]) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(columns), 0, -1) for chosen in combinations(columns, size)]


@cache  # a cohort asks for the same cells once a group
def _sources(
    slug: str, definition: str, year: str, keys: tuple[str, ...], source: str | None, area: str
) -> list[Cells]:
    """Each source's cells crossed by exactly these keys, the default source first."""
    found = _crossed(areas.figures(slug, year, area, definition=definition or None), keys, source)
    if bands.counted(slug, definition) and year in bands.band_years():
        counted = _band_cells(slug, definition, year, keys, area)
        if counted and source in {None, bands.source_of(area)}:
            found.append(counted)
    return sorted(found, key=lambda cells: next(iter(cells.values())).priority)


def forget() -> None:
    """Look again at what the user fetched."""
    _sources.cache_clear()


def _crossed(figures: Iterable[Figure], keys: tuple[str, ...], source: str | None) -> list[Cells]:
    found: dict[str, Cells] = {}
    for figure in figures:
        narrowed = {name for name, value in figure.parts.items() if value != store.MARGIN[name]}
        if narrowed == set(keys) and source in {None, figure.source}:
            found.setdefault(figure.source, {})[tuple(figure.parts[key] for key in keys)] = figure
    return list(found.values())


def own_figures(own: ComparatorFile, slug: str, year: str, definition: str, area: str) -> list[Figure]:
    """Which figures of a user's file could a cohort be weighted by?

    Parameters
    ----------
    own : ComparatorFile
        The file.
    slug, year, definition, area : str
        As ``weighted``; any definition where empty.

    Returns
    -------
    list of Figure
        Not by starting point.
    """
    return [
        item.figure(own.name)
        for item in own
        if (item.comparator.slug, item.comparator.year, item.area) == (slug, year, area)
        and definition in {"", item.comparator.definition}
        and item.start_low is None
        and item.start_high is None
    ]


def _band_cells(slug: str, definition: str, year: str, keys: tuple[str, ...], area: str) -> Cells:
    cells = {}
    inside = areas.members(area)
    values = {cell for name in inside for cell in bands.band_counts(definition, year, keys, name)}
    for cell in sorted(values):
        if "unknown" not in cell:
            parts = {**store.MARGIN, **dict(zip(keys, cell, strict=True))}
            figure = areas.band_figure(slug, definition, year, area, parts)
            if figure is not None:
                cells[cell] = figure
    return cells


def _combine(mix: pd.DataFrame, keys: tuple[str, ...], cells: Cells, area: str) -> Weighted:
    sums = _sums(mix, keys)
    weights = sums["weight"]
    total = sum(weights.values())
    usable = {
        cell: figure
        for cell, figure in cells.items()
        if figure.denominator is None or figure.denominator >= SMALLEST_CELL
    }
    matched = {cell: weight for cell, weight in weights.items() if weight > 0 and cell in usable}
    used = sum(matched.values())
    some = next(iter(cells.values()))
    here, above = sums.get("n", weights), sums.get("above", {})
    rest, se = rest_of({cell: usable[cell] for cell in matched}, matched, here, above, area)
    value = sum(weight * rest[cell].value for cell, weight in matched.items()) / used if used else float("nan")
    share = used / total if total else 0.0
    dropped = tuple(column for column in MIX_COLUMNS if column in mix.columns and column not in keys)
    about = _comparator(some, list(rest.values()), value, keys, dropped, share)
    if se:
        about = replace(about, population=f"{about.population}, without this cohort")
    about = replace(about, mix=tuple(round(weight) for weight in matched.values()))
    held = tuple((cell, weight, rest[cell]) for cell, weight in matched.items())
    return Weighted(value, share, keys, dropped, some.source, about, se, held)


def _sums(mix: pd.DataFrame, keys: tuple[str, ...]) -> dict[str, dict[Cell, float]]:
    """The cohort's weights, and its own counts where it has them, by cell."""
    cells = list(zip(*(map(str, texts(mix[key])) for key in keys), strict=True))
    sums: dict[str, dict[Cell, float]] = {}
    for name in ("weight", "n", "above"):
        if name in mix.columns:
            found = sums.setdefault(name, {})
            for cell, number in zip(cells, mix[name].astype(float).tolist(), strict=True):
                found[cell] = found.get(cell, 0.0) + number
    return sums


def texts(column: pd.Series) -> list[str]:
    """How do a cohort's own codes read as those of the store?

    Parameters
    ----------
    column : pandas.Series
        One of ``MIX_COLUMNS``.

    Returns
    -------
    list of str
        Empty where a value is missing.
    """
    words = [
        "" if value is None or value != value else str(value).removesuffix(".0") for value in column.astype(object)
    ]
    return [_CENSUS_CODES.get(word, word) for word in words]


def _comparator(
    some: Figure, used: list[Figure], value: float, keys: tuple[str, ...], dropped: tuple[str, ...], share: float
) -> Comparator:
    counts = [figure.denominator for figure in used]
    known = [count for count in counts if count is not None]
    words = [KEY_WORDS[key] for key in keys]
    joined = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    notes = [note for note in dict.fromkeys(figure.note for figure in used) if note]
    notes.append(f"Matched on {joined}: {share:.1%} of the cohort.")
    if dropped:
        notes.append(f"Not published jointly with these: {', '.join(KEY_WORDS[key] for key in dropped)}.")
    return replace(
        as_comparator(some),
        value=value,
        population=f"{some.area}, same {joined}, weighted to the cohort's mix",
        n=round(sum(known)) if known and len(known) == len(counts) else None,
        numerator=None,
        interval=None,
        note=" ".join(dict.fromkeys(notes)),
    )


def _no_cover(asked: _Asked, year: str, mix: pd.DataFrame) -> str:
    by = f" as {asked.definition}" if asked.definition else ""
    where = "" if asked.area == "England" else f" in {asked.area}"
    whose = "No source covers" if asked.own is None else f"{asked.own.name} does not cover"
    lines = [f"{whose} 95% of this cohort's mix for {asked.slug}{by}{where} in {years.label(year)}."]
    lines += store.notices("gap", asked.slug, year) if asked.own is None else ()
    if "sen" in mix.columns:
        groups = sorted(filter(None, set(texts(mix["sen"]))))
        lines.append(f"The cohort's SEN groups are {', '.join(groups) or 'not known'}.")
    lines.append(f"Jointly published that year: {'; '.join(_published(asked, year)) or 'nothing by group'}.")
    return " ".join(lines)


def _published(asked: _Asked, year: str) -> list[str]:
    """The richest key sets, each with the SEN groups it is published for."""
    held = _published_keys(asked, year)
    found = []
    for chosen, groups in held:
        richer = any(set(chosen) < set(other) for other, _ in held)
        line = " by ".join(KEY_WORDS[key] for key in chosen) + (f" ({', '.join(groups)})" if groups else "")
        if not richer or "support" in groups:
            found.append(line)
    return list(dict.fromkeys(found))
