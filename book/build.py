"""Build the project's own Jupyter Book: `make docs`, or `python book/build.py`.

The pages here are copied to a folder of their own, the pages that follow from the code (the plan's keys, the API) are
written beside them, and Jupyter Book builds the whole with every warning an error. Nothing is written into the
checkout but `book/_build/html`, which replaces the last one only when it is complete.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pages_api
import pages_comparators
import pages_parts

from afa_eval.report.sphinx_build import MENDING, PLAIN, sphinx_options

BOOK = Path(__file__).resolve().parent
TITLE = "afa_eval"
NOT_PAGES = ("_build", "__pycache__", "*.py")
RUN = "from jupyter_book.cli.main import main; main()"
EPOCH = "1577836800"  # a fixed moment, so that the same pages make the same bytes
TOLD = re.compile(r"WARNING|ERROR|CRITICAL|Traceback|error:|Error\b|would load")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MEASURED = ("methods/speed", "methods/speed_readers", "methods/coverage")  # written by the benchmarks, where run
CONTENTS: dict[str, tuple[str, ...]] = {
    "Start": ("quick-start", "tutorial", "data", "plan", "templates", "publishing", "examples", "lessons"),
    "Methods": (
        "methods/pre-post-progress",
        "methods/persistent-absence",
        "methods/parent-engagement",
        "comparators",
        pages_comparators.PAGE,
        "statistics",
        "disclosure",
    ),
    "For evaluators": (
        "evaluators",
        *(page for page in MEASURED if (BOOK / f"{page}.md").is_file()),
        *pages_api.pages(),
    ),
    "For contributors": ("architecture",),
}


def toc() -> dict[str, Any]:
    """Which pages has the book, in which order?"""
    parts = [
        {"caption": caption, "chapters": [{"file": name} for name in names]} for caption, names in CONTENTS.items()
    ]
    return {"format": "jb-book", "root": "index", "parts": parts}


def configuration() -> dict[str, Any]:
    """How is it built? Code runs in a folder of its own, afresh each time."""
    options = sphinx_options(TITLE) | {
        "autodoc_typehints": "none",  # the docstrings say the types, in words
        "autodoc_member_order": "bysource",
        "autodoc_preserve_defaults": True,
        "toc_object_entries_show_parents": "hide",
        "numpydoc_show_class_members": False,
        "numpydoc_attributes_as_param_list": True,
        "nb_execution_raise_on_error": True,
        "nb_merge_streams": True,
        "myst_heading_anchors": 3,
    }
    return {
        "title": TITLE,
        "author": "The afa_eval contributors",
        "copyright": "",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "force", "run_in_temp": True, "timeout": 120},
        "launch_buttons": {},
        "latex": {"use_jupyterbook_latex": False},
        "parse": {"myst_enable_extensions": ["colon_fence", "dollarmath", "deflist"]},
        "html": PLAIN,
        "sphinx": {"extra_extensions": ["sphinx.ext.autodoc", "numpydoc", MENDING], "config": options},
    }


def write_sources(folder: Path) -> None:
    """Put every page where Jupyter Book looks for it."""
    shutil.copytree(BOOK, folder, ignore=shutil.ignore_patterns(*NOT_PAGES), dirs_exist_ok=True)
    pages_comparators.write(folder)
    for name in pages_parts.PARTS:
        page = folder / name
        page.write_text(pages_parts.filled(name, page.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "api").mkdir()
    for name, made in pages_api.pages().items():
        (folder / f"{name}.rst").write_text(made(), encoding="utf-8")
    for name, document in (("_toc.yml", toc()), ("_config.yml", configuration())):
        (folder / name).write_text(json.dumps(document, indent=1), encoding="utf-8")


def build(target: Path = BOOK / "_build") -> Path:
    """Where is the first page of the book?"""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target) as name:
        work = Path(name) / "pages"
        write_sources(work)
        command = [sys.executable, "-c", RUN, "build", str(work), "-W", "-n", "--keep-going", "-q"]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, encoding="utf-8")
        html = work / "_build" / "html"
        if done.returncode or not (html / "index.html").is_file():
            raise SystemExit(f"The book could not be built.\n{told(done.stdout + done.stderr, work, html)}")
        shutil.rmtree(target / "html", ignore_errors=True)
        html.rename(target / "html")
    return target / "html" / "index.html"


def told(output: str, work: Path, html: Path) -> str:
    """What went wrong: the warnings, and the last lines of any code cell that failed."""
    lines = [COLOURS.sub("", line).replace(f"{work}/", "") for line in output.splitlines() if line.strip()]
    logs = [path.read_text(encoding="utf-8").splitlines()[-15:] for path in html.glob("reports/**/*.err.log")]
    found = list(dict.fromkeys(line for line in lines if TOLD.search(line) and "IPKernelApp" not in line))
    return "\n".join([*(found or lines[-20:]), *(line for log in logs for line in log)])


if __name__ == "__main__":
    print(build())
