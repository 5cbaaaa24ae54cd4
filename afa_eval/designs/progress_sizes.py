"""How large is a difference: in national standard deviations, in months; and how alike are pupils of a school?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from afa_eval.codes import months as table_of_months
from afa_eval.designs.progress_contrasts import GAP
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import National, finding
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Claim, Estimand, Estimate, Finding, Severity

if TYPE_CHECKING:
    import pandas as pd

E = Estimand
LONGEST = 12.0
MONTHS_NOTE = "Equivalent to {months}, not EEF additional progress."
SCALES = ((0.0, 1.0), (50.0, 10.0), (100.0, 15.0))  # mean and sd that scores are usually standardised to
NEAR = 0.02  # of a standard deviation: a published test's norm sample is never these very pupils
BEYOND = "Beyond the table's end: more than 12 months either way is printed as 12."


@dataclass(frozen=True, slots=True)
class Spread:
    """Which standard deviation are differences divided by?

    Attributes
    ----------
    sd : float
        The standard deviation.
    n : int or None
        Pupils it was estimated from; None where it is known (a national one).
    whose : str
        In words.
    own : bool
        Whether it is only the sample's own.
    """

    sd: float
    n: int | None
    whose: str
    own: bool = False


def spread(question: ProgressQuestion, people: Cohort, national: National) -> Spread | None:
    """Which standard deviation is the right denominator here?

    The national one of that test and year, known and without small-sample correction; else that of
    all the trust's pupils within their year group; where only chosen pupils were handed in, the
    sample's own, which is too small and is said to be. The standard deviation of gains is never used.

    Parameters
    ----------
    question : ProgressQuestion
        With how pupils were chosen.
    people : Cohort
        With the first scores of all the trust's pupils.
    national : National
        With the national standard deviation, where known.

    Returns
    -------
    Spread or None
        None where scores do not vary.
    """
    if national.sd is not None:
        return Spread(national.sd, None, f"the national standard deviation ({national.sd_from})")
    known = people.everyone.notna()
    values, year = people.everyone[known], people.everyone_year[known]
    if year.notna().any():
        values = values - values.groupby(year.fillna(-1)).transform("mean")
    groups = max(year.nunique(), 1)
    freedom = len(values) - groups
    if freedom < 2 or not (total := float((values - (0 if year.notna().any() else values.mean())).pow(2).sum())) > 0:
        return None
    own = question.selection.how != "all" and not question.where and not people.has_others
    whose = (
        "the sample's own standard deviation"
        if own
        else "the standard deviation of all the trust's pupils, within year groups"
    )
    return Spread(math.sqrt(total / freedom), len(values), whose, own)


def standardised(question: ProgressQuestion, items: list[Estimate], size: Spread | None) -> list[Estimate]:
    """How large are the figures in standard deviations?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    items : list of Estimate
        Figures in the scale's points.
    size : Spread or None
        The denominator.

    Returns
    -------
    list of Estimate
        ``g_national`` by a national standard deviation (known: value, error and interval are all
        divided by it), else ``g_trust``; ``g_gap_change`` of the gap. Groups and contrasts divide the
        same figure: progress for the same start where the line tells it, else progress.
    """
    if size is None:
        return []
    lined = any(item.estimand == E.PROGRESS_MINUS_NATIONAL for item in items)
    chosen = [item for item in items if item.estimand == _base(question, item, lined)]
    once = {item.group: item for item in reversed(chosen)}  # the first of a group counts
    return [_standardise(item, size) for item in chosen if once[item.group] is item]


def _base(question: ProgressQuestion, item: Estimate, lined: bool) -> Estimand:
    """Which figure is divided: the gap's change; else progress for the same start, where the line tells it; else progress."""
    if item.group == GAP and question.has_gain:
        return E.GAP_CHANGE
    contrast = " - " in item.group
    if question.is_dfe_progress:
        return E.PROGRESS_MINUS_NATIONAL if lined and not contrast else E.MEAN_PROGRESS
    norm = question.norm
    known = norm is not None and norm.correlation is not None and norm.mean is not None and not question.comparator
    if lined and known:
        return E.ADJUSTED_PROGRESS
    if contrast:
        return E.MEAN_GAIN if question.has_gain else E.ADJUSTED_PROGRESS
    return E.PROGRESS_MINUS_NATIONAL if lined else E.MEAN_GAIN


def _standardise(item: Estimate, size: Spread) -> Estimate:
    says = f"{item.estimand} divided by {size.whose}"
    value, se = item.value / size.sd, None if item.se is None else item.se / size.sd
    if size.n is None:
        method = f"{says}, taken as known; {item.method}"
        name = E.G_GAP_CHANGE if item.estimand == E.GAP_CHANGE else E.G_NATIONAL
        return replace(item, estimand=name, value=value, se=se, unit="sd", method=method)
    if se is not None:
        se = math.sqrt(se**2 + value**2 / (2 * (size.n - 1)))
    name = E.G_GAP_CHANGE if item.estimand == E.GAP_CHANGE else E.G_TRUST
    return replace(item, estimand=name, value=value, se=se, unit="sd", method=f"{says}; {item.method}")


def months(question: ProgressQuestion, sizes: list[Estimate], size: Spread | None) -> list[Estimate]:
    """How many months is a contrast, by the table that the plan names?

    Parameters
    ----------
    question : ProgressQuestion
        With the table and who assessed.
    sizes : list of Estimate
        From ``standardised``.
    size : Spread or None
        The denominator: only a national one will do.

    Returns
    -------
    list of Estimate
        For comparisons by a national standard deviation and a test only: never for a bare gain,
        a description, a teacher's rating, or a difference between subgroups.
    """
    if question.assessor != "test" or size is None or size.n is not None:
        return []
    return [_months(question, item) for item in sizes if _deserves_months(question, item)]


def _deserves_months(question: ProgressQuestion, item: Estimate) -> bool:
    contrast = " - " in item.group
    allowed = not contrast or (item.group == GAP and question.has_gain) or item.group.startswith("cohort=")
    return item.claim == Claim.COMPARISON and allowed


def _months(question: ProgressQuestion, item: Estimate) -> Estimate:
    table = question.months_table
    raw = table_of_months.months(item.value, table, allow_unverified=True)
    ends = None if item.ci is None else table_of_months.months_interval(*item.ci, table, allow_unverified=True)
    number = table_of_months.text(raw)
    said = MONTHS_NOTE.format(months=f"{number} month{'' if abs(raw) == 1 else 's'}")
    beyond = any(math.isinf(number) for number in (raw, *(ends or ())))
    known = {entry.name: entry for entry in table_of_months.tables()}
    doubt = () if known[table].verified else (f"The table {table} is not confirmed at its source.",)
    return replace(
        item,
        estimand=E.MONTHS_PROGRESS,
        value=_capped(raw),
        se=None,
        df=None,
        interval=None if ends is None else (_capped(ends[0]), _capped(ends[1])),
        unit="months",
        method=f"{item.estimand} read off the table {table}, both ends of the interval too; {item.method}",
        notes=(*item.notes, said, *doubt, *((BEYOND,) if beyond else ())),
    )


def _capped(value: float) -> float:
    """The table ends at 12; beyond it nothing is defined, and infinity cannot be stored."""
    return math.copysign(LONGEST, value) if math.isinf(value) else value


def size_findings(question: ProgressQuestion, national: National, size: Spread | None) -> tuple[Finding, ...]:
    """What must be said about effect sizes and months that are given or refused?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    national : National
        The lines.
    size : Spread or None
        The denominator.

    Returns
    -------
    tuple of Finding
        ``no-national-sd``, ``sample-sd``, ``months-refused``.
    """
    found = []
    if size is not None and size.own:
        message = (
            "Effect sizes divide by the standard deviation of the chosen pupils themselves, the only one there is. "
            "Pupils chosen because they were low are alike, so it is too small and the effect size too large."
        )
        fix = "Hand in the scores of all pupils of the year groups, or name the test's national standard deviation."
        found.append(finding(question, "sample-sd", Severity.CONCERN, message, fix))
    if national.lines and national.sd is None:
        message = "No national standard deviation is known for this outcome, so no national effect size and no months are given."
        fix = "Name it: norm = { ..., sd = ... }, or an sd column in the comparator table."
        found.append(finding(question, "no-national-sd", Severity.NOTE, message, fix))
    if question.assessor != "test" and national.lines:
        message = "Months of progress are not given: the scores are teachers' ratings, and the tables of months are about tests."
        found.append(finding(question, "months-refused", Severity.NOTE, message))
    return tuple(found)


def standardised_within(question: ProgressQuestion, people: Cohort, national: National) -> tuple[Finding, ...]:
    """Were both scores standardised on these pupils themselves, so that their average gain is nought by construction?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    people : Cohort
        With both scores.
    national : National
        The lines; with one of them the average is set against something, and nothing is said.

    Returns
    -------
    tuple of Finding
        ``standardised-within``, or nothing.
    """
    if national.lines or not question.has_gain or not _on_one_scale(people.before, people.after):
        return ()
    message = (
        "Both scores look as if their scale was made from these pupils themselves: they have the average and the spread of such "
        "scores. If it was, the average gain of all of them is nought whatever happened, and says nothing about them: read who "
        "moved up or down against the others."
    )
    fix = "Use the scores as they were before, or a test with a publisher's norm; or ask about a group (focus)."
    return (finding(question, "standardised-within", Severity.SERIOUS, message, fix),)


def _on_one_scale(*waves: pd.Series) -> bool:
    found = [(float(scores.mean()), float(scores.std())) for scores in waves]
    return any(
        all(abs(mean - centre) < NEAR * unit and abs(sd / unit - 1) < NEAR for mean, sd in found)
        for centre, unit in SCALES
    )
