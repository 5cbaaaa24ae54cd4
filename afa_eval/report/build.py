"""A release becomes a Jupyter Book: pages from templates, then one build that must be clean."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from afa_eval.disclosure.records import Release
from afa_eval.report import apart, kept, pages
from afa_eval.report.book import assemble
from afa_eval.report.document import write_docx
from afa_eval.report.downloads import with_downloads
from afa_eval.report.sphinx_build import finished, or_from_nothing, ready

Write = Callable[[], tuple[str, ...]]
PDF, WORD = "book.pdf", "summary.docx"  # beside the book, in the build folder


def build_book(
    release: Release,
    folder: Path,
    *,
    template: str | Path = pages.DEFAULT,
    pdf: bool = False,
    word: bool = False,
    here: bool = False,
    beside: apart.Beside | None = None,
    first: Callable[[], object] = lambda: None,
    meanwhile: Callable[[Path], object] = lambda _: None,
) -> Path:
    """Where is the Jupyter Book of a release?

    Parameters
    ----------
    release : Release
        What may leave: nothing else reaches a page.
    folder : Path
        The plan's folder; the book is written to ``build/book/html`` in it and replaces the last
        one only when it is complete.
    template : str or Path
        One that ships (``evaluation``, ``trust``, ``afa``), or a folder of one's own, relative to the
        plan's; what it lacks is taken from those that ship.
    pdf, word : bool
        Whether the book is printed to ``build/book.pdf``, and its summary written to ``build/summary.docx``, too.
    here : bool
        Whether this process builds it, and may keep what Sphinx leaves behind.
    beside : Beside, optional
        Warm processes that write and build it; where there are none, one of its own is begun to build.
    first : callable
        What this process does while another draws and writes pages.
    meanwhile : callable
        What it does while another builds them; told in which folder they are.

    Returns
    -------
    Path
        Its ``index.html``, absolute.

    Raises
    ------
    ReportError
        Where a chart cannot be drawn, a template names what is not there, the build warns, or a PDF or Word
        file is asked for and what it needs is not installed.
    """
    used = pages.template(template, Path(folder))
    target = Path(folder).resolve() / "build" / "book"
    target.mkdir(parents=True, exist_ok=True)
    with (
        apart.unswept(),
        tempfile.TemporaryDirectory(prefix=".making-", dir=target) as name,
        kept.place(target.parent) as place,
    ):
        fresh = Path(name) / "pages"
        work = fresh if place is None else place.folder
        with ready(work, None if beside is None else beside.builds, here=here) as begin:
            write = partial(_write, release, fresh, used, target.parent, word=word)
            names = _written(write, first, beside)
            again = place is not None and place.take(fresh)
            wait = begin()
            meanwhile(fresh)
            html = finished(wait(), work) if not again else or_from_nothing(wait(), work, here=here)
        if pdf:
            from afa_eval.report.pdf import write_pdf  # with it comes a parser of HTML, which nothing else here needs

            write_pdf(html, names, target.parent / PDF)
        if place is not None:
            place.note()
            html = Path(shutil.copytree(html, Path(name) / "html"))
        _replace(html, target / "html")
    return target / "html" / "index.html"


def _written(write: Write, first: Callable[[], object], beside: apart.Beside | None) -> tuple[str, ...]:
    """Names of pages, written by another process where there is one."""
    job = None if beside is None else apart.asked(beside.writes, write)
    try:
        first()
    finally:
        names = () if job is None else apart.awaited(job)
    return write() if job is None else names


def _write(release: Release, folder: Path, used: pages.Template, build: Path, *, word: bool) -> tuple[str, ...]:
    """Which pages does a release make? With their drawings and files; what has not changed is drawn as it was."""
    drawings = kept.Drawings(build / kept.FOLDER / kept.DRAWN)
    folder.mkdir()
    with apart.unswept():
        book = with_downloads(assemble(release, folder, drawings), release, folder)
        drawings.forget_others()
        if word:
            write_docx(book, build / WORD)
        return pages.write_pages(book, folder, used)


def _replace(made: Path, target: Path) -> None:
    """Put the new book where the old one was, in two renames on one file system."""
    old = made.parent / "replaced"
    if target.exists():
        target.rename(old)
    made.rename(target)
    shutil.rmtree(old, ignore_errors=True)
