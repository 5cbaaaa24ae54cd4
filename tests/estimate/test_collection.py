"""The ordered collection: tidy columns, filters, JSON there and back."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Finding, Severity, Table
from afa_eval.estimate.estimands import LEVELS

COLUMNS = [
    "outcome",
    "group",
    "estimand",
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "conf_level",
    "unit",
    "base",
    "n_pupils",
    "n_schools",
    "comparator",
    "claim",
    "method",
]  # DESIGN 4.1: other tools read this file
FINDING = Finding(code="regression-to-the-mean", severity=Severity.CONCERN, message="m", outcomes=("absence",))
numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def collection(absence: list[Estimate], answers: Table) -> Estimates:
    return Estimates(tuple(absence), (FINDING,), (replace(answers, outcome="absence"),))


def test_tidy_has_exactly_the_columns_of_the_contract(collection: Estimates) -> None:
    assert list(collection.tidy().columns) == COLUMNS
    assert list(Estimates().tidy().columns) == COLUMNS


def test_tidy_keeps_full_precision_and_leaves_out_what_there_is_not(collection: Estimates) -> None:
    rows = collection.tidy()
    assert rows["estimate"].tolist() == [0.301, 0.27, -0.031, -0.027]
    assert rows["std_error"].isna().tolist() == [False, False, True, True]
    assert rows["conf_low"].tolist()[2:] == [-0.061, -0.057]
    # nobody asks whether a share is nought, and t would contradict a given interval
    assert rows["p_value"].isna().tolist() == [True, True, True, True]
    assert str(rows["comparator"][0]).startswith("persistent-absence, 202122")


def test_json_gives_the_same_collection_back(collection: Estimates) -> None:
    again = Estimates.from_json(collection.to_json())
    assert again == collection
    assert isinstance(again.items[0].estimand, Estimand)
    assert again.items[0].claim is Claim.COMPARISON
    assert isinstance(again.items[0].comparator, Comparator)
    assert again.items[2].interval == (-0.061, -0.001)


@given(
    value=numbers,
    se=st.one_of(st.none(), numbers.map(abs)),
    interval=st.one_of(st.none(), st.tuples(numbers, numbers)),
    group=st.text(),
    notes=st.lists(st.text(), max_size=3).map(tuple),
    estimand=st.sampled_from(list(Estimand)),
    claim=st.sampled_from(list(Claim)),
)
def test_any_estimate_survives_json(
    value: float, se: float | None, interval: tuple[float, float] | None, group: str, notes: tuple[str, ...],
    estimand: Estimand, claim: Claim,
) -> None:  # fmt: skip
    item = Estimate(outcome="o", group=group, estimand=estimand, value=value, unit="points", base="pupils", n_pupils=3,
                    n_schools=2, claim=claim, method="m", se=se, interval=interval, notes=notes)  # fmt: skip
    assert Estimates.from_json(Estimates((item,)).to_json()) == Estimates((item,))


def test_json_of_numpy_numbers_is_plain(make: Callable[..., Estimate]) -> None:
    import numpy as np

    item = make(Estimand.MEAN_GAIN, np.float64(1.5), "points", n_pupils=np.int64(12))
    assert json.loads(Estimates((item,)).to_json())["estimates"][0]["n_pupils"] == 12


def test_json_never_holds_a_not_a_number(make: Callable[..., Estimate]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        Estimates((make(Estimand.MEAN_GAIN, float("nan"), "points"),)).to_json()


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected afa_eval\.estimates/1"):
        Estimates.from_json('{"schema": "afa_eval.estimates/99", "estimates": []}')


def test_a_name_finds_the_figure_of_all_pupils(make: Callable[..., Estimate]) -> None:
    whole, part = make(Estimand.MEAN_GAIN, 3.0, "points", group="all"), make(Estimand.MEAN_GAIN, 4.0, "points")
    both = Estimates((part, whole))
    assert both["mean_gain"] is whole
    assert both[0] is part
    with pytest.raises(KeyError, match="mean_before"):
        both["mean_before"]


def test_filter_keeps_what_belongs_to_an_outcome(collection: Estimates) -> None:
    general = Finding(code="few-schools", severity=Severity.NOTE, message="m")
    both = collection + Estimates(findings=(general, FINDING))
    kept = both.filter(outcome="absence", estimand="change_minus_national")
    assert [item.value for item in kept] == [-0.027]
    assert kept.findings == (FINDING, general)  # said twice, kept once
    other = both.filter(outcome="reading")
    assert (len(other), other.findings, other.tables) == (0, (general,), ())


def test_adding_keeps_the_order(collection: Estimates) -> None:
    assert (collection + collection).items == collection.items * 2


def test_with_outcome_renames_everything(collection: Estimates) -> None:
    renamed = collection.with_outcome("attendance")
    assert {item.outcome for item in renamed} == {"attendance"}
    assert (renamed.tables[0].outcome, renamed.findings[0].outcomes) == ("attendance", ("attendance",))


def test_text_is_a_sentence_a_line(collection: Estimates) -> None:
    assert len(collection.text.splitlines()) == len(collection)


def test_it_prints_as_its_table(collection: Estimates) -> None:
    assert "change_minus_national" in repr(collection)
    assert repr(Estimates()) == "Estimates()"
    assert "<table" in collection._repr_html_()


def test_plot_is_a_figure(collection: Estimates) -> None:
    from matplotlib.figure import Figure

    assert isinstance(collection.plot(), Figure)


def test_tables_have_the_corrected_p_value_and_none_for_levels(make: Callable[..., Estimate]) -> None:
    tested = make(Estimand.MEAN_GAIN, 1.2, "points", group="sen=any - rest", se=0.5, df=9.0)
    together = replace(tested, p_adjusted=0.31)
    level = replace(tested, estimand=Estimand.MEAN_BEFORE, group="sen=any")
    gap = replace(level, group="sen=any - sen=none")
    rows = Estimates((tested, together, level, gap)).tidy()
    assert rows["p_value"].isna().tolist() == [False, False, True, False]
    assert rows["statistic"].isna().tolist() == [False, False, True, False]
    assert rows["p_value"][0] == tested.p_value
    assert rows["p_value"][1] == 0.31
    assert together.p_value == tested.p_value  # the record keeps the raw one beside it


def test_every_level_is_an_estimand() -> None:
    assert {str(one) for one in Estimand} >= LEVELS
