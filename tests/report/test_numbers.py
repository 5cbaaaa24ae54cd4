"""The numbers under a chart: every chart has them, they are the released ones, and the file holds the same."""

from __future__ import annotations

import csv
from dataclasses import replace
from types import SimpleNamespace

import pytest

from afa_eval.estimate import Estimand, Table, balance
from afa_eval.report import numbers
from afa_eval.report.book import charts_of
from afa_eval.report.likeness import likeness, likeness_drawings


def read(folder, grid) -> list[dict[str, str]]:
    with (folder / grid.file).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_chart_has_its_numbers_and_their_file(book, folder) -> None:
    charts = charts_of(book)
    assert len(charts) > 8
    for chart in charts:
        assert chart.grid is not None, chart.file
        assert chart.grid.rows
        assert read(folder, chart.grid)


def test_a_table_under_a_chart_does_not_stand_on_the_page_twice(book) -> None:
    for outcome in book.outcomes:
        drawn = {chart.grid.file for chart in outcome.charts}
        assert not drawn & {grid.file for grid in outcome.counts}
        assert {grid.file for grid in outcome.tables} >= {grid.file for grid in outcome.counts}


def test_figures_of_a_group_stand_together_and_the_file_holds_what_was_released(released, tmp_path) -> None:
    wanted = (Estimand.MEAN_BEFORE, Estimand.MEAN_AFTER)
    items = [
        item for name in wanted for item in released.estimates if item.outcome == "reading" and item.estimand == name
    ]
    grid = numbers.of_figures("x", items, tmp_path)
    assert grid.title == "Average score"
    assert grid.header[:3] == ("Group", "What", "Figure")
    assert [row[1] for row in grid.rows[:4]] == ["Before", "After", "Before", "After"]
    assert grid.rows[0][0] == grid.rows[1][0]
    rows = read(tmp_path, grid)
    assert len(rows) == len(items)
    known = {(item.group, str(item.estimand)): item.value for item in items}
    for row in rows:
        value = known[row["group"], row["estimand"]]
        assert row["estimate"] == ("" if value is None else format(value, ".12g"))


def tables(sen, nation, girls=60.0):
    def table(name, rows, cells, **more):
        inner = Table(name=name, title="", rows=rows, columns=("x",), cells=tuple((c,) for c in cells), **more)
        return SimpleNamespace(table=inner)

    provision = ("sen_provision=N", "sen_provision=K", "sen_provision=E")
    return SimpleNamespace(
        tables=(
            table("participants-sen_provision", (*provision, "Total"), sen),
            table("england-sen_provision", provision, nation, unit="proportion"),
            table("participants-sex", ("sex=F", "sex=M", "Total"), (girls, 40.0, 100.0)),
        )
    )


def test_likeness_is_worked_out_from_released_counts_of_what_england_publishes() -> None:
    found = likeness(tables((70.0, 20.0, 10.0, 100.0), (0.83, 0.13, 0.04)))
    assert [row.label for row in found] == ["SEN support", "EHC plan"]  # the largest follows from the others
    assert found[0].value == balance.of_shares(0.2, 0.13)
    assert found[1].here == pytest.approx(0.1)


def test_a_hidden_count_leaves_its_characteristic_out() -> None:
    hidden = tables((None, 20.0, None, 100.0), (0.83, 0.13, 0.04))
    assert likeness(hidden) == []
    assert likeness_drawings(hidden) == []


def test_labels_stand_in_the_file_of_a_chart_across_evaluations(released, tmp_path) -> None:
    items = [replace(item) for item in released.estimates if item.estimand == Estimand.G_NATIONAL][:2]
    grid = numbers.of_figures("y", items, tmp_path, labels=["First: Reading", "Second: Maths"], head="Evaluation")
    assert grid.header[0] == "Evaluation"
    assert [row["evaluation"] for row in read(tmp_path, grid)] == ["First: Reading", "Second: Maths"]


def test_on_paper_the_numbers_stand_open(tmp_path) -> None:
    from afa_eval.report.single import single_page

    fold = "<details><summary>Numbers in this chart</summary><p>12</p></details>"
    page = f"<html><head></head><body><article><section id='a'><h1>A</h1>{fold}</section></article></body></html>"
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert '<details open="">' in single_page(tmp_path, ["index"])
