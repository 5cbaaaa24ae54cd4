"""From the plan's words to national lines: the bundled store, the transition tables, a table of the user's own."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from afa_eval import comparators
from afa_eval.codes import sen as sen_codes
from afa_eval.comparators.store import notices
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import (
    ALL_PUPILS,
    SAME_SEN,
    Line,
    National,
    finding,
    no_comparator,
    norm_line,
    not_found,
)
from afa_eval.designs.progress_own_table import own_share_lines, own_table_lines
from afa_eval.designs.progress_question import TRANSITION, ProgressQuestion
from afa_eval.designs.progress_transition import transition_lines
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator, Finding, Severity


def national(question: ProgressQuestion, people: Cohort) -> National:
    """Which national lines does the plan name for this progress?

    Parameters
    ----------
    question : ProgressQuestion
        With norm and comparator.
    people : Cohort
        The pupils.

    Returns
    -------
    National
        Without lines, and with a Finding that says so, where none is named or found.
    """
    named = [] if question.norm is None else [norm_line(question, people, question.norm)]
    if question.comparator and not question.asks_for_share:
        named.append(_route(question, people))
    useful = [item for item in named if item.lines]
    findings = tuple(found for item in named for found in item.findings)
    if not useful:
        lone = named[0] if named else National()
        shares = share_lines(question, people)[0]
        return replace(lone, findings=(_share_only(question),) if shares else findings or (no_comparator(question),))
    first = useful[-1]  # a comparator that the plan names goes before the norm
    kept = tuple(found for found in findings if found.code != "no-comparator")
    norm_sd = question.norm.sd if question.norm is not None else None
    if first.sd is None and norm_sd is not None and question.norm is not None:
        first = replace(first, sd=norm_sd, sd_from=f"the norm of {question.norm.test}")
    return replace(first, findings=kept)


def _share_only(question: ProgressQuestion) -> Finding:
    """No line for the gain, but a national share."""
    message = (
        f"The share of '{question.label or question.id}' is set against a national share. The gain is set against no national line, "
        "so it describes what happened: children everywhere learn in a year."
    )
    return finding(
        question, "no-comparator", Severity.NOTE, message, "Read the share, or name a table of national gains."
    )


def share_lines(question: ProgressQuestion, people: Cohort) -> tuple[tuple[Line, ...], tuple[Finding, ...]]:
    """Which national shares does the plan name?

    Parameters
    ----------
    question : ProgressQuestion
        With the comparator.
    people : Cohort
        The pupils.

    Returns
    -------
    tuple of (tuple of Line, tuple of Finding)
        The same SEN group's share, then that of all pupils, where they are published.
    """
    if question.own_table:
        return own_share_lines(question, people, sen_group(people)), ()
    if not question.asks_for_share:
        return (), ()
    lines, reasons = _store_lines(question, people)
    return (lines, ()) if lines else ((), (_missing(question, reasons),))


def _missing(question: ProgressQuestion, reasons: list[str]) -> Finding:
    """Why a bundled series has nothing: a known gap, else what was said of all pupils."""
    gaps = notices("gap", question.comparator, question.outcome_year)
    return not_found(question, list(gaps) or reasons[-1:])


def _route(question: ProgressQuestion, people: Cohort) -> National:
    name = question.comparator
    if name == TRANSITION:
        return transition_lines(question, people)
    if question.own_table:
        return own_table_lines(question, people, sen_group(people))
    return _from_store(question, people)


def sen_group(people: Cohort) -> pd.Series:
    """Which comparator group is each pupil in?

    Parameters
    ----------
    people : Cohort
        The pupils.

    Returns
    -------
    pandas.Series of str
        none, support or ehcp; any or none where provision is unknown; missing where nothing is.
    """
    frame = people.frame
    nothing = pd.Series(None, index=frame.index, dtype=object)
    group = frame["sen"].astype(object) if "sen" in frame.columns else nothing
    if "sen_provision" not in frame.columns:
        return group
    codes = frame["sen_provision"]
    exact = codes.map({code: sen_codes.group(code) for code in codes.dropna().unique()})
    return exact.where(codes.notna(), group)


def _from_store(question: ProgressQuestion, people: Cohort) -> National:
    """DfE's own progress scores: the same SEN group first, then all pupils."""
    lines, reasons = _store_lines(question, people)
    if not lines:
        return National(findings=(_missing(question, reasons),))
    everyone = next((line for line in lines if line.against == ALL_PUPILS), None)
    # a progress score is a distance from pupils with the same start, whose mean is 0 by definition
    average = everyone.national if everyone is not None else pd.Series(0.0, index=people.frame.index)
    spreads = {record.sd for line in lines[-1:] for record in line.records.values()}
    sd = spreads.pop() if len(spreads) == 1 else None
    return National(lines, average, sd=sd, sd_from="published with the national figure" if sd is not None else "")


def _store_lines(question: ProgressQuestion, people: Cohort) -> tuple[tuple[Line, ...], list[str]]:
    index = people.frame.index
    if question.comparator not in comparators.slugs():
        comparators.find(question.comparator, year=question.outcome_year or "200001")  # raises, naming the nearest
    if not question.outcome_year:
        return (), ["National figures are of a year, and the plan names no outcome_year."]
    same = sen_group(people)
    reasons: list[str] = []
    groups = [str(group) for group in same[people.usable].dropna().unique()]
    records: dict[str, Comparator] = {}
    for group in (*sorted(groups), "all"):
        try:
            found = comparators.find(question.comparator, year=question.outcome_year, sen=group)
            records[group] = (
                replace(found, unit=question.unit) if question.is_dfe_progress else found
            )  # Progress 8: grades
        except ComparatorError as error:
            reasons.append(str(error))
    values = {group: record.value for group, record in records.items()}
    lines = []
    if set(values) - {"all"}:
        by_group = {group: record for group, record in records.items() if group != "all"}
        known = same.where(same.isin(by_group))
        lines.append(
            Line(
                SAME_SEN,
                known.map(values).astype(float),
                known,
                by_group,
                same_children=True,
                same_start=question.is_dfe_progress,
            )
        )
    if "all" in values:
        cells = pd.Series("all", index=index)
        line = Line(
            ALL_PUPILS,
            pd.Series(values["all"], index=index),
            cells,
            {"all": records["all"]},
            False,
            same_start=question.is_dfe_progress,
        )
        lines.append(line)
    return tuple(lines), reasons
