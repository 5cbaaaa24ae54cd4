"""How did persistent absence run over all the years handed in, where they are more than two?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy import special

from afa_eval.data.tables import Tables
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.absence_rows import year_rows
from afa_eval.designs.clustered import Clustered, fit_cells
from afa_eval.designs.groups import group_labels, masks
from afa_eval.errors import EstimationError
from afa_eval.estimate import Table, words
from afa_eval.estimate.charts.event_plot import COLUMNS

FEWEST_YEARS = 3
STATUS = "sen_provision"


def years_tables(question: AbsenceQuestion, tables: Tables) -> tuple[Table, ...]:
    """Which share of enrolments was persistently absent in each year that was handed in?

    Every year is counted by one rule, that of the evaluation, so that its years can stand in one
    row; all of them stand in one model with schools as clusters.

    Parameters
    ----------
    question : AbsenceQuestion
        With the rule; enrolments of each year.
    tables : Tables
        With the attendance table.

    Returns
    -------
    tuple of Table
        ``years-<id>``: the share of all enrolments and both ends of its 95% interval, a row a year; and
        ``years-<id>-sen_provision=<code>`` for each status of that year, where the plan breaks down by it and
        each has enough schools in every year. None where no more than two years, or too few schools for an
        interval, were handed in, and where the plan asks about some pupils only or follows the same ones.
    """
    attendance = tables.require("attendance")
    held = sorted(attendance["year"].dropna().unique())
    if len(held) < FEWEST_YEARS or question.population != "each-year" or question.where:
        return ()
    try:
        rows = pd.concat([year_rows(question, tables, year) for year in held], ignore_index=True)
    except EstimationError:
        return ()  # a rule of part of a year; the answers say so
    whole = _table(question, rows, held, FEWEST_YEARS)
    if whole is None:
        return ()
    return (whole, *_by_status(question, rows, held))


def _by_status(question: AbsenceQuestion, rows: pd.DataFrame, held: Sequence[str]) -> tuple[Table, ...]:
    """A table for each status, or none: a year in which a status had another name has no place in the row."""
    if STATUS not in question.by or STATUS not in rows.columns:
        return ()
    labels = [label for label in group_labels(rows, [STATUS]) if label.startswith(f"{STATUS}=")]
    inside = masks(rows, labels)
    made = [_table(question, rows[inside[label]], held, len(held), label) for label in labels]
    return tuple(one for one in made if one is not None) if all(made) else ()


def _table(
    question: AbsenceQuestion, rows: pd.DataFrame, held: Sequence[str], fewest: int, group: str = ""
) -> Table | None:
    fit = fit_cells(rows["persistent"], rows["wave"], rows["cluster"])
    found = {year: fit.combine({year: 1.0}) for year in held if year in fit.cells}
    if len(found) < fewest or min(one.n_schools for one in found.values()) < question.min_schools:
        return None
    whom = words.people(group, "enrolments") if group else "all enrolments"
    return Table(
        name=f"years-{question.id}-{group}" if group else f"years-{question.id}",
        title=f"Persistent absence of {whom}, year by year, by one definition",
        rows=tuple(map(words.years, found)),
        columns=COLUMNS,
        cells=tuple(map(_with_ends, found.values())),
        kind="series",
        base="enrolments",
        unit="proportion",
        outcome=question.id,
        bases=tuple((one.n, one.n - 1, one.n - 1) for one in found.values()),
        row_label="Year",
        note="The years differ by more than the programme: other children, and what moved all of England.",
    )


def _with_ends(one: Clustered) -> tuple[float | None, ...]:
    if one.se is None or one.df is None:
        return one.value, None, None
    half = float(special.stdtrit(one.df, 0.975)) * one.se
    return one.value, one.value - half, one.value + half
