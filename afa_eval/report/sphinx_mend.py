"""A Sphinx extension that makes a Jupyter Book open offline and read well by everyone.

It drops the theme's outside scripts, writes formulas as MathML, names and orders what screen
readers meet, offers phones the narrow drawing of a chart, and refuses a page that would load
anything from elsewhere. Evaluation books and the project's own book both use it.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.search import js_index

from afa_eval.report import sphinx_rows
from afa_eval.report.compiled import Compiled

OUTSIDE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
OUTSIDE_IN_CSS = re.compile(r"(?:url\(\s*|@import\s+)['\"]?\s*(?:https?:)?//[^)'\"\s]+", re.IGNORECASE)
OUTSIDE_IN_SCRIPT = re.compile(r"['\"`]https?://[^'\"`\s]+\.(?:js|mjs|css|woff2?)\b", re.IGNORECASE)
UNWANTED = ("thebe", "unpkg", "mathjax", "kernelName", "x-thebe-config")
DROPPED = ("**/*.map", ".buildinfo", "_static/sphinx-thebe.*", "_static/*webpack-macros.html")
LOCALES = "_static/locales"  # the theme's words in other tongues, which pages have in them already
UNHEARD = (  # what Jupyter Book sets for extensions that evaluation books do without
    "comments_config", "nb_execution_allow_errors", "nb_execution_in_temp", "nb_output_stderr", "nb_execution_timeout",
    "nb_execution_cache_path", "nb_execution_mode", "nb_execution_excludepatterns",
)  # fmt: skip
NARROW = "-narrow"
COMPILED = defaultdict[frozenset[str], Compiled](Compiled)  # by the extensions of Jinja that compile too
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
        That pages may be read in parallel; they are written by one process, which notes which they were.
    """
    written: set[str] = set()
    app.add_html_math_renderer("afa_mathml", (_inline_math, None), (_block_math, None))
    for name in UNHEARD:
        if name not in app.config:
            app.add_config_value(name, None, "")
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _compile_once)
    app.connect("html-page-context", _without_outside_scripts, priority=950)
    app.connect("html-page-context", lambda _app, page, *_: written.add(page))
    app.connect("build-finished", partial(_mend, written))
    app.add_css_file("afa.css", priority=900)
    app.add_directive("list-table", sphinx_rows.Rows, override=True)
    app.add_node(sphinx_rows.Written, html=(sphinx_rows.write, None))
    return {"parallel_read_safe": True, "parallel_write_safe": False}


def _configure(_app: Sphinx, config: Any) -> None:
    config.html_math_renderer = "afa_mathml"
    config.html_static_path = [*config.html_static_path, str(Path(__file__).parent / "static")]


def _compile_once(app: Sphinx) -> None:
    """The theme's templates are the same in every book."""
    made = getattr(getattr(app.builder, "templates", None), "environment", None)
    if made is not None:
        made.bytecode_cache = COMPILED[frozenset(made.extensions)]


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
    box = f'<div class="afa-formula" role="group" aria-label="Formula" tabindex="0"{anchor}>'  # it may scroll
    translator.body.append(f"{box}{mathml(node.astext(), block=True)}</div>\n")
    raise nodes.SkipNode


def _without_outside_scripts(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    for key in ("script_files", "css_files"):
        context[key] = [asset for asset in context.get(key, []) if not _unwanted(asset)]


def _unwanted(asset: Any) -> bool:
    words = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}"
    return any(name in words for name in UNWANTED)


def _mend(written: Collection[str], app: Sphinx, exception: Exception | None) -> None:
    """Mend the pages that this build has written; those kept from the last one are mended already."""
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    for pattern in DROPPED:
        for path in folder.glob(pattern):
            path.unlink()
    shutil.rmtree(folder / LOCALES, ignore_errors=True)
    _forget_others(app, folder)
    _forget_words(folder)
    _copy_narrow_drawings(Path(app.srcdir), folder)
    outside = _outside_styles(folder)
    for path in sorted(folder / f"{page}.html" for page in written):
        if not path.is_file():
            continue
        text, tables = sphinx_rows.taken_out(path.read_text(encoding="utf-8"))
        soup = BeautifulSoup(text, "html.parser")
        mend_page(soup, path)
        outside += [f"{path.relative_to(folder)}: {address}" for address in outside_addresses(soup)]
        path.write_text(sphinx_rows.put_back(str(soup), tables), encoding="utf-8")
    if outside:
        raise ExtensionError("the book would load from elsewhere: " + "; ".join(outside[:5]))


def _forget_others(app: Sphinx, folder: Path) -> None:
    """Drawings and files of a page that shows them no longer go: nobody is to find what is not offered."""
    images = {name for _, name in app.env.images.values()}
    files = {str(name) for _, name in app.env.dlfiles.values()}
    for path in sorted((folder / "_images").glob("*")):
        if path.name not in images:
            path.unlink()
    for path in sorted((folder / "_downloads").rglob("*")):
        if path.is_file() and path.relative_to(folder / "_downloads").as_posix() not in files:
            path.unlink()


def _forget_words(folder: Path) -> None:
    """Words that stand on no page any more go from the search index, where Sphinx leaves them when a page is written anew."""
    file = folder / "searchindex.js"
    if not file.is_file():
        return
    index = js_index.loads(file.read_text(encoding="utf-8"))
    for name in ("terms", "titleterms"):
        index[name] = {word: found for word, found in index[name].items() if found != []}
    file.write_text(js_index.dumps(index), encoding="utf-8")


def _copy_narrow_drawings(source: Path, folder: Path) -> None:
    """Sphinx copies only the images it knows; the phone's drawing stands beside each of them."""
    images = {image.stem for image in (folder / "_images").glob("*.svg")}
    for narrow in sorted(source.rglob(f"*{NARROW}.svg")):
        if narrow.stem.removesuffix(NARROW) in images and "_build" not in narrow.relative_to(source).parts:
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
    for tag in soup.find_all(("script", "style")):
        found += (OUTSIDE_IN_SCRIPT if tag.name == "script" else OUTSIDE_IN_CSS).findall(tag.get_text())
    return found


def mend_page(soup: BeautifulSoup, path: Path) -> None:
    """Make one page whole for people who hear it, use a keyboard or read it on a phone.

    Parameters
    ----------
    soup : BeautifulSoup
        The page, changed in place; gone through once, tag by tag (a selector each would be slow).
    path : Path
        Where the page stands.
    """
    for tag in soup.find_all(list(MENDERS)):
        if not tag.__dict__.get("_decomposed"):  # the property would search the whole tag for it
            MENDERS[tag.name](soup, tag)
    for extra in soup.find_all("meta", attrs={"name": "viewport"})[1:]:
        extra.decompose()
    if soup.title is not None:
        soup.title.string = " \u2014 ".join(dict.fromkeys(soup.title.get_text().split(" \u2014 ")))
    _tell_apart(soup)
    _offer_narrow(soup, path)


def _tell_apart(soup: BeautifulSoup) -> None:
    """Boxes of one name on a page are told apart by the heading they stand under, or else by number."""
    known: dict[str, int] = {}
    for box in soup.find_all("div", attrs={"role": "region", "aria-label": True}):
        name = str(box["aria-label"])
        if name in known and isinstance(heading := box.find_previous(("h1", "h2", "h3")), Tag):
            name = f"{name}: {re.sub(r'#$', '', heading.get_text(' ', strip=True)).strip()}"
        known[name] = known.get(name, 0) + 1
        box["aria-label"] = name if known[name] == 1 else f"{name} ({known[name]})"


def _classes(tag: Tag) -> list[str]:
    return [str(name) for name in tag.get_attribute_list("class") if name]


def _script(_soup: BeautifulSoup, tag: Tag) -> None:
    text = tag.get_text()
    if any(name in text or name in str(tag.get("type") or "") for name in UNWANTED):
        tag.decompose()


def _button(soup: BeautifulSoup, tag: Tag) -> None:
    """What is seen and what is heard must agree; an icon alone needs a name."""
    if "theme-switch-button" in _classes(tag):
        tag.decompose()
        return
    for hint in tag.find_all("span", class_="search-button__kbd-shortcut"):
        hint["aria-hidden"] = "true"
    if tag.get_text(strip=True):
        del tag["aria-label"]
    elif not tag.get("aria-label"):
        tag["aria-label"] = str(tag.get("title") or tag.get("data-bs-title") or "Menu")
    if tag.get("id") == "pst-back-to-top" and tag.parent is soup.body:
        main = soup.find("main")
        if isinstance(main, Tag):
            main.append(tag.extract())


def _link(soup: BeautifulSoup, tag: Tag) -> None:
    classes = _classes(tag)
    if "headerlink" in classes:
        tag["aria-label"], tag["tabindex"], tag["aria-hidden"] = "Link to this heading", "-1", "true"
    elif "btn" in classes:
        _button(soup, tag)


def _icon(_soup: BeautifulSoup, tag: Tag) -> None:
    if any(name.startswith("fa") for name in _classes(tag)):
        tag["aria-hidden"] = "true"


def _summary(_soup: BeautifulSoup, tag: Tag) -> None:
    del tag["aria-label"]


def _card(tag: Tag) -> None:
    """A card in a grid looks like one, and the link in its title spans it."""
    tag["class"] = " ".join([*_classes(tag), "afa-card"])
    grid, title = tag.find_parent(class_="sd-container-fluid"), tag.find(class_="sd-card-title")
    if isinstance(grid, Tag) and "afa-cards" not in _classes(grid):
        grid["class"] = " ".join([*_classes(grid), "afa-cards"])
    link = title.find("a") if isinstance(title, Tag) else None
    if isinstance(link, Tag):
        link["class"] = " ".join([*_classes(link), "sd-stretched-link"])


def _box(_soup: BeautifulSoup, tag: Tag) -> None:
    name = str(tag.get("id") or "")
    if name in {"ethical-ad-placement", "jb-print-docs-body"} or (name == "searchbox" and not tag.contents):
        tag.decompose()
        return
    if name in SIDEBARS:
        tag["role"], tag["aria-label"] = "complementary", SIDEBARS[name]
    if "sd-card" in _classes(tag):
        _card(tag)
    if tag.get("role") == "list" and tag.find(None, {"role": "listitem"}, recursive=False) is None:
        del tag["role"]


def _main(_soup: BeautifulSoup, tag: Tag) -> None:
    del tag["role"]


def _head_cell(_soup: BeautifulSoup, tag: Tag) -> None:
    if not tag.get_text(strip=True) and tag.find(("img", "svg")) is None:
        tag.name = "td"
    elif tag.find_parent("thead") is not None:
        tag["scope"] = "col"


def _table(soup: BeautifulSoup, tag: Tag) -> None:
    if "afa-rows" in _classes(tag):
        for body in tag.find_all("tbody"):
            for row in body.find_all("tr", recursive=False):
                first = row.find(("td", "th"))
                if isinstance(first, Tag):
                    first.name, first["scope"] = "th", "row"
    if tag.find_parent("article") is not None:
        _make_scrollable(soup, tag)


SIDEBARS = {"pst-primary-sidebar": "Pages of this book", "pst-secondary-sidebar": "On this page"}
MENDERS: dict[str, Callable[[BeautifulSoup, Tag], None]] = {
    "script": _script,
    "button": _button,
    "a": _link,
    "i": _icon,
    "span": _icon,
    "summary": _summary,
    "div": _box,
    "main": _main,
    "th": _head_cell,
    "table": _table,
}


def _make_scrollable(soup: BeautifulSoup, table: Tag) -> None:
    """A wide table scrolls in a box of its own, which a keyboard can reach."""
    caption = table.find("caption")
    box = table.find_parent(class_="pst-scrollable-table-container") or table.wrap(soup.new_tag("div"))
    box["class"] = "pst-scrollable-table-container afa-scroll"
    box["role"], box["tabindex"] = "region", "0"
    words = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else ""
    box["aria-label"] = re.sub(r"\s*#$", "", words) or "Table"


def _offer_narrow(soup: BeautifulSoup, path: Path) -> None:
    for image in soup.find_all("img"):
        address = str(image.get("src") or "")
        narrow = address.removesuffix(".svg") + f"{NARROW}.svg"
        if (
            address.endswith(".svg")
            and (path.parent / narrow).is_file()
            and image.parent is not None
            and image.parent.name != "picture"
        ):
            picture = image.wrap(soup.new_tag("picture"))
            source = soup.new_tag("source", attrs={"srcset": narrow, "media": "(max-width: 560px)"})
            picture.insert(0, source)
