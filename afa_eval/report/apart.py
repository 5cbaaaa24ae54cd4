"""Processes that build books beside this one: they import all that a build needs while this one still reads plans.

Nothing here imports anything heavy, so that they can begin before this process does.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import active_children, get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from threading import active_count, current_thread, main_thread
from typing import TypeVar

from afa_eval.errors import ReportError

Answer = TypeVar("Answer")

EPOCH = "1577836800"  # a fixed moment, so that the same release makes the same bytes
SETTINGS = {"SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
# what a process needs of others and of ours; a name that is not there is passed over
FIRST = (  # for outcomes as for books, and no more, so that it is there early
    "afa_eval.workspace", "afa_eval.comparators.lookup", "afa_eval.comparators.mix", "afa_eval.comparators.nearest",
    "afa_eval.comparators.series_breaks", "pandas.core.reshape.reshape",
)  # fmt: skip
BOTH, SCALES = ("pandas", "scipy.special"), ("afa_eval.models.lone",)
WRITING = (
    "afa_eval.report.build", "afa_eval.report.site", "matplotlib.backends.backend_svg", "xlsxwriter",
    "pandas.io.formats.csvs",
)  # fmt: skip
SPHINX = (
    "afa_eval.report.sphinx_mend", "jupyter_book.cli.main", "jupyter_book.sphinx", "sphinx.builders.html",
    "sphinx.domains.std", "sphinx.search.en", "sphinx.ext.mathjax", "myst_parser.sphinx_ext.main", "sphinx_book_theme",
    "pydata_sphinx_theme", "sphinx_design", "sphinx_external_toc", "sphinx_copybutton", "sphinx_togglebutton", "bs4", "latex2mathml.converter",
    "docutils.parsers.rst", "docutils.writers.html5_polyglot", "pygments.lexers.python", "jinja2.sandbox",
)  # fmt: skip
# what importing does not make: compiled templates, a first drawing, a first page
DRAWN, BUILT = "afa_eval.report.rehearsed_drawing", "afa_eval.report.rehearsed_page"
MANY = 3  # books, from which on rehearsals cost less than they spare
FORKS = sys.platform == "linux"  # elsewhere a system's own libraries may not outlive a fork


def _how(books: int, one: Sequence[str] = FIRST) -> BaseContext:
    how = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    if how.get_start_method() == "forkserver":
        many = (*FIRST, *SCALES, "duckdb", *WRITING, *SPHINX, *((DRAWN, BUILT) if books >= MANY else ()))
        how.set_forkserver_preload([*(many if books > 1 else one)])
    return how


def begin(books: int = 1) -> None:
    """Have the processes import what they need from now on, where they can be forked from one that has; else nothing.

    Parameters
    ----------
    books : int
        How many they are likely to build; of one, who writes it is forked from this process where ``FORKS``.
    """
    if _how(books, SPHINX if FORKS else FIRST).get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with _settings(), _deaf():
            forkserver.ensure_running()


@contextmanager
def _deaf() -> Iterator[None]:
    """Who is begun here does not hear the keyboard: this process stops the others, and nobody sees where they stood."""
    if current_thread() is not main_thread():  # only the first may say who listens
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _settle() -> None:
    """What is imported stays for good, so no sweep looks through it; the keyboard is not for this process."""
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _settings() -> Iterator[None]:
    """While processes are begun, what makes them build the same bytes stands in the environment."""
    kept = {name: os.environ.get(name) for name in SETTINGS}
    os.environ.update(SETTINGS)
    try:
        yield
    finally:
        for name in SETTINGS:
            del os.environ[name]
        os.environ.update({name: value for name, value in kept.items() if value is not None})


@contextmanager
def builders(
    workers: int, *, once: bool = False, books: int = 1, how: BaseContext | None = None
) -> Iterator[ProcessPoolExecutor]:
    """Which processes build books, one after the other each?

    Parameters
    ----------
    workers : int
        How many at once.
    once : bool
        Whether each book has a process of its own, forked from one that has imported all: nothing that
        Sphinx leaves behind comes into the next. Where processes cannot be forked each builds several.
    books : int
        How many there are to build; it tells what is made for all of them at once, where ``begin`` has not.
    how : BaseContext, optional
        How they are begun, where not as most are.

    Yields
    ------
    ProcessPoolExecutor
        They start with the first book and end here.
    """
    how = how or _how(books)
    tasks = 1 if once and how.get_start_method() == "forkserver" else None
    with (
        _settings(),
        ProcessPoolExecutor(workers, mp_context=how, initializer=_settle, max_tasks_per_child=tasks) as pool,
    ):
        try:
            yield pool
        except KeyboardInterrupt:
            for process in active_children():
                process.terminate()
            raise


@dataclass(frozen=True, slots=True)
class Beside:
    """Which two processes help this one with one book?

    Attributes
    ----------
    writes : Executor
        Answers some of the outcomes, draws, and writes pages.
    builds : Executor
        Makes HTML of pages. It can get ready for that while the other writes them.
    """

    writes: Executor
    builds: Executor

    def get_ready_to_write(self) -> None:
        """Have what writes import all it needs and rehearse; what builds rehearses after it, not to be in the way."""
        asked(self.writes, _imported, (*WRITING, DRAWN)).add_done_callback(self._rehearse)

    def get_ready_to_build(self) -> None:
        """Have what builds import all it needs."""
        asked(self.builds, _imported, SPHINX)

    def _rehearse(self, _: object) -> None:
        with suppress(RuntimeError):  # nobody waits for a book any more
            asked(self.builds, _imported, (BUILT,))


@contextmanager
def beside(*, forked: bool = False) -> Iterator[Beside]:
    """Which two processes help this one with one book?

    Parameters
    ----------
    forked : bool
        Whether who writes may be forked from this process, so that what both need is imported once: while it has
        opened nothing yet. It is where systems allow it and no other thread runs here.

    Yields
    ------
    Beside
        Each starts with its first work and ends here.
    """
    fork = forked and FORKS and active_count() == 1  # another thread could hold a lock that nobody opens in a copy
    with _forked() if fork else builders(1) as writes, builders(1) as builds:
        yield Beside(writes, builds)


@contextmanager
def _forked() -> Iterator[Executor]:
    """A process that has what takes longest to import for both."""
    _imported(BOTH)
    others = set(active_children())
    with builders(1, how=get_context("fork")) as writes:
        with _deaf():
            writes.submit(_imported, (*SCALES, *FIRST))  # while this process reads plans and data
        begun = set(active_children()) - others
        try:
            yield writes
        finally:
            for process in begun:  # what it was asked for is here, and what it still imports nobody waits for
                process.terminate()


def _imported(names: Iterable[str]) -> None:
    with unswept():
        for name in names:
            with suppress(ImportError):
                import_module(name)


def asked(process: Executor, do: Callable[..., Answer], *arguments: object, **named: object) -> Future[Answer]:
    """What will one of the processes answer?

    Parameters
    ----------
    process : Executor
        One of them.
    do : callable
        A module's function.
    *arguments, **named : object
        What it is given.

    Returns
    -------
    Future
        For ``awaited``, which says so where the process has ended already or cannot begin.
    """
    try:
        return process.submit(do, *arguments, **named)
    except (BrokenProcessPool, OSError, EOFError) as error:
        job: Future[Answer] = Future()
        job.set_exception(BrokenProcessPool(str(error)))
        return job


def awaited(job: Future[Answer]) -> Answer:
    """What has one of the processes answered?

    Parameters
    ----------
    job : Future
        What ``asked`` returned.

    Returns
    -------
    object
        Its answer.

    Raises
    ------
    ReportError
        Where the process ended before its time.
    """
    try:
        return job.result()
    except BrokenProcessPool:
        raise ReportError(
            "A process that built a book was ended before its time, as happens where memory runs out. "
            "Close other programs and try again."
        ) from None


@contextmanager
def unswept() -> Iterator[None]:
    """How is a book made without looking for what could be thrown away? All of it is needed until the end.

    Yields
    ------
    None
        Looking through everything, over and over, takes a fifth of the time; it begins again afterwards.
    """
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()
