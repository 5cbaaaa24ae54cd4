"""Frozen records: derived intervals, tests, levels, and what they refuse."""

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from afa_eval.estimate import Comparator, Estimand, Estimate, Table


@pytest.mark.parametrize(("df", "quantile"), [(18.2, stats.t.ppf(0.975, 18.2)), (None, stats.norm.ppf(0.975)), (math.inf, stats.norm.ppf(0.975))])  # fmt: skip
def test_the_interval_is_t_times_se(make: Callable[..., Estimate], df: float | None, quantile: float) -> None:
    item = make(Estimand.MEAN_GAIN, 3.0, "points", se=0.5, df=df)
    assert item.ci == pytest.approx((3 - 0.5 * quantile, 3 + 0.5 * quantile), rel=1e-12)  # same function of scipy


def test_statistic_and_p_value_follow_t(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, 1.2, "points", se=0.5, df=9.0)
    assert item.statistic == pytest.approx(2.4)
    assert item.p_value == pytest.approx(2 * stats.t.sf(2.4, 9), rel=1e-10)  # sf and stdtr differ in the last bits


def test_a_ratio_is_tested_against_one(make: Callable[..., Estimate]) -> None:
    assert make(Estimand.RISK_RATIO, 1.5, "ratio", se=0.25, null=1.0).statistic == pytest.approx(2.0)


def test_a_given_interval_is_kept_and_leaves_no_p_value(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.ODDS_RATIO, 1.4, "ratio", interval=(1.05, 1.9), null=1.0)
    assert item.ci == (1.05, 1.9)
    assert item.p_value is None
    with pytest.raises(ValueError, match="own method"):
        item.at(0.9)


def test_without_a_standard_error_there_is_no_interval(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, 3.0, "points")
    assert (item.ci, item.statistic, item.p_value) == (None, None, None)


def test_no_variation_gives_no_statistic(make: Callable[..., Estimate]) -> None:
    assert make(Estimand.MEAN_GAIN, 3.0, "points", se=0.0).statistic is None


def test_another_level_widens_the_interval_and_changes_nothing_else(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, 3.0, "points", se=0.5, df=9.0)
    wide = item.at(0.99)
    assert wide.ci is not None
    assert item.ci is not None
    assert wide.ci[0] < item.ci[0] < item.ci[1] < wide.ci[1]
    assert replace(wide, level=0.95) == item


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 95.0])
def test_a_level_is_a_probability(make: Callable[..., Estimate], level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        make(Estimand.MEAN_GAIN, 3.0, "points", se=0.5).at(level)


@given(value=st.floats(-1e6, 1e6), se=st.floats(1e-6, 1e6), df=st.one_of(st.none(), st.floats(1.0, 1e4)))
def test_p_below_five_per_cent_exactly_where_the_interval_excludes_the_null(value: float, se: float, df: float | None) -> None:  # fmt: skip
    from afa_eval.estimate import Claim

    item = Estimate(outcome="o", group="all", estimand=Estimand.DIFFERENCE, value=value, unit="points", base="pupils",
                    n_pupils=1, n_schools=1, claim=Claim.DESCRIPTION, method="m", se=se, df=df)  # fmt: skip
    low, high = item.ci or (0, 0)
    assert item.p_value is not None
    if abs(item.p_value - 0.05) > 1e-9:  # at the edge the last bits decide
        assert (item.p_value < 0.05) == (not low <= 0 <= high)


def test_records_are_frozen_and_hash(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, 3.0, "points")
    with pytest.raises(FrozenInstanceError):
        item.value = 4.0  # type: ignore[misc]
    assert hash(item) == hash(make(Estimand.MEAN_GAIN, 3.0, "points"))


def test_a_comparator_is_one_line(line: Callable[..., Comparator]) -> None:
    said = (
        "persistent-absence, 202223, SEN, secondary, England, pa-10-percent, DfE, Pupil absence in schools in England"
    )
    assert str(line(0.3, "proportion")) == said


def test_a_table_refuses_cells_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="do not fit 1 rows by 2 columns"):
        Table(name="t", title="T", rows=("a",), columns=("b", "c"), cells=((1,),))


def test_every_estimand_is_named_after_itself_and_defined() -> None:
    for estimand in Estimand:
        assert Estimand[str(estimand).upper()] is estimand
        assert estimand.definition
        assert set(estimand.inputs) <= {str(other) for other in Estimand}
