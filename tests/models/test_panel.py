"""Growth with pupil effects: by hand, against the direct formula, and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import ColumnNotFound, EstimationError
from afa_eval.models.panel import growth


def simulated(seed: int = 1, pupils: int = 240, schools: int = 16, waves: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, pupils)
    level, pace = rng.normal(0, 3, pupils), 1.5 + rng.normal(0, 0.3, schools)[school]
    rows = [
        (f"p{i}", f"{school[i]}", w, level[i] + pace[i] * w + rng.normal())
        for i in range(pupils)
        for w in range(waves)
        if rng.random() < 0.9
    ]
    return pd.DataFrame(rows, columns=["pupil_id", "urn", "wave", "score"])


def direct_cr1(frame: pd.DataFrame) -> tuple[float, float]:
    """Within-pupil least squares and its CR1 error, written out."""
    kept = frame[frame.groupby("pupil_id")["wave"].transform("size") > 1]
    centred = kept[["wave", "score"]] - kept.groupby("pupil_id")[["wave", "score"]].transform("mean")
    x, y = centred["wave"].to_numpy(float), centred["score"].to_numpy(float)
    slope = x @ y / (x @ x)
    sums = pd.Series(x * (y - slope * x)).groupby(kept["urn"].to_numpy()).sum().to_numpy()
    schools = len(sums)
    return slope, np.sqrt(schools / (schools - 1) * sums @ sums) / (x @ x)


def test_slope_and_error_agree_with_the_direct_formula() -> None:
    frame = simulated()
    fit = growth(frame, outcome="score")
    # linear algebra of a few hundred rows in another order
    assert (fit.slope.value, fit.slope.se) == pytest.approx(direct_cr1(frame), rel=1e-10)
    assert fit.slope.df == 15


def test_two_waves_give_the_mean_gain() -> None:
    frame = simulated(waves=2)
    both = frame.pivot(index="pupil_id", columns="wave", values="score").dropna()
    fit = growth(frame, outcome="score")
    assert fit.slope.value == pytest.approx((both[1] - both[0]).mean(), rel=1e-12)
    assert fit.steps[0].value == pytest.approx(fit.slope.value, rel=1e-12)
    assert fit.steps[0].term == "1 - 0"
    assert fit.slope.n == len(both)


def test_steps_add_up_and_are_named() -> None:
    frame = simulated()
    fit = growth(frame, outcome="score")
    assert [step.term for step in fit.steps] == ["1 - 0", "2 - 1", "3 - 2"]
    wide = frame.pivot(index="pupil_id", columns="wave", values="score").dropna()
    complete = frame[frame["pupil_id"].isin(wide.index)]
    steps = growth(complete, outcome="score").steps
    # with complete pupils each step is a difference of plain means
    assert [step.value for step in steps] == pytest.approx(wide.mean().diff().dropna().tolist(), rel=1e-10)


def test_order_of_rows_does_not_matter() -> None:
    frame = simulated()
    a, b = (growth(f, outcome="score").slope for f in (frame, frame.sample(frac=1, random_state=2)))
    assert (a.value, a.se) == pytest.approx((b.value, b.se), rel=1e-12)


def test_pupil_who_moves_counts_where_first_seen() -> None:
    frame = simulated()
    moved = frame.copy()
    moved.loc[(moved["pupil_id"] == "p3") & (moved["wave"] > 0), "urn"] = "elsewhere"
    assert growth(moved, outcome="score").slope.n_schools == growth(frame, outcome="score").slope.n_schools


def test_interval_covers_the_true_pace() -> None:
    hits = []
    for seed in range(120):  # the direct formula, which is the fit's by the first test and quicker
        slope, se = direct_cr1(simulated(seed, pupils=160, schools=20, waves=3))
        hits.append(abs(slope - 1.5) <= 2.093 * se)  # t(.975, 19)
    assert np.mean(hits) >= 0.89  # 95 % less 3 simulation errors


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: pd.concat([f, f.iloc[:2]]), "2 scores come from a pupil who already has one"),
        (lambda f: f[f["wave"] == 0], "No pupil has a score in two waves"),
        (lambda f: f.assign(urn="1"), "All pupils are in one school"),
    ],
)
def test_what_cannot_be_answered_is_said(change, said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        growth(change(simulated()), outcome="score")


def test_missing_column_is_named() -> None:
    with pytest.raises(ColumnNotFound, match=r"'scores' \(the outcome\).*Did you mean 'score'"):
        growth(simulated(), outcome="scores")


def test_the_table_holds_each_step_with_the_interval_of_its_own_degrees_of_freedom() -> None:
    from scipy import stats

    fit = growth(simulated(), outcome="score")
    table = fit.table(["one", "two", "three"], unit="points")
    assert table.rows == ("one", "two", "three")
    for step, (value, low, high) in zip(fit.steps, table.cells, strict=True):
        assert (low, high) == pytest.approx(stats.t.interval(0.95, step.df, value, step.se), rel=1e-12)
    assert table.bases is not None
    assert table.bases[0] == (fit.steps[0].n, fit.steps[0].n - 4, fit.steps[0].n - 4)  # four waves, four parameters
