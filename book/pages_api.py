"""The reference: one page a subject, every public name on one of them, each told by its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import afa_eval as ae
from afa_eval.estimate import Estimand


@dataclass(frozen=True)
class Subject:
    """Which names stand on a page?

    Attributes
    ----------
    title, words : str
        Its heading and first paragraph.
    names : tuple of str
        Public names of ``afa_eval`` that come first.
    rooms : tuple of str
        All other public names that are defined in these rooms follow.
    parts : tuple of str
        Objects or modules that belong to them, with their full path; of a module, its public names.
    """

    title: str
    words: str
    names: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        """Which public names stand on the page?"""
        others = [name for name in ae.__all__ if name not in self.names and room(name) in self.rooms]
        return (*self.names, *others)


def room(name: str) -> str:
    """In which room is a public name defined? Empty for modules and plain values."""
    home = getattr(getattr(ae, name), "__module__", "") or ""
    return home.split(".")[1] if home.startswith("afa_eval.") else ""


SUBJECTS: Mapping[str, Subject] = {
    "designs": Subject(
        "Designs",
        "One class for each evaluation question. Its fields are the keys of an outcome in the :doc:`plan </plan>`; "
        "``estimate`` answers.",
        ("DESIGNS", "PrePostProgress", "PersistentAbsence", "ParentEngagement"),
        ("designs",),
        (
            "afa_eval.designs.progress_question.ProgressQuestion",
            "afa_eval.designs.absence_question.AbsenceQuestion",
            "afa_eval.designs.engagement_question.EngagementQuestion",
            "afa_eval.designs.Design",
            "afa_eval.designs.Selection",
            "afa_eval.designs.progress_question.Norm",
        ),
    ),
    "models": Subject(
        "Models",
        "Named columns in, coefficients out: multilevel models and least squares with errors that allow for schools.",
        ("fit_mixed", "fit_ols", "fit_mixed_logistic"),
        ("models",),
        (
            "afa_eval.models.mixed.MixedModel",
            "afa_eval.models.ols.OlsModel",
            "afa_eval.models.logistic.MixedLogisticModel",
        ),
    ),
    "results": Subject(
        "Results",
        "What every design returns: frozen records at full precision.",
        ("Estimate", "Estimates", "Estimand", "Claim", "Comparator", "Table", "Finding", "Fault"),
        ("estimate",),
    ),
    "evaluation": Subject(
        "From plan to evaluation",
        "What the command does, for use in Python.",
        ("Plan", "Evaluation", "check", "evaluate", "read", "__version__"),
        ("plan", "evaluation", "data"),
        ("afa_eval.plan.load_plan", "afa_eval.data.tables.Tables"),
    ),
    "comparators": Subject(
        "National figures",
        "England's published figures; :doc:`which ones </comparators>`.",
        ("comparators",),
        ("comparators",),
        ("afa_eval.comparators",),
    ),
    "disclosure": Subject(
        "Disclosure control",
        "What may leave an evaluation; :doc:`what is hidden and why </disclosure>`.",
        ("disclosure",),
        ("disclosure",),
        ("afa_eval.disclosure", "afa_eval.disclosure.policies"),
    ),
    "report": Subject(
        "What a template may name",
        "The records that :doc:`templates </templates>` read. Every page gets ``book``, a ``Book``; the page of an "
        "outcome also gets ``outcome``, an ``Outcome``.",
        (),
        (),
        (
            "afa_eval.report.context.Book",
            "afa_eval.report.context.Outcome",
            "afa_eval.report.lines.Line",
            *(f"afa_eval.report.pieces.{name}" for name in ("Section", "Grid", "Chart", "Limitation", "FileStep")),
        ),
    ),
    "codes": Subject(
        "Codes and definitions",
        "Academic years, SEN codes, definitions of absence, months of progress: each with its dates and source.",
        ("codes",),
        ("codes",),
        tuple(f"afa_eval.codes.{name}" for name in ("years", "sen", "needs", "absence", "no_score", "months")),
    ),
    "errors": Subject(
        "Errors",
        "One tree. Each message says what is wrong and what to do, and carries the command's exit code.",
        (
            "AfaEvalError",
            "PlanError",
            "DataError",
            "ColumnNotFound",
            "ComparatorError",
            "EstimationError",
            "DisclosureError",
            "ReportError",
        ),
        ("errors",),
    ),
}
VALUES = {
    "DESIGNS": "The designs, by the name that a plan calls them.",
    "__version__": "The version of the package.",
}
KINDS = {"class": ("autoclass", ":members:"), "function": ("autofunction", ""), "data": ("autodata", ":no-value:")}


def pages() -> dict[str, Callable[[], str]]:
    """Which pages are there, and what writes each?"""
    return {f"api/{name}": partial(page, name) for name in SUBJECTS}


def page(name: str) -> str:
    """What does a page say, in reStructuredText?"""
    subject = SUBJECTS[name]
    parts = [f"{subject.title}\n{'=' * len(subject.title)}", subject.words]
    parts += [told(f"afa_eval.{public}") for public in subject.all_names if not inspect.ismodule(getattr(ae, public))]
    for path in subject.parts:
        parts += module(path) if is_module(path) else [told(path)]
    parts += [estimands()] if "Estimand" in subject.all_names else []
    return "\n\n".join(parts) + "\n"


def listed() -> set[str]:
    """Which public names have an entry?"""
    return {name for subject in SUBJECTS.values() for name in subject.all_names}


def module(path: str) -> list[str]:
    """A heading, what the module is for, and its public names."""
    found = import_module(path)
    first = inspect.getdoc(found) or ""
    heading = f"``{path}``"
    return [f"{heading}\n{'-' * len(heading)}", first, *(told(f"{path}.{name}") for name in public(path))]


def public(path: str) -> list[str]:
    """Which names of a module are for others: those it lists, or those it defines."""
    found = import_module(path)
    names = getattr(found, "__all__", None) or [
        name
        for name, value in vars(found).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == path
    ]
    return [name for name in names if not is_module(f"{path}.{name}")]


def is_module(path: str) -> bool:
    """Is it a module, not an object in one?"""
    try:
        import_module(path)
    except ModuleNotFoundError:
        return False
    return True


def told(path: str) -> str:
    """The directive that prints an object's docstring."""
    home, _, name = path.rpartition(".")
    value = getattr(import_module(home), name)
    kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
    directive, option = KINDS[kind]
    if kind == "class" and issubclass(value, Estimand):
        option = ""
    words = ["", f"   {VALUES[name]}"] if kind == "data" else []
    return "\n".join([f".. {directive}:: {path}", *([f"   {option}"] if option else []), *words])


def estimands() -> str:
    """Every figure that can be asked for by name, with what it means."""
    rows = "\n".join(f"   * - ``{item}``\n     - {item.definition}" for item in Estimand)
    title = "Every estimand"
    head = "   :header-rows: 1\n   :class: afa-rows\n\n   * - Name\n     - What it is"
    return f"{title}\n{'-' * len(title)}\n\n.. list-table::\n{head}\n{rows}"
