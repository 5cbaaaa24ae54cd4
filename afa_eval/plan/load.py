"""From the text of plan.toml to a Plan, with the line of every mistake."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from afa_eval import comparators
from afa_eval.codes import years
from afa_eval.designs import DESIGNS
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.base import Design, Selection
from afa_eval.designs.progress_question import TRANSITION, ProgressQuestion
from afa_eval.errors import AfaEvalError, PlanError
from afa_eval.plan.groups import misspelt_groups, misspelt_selection
from afa_eval.plan.lines import key_lines
from afa_eval.plan.mistakes import Mistake, plan_error
from afa_eval.plan.model import Plan

MOST_PRIMARY = 3
CANONICAL = {
    name.replace("_", ""): name
    for name in (
        "sen_provision",
        "sen",
        "primary_need",
        "year_group",
        "fsm",
        "eal",
        "sex",
        "cohort",
        "phase",
        "urn",
        "la",
    )
}
ANY_YEARS = ("202122", "202223")
MISSING: Mapping[tuple[str | int, ...], str] = {
    ("evaluation",): "the table [evaluation] is missing.",
    ("data",): "the table [data] is missing: it names your files.",
    ("outcome",): "there is no [[outcome]]: ask at least one question.",
}
WRITTEN = {
    "start": "write the month the programme began as year and month, 202209",
    "profile": "choose publish, trust or opensafely, or name your own .toml file",
}
WANTED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "text in quotes",
    "tuple": 'a list in square brackets, ["...", "..."]',
    "list": 'a list in square brackets, ["...", "..."]',
    "dict": "a table, { ... }",
    "model": "a table, { ... }",
    "mapping": "a table, { ... }",
    "dataclass": "a table, { ... }",
}  # by how the names of pydantic's error types begin
OUTCOME_KEYS = frozenset({"design", "primary"})


def load_plan(path: str | Path) -> Plan:
    """Which plan stands in this file?

    Parameters
    ----------
    path : str or Path
        The plan file, or the folder that holds ``plan.toml``.

    Returns
    -------
    Plan
        Checked, with its designs ready.

    Raises
    ------
    PlanError
        Naming every mistake with its key and line.
    """
    file = Path(path)
    file = file / "plan.toml" if file.is_dir() else file
    if not file.is_file():
        raise PlanError(f"There is no plan at '{path}'. `afa-eval init DIR` writes one to start from.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"'{file.name}' is not UTF-8 text. Save it as UTF-8.") from error
    return parse_plan(text, folder=file.resolve().parent, name=file.name)


def parse_plan(text: str, *, folder: Path, name: str = "plan.toml") -> Plan:
    """Which plan does this text say?

    Parameters
    ----------
    text : str
        TOML.
    folder : Path
        What the plan's paths are relative to.
    name : str
        How mistakes name the file.

    Returns
    -------
    Plan
        Checked, with its designs ready.

    Raises
    ------
    PlanError
        Naming every mistake with its key and line.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        message = f"{name} is not valid TOML: {error}"
        raise PlanError(message, line=int(found.group(1)) if found else None) from error
    lines = key_lines(text)
    mistakes: list[Mistake] = []
    plan: Plan | None = None
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        mistakes.extend(_said(error, Plan))
    else:
        mistakes.extend(misspelt_selection(plan))
    designs = _designs(document, plan, mistakes)
    if mistakes or plan is None:
        raise plan_error(mistakes, lines, name)
    plan._designs, plan._folder, plan._text = tuple(_at_home(design, folder) for design in designs), folder, text
    return plan


def _at_home(design: Design, folder: Path) -> Design:
    """A comparator table that the plan names lies, like all its files, relative to the plan's folder."""
    if not isinstance(design, ProgressQuestion | AbsenceQuestion) or not design.comparator.lower().endswith(".csv"):
        return design
    return dataclasses.replace(design, comparator=str(folder / design.comparator))


def _designs(document: Mapping[str, Any], plan: Plan | None, mistakes: list[Mistake]) -> tuple[Design, ...]:
    outcomes = document.get("outcome")
    if not isinstance(outcomes, list) or not all(isinstance(item, dict) for item in outcomes):
        return ()
    mistakes.extend(_across(outcomes))
    defaults = _defaults(plan) if plan is not None else _rough_defaults(document)
    made = (_design(position, item, defaults, mistakes) for position, item in enumerate(outcomes))
    return tuple(design for design in made if design is not None)


def _across(outcomes: list[dict[str, Any]]) -> Iterable[Mistake]:
    """What is wrong between outcomes: an id given twice, too many headlines."""
    seen: set[object] = set()
    for position, item in enumerate(outcomes):
        if item.get("id") in seen:
            yield ("outcome", position, "id"), f"the id '{item['id']}' is given twice; each outcome needs its own."
        seen.add(item.get("id"))
    primary = [position for position, item in enumerate(outcomes) if item.get("primary")]
    if len(primary) > MOST_PRIMARY:
        yield (
            ("outcome", primary[MOST_PRIMARY], "primary"),
            f"at most {MOST_PRIMARY} outcomes can be primary, not {len(primary)}: choose before you look.",
        )


def _design(position: int, item: dict[str, Any], defaults: dict[str, Any], mistakes: list[Mistake]) -> Design | None:
    where = ("outcome", position)
    slug = item.get("design")
    if not isinstance(item.get("id"), str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", item["id"]):
        mistakes.append(((*where, "id"), "each outcome needs an id of small letters, digits and hyphens."))
        return None
    if slug is None:
        near = get_close_matches("design", item, n=1)
        said = (
            f"'{near[0]}' is no key. Did you mean 'design'?"
            if near
            else f"this key is missing. {_nearest('', DESIGNS)}"
        )
        mistakes.append(((*where, near[0] if near else "design"), said))
        return None
    if slug not in DESIGNS:
        mistakes.append(((*where, "design"), f"'{slug}' is no design. {_nearest(str(slug), DESIGNS)}"))
        return None
    kind = DESIGNS[slug]
    names = {field.name for field in dataclasses.fields(kind)} - {"selection", "programme_start"}
    unknown = [key for key in item if key not in names | OUTCOME_KEYS]
    for key in unknown:
        mistakes.append(((*where, key), f"design '{slug}' has no '{key}'. {_nearest(key, names | OUTCOME_KEYS)}"))
    mistakes.extend(((*where, key), said) for key, said in (*_misnamed(item), *misspelt_groups(item)))
    if not isinstance(item.get("primary", False), bool):
        mistakes.append(((*where, "primary"), f"must be true or false, not {item['primary']!r}."))
    given = {key: value for key, value in item.items() if key in names}
    for key, value in given.items():
        given[key] = [value] if key in {"by", "items"} and isinstance(value, str) else value
    try:
        made: Design = _reader(kind).validate_python(defaults | given)
        own = next((key for key in ("outcome_year", "baseline_year") if key in item), "")
        if own and made.outcome_year and made.outcome_year < made.baseline_year:
            said = f"the outcome ({made.outcome_year}) lies before the baseline ({made.baseline_year})."
            mistakes.append(((*where, own), said))
        return made
    except ValidationError as error:
        mistakes.extend(((*where, *place), said) for place, said in _said(error, kind))
    except AfaEvalError as error:
        at = getattr(error, "key", None)
        mistakes.append(((*where, at) if at else where, getattr(error, "message", str(error))))
    return None


@cache
def _reader(kind: type[Design]) -> TypeAdapter[Design]:
    """Reading what a design's fields may hold takes ten times as long as reading an outcome."""
    return TypeAdapter(kind)


def _misnamed(item: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Columns that differ from ours in their spelling only, and national measures that do not exist."""
    for key in ("by", "where", "focus"):
        texts = item.get(key, "")
        for text in texts if isinstance(texts, list | tuple) else [texts]:
            for part in str(text).split("&"):
                name = part.partition("=")[0].strip()
                ours = CANONICAL.get(name.casefold().replace("_", "").replace(" ", ""), name)
                if ours != name:
                    yield key, f"'{name}' is written '{ours}' here."
    slug = str(item.get("comparator", ""))
    known = (*comparators.slugs(), TRANSITION)
    if slug and not Path(slug).suffix and slug not in known:
        yield "comparator", f"'{slug}' is no national measure. {_nearest(slug, known)}"


def _defaults(plan: Plan) -> dict[str, Any]:
    period, chosen = plan.evaluation.period, plan.programme.selection
    years = {} if period is None else {"baseline_year": period.before, "outcome_year": period.after}
    return years | {
        "sen_status_at": plan.evaluation.sen_status_at,
        "min_schools": plan.evaluation.min_schools,
        "programme_start": plan.programme.start,
        "selection": Selection(how=chosen.how, measure=chosen.measure, from_=chosen.from_),
    }


def _rough_defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """The years of a plan with another mistake: its outcomes should not be told that they have none."""
    section = document.get("evaluation")
    period = section.get("period") if isinstance(section, Mapping) else None
    if period is None:
        return {}
    try:
        return {"baseline_year": years.parse(period["before"]), "outcome_year": years.parse(period["after"])}
    except (AfaEvalError, TypeError, KeyError, AttributeError):
        return {"baseline_year": ANY_YEARS[0], "outcome_year": ANY_YEARS[1]}  # the period's own mistake is told


def _said(error: ValidationError, kind: type) -> Iterable[Mistake]:
    """Tell pydantic's errors in our words, with the names that do exist."""
    for item in error.errors(include_url=False):
        place = tuple(
            part for part in item["loc"] if isinstance(part, int) or not part.startswith(("function-", "tuple["))
        )
        message = _in_words(item["type"], item["msg"], item.get("input"), item.get("ctx") or {}, place)
        if item["type"] == "extra_forbidden":
            message = f"unknown key. {_nearest(str(place[-1]), _keys_at(kind, place))}"
        yield place, message[:1].lower() + message[1:]


def _in_words(kind: str, said: str, given: object, more: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    """What must stand there, where pydantic would say it in a programmer's words?"""
    if kind == "missing":
        return MISSING.get(place, "this key is missing.")
    if kind == "string_pattern_mismatch" and place[-1] in WRITTEN:
        return f"'{given}' is not understood: {WRITTEN[str(place[-1])]}."
    if kind == "literal_error":
        return f"'{given}' is none of {more.get('expected', '')}."
    if kind in {"too_short", "string_too_short"}:
        return "must not be empty."
    if kind in {"greater_than_equal", "less_than_equal"}:
        return f"must be {'at least' if 'ge' in more else 'at most'} {more.get('ge', more.get('le'))}."
    wanted = next((what for start, what in WANTED.items() if kind.startswith(start)), "")
    return f"must be {wanted}, not {given!r}." if wanted else said.removeprefix("Value error, ")


def _keys_at(kind: type, place: tuple[str | int, ...]) -> list[str]:
    """Which keys may stand beside the last of a location?"""
    model: Any = kind
    for part in place[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            return []
        options = [field.annotation, *get_args(field.annotation)]
        model = next((option for option in options if hasattr(option, "model_fields")), None)
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"There are: {', '.join(names)}." if names else ""
