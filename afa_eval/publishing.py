"""Many plans, one site: every book that is out of date is built, several at once, and an index stands before them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from afa_eval import evaluation, installed, workspace
from afa_eval.disclosure import ledger
from afa_eval.errors import AfaEvalError, PlanError, ReportError
from afa_eval.plan import Plan, load_plan
from afa_eval.report import apart, kept, pages, site, sphinx_build
from afa_eval.report.headlines import NAME
from afa_eval.report.numbers import FILES

TITLE = "Evaluations"
HEADLINES = Path(FILES, NAME)  # in the folder of a book's pages
Begin = Callable[..., object]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Published:
    """What did publishing a site do?

    Attributes
    ----------
    index : Path
        The first page.
    built, kept, removed : tuple of str
        Folders of books that were built, that were up to date, and that were taken away.
    """

    index: Path
    built: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def publish(
    folder: Path,
    plans: Sequence[Path],
    tell: Tell,
    *,
    title: str = "",
    prune: bool = False,
    everything: bool = False,
    workers: int | None = None,
    beside: apart.Beside | None = None,
) -> Published:
    """Where is the site of these plans' books? Only what changed is built.

    Parameters
    ----------
    folder : Path
        The site: new, empty, or one that was published before.
    plans : sequence of Path
        Plan files or their folders. Books of plans that are not named stay as they are.
    tell : callable
        Told in a few words what is being done.
    title : str
        Of the site; the one before, or "Evaluations", where empty.
    prune : bool
        Whether books of plans that are not named are taken away.
    everything : bool
        Whether to build every book again.
    workers : int, optional
        How many books are built at once; as many as there are processors where not given.
    beside : Beside, optional
        Warm processes for one book; where there are none, or more books are due, others are begun.

    Returns
    -------
    Published
        What was done.

    Raises
    ------
    ReportError
        Where the folder is no site, two plans have one title, or a plan of several is wrong or its book could
        not be built: all others are in place then, and of that one the last that could.
    PlanError
        Where it is the only one that is wrong.
    """
    known = _state(folder)
    read, wrong = _named(plans)
    wanted = {slug: path for slug, (path, _) in read.items()}
    before: dict[str, str] = known.get("books", {})
    sources = {slug: _source(plan) for slug, (_, plan) in read.items()}
    due = [
        slug
        for slug, path in wanted.items()
        if everything or before.get(slug) != mark(path, sources[slug]) or not _there(folder, slug)
    ]
    # whose book is that of a plan that cannot be read? None is taken away until it can
    gone = tuple(slug for slug in before if slug not in wanted) if prune and not wrong else ()
    at_once = max(1, min(workers or os.cpu_count() or 1, len(due)))
    stay = {slug: text for slug, text in before.items() if slug not in gone}
    state = {"title": title or str(known.get("title") or TITLE), "made_by": installed.version_of("afa-eval")}
    with (
        tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as work,
        _helpers(at_once, len(due), beside, new=everything or not before) as helpers,
    ):
        place = folder.resolve(), Path(work).resolve()
        first = _FirstPage(state["title"], *place, helpers, str(known.get("index", "")))
        books_due = {slug: wanted[slug] for slug in due}
        made, unbuilt = _build_all(books_due, folder, tell, helpers, partial(first.begin, stay))
        for slug in gone:
            shutil.rmtree(folder / slug, ignore_errors=True)
        books = stay | {slug: mark(wanted[slug], sources[slug]) for slug in made}
        if books:
            if first.begin(books):
                tell("Building the index")
            _note(folder, {**state, "books": books, "index": first.put()}, known)
    failed = wrong | unbuilt
    if failed:
        told = "\n".join(f"{which}: {text}" for which, text in failed.items())
        raise ReportError(f"{len(failed)} of {len(wanted) + len(wrong)} books could not be built.\n{told}")
    kept = tuple(slug for slug in wanted if slug not in made)
    return Published((folder / "index.html").resolve(), tuple(made), kept, gone)


@contextmanager
def _helpers(workers: int, books: int, warm: apart.Beside | None, *, new: bool) -> Iterator[apart.Beside]:
    """Who writes and builds? Of a site that is there few books are due as a rule, and who builds them stays for the next."""
    if books == 1:
        with nullcontext(warm) if warm is not None else apart.beside() as both:
            yield both
        return
    with apart.builders(workers, once=new, books=books) as pool:
        yield apart.Beside(pool, pool)


@dataclass(slots=True, eq=False)
class _FirstPage:
    """The first page of a site: built where it would show another than the last, and beside a book where only one is due.

    Attributes
    ----------
    title : str
        Of the site.
    folder, work : Path
        The site, and where its first page is built.
    beside : Beside
        Who draws and builds it.
    mark : str
        What it shows, as a hash: of the one that stands there, then of the last that was begun.
    job : Future or None
        The one that was begun.
    entries : tuple of Entry
        The evaluations that it names.
    """

    title: str
    folder: Path
    work: Path
    beside: apart.Beside
    mark: str
    job: Future[Path] | None = None
    entries: tuple[site.Entry, ...] = ()

    def begin(self, slugs: Iterable[str], headlines: Mapping[str, Path] = MappingProxyType({})) -> bool:
        """Is one built of these books? Not where it is there. Headlines are read in the books, or in files not yet there."""
        self.entries = tuple(
            site.entry_of(slug, headlines[slug]) if slug in headlines else site.read_entry(slug, self.folder / slug)
            for slug in sorted({*slugs, *headlines})
        )
        shown = json.dumps([self.title, [asdict(entry) for entry in self.entries], kept.code()], sort_keys=True)
        mark = hashlib.sha256(shown.encode()).hexdigest()
        if mark != self.mark or (self.job is None and not (self.folder / "index.html").is_file()):
            written = apart.awaited(
                apart.asked(self.beside.writes, site.write_index, self.title, self.entries, self.work / mark)
            )
            self.mark, self.job = mark, apart.asked(self.beside.builds, sphinx_build.run, written, here=True)
        return self.job is not None

    def put(self) -> str:
        """Put it into the site where one was begun; what does it show?"""
        if self.job is not None:
            site.put_index(apart.awaited(self.job), self.folder, self.entries)
        return self.mark


def _note(folder: Path, state: dict[str, Any], known: dict[str, Any]) -> None:
    """Say what the site holds now."""
    if state != known:
        (folder / site.STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _state(folder: Path) -> dict[str, Any]:
    """What a site says of its last publication; a folder with anything else in it is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / site.STATE
    if file.is_file():
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            raise ReportError(f"{file} cannot be read. Delete it and publish again.") from None
        return found if isinstance(found, dict) else {}
    if any(folder.iterdir()):
        raise ReportError(f"{folder} is not empty, and no site that was published by afa-eval. Name a new folder.")
    return {}


def _named(plans: Sequence[Path]) -> tuple[dict[str, tuple[Path, Plan]], dict[str, str]]:
    """Each plan, by the folder of its book in the site; and by its path, what is wrong with one that cannot be read."""
    found: dict[str, tuple[Path, Plan]] = {}
    wrong: dict[str, str] = {}
    for path in plans:
        try:
            plan = load_plan(path)
        except PlanError as error:
            if len(plans) == 1:
                raise
            wrong[str(path)] = _told(error)
            continue
        slug = site.slug_of(plan.evaluation.title)
        if slug in found and found[slug][0].resolve() != path.resolve():
            raise ReportError(f"{found[slug][0]} and {path} have the same title. Give one of them another.")
        found[slug] = path, plan
    return found, wrong


def _told(error: AfaEvalError) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def _there(folder: Path, slug: str) -> bool:
    return (folder / slug / "index.html").is_file()


def source(path: Path) -> str:
    """Which plan, files, versions, templates and code does a book come from?

    Parameters
    ----------
    path : Path
        The plan file or its folder.

    Returns
    -------
    str
        A hash.
    """
    return _source(load_plan(path))


def _source(plan: Plan) -> str:
    used = pages.template(plan.book.template, plan.folder)
    parts = [json.dumps(evaluation.fingerprint(plan), sort_keys=True, default=str), plan.text, used.name, kept.code()]
    beside = [plan.folder / plan.disclosure.profile, *(one for at in used.folders for one in sorted(at.rglob("*.*")))]
    parts += [_hash(one) for one in beside if one.is_file()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def mark(path: Path, source: str) -> str:
    """What must be as it was for a book to hold?

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    source : str
        As ``source`` says.

    Returns
    -------
    str
        A hash of that and of the ledger beside the plan: the same for as long as building the book again would
        change nothing. A book adds to the ledger, so its mark is taken when it is there.
    """
    ledger_file = (path if path.is_dir() else path.parent) / ledger.FILE
    said = ledger_file.read_bytes() if ledger_file.is_file() else b""
    return hashlib.sha256(source.encode() + said).hexdigest()


def _hash(file: Path) -> str:
    return f"{file.name} {installed.hash_of(file)}"


def _build_all(
    due: Mapping[str, Path], folder: Path, tell: Tell, beside: apart.Beside, begin: Begin
) -> tuple[list[str], dict[str, str]]:
    """Build what is due, several at once; which are in place, and why the others are not."""
    made: list[str] = []
    failed: dict[str, str] = {}
    for slug, (html, fault) in _each(due, beside, begin):
        if fault:
            failed[slug] = fault
            continue
        site.put(Path(html), folder / slug)
        made.append(slug)
        tell(f"{len(made)} of {len(due)} books: {slug}")
    return made, failed


def _each(due: Mapping[str, Path], beside: apart.Beside, begin: Begin) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each book as it is there: several a process each; of one, this process works out the figures, another the pages."""
    if len(due) == 1:
        yield from (
            (slug, build_one(str(path.absolute()), beside, partial(_ahead, begin, slug))) for slug, path in due.items()
        )
        return
    jobs = {apart.asked(beside.builds, build_one, str(path.absolute())): slug for slug, path in due.items()}
    for job in as_completed(jobs):
        try:
            yield jobs[job], apart.awaited(job)
        except ReportError as error:
            yield jobs[job], ("", str(error))


def _ahead(begin: Begin, slug: str, pages: Path) -> None:
    """The first page is built beside a book; where it cannot be, that is said when the book is there."""
    with suppress(ReportError):
        begin({slug: pages / HEADLINES})


def build_one(
    path: str, beside: apart.Beside | None = None, meanwhile: Callable[[Path], object] = lambda _: None
) -> tuple[str, str]:
    """Where is the book of one plan, or why is there none?

    Parameters
    ----------
    path : str
        The plan.
    beside : Beside, optional
        Processes that write and build the pages; this one where there are none.
    meanwhile : callable
        What this process does while another builds the pages; told in which folder they are.

    Returns
    -------
    tuple of str
        The folder of its HTML and an empty text, or an empty text and what went wrong.
    """
    try:
        with apart.unswept():
            here = beside is None
            page = workspace.book_plan(Path(path), lambda _: None, here=here, beside=beside, meanwhile=meanwhile)
    except AfaEvalError as error:
        return "", _told(error)
    return str(page.parent), ""
