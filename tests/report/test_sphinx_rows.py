"""Tables written at once are the tables that Sphinx would have written, byte for byte; any other takes its way."""

from __future__ import annotations

import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from afa_eval.report import sphinx_rows
from afa_eval.report.pages import list_table
from afa_eval.report.pieces import Grid

GRID = Grid(
    'Children\'s gains, by "need" & year [1] -- in points',
    ("Group", "", "Gain\n(95% range)", "Said"),
    (
        ("SEN <support>", "+1.9 points\n\u22120.3 to 4.1", "[c]", "it's 5 > 4"),
        ("", "12. of *them*", "- 3", "Years 3-6... a_b"),
        ("`All`", "#1", "1986. A year", "\u00a32,000 (about)"),
        ("= same", "(x)=", "a | b", 'He & she: "fine" $5'),
    ),
)
OTHERS = """
```{list-table} With *markup*
:header-rows: 1

* - A
  - B
* - [link](https://www.gov.uk)
  - c
```

```{list-table} Not even
* - A
  - - nested
```

```{list-table} Widths
:widths: 1 2

* - A
  - B
```
"""


def built(folder, *, at_once, monkeypatch) -> tuple[str, str]:
    """A page and the search index, with or without the shorter way."""
    source, out = folder / "source", folder / str(at_once)
    source.mkdir(exist_ok=True)
    (source / "index.md").write_text(f"# Title\n\n{list_table(GRID)}\n{OTHERS}\n", encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "afa_eval.report.sphinx_mend"],
        "language": "en_GB",
        "html_theme": "basic",
    }
    with monkeypatch.context() as patch, docutils_namespace():
        if not at_once:
            patch.setattr(sphinx_rows.Rows, "_at_once", lambda _: None)
        Sphinx(source, None, out, folder / "trees", "html", settings, status=None, freshenv=True).build()
    return (out / "index.html").read_text(encoding="utf-8"), (out / "searchindex.js").read_text(encoding="utf-8")


def tables(page: str) -> list[str]:
    """Without the classes that only themes know."""
    found = re.findall(r"<table.*?</table>", page, re.DOTALL)
    return [re.sub(r"<table class=\"[^\"]*\"", "<table", one) for one in found]


def test_what_is_written_at_once_is_what_sphinx_writes(tmp_path, monkeypatch) -> None:
    long, index = built(tmp_path, at_once=False, monkeypatch=monkeypatch)
    short, same_index = built(tmp_path, at_once=True, monkeypatch=monkeypatch)
    assert tables(short) == tables(long)
    assert len(tables(long)) == 4
    assert "afa-rows 0" not in short
    assert sphinx_rows.BEGIN not in short
    assert "\u201cneed\u201d" in short
    assert same_index == index  # a table is found by its title and its words


@pytest.mark.parametrize(
    "text",
    ["*a*", "<b>", "a &amp; b", "- a", "1. a", "1)", "a^2", "% a", "> a", "+ a", "+++", ": a", "(a)=", "[a]", "{a}"],
)
def test_what_could_be_markup_is_left_to_sphinx(text) -> None:
    assert sphinx_rows.words(text) is None
    assert sphinx_rows.plain_rows(["* - a", f"  - {text}"]) is None


@pytest.mark.parametrize(
    "lines", [[], ["  - a"], ["* - a", "* - b", "  - c"], ["* - a", "    more"], ["words"], ["* a"]]
)
def test_a_list_of_another_shape_is_left_to_sphinx(lines) -> None:
    assert sphinx_rows.plain_rows(lines) is None


def test_a_table_that_is_lost_is_said() -> None:
    left, held = sphinx_rows.taken_out(f"<p>a</p>{sphinx_rows.BEGIN}<table>\\1</table>{sphinx_rows.END}<p>b</p>")
    assert held == ("<table>\\1</table>",)
    assert sphinx_rows.put_back(left, held) == "<p>a</p><table>\\1</table><p>b</p>"
    with pytest.raises(ValueError, match="lost"):
        sphinx_rows.put_back("<p>a</p>", held)
