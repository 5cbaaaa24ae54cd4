from __future__ import annotations

import dataclasses
import json
import re

import pytest

from afa_eval.errors import ReportError
from afa_eval.report import context, lines, pages, pieces
from afa_eval.report.pieces import Grid, Myst


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
    assert pages.shipped() == ("evaluation", "afa", "trust")
    assert all((pages.templates_folder() / name / "index.md").is_file() for name in pages.shipped())


def test_an_own_template_stands_before_the_shipped_one(book, tmp_path) -> None:
    own, out = tmp_path / "own", tmp_path / "out"
    own.mkdir()
    out.mkdir()
    (own / "cite.md").write_text("# Ours\n\n{{ book.title }}\n")
    pages.write_pages(book, out, pages.template(own))
    assert (out / "cite.md").read_text() == "# Ours\n\nReading and belonging pilot\n"
    assert "\n# Methods\n" in (out / "methods.md").read_text()


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
        pages.write_pages(book, tmp_path, pages.template("own", tmp_path))


def test_each_outcome_has_its_page_in_the_table_of_contents_and_empty_ones_have_none(book) -> None:
    contents = {
        "root": "index",
        "part": [{"caption": "A", "pages": ["summary", "outcome"]}, {"caption": "B", "pages": ["cost"]}],
    }
    written = {"index", "summary", *(outcome.page for outcome in book.outcomes)}
    parts = pages.toc(contents, book, written)["parts"]
    assert [part["caption"] for part in parts] == ["A"]
    files = [entry["file"] for entry in parts[0]["chapters"]]
    assert files == ["summary", "outcome-reading", "outcome-absence", "outcome-belonging"]


@pytest.mark.parametrize("name", ["evaluation", "trust", "afa"])
def test_every_template_tells_every_outcome_and_what_could_explain_it(book, tmp_path, name) -> None:
    pages.write_pages(book, tmp_path, pages.template(name))
    contents = json.loads((tmp_path / "_toc.yml").read_text())
    listed = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    texts = {path.stem: path.read_text() for path in tmp_path.glob("*.md")}
    assert set(listed) | {"index"} == set(texts)
    whole = "\n".join(texts.values())
    for outcome in book.outcomes:
        assert whole.count(f"(at-{outcome.page})=") == 1
        assert pages.escaped(outcome.headline.plain) in whole
    for _, findings in book.findings:
        assert all(pages.escaped(finding.message) in whole for finding in findings)
    assert pages.escaped(book.cite) in whole
    assert len(texts) == {"trust": 4}.get(name, len(texts))


def test_an_own_template_may_stand_on_another_than_the_default(book, tmp_path) -> None:
    own, out = tmp_path / "ours", tmp_path / "out"
    own.mkdir()
    out.mkdir()
    (own / "book.toml").write_text('base = "trust"\n')
    (own / "about.md").write_text("# Ours\n")
    pages.write_pages(book, out, pages.template("ours", tmp_path))
    assert sorted(path.name for path in out.glob("*.md")) == ["about.md", "index.md", "pupils.md", "trust.md"]
    assert (out / "about.md").read_text() == "# Ours\n"


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ('base = "glossy"', "none of evaluation, afa, trust"),
        ("base = ", "own/book.toml: "),
        ("[[part]]\ncaption = 'A'\npages = ['cite']", "must name a root page"),
    ],
)
def test_a_wrong_list_of_pages_is_said(book, tmp_path, contents, said) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "book.toml").write_text(contents)
    with pytest.raises(ReportError, match=said):
        pages.write_pages(book, tmp_path, pages.template("own", tmp_path))


def test_a_template_that_is_not_there_is_said_with_those_that_are(tmp_path) -> None:
    with pytest.raises(ReportError, match=r"no template 'glossy'\. There are: evaluation, afa, trust"):
        pages.template("glossy", tmp_path)


@pytest.mark.parametrize("kind", [context.Book, context.Outcome, lines.Line, pieces.Grid, pieces.Chart])
def test_whatever_a_template_may_name_is_documented(kind) -> None:
    told = re.sub(r"[ ,]+", " ", kind.__doc__)
    for field in dataclasses.fields(kind):
        assert re.search(rf"\b{field.name}\b", told), field.name
    for name, member in vars(kind).items():
        if not name.startswith("_") and (isinstance(member, property) or callable(member)):
            assert member.__doc__, name


@pytest.mark.parametrize("name", pages.shipped())
def test_an_outcome_without_a_figure_says_why(book, tmp_path, name) -> None:
    """No table without a row either: that would stop the whole book."""
    why = "No figure for Reading, because the data hold no pupils in Year 13."
    first = dataclasses.replace(
        book.outcomes[0],
        headline=None,
        lines=(),
        charts=(),
        tables=(),
        sections=(),
        findings=(pieces.Limitation("serious", why, "Take it out.", ("Reading",), "not-estimated"),),
    )
    pages.write_pages(dataclasses.replace(book, outcomes=(first, *book.outcomes[1:])), tmp_path, pages.template(name))
    said = [path.name for path in tmp_path.rglob("*.md") if why in path.read_text().replace("\\", "")]
    assert "index.md" in said
    assert len(said) > 1
    for path in tmp_path.rglob("*.md"):
        bodies = re.findall(r"```\{list-table\}.*?\n```", path.read_text(), flags=re.DOTALL)
        assert all(body.count("\n* - ") > 1 for body in bodies), path.name
