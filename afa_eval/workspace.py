"""What stands in a plan's build folder: run, book, and when either is out of date."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from afa_eval import disclosure, evaluation
from afa_eval.data import output
from afa_eval.disclosure import Release, ReleasedEstimate
from afa_eval.errors import AfaEvalError, DataError
from afa_eval.estimate import Fault, words
from afa_eval.evaluation import Evaluation
from afa_eval.plan import Plan, load_plan

BUILD = "build"
RESULTS = "evaluation.json"
NEEDED = ("pandas", "numpy", "scipy", "duckdb", "narwhals", "pydantic", "linearmodels", "pingouin", "jupyter_book")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
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
    """

    evaluation: Evaluation
    release: Release
    folder: Path

    @property
    def estimates_csv(self) -> Path:
        """Where are the released figures?"""
        return self.folder / "estimates.csv"

    @property
    def headlines(self) -> tuple[str, ...]:
        """What would a head teacher be told first, a sentence an outcome?"""
        return tuple(_headlines(self.release))

    def as_dict(self) -> dict[str, Any]:
        """What does ``run --json`` print?

        Returns
        -------
        dict
            Paths, headlines and the released figures' number.
        """
        return {
            "estimates": str(self.estimates_csv),
            "evaluation": str(self.folder / RESULTS),
            "manifest": str(self.folder / "manifest.json"),
            "headlines": list(self.headlines),
            "released": sum(1 for item in self.release.estimates if not item.status),
            "hidden": sum(1 for item in self.release.estimates if item.status),
        }


def run_plan(path: Path, tell: Tell) -> Done:
    """What is the answer to every question of a plan, written to its build folder?

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    tell : callable
        Told in a few words what is being done.

    Returns
    -------
    Done
        The evaluation and what may leave of it.

    Raises
    ------
    AfaEvalError
        As ``evaluate`` and ``release``; the list of faults is written all the same.
    """
    plan = load_plan(path)
    folder = plan.folder / BUILD
    try:
        found = evaluation.evaluate(plan, progress=tell)
    except DataError as error:
        write_checks([fault for fault in error.faults if isinstance(fault, Fault)], folder)
        raise
    tell("Deciding what may be published")
    released = disclosure.release(found, plan.disclosure.profile)
    with _replacing(folder) as new:
        (new / RESULTS).write_text(evaluation.to_json(found), encoding="utf-8")
        disclosure.write(released, new)
    write_checks(found.faults, folder)
    return Done(found, released, folder)


def book_plan(path: Path, tell: Tell, *, template: str | Path = "") -> Path:
    """Where is the plan's book? Evaluates first if an input or the plan changed.

    Parameters
    ----------
    path : Path
        The plan file or its folder.
    tell : callable
        Told in a few words what is being done.
    template : str or Path
        One that ships, or a folder of own page templates; the plan's where empty.

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

    plan = load_plan(path)
    folder = plan.folder / BUILD
    kept = _kept(plan, folder)
    if kept is None:
        released = run_plan(path, tell).release
    else:
        tell("Inputs and plan are unchanged: using the results there are")
        released = disclosure.release(kept, plan.disclosure.profile)
    tell("Building the book")
    return report.build_book(released, plan.folder, template=template or plan.book.template)


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


def _kept(plan: Plan, folder: Path) -> Evaluation | None:
    """The stored results, where they are of this plan, these files and this version."""
    file = folder / RESULTS
    if not file.is_file():
        return None
    try:
        stored = evaluation.from_json(file.read_text(encoding="utf-8"), plan)
    except (ValueError, KeyError, TypeError):
        return None
    fresh = evaluation.fingerprint(plan)
    return stored if {key: stored.manifest.get(key) for key in fresh} == fresh else None


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
            yield f"{outcome['label']} could not be estimated; the findings in the book say why."
            continue
        told = _of_focus(items, outcome["focus"])
        preferred = _preferred(told, outcome.get("headline") or ())
        if preferred is not None:
            yield words.sentence(preferred, outcome["label"])
        else:
            yield words.summary_paragraph(told, subject=outcome["label"])


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
        detail = evaluation.version_of(name.replace("_", "-")) if found else f"pip install {name.replace('_', '-')}"
        rows.append({"check": name, "result": "ok" if found else "missing", "detail": detail})
    rows.append(_try("National figures", _figures))
    rows.append(_try("Page templates", _templates))
    browser = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    detail = "found" if browser else "only the browser tests need one"
    rows.append({"check": "Chromium", "result": "ok" if browser else "optional", "detail": detail})
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
