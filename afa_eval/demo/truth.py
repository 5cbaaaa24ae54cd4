"""What is true of the demo trust: the expectation of each estimand, as the designs define it.

A mean gain of pupils chosen because they were low contains regression to the mean, whatever the
programme did; so the truth of an estimand is what its definition gives on average over trusts made
from the same parameters, and the programme's own effect is kept beside it under ``programme_effect``.
The sums behind it (``afa_eval.demo.tallies``) come from one long simulation; ratings of schools follow
in closed form.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from afa_eval.demo.parameters import Parameters
from afa_eval.demo.reading import SD
from afa_eval.demo.tallies import NORM_CORRELATION, NORM_MEAN
from afa_eval.estimate import Estimand

Sums = Mapping[str, float]
Groups = dict[str, dict[str, float]]
POINTS, SHARE, DIFFERENCE = "points", "proportion", "proportion difference"
PROGRAMME_EFFECT = "programme_effect"
GAP = "sen=any - sen=none"
RATES = (
    ("severe", "severe_absence", "n"),
    ("absent", "absence_rate", "possible"),
    ("authorised", "authorised_rate", "possible"),
    ("unauthorised", "unauthorised_rate", "possible"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is an estimand in this simulation?

    Attributes
    ----------
    outcome : str
        The plan's outcome id.
    estimand : str
        A name of ``Estimand``, or ``programme_effect``: what the programme changed for those in it.
    group : str
        As in ``Estimate``.
    value : float
        In ``unit``; shares and their differences are proportions.
    unit : str
        As in ``Estimate``.
    how : str
        How it is defined and where the number comes from.
    """

    outcome: str
    estimand: str
    group: str
    value: float
    unit: str
    how: str


def truths(parameters: Parameters) -> tuple[Truth, ...]:
    """What is true of a trust made from these parameters?

    Parameters
    ----------
    parameters : Parameters
        The number of schools decides how many of each kind there are; the assumptions must be the
        package's own, since the sums were simulated from them.

    Returns
    -------
    tuple of Truth
        In the order of the plan; for the years of the plan by need, of absence only.

    Examples
    --------
    >>> found = {(item.outcome, item.estimand, item.group): item.value for item in truths(Parameters())}
    >>> found["reading", "programme_effect", "cohort=pilot"]
    3.0
    """
    makers = {
        "reading": _reading,
        "ks2-reading": _ks2,
        "absence": _absence,
        "relationships": _relationships,
        "belonging": _belonging,
    }
    sums = {outcome: _expected(parameters, outcome) for outcome in makers if outcome != "relationships"}
    sums["relationships"] = sums["belonging"]  # in closed form, where the surveys are asked about at all
    return tuple(item for outcome, make in makers.items() if sums[outcome] for item in make(sums[outcome], parameters))


def _expected(parameters: Parameters, outcome: str) -> Groups:
    """Expected sums of every group, over as many schools of each kind as there are."""
    secondaries = parameters.schools - parameters.primaries
    counts = [n for total in (parameters.primaries, secondaries) for n in (total // 2, total - total // 2)]
    groups: Groups = {}
    for row in _stored(parameters.years[0], outcome):
        sums = groups.setdefault(row["group"], {})
        for name, value in row.items():
            if name not in {"stratum", "group"}:
                sums[name] = sums.get(name, 0.0) + counts[int(row["stratum"])] * float(value)
    if counts[0] + counts[2] == 0:  # pupils who moved aside, a comparison needs schools without the programme
        groups.pop("cohort=comparison", None)
    return groups


@cache
def _stored(first_year: str, outcome: str) -> tuple[dict[str, str], ...]:
    file = resources.files("afa_eval.demo") / "data" / "truth" / f"{first_year}_{outcome}.csv"
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.is_file() else ()


def _column(label: str) -> str:
    """The column or columns that a label is about."""
    return " & ".join(part.partition("=")[0] for part in label.split(" & "))


def _contrasts(groups: Groups) -> Iterator[tuple[str, Sums, Sums]]:
    """Each group, and the sum of all others of the same column: those whose value is unknown are in neither."""
    for label, inside in groups.items():
        others = [sums for other, sums in groups.items() if other != label and _column(other) == _column(label)]
        if label == "all" or not others:
            continue
        rest = {name: sum(sums[name] for sums in others) for name in inside}
        yield (GAP if label == "sen=any" else f"{label} - rest"), inside, rest


def _reading(groups: Groups, parameters: Parameters) -> Iterator[Truth]:
    how = "expectation over pupils with both scores, by simulation"

    def said(estimand: str, group: str, value: float, unit: str = POINTS) -> Truth:
        return Truth(outcome="reading", estimand=estimand, group=group, value=value, unit=unit, how=how)

    for group, sums in groups.items():
        before, after = sums["before"] / sums["n"], sums["after"] / sums["n"]
        adjusted = after - (NORM_MEAN + NORM_CORRELATION * (before - NORM_MEAN))
        yield said(Estimand.MEAN_BEFORE, group, before)
        yield said(Estimand.MEAN_AFTER, group, after)
        yield said(Estimand.MEAN_GAIN, group, after - before)
        yield said(Estimand.PROGRESS_MINUS_NATIONAL, group, after - before)
        yield said(Estimand.ADJUSTED_PROGRESS, group, adjusted)
        yield said(Estimand.G_NATIONAL, group, adjusted / SD, "sd")
        yield said(Estimand.ABOVE_NATIONAL_AVERAGE_SHARE, group, sums["reached"] / sums["n"], SHARE)
        yield said(Estimand.COVERAGE, group, sums["n"] / sums["eligible"], SHARE)
    for group, inside, rest in _contrasts(groups):
        yield said(Estimand.MEAN_GAIN, group, _gain(inside) - _gain(rest))
        yield said(Estimand.ADJUSTED_PROGRESS, group, ancova(inside, rest))
    first, last = (_gap(groups, name) for name in ("before", "after"))
    yield said(Estimand.GAP_BEFORE, GAP, first)
    yield said(Estimand.GAP_AFTER, GAP, last)
    yield said(Estimand.GAP_CHANGE, GAP, last - first)
    effect = parameters.reading.effect * SD
    how = "added to the true score of each pupil in the programme; a parameter"
    yield said(PROGRAMME_EFFECT, "cohort=pilot", effect)


def _gain(sums: Sums) -> float:
    return (sums["after"] - sums["before"]) / sums["n"]


def _gap(groups: Groups, name: str) -> float:
    return groups["sen=any"][name] / groups["sen=any"]["n"] - groups["sen=none"][name] / groups["sen=none"]["n"]


def ancova(inside: Sums, rest: Sums) -> float:
    """How far apart are the last scores of two groups among pupils with the same first score?

    Parameters
    ----------
    inside, rest : mapping of str to float
        Sums ``n, before, after, before2, cross``.

    Returns
    -------
    float
        Difference less the pooled slope within groups times the difference of first scores.

    Examples
    --------
    >>> low = {"n": 2.0, "before": 2.0, "after": 4.0, "before2": 4.0, "cross": 8.0}
    >>> high = {"n": 2.0, "before": 6.0, "after": 6.0, "before2": 20.0, "cross": 20.0}
    >>> ancova(high, low)
    -2.0
    """
    across = sum(sums["cross"] - sums["before"] * sums["after"] / sums["n"] for sums in (inside, rest))
    spread = sum(sums["before2"] - sums["before"] ** 2 / sums["n"] for sums in (inside, rest))
    last, first = (inside[name] / inside["n"] - rest[name] / rest["n"] for name in ("after", "before"))
    return last - across / spread * first


def _ks2(groups: Groups, parameters: Parameters) -> Iterator[Truth]:
    how = "expectation over Year 6 pupils with a score, by simulation; England's mean of the same SEN provision"

    def said(estimand: str, group: str, value: float, unit: str = POINTS) -> Truth:
        return Truth(outcome="ks2-reading", estimand=estimand, group=group, value=value, unit=unit, how=how)

    for group, sums in groups.items():
        yield said(Estimand.MEAN_PROGRESS, group, sums["score"] / sums["n"])
        yield said(Estimand.PROGRESS_MINUS_NATIONAL, group, (sums["score"] - sums["national"]) / sums["n"])
        yield said(Estimand.COVERAGE, group, sums["n"] / sums["eligible"], SHARE)
    for group, inside, rest in _contrasts(groups):
        yield said(Estimand.MEAN_PROGRESS, group, inside["score"] / inside["n"] - rest["score"] / rest["n"])
    how = "added to the score of each pupil in the programme; a parameter"
    yield said(PROGRAMME_EFFECT, "cohort=pilot", parameters.ks2.effect)


def _absence(groups: Groups, parameters: Parameters) -> Iterator[Truth]:
    how = "expectation over the enrolments of each year with that year's status, by simulation"

    def said(estimand: str, group: str, value: float, unit: str = SHARE) -> Truth:
        return Truth(outcome="absence", estimand=estimand, group=group, value=value, unit=unit, how=how)

    cells_published = parameters.years[0] >= "201617"
    for group, sums in groups.items():
        before, after = (sums[f"persistent_{year}"] / sums[f"n_{year}"] for year in (1, 2))
        yield said(Estimand.PERSISTENT_ABSENCE_BEFORE, group, before)
        yield said(Estimand.PERSISTENT_ABSENCE_AFTER, group, after)
        yield said(Estimand.PERSISTENT_ABSENCE_CHANGE, group, after - before, DIFFERENCE)
        yield said(Estimand.PERSISTENT_ABSENCE_RELATIVE_CHANGE, group, after / before - 1, "relative change")
        for column, name, size in RATES:
            first, last = (sums[f"{column}_{year}"] / sums[f"{size}_{year}"] for year in (1, 2))
            yield said(f"{name}_before", group, first)
            yield said(f"{name}_after", group, last)
            yield said(f"{name}_change", group, last - first, DIFFERENCE)
        if cells_published and not {"sen_provision", "primary_need"} & set(_column(group).split(" & ")):
            england = [sums[f"england_{year}"] / sums["n_1"] for year in (1, 2)]
            yield said(Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL, group, after - england[1], DIFFERENCE)
            change = after - before - (england[1] - england[0])
            yield said(Estimand.CHANGE_MINUS_NATIONAL, group, change, DIFFERENCE)
            yield said(Estimand.RELATIVE_CHANGE_RATIO, group, after / before / (england[1] / england[0]), "ratio")
    pilot = groups["cohort=pilot"]
    how = "share persistently absent minus the share had there been no programme, same pupils, by simulation"
    effect = (pilot["persistent_2"] - pilot["without_2"]) / pilot["n_2"]
    yield said(PROGRAMME_EFFECT, "cohort=pilot", effect, DIFFERENCE)


def _relationships(groups: Groups, parameters: Parameters) -> Iterator[Truth]:  # noqa: ARG001 - as the others
    """Schools' ratings in closed form: a normal latent rating against the last cut."""
    voices, schools = parameters.voices, parameters.schools
    spread = math.hypot(voices.school_sd, voices.school_wave_sd)

    def top(mean: float) -> float:
        return 0.5 * math.erfc((voices.school_cuts[-1] - mean) / spread / math.sqrt(2))

    how = "probability of the top answer, in closed form"

    def said(estimand: str, value: float, unit: str = SHARE, group: str = "all") -> Truth:
        return Truth(outcome="relationships", estimand=estimand, group=group, value=value, unit=unit, how=how)

    taking = sum(total - total // 2 for total in (parameters.primaries, schools - parameters.primaries)) / schools
    without = top(voices.school_mean + voices.school_change)
    with_it = top(voices.school_mean + voices.school_change + voices.school_effect)
    before, after = top(voices.school_mean), taking * with_it + (1 - taking) * without
    yield said(Estimand.TOP_BOX_BEFORE, before)
    yield said(Estimand.TOP_BOX_AFTER, after)
    yield said(Estimand.TOP_BOX_CHANGE, after - before, DIFFERENCE)
    yield said(Estimand.TOP_BOX_CHANGE_UNPAIRED, after - before, DIFFERENCE)
    yield said(PROGRAMME_EFFECT, with_it - without, DIFFERENCE, "schools with the programme")


def _belonging(groups: Groups, parameters: Parameters) -> Iterator[Truth]:  # noqa: ARG001 - as the others
    how = "expectation over parents asked (who answers is drawn by lot), by simulation"

    def said(estimand: str, group: str, value: float, unit: str = SHARE) -> Truth:
        return Truth(outcome="belonging", estimand=estimand, group=group, value=value, unit=unit, how=how)

    for group, sums in groups.items():
        before, after = (sums[f"top_{wave}"] / sums[f"n_{wave}"] for wave in (1, 2))
        yield said(Estimand.TOP_BOX_BEFORE, group, before)
        yield said(Estimand.TOP_BOX_AFTER, group, after)
        yield said(Estimand.TOP_BOX_CHANGE, group, after - before, DIFFERENCE)
        yield said(Estimand.TOP_BOX_CHANGE_UNPAIRED, group, after - before, DIFFERENCE)
        first, last = (sums[f"scale_{wave}"] / sums[f"n_{wave}"] for wave in (1, 2))
        yield said(Estimand.SCALE_BEFORE, group, first, POINTS)
        yield said(Estimand.SCALE_AFTER, group, last, POINTS)
        yield said(Estimand.SCALE_CHANGE, group, last - first, POINTS)
        yield said(Estimand.SCALE_CHANGE_UNPAIRED, group, last - first, POINTS)
