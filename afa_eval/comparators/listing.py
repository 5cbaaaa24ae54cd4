"""What there is to find: plain rows for the command, the docs and the walk over every record."""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.codes import sen as sen_codes
from afa_eval.codes import years
from afa_eval.comparators import bands, store
from afa_eval.comparators.asking import parse_year, population, request
from afa_eval.comparators.figure import Figure
from afa_eval.comparators.lookup import find, matching
from afa_eval.comparators.series_breaks import marks
from afa_eval.estimate.words import number

Cell = str | float | int | None
MOST_DEFINITIONS = 12


def overview() -> list[dict[str, Cell]]:
    """Which national measures are bundled, for which groups and years?

    Returns
    -------
    list of dict
        One per measure: slug, measure, unit, sen_groups, years, definition.
    """
    rows: list[dict[str, Cell]] = []
    for measure in store.measures().values():
        groups, first, last = _extent(measure.slug)
        rows.append(
            {
                "slug": measure.slug,
                "measure": measure.title,
                "unit": measure.unit,
                "sen_groups": ", ".join(group for group in sen_codes.GROUPS if group in groups),
                "years": years.label(first) if first == last else f"{years.label(first)} to {years.label(last)}",
                "definition": measure.default_definition or "by year",
            }
        )
    return rows


def _extent(slug: str) -> tuple[set[str], str, str]:
    held = store.held_years(slug)
    if bands.lines(slug):
        held = {**held, **{group: held.get(group, set()) | set(bands.band_years()) for group in ("all", "any", "none")}}
    every = set().union(*held.values())
    return set(held), min(every), max(every)


def figures(
    slug: str,
    *,
    year: object = None,
    sen: str | None = None,
    need: str | None = None,
    phase: str | None = "all",
    area: str = "England",
) -> list[dict[str, Cell]]:
    """What are the figures of one measure, and where do they come from?

    Parameters
    ----------
    slug : str
        The measure.
    year : object, optional
        One academic year; all where None.
    sen, phase : str, optional
        None means every one.
    need : str, optional
        A primary need, code or name.
    area : str
        England, a region, an authority, or ``neighbours of`` one.

    Returns
    -------
    list of dict
        One per year, group, definition and source: year, group, figure (as printed), value (in
        the measure's unit, six digits), n, definition, default, key and name of the source, note.

    Raises
    ------
    ComparatorError
        Where a word is unknown, or that year has none.
    """
    when = None if year is None else parse_year(year)
    found = [
        figure
        for figure in matching(slug, sen=sen, need=need, phase=phase, area=area, definition="any")
        if when in {None, figure.year}
    ]
    if not found:
        near = when or _extent(slug)[2]
        find(
            slug, year=near, sen=sen or "all", need=need, phase=phase or "all", area=area
        )  # raises, naming the nearest
    best: dict[tuple[str, ...], tuple[int, str]] = {}
    for figure in found:
        best[_group(figure)] = min(best.get(_group(figure), (1_000, "")), (figure.priority, figure.source))
    ordered = sorted(found, key=lambda item: (item.year, *item.parts.values(), item.definition, item.priority))
    return [_row(figure, best[_group(figure)][1] == figure.source) for figure in ordered]


def _group(figure: Figure) -> tuple[str, ...]:
    return (figure.year, figure.area, figure.definition, *figure.parts.values())


def _row(figure: Figure, default: bool) -> dict[str, Cell]:
    unit = figure.unit
    printed = number(figure.value, unit, None if unit in {"proportion", "count"} else 2)
    return {
        "year": years.label(figure.year),
        "group": population(figure.parts, figure.area, figure.year),
        "figure": f"{printed}%" if unit == "proportion" else printed,
        "value": round(figure.value, 6),
        "n": None if figure.denominator is None else round(figure.denominator),
        "definition": figure.definition,
        "default": "yes" if default else "",
        "key": figure.source,
        "source": figure.source_title,
        "note": figure.note,
    }


def describe(slug: str) -> str:
    """What is this measure, in a few sentences?

    Parameters
    ----------
    slug : str
        The measure.

    Returns
    -------
    str
        Title, meaning, definitions, years, gaps and sources.

    Raises
    ------
    ComparatorError
        Where there is no such measure.

    Examples
    --------
    >>> describe("severe-absence").splitlines()[0]
    'Severe absence (severe-absence); unit: proportion; counted: enrolments'
    """
    request(slug)
    measure = store.measures()[slug]
    found = list(matching(slug, phase=None, definition="any"))
    held = sorted({figure.year for figure in found})
    gaps = dict.fromkeys(text for year in _span(held) for text in store.notices("gap", slug, year))
    every = sorted([*found, *store.stored(slug, None, "England")], key=lambda item: item.priority)  # by need too
    used = {figure.source: figure.source_title for figure in every}
    lines = [
        f"{measure.title} ({slug}); unit: {measure.unit}; counted: {measure.base}",
        f"{measure.about}.",
        f"Years (England): {', '.join(map(years.label, held))}.",
        *gaps,
        *(f"Break, {years.label(year)}: {why}." for year, why in marks(slug)),
        *_meanings(measure.default_definition, {figure.definition for figure in found}),
        *(f"Source {key}: {title}." for key, title in used.items()),
    ]
    return "\n".join(lines)


def _meanings(default: str, used: set[str]) -> list[str]:
    """What does each definition mean, the default first? Of many (one for each subject) only how they are named."""
    known = [name for name in store.definitions() if name in used]
    if len(known) > MOST_DEFINITIONS:
        return [f"Definitions: {len(known)}, from {known[0]} to {known[-1]}."]
    ordered = sorted(known, key=lambda name: name != default)
    return [
        f"Definition {name}{' (the default)' if name == default else ''}: {store.definitions()[name][0]}."
        for name in ordered
    ]


def _span(held: list[str]) -> tuple[str, ...]:
    return years.between(held[0], years.shift(held[-1], 2)) if held else ()


def records(*, suppressed: bool = False) -> Iterator[Figure]:
    """Which figures are there, all of them?

    Parameters
    ----------
    suppressed : bool
        True also gives the cells in which a source prints a symbol.

    Yields
    ------
    Figure
        Every stored one, then those counted from the absence bands by SEN group and phase.
    """
    yield from store.stored()
    yield from store.hidden() if suppressed else ()
    for slug in ("persistent-absence", "severe-absence", bands.ABSENCE_BANDS):
        yield from matching(slug, phase=None, definition="any", source=bands.FIVE_POINT_BANDS)
