"""Does the answer depend on when SEN status was taken?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from afa_eval.data.tables import Tables
from afa_eval.designs.base import STATUS_TIMES, Design
from afa_eval.designs.clustered import Clustered
from afa_eval.designs.progress_contrasts import gap_of
from afa_eval.designs.progress_frame import cohort
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.designs.progress_status import moves, moves_table
from afa_eval.errors import AfaEvalError
from afa_eval.estimate import Estimates, Finding, Severity, Table, words
from afa_eval.robustness.base import TELL_FROM, name_of, said

STATUS, GAP = "sen-status", "sen-gap-"  # names of the tables
THIRD = 1 / 3
HARDLY = 0.05  # of a standard deviation: below this two gaps are the same for any reader
MANY = 0.05  # share of pupils on the move worth a note
Gaps = dict[str, tuple[Clustered, Clustered, Clustered]]


def sen_status_moves(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could moves on and off the SEN register explain the gap?

    Parameters
    ----------
    design : Design
        With its years.
    tables : Tables
        With a census.
    estimates : Estimates
        With the tables of ``status_tables``, which are made here where they are not among its own.

    Returns
    -------
    tuple of Finding
        ``sen-status-moves`` where the sign or a third of the gap's size depends on when status is
        taken (a concern), or where many pupils moved (a note).
    """
    if not _has_history(tables):
        return ()
    names = (STATUS, f"{GAP}{design.id}")
    made = tuple(table for table in estimates.tables if table.name in names) or status_tables(design, tables)
    by_name = {table.name: table for table in made}
    gaps, moved_between = by_name.get(names[1]), by_name.get(STATUS)
    if gaps is not None and (depends := _depends(design, tables, gaps)) is not None:
        return (depends,)
    if moved_between is None:
        return ()
    cells = np.array(moved_between.cells, dtype=np.float64)[:-1, :-1]  # without the totals
    total, stayed = float(cells.sum()), float(np.trace(cells))
    moved = 1 - stayed / total
    if moved < MANY or total - stayed < TELL_FROM:
        return ()
    message = (
        f"{words.amount(moved, 'proportion')} of pupils changed SEN status between the two years. "
        f"Status {_when(design.sen_status_at)} counts for {name_of(design)}."
    )
    return (said(design, "sen-status-moves", Severity.NOTE, message),)


def status_tables(design: Design, tables: Tables) -> tuple[Table, ...]:
    """Who moved between SEN statuses, and what is the gap under each rule?

    Parameters
    ----------
    design : Design
        With its years.
    tables : Tables
        With a census.

    Returns
    -------
    tuple of Table
        ``sen-status`` (the same for every outcome of the same years) and ``sen-gap-<id>``.
    """
    if not _has_history(tables):
        return ()
    counts = moves(tables, design.baseline_year, design.outcome_year)
    gaps = gaps_by_status(design, tables)
    moved = counts is not None and bool(counts.to_numpy().sum())
    return (
        *((moves_table(counts, design.baseline_year, design.outcome_year),) if counts is not None and moved else ()),
        *((_gap_table(design, gaps),) if gaps else ()),
    )


def _has_history(tables: Tables) -> bool:
    census = tables.census
    return census is not None and "sen_provision" in census.columns and census["year"].nunique() > 1


def gaps_by_status(design: Design, tables: Tables) -> Gaps:
    """What is the gap when status is taken at baseline, each year, or ever?

    Parameters
    ----------
    design : Design
        A progress question with both scores on one scale; of others there is none.
    tables : Tables
        With a census.

    Returns
    -------
    dict
        Gap before, after and change by rule; empty where there is none.
    """
    if not isinstance(design, ProgressQuestion) or not design.has_gain:
        return {}
    found: Gaps = {}
    for when in STATUS_TIMES:
        try:
            gap = gap_of(cohort(replace(design, sen_status_at=when, by=(), waves=()), tables))
        except AfaEvalError:
            return {}
        if gap is None:
            return {}
        found[when] = gap
    return found


def _depends(design: Design, tables: Tables, gaps: Table) -> Finding | None:
    if not isinstance(design, ProgressQuestion):
        return None
    named = ("gap before", "gap after", "change of the gap")
    for name, column in zip(named, zip(*gaps.cells, strict=True), strict=True):
        values = [float(value) for value in column if value is not None]
        if _differ(values) and max(values) - min(values) > HARDLY * _spread(design, tables):
            said_values = ", ".join(
                f"{words.number(value, design.unit)} {_when(when)}"
                for when, value in zip(STATUS_TIMES, values, strict=True)
            )
            message = (
                f"For {name_of(design)} the {name} between pupils with and without SEN depends on when status is taken: "
                f"{said_values} ({design.unit}). Moves on and off the register can make a gap where nobody's attainment changed."
            )
            fix = "Take status at baseline for the same pupils over time, and print all three."
            return said(design, "sen-status-moves", Severity.CONCERN, message, fix)
    return None


def _differ(values: list[float]) -> bool:
    """The sign, or a third of the size, depends on the rule."""
    return min(values) < 0 < max(values) or max(values) - min(values) > THIRD * max(abs(value) for value in values)


def _spread(design: ProgressQuestion, tables: Tables) -> float:
    return float(cohort(replace(design, by=(), waves=()), tables).after.std())


def _when(status_at: str) -> str:
    return {"baseline": "at baseline", "each-year": "in each year", "ever": "if ever with SEN"}[status_at]


def _gap_table(design: Design, gaps: Gaps) -> Table:
    unit = design.unit if isinstance(design, ProgressQuestion) else "points"
    return Table(
        name=f"{GAP}{design.id}",
        title=f"{name_of(design)}: the gap between pupils with and without SEN, by when status is taken",
        rows=tuple(f"SEN {_when(when)}" for when in gaps),
        columns=("Gap before", "Gap after", "Change"),
        cells=tuple(tuple(item.value for item in gap) for gap in gaps.values()),
        kind="series",
        unit=unit,
        outcome=design.id,
        bases=tuple((gap[0].n, gap[1].n, gap[1].n) for gap in gaps.values()),
        row_label="When status is taken",
        note="Pupils with both scores. A negative gap means that pupils with SEN are lower.",
    )
