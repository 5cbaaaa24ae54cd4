"""What there is to find: plain rows for the command, the docs and the walk over every record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from afa_eval.codes import sen as sen_codes
from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.asking import population, request
from afa_eval.comparators.lookup import figures
from afa_eval.comparators.store import Figure
from afa_eval.estimate.words import number


@dataclass(frozen=True, slots=True)
class Listing:
    """Which rows does a table in the terminal have?

    Attributes
    ----------
    title : str
        What stands above it.
    columns : tuple of str
        Headings.
    rows : tuple of tuple of str
        Text, in the order of the columns.
    notes : tuple of str
        What stands below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def listing() -> Listing:
    """Which national figures are bundled?

    Returns
    -------
    Listing
        One row per measure: slug, title, unit, SEN groups, years, definition.
    """
    rows = []
    for measure in store.measures().values():
        groups, first, last = store.extent(measure.slug)
        span = f"{years.label(first)} to {years.label(last)}" if first != last else years.label(first)
        default = measure.default_definition or "by year"
        rows.append(
            (
                measure.slug,
                measure.title,
                measure.unit,
                ", ".join(group for group in sen_codes.GROUPS if group in groups),
                span,
                default,
            )
        )
    return Listing(
        "National figures bundled with afa_eval",
        ("slug", "what", "unit", "SEN groups", "years", "definition"),
        tuple(rows),
        ("Crown copyright, Open Government Licence v3.0. Show one with: afa-eval comparators show SLUG",),
    )


def shown(slug: str, *, sen: str | None = None, phase: str | None = "all", area: str = "England") -> Listing:
    """How did one measure run over the years, group by group?

    Parameters
    ----------
    slug : str
        The measure.
    sen, phase : str, optional
        None means every one.
    area : str
        England, a region or an authority.

    Returns
    -------
    Listing
        One row per year, group, definition and source; the default source is marked.

    Raises
    ------
    ComparatorError
        Where a word is unknown.
    """
    request(slug, sen=sen or "all", phase=phase or "all", area=area)
    found = list(figures(slug, sen=sen, phase=phase, area=area, definition="any"))
    best: dict[tuple[str, ...], tuple[int, str]] = {}
    for figure in found:
        best[_group(figure)] = min(best.get(_group(figure), (1_000, "")), (figure.priority, figure.source))
    ordered = sorted(found, key=lambda item: (item.year, *item.parts.values(), item.definition, item.priority))
    rows = tuple(_shown(figure, best[_group(figure)][1] == figure.source) for figure in ordered)
    columns = ("year", "group", "value", "n", "definition", "default", "source")
    return Listing(f"{store.measures()[slug].title} ({slug})", columns, rows, _notes(slug, found))


def _group(figure: Figure) -> tuple[str, ...]:
    return (figure.year, figure.area, figure.definition, *figure.parts.values())


def _shown(figure: Figure, default: bool) -> tuple[str, ...]:
    unit = figure.unit
    value = number(figure.value, unit, None if unit == "proportion" else 2 if unit != "count" else 0)
    return (
        years.label(figure.year),
        population(figure.parts, figure.area, figure.year),
        f"{value}%" if unit == "proportion" else value,
        "" if figure.denominator is None else f"{figure.denominator:,.0f}",
        figure.definition,
        "yes" if default else "",
        figure.source_title,
    )


def _notes(slug: str, found: list[Figure]) -> tuple[str, ...]:
    measure = store.measures()[slug]
    used = [definition for definition in store.definitions() if any(f.definition == definition for f in found)]
    labels = [f"{definition}: {'. '.join(filter(None, store.definitions()[definition]))}." for definition in used]
    return (f"{measure.about}.", *labels, *dict.fromkeys(figure.note for figure in found if figure.note))


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
    'Severe absence (severe-absence), in proportion of enrolments'
    """
    request(slug)
    measure = store.measures()[slug]
    found = list(figures(slug, phase=None, definition="any"))
    held = sorted({figure.year for figure in found})
    gaps = dict.fromkeys(text for year in _span(held) for text in store.notices("gap", slug, year))
    titles = dict.fromkeys(figure.source_title for figure in sorted(found, key=lambda item: item.priority))
    lines = [
        f"{measure.title} ({slug}), in {measure.unit} of {measure.base}",
        f"{measure.about}.",
        f"Years: {', '.join(map(years.label, held))}.",
        *gaps,
        *(f"Source: {title}." for title in titles),
    ]
    return "\n".join(lines)


def _span(held: list[str]) -> tuple[str, ...]:
    return years.between(held[0], years.shift(held[-1], 2)) if held else ()


def records() -> Iterator[Figure]:
    """Which figures are there, all of them?

    Yields
    ------
    Figure
        Every stored one, then those counted from the absence bands by SEN group and phase.
    """
    yield from store.stored()
    for slug in ("persistent-absence", "severe-absence"):
        yield from figures(slug, phase=None, definition="any", source=store.FIVE_POINT_BANDS)
