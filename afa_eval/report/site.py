"""One site of many evaluations: a book of books, made from what each of them already published."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.errors import ReportError
from afa_eval.estimate import Claim, Estimand
from afa_eval.report import numbers, pages, sphinx_build
from afa_eval.report.figures import Drawing, save
from afa_eval.report.headlines import NAME
from afa_eval.report.pieces import Chart, Grid

STATE = "site.json"
SITE = "site"  # the folder of its templates
FILTER = "filter.js"


@dataclass(frozen=True, slots=True)
class Entry:
    """One evaluation of a site.

    Attributes
    ----------
    slug : str
        The folder of its book.
    title : str
        Of its book.
    outcomes : tuple of dict
        What ``report.headlines`` says of each primary outcome.
    """

    slug: str
    title: str
    outcomes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What the first page of a site knows.

    Attributes
    ----------
    title : str
        Of the site.
    entries : tuple of Entry
        Its evaluations, by title.
    chart : Chart or None
        All headline figures; None where none may be shown.
    funnel : Chart or None
        Effect sizes by their precision; None where fewer than three evaluations have one with an interval.
    """

    title: str
    entries: tuple[Entry, ...]
    chart: Chart | None
    funnel: Chart | None = None


def slug_of(title: str) -> str:
    """What is the folder of an evaluation called?

    Parameters
    ----------
    title : str
        Of its book.

    Returns
    -------
    str
        Small letters, digits and hyphens, at most 60.

    Examples
    --------
    >>> slug_of("Reading & belonging: year 2")
    'reading-belonging-year-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "evaluation"


def read_entry(slug: str, html: Path) -> Entry:
    """What does a built book say of itself?

    Parameters
    ----------
    slug : str
        The folder of its book.
    html : Path
        The built book.

    Returns
    -------
    Entry
        From the headlines it offers to take away.

    Raises
    ------
    ReportError
        Where it offers none.
    """
    found = next(iter(sorted(html.glob(f"_downloads/*/{NAME}"))), None)
    if found is None:
        raise ReportError(f"The book '{slug}' has no {NAME}. Build it again with the template's downloads in it.")
    return entry_of(slug, found)


def entry_of(slug: str, file: Path) -> Entry:
    """What do headlines say of a book, built or not?

    Parameters
    ----------
    slug : str
        The folder of its book.
    file : Path
        Its ``headlines.json``.

    Returns
    -------
    Entry
        All that the first page of a site shows of it.
    """
    told = json.loads(file.read_text(encoding="utf-8"))
    return Entry(slug, str(told["title"]), tuple(told["outcomes"]))


def put(html: Path, target: Path) -> None:
    """Put a built book where the site shows it, in place of the one before.

    Parameters
    ----------
    html : Path
        The built book; it stays where it is.
    target : Path
        Its folder in the site.
    """
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as name:
        new = Path(name) / "new"
        shutil.copytree(html, new)
        if target.exists():
            target.rename(Path(name) / "old")
        new.rename(target)


def write_index(title: str, entries: Sequence[Entry], folder: Path) -> Path:
    """Where are the pages that a site's first page is built from?

    Parameters
    ----------
    title : str
        Of the site.
    entries : sequence of Entry
        Its evaluations.
    folder : Path
        A new one.

    Returns
    -------
    Path
        The same: a table that can be filtered and a chart of every headline figure, to be built as any book is.

    Raises
    ------
    ReportError
        Where a chart cannot be drawn.
    """
    folder.mkdir()
    ordered = tuple(sorted(entries, key=lambda entry: (entry.title.lower(), entry.slug)))
    site = Site(title, ordered, _chart(ordered, folder), _funnel(ordered, folder))
    made = pages.environment(pages.Template(SITE))
    (folder / "index.md").write_text(pages.render(made, "index", site=site), encoding="utf-8")
    (folder / "_toc.yml").write_text(json.dumps({"format": "jb-book", "root": "index"}), encoding="utf-8")
    options = sphinx_build.configuration(title, "")
    options["sphinx"]["config"] |= {"html_js_files": [FILTER], "html_theme_options": _plain(options)}
    (folder / "_config.yml").write_text(json.dumps(options), encoding="utf-8")
    return folder


def put_index(html: Path, folder: Path, entries: Sequence[Entry]) -> Path:
    """Put a first page where the site shows it, in place of the one before; the books stay as they are.

    Parameters
    ----------
    html : Path
        What was built from the pages of ``write_index``; it is moved.
    folder : Path
        The site.
    entries : sequence of Entry
        Its evaluations.

    Returns
    -------
    Path
        ``index.html``.
    """
    slugs = {entry.slug for entry in entries}
    for old in folder.iterdir():
        if old.name not in slugs and old.name != STATE and not old.name.startswith(".") and old.name in OWN:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in html.iterdir():
        if new.name in OWN:
            new.rename(folder / new.name)
    return folder / "index.html"


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    return {**options["sphinx"]["config"]["html_theme_options"], "home_page_in_toc": True}


OWN = frozenset({"index.html", "search.html", "searchindex.js", "objects.inv", "_static", "_images", "_downloads"})


def _chart(entries: Sequence[Entry], work: Path) -> Chart | None:
    """Every headline figure: in standard deviations, with months, where there is one; else in its own unit."""
    from afa_eval.estimate import charts

    rows = [(entry, told, told["size"] or told["headline"]) for entry in entries for told in entry.outcomes]
    shown = [(entry, told, item) for entry, told, item in rows if item and item["value"] is not None]
    if not shown:
        return None
    items = [_figure(told, item) for _, told, item in shown]
    labels = [f"{entry.title}: {told['label']}" for entry, told, _ in shown]
    number = len({entry.slug for entry, _, _ in shown})
    title = f"Headline figures of {number} evaluation{'s' if number != 1 else ''}"

    draw = partial(charts.forest, items, title, SUBTITLE, labels=labels, comparator="none", together=False)
    return save(Drawing("headlines", draw, below=_below("headlines", items, labels)), work)


def _funnel(entries: Sequence[Entry], work: Path) -> Chart | None:
    """Effect sizes by their precision, each evaluation's first one: figures about pupils of its own."""
    from afa_eval.estimate import charts

    firsts = [(entry, next((told for told in entry.outcomes if _has_range(told["size"])), None)) for entry in entries]
    shown = [(entry, told) for entry, told in firsts if told is not None]
    if len(shown) < charts.FEWEST_IN_FUNNEL:
        return None
    items = [_figure(told, told["size"]) for _, told in shown]
    labels = [f"{entry.title}: {told['label']}" for entry, told in shown]
    draw = partial(charts.funnel, items, labels)
    return save(Drawing("funnel", draw, below=_below("funnel", items, labels)), work)


def _has_range(size: dict[str, Any] | None) -> bool:
    return size is not None and size["value"] is not None and size["ci"] is not None


def _below(name: str, items: Sequence[ReleasedEstimate], labels: Sequence[str]) -> Callable[[Path], Grid]:
    return partial(numbers.of_figures, f"chart-{name}", items, labels=labels, head="Evaluation")


SUBTITLE = "Each with its 95% confidence interval; a design and unit of its own has an axis of its own"


def _figure(told: dict[str, Any], stored: dict[str, Any]) -> ReleasedEstimate:
    """A figure as it was released; figures of one design and kind share a section of the chart."""
    known = {name: value for name, value in stored.items() if name not in {"estimand", "claim", "ci", "outcome"}}
    ends = stored["ci"]
    return ReleasedEstimate(
        **known,
        outcome=told["design"],
        estimand=Estimand[str(stored["estimand"]).upper()],
        claim=Claim(stored["claim"]),
        ci=None if ends is None else (float(ends[0]), float(ends[1])),
    )
