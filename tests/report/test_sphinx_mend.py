from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from afa_eval.report import sphinx_mend


def mended(html: str, tmp_path) -> BeautifulSoup:
    soup = BeautifulSoup(html, "html.parser")
    sphinx_mend.mend_page(soup, tmp_path / "page.html")
    return soup


def test_scripts_for_running_code_go(tmp_path) -> None:
    html = '<script>const THEBE_JS_URL = "https://unpkg.com/thebe"</script><script>let a = 1</script>'
    assert [tag.get_text() for tag in mended(html, tmp_path).find_all("script")] == ["let a = 1"]


def test_what_is_seen_and_what_is_heard_agree(tmp_path) -> None:
    html = '<button aria-label="Find">Search</button><button title="Menu of pages"><i class="fas"></i></button>'
    first, second = mended(html, tmp_path).find_all("button")
    assert not first.has_attr("aria-label")
    assert second["aria-label"] == "Menu of pages"
    assert second.i["aria-hidden"] == "true"


def test_an_empty_header_cell_is_no_header(tmp_path) -> None:
    html = "<table><thead><tr><th></th><th>Pupils</th></tr></thead></table>"
    soup = mended(html, tmp_path)
    assert [tag.get_text() for tag in soup.find_all("th")] == ["Pupils"]
    assert soup.th["scope"] == "col"


def test_row_labels_are_headers_of_their_rows(tmp_path) -> None:
    html = '<article><table class="afa-rows"><caption>Absence</caption><tbody><tr><td>SEN</td><td>3</td></tr></tbody></table></article>'
    soup = mended(html, tmp_path)
    assert soup.th["scope"] == "row"
    box = soup.table.parent
    assert (box["role"], box["tabindex"], box["aria-label"]) == ("region", "0", "Absence")


def test_a_list_of_citations_without_items_is_no_list(tmp_path) -> None:
    soup = mended('<div role="list"><div role="doc-biblioentry">A</div></div>', tmp_path)
    assert not soup.div.has_attr("role")


def test_sidebars_are_landmarks_with_names(tmp_path) -> None:
    soup = mended('<div id="pst-primary-sidebar"></div>', tmp_path)
    assert (soup.div["role"], soup.div["aria-label"]) == ("complementary", "Pages of this book")


def test_a_phone_gets_the_narrow_drawing_where_there_is_one(tmp_path) -> None:
    (tmp_path / "a-narrow.svg").write_text("<svg/>")
    soup = mended('<p><img src="a.svg" alt="A"/><img src="b.svg" alt="B"/></p>', tmp_path)
    assert soup.find("source")["srcset"] == "a-narrow.svg"
    assert len(soup.find_all("picture")) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://example.org/a.js"></script>',
        '<script src="//example.org/a.js"></script>',
        '<link rel="stylesheet" href="https://example.org/a.css"/>',
        '<link rel="preconnect" href="https://fonts.example.org"/>',
        '<img src="http://example.org/a.png"/>',
        '<source srcset="https://example.org/a.svg"/>',
        '<iframe src="https://example.org"></iframe>',
        '<style>@import "https://example.org/a.css";</style>',
        "<style>p { background: url(//example.org/a.png) }</style>",
        '<script>load("https://example.org/lib.js")</script>',
    ],
)
def test_anything_loaded_from_elsewhere_is_found(html) -> None:
    assert sphinx_mend.outside_addresses(BeautifulSoup(html, "html.parser"))


def test_a_link_that_a_reader_follows_is_none() -> None:
    html = '<a href="https://www.gov.uk">DfE</a><link rel="next" href="b.html"/><script src="_static/a.js"></script>'
    assert sphinx_mend.outside_addresses(BeautifulSoup(html, "html.parser")) == []


def test_formulas_are_mathml_with_their_source_as_text() -> None:
    made = sphinx_mend.mathml(r"a < b", block=True)
    assert made.startswith('<math alttext="a &lt; b"')
    assert 'display="block"' in made
