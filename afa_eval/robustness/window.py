"""Is the time that was measured the time of the programme?"""

from __future__ import annotations

from afa_eval.codes import years
from afa_eval.data.tables import Tables
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.base import Design
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimates, Finding, Severity
from afa_eval.robustness.base import name_of, said

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def window(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could the change lie outside the time of the programme?

    Parameters
    ----------
    design : Design
        With both years and the month the programme began.
    tables : Tables
        Not needed.
    estimates : Estimates
        Not needed.

    Returns
    -------
    tuple of Finding
        ``window-not-programme`` where the programme began after what was measured last, before what
        was measured first, with the year of the first test, or long after the first measurement; a note where it began
        during the year.
    """
    start, before, after = design.programme_start, design.baseline_year, design.outcome_year
    if not (start and before and after):
        return ()
    year, month = int(start[:4]), int(start[4:])
    begun = years.of_month(year, month)
    when = f"{MONTHS[month - 1]} {year}"
    if begun > after:
        return (
            _said(
                design,
                Severity.SERIOUS,
                f"the programme began in {when}, after {_last(after)}: nothing of it was measured",
            ),
        )
    first_year_counts = isinstance(design, AbsenceQuestion)
    if begun < before or (first_year_counts and begun == before and before != after):
        what = (
            f"the programme began in {when}, before {years.label(before)} was over"
            if begun == before
            else (f"the programme began in {when}, before {years.label(before)}")
        )
        return (_said(design, Severity.CONCERN, f"{what}: the first measurement already has the programme in it"),)
    if concern := _first_measurement(design, begun, month, when):
        return (_said(design, Severity.CONCERN, concern),)
    if begun == after and month != years.FIRST_MONTH:
        message = f"the programme began in {when}, during {years.label(after)}: part of that year was without it"
        return (_said(design, Severity.NOTE, message),)
    return ()


def _first_measurement(design: Design, begun: str, month: int, when: str) -> str:
    """What is wrong with when the first measurement was taken? A plan knows its year, not its day."""
    before = design.baseline_year
    tested = isinstance(design, ProgressQuestion) and bool(design.baseline)
    if tested and begun == before and month == years.FIRST_MONTH:
        return (
            f"the programme began in {when}, and the first test was in {years.label(before)}, so after the start. Progress made "
            "before that test is not counted"
        )
    if years.start(begun) - years.start(before) > 1:
        return f"the first measurement is of {years.label(before)}, long before the programme began in {when}"
    return ""


def _last(year: str) -> str:
    return f"the end of {years.label(year)}"


def _said(design: Design, severity: Severity, message: str) -> Finding:
    text = (
        f"The time measured is not the programme's own: for {name_of(design)}, {message}. No figure was scaled to make up "
        "for that."
    )
    fix = "Choose the measurements next before and after the programme, or say what the programme did in that time."
    return said(design, "window-not-programme", severity, text, fix)
