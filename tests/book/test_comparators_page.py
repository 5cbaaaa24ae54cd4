"""Every national series is drawn by SEN group, with its breaks marked and its table and CSV beside it."""

import csv
import re
from functools import cache

import pytest

from afa_eval import comparators
from afa_eval.codes import years


@pytest.fixture(scope="module")
def series(builder):
    """Every chart there is, before it is drawn."""
    return [item for slug in comparators.slugs() for item in builder.pages_comparators.every(slug)]


@pytest.fixture(scope="module")
def page(builder, series, tmp_path_factory):
    """The whole page; of its charts one for each unit is drawn, and each that breaks between SEN groups or definitions.

    The others are alike but for their numbers, and drawing all takes ten seconds: the book's own build does.
    """
    pages, folder = builder.pages_comparators, tmp_path_factory.mktemp("pages")
    units = {comparators.store.measures()[item.slug].unit: item.name for item in reversed(series)}
    drawn, draw = {*units.values(), "attainment-8", "progress-8-progress-8"}, pages.chart
    other = draw(series[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "chart", lambda item: draw(item) if item.name in drawn else other)
        patch.setattr(pages.canvas, "to_svg", cache(pages.canvas.to_svg))
        pages.write(folder)
    return folder


def test_every_chart_says_in_words_what_it_shows(builder, series):
    for item in series:
        unit = comparators.store.measures()[item.slug].unit
        words = builder.pages_comparators._alt(item, unit)
        assert len(words) > 40
        assert all(years.label(max(group)) in words for group in item.figures.values())
        assert all(years.label(year) in words for year, _ in item.breaks)


def test_every_measure_has_a_chart_a_table_and_a_csv(builder, page):
    text = (page / "comparators-series.md").read_text(encoding="utf-8")
    for slug in comparators.slugs():
        assert f"`{slug}`:" in text
    charts = re.findall(r"!\[(.+)\]\((series/.+\.svg)\)\n\n\| year \|", text)
    files = re.findall(r"\{download\}`CSV <(series/.+\.csv)>`", text)
    assert len(charts) == len(files) >= len(comparators.slugs())
    for _, chart in charts:
        svg = (page / chart).read_text(encoding="utf-8")
        assert svg.startswith("<svg")
        assert "<desc" in svg
    for file in files:
        assert (page / file).is_file()


def test_breaks_are_marked_in_chart_table_and_csv(page):
    svg = (page / "series" / "persistent-absence-pa-10-percent.svg").read_text(encoding="utf-8")
    assert "School Action Plus" in svg
    text = (page / "comparators-series.md").read_text(encoding="utf-8")
    assert "| break, 2014/15 | 11.0% | 9.0% | 18.7% | 17.9% | 22.8% |" in text
    with (page / "series" / "attainment-8.csv").open(encoding="utf-8", newline="") as file:
        marked = {row["year"] for row in csv.DictReader(file) if row["break_before"] == "yes"}
    assert marked == {"201617", "201718", "201920", "202122"}


def test_the_figures_are_those_of_the_store(page):
    with (page / "series" / "persistent-absence-pa-10-percent.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found = comparators.find(row["slug"], year=row["year"], sen=row["sen"], phase=row["phase"])
            assert float(row["value"]) == pytest.approx(found.value, rel=1e-11)
            assert row["source"] == found.source


def test_the_same_store_makes_the_same_bytes(builder, page, tmp_path):
    builder.pages_comparators.section(next(iter(builder.pages_comparators.every("progress-8"))), tmp_path)
    for name in ("progress-8.svg", "progress-8.csv"):
        made = next(path for path in tmp_path.iterdir() if path.suffix == name[-4:])
        assert made.read_bytes() == (page / "series" / made.name).read_bytes()
