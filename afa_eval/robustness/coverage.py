"""Whom do the scores leave out, and could those children change the picture?"""

from __future__ import annotations

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimand, Estimates, Finding, Severity, words
from afa_eval.robustness.base import name_of, said

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
    shares = {item.group: item.value for item in estimates if item.estimand == Estimand.COVERAGE}
    low = {group: share for group, share in shares.items() if share < design.min_coverage}
    if not low:
        return ()
    named = ", ".join(f"{words.label(group)} ({words.amount(share, 'proportion')})" for group, share in low.items())
    message = (
        f"Fewer than {words.number(design.min_coverage, 'proportion', 0)}% of pupils have the scores needed for {name_of(design)} "
        f"in: {named}. Their progress is that of the pupils who could be tested, and is a description only."
    )
    fix = "Read the share at the standard, which counts every pupil, and the coverage table."
    serious = "all" in low or design.focus in low
    return (said(design, "low-coverage", Severity.SERIOUS if serious else Severity.CONCERN, message, fix),)


def _below(design: ProgressQuestion, estimates: Estimates) -> tuple[Finding, ...]:
    table = next((item for item in estimates.tables if item.name == f"coverage-{design.id}"), None)
    if table is None or WORKING_BELOW not in table.columns or "Total" not in table.rows:
        return ()
    whole = dict(zip(table.columns, table.cells[table.rows.index("Total")], strict=True))
    share = (whole[WORKING_BELOW] or 0) / (whole["Total"] or 1)
    message = (
        f"{words.amount(share, 'proportion')} of pupils work below the level of the test and have no score for it. They are "
        "missing because of what the test measures, so no score is made up for them: bounds stand in the table instead."
    )
    return (
        said(design, "working-below", Severity.NOTE, message, "Add a measure that can show these children's progress."),
    )
