"""Every national series is drawn by SEN group, with its breaks marked and its table and CSV beside it."""

import csv
import re

import pytest

from afa_eval import comparators


@pytest.fixture(scope="module")
def page(builder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    builder.pages_comparators.write(folder)
    return folder


def test_every_measure_has_a_chart_a_table_and_a_csv(builder, page):
    text = (page / "comparators-series.md").read_text(encoding="utf-8")
    for slug in comparators.slugs():
        assert f"`{slug}`:" in text
    charts = re.findall(r"!\[(.+)\]\((series/.+\.svg)\)\n\n\| year \|", text)
    files = re.findall(r"\{download\}`CSV <(series/.+\.csv)>`", text)
    assert len(charts) == len(files) >= len(comparators.slugs())
    for words, chart in charts:
        assert len(words) > 40
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
    series = next(iter(builder.pages_comparators.every("progress-8")))
    builder.pages_comparators.section(series, tmp_path)
    for name in ("progress-8.svg", "progress-8.csv"):
        made = next(path for path in tmp_path.iterdir() if path.suffix == name[-4:])
        assert made.read_bytes() == (page / "series" / made.name).read_bytes()
