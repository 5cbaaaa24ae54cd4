"""Lines weighted to a group's own mix: what would they tell of the few in one part of it?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates

E = Estimand
NATIONAL = {"none": 0.27, "support": -0.58, "ehcp": -4.36}  # public, one for each part
LINE = Comparator(
    slug="ks2-reading-progress",
    value=0.0,
    year="202223",
    population="the same SEN group nationally, weighted to these pupils' own mix by SEN, England",
    definition="ks1-ks2-progress",
    unit="points",
)


def figure(group, value, estimand, line=None, *, n, unit="points"):
    return Estimate(
        outcome="ks2", group=group, estimand=estimand, value=value, unit=unit, base="pupils", n_pupils=n, n_schools=8,
        claim=Claim.COMPARISON if line else Claim.DESCRIPTION, method="m", se=0.8, df=7.0, comparator=line,
    )  # fmt: skip


def against(group, mix, mean=0.123456789012):
    """A group's mean, and the same less England's with its mix."""
    n = sum(mix)
    line = replace(LINE, value=sum(c * v for c, v in zip(mix, NATIONAL.values(), strict=False)) / n, mix=mix)
    return [
        figure(group, mean, E.MEAN_PROGRESS, n=n),
        figure(group, mean - line.value, E.PROGRESS_MINUS_NATIONAL, line, n=n),
    ]


def released(*items, profile="publish"):
    found = disclosure.release(SimpleNamespace(estimates=Estimates(tuple(items)), about={}, manifest={}), profile)
    return {(item.group, str(item.estimand)): item for item in found.estimates}


def fitting(n: int, line: float, half: float) -> list[tuple[int, int, int]]:
    """An intruder's own count: every mix of so many pupils that has this line."""
    pairs = ((k, e) for k, e in product(range(n + 1), repeat=2) if k + e <= n)
    mixes = [(n - k - e, k, e) for k, e in pairs]
    return [
        mix for mix in mixes if abs(sum(c * v for c, v in zip(mix, NATIONAL.values(), strict=True)) / n - line) <= half
    ]


def test_the_attack_works_on_what_was_printed_once() -> None:
    mean, minus = against("cohort=pilot", (0, 20, 3))
    told = {mix for mix in fitting(23, mean.value - minus.value, 1e-9) if mix[0] == 0}  # all of them have SEN
    assert told == {(0, 20, 3)}


@pytest.mark.parametrize("profile", ["publish", "trust", "opensafely"])
def test_a_line_that_tells_of_a_few_is_taken_away_with_what_is_computed_from_it(profile) -> None:
    shown = released(*against("cohort=pilot", (40, 30, 3)), profile=profile)
    assert shown["cohort=pilot", "mean_progress"].value is not None
    hidden = shown["cohort=pilot", "progress_minus_national"]
    assert hidden.value is None
    assert hidden.comparator is None
    assert "its national line" in hidden.reason


def test_a_line_without_a_few_is_told_as_a_page_prints_it_and_its_mix_never() -> None:
    shown = released(*against("cohort=pilot", (40, 30, 12)))["cohort=pilot", "progress_minus_national"]
    assert shown.value == round(shown.value, 1)
    assert shown.ci == tuple(round(end, 1) for end in shown.ci)
    assert shown.comparator.value == round(shown.comparator.value, 1)
    assert shown.comparator.mix == ()
    reach = [mix[2] for mix in fitting(82, 0.123456789012 - shown.value, 0.05)]
    assert max(reach) - min(reach) >= 10


def test_a_line_of_many_parts_may_have_few_in_one() -> None:
    mix = (30, 30, 25, 20, 18, 12, 5, 4)
    line = replace(LINE, value=0.123456, mix=mix)
    item = figure("year_group=3", 0.5, E.PROGRESS_MINUS_NATIONAL, line, n=sum(mix))
    assert released(item)["year_group=3", "progress_minus_national"].value == 0.5
    within = [
        figure(f"year_group=3 & {x}={y}", 0.5, E.MEAN_PROGRESS, n=60) for x in ("sex", "fsm", "eal") for y in "ab"
    ]
    crossed = [figure(f"year_group=3 & sex={x} & fsm={y}", 0.5, E.MEAN_PROGRESS, n=36) for x in "ab" for y in "ab"]
    shown = released(item, *within, *crossed)  # of eight numbers all but one follow
    assert shown["year_group=3", "progress_minus_national"].value is None


def test_no_line_is_the_only_one_missing_of_those_that_make_up_another() -> None:
    whole = figure("all", 0.5, E.PROGRESS_MINUS_NATIONAL, replace(LINE, mix=(30,) * 29), n=870)
    few, most = against("fsm=yes", (180, 30, 3)), against("fsm=no", (600, 45, 12))
    shown = released(whole, *few, *most)
    assert shown["all", "progress_minus_national"].value == 0.5
    assert shown["fsm=yes", "progress_minus_national"].value is None
    assert shown["fsm=no", "progress_minus_national"].value is None


def test_a_figure_that_a_line_only_stands_beside_stays() -> None:
    line = replace(LINE, unit="proportion", value=0.2, mix=(30, 4))
    share = figure("sex=F", 0.5, E.PERSISTENT_ABSENCE_AFTER, line, n=34, unit="proportion")
    shown = released(share)["sex=F", "persistent_absence_after"]
    assert (shown.value, shown.comparator) == (0.5, None)
