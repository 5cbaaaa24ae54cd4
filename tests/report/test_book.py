"""What the templates see: a release in words, and nothing that is not in it."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from afa_eval.errors import ReportError
from afa_eval.report import headlines
from afa_eval.report.book import assemble, programme
from afa_eval.report.pieces import Grid


def outcome(book, key):
    return next(one for one in book.outcomes if one.id == key)


def rows(grid: Grid) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in grid.rows}


def test_the_card_is_about_the_focus_group_and_the_national_line(book) -> None:
    line = outcome(book, "absence").headline
    assert (line.item.estimand, line.item.group) == ("change_minus_national", "sen=any")
    assert line.signed == "\u22121.9 percentage points"
    assert line.against.startswith("Nationally")


def test_only_primary_outcomes_have_cards(book) -> None:
    assert [one.id for one in book.primary] == ["reading", "absence"]


def test_a_hidden_figure_is_a_symbol_in_every_table(book, released) -> None:
    hidden = [item for item in released.estimates if item.group == "primary_need=VI"]
    assert hidden
    assert all(item.value is None for item in hidden)
    section = next(one for one in outcome(book, "absence").sections if one.title == "By primary need")
    cells = rows(section.grids[0])["Vision impairment"]
    assert set(cells) == {"[c]"}


def test_a_table_says_its_unit_once_and_its_interval_below(book) -> None:
    grid = outcome(book, "absence").main.grids[0]
    assert grid.header == (
        "Group",
        "Before",
        "After",
        "Change (percentage points)",
        "Change minus the national change (percentage points)",
        "Enrolments, before",
        "Enrolments, after",
        "Schools",
    )
    assert rows(grid)["SEN"][3] == "\u22121.9\n\u22124.3 to 0.5"


def test_a_design_without_a_layout_shows_every_figure(released, tmp_path) -> None:
    about = {**released.about, "outcomes": [{"id": "absence", "label": "A", "design": "something-new"}]}
    made = assemble(replace(released, about=about), tmp_path).outcomes[0]
    figures = [item for item in released.estimates if item.outcome == "absence"]
    assert sum(len(grid.rows) for s in (made.main, *made.sections) for grid in s.grids) == len(figures)
    assert made.charts


def test_children_these_tests_cannot_measure_are_named(book) -> None:
    assert [grid.title for grid in book.coverage] == ["Pupils with the scores needed, and why others have none"]
    assert "EHC plan" in book.coverage_charts[0].alt


def test_participants_stand_beside_england(book) -> None:
    grid = book.participants[0]
    assert grid.header == ("Group", "Pupils", "Share", "England")
    assert rows(grid)["SEN support"] == ("512", "16.0%", "13.0%")
    assert rows(book.participants[1])["Vision impairment"] == ("[c]", "[c]")


def test_every_chart_says_its_finding_and_exists_in_two_widths(book, folder) -> None:
    charts = [chart for one in book.outcomes for chart in one.charts] + list(book.coverage_charts)
    assert len(charts) >= 6
    for chart in (*charts, *book.pupil_flows):
        assert len(chart.alt) > 40
        assert any(sign.isdigit() for sign in chart.alt)
        assert (folder / chart.file).is_file()
        assert (folder / chart.file.replace(".svg", "-narrow.svg")).is_file()


def test_the_file_of_an_outcome_has_its_released_figures(book, folder) -> None:
    with (folder / outcome(book, "absence").file).open() as stream:
        found = list(csv.DictReader(stream))
    assert {row["outcome"] for row in found} == {"absence"}
    assert all(row["estimate"] == "" for row in found if row["group"] == "primary_need=VI")


def test_limitations_come_gravest_first(book) -> None:
    assert [len(found) for _, found in book.findings] == [1, 2, 1]
    assert book.findings[0][0].startswith("Serious")


def test_a_finding_does_not_count_four_pupils(book) -> None:
    told = [finding.message for _, found in book.findings for finding in found]
    assert any("For fewer than 10 pupils the reason is not known" in text for text in told)


def test_the_programme_is_said_in_words() -> None:
    told = dict(
        programme({"name": "R", "start": "202209", "selection": {"how": "nominated"}, "how_much": "", "who": "all"})
    )
    assert told == {
        "Programme": "R",
        "Began": "September 2022",
        "How pupils were chosen": "Pupils named by their teachers",
        "Who": "all",
    }


def test_a_chart_that_cannot_be_drawn_stops_everything(released, tmp_path, monkeypatch) -> None:
    from afa_eval.estimate import charts

    def broken(*_: object, **__: object) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr(charts, "forest", broken)
    with pytest.raises(ReportError, match=r"reading-1-forest.*no ink"):
        assemble(released, tmp_path)


def test_a_release_without_a_title_is_refused(released, tmp_path) -> None:
    with pytest.raises(ReportError, match="title"):
        assemble(replace(released, about={}), tmp_path)


def test_what_speaks_against_a_headline_is_in_its_words(book, released) -> None:
    found = headlines.headlines(released, book)["outcomes"]
    assert [one["evidence"] for one in found] == ["Serious doubts", "No doubts raised"]
    assert found[1]["design"] == "Persistent absence"
    assert found[1]["headline"]["estimand"] == "change_minus_national"
    assert found[0]["size"]["estimand"] == "g_national"
