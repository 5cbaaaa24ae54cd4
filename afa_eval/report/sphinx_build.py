"""A folder of pages becomes HTML: one build that must be clean.

Nothing here imports what figures are made with, so that the process that only builds is there early.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

from afa_eval.errors import ReportError
from afa_eval.report import apart
from afa_eval.report.apart import SETTINGS, SPHINX

Built = tuple[bool, str]  # whether it failed, and what it said
Begin = Callable[[], Callable[[], Built]]  # begins to build, and returns what waits for the end
MENDING = "afa_eval.report.sphinx_mend"
# Jupyter Book's own without those that run code or load from elsewhere: no page of an evaluation has any.
EXTENSIONS = (
    "sphinx_togglebutton", "sphinx_copybutton", "myst_parser", "jupyter_book", "sphinx_external_toc", "sphinx_design",
    "sphinx_book_theme", MENDING,
)  # fmt: skip
PLAIN = {  # pages without buttons that lead elsewhere
    "use_issues_button": False, "use_repository_button": False, "use_edit_page_button": False,
    "use_multitoc_numbering": False, "extra_footer": "",
}  # fmt: skip
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


def configuration(title: str, author: str) -> dict[str, Any]:
    """How is the book built?

    Parameters
    ----------
    title, author : str
        The book's.

    Returns
    -------
    dict
        As Jupyter Book reads it (JSON is YAML).
    """
    return {
        "title": title,
        "author": author,
        "copyright": "",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "off"},
        "launch_buttons": {},
        "latex": {"use_jupyterbook_latex": False},  # it would number every table across the pages
        "parse": {"myst_enable_extensions": ["colon_fence"]},
        "html": PLAIN,
        "sphinx": {"config": {"extensions": list(EXTENSIONS), **sphinx_options(title)}},
    }


def sphinx_options(title: str) -> dict[str, Any]:
    """Which of Sphinx's options do all books of this project share?

    Parameters
    ----------
    title : str
        The book's.

    Returns
    -------
    dict
        Option to value.
    """
    return {
        "language": "en_GB",
        "html_title": title,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "html_use_index": False,
        "html_last_updated_fmt": None,
        "numfig": False,
        "html_context": {"default_mode": "light"},
        "html_theme_options": {
            "use_download_button": False,
            "use_fullscreen_button": False,
            "show_toc_level": 2,
            "show_navbar_depth": 1,
            "navigation_with_keys": False,
            "pygments_light_style": "a11y-high-contrast-light",
        },
    }


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
    with ready(work, None, here=here) as begin:
        return finished(begin()(), work)


def or_from_nothing(built: Built, work: Path, *, here: bool) -> Path:
    """Where is the HTML of pages of which some were kept? Where they do not make a whole with the new ones, all are built.

    Parameters
    ----------
    built : tuple
        How the build went.
    work : Path
        The pages.
    here : bool
        As for ``run``.

    Returns
    -------
    Path
        The folder of the built book.

    Raises
    ------
    ReportError
        As ``run``.
    """
    if not built[0]:
        return finished(built, work)
    shutil.rmtree(work / "_build", ignore_errors=True)
    return run(work, here=here)


def finished(built: Built, work: Path) -> Path:
    """Where is the HTML that a build has made?

    Parameters
    ----------
    built : tuple
        How it went.
    work : Path
        The pages.

    Returns
    -------
    Path
        The folder of the built book.

    Raises
    ------
    ReportError
        Where the build failed or warned, with what it said.
    """
    failed, said = built
    html = work / "_build" / "html"
    if failed or not (html / "index.html").is_file():
        raise ReportError("The book could not be built.\n" + _told(said, work))
    return html


@contextlib.contextmanager
def ready(work: Path, pool: Executor | None, *, here: bool) -> Iterator[Begin]:
    """What builds the pages in a folder: this process, one of a pool, or one of its own that is warm by then?

    Parameters
    ----------
    work : Path
        The pages; they need not be there yet.
    pool : Executor or None
        A process that builds books.
    here : bool
        As for ``run``.

    Yields
    ------
    callable
        Begins to build, and returns what waits for the end and tells how it went.
    """
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
