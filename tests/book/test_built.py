"""The project's book as `make docs` built it: links lead somewhere, and everyone can read it. CI builds it first."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

HTML = Path(__file__).resolve().parents[2] / "book" / "_build" / "html"
pytestmark = pytest.mark.skipif(
    not os.environ.get("CI") or not (HTML / "index.html").is_file(), reason="CI builds the book first: make docs"
)
ADDRESSES = (("a", "href"), ("img", "src"), ("script", "src"), ("link", "href"), ("source", "srcset"))


@pytest.fixture(scope="module")
def pages():
    found = sorted(path for path in HTML.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in found}


def test_every_address_leads_somewhere(pages) -> None:
    for path, soup in pages.items():
        for tag, name in ADDRESSES:
            for found in soup.find_all(tag, attrs={name: True}):
                address, _, place = unquote(found[name]).partition("#")
                if re.match(r"[a-z]+:|//", address):
                    continue
                there = (path.parent / address.partition("?")[0]).resolve() if address else path
                assert there.exists(), f"{path.relative_to(HTML)}: {address}"
                if place and there in pages:
                    assert pages[there].find(id=place), f"{path.relative_to(HTML)}: {address}#{place}"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_any_page(pages, browser, axe, width) -> None:
    found = {}
    for path in pages:
        browser.open(path, width)
        told = (browser.violations(axe), browser.overflow, browser.complaints)
        if told != ([], 0, []):
            found[path.relative_to(HTML).as_posix()] = told
    assert found == {}
