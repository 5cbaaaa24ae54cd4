"""What of the last book still holds: its drawings, by what they draw, and its pages, by what they are made from.

Both stand in the plan's build folder, hold nothing but what that book published, and lose what it no longer needs.
Nothing is believed that is not as it was written: a drawing that was changed or damaged is drawn again, and pages
that anything has touched are built from nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

from afa_eval import installed
from afa_eval.comparators.store import user_folder

FOLDER = ".kept"  # in the build folder; it begins with a dot because it belongs to no single run
TARGET = re.compile(r"\([^()]+\)=\s*$")
DRAWN, PAGES, STATE, LOCK = "charts", "pages", "state.json", "lock"
MAKERS = ("matplotlib", "sphinx", "jupyter-book", "myst-parser", "docutils", "pydata-sphinx-theme",
          "sphinx-book-theme", "sphinx-design", "pygments", "beautifulsoup4")  # fmt: skip
Drawn = tuple[str, str, str, str]  # wide, narrow, headline, alt text


@cache
def code() -> str:
    """Which package, and which versions of what it builds with, make a book?

    Returns
    -------
    str
        A hash of every file of the package, since any of them may decide what a book shows and what it
        hides, and of the versions of the programs that draw and build.
    """
    return hashlib.sha256(
        "\n".join([installed.code(), *(f"{name} {installed.version_of(name)}" for name in MAKERS)]).encode()
    ).hexdigest()


def told(thing: Any) -> str:
    """What is drawn, written out so that two that differ in anything are written differently?

    Parameters
    ----------
    thing : object
        Numbers, words, records, collections of them, functions of a module, and partials of those.

    Returns
    -------
    str
        All of it, at full precision.

    Raises
    ------
    TypeError
        For anything else, of which nobody can say what is in it.

    Examples
    --------
    >>> told((0.1, "a", partial(max, None)))
    "(0.1,'a',partial(builtins.max,(None),{}))"
    """
    if thing is None or (isinstance(thing, bool | int | float | str) and not isinstance(thing, Enum)):
        return repr(thing)
    if isinstance(thing, tuple | list):
        return f"({','.join(map(told, thing))})"
    if isinstance(thing, Mapping):
        return "{" + ",".join(f"{told(key)}:{told(value)}" for key, value in thing.items()) + "}"
    if isinstance(thing, partial):
        return f"partial({told(thing.func)},{told(thing.args)},{told(thing.keywords)})"
    if is_dataclass(thing) and not isinstance(thing, type):
        inside = ",".join(f"{one.name}={told(getattr(thing, one.name))}" for one in fields(thing))
        return f"{type(thing).__qualname__}({inside})"
    return _named(thing)


def _named(thing: Any) -> str:
    """The name of what stands in a module for all to see: nothing is hidden in it."""
    if isinstance(thing, Enum):
        return f"{type(thing).__qualname__}.{thing.name}"
    if isinstance(thing, FunctionType | BuiltinFunctionType) and "<" not in thing.__qualname__:
        return f"{thing.__module__}.{thing.__qualname__}"
    raise TypeError(f"nobody can say what is in {type(thing).__name__}")


@dataclass(slots=True)
class Drawings:
    """Which drawings of the last book are there?

    Attributes
    ----------
    folder : Path
        Where they stand, a file each.
    used : set of str
        Names of those that this book has.
    """

    folder: Path
    used: set[str] = field(default_factory=set)

    def drawn(self, what: Any, draw: Callable[[], Drawn]) -> Drawn:
        """What does this drawing look like? Drawn only where it is not there, unharmed.

        Parameters
        ----------
        what : object
            All that decides it, but for the package.
        draw : callable
            Draws it.

        Returns
        -------
        tuple of str
            SVG for a desk and for a phone, headline, alt text.
        """
        try:
            said = told(what)
        except TypeError:
            return draw()
        name = hashlib.sha256(f"{code()}\n{said}".encode()).hexdigest()
        self.used.add(name)
        found = _read_drawn(self.folder / f"{name}.json")
        if found is not None:
            return found
        made = draw()
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_whole(self.folder / f"{name}.json", json.dumps([_mark(made), made]))
        return made

    def forget_others(self) -> None:
        """Take away what this book does not have."""
        for file in self.folder.glob("*"):
            if file.stem not in self.used:
                file.unlink(missing_ok=True)


def _mark(made: Iterable[str]) -> str:
    return _seal("\0".join(made))


def _read_drawn(file: Path) -> Drawn | None:
    try:
        mark, (wide, narrow, title, alt) = json.loads(file.read_text(encoding="utf-8"))
        found = (wide, narrow, title, alt)
        return found if mark == _mark(found) else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _write_whole(file: Path, text: str) -> None:
    """Another process that reads it meets the old file or the new, never half of one."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


@dataclass(frozen=True, slots=True)
class Place:
    """Where are pages built, and what of the last ones may be taken as it is?

    Attributes
    ----------
    folder : Path
        Of the pages; what was built stands in ``_build`` in it.
    """

    folder: Path

    def take(self, fresh: Path) -> bool:
        """Put new pages in place of the last ones: where only words changed, those alone are touched.

        Parameters
        ----------
        fresh : Path
            A folder with the pages, drawings and files of this book.

        Returns
        -------
        bool
            Whether anything built before is left.
        """
        new, known = _hashes(fresh), self._state()
        mark = {"code": code(), "outline": outline(fresh)}
        holds = known is not None and known["mark"] == mark and known["files"] == _hashes(self.folder)
        self._file.unlink(missing_ok=True)
        if not holds or known is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.copytree(fresh, self.folder)
            return False
        for name in known["files"]:
            if not name.startswith("_build/") and name not in new:
                (self.folder / name).unlink()
        for name, now in new.items():
            if known["files"].get(name) != now:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fresh / name, self.folder / name)
        return True

    def note(self) -> None:
        """Say that what stands here now is a whole book."""
        said = {"mark": {"code": code(), "outline": outline(self.folder)}, "files": _hashes(self.folder)}
        text = json.dumps(said, sort_keys=True)
        _write_whole(self._file, json.dumps({"seal": _seal(text), "said": text}))

    @property
    def _file(self) -> Path:
        return self.folder.with_name(STATE)

    def _state(self) -> dict[str, Any] | None:
        """What the last book said of itself; None where there is none or this user did not write it."""
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            if hmac.compare_digest(str(stored["seal"]), _seal(str(stored["said"]))):
                found: dict[str, Any] = json.loads(stored["said"])
                return found
        except (OSError, ValueError, TypeError, KeyError):
            pass
        return None


def _hashes(folder: Path) -> dict[str, str]:
    every = (one for one in sorted(folder.rglob("*")) if one.is_file())
    return {one.relative_to(folder).as_posix(): installed.hash_of(one) for one in every}


def _seal(text: str) -> str:
    """What only this user could have written below a text: Sphinx opens its own files unseen, whoever wrote them."""
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


@cache
def _key() -> bytes:
    file = user_folder().parent / "seal.key"
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as new:
            new.write(secrets.token_bytes(32))
        file.chmod(0o600)
    with suppress(OSError):
        if len(found := file.read_bytes()) == 32:
            return found
    return secrets.token_bytes(32)  # nothing that was kept is believed then


def outline(folder: Path) -> str:
    """What do pages show of each other: names, titles, places that are linked to with their headings, order and settings?

    Parameters
    ----------
    folder : Path
        The pages.

    Returns
    -------
    str
        A hash; while it is the same, a page whose own text has not changed is written as before.
    """
    parts = [(folder / name).read_text(encoding="utf-8") for name in ("_toc.yml", "_config.yml")]
    texts = {page.name: page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.md"))}
    every = any(".md#" in text for text in texts.values())  # a link to any heading of another page
    for name, text in texts.items():
        parts += [name, *_shown_elsewhere(text.splitlines(), every=every)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _shown_elsewhere(lines: Iterable[str], *, every: bool) -> Iterator[str]:
    """The title, targets with the headings they stand before, and blocks that have a name, with their own titles."""
    literal = block = ""
    asked = True  # the first heading is the page's title
    for line in lines:
        fence = line[: len(line) - len(line.lstrip("`"))]
        if literal:
            literal = "" if len(fence) >= len(literal) and line.strip("` ") == "" else literal
        elif len(fence) >= 3 and not line[len(fence) :].startswith("{"):
            literal = fence
        elif line.startswith((":name:", ":label:")):
            yield from (block, line)
        elif TARGET.match(line):
            asked = True
            yield line
        elif line.startswith("#"):
            if asked or every:
                yield line
            asked = False
        elif line.startswith(("```", ":::")):
            block = line


@contextmanager
def place(build: Path) -> Iterator[Place | None]:
    """Where are the pages of a plan's book built? Nowhere to stay where another process is at it.

    Parameters
    ----------
    build : Path
        The plan's build folder.

    Yields
    ------
    Place or None
        This process's alone until the end.
    """
    home = build / FOLDER
    try:
        import fcntl
    except ImportError:  # not on this system: every book is built from nothing
        yield None
        return
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield Place(home / PAGES)


def forget(build: Path) -> None:
    """Keep nothing of a book that may not be published.

    Parameters
    ----------
    build : Path
        The plan's build folder.
    """
    shutil.rmtree(build / FOLDER, ignore_errors=True)
