"""Pupils' way from the register to the figures, from released counts alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.estimate import Claim, Estimand, Estimate, Estimates, Table
from afa_eval.report import flows

OUTCOME = {"id": "reading", "label": "Reading", "primary": True, "before": "202223"}
ROWS = (
    "Not asked about in this outcome",
    "Last score, but no first one",
    "First score, but no last one",
    "With both scores",
    "Total",
)


def released(*tables: Table, estimates: tuple[Estimate, ...] = (), outcome: dict = OUTCOME):
    made = SimpleNamespace(estimates=Estimates(estimates, (), tables), about={"outcomes": [outcome]}, manifest={})
    return disclosure.release(made)


def leavers(*counts: float) -> Table:
    return Table(
        name="flow-reading", title="F", rows=ROWS, columns=("Pupils",),
        cells=tuple((count,) for count in counts), outcome="reading",
    )  # fmt: skip


def told(release, outcome=OUTCOME) -> list[tuple]:
    return [(one.name, one.rows_in, one.rows_out, one.reason) for one in flows.stages(release, outcome)]


def test_each_step_leaves_out_its_own_pupils() -> None:
    assert told(released(leavers(100, 50, 30, 820, 1000))) == [
        ("On the register in 2022/23", 1000, 1000, ""),
        ("Eligible for this outcome", 1000, 900, "not asked about in this outcome"),
        ("With a first score", 900, 850, "last score, but no first one"),
        ("With both scores", 850, 820, "first score, but no last one"),
    ]


def test_steps_too_small_to_publish_are_told_together() -> None:
    steps = told(released(leavers(100, 4, 30, 866, 1000)))
    assert steps[-1] == ("With both scores", 900, 866, "last score, but no first one; first score, but no last one")
    assert len(steps) == 3


def test_no_number_of_the_drawing_is_about_fewer_than_ten() -> None:
    counts = [n for step in flows.stages(released(leavers(100, 4, 30, 866, 1000)), OUTCOME) for n in (step.rows_in, step.rows_out)]  # fmt: skip
    gaps = {abs(a - b) for a in counts for b in counts if a is not None and b is not None} - {0}
    assert min(gaps) >= 10


def test_enrolments_have_a_chain_for_each_year() -> None:
    table = Table(
        name="counted-reading", title="C", rows=("Enrolments handed in", "Outside Years 1 to 11", "Counted"),
        columns=("2021/22", "2022/23"), cells=((3320.0, 3340.0), (120.0, 0.0), (3200.0, 3340.0)),
        base="enrolments", outcome="reading",
    )  # fmt: skip
    steps = flows.stages(released(table), OUTCOME)
    assert [one.table for one in steps] == ["2021/22", "2021/22", "2022/23", "2022/23"]
    assert (steps[1].rows_out, steps[1].reason) == (3200, "outside Years 1 to 11 (120)")
    assert (steps[3].rows_in, steps[3].rows_out, steps[3].reason) == (3340, 3340, "")


def test_people_asked_answered_and_answered_again() -> None:
    def of(estimand, value, n):
        return Estimate(
            outcome="reading", group="all", estimand=estimand, value=value, unit="proportion", base="parents",
            n_pupils=n, n_schools=20, claim=Claim.DESCRIPTION, method="m",
        )  # fmt: skip

    answers = Table(
        name="distribution-reading-all", title="A", rows=("Before", "After"), columns=("no", "yes", "Total"),
        cells=((200.0, 251.0, 451.0), (138.0, 200.0, 338.0)), base="parents", outcome="reading",
    )  # fmt: skip
    figures = (
        of(Estimand.RESPONSE_RATE_BEFORE, 451 / 879, 879), of(Estimand.SHARE_PAIRED, 0.49, 530),
        of(Estimand.TOP_BOX_CHANGE, 0.05, 260),
    )  # fmt: skip
    steps = told(released(answers, estimates=figures))
    assert [(name, after) for name, _, after, _ in steps] == [
        ("Parents asked, before", 879),
        ("Answered before", 451),
        ("Answered before and after", 260),
    ]


@pytest.mark.parametrize("primary", [True, False])
def test_only_primary_outcomes_are_drawn(primary) -> None:
    found = flows.flow_drawings(released(leavers(100, 50, 30, 820, 1000), outcome={**OUTCOME, "primary": primary}))
    assert [drawing.title for _, drawing in found] == [""] * primary
    assert all("Reading: 820 of 1,000 pupils were counted" in drawing.make(narrow=False) for _, drawing in found)


def test_an_outcome_without_counts_has_no_flow() -> None:
    assert told(released()) == []
