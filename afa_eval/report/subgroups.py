"""Who gained more? Every outcome's headline figure for each group, one table a breakdown."""

from __future__ import annotations

from collections.abc import Sequence

from afa_eval.report.context import Outcome
from afa_eval.report.layout import BREAKDOWNS, cell, columns_of
from afa_eval.report.lines import Line
from afa_eval.report.pieces import Grid, Section


def by_breakdown(outcomes: Sequence[Outcome]) -> tuple[Section, ...]:
    """Which groups did better, outcome by outcome?

    Parameters
    ----------
    outcomes : sequence of Outcome
        As pages know them.

    Returns
    -------
    tuple of Section
        For each column that pupils were looked at by, a table with a row for each group (contrasts
        last) and a column for each outcome; breakdowns of which everything is hidden are left out.
    """
    columns = dict.fromkeys(name for outcome in outcomes for one in _heads(outcome) for name in _column(one))
    made = ((name, _table(name, outcomes)) for name in columns)
    return tuple(Section(f"By {_said(name)}", (grid,)) for name, grid in made if grid is not None)


def _said(column: str) -> str:
    return BREAKDOWNS.get(column, column.replace("_", " "))


def _heads(outcome: Outcome) -> list[Line]:
    """The figures of the headline's kind."""
    if outcome.headline is None:
        return []
    return [one for one in outcome.lines if one.item.estimand == outcome.headline.item.estimand]


def _column(one: Line) -> tuple[str, ...]:
    """The one column that a figure's group, or both sides of its contrast, is made of."""
    found = tuple(columns_of(one.item.group))
    return found if len(found) == 1 else ()


def _table(column: str, outcomes: Sequence[Outcome]) -> Grid | None:
    by: dict[str, dict[str, Line]] = {}
    for outcome in outcomes:
        for one in _heads(outcome):
            if _column(one) == (column,):
                by.setdefault(one.item.group, {}).setdefault(outcome.id, one)
    asked = [outcome for outcome in outcomes if any(outcome.id in found for found in by.values())]
    shown = any(not one.hidden for found in by.values() for one in found.values())
    if len(by) < 2 or not shown:
        return None
    groups = sorted(by, key=lambda group: " - " in group)
    rows = tuple((next(iter(by[group].values())).group, *_cells(by[group], asked)) for group in groups)
    return Grid(title=f"Headline figures, by {_said(column)}", header=("Group", *map(_heading, asked)), rows=rows)


def _heading(outcome: Outcome) -> str:
    unit = "" if outcome.headline is None else outcome.headline.item.unit
    return f"{outcome.label} (percentage points)" if unit == "proportion difference" else outcome.label


def _cells(found: dict[str, Line], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(cell(found.get(outcome.id)) or "[z]" for outcome in outcomes)
