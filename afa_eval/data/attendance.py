"""From marks of the register or term totals to persistent absence, as DfE counts it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.codes import absence, year_groups, years
from afa_eval.codes import attendance as codes
from afa_eval.data.counting import (
    Counted,
    bounds,
    complaint,
    count,
    doubtful,
    sixth_half_term,
    with_sums,
    years_of,
)
from afa_eval.data.engine import MEMORY, connected
from afa_eval.data.mark_files import in_memory, open_marks, slow_marks, text_marks
from afa_eval.data.marks import Marks
from afa_eval.data.readers import read
from afa_eval.errors import ColumnNotFound, DataError

YOUNGEST, OLDEST = 5, 15  # age on 31 August before the year
AGE_OF_YEAR_GROUP = 4  # a year group's usual age on 31 August is 4 more than its number
SIX_HALF_TERMS_SINCE = "201213"
DAYTIME = frozenset({"n", "no", "0", "false", ""})
AUTUMN_ENDS, SPRING_ENDS = (12, 31), (4, 30)
SUMS = ("sessions_possible", "sessions_authorised", "sessions_unauthorised")


def attendance(marks: object, pupils: object = None, year: object = "202324") -> pd.DataFrame:
    """How much was each enrolment absent in a year, for which reasons, and was it persistent?

    Parameters
    ----------
    marks : table or path
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet, CSV or Excel
        file, with ``pupil_id, urn, date, session`` (AM or PM) and ``code``; or one row a pupil and
        week; or totals of a term with ``sessions_possible, sessions_authorised,
        sessions_unauthorised`` and reasons such as ``sessions_illness``.
    pupils : table or path, optional
        ``pupil_id`` and ``age`` (on 31 August before the year), ``date_of_birth`` or
        ``year_group``; ``boarder`` where known. Given, DfE's population is taken: aged 5 to 15,
        no boarders, without the sixth half-term of 15-year-olds and of whoever enrolled in it.
        Without it no age rule is applied.
    year : object
        Academic year, any form that ``codes.years.parse`` reads; marks of other years are left
        out with a warning.

    Returns
    -------
    pandas.DataFrame
        One row an enrolment (pupil and school) with any possible session, ordered by pupil and
        school: ``pupil_id, urn, sessions_possible, sessions_authorised, sessions_unauthorised``
        (whole numbers of half days), ``absence_rate`` (proportion), ``persistent`` and ``severe``
        (by the definition of the year), one column a reason such as ``sessions_part_time``, and
        ``year``. Schools with few enrolments are left out where rates are made, not here.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    DataError
        Listing codes that are unknown or not of that year, days and sessions that are none, and
        marks that stand twice.

    Examples
    --------
    >>> days = ["04/09/2023"] * 2
    >>> marks = pd.DataFrame({"pupil_id": "P1", "urn": "100001", "date": days, "session": ["AM", "PM"], "code": ["/", "I"]})
    >>> attendance(marks)[["sessions_possible", "sessions_authorised", "absence_rate", "persistent"]].values.tolist()
    [[2, 1, 0.5, True]]
    """
    when = years.parse(year)
    people = None if pupils is None else _people(pupils, when)
    totals = _totals(marks)
    if totals is not None:
        return _finished(_of_totals(totals, people, when), when, "six-half-terms", None)
    counted, period = _count(marks, when, halves=people is not None)
    frame = counted.frame
    ages = None
    if people is not None:
        frame = _population(_with_school(frame, people), people, when)
        ages = frame["pupil_id"].map(people["age"]).to_numpy(dtype=np.float64)
    if len(frame) and frame["urn"].isna().all():
        raise ColumnNotFound.of("urn", "the school", "marks or pupils", frame.columns[:1])
    return _finished(with_sums(frame, when), when, period, ages)


def rates(table: pd.DataFrame, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Which shares of enrolments and sessions does DfE publish?

    Parameters
    ----------
    table : pandas.DataFrame
        As ``attendance`` gives it, with columns to group by.
    by : str or sequence of str, optional
        Columns of the groups.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``pupils``, ``enrolments``, ``persistent`` and ``severe`` (enrolments),
        ``persistent_share`` and ``severe_share`` of enrolments, ``absence_rate`` (sums of sessions
        over sums of sessions, not a mean of pupils' rates), ``share_of_absence`` that is due to
        persistent absentees; proportions throughout.
    """
    groups = [by] if isinstance(by, str) else list(by or [])
    absent = table["sessions_authorised"] + table["sessions_unauthorised"]
    work = table.assign(_absent=absent, _theirs=absent.where(table["persistent"], 0), _all="all")
    sums = work.groupby(groups or "_all", sort=True, observed=True).agg(
        pupils=("pupil_id", "nunique"), enrolments=("pupil_id", "size"), persistent=("persistent", "sum"),
        severe=("severe", "sum"), _possible=("sessions_possible", "sum"), _absent=("_absent", "sum"), _theirs=("_theirs", "sum"),
    )  # fmt: skip
    sums["persistent_share"] = sums["persistent"] / sums["enrolments"]
    sums["severe_share"] = sums["severe"] / sums["enrolments"]
    sums["absence_rate"] = sums["_absent"] / sums["_possible"]
    sums["share_of_absence"] = sums["_theirs"] / sums["_absent"]
    return sums.drop(columns=["_possible", "_absent", "_theirs"]).reset_index(drop=not groups)


def total(given: Any, reasons: Any, possible: Any) -> Any:
    """Which total of absence does DfE take where the total and the reasons differ?

    Parameters
    ----------
    given, reasons, possible : int, array or Series
        Sessions: the total handed in, the sum of its reasons, and the possible ones.

    Returns
    -------
    int, array or Series
        The larger of the two; 0 where it exceeds the possible sessions.

    Examples
    --------
    >>> int(total(50, 42, 120)), int(total(40, 50, 120)), int(total(50, 42, 45))
    (50, 50, 0)
    """
    larger = np.maximum(given, reasons)
    return np.where(larger > possible, 0, larger)


def _count(marks: object, year: str, *, halves: bool) -> tuple[Counted, str]:
    import duckdb

    with connected(MEMORY) as engine:
        tries: list[Any] = [open_marks] if not isinstance(marks, str | Path) else [open_marks, text_marks, slow_marks]
        for number, opened in enumerate(tries):
            try:
                found = opened(marks, engine)
                counted = count(found, year, halves=halves)
                break
            except duckdb.Error as error:  # a day or a row further down that is not as the first ones
                if number == len(tries) - 1:
                    raise DataError(f"The marks cannot be counted: {str(error).splitlines()[0]}") from error
        period = _covered(found, year) if absence.definition(year).rule != "own-possible" else ""
        _speak(counted, found, year)
        _doubt(found, year)
    return counted, period


def _speak(counted: Counted, marks: Marks, year: str) -> None:
    """Refuse what cannot be counted; say which marks were of other years."""
    where = f"{marks.file}: " if marks.file else ""
    if counted.troubles:
        raise DataError(where + complaint(counted.troubles))
    if counted.frame.empty:
        there = ", ".join(years.label(each) for each in years_of(marks))
        raise DataError(
            f"{where}there are no marks of {years.label(year)}. " + (f"They are of {there}." if there else "")
        )
    if counted.others:
        warnings.warn(
            f"{where}{counted.others:,} marks are not of {years.label(year)} and were left out.",
            UserWarning,
            stacklevel=4,
        )


def _doubt(marks: Marks, year: str) -> None:
    """Say which marks were counted by a code whose meaning is not settled at its source."""
    for each in doubtful(marks, year):
        warnings.warn(f"{each.count:,} marks: {each.message}", UserWarning, stacklevel=5)


def _covered(marks: Marks, year: str) -> str:
    """Which period of the year a standard threshold is for."""
    first, last = bounds(year)
    found = marks.run(
        f"SELECT min(date) AS first, max(date) AS last FROM marks WHERE date BETWEEN DATE '{first}' AND DATE '{last}'"
    )
    begin, end = (pd.Timestamp(found[name][0]) for name in ("first", "last"))
    turn = pd.Timestamp(first.year + 1, 1, 1)
    if end < turn:
        return "autumn"
    if end <= pd.Timestamp(first.year + 1, *SPRING_ENDS):
        return "spring" if begin >= turn else "autumn-spring"
    late = end >= pd.Timestamp(sixth_half_term(year)) and year >= SIX_HALF_TERMS_SINCE
    return "six-half-terms" if late else "five-half-terms"


def _finished(frame: pd.DataFrame, year: str, period: str, ages: NDArray[np.float64] | None) -> pd.DataFrame:
    """Enrolments with a possible session, with their rate and the two thresholds."""
    frame = frame.drop(columns=[name for name in ("sixth",) if name in frame.columns])
    absent, possible = frame["sessions_authorised"] + frame["sessions_unauthorised"], frame["sessions_possible"]
    rule = absence.definition(year)
    aged = False if ages is None else pd.Series(ages == OLDEST, index=frame.index)
    told: dict[str, Any] = {} if rule.rule == "own-possible" else {"period": period, "year": year, "age_15": aged}
    frame.insert(5, "absence_rate", absent / possible.where(possible > 0))
    frame.insert(6, "persistent", absence.persistent(absent, possible, rule, **told).astype(bool))
    frame.insert(7, "severe", absence.persistent(absent, possible, absence.SEVERE).astype(bool))
    return frame[possible > 0].assign(year=year).reset_index(drop=True)


def _population(frame: pd.DataFrame, people: pd.DataFrame, year: str) -> pd.DataFrame:
    """Aged 5 to 15, no boarders; without the sixth half-term where it does not count."""
    age = _age(frame["pupil_id"], people)
    began = frame.groupby(["pupil_id", "urn"], dropna=False)["sixth"].transform("min").astype(bool)
    outside = frame["sixth"] & ((age == OLDEST) | (year < SIX_HALF_TERMS_SINCE))
    kept = age.between(YOUNGEST, OLDEST) & ~frame["pupil_id"].map(people["boarder"]).fillna(False).astype(bool)
    chosen = frame[kept & ~began & ~outside].drop(columns="sixth")
    return chosen.groupby(["pupil_id", "urn"], sort=True, dropna=False, as_index=False).sum()


def _age(pupil: pd.Series, people: pd.DataFrame) -> pd.Series:
    """The age of each row's pupil; who has none is of no age that counts, and that is said."""
    age = pupil.map(people["age"])
    for left, why in (
        (~pupil.isin(people.index), "not in the pupils' table"),
        (pupil.isin(people.index) & age.isna(), "without an age"),
    ):
        if left.any():
            n = int(pupil[left].nunique())
            who = "1 pupil" if n == 1 else f"{n:,} pupils"
            warnings.warn(f"Left out: the sessions of {who} {why}.", UserWarning, stacklevel=4)
    return age


def _with_school(frame: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The pupil's own school, where marks name none: one school's export seldom does."""
    if "urn" not in people.columns or not frame["urn"].isna().all():
        return frame
    return frame.assign(urn=frame["pupil_id"].map(people["urn"]))


def _people(pupils: object, year: str) -> pd.DataFrame:
    """Age on 31 August before the year and whether boarding, by pupil."""
    table = _as_frame(pupils)
    named = {str(name).casefold().replace(" ", "_"): name for name in table.columns}
    key = next((named[name] for name in ("pupil_id", "upn") if name in named), None)
    if key is None:
        raise ColumnNotFound.of("pupil_id", "the pupil", "pupils", table.columns)
    boards = table[named["boarder"]].astype(str).str.strip().str.casefold() if "boarder" in named else None
    boarder = False if boards is None else ~boards.isin(DAYTIME | {"nan", "none", "<na>"})
    people = pd.DataFrame({"pupil_id": table[key].astype(str), "age": _ages(table, named, year), "boarder": boarder})
    if "urn" in named:
        people["urn"] = table[named["urn"]].astype(str)
    people["distance"] = _distance(table, named, year)
    people = people.sort_values("distance", key=np.abs, kind="stable").drop_duplicates("pupil_id")
    return people.set_index("pupil_id")


def _ages(table: pd.DataFrame, named: dict[str, Any], year: str) -> Any:
    if "age" in named:
        return _numbers(table[named["age"]])
    born = next((named[name] for name in ("date_of_birth", "dob") if name in named), None)
    if born is not None:
        day = pd.to_datetime(table[born], dayfirst=not _iso(table[born]), errors="coerce")
        _refuse(table[born], day.isna(), "date of birth")
        had = (day.dt.month < 9).astype(float)
        return years.start(year) - day.dt.year - (1 - had)
    if "year_group" not in named:
        raise ColumnNotFound.of("age", "the age on 31 August, a date of birth or year_group", "pupils", table.columns)
    written = table[named["year_group"]].dropna()
    groups = {text: year_groups.parse(text) for text in written.unique() if str(text).strip()}
    group = table[named["year_group"]].map(groups).astype(float)
    return group + AGE_OF_YEAR_GROUP + _distance(table, named, year)


def _numbers(column: pd.Series, *, whole: bool = False) -> pd.Series:
    """Numbers, or whole ones; blank cells have none."""
    found = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = found.isna() | ((found < 0) | (found % 1 != 0) if whole else False)
    _refuse(column, wrong, "whole number" if whole else "number")
    return found


def _refuse(column: pd.Series, wrong: pd.Series, noun: str) -> None:
    """Where a cell that is filled in could not be understood."""
    texts = column[wrong & column.notna()].astype(str).str.strip()
    strange = texts[texts != ""]
    if len(strange):
        cells = "1 cell" if len(strange) == 1 else f"{len(strange):,} cells"
        raise DataError(f"'{strange.iloc[0]}' in column '{column.name}' is no {noun} ({cells}).")


def _iso(texts: pd.Series) -> bool:
    return bool(texts.astype(str).str.match(r"\d{4}-").all())


def _distance(table: pd.DataFrame, named: dict[str, Any], year: str) -> Any:
    """Years from the pupil's row to the year asked for; 0 where the row names none."""
    column = next((named[name] for name in ("year", "baseline_year") if name in named), None)
    if column is None:
        return pd.Series(0.0, index=table.index)
    starts = {text: years.start(text) for text in table[column].dropna().unique()}
    return (years.start(year) - table[column].map(starts)).fillna(0.0).astype(float)


def _as_frame(table: object) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, str | Path):
        return read(table, table="pupils")
    found: pd.DataFrame = in_memory(table)
    return found


def _totals(marks: object) -> pd.DataFrame | None:
    """Totals of terms where they were handed in instead of marks."""
    if isinstance(marks, str | Path):
        from afa_eval.data.mark_files import has_totals

        return read(marks, table="attendance") if has_totals(Path(marks)) else None
    if isinstance(marks, pd.DataFrame) and "sessions_possible" in marks.columns:
        return marks
    return None


def _of_totals(totals: pd.DataFrame, people: pd.DataFrame | None, year: str) -> pd.DataFrame:
    """Term records as DfE mends and removes them, summed to the enrolment."""
    for name, role in (("pupil_id", "the pupil"), ("urn", "the school"), *((name, "sessions") for name in SUMS)):
        if name not in totals.columns:
            raise ColumnNotFound.of(name, role, "attendance", totals.columns)
    frame = totals if "year" not in totals.columns else totals[totals["year"].map(years.parse) == year]
    kinds = codes.groups(year)
    reasons = [
        name
        for name in frame.columns
        if str(name).removeprefix("sessions_") in kinds and str(name).startswith("sessions_")
    ]
    numbers = frame[[*SUMS, *reasons]].apply(_numbers, whole=True).fillna(0).astype("int64")
    possible = numbers["sessions_possible"]
    for name, kind in ((SUMS[1], "authorised"), (SUMS[2], "unauthorised")):
        own = [each for each in reasons if kinds[str(each).removeprefix("sessions_")] == kind]
        numbers[name] = total(numbers[name], numbers[own].sum(axis=1), possible)
    sound = (possible > 0) & (possible >= numbers[SUMS[1]] + numbers[SUMS[2]])
    keyed = pd.concat([frame[["pupil_id", "urn"]].astype(str), numbers], axis=1)[sound]
    if people is not None:
        age, boards = _age(keyed["pupil_id"], people), keyed["pupil_id"].map(people["boarder"])
        keyed = keyed[age.between(YOUNGEST, OLDEST) & ~boards.fillna(False).astype(bool)]
    summed: pd.DataFrame = keyed.groupby(["pupil_id", "urn"], sort=True, as_index=False).sum()
    return summed
