"""Does the answer depend on when SEN status was taken?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afa_eval.data.tables import Tables
from afa_eval.designs.base import STATUS_TIMES, Design
from afa_eval.designs.clustered import Clustered
from afa_eval.designs.progress_contrasts import gap_of
from afa_eval.designs.progress_frame import Cohort, cohort
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.designs.progress_status import moves, moves_table
from afa_eval.errors import AfaEvalError
from afa_eval.estimate import Estimates, Finding, Severity, Table, words
from afa_eval.robustness.base import TELL_FROM, name_of, said

STATUS, GAP = "sen-status", "sen-gap-"  # names of the tables
THIRD = 1 / 3
HARDLY = 0.05  # of a standard deviation: below this two gaps are the same for any reader
MANY = 0.05  # share of pupils on the move worth a note


@dataclass(frozen=True, slots=True)
class Gap:
    """What is the gap under one rule, and who has SEN by it?

    Attributes
    ----------
    before, after, change : Clustered
        The gap at both times, and how far it changed.
    status : pandas.DataFrame
        Status ``before`` and ``after`` of each pupil with both scores.
    """

    before: Clustered
    after: Clustered
    change: Clustered
    status: pd.DataFrame


Gaps = dict[str, Gap]


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
            people = cohort(replace(design, sen_status_at=when, by=(), waves=()), tables)
            gap = gap_of(people)
        except AfaEvalError:
            return {}
        if gap is None:
            return {}
        found[when] = Gap(*gap, _status(people))
    return found


def _status(people: Cohort) -> pd.DataFrame:
    frame = people.frame[people.usable]
    assert people.sen_before is not None  # there is a gap
    status = {"before": people.sen_before[people.usable].to_numpy(), "after": frame["sen"].to_numpy()}
    index = pd.Index(frame["pupil_id"] if "pupil_id" in frame.columns else frame.index)
    return pd.DataFrame(status, index=index, dtype=object).fillna("")


def _fewest(status: pd.DataFrame, others: Iterable[pd.DataFrame]) -> int:
    """The fewest on a side of the gap, or between this rule and one above it: two gaps tell of the few between them."""
    sides = [int((status[wave] == side).sum()) for wave in status.columns for side in ("any", "none")]
    moved = [int((~status.eq(other.reindex(status.index))).any(axis=1).sum()) for other in others]
    return min(*sides, *(count for count in moved if count))


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
    statuses = [gap.status for gap in gaps.values()]
    return Table(
        name=f"{GAP}{design.id}",
        title=f"{name_of(design)}: the gap between pupils with and without SEN, by when status is taken",
        rows=tuple(f"SEN {_when(when)}" for when in gaps),
        columns=("Gap before", "Gap after", "Change"),
        cells=tuple((gap.before.value, gap.after.value, gap.change.value) for gap in gaps.values()),
        kind="series",
        unit=unit,
        outcome=design.id,
        bases=tuple((_fewest(one, statuses[:place]),) * 3 for place, one in enumerate(statuses)),
        row_label="When status is taken",
        note="Pupils with both scores. A negative gap means that pupils with SEN are lower.",
    )
