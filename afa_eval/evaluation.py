"""Plan and data in, an Evaluation out: every answer, what else could explain it, and how it was made."""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from afa_eval import answered, helped, installed, robustness
from afa_eval.comparators.store import user_folder
from afa_eval.data.loading import Loaded, load
from afa_eval.data.tables import Need, Tables
from afa_eval.designs.base import Design
from afa_eval.designs.groups import ALL
from afa_eval.designs.participants import largest_school, participants
from afa_eval.errors import DataError, EstimationError, PlanError
from afa_eval.estimate import Estimates, Fault, Finding, Severity, Table, words
from afa_eval.plan import Plan, load_plan
from afa_eval.plan.groups import misspelt_columns, misspelt_values, nobody_in
from afa_eval.plan.lines import key_lines
from afa_eval.plan.mistakes import Mistake, plan_error
from afa_eval.plan.queries import QUERIES, read_queries

VERSIONED = ("afa-eval", "pandas", "numpy", "scipy", "linearmodels", "pingouin", "statsmodels", "jupyter-book")
SCHEMA = "afa_eval.evaluation/2"
DRESS = frozenset({"title", "organisation", "words", "book", "disclosure"})  # of a plan, and of its [evaluation]
NO_FIGURE, NO_FOCUS = "not-estimated", "focus-not-estimated"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What did an evaluation find, and how was it made?

    Attributes
    ----------
    plan : Plan
        What was asked.
    estimates : Estimates
        Every answer, with all tables and findings.
    faults : tuple of Fault
        Queries and notes on the data; errors stop an evaluation before it starts.
    manifest : dict
        Hashes of the inputs, rows in and out of each step, versions, comparators used.
    about : dict
        The words that a book needs: title, programme, outcomes, the trust's own words.
    parts : tuple of Part
        What each outcome was answered from.
    """

    plan: Plan
    estimates: Estimates
    faults: tuple[Fault, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    parts: tuple[answered.Part, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What else could explain the answers?"""
        return self.estimates.findings

    @property
    def tables(self) -> tuple[Table, ...]:
        """Which counts and series belong to them?"""
        return self.estimates.tables


def check(plan: Plan | str | Path) -> list[Fault]:
    """What is wrong with the data, all of it, and how is each fault mended?

    Parameters
    ----------
    plan : Plan, str or Path
        The plan, or where it stands.

    Returns
    -------
    list of Fault
        Errors, queries and notes, in the order of the files.

    Raises
    ------
    PlanError
        Where the plan itself is wrong.
    """
    return list(_load(_as_plan(plan)).faults)


def evaluate(
    plan: Plan | str | Path,
    *,
    progress: Progress | None = None,
    beside: Executor | None = None,
    earlier: Evaluation | None = None,
    waiting: Callable[[], object] = lambda: None,
) -> Evaluation:
    """What is the answer to every question of a plan?

    Parameters
    ----------
    plan : Plan, str or Path
        The plan, or where it stands.
    progress : callable, optional
        Told in a few words what is being done.
    beside : concurrent.futures.Executor, optional
        Processes that answer some of the outcomes while this one answers the others. The answers are the same.
    earlier : Evaluation, optional
        Of the same plan: outcomes whose question, tables and code are as they were then are not answered again.
    waiting : callable, optional
        Called when this process has answered its share, before it waits for ``beside``.

    Returns
    -------
    Evaluation
        At full precision; internal until disclosure control released it.

    Raises
    ------
    PlanError
        Where the plan is wrong.
    DataError
        Where the data have errors; ``faults`` holds them all.
    EstimationError
        Where no outcome at all could be estimated.
    """
    plan, tell = _as_plan(plan), progress or (lambda _: None)
    with helped.helper(beside) as helper:
        if helper is not None:
            helper.get_ready(plan.designs)
        tell("Reading and checking the data")
        loaded = _load(plan)
        errors = [fault for fault in loaded.faults if fault.severity == "error"]
        if errors:
            raise DataError(
                f"The data have {_many(len(errors))}, so nothing was evaluated. `afa-eval check` lists all that is wrong.",
                faults=loaded.faults,
            )
        return _evaluated(plan, loaded, tell, helper, earlier, waiting)


def _evaluated(
    plan: Plan,
    loaded: Loaded,
    tell: Progress,
    helper: helped.Helper | None,
    earlier: Evaluation | None,
    waiting: Callable[[], object],
) -> Evaluation:
    """The answers from sound tables."""
    period, tables = plan.evaluation.period, loaded.tables
    estimates = Estimates(tables=participants(tables, period.before if period else ""))
    nobody = _nobody(plan, tables)
    asked, marks = _asked_of_each(plan, nobody), answered.marks(tables)
    known = {} if earlier is None else answered.as_they_were(earlier.parts, earlier.estimates, asked, marks)
    each = _all_answers(plan, tables, nobody, tell, helper, known, waiting)
    for answers, _ in each:
        estimates = estimates + answers
    if not estimates.items:
        raise EstimationError(" ".join(finding.message for finding in estimates.findings))
    each_from = [
        (answers, question, {name: marks[name] for name in sorted(seen)})
        for (answers, seen), question in zip(each, asked, strict=True)
    ]
    manifest, about = _manifest(plan, loaded, estimates), _about(plan, _n_schools(tables))
    return Evaluation(plan, estimates, loaded.faults, manifest, about, answered.parts(estimates, each_from))


def _as_plan(plan: Plan | str | Path) -> Plan:
    return plan if isinstance(plan, Plan) else load_plan(plan)


def _load(plan: Plan) -> Loaded:
    """The canonical tables; a slip in a group's name is the plan's mistake and stops it."""
    period = plan.evaluation.period
    loaded = load(
        plan.data.files(),
        folder=plan.folder,
        key=plan.data.key or None,
        columns={str(table): dict(names) for table, names in plan.columns.items()},
        needs=needs(plan.designs),
        before=period.before if period else "",
        after=period.after if period else "",
        explanations=read_queries(plan.folder),
    )
    slips = misspelt_columns(plan, loaded)
    mistakes = [*chain.from_iterable(slips.values()), *misspelt_values(plan, loaded.tables), *_no_words(plan)]
    if mistakes:
        besides = tuple(fault for fault in loaded.faults if fault.column not in slips)
        raise plan_error(mistakes, key_lines(plan.text), faults=besides)
    return loaded


def _no_words(plan: Plan) -> list[Mistake]:
    """Is the file with the trust's own words not there?"""
    name = plan.evaluation.words
    if not name or (plan.folder / name).is_file():
        return []
    beside = [file.name for file in plan.folder.glob("*.md")]
    near = get_close_matches(name, beside, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return [(("evaluation", "words"), f"there is no file '{name}' in the plan's folder.{hint}")]


def _many(errors: int) -> str:
    return "1 error" if errors == 1 else f"{errors} errors"


def needs(designs: Iterable[Design]) -> tuple[Need, ...]:
    """Which columns do these questions need, each once?

    Parameters
    ----------
    designs : iterable of Design
        The questions.

    Returns
    -------
    tuple of Need
        In the order they are first needed.
    """
    return tuple(dict.fromkeys(need for design in designs for need in design.needs()))


def _nobody(plan: Plan, tables: Tables) -> list[str]:
    """Which pupils that each outcome is to be about are there none of?"""
    return [nobody_in(design, tables) if design.where else "" for design in plan.designs]


def _asked_of_each(plan: Plan, nobody: Iterable[str]) -> list[str]:
    """All but the tables that decides each outcome's answers, as a hash: its question, files it reads itself, the code."""
    now = fingerprint(plan)
    data = {name for paths in plan.data.files().values() for name in paths}
    files = {name: mark for name, mark in now["files_sha256"].items() if name not in {*data, plan.evaluation.words}}
    fetched = {file.name: installed.hash_of(file) for file in sorted(user_folder().glob("*.sqlite"))}
    shared = [files, fetched, now["versions"], now["code_sha256"]]
    return [
        hashlib.sha256(f"{design!r}\n{written!r}\n{shared!r}\n{missing}".encode()).hexdigest()
        for design, written, missing in zip(plan.designs, plan.outcome, nobody, strict=True)
    ]


def _all_answers(
    plan: Plan,
    tables: Tables,
    nobody: Sequence[str],
    tell: Progress,
    helper: helped.Helper | None,
    known: Mapping[int, answered.Answered],
    waiting: Callable[[], object],
) -> list[answered.Answered]:
    """Each outcome's answers: this process begins with the first, another with the last."""
    due = [at for at in range(len(plan.designs)) if at not in known]
    if helper is not None:
        helper.share(due, _seen_answers, plan, tables, nobody)

    def answer(at: int, other: helped.Helper | None = None) -> answered.Answered:
        tell(f"Estimating {plan.designs[at].label or plan.designs[at].id}")
        return (None if other is None else other.answer(at)) or _seen_answers(plan, tables, nobody, at)

    found = dict(known) | {at: answer(at) for at in due if helper is None or helper.leaves(at)}
    waiting()
    found |= {at: answer(at, helper) for at in due if at not in found}
    return [found[at] for at in range(len(plan.designs))]


def _seen_answers(plan: Plan, tables: Tables, nobody: Sequence[str], position: int) -> answered.Answered:
    """One outcome's answers, and which tables were looked at for them."""
    looked_at = answered.watched(tables)
    return _answers(plan, looked_at, nobody[position], position), frozenset(looked_at.seen)


def _answers(plan: Plan, tables: Tables, nobody: str, position: int) -> Estimates:
    """One outcome's answers with every threat looked at; why there are none where it cannot be answered."""
    design = plan.designs[position]
    if nobody:
        return _no_figure(design, f"the data hold no {words.people(nobody, 'pupils')}", "")
    try:
        estimates = design.estimate(tables)
        found = estimates + robustness.examine(design, tables, estimates)
    except PlanError as error:
        place = ("outcome", position, error.key) if error.key else ("outcome", position)
        raise plan_error([(place, error.message)], key_lines(plan.text)) from error
    except (EstimationError, DataError) as error:
        whom = f" ({words.people(design.where, 'pupils')} only)" if design.where else ""
        return _no_figure(design, str(error), whom)
    return found + _about_others(plan, position, estimates)


def _no_figure(design: Design, why: str, whom: str) -> Estimates:
    """No answer, and why: told in the terminal and on the outcome's page, while the other outcomes go on."""
    why = why[:1].lower() + why[1:] if why[1:2].islower() else why
    message = f"No figure for {design.label or design.id}{whom}, because {why.rstrip('.')}."
    fix = "Mend the data or the outcome's part of the plan, or take the outcome out of the plan."
    return Estimates(
        findings=(Finding(code=NO_FIGURE, severity=Severity.SERIOUS, message=message, fix=fix, outcomes=(design.id,)),)
    )


def _about_others(plan: Plan, position: int, estimates: Estimates) -> Estimates:
    """A note where nobody of the group that the plan wants in the headline could be counted."""
    design, asked = plan.designs[position], str(plan.outcome[position].get("focus", ""))
    if asked in ("", ALL) or any(item.group == design.focus for item in estimates):
        return Estimates()
    message = (
        f"No figure for {words.people(design.focus, 'pupils')}, whom the headline of {design.label or design.id} "
        "was to be about, because none of them could be counted: the headline is about all pupils."
    )
    fix = "Name another group under focus in the plan."
    return Estimates(
        findings=(Finding(code=NO_FOCUS, severity=Severity.CONCERN, message=message, fix=fix, outcomes=(design.id,)),)
    )


def _manifest(plan: Plan, loaded: Loaded, estimates: Estimates) -> dict[str, Any]:
    lines = {str(item.comparator): item.comparator for item in estimates if item.comparator is not None}
    return {
        **fingerprint(plan),
        "inputs": [asdict(source) for source in loaded.sources],
        "steps": [[step.table, step.name, step.rows_in, step.rows_out, step.reason] for step in loaded.tables.flow],
        "comparators": sorted({f"{line.source}, {line.release}".strip(", ") for line in lines.values()}),
        "seed": None,
        "disclosure_profile": plan.disclosure.profile,
        "largest_school": largest_school(loaded.tables, (item.group for item in estimates)),
    }


def fingerprint(plan: Plan) -> dict[str, Any]:
    """Which plan, files and versions would a run use now?

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    dict
        The part of a manifest that must be the same for old results to hold.
    """
    named = [name for paths in plan.data.files().values() for name in paths]
    lines = [str(item["comparator"]) for item in plan.outcome if item.get("comparator")]
    others = [name for name in (plan.evaluation.words, QUERIES, *lines) if (plan.folder / name).is_file()]
    return {
        "plan_sha256": plan.digest,
        "files_sha256": {name: _hash(plan.folder / name.partition("#")[0]) for name in [*named, *others]},
        "versions": {"python": platform.python_version()} | {name: installed.version_of(name) for name in VERSIONED},
        "code_sha256": installed.code(),
    }


def _hash(file: Path) -> str:
    return installed.hash_of(file) if file.is_file() else ""


def to_json(evaluation: Evaluation) -> str:
    """How is an evaluation stored, at full precision?

    Parameters
    ----------
    evaluation : Evaluation
        What to store; internal, it has not passed disclosure control.

    Returns
    -------
    str
        One JSON document; ``from_json`` gives the same evaluation back.
    """
    results = evaluation.estimates.document()
    lists = {name: results.pop(name) for name in list(results) if isinstance(results[name], list)}
    others = {
        "schema": SCHEMA,
        "about": evaluation.about,
        "manifest": evaluation.manifest,
        "faults": [asdict(fault) for fault in evaluation.faults],
        "parts": [part.as_dict() for part in evaluation.parts],
    }
    lines = [
        f'"schema": {_json(results["schema"])}',
        *(f"{_json(name)}: {_lines(told, nan=False)}" for name, told in lists.items()),
    ]
    said = [*(f"{_json(name)}: {_lines(told)}" for name, told in others.items()), f'"results": {_all_of(lines)}']
    return _all_of(said)


def _json(told: Any, *, nan: bool = True) -> str:
    """On one line: indented, a file of this size takes ten times as long to write."""
    return json.dumps(told, ensure_ascii=False, allow_nan=nan)


def _lines(told: Any, *, nan: bool = True) -> str:
    """A list has a line an item, so that two runs can be compared."""
    return "[\n" + ",\n".join(_json(one, nan=nan) for one in told) + "\n]" if isinstance(told, list) else _json(told)


def _all_of(lines: Iterable[str]) -> str:
    return "{\n" + ",\n".join(lines) + "\n}"


def from_json(text: str, plan: Plan) -> Evaluation:
    """Which evaluation was stored here?

    Parameters
    ----------
    text : str
        What ``to_json`` returned.
    plan : Plan
        Its plan.

    Returns
    -------
    Evaluation
        The same evaluation.

    Raises
    ------
    ValueError
        Where the text is of another schema.
    """
    document = json.loads(text)
    if document.get("schema") != SCHEMA:
        raise ValueError(f"expected {SCHEMA}, found {document.get('schema')!r}")
    return Evaluation(
        plan=plan,
        estimates=Estimates.from_document(document["results"]),
        faults=tuple(Fault(**{**fault, "rows": tuple(fault["rows"])}) for fault in document["faults"]),
        manifest=document["manifest"],
        about=document["about"],
        parts=answered.stored(document["parts"]),
    )


def as_of_now(stored: Evaluation) -> Evaluation | None:
    """Do stored results still hold for the plan and the files as they are?

    Parameters
    ----------
    stored : Evaluation
        As ``from_json`` read it, with the plan as it is now.

    Returns
    -------
    Evaluation or None
        The same where nothing changed; with the new words where nothing but words changed that no figure comes from:
        title, organisation, the trust's own text, how the book is made, what may be published. None otherwise.
    """
    plan, then, now = stored.plan, stored.manifest, fingerprint(stored.plan)
    if {key: then.get(key) for key in now} == now:
        return stored
    text = str(stored.about.get("plan_text") or "")
    if any(then.get(made) != now[made] for made in ("versions", "code_sha256")) or _no_words(plan):
        return None
    if _asked(text) != _asked(plan.text) or _read(text, then) != _read(plan.text, now):
        return None
    about = _about(plan, int(stored.about["n_schools"]))
    manifest = {**then, **now, "disclosure_profile": plan.disclosure.profile}
    return replace(stored, manifest=manifest, about=about)


def _asked(text: str) -> dict[str, Any]:
    """What a plan asks, without what only dresses the answer."""
    plan = tomllib.loads(text)
    told = plan.get("evaluation") or {}
    kept = {name: value for name, value in plan.items() if name not in DRESS}
    return {**kept, "evaluation": {name: value for name, value in told.items() if name not in DRESS}}


def _read(text: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The files that figures come from, with their hashes."""
    told = tomllib.loads(text).get("evaluation")
    words = told.get("words") if isinstance(told, dict) else None
    return {name: mark for name, mark in (manifest.get("files_sha256") or {}).items() if name != words}


def _about(plan: Plan, n_schools: int) -> dict[str, Any]:
    primary = plan.primary()
    period = plan.evaluation.period
    words = plan.folder / plan.evaluation.words if plan.evaluation.words else None
    return {
        "title": plan.evaluation.title,
        "organisation": plan.evaluation.organisation,
        "period": None if period is None else {"before": period.before, "after": period.after},
        "programme": plan.programme.model_dump(by_alias=True),
        "words": words.read_text(encoding="utf-8") if words and words.is_file() else "",
        "plan_text": plan.text,
        "n_schools": n_schools,
        "outcomes": [
            {
                "id": design.id,
                "label": design.label or design.id,
                "design": design.slug,
                "question": design.question,
                "primary": design.id in primary,
                "focus": design.focus,
                "headline": list(design.headline),
                "before": design.baseline_year,
                "after": design.outcome_year,
            }
            for design in plan.designs
        ],
    }


def _n_schools(tables: Tables) -> int:
    frames = (tables.pupils, tables.attendance, tables.attainment, tables.responses)
    schools = [frame["urn"] for frame in frames if frame is not None and "urn" in frame.columns]
    return 0 if not schools else int(schools[0].nunique())
