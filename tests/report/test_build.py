"""One whole book, built once, read as a visitor's browser and a search engine would read it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from afa_eval.errors import ReportError
from afa_eval.report import build_book
from afa_eval.report.pdf import write_pdf
from afa_eval.report.single import single_page

PAGES = ("index", "summary", "outcome-reading", "outcome-absence", "outcome-belonging", "participants", "data-quality")
PAGES += ("limitations", "methods", "programme", "cite", "reproduce", "design", "cost", "subgroups", "implementation")


@pytest.fixture(scope="module")
def index(released, tmp_path_factory) -> Path:
    return build_book(released, tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def soups(index) -> dict[str, BeautifulSoup]:
    return {page: BeautifulSoup((index.parent / f"{page}.html").read_text("utf-8"), "html.parser") for page in PAGES}


def small(released):
    """One outcome and a few figures, to build quickly."""
    about = {**released.about, "outcomes": released.about["outcomes"][2:]}
    kept = tuple(item for item in released.estimates if item.outcome == "belonging")
    return replace(released, about=about, estimates=kept, tables=(), flow=())


def article(soup: BeautifulSoup) -> str:
    return " ".join(soup.find("article").get_text(" ").split())


def test_the_path_is_the_contracts(index) -> None:
    assert index.is_absolute()
    assert index.parts[-4:] == ("build", "book", "html", "index.html")


def test_nothing_half_made_is_left(index) -> None:
    assert [path.name for path in index.parents[1].iterdir()] == ["html"]


def test_every_page_is_british_english_with_one_first_heading(soups) -> None:
    for soup in soups.values():
        assert soup.html["lang"] == "en-GB"
        assert len(soup.find_all("h1")) == 1
        assert len(soup.find_all("main")) == 1


def test_headings_skip_no_level(soups) -> None:
    for page, soup in soups.items():
        levels = [int(tag.name[1]) for tag in soup.find("article").find_all(re.compile("^h[1-6]$"))]
        assert all(after <= before + 1 for before, after in pairwise(levels)), page


def test_cards_say_size_interval_comparator_and_claim(soups) -> None:
    cards = [" ".join(card.get_text(" ").split()) for card in soups["index"].find_all(class_="afa-card")]
    assert len(cards) == 2
    assert "\u22121.9 percentage points" in cards[1]
    assert "Likely range: \u22124.3 to 0.5 (95% confidence interval)" in cards[1]
    assert "Nationally" in cards[1]
    assert "does not by itself show an effect" in cards[1]


def test_the_first_sentence_of_an_outcome_says_the_finding(soups) -> None:
    paragraphs = soups["outcome-absence"].find("article").find_all("p")
    assert "pupils with SEN" in paragraphs[1].get_text()
    assert "1.9 percentage points" in paragraphs[1].get_text()


def test_figures_have_alt_text_that_says_the_finding(soups) -> None:
    images = [image for soup in soups.values() for image in soup.find("article").find_all("img")]
    assert len(images) >= 7
    assert all(re.search(r"\d", image["alt"]) and len(image["alt"]) > 40 for image in images)
    assert all(image.parent.name == "picture" for image in images)


def test_every_address_inside_the_book_leads_somewhere(index, soups) -> None:
    for page, soup in soups.items():
        for tag, name in [("a", "href"), ("img", "src"), ("script", "src"), ("link", "href"), ("source", "srcset")]:
            for found in soup.find_all(tag, attrs={name: True}):
                address, _, place = unquote(found[name]).partition("#")
                if re.match(r"[a-z]+:|//", address):
                    continue
                address = address.partition("?")[0]
                assert not address or (index.parent / address).exists(), f"{page}: {address}"
                there = soups.get(address.removesuffix(".html") or page)
                assert not place or there is None or there.find(id=place), f"{page}: {address}#{place}"


def test_every_page_of_the_book_is_one_of_its_own(index) -> None:
    assert not [*index.parent.rglob("*macros*.html"), *index.parent.rglob("locales")]  # the theme's own


def test_nothing_is_loaded_from_elsewhere(index) -> None:
    for path in index.parent.rglob("*"):
        if path.suffix in {".html", ".css"}:
            text = path.read_text("utf-8", errors="replace")
            assert not re.search(
                r"""(?:src|srcset)=["'](?:https?:)?//|url\(["']?(?:https?:)?//|@import ["']?http""", text
            ), path
            assert "unpkg" not in text
            assert "mathjax@" not in text


def test_no_maps_sources_or_caches_are_published(index) -> None:
    names = {path.name for path in index.parent.rglob("*")}
    assert not [name for name in names if name.endswith((".map", ".ipynb", ".doctree", ".pickle", ".md"))]
    assert not names & {"_sources", ".buildinfo", "jupyter_execute", ".doctrees"}


def test_no_path_of_this_machine_is_published(index) -> None:
    here = (str(Path(__file__).parents[2]), str(index.parents[3]), str(Path.home()) + "/")
    for path in index.parent.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", errors="replace")
            assert not any(place in text for place in here), path


def test_a_hidden_number_stands_nowhere(index, soups, rich) -> None:
    secret = next(item for item in rich.estimates if item.group == "primary_need=VI" and item.outcome == "reading")
    for path in index.parent.rglob("*.csv"):
        rows = [line for line in path.read_text().splitlines() if "primary_need=VI" in line]
        assert not any(str(secret.value) in line for line in rows), path
    heads = soups["outcome-reading"].find_all("th", scope="row", string=re.compile("Vision impairment"))
    cells = [cell.get_text(strip=True) for head in heads for cell in head.find_next_siblings("td")]
    assert len(cells) >= 5
    assert set(cells) <= {"[c]", "[z]"}  # hidden, or nothing could stand there
    assert cells.count("[c]") >= 5


def test_no_page_says_significant(soups) -> None:
    assert not [page for page, soup in soups.items() if "significan" in article(soup).lower()]


def test_formulas_are_mathml(soups) -> None:
    formulas = soups["methods"].find_all("math")
    assert len(formulas) >= 8
    assert all(formula.get("alttext") for formula in formulas)


def test_the_trusts_own_words_are_in_the_book_as_written(soups) -> None:
    text = article(soups["programme"])
    assert "It cost $2 a book & took 3_000 hours." in text
    assert soups["programme"].find("em", string="every") is not None


def test_limitations_are_by_how_much_they_weigh(soups) -> None:
    text = article(soups["limitations"])
    assert (
        text.index("low scores rise by themselves") < text.index("Parents chose themselves") < text.index("18 schools")
    )


def test_data_quality_names_rules_and_no_rows(soups) -> None:
    text = article(soups["data-quality"])
    assert "AFA405" in text
    assert "pupils.csv" not in text
    assert "161" not in text


def test_the_plan_and_the_hashes_can_be_repeated(soups) -> None:
    text = article(soups["reproduce"])
    assert "9c1d" * 16 in text.replace(" ", "")
    assert 'pupils = "data/pupils.csv"' in soups["reproduce"].find("pre", string=None).get_text() + text


def test_tables_can_be_reached_and_read_row_by_row(soups) -> None:
    for soup in soups.values():
        for table in soup.find("article").find_all("table"):
            assert table.find("caption") is not None
            assert table.find_all("th", scope="col")
            assert table.find_parent(attrs={"role": "region", "tabindex": "0"}) is not None


def test_the_same_release_makes_the_same_bytes(index, released, tmp_path) -> None:
    first, second = index.parent, build_book(released, tmp_path / "two").parent
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert [path for path in files if (first / path).read_bytes() != (second / path).read_bytes()] == []


def test_a_book_that_fails_leaves_the_old_one(released, tmp_path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "cite.md").write_text("# A\n\n[gone](nowhere.md)\n")
    old = tmp_path / "build" / "book" / "html" / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    with pytest.raises(ReportError, match=r"cite.md.*nowhere") as caught:
        build_book(small(released), tmp_path, template=own)
    assert str(tmp_path) not in str(caught.value)
    assert old.read_text() == "old"
    assert [path.name for path in old.parents[1].iterdir()] == ["html"]


def test_one_page_holds_all_with_its_links_inside(index) -> None:
    soup = BeautifulSoup(single_page(index.parent, ("index", "summary", "outcome-absence")), "html.parser")
    assert [heading.get_text() for heading in soup.find_all("h1")] == ["Reading and belonging pilot"]
    chapters = [row.get_text() for row in soup.find("nav").find_all("li")]
    assert chapters == ["Summary for parents and carers", "Persistent absence"]
    places = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(places) == len(set(places))
    inside = [link["href"][1:] for link in soup.find_all("a", href=re.compile("^#"))]
    assert len(inside) >= 5
    assert set(inside) <= set(places)


def titles(outline) -> Iterator[str]:
    """All titles of a PDF's outline, in order."""
    for one in outline:
        if isinstance(one, list):
            yield from titles(one)
        else:
            yield one.title


def figures(node) -> list[str | None]:
    """What is said of each figure in a PDF's structure: None where nothing is."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [words for one in node for words in figures(one)]
    if not isinstance(node, dict):
        return []
    own = [node.get("/Alt")] if node.get("/S") == "/Figure" else []
    return own + figures(node.get("/K"))


@pytest.mark.browser
def test_the_printed_book_is_tagged_outlined_and_british(index, chromium, tmp_path) -> None:
    made = PdfReader(write_pdf(index.parent, ("index", "summary"), tmp_path / "book.pdf"))
    root = made.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert made.metadata.title == "Reading and belonging pilot"
    width, height = (float(side) / 72 * 25.4 for side in made.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    single = BeautifulSoup(single_page(index.parent, ("index", "summary")), "html.parser")
    headings = [heading.get_text(" ", strip=True) for heading in single.find_all(re.compile("^h[1-5]$"))]
    assert list(titles(made.outline)) == headings
    assert None not in figures(root["/StructTreeRoot"]["/K"])
    assert not (index.parent / "all-on-one-page.html").exists()
    addresses = [
        note.get_object().get("/A", {}).get("/URI", "") for page in made.pages for note in page.get("/Annots", [])
    ]
    assert not [address for address in addresses if str(address).startswith("file:")]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_any_page(index, browser, axe, width) -> None:
    found = {}
    for page in (*PAGES, "search") if os.environ.get("CI") else ("index", "outcome-absence", "participants"):
        browser.open(index.parent / f"{page}.html", width)
        found[page] = (browser.violations(axe), browser.overflow, browser.complaints)
    assert {page: told for page, told in found.items() if told != ([], 0, [])} == {}


@pytest.mark.browser
def test_pages_open_alone_and_reflow_when_zoomed(index, browser) -> None:
    for width in (640, 320):  # 1280 pixels at 200 % and at 400 %
        for page in ("index", "outcome-absence", "participants"):
            browser.open(index.parent / f"{page}.html", width)
            assert browser.overflow == 0, (page, width)
            assert all(address.startswith(("file:", "data:")) for address in browser.fetched)


@pytest.mark.browser
def test_the_keyboard_reaches_everything_and_shows_where_it_is(index, soups, browser) -> None:
    wide = "[...document.querySelectorAll('.afa-scroll')].filter(it => it.scrollWidth > it.clientWidth).length"
    for page, width in (("index", 1280), ("outcome-absence", 390)):
        browser.open(index.parent / f"{page}.html", width)
        browser.run("document.querySelectorAll('details').forEach(it => { it.open = true; })")
        stops = browser.tab_stops()
        assert stops[0]["words"].strip() == "Skip to main content"
        assert [stop for stop in stops if not stop["ring"]] == []
        links = soups[page].find("article").find_all("a", href=True)
        summaries = soups[page].find("article").find_all("summary")
        assert len([stop for stop in stops if stop["tag"] == "SUMMARY"]) >= len(summaries)
        wanted = {link["href"] for link in links if link.get("tabindex") != "-1"}
        assert wanted <= {stop["href"] for stop in stops}
        assert sum(stop["tag"] == "DIV" for stop in stops) >= browser.run(wide)  # a wide table scrolls by key
