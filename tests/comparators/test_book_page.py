"""The page on what is bundled names everything that is."""

from pathlib import Path

import pytest

from afa_eval import comparators as c
from afa_eval.codes import years
from afa_eval.comparators import store

PAGE = Path(__file__).parents[2] / "book" / "comparators.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_every_measure_definition_and_source_is_named(page):
    definitions = [name for name in store.definitions() if not name.startswith("gcse-")]  # 38 subjects
    for name in (*c.slugs(), *definitions, *store.sources()):
        assert f"`{name}`" in page, name


def test_its_years_and_groups_are_those_of_the_store(page):
    for row in c.overview():
        line = next(line for line in page.splitlines() if f"`{row['slug']}`" in line)
        assert row["sen_groups"] in line
        assert row["years"] in line


def test_its_figures_are_those_of_the_store(page):
    assert "19.0 %" in page
    assert round(c.find("persistent-absence", year="201617", sen="any").value, 3) == 0.190
    first = c.find("persistent-absence", year="200910", definition="pa-15-standard").value
    assert f"{first:.1%}".replace("%", " %") in page
    assert years.label("200910") in page
