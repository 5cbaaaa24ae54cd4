"""The comparator without the cohort: where a cohort is a visible part of the figure it is set against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from afa_eval.comparators.store import Figure
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

VISIBLE = 0.02  # a cohort of more than this share of a comparator is taken out of it
Cell = tuple[str, ...]


def without(comparator: Comparator, numerator: float, n: int) -> Comparator:
    """What is the rest of the national figure when this cohort is taken out of it?

    Parameters
    ----------
    comparator : Comparator
        A published share with its counts.
    numerator, n : float, int
        The cohort's own, by the same definition.

    Returns
    -------
    Comparator
        (N p - n q) / (N - n) and N - n, with the 95 % interval of its own error.

    Raises
    ------
    ComparatorError
        Where N is unpublished, or the cohort is not smaller than it.
    """
    if comparator.n is None or comparator.unit != "proportion":
        raise ComparatorError(f"{comparator}: its number is not published, so the cohort cannot be taken out of it.")
    above = comparator.value * comparator.n - numerator
    rest = comparator.n - n
    if rest <= 0 or not -0.5 <= above <= rest + 0.5:
        raise ComparatorError(f"{comparator}: the cohort ({n}) is no part of it.")
    value = min(max(above / rest, 0.0), 1.0)
    se = math.sqrt(value * (1 - value) / rest)
    return replace(
        comparator,
        value=value,
        n=rest,
        numerator=above,
        interval=(max(0.0, value - 1.96 * se), min(1.0, value + 1.96 * se)),
        population=f"{comparator.population}, without this cohort",
        note=f"{comparator.note} The cohort itself is taken out.".strip(),
    )


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
