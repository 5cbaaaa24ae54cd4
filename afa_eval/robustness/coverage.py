"""Whom do the scores leave out, and could those children change the picture?"""

from __future__ import annotations

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimand, Estimates, Finding, Severity, words
from afa_eval.robustness.base import TELL_FROM, name_of, said

WORKING_BELOW = "working below"


def coverage(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could the pupils without scores change the picture?

    Parameters
    ----------
    design : Design
        A progress question, with the least coverage.
    tables : Tables
        Not needed.
    estimates : Estimates
        With ``coverage`` of each group and the table of reasons.

    Returns
    -------
    tuple of Finding
        ``low-coverage`` naming the groups, and ``working-below`` where the test is too hard for some.
    """
    if not isinstance(design, ProgressQuestion):
        return ()
    return (*_low(design, estimates), *_below(design, estimates))


def _low(design: ProgressQuestion, estimates: Estimates) -> tuple[Finding, ...]:
    """Groups by name only: their figures stand in the tables, where small numbers are hidden."""
    shares = {item.group: item for item in estimates if item.estimand == Estimand.COVERAGE}
    low = [group for group, item in shares.items() if item.value < design.min_coverage]
    if not low:
        return ()
    single = [group for group in low if " & " not in group and shares[group].n_pupils >= TELL_FROM]
    named = ", ".join(dict.fromkeys(words.label(group) for group in single)) or "small groups"
    others = (
        f", and {len(low) - len(single)} smaller groups or groups within these"
        if single and len(single) < len(low)
        else ""
    )
    least = f"{words.number(design.min_coverage, 'proportion', 0)}%"
    message = (  # the names stand with their number, in a sentence that falls away where a group may not be named
        f"In some groups, many pupils lack the scores needed for {name_of(design)}. Their progress is that of the pupils "
        f"who could be tested, so it only describes. Fewer than {least} have these scores in: {named}{others}."
    )
    counted = any(item.estimand == Estimand.STANDARD_SHARE_AFTER for item in estimates)
    fix = (
        "Read the share at the standard, which counts every pupil, and the coverage table."
        if counted
        else "Read the coverage table."
        if design.is_dfe_progress
        else "Read the coverage table; a standard named in the plan (standard = ...) gives a share that counts every pupil."
    )
    serious = "all" in low or design.focus in low
    return (said(design, "low-coverage", Severity.SERIOUS if serious else Severity.CONCERN, message, fix),)


def _below(design: ProgressQuestion, estimates: Estimates) -> tuple[Finding, ...]:
    table = next((item for item in estimates.tables if item.name == f"coverage-{design.id}"), None)
    if table is None or WORKING_BELOW not in table.columns or "Total" not in table.rows:
        return ()
    whole = dict(zip(table.columns, table.cells[table.rows.index("Total")], strict=True))
    below, total = whole[WORKING_BELOW] or 0, whole["Total"] or 1
    share = f"{words.amount(below / total, 'proportion')} of pupils" if below >= TELL_FROM else "Some pupils"
    message = (
        f"{share} work below the level of the test and have no score for it. They are "
        "missing because of what the test measures, so no score is made up for them: bounds stand in the table instead."
    )
    return (
        said(design, "working-below", Severity.NOTE, message, "Add a measure that can show these children's progress."),
    )
