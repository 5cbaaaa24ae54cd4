"""The last look: does anything that is about to be published say what it must not?

Every file is opened as what it is, pages and drawings, the search index, CSV, workbooks, documents and
PDF with what they carry besides the text. What is found is told by file and kind and never repeated.
"""

from __future__ import annotations

import hashlib
import html
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from afa_eval.codes import upn
from afa_eval.disclosure.secrets import DAY, LONG_TOKEN, SHORTEST_ID, TAIL, TOKEN, Secrets, pairs_of, tail, words_of
from afa_eval.errors import DisclosureError

# What looks back stands last in each pattern: one that begins with a letter or digit is looked for far faster.
UPN = re.compile(rf"{upn.FORM.pattern}(?<![\w-].{{13}})(?![\w-])", re.DOTALL)
HOME_BEGINS = ("/home/", "/users/", "/root/", ":\\users\\")
HOMES = re.compile(r"(?:/home/|/Users/|/root/|[A-Za-z]:\\Users\\)[\w.-]+", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
TABLE_ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL | re.IGNORECASE)
TABLE_CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", re.DOTALL | re.IGNORECASE)
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
TEXTS = frozenset({".html", ".svg", ".csv", ".js", ".json", ".txt", ".xml", ".md", ".rst", ".css", ".inv", ".toml"})
PACKED = frozenset({".xlsx", ".docx", ".zip"})
LEFTOVERS = frozenset({".jupyter_cache", "jupyter_execute", ".doctrees", "__pycache__", "_sources", ".git"})
WORKING = frozenset({".ipynb", ".pickle", ".pkl", ".parquet", ".duckdb", ".sqlite", ".doctree", ".pyc", ".feather"})
INDEX = ".js"
UNREADABLE = "(unreadable)"
Said = TypeVar("Said", bound=Hashable)
THEME = ("_static/", "_sphinx_design_static/")  # programs and styles of the theme: the same in every book


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """What was found where?

    Attributes
    ----------
    file : str
        Within what was scanned.
    kind : str
        What it is and which input it comes from; never the thing itself.
    count : int
        How often.
    """

    file: str
    kind: str
    count: int = 1


def scan(
    folder: Path | Sequence[Path], secrets: Secrets | None = None, *, paths: Iterable[str | Path] = ()
) -> tuple[Hit, ...]:
    """What stands in folders or files that may not be published?

    Parameters
    ----------
    folder : Path or sequence of Path
        Everything in it is looked at; or one file; or several of either, where files that are alike are read once.
    secrets : Secrets, optional
        What the inputs hold.
    paths : iterable of str or Path
        Folders of this machine that no page may name; the user's and the system's are known.

    Returns
    -------
    tuple of Hit
        By file; none where all is well.
    """
    return look_for(secrets or Secrets(), paths=paths).through(folder)


def look_for(secrets: Secrets, *, paths: Iterable[str | Path] = ()) -> Look:
    """What may not be published, to look for more than once?

    Parameters
    ----------
    secrets : Secrets
        What the inputs hold.
    paths : iterable of str or Path
        As for ``scan``.

    Returns
    -------
    Look
        Which looks through folders; what it has read once it does not read again.
    """
    short = any(len(one) < SHORTEST_ID for one in secrets.identifiers)
    tails = frozenset(map(tail, secrets.identifiers))
    return Look(secrets, _machine(paths), TOKEN if short else LONG_TOKEN, tails)


def _files(folder: Path) -> list[Path]:
    return [folder] if folder.is_file() else sorted(file for file in folder.rglob("*") if file.is_file())


def refuse(hits: Iterable[Hit]) -> None:
    """Stop where a scan found anything.

    Parameters
    ----------
    hits : iterable of Hit
        What ``scan`` returned.

    Raises
    ------
    DisclosureError
        Naming every file and kind.
    """
    found = [f"{hit.file} holds {hit.kind}" + (f" ({hit.count} times)" if hit.count > 1 else "") for hit in hits]
    if found:
        more = f"; and {len(found) - 20} more" if len(found) > 20 else ""
        raise DisclosureError(f"This may not be published: {'; '.join(found[:20])}{more}.")


def _named(file: Path, folder: Path) -> str:
    return file.name if file == folder else file.relative_to(folder).as_posix()


def _machine(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """Folders of this machine, longest first; those of a few letters, such as ``/app``, are any text's."""
    known = {str(Path(path).resolve()) for path in (*paths, tempfile.gettempdir(), sys.prefix, Path.home())}
    return tuple(sorted((path for path in known if len(path) > 5), key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for in each file?

    Attributes
    ----------
    secrets : Secrets
        What the inputs hold.
    machine : tuple of str
        Folders of this machine.
    token : re.Pattern
        What may be an identifier: short ones are looked for only where there is a short identifier.
    tails : frozenset of str
        How identifiers end from their first digit on; empty for one without.
    seen : dict
        What was found, by the hash of a file and its kind.
    """

    secrets: Secrets
    machine: tuple[str, ...]
    token: re.Pattern[str]
    tails: frozenset[str]
    seen: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def through(self, folder: Path | Sequence[Path]) -> tuple[Hit, ...]:
        """What stands in folders or files that may not be published?

        Parameters
        ----------
        folder : Path or sequence of Path
            As for ``scan``.

        Returns
        -------
        tuple of Hit
            By file; none where all is well.
        """
        folders = [folder] if isinstance(folder, Path) else folder
        every = [(file, _named(file, one)) for one in folders for file in _files(one)]
        return tuple(hit for file, name in every for hit in self.at(file, name))

    def at(self, file: Path, name: str) -> Iterator[Hit]:
        """What does one file hold?

        Parameters
        ----------
        file : Path
            Where it stands.
        name : str
            Within what is scanned.

        Yields
        ------
        Hit
            None where all is well.
        """
        suffix = file.suffix.lower()
        if suffix in WORKING or LEFTOVERS & set(Path(name).parts):
            yield Hit(name, "what a program worked with (a cache, a notebook or a page's source)")
        body = file.read_bytes()
        mark = hashlib.sha256(body).hexdigest()
        where = self.secrets.hashes.get(mark)
        if where:
            yield Hit(name, f"the whole of {where}")
        if name.startswith(THEME) or f"/{THEME[0]}" in name:
            return
        if (mark, suffix) not in self.seen:
            self.seen[mark, suffix] = self._found(file, body, suffix)
        yield from (Hit(name, kind, count) for kind, count in sorted(self.seen[mark, suffix].items()))

    def _found(self, file: Path, body: bytes, suffix: str) -> dict[str, int]:
        """How often each kind stands in a file."""
        found: dict[str, int] = {}
        for text in _texts(file, body):
            for kind in self._kinds(text, suffix):
                found[kind] = found.get(kind, 0) + 1
        return found

    def _kinds(self, text: str, suffix: str) -> Iterator[str]:
        if text is UNREADABLE:
            yield "text that cannot be read, so nobody can say what is in it"
        yield from ("a number in the form of a UPN" for _ in UPN.finditer(text))
        yield from ("a path of this machine" for path in self.machine if path in text)
        small = text.casefold()
        if any(home in small for home in HOME_BEGINS):
            yield from ("a path of somebody's home folder" for _ in HOMES.finditer(text))
        yield from self._known(self._tokens(text), self.secrets.identifiers, "an identifier")
        yield from self._known(self._words(text, suffix), self.secrets.names, "a name")
        days = set(DAY.findall(text)) if self.secrets.dates else set()
        yield from self._known(days, self.secrets.dates, "a date of birth")
        pairs = pairs_of(TAG.sub(" ", text)) if self.secrets.children else set()
        yield from self._known(pairs, self.secrets.children, "a child's whole name")
        yield from self._rows(text)

    def _tokens(self, text: str) -> set[str]:
        if not self._could_be(text):
            return set()
        tokens = set(self.token.findall(text))
        return tokens | {token.upper() for token in tokens if token.islower()}  # a search index has them small

    def _could_be(self, text: str) -> bool:
        """Does anything end as an identifier does? Only then is every token looked at: that takes twice as long."""
        if not self.tails or "" in self.tails:
            return bool(self.tails)
        ends = {end.rstrip("./-") for end in TAIL.findall(text)}
        return not self.tails.isdisjoint(ends) or not self.tails.isdisjoint(map(str.upper, ends))

    def _words(self, text: str, suffix: str) -> set[str]:
        words = words_of(text) if self.secrets.names else set()
        return words | {word.capitalize() for word in words} if suffix == INDEX else words

    def _known(self, said: set[Said], secret: Mapping[Said, str], what: str) -> Iterator[str]:
        yield from (f"{what} from {secret[one]}" for one in said & secret.keys())

    def _rows(self, text: str) -> Iterator[str]:
        if not self.secrets.rows:
            return
        for line in text.splitlines():
            where = self.secrets.rows.get(line.strip())
            if where:
                yield f"a row of {where}"
        for row in TABLE_ROW.finditer(text):
            cells = (TAG.sub("", cell).strip() for cell in TABLE_CELL.findall(row[1]))
            where = self.secrets.rows.get(",".join(cells))
            if where:
                yield f"a row of {where}"


def _texts(file: Path, body: bytes) -> Iterator[str]:
    """All texts of a file, those it carries besides its pages too."""
    suffix = file.suffix.lower()
    if suffix in PACKED and zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            for member in packed.namelist():
                yield member
                yield from _texts(Path(member), packed.read(member))
    elif suffix == ".pdf":
        yield from _pdf_texts(file, body)
    elif suffix in TEXTS or suffix in {".rels", ".vml"}:
        yield _plain(body)
    else:  # a picture or anything else: what its bytes say, its notes among them
        yield body.decode("latin-1")


def _plain(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    return html.unescape(ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))


def _pdf_texts(file: Path, body: bytes) -> Iterator[str]:
    """What a reader sees, where a reader of PDF is installed; and all that stands in it unpacked."""
    yield body.decode("latin-1")
    for found in STREAM.finditer(body):
        try:
            yield zlib.decompress(found[1].strip(b"\r\n")).decode("latin-1")
        except zlib.error:
            continue
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        return
    try:
        reader = PdfReader(file)
        yield str(dict(reader.metadata or {}))
        yield from [page.extract_text() for page in reader.pages]
    except PyPdfError:
        yield UNREADABLE
