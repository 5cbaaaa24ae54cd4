"""Which enrolments (or pupils) count, as DfE counts them, and who among them is persistently absent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afa_eval.codes import absence, years
from afa_eval.data.tables import Tables
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.groups import members, parse, with_phase
from afa_eval.errors import ColumnNotFound, DataError, EstimationError
from afa_eval.estimate import Table

SESSIONS = ("sessions_possible", "sessions_authorised", "sessions_unauthorised")
FIRST_YEAR_GROUP, LAST_YEAR_GROUP = 1, 11  # aged 5 to 15 on 31 August
WAVES = ("before", "after")


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Which rows are counted, and why were others not?

    Attributes
    ----------
    rows : pandas.DataFrame
        One per enrolment (or followed pupil) and wave: ``wave, cluster, persistent, severe,
        absent``, sessions, and the pupil's status in that wave.
    table : Table
        How many were left out by which rule.
    """

    rows: pd.DataFrame
    table: Table


def counted_rows(design: AbsenceQuestion, tables: Tables) -> Counted:
    """Which enrolments count, and who among them is persistently absent?

    Parameters
    ----------
    design : AbsenceQuestion
        Years, population, definition and ``where``.
    tables : Tables
        With the attendance table.

    Returns
    -------
    Counted
        Rows and what was left out.

    Raises
    ------
    ColumnNotFound
        Where sessions, school or year are missing.
    EstimationError
        Where a year has no attendance left.
    """
    attendance = tables.require("attendance")
    for column in ("pupil_id", "urn", "year", *SESSIONS):
        if column not in attendance.columns:
            raise ColumnNotFound.of(column, "sessions and enrolments", "attendance", attendance.columns)
    parts, steps = [], []
    for wave, year in zip(WAVES, (design.baseline_year, design.outcome_year), strict=True):
        part, step = _wave(design, tables, attendance, wave, year)
        parts.append(part)
        steps.append(step)
    rows = pd.concat(parts, ignore_index=True)
    if design.population == "followed":
        rows = _followed(rows)
    for wave, year in zip(WAVES, (design.baseline_year, design.outcome_year), strict=True):
        if not (rows["wave"] == wave).any():
            seen = ", ".join(years.label(year) for year in sorted(attendance["year"].dropna().unique()))
            raise EstimationError(
                f"No attendance of {years.label(year)} ({wave}) can be counted. The files hold: {seen}."
            )
    rows = _flags(rows, design)
    return Counted(rows, _steps_table(design, steps))


def year_rows(design: AbsenceQuestion, tables: Tables, year: str) -> pd.DataFrame:
    """Which enrolments of one year count, and who among them is persistently absent?

    Parameters
    ----------
    design : AbsenceQuestion
        Definition and filters.
    tables : Tables
        With the attendance table.
    year : str
        Any academic year of it.

    Returns
    -------
    pandas.DataFrame
        As ``Counted.rows``, with the year for a wave; empty where none counts.
    """
    return _flags(_wave(design, tables, tables.require("attendance"), year, year)[0], design)


def _wave(
    design: AbsenceQuestion, tables: Tables, attendance: pd.DataFrame, wave: str, year: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """One year's enrolments with the status of that year, after DfE's filters."""
    rows = attendance[attendance["year"] == year].assign(wave=wave)
    status = _status(design, tables, year)
    if status is not None:
        shared = [name for name in rows.columns if name in status.columns and name != "pupil_id"]
        rows = rows.merge(status.drop(columns=shared), on="pupil_id", how="left", validate="many_to_one")
    elif design.by or design.where:
        _require_columns(rows, design)
    rows = with_phase(rows)
    counts = {"Enrolments handed in": len(rows)}
    if design.where:
        rows = rows[members(rows, design.where)]
        counts["Not in the group asked about"] = counts["Enrolments handed in"] - len(rows)
    if "year_group" in rows.columns:
        outside = ~rows["year_group"].between(FIRST_YEAR_GROUP, LAST_YEAR_GROUP) & rows["year_group"].notna()
        rows = _left_out(rows, outside.fillna(False).astype(bool), "Outside Years 1 to 11", counts)
    absent = rows["sessions_authorised"] + rows["sessions_unauthorised"]
    unusable = ~((rows["sessions_possible"] > 0) & (absent <= rows["sessions_possible"])).fillna(False).astype(bool)
    rows = _left_out(rows, unusable, "No possible sessions, or more absences than sessions", counts)
    small = rows.groupby("urn")["urn"].transform("size") < design.least_enrolments
    rows = _left_out(rows, small, f"In schools with fewer than {design.least_enrolments} enrolments", counts)
    counts["Counted"] = len(rows)
    return rows, counts


def _left_out(rows: pd.DataFrame, mask: pd.Series, reason: str, counts: dict[str, int]) -> pd.DataFrame:
    counts[reason] = int(mask.sum())
    return rows[~mask]


def _status(design: AbsenceQuestion, tables: Tables, year: str) -> pd.DataFrame | None:
    """Each pupil's status: of that year where all enrolments are counted, at baseline where followed."""
    if tables.pupils is None:
        return None
    followed = design.population == "followed"
    status = tables.in_year(design.baseline_year if followed else year)
    if status is None:
        return None
    if followed and "year_group" in status.columns:
        moved = years.start(year) - years.start(design.baseline_year)
        status = status.assign(year_group=status["year_group"] + moved)
    fixed = [name for name in tables.pupils.columns if name not in status.columns]
    return status.merge(tables.pupils[["pupil_id", *fixed]], on="pupil_id", how="left") if fixed else status


def _require_columns(rows: pd.DataFrame, design: AbsenceQuestion) -> None:
    asked = [part.strip() for spec in design.by for part in spec.split("&")]
    for column in [*asked, *(column for column, _ in parse(design.where))]:
        if column not in rows.columns and column != "phase":
            raise ColumnNotFound.of(column, "a subgroup", "attendance", rows.columns)


def _followed(rows: pd.DataFrame) -> pd.DataFrame:
    """Pupils with attendance in both years, one row a pupil and year, in their first school."""
    pupil = pd.factorize(rows["pupil_id"])[0]  # numbers: texts are slow to group by
    late = (rows["wave"] == "after").to_numpy()
    both = np.isin(pupil, np.intersect1d(pupil[late], pupil[~late])) & (pupil >= 0)
    if not both.any():
        raise EstimationError("No pupil has attendance in both years. Are the pupil identifiers the same in both?")
    rows, pupil, late = rows[both], pupil[both], late[both]
    of_wave = pd.Series(2 * pupil + late, index=rows.index)
    totals = rows[list(SESSIONS)].groupby(of_wave).sum()
    kept = of_wave[~of_wave.duplicated()]
    longest = rows.assign(pupil=pupil)[~late].sort_values("sessions_possible", ascending=False, kind="stable")
    home = longest.drop_duplicates("pupil").set_index("pupil")["urn"]
    summed = {name: totals[name].loc[kept].array for name in SESSIONS}
    followed = rows.loc[kept.index].drop(columns=list(SESSIONS))
    return followed.assign(**summed, cluster=(kept // 2).map(home)).reset_index(drop=True)


def _flags(rows: pd.DataFrame, design: AbsenceQuestion) -> pd.DataFrame:
    """The whole-number tests, as 0 and 1."""
    rule = design.rule()
    absent = rows["sessions_authorised"] + rows["sessions_unauthorised"]
    possible = rows["sessions_possible"]
    aged_15 = (rows["year_group"] == LAST_YEAR_GROUP).fillna(False) if "year_group" in rows else False
    try:
        persistent = absence.persistent(absent, possible, rule, age_15=aged_15, year=design.outcome_year)
    except DataError as error:
        raise EstimationError(
            f"By the definition in force in {years.label(design.outcome_year)} ({rule.label}) only part of the year was counted, "
            f'and these sessions are of all of it. Count both years by one rule: definition = "{absence.TEN_PERCENT}".'
        ) from error
    return rows.assign(
        absent=absent.astype(float),
        persistent=persistent.astype(float),
        severe=absence.persistent(absent, possible, absence.SEVERE).astype(float),
        sessions_authorised=rows["sessions_authorised"].astype(float),
        sessions_unauthorised=rows["sessions_unauthorised"].astype(float),
        sessions_possible=possible.astype(float),
        cluster=rows["cluster"] if "cluster" in rows else rows["urn"],
    )


def _steps_table(design: AbsenceQuestion, steps: list[dict[str, int]]) -> Table:
    names = tuple(dict.fromkeys(name for step in steps for name in step))
    cells = tuple(tuple(float(step.get(name, 0)) for step in steps) for name in names)
    columns = tuple(years.label(year) for year in (design.baseline_year, design.outcome_year))
    return Table(
        name=f"counted-{design.id}",
        title="Enrolments counted, by DfE's rules",
        rows=names,
        columns=columns,
        cells=cells,
        base="enrolments",
        outcome=design.id,
    )


def transition_table(design: AbsenceQuestion, tables: Tables) -> Table | None:
    """Of those persistently absent before, how many still were, and how many others became so?

    Parameters
    ----------
    design : AbsenceQuestion
        Years, definition and ``where``.
    tables : Tables
        With the attendance table.

    Returns
    -------
    Table or None
        Pupils with attendance in both years, before by after; None where there are none.

    Notes
    -----
    A description only: with nothing changing, about half of those first persistently absent leave
    the group (regression to the mean), so their fall is never a result.
    """
    try:
        rows = counted_rows(replace(design, population="followed"), tables).rows
    except EstimationError:
        return None
    flags = rows.pivot(index="pupil_id", columns="wave", values="persistent")
    counts = pd.crosstab(flags["before"], flags["after"]).reindex(index=[1.0, 0.0], columns=[1.0, 0.0], fill_value=0)
    inner = counts.to_numpy(dtype=float)
    cells = [[*row, row.sum()] for row in inner]
    cells.append([*inner.sum(axis=0), inner.sum()])
    names = ("Persistently absent", "Not persistently absent", "Total")
    return Table(
        name=f"transition-{design.id}",
        title="Pupils with attendance in both years: before (rows) and after (columns)",
        rows=names,
        columns=names,
        cells=tuple(tuple(float(cell) for cell in row) for row in cells),
        outcome=design.id,
        row_label="Before",
        note="Many leave the group with nothing done, as others enter it: never a result by itself.",
    )
