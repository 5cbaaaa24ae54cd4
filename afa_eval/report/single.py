"""A built book as one page, to be printed: the same articles, one after the other, as chapters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bs4 import BeautifulSoup, Tag

OUTSIDE = re.compile(r"^(?:https?:|mailto:)")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
DROPPED = (
    "a.headerlink", ".prev-next-footer", "script", "button", ".sd-stretched-link .sd-hide-link-text",
    "p:has(> a.download:only-child)", ".sd-summary-state-marker",  # files beside the book, and what opens folds
)  # fmt: skip
PRINT = """
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page); font: 9pt sans-serif; } }
body { background: #fff; }
.bd-article { font-size: 10pt; padding: 0; }
.bd-main .bd-content { margin: 0; }
.bd-main .bd-content .bd-article-container { max-width: none; padding: 0; }
.bd-main .bd-content .bd-article h1:first-of-type { display: block; }
.bd-main .bd-content .bd-article table { break-inside: auto; }
.bd-article p, .bd-article li, .bd-article .admonition { max-width: none; }
.bd-article section.afa-chapter { break-before: page; }
.bd-article h1 { font-size: 22pt; margin-top: 0; }
.bd-article h2 { font-size: 16pt; margin-top: 14pt; }
.bd-article h3 { font-size: 12.5pt; } .bd-article h4 { font-size: 11pt; }
/* an outline holds a heading's lines as they are painted: keep the space at a line's end, and paint on one page only */
.bd-article :is(h1, h2, h3, h4, h5) { white-space: break-spaces; contain: paint; break-inside: avoid; break-after: avoid; }
.bd-article caption { break-inside: avoid; }
.bd-article .afa-scroll { overflow: visible; margin-bottom: 8pt; }
.bd-article .afa-scroll table { font-size: 7.5pt; width: 100%; break-inside: auto; }
.bd-article .afa-scroll td, .bd-article .afa-scroll th { padding: 2pt 5pt 2pt 2pt; }
.bd-article .afa-scroll thead th { min-width: 0; }
.bd-article .afa-figures td { white-space: normal; }
.bd-article .afa-figures td p, .bd-article .afa-figures td p + p { font-size: 7.5pt; line-height: 1.25; }
.bd-article .afa-scroll tr, .bd-article .afa-card { break-inside: avoid; }
.bd-article caption, .bd-article thead, .bd-article summary { break-after: avoid; }
.bd-article tbody tr:first-child { break-before: avoid; }
.bd-article figure img { max-height: 205mm; width: auto; max-width: 100%; }
.afa-cards > .sd-row > .sd-col { flex: 0 0 50%; width: 50%; }
.afa-contents { break-before: page; }
.afa-contents li { margin: 2pt 0; }
.highlight pre { white-space: pre-wrap; font-size: 7.5pt; }
a { color: #0b4f8a; }
"""


def single_page(html: Path, pages: Sequence[str]) -> str:
    """How does a whole book read as one page?

    Parameters
    ----------
    html : Path
        The folder of a built book.
    pages : sequence of str
        Names of its pages, without ending, in reading order; the first is the title page.

    Returns
    -------
    str
        HTML whose addresses are relative to ``html``: one first heading (the book's title), a
        chapter for every other page, every link between pages a link within the page.
    """
    soups = {name: BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "html.parser") for name in pages}
    first = soups[pages[0]]
    contents = _contents(first, {name: _heading(soups[name]) for name in pages[1:]})
    title = _heading(first)
    chapters = [_chapter(name, soups, title=name == pages[0]) for name in pages]
    chapters[0].append(contents)
    head = "".join(str(link) for link in first.find_all("link", rel="stylesheet"))
    made = BeautifulSoup(
        f'<html lang="en-GB"><head><meta charset="utf-8"><title></title>{head}</head></html>', "html.parser"
    )
    _tag(made, "title").string = title
    style = made.new_tag("style")
    style.string = PRINT
    _tag(made, "head").append(style)
    body = made.new_tag("body")
    _tag(made, "html").append(body)
    inner: Tag = body
    for name, css in (
        ("main", "bd-main"),
        ("div", "bd-content"),
        ("div", "bd-article-container"),
        ("article", "bd-article"),
    ):
        box = made.new_tag(name, attrs={"class": css})
        inner.append(box)
        inner = box
    for chapter in chapters:
        inner.append(chapter)
    return f"<!DOCTYPE html>\n{made}"


def _tag(soup: BeautifulSoup, name: str) -> Tag:
    found = soup.find(name)
    assert isinstance(found, Tag)
    return found


def _heading(soup: BeautifulSoup) -> str:
    found = soup.find("h1")
    return found.get_text(" ", strip=True).removesuffix("#").strip() if isinstance(found, Tag) else ""


def _chapter(name: str, soups: Mapping[str, BeautifulSoup], *, title: bool) -> Tag:
    """A page's article: its own marks prefixed with its name, its headings one level down."""
    article = _tag(soups[name], "article")
    for selector in DROPPED:
        for extra in article.select(selector):
            extra.decompose()
    for tag in article.find_all(id=True):
        tag["id"] = f"{name}--{tag['id']}"
    for link in article.find_all("a", href=True):
        leads = _within(str(link["href"]), name, soups)
        if leads:
            link["href"] = leads
        else:
            link.unwrap()  # print would turn it into a path of this machine
    _lay_flat(article)
    if not title:
        for heading in article.find_all(HEADINGS[:5]):
            heading.name = f"h{int(heading.name[1]) + 1}"
    article.name = "section"
    article.attrs = {"id": name, "class": "afa-chapter"} if not title else {"id": name}
    return article.extract()


def _lay_flat(article: Tag) -> None:
    """On paper nobody can open or scroll anything, and a frame around a picture is no second figure without words."""
    for box in article.select("[tabindex]"):
        del box["tabindex"]
    for fold in article.select("details"):
        fold["open"] = ""
    for frame in article.select("figure:has(img)"):
        frame["role"] = "none"


def _within(address: str, page: str, pages: Mapping[str, BeautifulSoup]) -> str:
    """Where a link leads on the one page; empty for a file beside the book, which has no place in print."""
    if OUTSIDE.match(address):
        return address
    file, _, mark = address.partition("#")
    name = file.removesuffix(".html") if file else page
    if name not in pages:
        return ""
    return f"#{name}--{mark}" if mark else f"#{name}"


def _contents(soup: BeautifulSoup, chapters: Mapping[str, str]) -> Tag:
    nav = soup.new_tag("nav", attrs={"class": "afa-contents", "aria-label": "Contents"})
    heading = soup.new_tag("h2")
    heading.string = "Contents"
    nav.append(heading)
    rows = soup.new_tag("ol")
    nav.append(rows)
    for name, words in chapters.items():
        row, link = soup.new_tag("li"), soup.new_tag("a", href=f"#{name}")
        link.string = words
        row.append(link)
        rows.append(row)
    return nav
