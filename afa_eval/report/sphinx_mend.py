"""A Sphinx extension that makes a Jupyter Book open offline and read well by everyone.

It drops the theme's outside scripts, writes formulas as MathML, names and orders what screen
readers meet, offers phones the narrow drawing of a chart, and refuses a page that would load
anything from elsewhere. Evaluation books and the project's own book both use it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

OUTSIDE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
OUTSIDE_IN_CSS = re.compile(r"(?:url\(\s*|@import\s+)['\"]?\s*(?:https?:)?//[^)'\"\s]+", re.IGNORECASE)
OUTSIDE_IN_SCRIPT = re.compile(r"['\"`]https?://[^'\"`\s]+\.(?:js|mjs|css|woff2?)\b", re.IGNORECASE)
UNWANTED = ("thebe", "unpkg", "mathjax", "kernelName", "x-thebe-config")
DROPPED = ("*.map", ".buildinfo", "_static/sphinx-thebe.*", "_static/locales/**/*.po")
NARROW = "-narrow"
LOADING_LINKS = frozenset({"stylesheet", "preload", "prefetch", "icon", "modulepreload", "preconnect", "dns-prefetch"})


def setup(app: Sphinx) -> dict[str, Any]:
    """What does Sphinx have to know of this extension?

    Parameters
    ----------
    app : Sphinx
        The application.

    Returns
    -------
    dict
        That it may run in parallel.
    """
    app.add_html_math_renderer("afa_mathml", (_inline_math, None), (_block_math, None))
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _without_outside_scripts, priority=950)
    app.connect("build-finished", _mend)
    app.add_css_file("afa.css", priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _configure(_app: Sphinx, config: Any) -> None:
    config.html_math_renderer = "afa_mathml"
    config.html_static_path = [*config.html_static_path, str(Path(__file__).parent / "static")]


def mathml(source: str, *, block: bool) -> str:
    """How is a formula written so that every browser and screen reader knows it?

    Parameters
    ----------
    source : str
        LaTeX.
    block : bool
        Whether it stands on its own line.

    Returns
    -------
    str
        A ``<math>`` element, with the source as its text alternative.

    Examples
    --------
    >>> mathml("a", block=False).startswith("<math")
    True
    """
    from html import escape

    from latex2mathml.converter import convert

    made = str(convert(source, display="block" if block else "inline"))
    return made.replace("<math ", f'<math alttext="{escape(source, quote=True)}" ', 1)


def _inline_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _block_math(translator: Any, node: nodes.math_block) -> None:
    anchor = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    translator.body.append(f'<div class="afa-formula"{anchor}>{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


def _without_outside_scripts(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    for key in ("script_files", "css_files"):
        context[key] = [asset for asset in context.get(key, []) if not _unwanted(asset)]


def _unwanted(asset: Any) -> bool:
    words = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}"
    return any(name in words for name in UNWANTED)


def _mend(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    for pattern in DROPPED:
        for path in folder.glob(pattern):
            path.unlink()
    _copy_narrow_drawings(Path(app.srcdir), folder)
    outside = _outside_styles(folder)
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.relative_to(folder).parts:
            continue
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        mend_page(soup, path)
        outside += [f"{path.relative_to(folder)}: {address}" for address in outside_addresses(soup)]
        path.write_text(str(soup), encoding="utf-8")
    if outside:
        raise ExtensionError("the book would load from elsewhere: " + "; ".join(outside[:5]))


def _copy_narrow_drawings(source: Path, folder: Path) -> None:
    """Sphinx copies only the images it knows; the phone's drawing stands beside each of them."""
    for image in sorted((folder / "_images").glob("*.svg")):
        for narrow in sorted(source.rglob(f"{image.stem}{NARROW}.svg")):
            if "_build" not in narrow.relative_to(source).parts:
                shutil.copyfile(narrow, folder / "_images" / narrow.name)


def _outside_styles(folder: Path) -> list[str]:
    found: list[str] = []
    for path in sorted(folder.rglob("*.css")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(folder)}: {match}" for match in OUTSIDE_IN_CSS.findall(text)]
    return found


def outside_addresses(soup: BeautifulSoup) -> list[str]:
    """Which addresses elsewhere would a page load by itself? Links that a reader follows are none.

    Parameters
    ----------
    soup : BeautifulSoup
        The page.

    Returns
    -------
    list of str
        Empty for a page that opens without a network.
    """
    found: list[str] = []
    for tag in soup.find_all(("script", "img", "iframe", "source", "video", "audio", "embed", "object", "link")):
        if tag.name == "link" and not LOADING_LINKS.intersection(tag.get_attribute_list("rel")):
            continue
        for name in ("src", "href", "data", "srcset"):
            value = str(tag.get(name) or "")
            if OUTSIDE.match(value):
                found.append(value)
    for script in soup.find_all("script"):
        found += OUTSIDE_IN_SCRIPT.findall(script.get_text())
    for style in soup.find_all("style"):
        found += OUTSIDE_IN_CSS.findall(style.get_text())
    return found


def mend_page(soup: BeautifulSoup, path: Path) -> None:
    """Make one page whole for people who hear it, use a keyboard or read it on a phone.

    Parameters
    ----------
    soup : BeautifulSoup
        The page, changed in place.
    path : Path
        Where the page stands.
    """
    _remove_leftovers(soup)
    _name_controls(soup)
    _order_landmarks(soup)
    _mend_tables(soup)
    _offer_narrow(soup, path)


def _remove_leftovers(soup: BeautifulSoup) -> None:
    for script in soup.find_all("script"):
        kind = str(script.get("type") or "")
        if any(name in script.get_text() or name in kind for name in UNWANTED):
            script.decompose()
    for selector in ("#ethical-ad-placement", "#jb-print-docs-body", ".theme-switch-button", "#searchbox:empty"):
        for tag in soup.select(selector):
            tag.decompose()
    for extra in soup.select('meta[name="viewport"]')[1:]:
        extra.decompose()


def _name_controls(soup: BeautifulSoup) -> None:
    """What is seen and what is heard must agree; an icon alone needs a name."""
    for hint in soup.select(".search-button__kbd-shortcut"):
        hint["aria-hidden"] = "true"
    for button in soup.select("button, a.btn"):
        if button.get_text(strip=True):
            del button["aria-label"]
        elif not button.get("aria-label"):
            button["aria-label"] = str(button.get("title") or button.get("data-bs-title") or "Menu")
    for icon in soup.select("i[class^=fa], span[class^=fa]"):
        icon["aria-hidden"] = "true"
    for summary in soup.select("summary[aria-label]"):
        del summary["aria-label"]
    for anchor in soup.select("a.headerlink"):
        anchor["aria-label"] = "Link to this heading"
        anchor["tabindex"] = "-1"
        anchor["aria-hidden"] = "true"


def _order_landmarks(soup: BeautifulSoup) -> None:
    for selector, role, label in (
        ("#pst-primary-sidebar", "complementary", "Pages of this book"),
        ("#pst-secondary-sidebar", "complementary", "On this page"),
        (".pst-async-banner-revealer", "", ""),
    ):
        for tag in soup.select(selector):
            if role and tag.name == "div":
                tag["role"], tag["aria-label"] = role, label
    for main in soup.select("main[role=main]"):
        del main["role"]
    for button in soup.select("body > #pst-back-to-top"):
        main_part = soup.find("main")
        if isinstance(main_part, Tag):
            main_part.append(button.extract())
    for tag in soup.select("[role=list]"):
        if not tag.select(":scope > [role=listitem]"):
            del tag["role"]


def _mend_tables(soup: BeautifulSoup) -> None:
    for head in soup.find_all("th"):
        if not head.get_text(strip=True) and head.find(("img", "svg")) is None:
            head.name = "td"
        elif head.find_parent("thead") is not None:
            head["scope"] = "col"
    for table in soup.select("table.afa-rows"):
        for row in table.select("tbody > tr"):
            first = row.find(("td", "th"))
            if isinstance(first, Tag):
                first.name, first["scope"] = "th", "row"
    for table in soup.select("article table"):
        _make_scrollable(soup, table)


def _make_scrollable(soup: BeautifulSoup, table: Tag) -> None:
    """A wide table scrolls in a box of its own, which a keyboard can reach."""
    caption = table.find("caption")
    box = table.find_parent(class_="pst-scrollable-table-container") or table.wrap(soup.new_tag("div"))
    box["class"] = "pst-scrollable-table-container afa-scroll"
    box["role"], box["tabindex"] = "region", "0"
    words = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else ""
    box["aria-label"] = re.sub(r"\s*#$", "", words) or "Table"


def _offer_narrow(soup: BeautifulSoup, path: Path) -> None:
    for image in soup.select("img[src$='.svg']"):
        address = str(image["src"])
        narrow = address.removesuffix(".svg") + f"{NARROW}.svg"
        if (path.parent / narrow).is_file() and image.parent is not None and image.parent.name != "picture":
            picture = image.wrap(soup.new_tag("picture"))
            source = soup.new_tag("source", attrs={"srcset": narrow, "media": "(max-width: 560px)"})
            picture.insert(0, source)
