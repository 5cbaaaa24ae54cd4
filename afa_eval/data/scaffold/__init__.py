"""A folder to start from: a plan, an empty table for each file, and what to export from where."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from afa_eval.errors import PlanError


def write_scaffold(folder: str | Path) -> Path:
    """Where is the new plan?

    Parameters
    ----------
    folder : str or Path
        A new or an empty folder.

    Returns
    -------
    Path
        ``plan.toml`` in it, beside ``queries.toml``, ``what-to-export.md`` and ``data/``.

    Raises
    ------
    PlanError
        Where the folder has anything in it, or is a file.
    """
    home = Path(folder)
    if home.is_file() or (home.is_dir() and any(home.iterdir())):
        raise PlanError(f"'{home}' is not empty. Give the name of a new folder: nothing is ever written over.")
    with as_file(files("afa_eval.data").joinpath("scaffold")) as templates:
        shutil.copytree(
            templates, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "*.pyc", "__pycache__")
        )
    return home / "plan.toml"
