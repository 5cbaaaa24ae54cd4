"""Shares of pupils: at the standard, making DfE's expected progress; and what bounds hold without scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from afa_eval.codes import years
from afa_eval.designs.clustered import answer
from afa_eval.designs.progress_answers import Group, as_share, mean
from afa_eval.designs.progress_claims import claim_of
from afa_eval.designs.progress_frame import Cohort, Mask, sen_groups
from afa_eval.designs.progress_lines import Line, finding, ordered
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimand, Estimate, Finding, Severity, Table

E = Estimand
LAST_EXPECTED = "201415"
LEVEL = 6.0  # National Curriculum points: points = 6 * level + 3
KS1_TO_KS2_LEVELS = 2
KS1_YEAR_GROUP, KS2_YEAR_GROUP = 2, 6


def standard(question: ProgressQuestion, people: Cohort, group: Group, lines: tuple[Line, ...]) -> list[Estimate]:
    """Which share of all eligible pupils is at the standard?

    A pupil without a score counts as not at the standard, whatever the reason, but for those who
    left before the last measurement: they are not eligible any more.

    Parameters
    ----------
    question : ProgressQuestion
        With the standard.
    people : Cohort
        The pupils.
    group : Group
        Which of them.
    lines : tuple of Line
        The national shares at the standard, where the plan names any.

    Returns
    -------
    list of Estimate
        Share before, after and change (where both scores are on one scale), and after minus
        national.
    """
    if question.standard is None:
        return []
    rows = group.members & (people.school >= 0)
    if not rows.any():
        return []
    after = (people.after >= question.standard).astype(float)
    method = f"pupils at {question.standard:g} or above{_beside_norm(question)} as a share of all eligible pupils"
    notes: tuple[str, ...] = ("Eligible pupils without a score count as not at the standard.",)
    notes += ("The standard is a line that the plan draws, no official one.",) * (question.scale == "standardised")

    def said(estimand: Estimand, values: pd.Series, unit: str = "proportion") -> Estimate:
        what = mean(people, values, rows)
        return answer(question, group.label, estimand, what, unit=unit, base="pupils", method=method, notes=notes)

    found = [said(E.STANDARD_SHARE_AFTER, after)]
    if question.has_gain:
        before = (people.before >= question.standard).astype(float)
        found.insert(0, said(E.STANDARD_SHARE_BEFORE, before))
        found.append(said(E.STANDARD_SHARE_CHANGE, after - before, "proportion difference"))
    said_of = "share at the standard, all eligible pupils counted,"
    return found + _minus_national(question, people, group, rows, after, lines, said_of)


def _beside_norm(question: ProgressQuestion) -> str:
    """Where the standard lies, in the norm's own measure."""
    norm = question.norm
    if norm is None or norm.mean is None or norm.sd is None or question.standard is None:
        return ""
    away = (question.standard - norm.mean) / norm.sd
    if away == 0:
        return " (the norm's mean)"
    plural = "" if abs(away) == 1 else "s"
    side = "below" if away < 0 else "above"
    return f" ({abs(away):.2g} standard deviation{plural} {side} the norm's mean)"


def _minus_national(
    question: ProgressQuestion,
    people: Cohort,
    group: Group,
    rows: Mask,
    values: pd.Series,
    lines: tuple[Line, ...],
    says: str,
    *,
    covered: bool = True,
) -> list[Estimate]:
    """The share minus each national one, that of the closest children first."""
    found = []
    for line in ordered(lines, rows):
        both = rows & line.known
        comparator = line.comparator(both)
        if comparator is None:
            continue
        claim, notes = claim_of(question, people, line, group.label, covered=covered)
        found.append(
            answer(
                question,
                group.label,
                E.SHARE_MINUS_NATIONAL,
                mean(people, values - line.national, both).allowing(line.se(both)),
                unit="proportion difference",
                base="pupils",
                claim=claim,
                method=f"{says} minus that of {line.whom}; {line.certainty}",
                comparator=as_share(comparator),
                notes=notes,
            )
        )
    return found


def reached_share(question: ProgressQuestion, people: Cohort) -> tuple[pd.Series, Mask] | None:
    """Who reaches what the named share counts, and of which pupils?

    Parameters
    ----------
    question : ProgressQuestion
        With the comparator, and the standard where it is one.
    people : Cohort
        The pupils.

    Returns
    -------
    tuple of (pandas.Series of float, ndarray of bool) or None
        1 or 0 for each pupil, and who is counted; None where neither is asked for.
    """
    if question.share_is_expected:
        counted = people.usable & at_end_of_key_stage_2(people)
        return None if why_not_expected(question) or not counted.any() else (_made_expected(people), counted)
    if question.standard is None:
        return None
    return (people.after >= question.standard).astype(float), people.masks["all"] & (people.school >= 0)


def _made_expected(people: Cohort) -> pd.Series:
    return (people.progress >= KS1_TO_KS2_LEVELS * LEVEL - 1e-9).astype(float)


def spans_key_stage_2(question: ProgressQuestion) -> bool:
    """Is the first score of the end of Key Stage 1 and the last of the end of Key Stage 2?

    Parameters
    ----------
    question : ProgressQuestion
        With both academic years.

    Returns
    -------
    bool
        True where four years lie between them.
    """
    if not (question.baseline_year and question.outcome_year):
        return False
    apart = years.start(question.outcome_year) - years.start(question.baseline_year)
    return apart == KS2_YEAR_GROUP - KS1_YEAR_GROUP


def expected(question: ProgressQuestion, people: Cohort, group: Group, lines: tuple[Line, ...]) -> list[Estimate]:
    """Which share made DfE's expected progress, two levels from Key Stage 1 to 2?

    Parameters
    ----------
    question : ProgressQuestion
        On National Curriculum points, both key-stage ends, to 2014/15.
    people : Cohort
        The pupils.
    group : Group
        Which of them.
    lines : tuple of Line
        The national shares, where the plan names any.

    Returns
    -------
    list of Estimate
        Empty where the measure does not apply; ``expected_findings`` says why.
    """
    if why_not_expected(question) or not _wants_expected(question):
        return []
    rows = group.scored & at_end_of_key_stage_2(people)
    if not rows.any():
        return []
    made = _made_expected(people)
    what = mean(people, made, rows)
    method = "share gaining two levels (12 National Curriculum points) from Key Stage 1 to 2, DfE's measure to 2015"
    share = answer(
        question, group.label, E.EXPECTED_PROGRESS_SHARE, what, unit="proportion", base="pupils", method=method
    )
    return [
        share,
        *_minus_national(
            question, people, group, rows, made, lines, "share making expected progress", covered=group.covered
        ),
    ]


def at_end_of_key_stage_2(people: Cohort) -> Mask:
    """Which pupils were in Year 2 at the first measurement?

    Parameters
    ----------
    people : Cohort
        With year groups at baseline.

    Returns
    -------
    ndarray of bool
        All where no year group is known.
    """
    if "year_group" not in people.frame.columns:
        return np.ones(len(people.frame), dtype=bool)
    return (people.frame["year_group"] == KS1_YEAR_GROUP).fillna(False).to_numpy(dtype=bool)


def _wants_expected(question: ProgressQuestion) -> bool:
    return question.expected_progress or (question.scale == "nc-points" and spans_key_stage_2(question))


def why_not_expected(question: ProgressQuestion) -> str:
    """Why is there no expected progress?

    Parameters
    ----------
    question : ProgressQuestion
        The question.

    Returns
    -------
    str
        The reason; empty where it applies.
    """
    if question.outcome_year > LAST_EXPECTED:
        return (
            "DfE's expected progress ended with National Curriculum levels: 2014/15 was its last year, "
            f"and the outcome is of {years.label(question.outcome_year)}"
        )
    if question.scale != "nc-points" or not question.has_gain:
        return "Expected progress is two levels, and needs both scores in National Curriculum points"
    if not spans_key_stage_2(question):
        return "Expected progress runs from the end of Key Stage 1 to the end of Key Stage 2, and is never prorated to a shorter window"
    return ""


def expected_findings(question: ProgressQuestion, people: Cohort) -> tuple[Finding, ...]:
    """What must be said where expected progress was asked for and cannot be given?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    people : Cohort
        Eligible pupils.

    Returns
    -------
    tuple of Finding
        ``expected-progress-refused``, where it was asked for in vain.
    """
    reason = why_not_expected(question)
    if not reason and not (people.usable & at_end_of_key_stage_2(people)).any():
        reason = f"By these files no pupil with both scores was in Year {KS1_YEAR_GROUP} in {years.label(question.baseline_year)}"
    if not (question.expected_progress and reason):
        return ()
    message = f"The share making expected progress is not given. {reason}."
    fix = "Use the share whose progress reached the national average: name a norm or a comparator table."
    return (finding(question, "expected-progress-refused", Severity.CONCERN, message, fix),)


def worst_rank_table(question: ProgressQuestion, people: Cohort) -> Table | None:
    """What can be said of pupils working below the test, without inventing their scores?

    Parameters
    ----------
    question : ProgressQuestion
        With the standard, where there is one.
    people : Cohort
        The pupils.

    Returns
    -------
    Table or None
        ``worst-rank-<id>``: by SEN provision the median last score of pupils with a score, the median with pupils
        working below ranked lowest, and bounds of the share at the standard; None where nobody
        works below the test.
    """
    below = (people.why_not == "working below").to_numpy() & people.after.isna().to_numpy()
    if not below.any():
        return None
    groups = {**sen_groups(people), "Total": np.ones(len(people.frame), dtype=bool)}
    columns = ["Median of pupils with a score", "Median with pupils working below ranked lowest"]
    columns += ["Lowest possible share at the standard (%)", "Highest possible share at the standard (%)"] * (
        question.standard is not None
    )
    made = {name: _bounds(question, people, mask, below) for name, mask in groups.items()}
    return Table(
        name=f"worst-rank-{question.id}",
        title="Last scores with the pupils who work below the test",
        rows=tuple(made),
        columns=tuple(columns),
        cells=tuple(cells for cells, _ in made.values()),
        kind="series",
        unit=question.unit,
        outcome=question.id,
        bases=tuple(bases for _, bases in made.values()),
        row_label="SEN provision",
        note=(
            "No score is made up for pupils who work below the test: they are ranked below every score. Where they are "
            "half of a group or more, its median lies below the test and is left empty. The lowest share counts "
            "no pupil without a score as at the standard, the highest all but those who work below the test."
        ),
    )


def _bounds(
    question: ProgressQuestion, people: Cohort, mask: Mask, below: Mask
) -> tuple[tuple[float | None, ...], tuple[int, ...]]:
    scores = people.after[mask].dropna()
    ranked = np.concatenate([scores.to_numpy(), np.full(int((mask & below).sum()), -np.inf)])
    middle = float(np.quantile(ranked, 0.5, method="inverted_cdf")) if ranked.size else float("nan")
    cells: list[float | None] = [
        float(scores.median()) if len(scores) else None,
        middle if np.isfinite(middle) else None,
    ]
    bases = [len(scores), ranked.size]
    if question.standard is not None:
        at = float((people.after[mask] >= question.standard).sum())
        unknown = float((people.after[mask].isna().to_numpy() & ~below[mask]).sum())
        n = int(mask.sum())
        cells += [100 * at / n, 100 * (at + unknown) / n] if n else [None, None]
        # the two bounds together tell how many are unknown: the smallest number behind them decides
        behind = [int(count) for count in (at, unknown, n - at - unknown) if count]
        bases += [min(behind, default=n)] * 2
    return tuple(cells), tuple(bases)
