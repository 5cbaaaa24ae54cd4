from __future__ import annotations

import re

import pytest

from afa_eval.errors import ReportError
from afa_eval.report import pages
from afa_eval.report.context import Grid, Myst


@pytest.mark.parametrize(
    "text", ["a_b*c*", "[x](y)", "<b>", "{{ x }}", "{math}`a`", "$5 & $6", "# no", "- no", "1. no", "a|b"]
)
def test_text_is_shown_as_it_stands(text) -> None:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark").render(pages.escaped(text))
    shown = re.sub("<[^>]*>", "", made).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
    assert made.startswith("<p>")
    assert shown == text


def test_myst_passes_and_text_does_not() -> None:
    made = pages.environment().from_string("{{ a }}{{ b }}")
    assert made.render(a="*x*", b=Myst("*y*")) == r"\*x\**y*"


def test_a_table_has_a_header_and_a_second_line_for_the_interval() -> None:
    text = pages.list_table(Grid(title="A [b]", header=("Group", "Change"), rows=(("SEN", "1.2\n0.4 to 2.0"),)))
    assert text.splitlines() == [
        r"```{list-table} A \[b\]",
        ":header-rows: 1",
        ":class: afa-rows afa-figures",
        "",
        "* - Group",
        "  - Change",
        "* - SEN",
        "  - 1.2",
        "",
        "    0.4 to 2.0",
        "```",
    ]


def test_a_plan_with_fences_stays_inside_its_own() -> None:
    assert pages.literal("a = '```'\n", "toml") == "````toml\na = '```'\n````"


def test_the_shipped_templates_are_found() -> None:
    assert (pages.templates_folder() / "index.md").is_file()


def test_an_own_template_stands_before_the_shipped_one(book, tmp_path) -> None:
    own, out = tmp_path / "own", tmp_path / "out"
    own.mkdir()
    out.mkdir()
    (own / "cite.md").write_text("# Ours\n\n{{ book.title }}\n")
    pages.write_pages(book, out, own)
    assert (out / "cite.md").read_text() == "# Ours\n\nReading and belonging pilot\n"
    assert (out / "methods.md").read_text().startswith("# Methods")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("# A\n\n{{ book.titel }}\n", "template cite.md, line 3: .*titel"),
        ("# A\n{% if book.title %}\n", "template cite.md, line 2"),
        ('# A\n\n{% include "_nowhere.md" %}\n', "no template '_nowhere.md'"),
    ],
)
def test_a_template_that_names_what_is_not_there_fails_with_its_line(book, tmp_path, template, said) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "cite.md").write_text(template)
    with pytest.raises(ReportError, match=said):
        pages.write_pages(book, tmp_path, own)


def test_each_outcome_has_its_page_in_the_table_of_contents(book) -> None:
    contents = {"root": "index", "part": [{"caption": "A", "pages": ["summary", "outcome"]}]}
    files = [entry["file"] for entry in pages.toc(contents, book)["parts"][0]["chapters"]]
    assert files == ["summary", "outcome-reading", "outcome-absence", "outcome-belonging"]
