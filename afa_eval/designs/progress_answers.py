"""What each group's pupils gained, and how that stands against the national line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afa_eval.designs.clustered import Clustered, answer
from afa_eval.designs.progress_claims import claim_of
from afa_eval.designs.progress_frame import Cohort, Mask
from afa_eval.designs.progress_lines import Line, National
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate
from afa_eval.kernels.means import cluster_mean

E = Estimand
TELL_FROM = 10  # words must not tell what a table would have to hide


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Which pupils is a set of figures about?

    Attributes
    ----------
    label : str
        The group.
    members : ndarray of bool
        Eligible pupils in it.
    scored : ndarray of bool
        Those with the scores needed.
    covered : bool
        Whether enough of them have scores for a comparison.
    """

    label: str
    members: Mask
    scored: Mask
    covered: bool


def group_of(question: ProgressQuestion, people: Cohort, label: str) -> Group:
    """Which pupils does a label mean, and are enough of them scored?

    Parameters
    ----------
    question : ProgressQuestion
        With the least coverage.
    people : Cohort
        The pupils.
    label : str
        One of the cohort's labels.

    Returns
    -------
    Group
        With what may be claimed.
    """
    mask = people.masks[label]
    return Group(label, mask, mask & people.usable, people.covers(mask, question.min_coverage))


def mean(people: Cohort, values: pd.Series, rows: Mask) -> Clustered:
    """What is the mean of these pupils' values, schools as clusters?

    Parameters
    ----------
    people : Cohort
        With the schools.
    values : pandas.Series of float
        One per pupil.
    rows : ndarray of bool
        Which pupils: all with a value and a school.

    Returns
    -------
    Clustered
        With CR2 error and Satterthwaite degrees of freedom; ``value`` is nan where no pupil is meant.
    """
    found = cluster_mean(values.to_numpy()[rows], people.school[rows])
    return Clustered(found.value, found.se, found.df, found.n, found.n_clusters, found.design_effect)


def figures(question: ProgressQuestion, people: Cohort, national: National, group: Group) -> list[Estimate]:
    """Which figures are there of one group?

    Parameters
    ----------
    question : ProgressQuestion
        What is asked.
    people : Cohort
        The pupils.
    national : National
        The lines.
    group : Group
        Which pupils.

    Returns
    -------
    list of Estimate
        Means, distance from each line, shares; coverage only where nobody in the group has scores.
    """
    covered = [_coverage(question, people, group)]
    if not group.scored.any():
        return covered
    progress = mean(people, people.progress, group.scored)
    lines = national.ordered(group.scored)
    against = [item for line in lines for item in _against(question, people, line, group)]
    return [
        *_means(question, people, group, progress),
        *against,
        *_adjusted(question, people, national, group),
        *_reached(question, people, national, group),
        *covered,
    ]


def headline(question: ProgressQuestion, people: Cohort, national: National, rows: Mask) -> Clustered:
    """What is the figure whose precision counts: mean progress, minus the national line where there is one?

    Parameters
    ----------
    question : ProgressQuestion
        Of pupils chosen by a low first score, progress for the same start is what counts.
    people : Cohort
        The pupils.
    national : National
        The lines.
    rows : ndarray of bool
        Pupils with the scores needed.

    Returns
    -------
    Clustered
        Of those with a national figure, where there is a line.
    """
    if question.chosen_by_baseline and national.expected is not None:
        return mean(people, people.after - national.expected, rows)
    values, known = above_line(people, national, rows)
    found = mean(people, values, known)
    lines = national.ordered(rows)
    return found.allowing(lines[0].se(known)) if lines else found


def above_line(people: Cohort, national: National, rows: Mask) -> tuple[pd.Series, Mask]:
    """How far is each pupil's progress above the national line that counts, and for whom is that known?

    Parameters
    ----------
    people : Cohort
        The pupils.
    national : National
        The lines.
    rows : ndarray of bool
        Pupils with the scores needed.

    Returns
    -------
    tuple of (pandas.Series, ndarray of bool)
        Progress as it is, for all, where there is no line.
    """
    lines = national.ordered(rows)
    if not lines or not (known := rows & lines[0].known).any():
        return people.progress, rows
    return people.progress - lines[0].national, known


def _means(question: ProgressQuestion, people: Cohort, group: Group, progress: Clustered) -> list[Estimate]:
    unit = question.unit
    if question.is_dfe_progress:
        method = "mean of DfE's own pupil progress scores"
        return [
            answer(question, group.label, E.MEAN_PROGRESS, progress, unit=unit, base="pupils", method=method),
        ]
    before, after = mean(people, people.before, group.scored), mean(people, people.after, group.scored)
    paired = "mean of pupils with both scores"
    first_unit = unit if question.has_gain else "points"
    found = [
        answer(question, group.label, E.MEAN_BEFORE, before, unit=first_unit, base="pupils", method=paired),
        answer(question, group.label, E.MEAN_AFTER, after, unit=unit, base="pupils", method=paired),
    ]
    if question.has_gain:
        method = "mean of after minus before, pupils with both scores"
        found.append(answer(question, group.label, E.MEAN_GAIN, progress, unit=unit, base="pupils", method=method))
    return found


def _against(question: ProgressQuestion, people: Cohort, line: Line, group: Group) -> list[Estimate]:
    rows = group.scored & line.known
    comparator = line.comparator(rows)
    if comparator is None:
        return []
    what = mean(people, people.progress - line.national, rows).allowing(line.se(rows))
    claim, notes = claim_of(question, people, line, group.label, covered=group.covered)
    flat = comparator.slug == "test-norm"
    against = "the flat national average gain of all pupils of the same age" if flat else f"that of {line.whom}"
    return [
        answer(
            question,
            group.label,
            E.PROGRESS_MINUS_NATIONAL,
            what,
            unit=question.unit,
            base="pupils",
            claim=claim,
            method=f"mean progress minus {against}; {line.certainty}",
            comparator=comparator,
            notes=(*notes, *matched(rows, group.scored)),
        )
    ]


def matched(rows: Mask, scored: Mask) -> tuple[str, ...]:
    """What is to be said where not every pupil has a national figure to be set against?

    Parameters
    ----------
    rows, scored : ndarray of bool
        Pupils matched, and all with scores.

    Returns
    -------
    tuple of str
        Empty where all are matched.
    """
    left_out = int(scored.sum() - rows.sum())
    if not left_out:
        return ()
    share = f"{rows.sum() / scored.sum():.0%}" if min(left_out, rows.sum()) >= TELL_FROM else "part"
    return (f"National figures exist for {share} of these pupils; the others are left out.",)


def _adjusted(question: ProgressQuestion, people: Cohort, national: National, group: Group) -> list[Estimate]:
    """Against the national relation of last to first score: one group has no other adjusted mean."""
    if national.expected is None or not national.lines:
        return []
    line = national.ordered(group.scored)[0]
    comparator = line.comparator(group.scored, national.expected)
    if comparator is None:
        return []
    what = mean(people, people.after - national.expected, group.scored)
    claim, notes = claim_of(question, people, line, group.label, covered=group.covered, same_start=True)
    return [
        answer(
            question,
            group.label,
            E.ADJUSTED_PROGRESS,
            what,
            unit=question.unit,
            base="pupils",
            claim=claim,
            method=f"mean of last score minus what pupils with the same first score have by {national.expected_by}",
            comparator=replace(
                comparator,
                slug=f"{comparator.slug}-same-start",
                population="pupils with the same first scores, by the norm",
            ),
            notes=notes,
        )
    ]


def _reached(question: ProgressQuestion, people: Cohort, national: National, group: Group) -> list[Estimate]:
    """Which share reached the national average progress of all pupils (AfA's 37 and 42 %)?"""
    if national.average is None:
        return []
    rows = group.scored & national.average.notna().to_numpy()
    if not rows.any():
        return []
    # a hair's breadth of tolerance: 0.1 + 0.2 must count as reaching 0.3
    reached = (people.progress >= national.average - 1e-9).astype(float)
    what = mean(people, reached, rows)
    share = answer(
        question,
        group.label,
        E.ABOVE_NATIONAL_AVERAGE_SHARE,
        what,
        unit="proportion",
        base="pupils",
        method="share of pupils whose progress is at or above the average of all pupils nationally with the same start",
        comparator=None,
        notes=matched(rows, group.scored),
    )
    by_norm = national.expected is not None  # half of all pupils with the same start reach their own average
    minus = [
        _share_minus(question, people, line, group, reached, rows, by_norm) for line in national.ordered(group.scored)
    ]
    return [share, *(item for item in minus if item is not None)]


def _share_minus(
    question: ProgressQuestion,
    people: Cohort,
    line: Line,
    group: Group,
    reached: pd.Series,
    rows: Mask,
    by_norm: bool,
) -> Estimate | None:
    if line.share is None:
        return None
    both = rows & line.share.notna().to_numpy()
    comparator = line.comparator(both, line.share)
    if comparator is None:
        return None
    same_start = line.same_start or by_norm
    claim, notes = claim_of(question, people, line, group.label, covered=group.covered, same_start=same_start)
    whom = replace(line, same_start=same_start).whom
    return answer(
        question,
        group.label,
        E.SHARE_MINUS_NATIONAL,
        mean(people, reached - line.share, both),
        unit="proportion difference",
        base="pupils",
        claim=claim,
        method=f"share reaching the national average progress for the same start minus that share of {whom}; {line.certainty}",
        comparator=_half(comparator) if by_norm and not line.same_start else as_share(comparator),
        notes=notes,
    )


def _half(norm: Comparator) -> Comparator:
    """Half of all pupils with the same start reach their average: by the norm's own relation, not by a count."""
    population = "pupils nationally with the same first scores, by the norm"
    return replace(as_share(norm), slug=f"{norm.slug}-same-start", population=population)


def as_share(comparator: Comparator) -> Comparator:
    """How is a comparator written whose value is a share?

    Parameters
    ----------
    comparator : Comparator
        With the share as its value.

    Returns
    -------
    Comparator
        Unit ``proportion``; no standard deviation, which was of another quantity.
    """
    return replace(comparator, unit="proportion", sd=None)


def _coverage(question: ProgressQuestion, people: Cohort, group: Group) -> Estimate:
    schools = np.unique(people.school[group.members & (people.school >= 0)]).size
    return Estimate(
        outcome=question.id,
        group=group.label,
        estimand=E.COVERAGE,
        value=float(group.scored.sum() / group.members.sum()),
        unit="proportion",
        base="pupils",
        n_pupils=int(group.members.sum()),
        n_schools=schools,
        claim=Claim.DESCRIPTION,
        method="pupils with the scores needed as a share of all eligible pupils",
    )
