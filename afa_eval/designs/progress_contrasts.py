"""How groups differ in progress: gain and ANCOVA side by side, and the gap in one interaction model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.designs.clustered import Clustered, answer, fit_cells
from afa_eval.designs.groups import parse, texts
from afa_eval.designs.progress_frame import Cohort, Mask
from afa_eval.designs.progress_lines import National, finding
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import EstimationError
from afa_eval.estimate import Claim, Estimand, Estimate, Finding, Severity, words
from afa_eval.kernels.moments import ClusterMoments, cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols
from afa_eval.models.multiplicity import adjust

E = Estimand
GAP = "sen=any - sen=none"
NAMED_FIRST = frozenset({"yes", "any", "pilot", "F", "special"})  # the side of a pair that a contrast is named after
YEAR_GROUP = "year_group"
RISING = ("nc-points", "p-scale")  # scales on which older children are higher
TELL_FROM = 30  # pupils on either side: a Finding is words, and tells nothing that a table would have to hide
LORD = 0.1  # of a standard deviation: from here gain and ANCOVA tell different stories
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """How far is one group from another, by both questions one may ask?

    Attributes
    ----------
    label : str
        ``group - rest``.
    gain : Clustered
        Difference of mean gains (or of progress scores).
    ancova : Clustered or None
        Difference of last scores among pupils with the same first score; None without a baseline.
    slope : float
        Of the last score on the first within groups.
    before : float
        Difference of first scores.
    within : float
        Variance of first scores within both groups.
    arms : tuple of int
        Pupils on each side.
    """

    label: str
    gain: Clustered
    ancova: Clustered | None
    slope: float = float("nan")
    before: float = float("nan")
    within: float = float("nan")
    arms: tuple[int, int] = (0, 0)


def pairs(question: ProgressQuestion, people: Cohort) -> list[Pair]:
    """How far is each group from the rest?

    Parameters
    ----------
    question : ProgressQuestion
        With covariates.
    people : Cohort
        The pupils and groups.

    Returns
    -------
    list of Pair
        One per group that has a rest to differ from; of two values of a column only one.
    """
    found = []
    for label in _worth_contrasting(people):
        inside = people.masks[label]
        extra = _covariates(question, people, held_constant(question, people, label))
        rows = people.usable & np.isfinite(extra).all(axis=1) & _known(people, label)
        if not (inside & rows).any() or not (~inside & rows).any():
            continue
        found.append(_pair(question, people, label, inside, rows, extra))
    return found


def _worth_contrasting(people: Cohort) -> list[str]:
    """Every label but ``all``; of a column's two values the one that a reader asks about; no mirror of the SEN gap."""
    singles: dict[str, list[str]] = {}
    for label in people.labels[1:]:
        parts = parse(label)
        key = parts[0][0] if len(parts) == 1 else label
        singles.setdefault(key, []).append(label)
    kept: list[str] = []
    for labels in singles.values():
        asked = next((label for label in labels if parse(label)[0][1] in NAMED_FIRST), labels[-1])
        kept.extend([asked] if len(labels) == 2 else labels)
    mirror = "sen_provision=N" if "sen=any" in kept else ""
    return [label for label in kept if label != mirror]


def _known(people: Cohort, label: str) -> Mask:
    """Pupils whose membership is known: the rest is not who is missing."""
    columns = [column for column, _ in parse(label)]
    known: Mask = np.all([people.frame[column].notna().to_numpy() for column in columns], axis=0)
    return known


def _name(label: str) -> str:
    return GAP if label == "sen=any" else f"{label} - rest"


def _pair(question: ProgressQuestion, people: Cohort, label: str, inside: Mask, rows: Mask, extra: Floats) -> Pair:
    """Both contrasts from one pass: group, first score and covariates against gain and last score."""
    group = inside[rows].astype(np.float64)
    before, progress = people.before.to_numpy()[rows], people.progress.to_numpy()[rows]
    first = before if question.baseline else np.zeros_like(group)
    columns = np.column_stack([np.ones_like(group), group, first, extra[rows], people.after.to_numpy()[rows], progress])
    school = np.unique(people.school[rows], return_inverse=True)[1]
    arms = (int(group.sum()), int(group.size - group.sum()))
    held = 3 + extra.shape[1]
    moments = cluster_moments(columns, school, constant_safe_shift(columns))
    lonely = min(np.unique(school[group == side]).size for side in (0.0, 1.0)) < 2
    gain, _ = _fitted(moments, [0, 1], held + 1, lonely)
    if not question.baseline or gain is None:
        return Pair(_name(label), gain or _bare(group, progress, school), None, arms=arms)
    ancova, slope = _fitted(moments, range(held), held, lonely)
    means = [float(before[group == side].mean()) for side in (0.0, 1.0)]
    within = float((before - np.where(group == 1, means[1], means[0])).var())
    return Pair(_name(label), gain, ancova, slope, means[1] - means[0], within, arms)


def _bare(group: Floats, values: Floats, school: npt.NDArray[np.int64]) -> Clustered:
    value = float(values[group == 1].mean() - values[group == 0].mean())
    return Clustered(value, None, None, values.size, np.unique(school).size)


def _fitted(
    moments: ClusterMoments, regressors: Sequence[int], outcome: int, lonely: bool
) -> tuple[Clustered | None, float]:
    """The group's coefficient with its CR2 error, and the first score's; no error where one school is all of a side."""
    try:
        fit = fit_ols(moments, regressors, outcome, vcov="iid" if lonely or moments.n_clusters < 2 else "CR2")
    except EstimationError:
        return None, float("nan")
    slope = float(fit.coef[2]) if len(regressors) > 2 else float("nan")
    bare = Clustered(float(fit.coef[1]), None, None, fit.n_rows, fit.n_clusters)
    if fit.vcov == "iid":
        return bare, slope
    try:
        found = contrast(fit, np.eye(len(regressors))[1])
    except EstimationError:
        return bare, slope
    effect = found.se**2 / float(fit.cov_classical[1, 1]) if fit.cov_classical[1, 1] > 0 else None
    return replace(bare, se=found.se, df=found.df, design_effect=effect), slope


def held_constant(question: ProgressQuestion, people: Cohort, label: str) -> tuple[str, ...]:
    """What is held constant besides the first score where a group is contrasted with the rest?

    Parameters
    ----------
    question : ProgressQuestion
        With covariates.
    people : Cohort
        The pupils.
    label : str
        The group.

    Returns
    -------
    tuple of str
        The plan's covariates; and the year group where scores rise from year to year, since pupils of Year 1 and of Year 5
        with the same first score did not begin alike.
    """
    rises = question.scale in RISING and YEAR_GROUP in people.frame and people.frame[YEAR_GROUP].nunique() > 1
    named = {column for column, _ in parse(label)}
    own = (YEAR_GROUP,) if rises and YEAR_GROUP not in {*named, *question.covariates} else ()
    return (*question.covariates, *own)


def _covariates(question: ProgressQuestion, people: Cohort, names: tuple[str, ...]) -> Floats:
    """Covariates as columns: numbers as they are, categories as indicators but for the first."""
    made: list[Floats] = []
    for name in names:
        column = texts(people.frame[name]) if name == YEAR_GROUP and question.scale in RISING else people.frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            made.append(column.to_numpy(dtype=np.float64, na_value=np.nan)[:, None])
        else:
            dummies = pd.get_dummies(column, drop_first=True, dtype=float)
            dummies[column.isna()] = np.nan
            made.append(dummies.to_numpy(dtype=np.float64))
    return np.hstack(made) if made else np.empty((len(people.frame), 0))


def contrasts(question: ProgressQuestion, people: Cohort, found: list[Pair]) -> list[Estimate]:
    """How are the contrasts handed on, with p-values for how many there are?

    Parameters
    ----------
    question : ProgressQuestion
        The question.
    people : Cohort
        The pupils: where too few on either side have scores, a contrast is a description.
    found : list of Pair
        From ``pairs``.

    Returns
    -------
    list of Estimate
        Gain, then ANCOVA, of each pair; ``p_adjusted`` by Holm within each of both.
    """
    gain = E.MEAN_PROGRESS if question.is_dfe_progress else E.MEAN_GAIN
    says = "difference in mean gain" if question.has_gain else "difference in mean outcome"
    first = [
        _contrast(question, people, pair, gain, pair.gain, says)
        for pair in found
        if question.has_gain or question.is_dfe_progress
    ]
    second = [
        _contrast(question, people, pair, E.ADJUSTED_PROGRESS, pair.ancova, _ancova(question, people, pair.label))
        for pair in found
        if pair.ancova
    ]
    return [*_corrected(first), *_corrected(second)]


def _ancova(question: ProgressQuestion, people: Cohort, label: str) -> str:
    held = ("the first score", *held_constant(question, people, _side(label)))
    return f"difference in last scores, {', '.join(held).replace('_', ' ')} held constant (ANCOVA)"


def _side(label: str) -> str:
    """The group that a contrast is named after."""
    return label.partition(" - ")[0]


def _contrast(
    question: ProgressQuestion, people: Cohort, pair: Pair, estimand: Estimand, what: Clustered, method: str
) -> Estimate:
    """Two groups of these pupils beside each other: a comparison of the two, where enough of both have scores."""
    side = _side(pair.label)
    inside = people.masks[side]
    claim = _claim(question, people, inside, ~inside & _known(people, side))
    item = answer(question, pair.label, estimand, what, unit=question.unit, base="pupils", claim=claim, method=method)
    return replace(item, arms=pair.arms)


def _claim(question: ProgressQuestion, people: Cohort, *sides: Mask) -> Claim:
    covered = all(people.covers(side, question.min_coverage) for side in sides)
    return Claim.COMPARISON if covered else Claim.DESCRIPTION


def _corrected(items: list[Estimate]) -> list[Estimate]:
    tested = [item.p_value if item.p_value is not None else float("nan") for item in items]
    return [
        item
        if np.isnan(p)
        else replace(item, p_adjusted=p, method=f"{item.method}; p-value by Holm for {len(items)} contrasts")
        for item, p in zip(items, adjust(tested), strict=True)
    ]


def gap(question: ProgressQuestion, people: Cohort) -> list[Estimate]:
    """How far apart are pupils with and without SEN, before and after, and did the gap change?

    Parameters
    ----------
    question : ProgressQuestion
        The question; both scores on one scale.
    people : Cohort
        The pupils.

    Returns
    -------
    list of Estimate
        Gap before, after and its change from one stacked interaction model; empty where it
        cannot be asked.
    """
    found = gap_of(people) if question.has_gain else None
    if found is None:
        return []
    n = int(people.usable.sum())
    unit, method = question.unit, "one interaction model of both waves and both groups"
    sen = people.frame["sen"]
    both = _claim(question, people, *((sen == side).fillna(False).to_numpy(dtype=bool) for side in ("any", "none")))
    said = []
    for estimand, what in zip((E.GAP_BEFORE, E.GAP_AFTER, E.GAP_CHANGE), found, strict=True):
        claim = both if estimand == E.GAP_CHANGE else Claim.DESCRIPTION
        item = answer(question, GAP, estimand, what, unit=unit, base="pupils", claim=claim, method=method, n=n)
        said.append(replace(item, arms=_sen_arms(people)))
    return said


def _sen_arms(people: Cohort) -> tuple[int, int]:
    """Pupils with and without SEN behind the gaps: the fewer of both times, where their status moved."""
    times = [sen[people.usable] for sen in (people.sen_before, people.frame["sen"]) if sen is not None]
    with_sen, without = (min(int((sen == side).sum()) for sen in times) for side in ("any", "none"))
    return with_sen, without


def gap_of(people: Cohort) -> tuple[Clustered, Clustered, Clustered] | None:
    """What are the gap before, the gap after and the change, whatever the scale?

    Parameters
    ----------
    people : Cohort
        The pupils, with SEN status at both times.

    Returns
    -------
    tuple of Clustered or None
        None where a group is empty at either time.
    """
    if people.sen_before is None:
        return None
    rows = people.usable
    first, last = _sen_cells(people.sen_before[rows], "before"), _sen_cells(people.frame["sen"][rows], "after")
    cells = pd.concat([first, last], ignore_index=True)
    values = pd.concat([people.before[rows], people.after[rows]], ignore_index=True)
    school = pd.Series(np.tile(people.school[rows], 2))
    if set(cells.dropna()) != {"any/before", "none/before", "any/after", "none/after"}:
        return None
    fit = fit_cells(values, cells, school)
    before, after = {"any/before": 1.0, "none/before": -1.0}, {"any/after": 1.0, "none/after": -1.0}
    change = after | {cell: -weight for cell, weight in before.items()}
    return fit.combine(before), fit.combine(after), fit.combine(change)


def _sen_cells(sen: pd.Series, wave: str) -> pd.Series:
    return sen.map({group: f"{group}/{wave}" for group in ("any", "none")})


def lords_paradox(
    question: ProgressQuestion, people: Cohort, national: National, found: list[Pair]
) -> tuple[Finding, ...]:
    """Do gain and ANCOVA tell different stories about a group?

    Parameters
    ----------
    question : ProgressQuestion
        With the norm, where it names a reliability.
    people : Cohort
        The pupils.
    national : National
        With the standard deviation, where known.
    found : list of Pair
        From ``pairs``.

    Returns
    -------
    tuple of Finding
        ``lords-paradox`` where they differ by over 0.1 standard deviations.
    """
    if not question.has_gain:
        return ()
    sd = national.sd or float(people.after[people.usable].std())
    told = [pair for pair in found if pair.ancova and min(pair.arms) >= TELL_FROM and sd > 0]
    apart = [(abs(pair.gain.value - pair.ancova.value) / sd, pair) for pair in told if pair.ancova]
    apart = [item for item in apart if item[0] > LORD]
    if not apart:
        return ()
    _, worst = max(apart, key=lambda item: item[0])
    assert worst.ancova is not None  # filtered above
    message = (
        "Did these pupils grow more (the gain), and did they end higher than others who began alike (ANCOVA)? The two questions "
        f"have answers that differ by over 0.1 standard deviations for {len(apart)} of {len(told)} contrasts. "
        f"The largest: {words.label(worst.label)}, {_rounded(worst.gain.value / sd)} SD by gain, "
        f"{_rounded(worst.ancova.value / sd)} SD by ANCOVA"
    )
    if not held_constant(question, people, _side(worst.label)):
        message += _corrected_for_error(
            question, worst, sd
        )  # of one sentence with it: where one may not be told, neither may
    message += "."
    return (
        finding(
            question,
            "lords-paradox",
            Severity.CONCERN,
            message,
            "Report both; say which question is meant before looking at the answer.",
        ),
    )


def _rounded(value: float) -> str:
    """With its sign, and no minus before nought."""
    return f"{round(value, 2) + 0.0:+.2f}"


def _corrected_for_error(question: ProgressQuestion, pair: Pair, sd: float) -> str:
    """What ANCOVA says once the first score's error of measurement is allowed for."""
    norm = question.norm
    if norm is None or norm.reliability is None or norm.sd is None or pair.ancova is None:
        return ""
    left = 1 - (1 - norm.reliability) * norm.sd**2 / pair.within
    if not 0 < left < 1:
        return ""
    corrected = pair.ancova.value + pair.slope * pair.before * (1 - 1 / left)
    return f", which is {_rounded(corrected / sd)} SD allowing for the first test's reliability of {norm.reliability:g}"
