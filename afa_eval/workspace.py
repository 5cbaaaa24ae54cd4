"""What stands in a plan's build folder: run, book, and when either is out of date."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from afa_eval import disclosure, evaluation, installed
from afa_eval.data import output
from afa_eval.designs.groups import ALL
from afa_eval.disclosure import Release, ReleasedEstimate, acro, ledger, scan, secrets
from afa_eval.errors import AfaEvalError, DataError
from afa_eval.estimate import Estimates, Fault, Finding, words
from afa_eval.evaluation import Evaluation
from afa_eval.plan import Plan, load_plan
from afa_eval.report import apart, kept

BUILD = "build"
EARLIER = "earlier"
PAGE = Path("book", "html", "index.html")
LASTING = ("checks.", ".", EARLIER)  # what belongs to no single run
RESULTS = "evaluation.json"
CHECKERS = "acro"
PUBLIC = ("book", "book.pdf", "summary.docx", "estimates.csv", "manifest.json", CHECKERS)  # all else stays inside
NEEDED = (
    "pandas",
    "numpy",
    "scipy",
    "highspy",
    "duckdb",
    "narwhals",
    "pydantic",
    "linearmodels",
    "pingouin",
    "jupyter_book",
)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DECIDING = ("scipy.optimize", "scipy.sparse.csgraph")  # what deciding what may leave imports where it is needed
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What did a run make?

    Attributes
    ----------
    evaluation : Evaluation
        Full precision, internal.
    release : Release
        What may leave.
    folder : Path
        The build folder.
    stale_book : str
        Where an older book went, where there was one.
    """

    evaluation: Evaluation
    release: Release
    folder: Path
    stale_book: str = ""

    @property
    def estimates_csv(self) -> Path:
        """Where are the released figures?"""
        return self.folder / "estimates.csv"

    @property
    def headlines(self) -> tuple[str, ...]:
        """What would a head teacher be told first, a sentence an outcome?"""
        return tuple(_headlines(self.release))

    @property
    def without_figures(self) -> tuple[str, ...]:
        """Which outcomes have no figure, and why, a sentence an outcome?"""
        return _no_figures(self.release.findings)

    @property
    def beside_earlier(self) -> tuple[str, ...]:
        """What is hidden because of an earlier release, and how is one taken back?"""
        return tuple(f"{one.message} {one.fix}" for one in self.release.findings if one.code == ledger.CODE)

    def as_dict(self) -> dict[str, Any]:
        """What does ``run --json`` print?

        Returns
        -------
        dict
            Paths, headlines, outcomes without a figure, and the released figures' number.
        """
        return {
            "estimates": str(self.estimates_csv),
            "evaluation": str(self.folder / RESULTS),
            "manifest": str(self.folder / "manifest.json"),
            "headlines": list(self.headlines),
            "without_figures": list(self.without_figures),
            "beside_earlier": list(self.beside_earlier),
            "stale_book": self.stale_book,
            "released": sum(1 for item in self.release.estimates if not item.status),
            "hidden": sum(1 for item in self.release.estimates if item.status),
        }


def _nothing() -> None:
    """Where there is nothing to do."""


def run_plan(path: Path, tell: Tell, pool: Executor | None = None) -> Done:
    """What is the answer to every question of a plan, written to its build folder?

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    tell : callable
        Told in a few words what is being done.
    pool : Executor, optional
        A warm process that answers some of the outcomes.

    Returns
    -------
    Done
        The evaluation and what may leave of it.

    Raises
    ------
    AfaEvalError
        As ``evaluate`` and ``release``; the list of faults is written all the same.
    """
    with _nothing_older_left(path):
        done, put = _run(load_plan(path), tell, pool)
        put()
    return done


def _run(
    plan: Plan,
    tell: Tell,
    pool: Executor | None,
    earlier: Evaluation | None = None,
    beside: apart.Beside | None = None,
) -> tuple[Done, Callable[[], object]]:
    """What was found and may leave, and what writes it down.

    ``earlier`` are results that no longer hold as a whole: outcomes that nothing has changed for are taken from them.
    Who works ``beside`` gets ready for a book as soon as there is nothing else to do.
    """
    folder = plan.folder / BUILD
    policy_of(plan)  # a slip in it is told before anything is estimated
    try:
        found = evaluation.evaluate(
            plan, progress=tell, beside=pool, earlier=earlier, waiting=partial(_while_waiting, beside)
        )
    except DataError as error:
        write_checks([fault for fault in error.faults if isinstance(fault, Fault)], folder)
        raise
    if beside is not None:
        beside.get_ready_to_write()
    tell("Deciding what may be published")
    released = release(found, plan)
    had_book = (folder / PAGE).is_file()
    stored = None if earlier is not None else _stored(plan, folder)
    moved = (stored is None or evaluation.as_of_now(stored) is not stored) and _set_aside(folder)
    stale_book = f"The book of an earlier run was moved to {folder / EARLIER}: `afa-eval book` makes the new one."

    def put() -> None:
        _put(found, released, plan)
        write_checks(found.faults, folder)

    return Done(found, released, folder, stale_book if moved and had_book else ""), put


def _while_waiting(beside: apart.Beside | None) -> None:
    """What comes next is imported while another process still answers."""
    if beside is not None:
        beside.get_ready_to_build()
    for name in DECIDING:
        import_module(name)


def _put(found: Evaluation, released: Release, plan: Plan) -> None:
    """Write results and what may leave of them, in place of those before."""
    folder = plan.folder / BUILD
    with _replacing(folder) as new:
        (new / RESULTS).write_text(evaluation.to_json(found), encoding="utf-8")
        for file in disclosure.write(released, new):
            scan.refuse(scan.scan(file, paths=[plan.folder]))
    acro.write(released, folder / CHECKERS)


def book_plan(
    path: Path,
    tell: Tell,
    *,
    template: str | Path = "",
    pdf: bool = False,
    word: bool = False,
    here: bool = False,
    beside: apart.Beside | None = None,
    meanwhile: Callable[[Path], object] = lambda _: None,
) -> Path:
    """Where is the plan's book? Evaluates first if an input or the plan changed.

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    tell : callable
        Told in a few words what is being done.
    template : str or Path
        One that ships, or a folder of own page templates; the plan's where empty.
    pdf, word : bool
        Whether to write ``book.pdf`` and ``summary.docx`` to the build folder too.
    here : bool
        Whether this process builds it, and may keep what Sphinx leaves behind.
    beside : Beside, optional
        Warm processes that answer some of the outcomes, write pages and build the book.
    meanwhile : callable
        What this process does while another builds, as in ``build_book``.

    Returns
    -------
    Path
        ``index.html``.

    Raises
    ------
    AfaEvalError
        Where the plan, the data or a page is wrong.
    """
    from afa_eval import report

    with _nothing_older_left(path):
        plan = load_plan(path)
    folder = plan.folder / BUILD
    stored = _stored(plan, folder)
    kept = None if stored is None else evaluation.as_of_now(stored)
    put: Callable[[], object] = _nothing
    if kept is None:
        with _nothing_older_left(path):
            done, put = _run(plan, tell, None if beside is None else beside.writes, stored, beside)
        released = done.release
    else:
        if beside is not None:
            beside.get_ready_to_write()
            beside.get_ready_to_build()
        tell("No figure can have changed: using the results there are")
        released = release(kept, plan)
        if kept is not stored:
            put = partial(_put, kept, released, plan)
    tell("Building the book")
    try:
        chosen = template or plan.book.template
        look = cache(partial(_look, plan))

        def while_built(pages: Path) -> None:
            meanwhile(pages)
            # what stands in them stands in the book too, and is known by then; what is being built comes and goes
            look().through([one for one in sorted(pages.iterdir()) if one.name != "_build"])

        kept_once = cache(put)
        try:
            page = report.build_book(
                released, plan.folder, template=chosen, pdf=pdf, word=word, here=here, beside=beside, first=kept_once,
                meanwhile=while_built,
            )  # fmt: skip
        finally:
            kept_once()  # what was found stays, whatever becomes of its pages
    except AfaEvalError as error:
        if (folder / PAGE).is_file():
            error.add_note(f"The book in {folder / PAGE} is the one built before, from the same figures.")
        raise
    tell("Looking for anything that must not be published")
    _refuse_secrets(plan, look())
    shutil.rmtree(folder / EARLIER, ignore_errors=True)
    return page


def _look(plan: Plan) -> scan.Look:
    """What no page of a plan's book may say, without what the plan itself says."""
    columns = {str(table): dict(names) for table, names in plan.columns.items()}
    inputs = secrets.of_inputs(plan.data.files(), plan.folder, columns)
    own = plan.folder / plan.evaluation.words if plan.evaluation.words else None
    said = inputs.without([plan.text, *([own.read_text(encoding="utf-8")] if own and own.is_file() else [])])
    return scan.look_for(said, paths=[plan.folder])


def _refuse_secrets(plan: Plan, look: scan.Look) -> None:
    """Take a book away, and say why, that holds anything of the inputs, of this machine or of its work."""
    folder = plan.folder / BUILD
    made = [folder / name for name in PUBLIC if (folder / name).exists()]
    hits = look.through(made)
    if hits:
        kept.forget(folder)
        for path in made:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
    scan.refuse(hits)


def policy_of(plan: Plan) -> disclosure.Policy:
    """Which rules say what may leave?

    Parameters
    ----------
    plan : Plan
        Whose ``[disclosure]`` names them.

    Returns
    -------
    Policy
        One that ships, or that of a file beside the plan.

    Raises
    ------
    DisclosureError
        Where there is no such policy, with every slip in a file.
    """
    profile = plan.disclosure.profile
    return disclosure.policies.find(plan.folder / profile if profile.endswith(".toml") else profile)


def release(found: Evaluation, plan: Plan) -> Release:
    """What may leave beside all that was released from this plan before?

    The ledger beside the plan is written before anything leaves, so that nothing is out that it
    does not know.

    Parameters
    ----------
    found : Evaluation
        Full precision, internal.
    plan : Plan
        Its plan.

    Returns
    -------
    Release
        What pages and public files are made from.

    Raises
    ------
    DisclosureError
        Where there is no such policy, or the ledger cannot be read.
    """
    policy = policy_of(plan)
    known = ledger.Ledger.read(plan.folder)
    mark = ledger.fingerprint(found.manifest, policy)
    with apart.unswept():
        released = disclosure.release(found, policy, known.earlier(mark, found.about))
    with_this = known.with_release(released, mark, policy.round_to)
    if with_this is not known:
        with_this.write(plan.folder)
    return released


def forget(path: Path, number: int) -> Path:
    """Which ledger no longer holds a release that nobody outside has seen?

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    number : int
        Of the release.

    Returns
    -------
    Path
        The ledger's file.

    Raises
    ------
    PlanError
        Where there is no such release.
    """
    folder = load_plan(path).folder
    return ledger.Ledger.read(folder).without(number).write(folder)


def releases(path: Path) -> list[dict[str, Any]]:
    """What was released from a plan, and when?

    Parameters
    ----------
    path : Path
        The plan file or its folder.

    Returns
    -------
    list of dict
        A row a release: ``number, made, profile, figures, tables, sha256``.
    """
    return [
        {
            "number": entry.number,
            "made": entry.made,
            "profile": entry.profile,
            "figures": len(entry.figures),
            "tables": len(entry.tables),
            "sha256": entry.sha256,
        }
        for entry in ledger.Ledger.read(load_plan(path).folder).entries
    ]


def without_figures(path: Path) -> tuple[str, ...]:
    """Which outcomes of the stored results have no figure, and why?

    Parameters
    ----------
    path : Path
        The plan file or its folder.

    Returns
    -------
    tuple of str
        A sentence an outcome; none where there are no stored results.
    """
    file = _home(path) / BUILD / RESULTS
    if not file.is_file():
        return ()
    return _no_figures(Estimates.from_document(json.loads(file.read_text(encoding="utf-8"))["results"]).findings)


def _no_figures(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(finding.message for finding in findings if finding.code == evaluation.NO_FIGURE)


def _home(path: Path) -> Path:
    """The plan's folder, whether the plan can be read or not."""
    return path if path.is_dir() else path.parent


@contextmanager
def _nothing_older_left(path: Path) -> Iterator[None]:
    """Where a run fails, what an earlier one made is put where nobody takes it for the new, and that is said."""
    try:
        yield
    except AfaEvalError as error:
        there = path.is_file() or (path / "plan.toml").is_file()
        folder = _home(path) / BUILD
        if there and _set_aside(folder):
            error.add_note(
                "What an earlier run made here does not show this plan and these files as they are now. "
                f"It was moved to {(folder / EARLIER).resolve()}."
            )
        raise


def _set_aside(folder: Path) -> bool:
    """Move what an earlier run made to a folder that says so, in place of what was there; was there anything?"""
    made = [item for item in folder.iterdir() if not item.name.startswith(LASTING)] if folder.is_dir() else []
    if made:
        shutil.rmtree(folder / EARLIER, ignore_errors=True)
        (folder / EARLIER).mkdir()
        for item in made:
            item.replace(folder / EARLIER / item.name)
    return bool(made)


def write_checks(faults: Iterable[Fault], folder: Path) -> Path:
    """Where is the list of what is wrong with the data?

    Parameters
    ----------
    faults : iterable of Fault
        All of them; none is fine.
    folder : Path
        The build folder, made where missing.

    Returns
    -------
    Path
        ``checks.html``; the same stands beside it as xlsx and json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return output.write_checks(tuple(faults), folder)


def _stored(plan: Plan, folder: Path) -> Evaluation | None:
    """The stored results, whether or not they still hold."""
    file = folder / RESULTS
    if not file.is_file():
        return None
    try:
        return evaluation.from_json(file.read_text(encoding="utf-8"), plan)
    except (ValueError, KeyError, TypeError):
        return None


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder whose files replace those of ``folder`` all at once at the end, or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        yield new
        for file in sorted(new.iterdir()):
            file.replace(folder / file.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _headlines(release: Release) -> Iterator[str]:
    outcomes = [item for item in release.about["outcomes"] if item["primary"]]
    for outcome in outcomes:
        items = [item for item in release.estimates if item.outcome == outcome["id"]]
        if not items:
            continue  # told with its reason, last of all
        told = _of_focus(items, outcome["focus"])
        preferred = _preferred(told, outcome.get("headline") or ())
        said = words.summary_paragraph(told, subject=outcome["label"])
        said = said if preferred is None else words.sentence(preferred, outcome["label"])
        yield f"{said} {_about_all(told, outcome['focus'])}".strip()


def _about_all(told: Sequence[ReleasedEstimate], focus: str) -> str:
    """Does the headline speak of all though the plan asks about some?"""
    if focus in ("", ALL) or any(item.group == focus for item in told):
        return ""
    return f"There is no figure for {words.people(focus, told[0].base)}; this is about all."


def _preferred(items: list[ReleasedEstimate], names: Sequence[str]) -> ReleasedEstimate | None:
    """The figure that the design wants on the book's card, where it is shown: the terminal tells no other."""
    shown = (item for name in names for item in items if item.estimand == name and not item.status)
    return next(shown, None)


def _of_focus(items: list[ReleasedEstimate], focus: str) -> list[ReleasedEstimate]:
    """The figures of the group that headlines are about, of all pupils where it has none."""
    return [item for item in items if item.group == focus] or [item for item in items if item.group == "all"]


def diagnose() -> list[dict[str, str]]:
    """Is everything there that an evaluation and its book need?

    Returns
    -------
    list of dict
        A row a check: ``check``, ``result`` (ok, missing or optional) and ``detail``.
    """
    rows = [{"check": "Python", "result": "ok", "detail": platform.python_version()}]
    for name in NEEDED:
        found = find_spec(name) is not None
        detail = installed.version_of(name.replace("_", "-")) if found else f"pip install {name.replace('_', '-')}"
        rows.append({"check": name, "result": "ok" if found else "missing", "detail": detail})
    rows.append(_try("National figures", _figures))
    rows.append(_try("Page templates", _templates))
    browser = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    detail = "found" if browser else "a PDF of the book needs one"
    rows.append({"check": "Chromium", "result": "ok" if browser else "optional", "detail": detail})
    word = find_spec("docx") is not None
    detail = installed.version_of("python-docx") if word else "pip install 'afa-eval[word]' for a Word summary"
    rows.append({"check": "Word summary", "result": "ok" if word else "optional", "detail": detail})
    return rows


def _try(name: str, look: Callable[[], str]) -> dict[str, str]:
    try:
        return {"check": name, "result": "ok", "detail": look()}
    except (AfaEvalError, OSError) as error:
        return {"check": name, "result": "missing", "detail": str(error)}


def _figures() -> str:
    from afa_eval import comparators

    return f"{len(comparators.slugs())} measures"


def _templates() -> str:
    from afa_eval.report import pages

    return ", ".join(pages.shipped())
