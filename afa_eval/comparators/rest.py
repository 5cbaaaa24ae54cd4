"""The comparator without the cohort: where a cohort is a visible part of the figure it is set against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from afa_eval.comparators import store
from afa_eval.comparators.figure import Figure
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

VISIBLE = 0.02  # a cohort of more than this share of a comparator is taken out of it
Cell = tuple[str, ...]
_KEY_STAGE_4 = frozenset({"progress-8", "attainment-8"})


def without(comparator: Comparator, numerator: float, n: int) -> Comparator:
    """What is the rest of the national figure when this cohort is taken out of it?

    Parameters
    ----------
    comparator : Comparator
        A published share with its number, or a published mean with its number and standard deviation.
    numerator, n : float, int
        The cohort's own, by the same definition: how many above the line, or the sum of their scores.

    Returns
    -------
    Comparator
        (N p - n q)/(N - n) and N - n, with the 95 % interval of its own error.

    Raises
    ------
    ComparatorError
        Where N (or, of a mean, the standard deviation) is unpublished, or the cohort is not smaller
        than N.
    """
    share = comparator.unit == "proportion"
    if comparator.n is None:
        raise ComparatorError(f"{comparator}: its number is not published, so the cohort cannot be taken out of it.")
    if not share and comparator.sd is None:
        raise ComparatorError(
            f"{comparator}: its standard deviation is not published, so what is left without the cohort would have "
            "no error of its own."
        )
    above, rest = comparator.value * comparator.n - numerator, comparator.n - n
    if rest <= 0 or (share and not -0.5 <= above <= rest + 0.5):
        raise ComparatorError(f"{comparator}: the cohort ({n}) is no part of it.")
    value = min(max(above / rest, 0.0), 1.0) if share else above / rest
    se = error_of(replace(comparator, value=value, n=rest))
    low, high = value - 1.96 * se, value + 1.96 * se
    return replace(
        comparator,
        value=value,
        n=rest,
        numerator=above,
        interval=(max(0.0, low), min(1.0, high)) if share else (low, high),
        population=f"{comparator.population}, without this cohort",
        note=f"{comparator.note} The cohort itself is taken out.".strip(),
    )


def error_of(comparator: Comparator) -> float:
    """How sure is a figure, as one of children like these?

    Parameters
    ----------
    comparator : Comparator
        A share with its number, or a mean with its number and standard deviation.

    Returns
    -------
    float
        Standard error; 0 where it is unknown.
    """
    if not comparator.n or (comparator.unit != "proportion" and comparator.sd is None):
        return 0.0
    spread = comparator.value * (1 - comparator.value) if comparator.sd is None else comparator.sd**2
    return math.sqrt(max(0.0, spread) / comparator.n)


def behind(slug: str, year: str, sen: str) -> int | None:
    """About how many pupils stand behind a figure of England whose own number is not published?

    Parameters
    ----------
    slug, year, sen : str
        Measure, academic year and SEN group.

    Returns
    -------
    int or None
        The pupils of that group at the end of the same key stage, in the nearest year for which they
        are counted; None where no such count is bundled.

    Examples
    --------
    >>> behind("ks2-reading-progress", "202223", "any")
    136666
    """
    counted = "ks2-rwm-expected" if slug.startswith("ks2-") else "attainment-8" if slug in _KEY_STAGE_4 else ""
    parts = {name: value for name, value in store.MARGIN.items() if name != "sen"}
    found: dict[str, dict[str, float]] = {}
    for figure in store.stored(counted, None, "England", **parts) if counted else ():
        if figure.denominator is not None:
            found.setdefault(figure.year, {})[figure.sen] = figure.denominator
    sizes = {when: _size(held, sen) for when, held in found.items() if _size(held, sen)}
    return round(sizes[min(sizes, key=lambda when: abs(int(when) - int(year)))]) if sizes else None


def _size(held: Mapping[str, float], sen: str) -> float:
    return held.get(sen, held.get("any", 0.0) + held.get("none", 0.0) if sen == "all" else 0.0)


def rest_of(
    figures: Mapping[Cell, Figure],
    weights: Mapping[Cell, float],
    here: Mapping[Cell, float],
    above: Mapping[Cell, float],
    area: str,
) -> tuple[dict[Cell, Figure], float]:
    """Which figures remain when a cohort of more than 2 % of them is taken out, and how sure are they?

    Parameters
    ----------
    figures : mapping
        The comparator's figure in each of the cohort's cells.
    weights : mapping
        What each cell counts for in the mean.
    here, above : mapping
        How many of the cohort are in each cell that year, and how many of them above the line;
        without ``above`` nothing can be taken out.
    area : str
        England's figures are fixed where their number is unpublished; an authority's are refused.

    Returns
    -------
    tuple
        The figures, and the standard error of their mean weighted to the cohort (0 where they are
        fixed: the cohort is no more than 2 % of them).

    Raises
    ------
    ComparatorError
        Where the number behind an area's figure is unpublished, or the cohort is no part of it.
    """
    plain = dict(figures)
    if not figures or not above:
        return plain, 0.0
    numbers = [figure.denominator for figure in figures.values()]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        if area == "England":
            return plain, 0.0
        raise ComparatorError(
            f"The number behind {area}'s figures is not published: whether this cohort is more than 2% of them "
            "cannot be told, so they are no comparator."
        )
    if sum(here.get(cell, 0.0) for cell in figures) <= VISIBLE * sum(known):
        return plain, 0.0
    rest = {cell: _rest(figure, here.get(cell, 0.0), above.get(cell, 0.0)) for cell, figure in figures.items()}
    total = sum(weights.values())
    variance = sum(
        (weights[cell] / total) ** 2 * figure.value * (1 - figure.value) / (figure.denominator or 1.0)
        for cell, figure in rest.items()
    )
    return rest, math.sqrt(variance)


def _rest(figure: Figure, n: float, above: float) -> Figure:
    whole = figure.denominator or 0.0
    rest, top = whole - n, figure.value * whole - above
    if figure.unit != "proportion" or rest < 1 or not -10 <= top <= rest + 10:  # counts are rounded to 5
        who = " ".join(value for value in figure.parts.values() if value and value != "all")
        raise ComparatorError(
            f"The cohort's {n:g} {who} are not a part of the {whole:g} in {figure.area}: the rest cannot be told."
        )
    top = min(max(top, 0.0), rest)
    note = f"{figure.note} The cohort, more than 2% of it, is taken out.".strip()
    return replace(figure, value=top / rest, numerator=top, denominator=rest, note=note)
