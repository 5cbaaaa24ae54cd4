"""Pilot beside comparison pupils: only what was released, and what is hidden is said to be."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afa_eval import disclosure
from afa_eval.designs.pre_post_progress import PrePostProgress
from afa_eval.estimate import balance
from afa_eval.report import figures
from afa_eval.report.arms import arms_drawings, beside

OUTCOME = {"id": "reading", "label": "Reading", "design": "progress", "primary": True}


@pytest.fixture(scope="module")
def two_arms():
    """420 pupils, of whom five pilot pupils learn English as an additional language."""
    rng = np.random.default_rng(8)
    pilot = np.arange(420) % 2 == 0
    first = np.round(rng.normal(90, 10, 420))
    data = pd.DataFrame(
        {
            "urn": np.arange(420) % 14, "autumn": first, "summer": first + np.round(rng.normal(3, 6, 420)),
            "cohort": np.where(pilot, "pilot", "comparison"), "fsm": np.where(np.arange(420) % 5 < 2, "yes", "no"),
            "eal": np.where(pilot & (np.arange(420) < 10) | ~pilot & (np.arange(420) < 120), "yes", "no"),
        }
    )  # fmt: skip
    keys = {"id": "reading", "baseline": "autumn", "outcome": "summer", "scale": "standardised"}
    found = PrePostProgress(**keys, by=("cohort",)).estimate(data)

    class Made:
        estimates, about, manifest = found, {"title": "A", "outcomes": [OUTCOME]}, {}

    return disclosure.release(Made, "publish")


def test_shares_of_both_and_their_standardised_difference(two_arms) -> None:
    rows = {row.label: row for row in beside(two_arms, OUTCOME)}
    score, meals = rows["First score, reading"], rows["Free school meals"]
    assert score.counts == meals.counts == (210, 210)
    assert meals.pilot == pytest.approx(0.4)
    assert meals.apart == balance.of_shares(meals.pilot, meals.comparison)
    assert score.pilot - score.comparison == pytest.approx(score.apart * 10, abs=1.0)  # scores spread by about 10


def test_few_pupils_are_hidden_with_whom_they_would_be_told_by(two_arms) -> None:
    language = [row for row in beside(two_arms, OUTCOME) if "English" in row.label]
    assert language
    assert all(row.pilot is None and row.apart is None for row in language)


def test_the_table_and_its_file_say_what_is_hidden(two_arms, tmp_path) -> None:
    (drawing,) = arms_drawings(two_arms)
    chart = figures.save(drawing, tmp_path)
    assert "pupils in the programme minus comparison pupils" in chart.alt
    assert any("[c]" in row for row in chart.grid.rows)
    with (tmp_path / chart.grid.file).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(chart.grid.rows) + 1
    hidden = [at for at, row in enumerate(chart.grid.rows, start=1) if row[1] == "[c]"]
    assert all(rows[at][1] == rows[at][3] == "" for at in hidden)


def test_nothing_is_drawn_where_all_is_hidden_or_nobody_asked(two_arms) -> None:
    assert arms_drawings(replace(two_arms, tables=())) == []
    (own,) = [one.table for one in two_arms.tables if one.table.name == "balance-reading"]
    hidden = replace(two_arms.tables[0], table=replace(own, cells=tuple((None,) for _ in own.rows)))
    assert arms_drawings(replace(two_arms, tables=(hidden,), estimates=())) == []
