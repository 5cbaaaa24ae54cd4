"""The line of a table that the plan names: national progress by year group, start and SEN, of the user's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.codes import years
from afa_eval.comparators.own_records import OwnComparator
from afa_eval.designs.groups import texts
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import ALL_PUPILS, SAME_SEN, SAME_STATUS, SEN_COLUMNS, Line, National, not_found
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import ComparatorError

PROPORTION = "proportion"
REACHED, EXPECTED_SHARE = "above-national-average-share", "expected-progress-share"  # alone or behind an outcome's name
NAMED = (REACHED, EXPECTED_SHARE)
Pupil = tuple[object, object, object, float]  # SEN group, phase, year group when the figure was taken, first score


def own_table_lines(question: ProgressQuestion, people: Cohort, sen: pd.Series) -> National:
    """Which progress does the plan's table give for pupils like these?

    A row holds for a year group (that of the outcome's year), a SEN group, a phase and a range of
    first scores, each where it names one; the row that names most counts. Its value is the
    national mean gain (or mean outcome, where there is no gain) in the outcome's own unit. A
    standard deviation in the table is that of gains and is no denominator: name the norm's.

    Parameters
    ----------
    question : ProgressQuestion
        Its comparator is the path of the table.
    people : Cohort
        The pupils.
    sen : pandas.Series
        Comparator group of each pupil.

    Returns
    -------
    National
        The same SEN group first, where the table has it; then all pupils.

    Raises
    ------
    ComparatorError
        Where the file is not there or cannot be used.
    """
    rows = _rows(question, question.unit)
    lines = table_lines(question, people, sen, rows)
    if not lines:
        return National(findings=(not_found(question, [_no_rows(question, question.unit)]),))
    shares = {
        line.against: line.national for line in table_lines(question, people, sen, _rows(question, PROPORTION, REACHED))
    }
    lines = tuple(replace(line, share=shares.get(line.against)) for line in lines)
    everyone = next((line for line in lines if line.against == ALL_PUPILS), None)
    known = everyone is not None and everyone.same_start
    return National(lines, everyone.national if everyone is not None and known else None)


def own_share_lines(question: ProgressQuestion, people: Cohort, sen: pd.Series) -> tuple[Line, ...]:
    """Which national shares does the plan's table give: at the standard, or making expected progress?

    Parameters
    ----------
    question : ProgressQuestion
        Its comparator is the path of the table.
    people : Cohort
        The pupils.
    sen : pandas.Series
        Comparator group of each pupil.

    Returns
    -------
    tuple of Line
        From rows whose unit is ``proportion``, the same SEN group first: those of expected progress are of the measure
        ``expected-progress-share``; none where there are none.
    """
    measure = EXPECTED_SHARE if question.share_is_expected else ""
    return table_lines(question, people, sen, _rows(question, PROPORTION, measure))


def table_lines(
    question: ProgressQuestion, people: Cohort, sen: pd.Series, rows: list[OwnComparator]
) -> tuple[Line, ...]:
    """Which lines do these rows draw?

    Parameters
    ----------
    question : ProgressQuestion
        With both years.
    people : Cohort
        The pupils.
    sen : pandas.Series
        Comparator group of each pupil.
    rows : list of OwnComparator
        The figures of one measure and year.

    Returns
    -------
    tuple of Line
        Those that hold for any pupil.
    """
    frame = people.frame
    empty = pd.Series(None, index=frame.index, dtype=object)
    phase = frame["phase"] if "phase" in frame.columns else empty
    group = _year_then(question, frame["year_group"]) if "year_group" in frame.columns else empty
    of_sen = [row for row in rows if row.sen != "all"]
    against = SAME_STATUS if {row.sen for row in of_sen} <= {"any", "none"} else SAME_SEN
    same = _line(of_sen, against, _keys(sen, phase, group, people.before), frame.index)
    everyone = pd.Series("all", index=frame.index)
    all_rows = [row for row in rows if row.sen == "all"]
    whole = _line(all_rows, ALL_PUPILS, _keys(everyone, phase, group, people.before), frame.index)
    return tuple(line for line in (same, whole) if line is not None)


def _rows(question: ProgressQuestion, unit: str, measure: str = "") -> list[OwnComparator]:
    """The rows of the outcome's year and unit; of several measures the one named like the outcome, or this one."""
    table = comparators.read(question.comparator)
    named = {f"{part}-{measure}" for part in (question.id, question.outcome, question.subject) if part} | {measure}
    rows = [row for row in table if row.comparator.unit == unit]
    rows = [
        row for row in rows if (row.comparator.slug in named if measure else not row.comparator.slug.endswith(NAMED))
    ]
    dates = {row.comparator.year for row in rows}
    year = question.outcome_year or (dates.pop() if len(dates) == 1 else "")
    rows = [row for row in rows if row.comparator.year == year and not (row.sex or row.fsm or row.need)]
    slugs = {row.comparator.slug for row in rows}
    if len(slugs) > 1 and not measure:
        wanted = slugs & {question.id, question.outcome, question.subject}
        if len(wanted) != 1:
            raise ComparatorError(
                f'{table.name} has several measures ({", ".join(sorted(slugs))}) in {unit}: name one in the plan, subject = "...".'
            )
        rows = [row for row in rows if row.comparator.slug in wanted]
    return rows


def _no_rows(question: ProgressQuestion, unit: str) -> str:
    when = years.label(question.outcome_year) if question.outcome_year else "one year"
    return f"The table named as comparator has no row in {unit} for {when} that these pupils fit."


def _year_then(question: ProgressQuestion, year_group: pd.Series) -> pd.Series:
    """Year groups stand at baseline; the table's are those of the outcome's year."""
    if not (question.baseline_year and question.outcome_year):
        return texts(year_group)
    return texts(year_group + (years.start(question.outcome_year) - years.start(question.baseline_year)))


def _keys(sen: pd.Series, phase: pd.Series, group: pd.Series, before: pd.Series) -> list[Pupil]:
    return list(zip(sen, phase, group, before, strict=True))


def _line(rows: list[OwnComparator], against: str, pupils: list[Pupil], index: pd.Index) -> Line | None:
    found: dict[Pupil, OwnComparator | None] = {}
    chosen = [found[key] if key in found else found.setdefault(key, _best(rows, key)) for key in pupils]
    if not any(row is not None for row in chosen):
        return None
    cells = pd.Series([None if row is None else str(row.row) for row in chosen], index=index, dtype=object)
    values = pd.Series([np.nan if row is None else row.comparator.value for row in chosen], index=index)
    used = [row for row in found.values() if row is not None]
    return Line(
        against,
        values,
        cells,
        {str(row.row): row.comparator for row in rows},
        same_children=against != ALL_PUPILS,
        same_start=all(_starts(row) for row in used),
        matched=_matched(used),
    )


def _starts(row: OwnComparator) -> bool:
    return row.start_low is not None or row.start_high is not None


def _matched(used: list[OwnComparator]) -> frozenset[str]:
    """Columns that every row in use names."""
    names = {"year_group"} if all(row.year_group for row in used) else set()
    names |= {"phase"} if all(row.phase != "all" for row in used) else set()
    by_sen = frozenset({"sen"}) if any(row.sen == "any" for row in used) else SEN_COLUMNS
    return by_sen | names


def _best(rows: list[OwnComparator], pupil: Pupil) -> OwnComparator | None:
    fitting = [row for row in rows if all(test(row, pupil) for test in _TESTS)]
    return max(fitting, key=_named, default=None)


def _named(row: OwnComparator) -> int:
    """How much does a row say about whom it holds for?"""
    exact = row.sen not in ("all", "any")
    return exact + (row.year_group != "") + (row.phase != "all") + _starts(row)


def _sen(row: OwnComparator, pupil: Pupil) -> bool:
    group = pupil[0]
    return row.sen == group or (row.sen == "any" and group in {"support", "ehcp", "any"})


def _phase(row: OwnComparator, pupil: Pupil) -> bool:
    return row.phase == "all" or row.phase == pupil[1]


def _year_group(row: OwnComparator, pupil: Pupil) -> bool:
    return row.year_group == "" or row.year_group == pupil[2]


def _start(row: OwnComparator, pupil: Pupil) -> bool:
    if row.start_low is None and row.start_high is None:
        return True
    low = -math.inf if row.start_low is None else row.start_low
    high = math.inf if row.start_high is None else row.start_high
    return low <= pupil[3] <= high


_TESTS: tuple[Callable[[OwnComparator, Pupil], bool], ...] = (_sen, _phase, _year_group, _start)
