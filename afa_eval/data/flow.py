"""Who is counted and who is not: pupil flow, coverage and patterns of what is missing, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from afa_eval.codes import no_score
from afa_eval.data.records import Step
from afa_eval.data.tables import Tables
from afa_eval.estimate.records import Table

NO_ROW = "no entry"
WITH_SCORE = "with a score"
TOTAL = "Total"
UNKNOWN = "not known"


def flow_table(steps: Iterable[Step]) -> Table:
    """How many rows came into each step and how many left it?

    Parameters
    ----------
    steps : iterable of Step
        In the order they were done.

    Returns
    -------
    Table
        One row a step: rows in, rows out, left out.
    """
    listed = tuple(steps)
    return Table(
        name="steps",
        title="Rows in and out of each step",
        rows=tuple(f"{number}. {step.name} ({step.table})" for number, step in enumerate(listed, start=1)),
        columns=("Rows in", "Rows out", "Left out or brought together"),
        cells=tuple((step.rows_in, step.rows_out, step.rows_in - step.rows_out) for step in listed),
        base="rows",
        row_label="Step",
        note=" ".join(f"{number}. {step.reason}." for number, step in enumerate(listed, start=1) if step.reason),
    )


def pupil_flow(tables: Tables, columns: Sequence[str]) -> tuple[Step, ...]:
    """How many pupils have each of these scores, one after another?

    Parameters
    ----------
    tables : Tables
        With pupils, attainment or both.
    columns : sequence of str
        Scores in the order they are needed: baseline first.

    Returns
    -------
    tuple of Step
        Pupils handed in, then those left after each score.

    Raises
    ------
    ColumnNotFound
        Where a score is missing.
    """
    pupils = tables.by_pupil(dict.fromkeys(columns, "a score"))
    steps = [Step("Pupils handed in", "pupils", len(pupils), len(pupils))]
    for column in columns:
        left = pupils[pupils[column].notna()]
        steps.append(Step(f"Pupils with {column}", "pupils", len(pupils), len(left), f"no {column}"))
        pupils = left
    return tuple(steps)


def coverage(tables: Tables, score: str, by: str = "sen_provision") -> Table:
    """How many pupils of each group have a score, and why have the others none?

    Parameters
    ----------
    tables : Tables
        With pupils, attainment or both.
    score : str
        The score's column.
    by : str
        Column of the groups.

    Returns
    -------
    Table
        Counts of pupils by group (rows) and by ``with a score`` or reason (columns), with totals.
        A pupil without a row in the attainment table counts as ``no entry``.

    Raises
    ------
    ColumnNotFound
        Where the score or the group's column is missing.
    """
    frame = tables.by_pupil({score: "the score", by: "the group"})
    status = _status(frame, score, tables)
    groups = frame[by].astype("object").where(frame[by].notna(), UNKNOWN).astype(str)
    crossed = pd.crosstab(groups, status, margins=True, margins_name=TOTAL)
    order = [WITH_SCORE, *no_score.REASONS, NO_ROW, TOTAL]
    columns = tuple(name for name in order if name in crossed.columns)
    return Table(
        name=f"coverage-{score}-{by}",
        title=f"Pupils with a score in {score}",
        rows=tuple(str(group) for group in crossed.index),
        columns=columns,
        cells=tuple(tuple(float(crossed.loc[group, name]) for name in columns) for group in crossed.index),
        row_label=by,
    )


def missing_patterns(tables: Tables, columns: Sequence[str]) -> Table:
    """Which scores are missing together?

    Parameters
    ----------
    tables : Tables
        With pupils, attainment or both.
    columns : sequence of str
        Scores.

    Returns
    -------
    Table
        One row a pattern, most frequent first: how many pupils have it.

    Raises
    ------
    ColumnNotFound
        Where a score is missing.
    """
    frame = tables.by_pupil(dict.fromkeys(columns, "a score"))
    patterns = frame[list(columns)].notna().value_counts()
    labels = [_pattern(columns, pattern) for pattern in patterns.index]
    counts = [*(float(count) for count in patterns), float(len(frame))]
    return Table(
        name="missing-patterns",
        title="Which scores pupils have",
        rows=(*labels, TOTAL),
        columns=("Pupils",),
        cells=tuple((count,) for count in counts),
        row_label="Scores",
    )


def _pattern(columns: Sequence[str], there: Sequence[bool]) -> str:
    missing = [column for column, known in zip(columns, there, strict=True) if not known]
    if not missing:
        return "all scores"
    return "no score" if len(missing) == len(columns) else f"without {' and '.join(missing)}"


def _status(frame: pd.DataFrame, score: str, tables: Tables) -> pd.Series:
    """With a score, or why not; pupils without a row in the attainment table have no entry."""
    status = pd.Series(no_score.REASONS[-1], index=frame.index, dtype="object")
    if f"{score}_reason" in frame.columns:
        reasons = frame[f"{score}_reason"].astype("object")
        status = reasons.where(reasons.notna(), status)
    scores = tables.attainment
    if tables.pupils is not None and scores is not None and score in scores.columns:
        status[~frame["pupil_id"].isin(scores["pupil_id"])] = NO_ROW
    status[frame[score].notna()] = WITH_SCORE
    return status
