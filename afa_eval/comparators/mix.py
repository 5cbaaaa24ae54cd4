"""The national figure for the cohort's own mix of pupils: jointly published cells only.

Margins are never multiplied: a cell of SEN by year group by sex counts only where the source
publishes that cell. What cannot be matched is left out and its share is stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.asking import parse_year, request
from afa_eval.comparators.lookup import as_comparator
from afa_eval.comparators.store import Figure
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
    """

    value: float
    share_matched: float
    keys: tuple[str, ...]
    dropped: tuple[str, ...]
    source: str
    comparator: Comparator


def weighted(
    slug: str,
    mix: pd.DataFrame,
    year: object,
    definition: str | None = None,
    *,
    keys: Sequence[str] | None = None,
    source: str | None = None,
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
    wanted = request(slug, definition=definition, source=source).definition
    for chosen in _key_sets(mix, keys):
        for found in _sources(slug, wanted, when, chosen, source):
            result = _combine(mix, chosen, found)
            if result.share_matched >= ENOUGH:
                return result
    raise ComparatorError(_no_cover(slug, wanted, when, mix))


def weighted_pair(
    slug: str,
    years_: tuple[object, object],
    mix: pd.DataFrame,
    mix_after: pd.DataFrame | None = None,
    definition: str | None = None,
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
    wanted = request(slug, definition=definition).definition
    for chosen in _key_sets(mix, None):
        for found in _sources(slug, wanted, before, chosen, None):
            first = _combine(mix, chosen, found)
            if first.share_matched < ENOUGH:
                continue
            for other in _sources(slug, wanted, after, chosen, first.source):
                second = _combine(later, chosen, other)
                if second.share_matched >= ENOUGH:
                    return (first, second)
    raise ComparatorError(f"{_no_cover(slug, wanted, before, mix)} The same is needed for {years.label(after)}.")


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
    wanted = request(slug, definition=definition).definition
    return tuple(chosen for chosen in _subsets(MIX_COLUMNS) if chosen and _sources(slug, wanted, when, chosen, None))


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
def _sources(slug: str, definition: str, year: str, keys: tuple[str, ...], source: str | None) -> list[Cells]:
    """Each source's cells crossed by exactly these keys, the default source first."""
    found: dict[str, Cells] = {}
    chosen = {"definition": definition} if definition else {}
    for figure in store.stored(slug, year, "England", **chosen):
        narrowed = {name for name, value in figure.parts.items() if value != store.MARGIN[name]}
        if narrowed == set(keys):
            found.setdefault(figure.source, {})[tuple(figure.parts[key] for key in keys)] = figure
    if store.banded_definition(slug, definition) and year in store.band_years():
        found[store.FIVE_POINT_BANDS] = _band_cells(slug, definition, year, keys)
    wanted = [cells for key, cells in found.items() if cells and source in {None, key}]
    return sorted(wanted, key=lambda cells: next(iter(cells.values())).priority)


def _band_cells(slug: str, definition: str, year: str, keys: tuple[str, ...]) -> Cells:
    cells = {}
    for values, counts in store.band_counts(definition, year, keys).items():
        if "unknown" not in values:
            parts = {**store.MARGIN, **dict(zip(keys, values, strict=True))}
            cells[values] = store.band_cell(slug, definition, year, parts, counts)
    return cells


def _combine(mix: pd.DataFrame, keys: tuple[str, ...], cells: Cells) -> Weighted:
    weights = _weights(mix, keys)
    total = sum(weights.values())
    usable = {
        cell: figure
        for cell, figure in cells.items()
        if figure.denominator is None or figure.denominator >= SMALLEST_CELL
    }
    matched = {cell: weight for cell, weight in weights.items() if weight > 0 and cell in usable}
    used = sum(matched.values())
    some = next(iter(cells.values()))
    value = sum(weight * usable[cell].value for cell, weight in matched.items()) / used if used else float("nan")
    share = used / total if total else 0.0
    dropped = tuple(column for column in MIX_COLUMNS if column in mix.columns and column not in keys)
    about = _comparator(some, [usable[cell] for cell in matched], value, keys, dropped, share)
    return Weighted(value, share, keys, dropped, some.source, about)


def _weights(mix: pd.DataFrame, keys: tuple[str, ...]) -> dict[Cell, float]:
    columns = [_texts(mix[key]) for key in keys]
    found: dict[Cell, float] = {}
    for *values, weight in zip(*columns, mix["weight"].astype(float), strict=True):
        cell = tuple(map(str, values))
        found[cell] = found.get(cell, 0.0) + float(weight)
    return found


def _texts(column: pd.Series) -> list[str]:
    texts = [
        "" if value is None or value != value else str(value).removesuffix(".0") for value in column.astype(object)
    ]
    return [_CENSUS_CODES.get(text, text) for text in texts]


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
        population=f"England, same {joined}, weighted to the cohort's mix",
        n=round(sum(known)) if known and len(known) == len(counts) else None,
        numerator=None,
        interval=None,
        note=" ".join(dict.fromkeys(notes)),
    )


def _no_cover(slug: str, definition: str, year: str, mix: pd.DataFrame) -> str:
    by = f" as {definition}" if definition else ""
    lines = [f"No source covers 95% of this cohort's mix for {slug}{by} in {years.label(year)}."]
    lines += store.notices("gap", slug, year)
    if "sen" in mix.columns:
        lines.append(f"The cohort's SEN groups are {', '.join(sorted(filter(None, set(_texts(mix['sen'])))))}.")
    lines.append(f"Jointly published that year: {'; '.join(_published(slug, definition, year)) or 'nothing by group'}.")
    return " ".join(lines)


def _published(slug: str, definition: str, year: str) -> list[str]:
    """The richest key sets, each with the SEN groups it is published for."""
    found: list[str] = []
    for number, chosen in enumerate(sets := joint_keys(slug, year, definition or None)):
        for cells in _sources(slug, definition, year, chosen, None):
            groups = sorted({figure.sen for figure in cells.values()} - {"all"})
            richer = any(set(chosen) < set(other) for other in sets[:number])
            line = " by ".join(KEY_WORDS[key] for key in chosen) + (f" ({', '.join(groups)})" if groups else "")
            if not richer or "support" in groups:
                found.append(line)
    return list(dict.fromkeys(found))
