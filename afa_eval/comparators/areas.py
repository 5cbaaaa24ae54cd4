"""Areas other than England: regions, local authorities and each authority's statistical neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from afa_eval.comparators import bands, store
from afa_eval.comparators.figure import Figure
from afa_eval.errors import ComparatorError

NEIGHBOURS_OF = "neighbours of "
LEAST_NEIGHBOURS = 6  # of ten
ADDED_UP = "their counts added up"


@lru_cache(maxsize=256)
def neighbours(authority: str) -> tuple[str, ...]:
    """Which authorities are most like this one?

    Parameters
    ----------
    authority : str
        A local authority's name.

    Returns
    -------
    tuple of str
        DfE's statistical neighbours (May 2025), the closest first.

    Raises
    ------
    ComparatorError
        Where there is no such authority, naming the nearest.

    Examples
    --------
    >>> neighbours("Barnet")[:2]
    ('Waltham Forest', 'Reading')
    """
    rows = store.connect().execute("SELECT neighbour FROM neighbour WHERE area = ? ORDER BY rank", [authority])
    found = tuple(name for (name,) in rows)
    if not found:
        from difflib import get_close_matches

        known = [name for name, level in store.areas().items() if level == "Local authority"]
        near = get_close_matches(authority, known, n=3, cutoff=0.5)
        hint = f"Nearest: {', '.join(near)}." if near else f"There are: {', '.join(known[:30])}."
        raise ComparatorError(f"There are no statistical neighbours of '{authority}'. {hint}")
    return found


def members(area: str) -> tuple[str, ...]:
    """Which areas of the store does a name stand for?

    Parameters
    ----------
    area : str
        England, a region, an authority, or ``neighbours of`` an authority.

    Returns
    -------
    tuple of str
        One name, or those of the neighbours.
    """
    return neighbours(area.removeprefix(NEIGHBOURS_OF)) if area.startswith(NEIGHBOURS_OF) else (area,)


def figures(slug: str, year: str, area: str, **parts: store.Wanted) -> Iterator[Figure]:
    """Which printed figures of a measure, year and area are there?

    Parameters
    ----------
    slug, year, area : str
        Measure, academic year, area (neighbours of an authority too).
    **parts : str or sequence of str, optional
        Any of definition, sen, need, phase, year_group, sex, fsm and source.

    Yields
    ------
    Figure
        By series; for neighbours the ten taken together, where at least six have a figure.
    """
    inside = members(area)
    if len(inside) == 1:
        yield from store.stored(slug, year, area, **parts)
        return
    found: dict[tuple[str, ...], list[store.Cell]] = {}
    closest = {name: rank for rank, name in enumerate(inside)}
    for cell in sorted(store.printed(slug, year, inside, **parts), key=lambda each: closest[each[1]]):
        found.setdefault(cell[3:11], []).append(cell)  # the same definition, parts and source
    for group in found.values():
        if len(group) >= LEAST_NEIGHBOURS:
            yield together(store.figure_of(group[0]), [store.numbers_of(cell) for cell in group], area, len(inside))


def band_figure(slug: str, definition: str, year: str, area: str, parts: dict[str, str]) -> Figure | None:
    """Which figure do the absence bands give in an area?

    Parameters
    ----------
    slug, definition, year, area : str
        Measure, definition, academic year, area (neighbours of an authority too).
    parts : dict
        The population.

    Returns
    -------
    Figure or None
        None where the bands do not hold it.
    """
    inside = members(area)
    found = bands.group_counts(slug, definition, year, inside, parts)
    if len(found) < (1 if len(inside) == 1 else LEAST_NEIGHBOURS):
        return None
    above, of = map(sum, zip(*found, strict=True))
    figure = bands.band_cell(slug, definition, year, parts, (above, of), area)
    return figure if len(inside) == 1 else replace(figure, note=_shared_note(figure, len(found), len(inside), ADDED_UP))


def together(first: Figure, numbers: list[tuple[float, float | None, float | None]], area: str, of: int) -> Figure:
    """What is the figure of several authorities taken together?

    Parameters
    ----------
    first : Figure
        That of the closest.
    numbers : list of tuple
        Value, numerator and denominator of each: same measure, definition, year, group and source.
    area : str
        What they are called together.
    of : int
        How many authorities there are.

    Returns
    -------
    Figure
        Counts added up where all are published; otherwise the plain mean, as DfE prints it.
    """
    values, above, below = zip(*numbers, strict=True)
    pooled = None not in above and None not in below
    n = sum(below) if None not in below else None
    per = 100.0 if "per 100" in first.unit else 1.0
    value = sum(above) / n * per if pooled and n else sum(values) / len(values)
    return replace(
        first,
        area=area,
        value=value,
        printed=None,
        numerator=sum(above) if pooled else None,
        denominator=n,
        low=None,
        high=None,
        sd=None,
        note=_shared_note(first, len(numbers), of, ADDED_UP if pooled else "the plain mean of theirs"),
    )


def _shared_note(first: Figure, n: int, of: int, how: str) -> str:
    return f"{first.note} {n} of {of} statistical neighbours have a figure: {how}.".strip()
