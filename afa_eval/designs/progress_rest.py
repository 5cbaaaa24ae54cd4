"""Progress beside the other pupils of England, where these are more than 2 % of the pupils behind a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.codes import sen as sen_codes
from afa_eval.comparators.rest import VISIBLE, behind, error_of, without
from afa_eval.designs.progress_frame import Cohort, Mask
from afa_eval.designs.progress_lines import Line, National, finding
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.designs.progress_shares import reached_share
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator, Finding, Severity


def without_cohort(question: ProgressQuestion, people: Cohort, national: National) -> National:
    """Which lines remain when a cohort that is more than 2 % of them is taken out?

    Parameters
    ----------
    question : ProgressQuestion
        What is asked.
    people : Cohort
        The pupils.
    national : National
        The lines as published.

    Returns
    -------
    National
        The same where the cohort is no visible part; a line that cannot be taken apart is left out,
        with a Finding that says why.
    """
    lines: list[Line] = []
    said: list[Finding] = []
    for line in national.lines:
        rest, findings = rest_of_line(question, line, people.progress, people.usable)
        lines += [] if rest is None else [rest]
        said += findings
    return replace(national, lines=tuple(lines), findings=(*national.findings, *dict.fromkeys(said)))


def share_without_cohort(
    question: ProgressQuestion, people: Cohort, line: Line | None
) -> tuple[Line | None, tuple[Finding, ...]]:
    """What is left of the national share that the plan names, when these pupils are taken out of it?

    Parameters
    ----------
    question : ProgressQuestion
        What is asked.
    people : Cohort
        The pupils.
    line : Line or None
        As published.

    Returns
    -------
    tuple of (Line or None, tuple of Finding)
        As ``rest_of_line``.
    """
    counted = reached_share(question, people)
    return (line, ()) if line is None or counted is None else rest_of_line(question, line, *counted)


def rest_of_line(
    question: ProgressQuestion, line: Line, values: pd.Series, rows: Mask
) -> tuple[Line | None, tuple[Finding, ...]]:
    """What is left of one line when these pupils are taken out of it?

    Parameters
    ----------
    question : ProgressQuestion
        What is asked.
    line : Line
        As published.
    values : pandas.Series of float
        What the line is the mean of, pupil by pupil.
    rows : ndarray of bool
        The pupils counted.

    Returns
    -------
    tuple of (Line or None, tuple of Finding)
        The line itself where they are at most 2 % of it; None where more, and its number or standard
        deviation is not published.
    """
    codes, names = line.coded
    counted = rows & (codes >= 0)
    numbers = np.bincount(codes[counted], minlength=len(names))
    sums = np.bincount(codes[counted], weights=values.to_numpy(dtype=float)[counted], minlength=len(names))
    cells = {
        name: (int(n), float(total))
        for name, n, total in zip(names, numbers, sums, strict=True)
        if n and name in line.records
    }
    if not _visible(cells, line.records):
        return line, ()
    try:
        found = {name: without(line.records[name], total, n) for name, (n, total) in cells.items()}
    except ComparatorError:
        return None, (_refused(question, line, [line.records[name] for name in cells]),)
    shift = {name: record.value - line.records[name].value for name, record in found.items()}
    moved = line.national + line.cells.map(shift).astype(float).fillna(0.0)
    errors = {name: error_of(record) for name, record in found.items()}
    return replace(line, national=moved, records={**line.records, **found}, share=None, errors=errors), ()


def _visible(cells: Mapping[str, tuple[int, float]], records: Mapping[str, Comparator]) -> bool:
    """Are these pupils more than 2 % of those behind their figures?"""
    sizes = [_size(name, records[name]) for name in cells]
    if not sizes or None in sizes:
        return False  # a norm, or a count that nothing published tells: England's figures are fixed
    return sum(n for n, _ in cells.values()) > VISIBLE * sum(size for size in sizes if size is not None)


def _size(cell: str, record: Comparator) -> float | None:
    if record.slug not in comparators.slugs():
        return None  # the sample of a test's publisher, say: these pupils are no part of it
    if record.n is not None:
        return record.n
    return behind(record.slug, record.year, cell) if cell in sen_codes.GROUPS else None


def _refused(question: ProgressQuestion, line: Line, records: list[Comparator]) -> Finding:
    why = "they are more pupils than stand behind it"
    if any(record.sd is None and record.unit != "proportion" for record in records):
        why = "its standard deviation is not published"
    if any(record.n is None for record in records):
        why = "its number is not published"
    message = (
        f"'{question.label or question.id}': these pupils are more than 2% of {line.against} nationally, so that they "
        f"would be set against themselves in part. They cannot be taken out of England's figure: {why}."
    )
    fix = "Bring the figure with its number and standard deviation (n, sd) in a file of your own, or name the test's norm."
    return finding(question, "cohort-in-comparator", Severity.SERIOUS, message, fix)
