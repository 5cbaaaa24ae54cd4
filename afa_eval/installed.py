"""What is installed here: versions of packages, and the code of this one, which a developer changes within a version."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@cache
def version_of(name: str) -> str:
    """Which version of a package is installed?

    Parameters
    ----------
    name : str
        As the package index writes it.

    Returns
    -------
    str
        Its version, or ``not installed``.

    Examples
    --------
    >>> version_of("no-such-package")
    'not installed'
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def hash_of(file: Path) -> str:
    """Which bytes does a file hold?

    Parameters
    ----------
    file : Path
        Any.

    Returns
    -------
    str
        Their SHA-256.
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def code() -> str:
    """Which code makes figures and books?

    Returns
    -------
    str
        A hash of every file of the package, England's figures among them: any of them may decide what a
        figure is and what is hidden.
    """
    here = Path(__file__).parent
    every = (one for one in sorted(here.rglob("*")) if one.is_file() and "__pycache__" not in one.parts)
    return hashlib.sha256("\n".join(f"{one.relative_to(here)} {hash_of(one)}" for one in every).encode()).hexdigest()
