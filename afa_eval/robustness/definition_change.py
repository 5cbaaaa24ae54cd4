"""Did the meaning of what is counted change between the two years?"""

from __future__ import annotations

from afa_eval.codes import years
from afa_eval.data.tables import Tables
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.base import Design
from afa_eval.designs.groups import parse
from afa_eval.estimate import Estimates, Finding, Severity
from afa_eval.robustness.base import said

NEW_ATTENDANCE_CODES = "202425"
SEN_REFORM = "201415"
COVID_YEARS = ("202021", "202122")
SHORT_YEAR = "201920"


def definition_change(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could a change of definition look like a change of children?

    Parameters
    ----------
    design : Design
        With its two years.
    tables : Tables
        Not needed.
    estimates : Estimates
        Not needed.

    Returns
    -------
    tuple of Finding
        ``no-full-year``, ``attendance-codes-changed``, ``covid-sessions`` and ``sen-definition-changed``.
    """
    before, after = design.baseline_year, design.outcome_year
    if not (before and after):
        return ()
    found = []
    if isinstance(design, AbsenceQuestion):
        found.extend(_attendance(design, before, after))
    if before < SEN_REFORM <= after and _by_sen(design):
        message = (
            "School Action and School Action Plus became SEN support, and statements became EHC plans, from 2014/15: the "
            f"SEN groups of {years.label(before)} and {years.label(after)} were not formed by the same rules."
        )
        found.append(
            said(design, "sen-definition-changed", Severity.CONCERN, message, "Compare all pupils with SEN only.")
        )
    return tuple(found)


def _attendance(design: Design, before: str, after: str) -> list[Finding]:
    found = []
    if SHORT_YEAR in (before, after):
        message = (
            f"There is no full school year {years.label(SHORT_YEAR)}: schools closed to most pupils in March 2020. Absence in "
            "part of a year does not compare with absence in a whole one, and no national figure of that year was published."
        )
        fix = "Choose two full years."
        found.append(said(design, "no-full-year", Severity.SERIOUS, message, fix))
    if before < NEW_ATTENDANCE_CODES <= after:
        message = (
            "Attendance codes changed in August 2024, between the two years: some sessions that counted as attendance "
            "count as absence now, and the reverse."
        )
        fix = "Use session marks, so that both years can be counted by one set of codes, or compare later years."
        found.append(said(design, "attendance-codes-changed", Severity.CONCERN, message, fix))
    if (before in COVID_YEARS) != (after in COVID_YEARS):
        year = before if before in COVID_YEARS else after
        message = (
            f"In {years.label(year)} sessions missed because of COVID-19 restrictions count as possible but not as absence; in the "
            "other year there was no such rule. National figures follow the same rules."
        )
        found.append(said(design, "covid-sessions", Severity.NOTE, message))
    return found


def _by_sen(design: Design) -> bool:
    labels = [design.focus, design.where, *(f"{part.strip()}=x" for spec in design.by for part in spec.split("&"))]
    return any(column.startswith("sen") for label in labels for column, _ in parse(label))
