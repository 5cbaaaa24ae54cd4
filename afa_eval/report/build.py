"""A release becomes a Jupyter Book: pages from templates, then one build that must be clean."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from afa_eval.disclosure.records import Release
from afa_eval.errors import ReportError
from afa_eval.report import apart, kept, pages
from afa_eval.report.apart import SETTINGS, SPHINX
from afa_eval.report.book import assemble
from afa_eval.report.document import write_docx
from afa_eval.report.downloads import with_downloads

Built = tuple[bool, str]  # whether it failed, and what it said
Begin = Callable[[], Callable[[], Built]]  # begins to build, and returns what waits for the end
Write = Callable[[], tuple[str, ...]]
PDF, WORD = "book.pdf", "summary.docx"  # beside the book, in the build folder
# The child imports while the parent draws charts, and begins when it is told to; it ends where nobody tells it.
RUN = f"""
import contextlib, gc, importlib, sys
for name in {SPHINX!r}:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
if sys.stdin.readline():
    gc.disable()
    from jupyter_book.cli.main import main
    main()
"""
WARNING = re.compile(r"WARNING|ERROR|CRITICAL|error:|Exception|would load")
NOWHERE = re.compile(r"WARNING: 'myst' cross-reference target not found: '([^']+)'.*")
LEADS = r"a link leads to #\1, and no page of this template has (\1)= above a heading."
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


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
        with _ready(work, None if beside is None else beside.builds, here=here) as begin:
            write = partial(_write, release, fresh, used, target.parent, word=word)
            names = _written(write, first, beside)
            again = place is not None and place.take(fresh)
            wait = begin()
            meanwhile(fresh)
            html = _finished(wait(), work) if not again else _or_from_nothing(wait(), work, here=here)
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


def run(work: Path, *, here: bool = False) -> Path:
    """Where is the HTML of a folder of pages? Built with every warning an error.

    Parameters
    ----------
    work : Path
        The pages with ``_toc.yml`` and ``_config.yml``.
    here : bool
        Whether this process builds it, and may keep what Sphinx leaves behind.

    Returns
    -------
    Path
        The folder of the built book.

    Raises
    ------
    ReportError
        Where the build fails or warns, with what it said.
    """
    with _ready(work, None, here=here) as begin:
        return _finished(begin()(), work)


def _or_from_nothing(built: Built, work: Path, *, here: bool) -> Path:
    """Where pages kept from the last book do not make a whole one with the new ones, all are built."""
    if not built[0]:
        return _finished(built, work)
    shutil.rmtree(work / "_build", ignore_errors=True)
    return run(work, here=here)


def _finished(built: Built, work: Path) -> Path:
    failed, said = built
    html = work / "_build" / "html"
    if failed or not (html / "index.html").is_file():
        raise ReportError("The book could not be built.\n" + _told(said, work))
    return html


@contextlib.contextmanager
def _ready(work: Path, pool: Executor | None, *, here: bool) -> Iterator[Begin]:
    """What builds the pages in a folder: this process, one of a pool, or one of its own that is warm by then."""
    arguments = ["build", str(work), "-W", "-n", "--keep-going", "-q"]
    if here:
        yield lambda: partial(in_this_process, arguments)
        return
    if pool is not None:
        yield lambda: partial(apart.awaited, apart.asked(pool, in_this_process, arguments))
        return
    command, environment = [sys.executable, "-c", RUN, *arguments], {**os.environ, **SETTINGS}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as process:
        yield lambda: _begun(process)


def _begun(process: subprocess.Popen[str]) -> Callable[[], Built]:
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended, and the end says why
            process.stdin.write("begin\n")
            process.stdin.flush()

    def wait() -> Built:
        said, _ = process.communicate()
        return process.returncode != 0, said

    return wait


def in_this_process(arguments: Sequence[str]) -> Built:
    """How did a build go that this process did?

    Parameters
    ----------
    arguments : sequence of str
        As ``jupyter-book`` takes them.

    Returns
    -------
    tuple
        Whether it failed, and what it said.
    """
    from jupyter_book.cli.main import main

    os.environ.update(SETTINGS)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), apart.unswept():
        try:
            main(list(arguments), prog_name="jupyter-book")
        except SystemExit as stop:
            return bool(stop.code), said.getvalue()
        except Exception as error:
            return True, f"{said.getvalue()}\nError: {error}"
    return False, said.getvalue()


def _told(output: str, work: Path) -> str:
    lines = [COLOURS.sub("", text).replace(f"{work}/", "").strip() for text in output.splitlines()]
    told = list(dict.fromkeys(NOWHERE.sub(LEADS, text) for text in lines if WARNING.search(text)))
    return "\n".join(told[:20] or lines[-20:])


def _replace(made: Path, target: Path) -> None:
    """Put the new book where the old one was, in two renames on one file system."""
    old = made.parent / "replaced"
    if target.exists():
        target.rename(old)
    made.rename(target)
    shutil.rmtree(old, ignore_errors=True)
