"""The figure a design puts first is the one on the card: what would mislead is not."""

from types import SimpleNamespace

import pytest

from afa_eval.report import layout


def line(estimand, group="cohort=pilot", hidden=False):
    return SimpleNamespace(item=SimpleNamespace(estimand=estimand, group=group), hidden=hidden)


LINES = [line("mean_gain"), line("progress_minus_national"), line("adjusted_progress")]


@pytest.mark.parametrize(
    ("preferred", "lines", "said"),
    [
        ((), LINES, "progress_minus_national"),
        (("adjusted_progress", "mean_gain"), LINES, "adjusted_progress"),
        (("adjusted_progress", "mean_gain"), LINES[:2], "mean_gain"),  # no line knows the start: the bare gain
    ],
)
def test_what_the_design_prefers_goes_before_the_layout(preferred, lines, said):
    assert layout.headline(lines, "progress", "cohort=pilot", preferred).item.estimand == said


def test_a_yardstick_of_all_pupils_is_no_headline_of_the_group_asked_about():
    change, beside = line("persistent_absence_change", "sen=any"), line("change_minus_national", "all")
    assert layout.headline([beside, change], "persistent-absence", "sen=any") is change
    nobody = line("coverage", "sen=any")  # where the group has no figure of its own, all pupils' stands in
    assert layout.headline([nobody, line("mean_gain", "all")], "progress", "sen=any").item.group == "all"
