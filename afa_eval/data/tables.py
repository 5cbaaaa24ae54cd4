"""The canonical tables: what readers write and designs read, whatever the file was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from afa_eval.data.records import TABLE_NAMES, Need, Step
from afa_eval.errors import ColumnNotFound, DataError

__all__ = ["TABLE_NAMES", "Need", "Step", "Tables", "as_tables", "with_derived"]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Which canonical tables were handed in?

    Parameters
    ----------
    pupils : pandas.DataFrame, optional
        One row per pupil, status at baseline. Columns ``pupil_id, urn, la, year_group`` (Int64,
        reception is 0), ``sen_provision`` (N K E; A P S before 2014/15), ``sen`` (none, any),
        ``primary_need, fsm`` (yes, no), ``eal`` (yes, no), ``sex`` (F, M), ``cohort`` (pilot,
        comparison), ``phase`` (primary, secondary, special) and any other.
    census : pandas.DataFrame, optional
        The same columns with ``year``: one row per pupil and academic year, the SEN history.
    attainment : pandas.DataFrame, optional
        One row per pupil: ``pupil_id``, then a float column per score; beside a score column
        ``x`` may stand ``x_reason``: why there is no score (``working below``, ``absent``,
        ``unable to access``, ``left``, ``not recorded``).
    attendance : pandas.DataFrame, optional
        One row per enrolment and year: ``pupil_id, urn, year, sessions_possible,
        sessions_authorised, sessions_unauthorised`` (Int64), and reasons.
    responses : pandas.DataFrame, optional
        One row per respondent and wave: ``respondent`` (parent, teacher, school), ``urn, wave``
        (before, after, or a number as text), ``pupil_id`` or ``respondent_id``, then the items.
    flow : tuple of Step
        Rows in and out of each step so far.
    """

    pupils: pd.DataFrame | None = None
    census: pd.DataFrame | None = None
    attainment: pd.DataFrame | None = None
    attendance: pd.DataFrame | None = None
    responses: pd.DataFrame | None = None
    flow: tuple[Step, ...] = field(default=())

    @property
    def n_rows(self) -> int:
        """How many rows do all tables hold together?"""
        tables = (self.pupils, self.census, self.attainment, self.attendance, self.responses)
        return sum(len(table) for table in tables if table is not None)

    def require(self, table: str) -> pd.DataFrame:
        """Where is this table?

        Parameters
        ----------
        table : str
            One of ``TABLE_NAMES`` or ``census``.

        Returns
        -------
        pandas.DataFrame
            The table.

        Raises
        ------
        DataError
            Where it was not handed in.
        """
        frame: pd.DataFrame | None = getattr(self, table)
        if frame is None:
            raise DataError(f'There is no {table} table. Name its file under [data] in the plan: {table} = "...".')
        return frame

    def column_homes(self, column: str) -> tuple[str, ...]:
        """Which of the pupil-level tables have this column?

        Parameters
        ----------
        column : str
            A canonical or plan name.

        Returns
        -------
        tuple of str
            Names of tables among pupils and attainment.
        """
        homes = (("pupils", self.pupils), ("attainment", self.attainment))
        return tuple(name for name, frame in homes if frame is not None and column in frame.columns)

    def by_pupil(self, columns: Mapping[str, str]) -> pd.DataFrame:
        """What is known of each pupil: pupils and attainment joined, with these columns?

        Parameters
        ----------
        columns : mapping of str to str
            Column to the role it plays, as a sentence says it.

        Returns
        -------
        pandas.DataFrame
            One row per pupil of the pupils table (of the attainment table where there is no
            pupils table), all columns of both.

        Raises
        ------
        ColumnNotFound
            Where a column is in neither table.
        DataError
            Where a column stands in both.
        """
        frames = [frame for frame in (self.pupils, self.attainment) if frame is not None]
        if not frames:
            raise DataError("There is neither a pupils nor an attainment table.")
        existing = [str(name) for frame in frames for name in frame.columns]
        for column, role in columns.items():
            homes = self.column_homes(column)
            if not homes:
                raise ColumnNotFound.of(column, role, " or ".join(TABLE_NAMES[:2]), existing)
            if len(homes) > 1 and column not in {"pupil_id", "urn"}:
                raise DataError(f"Column '{column}' ({role}) stands in both the pupils and the attainment table.")
        if len(frames) == 1:
            return frames[0].copy()
        scores = frames[1].drop(columns=[c for c in frames[1].columns if c in frames[0].columns and c != "pupil_id"])
        return frames[0].merge(scores, on="pupil_id", how="left", validate="one_to_one")

    def in_year(self, year: str) -> pd.DataFrame | None:
        """What was each pupil's status in an academic year?

        From the census of that year where there is one; pupils without one keep their baseline
        status, with the year group moved on by as many years.

        Parameters
        ----------
        year : str
            As DfE writes it, ``202223``.

        Returns
        -------
        pandas.DataFrame or None
            The pupils table as of that year; None where there is no pupils table.
        """
        if self.pupils is None:
            return None
        if self.census is None:
            return self.pupils
        now = self.census[self.census["year"] == year].drop(columns="year")
        known = pd.Index(now["pupil_id"].unique())
        missing = self.pupils[known.get_indexer(pd.Index(self.pupils["pupil_id"])) < 0]  # isin is slow on Arrow texts
        if "year_group" in missing.columns and "baseline_year" in missing.columns:
            moved = int(year[:4]) - missing["baseline_year"].str[:4].astype(int)
            missing = missing.assign(year_group=missing["year_group"] + moved)
        both: pd.DataFrame = pd.concat([now, missing.drop(columns="baseline_year", errors="ignore")], ignore_index=True)
        return both

    def on_roll(self, year: str) -> Tables:
        """Which tables are these, seen from a later year than the first: who was on roll, where, as what?

        Parameters
        ----------
        year : str
            The academic year of a first measurement, as DfE writes it.

        Returns
        -------
        Tables
            With the pupils of that year's census, their school, year group and status as of then;
            unchanged where there is no such census, or none before it.
        """
        census = self.census
        if self.pupils is None or census is None or not year or "year" not in census.columns:
            return self
        there = census["year"].dropna()
        if not (there == year).any() or year <= there.min():
            return self
        now = census[census["year"] == year].drop(columns="year")
        fixed = [name for name in self.pupils.columns if name not in now.columns and name != "baseline_year"]
        pupils = now.merge(self.pupils[["pupil_id", *fixed]], on="pupil_id", how="left") if fixed else now
        return replace(self, pupils=pupils.reset_index(drop=True))


def as_tables(data: Tables | Mapping[str, pd.DataFrame] | pd.DataFrame | str | Path) -> Tables:
    """Which canonical tables are meant by what was handed in?

    Parameters
    ----------
    data : Tables, mapping, pandas.DataFrame, str or Path
        Tables as they are; a mapping of table name to frame; one frame where one table suffices
        (it serves as every table); or the path of such a file.

    Returns
    -------
    Tables
        With ``sen`` derived, text identifiers and ``pupil_id`` numbered where absent.

    Raises
    ------
    DataError
        Where it is none of these, or a table is unknown.
    """
    if isinstance(data, Tables):
        return data
    if isinstance(data, str | Path):
        from afa_eval.data.readers import read

        data = read(data)
    if isinstance(data, pd.DataFrame):
        frame = with_derived(data)
        has_waves, has_sessions = (
            "wave" in frame.columns,
            any(str(name).startswith("sessions_") for name in frame.columns),
        )
        return Tables(
            pupils=None if has_waves or has_sessions else frame,
            attendance=frame if has_sessions else None,
            responses=frame if has_waves else None,
        )
    if isinstance(data, Mapping):
        unknown = sorted(set(data) - {*TABLE_NAMES, "census"})
        if unknown:
            raise DataError(f"Unknown table '{unknown[0]}'. There are: {', '.join(TABLE_NAMES)}.")
        frames: dict[str, Any] = {name: with_derived(frame) for name, frame in data.items()}
        return Tables(**frames)
    raise DataError(f"Expected tables as a pandas frame, a mapping of them or a path, not {type(data).__name__}.")


def with_derived(frame: pd.DataFrame) -> pd.DataFrame:
    """What is the table with the columns that follow from others?

    Parameters
    ----------
    frame : pandas.DataFrame
        A canonical table.

    Returns
    -------
    pandas.DataFrame
        A copy with ``pupil_id`` and ``urn`` as text and ``sen`` (none or any) from
        ``sen_provision``.
    """
    frame = frame.copy()
    if "pupil_id" not in frame.columns and "wave" not in frame.columns:
        frame.insert(0, "pupil_id", [str(number) for number in range(1, len(frame) + 1)])
    for name in ("pupil_id", "urn"):
        if name in frame.columns:
            known = frame[name].notna()
            frame[name] = frame[name].astype(str).where(known)
    if "sen_provision" in frame.columns and "sen" not in frame.columns:
        provision = frame["sen_provision"]
        frame["sen"] = provision.map(lambda code: "none" if code == "N" else "any").where(provision.notna())
    return frame
