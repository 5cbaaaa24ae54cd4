"""The page on plan.toml, from the models that check a plan: it names every key, so it cannot go stale."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from numpydoc.docscrape import ClassDoc
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from afa_eval.codes import absence
from afa_eval.designs import DESIGNS
from afa_eval.designs.base import Design
from afa_eval.designs.progress_question import Norm
from afa_eval.plan import model

TABLES: Mapping[str, tuple[type[BaseModel], str]] = {
    "[evaluation]": (model.EvaluationSection, "What the evaluation is called, and which years and statuses count."),
    "period = { ... }": (model.Period, "The two academic years that are compared, in `[evaluation]`."),
    "[programme]": (
        model.ProgrammeSection,
        (
            "What was done, for whom, how much of it. Printed in the book. Any other key with text (`who`, `what`, "
            "`how_much`, `who_delivers`, `cost_per_pupil`) is printed as it stands."
        ),
    ),
    "selection = { ... }": (
        model.SelectionSection,
        "How pupils were chosen, in `[programme]`. It decides whether regression to the mean is looked for.",
    ),
    "[data]": (model.DataSection, "Which files hold which table. [The data](data.md) says what may stand in them."),
    "[disclosure]": (model.DisclosureSection, "Under which policy figures may leave. [What is hidden](disclosure.md)."),
    "[book]": (model.BookSection, "How the book looks. [Templates](templates.md) says how to write your own."),
}
FROM_ELSEWHERE = ("selection", "programme_start")  # set once, in [programme]
OUTCOME_KEYS = (
    ("design", "text", "", f"One of {', '.join(f'`{slug}`' for slug in DESIGNS)}."),
    ("primary", "true or false", "`false`", "A headline. At most three: choose before you look."),
)
COMMON = tuple(field.name for field in dataclasses.fields(Design) if field.name not in FROM_ELSEWHERE)
METHODS = {"progress": "pre-post-progress"}  # where the page is not called as the design is
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): ""}
Row = tuple[str, str, str, str]


def keys() -> str:
    """What does the page say of every key?"""
    parts = []
    for heading, (kind, words) in TABLES.items():
        parts += [f"## `{heading}`", words, table(list(model_rows(kind)))]
    parts += [
        "## `[columns.pupils]` and the other tables",
        (
            "Only where a header is not recognised: the canonical name, then your header. "
            "`[columns.attendance]`, `[columns.attainment]` and `[columns.responses]` likewise.\n\n"
            '```toml\n[columns.pupils]\nurn = "Our school number"\n```'
        ),
        "## `[[outcome]]`: keys of every design",
        (
            "One table for each question. `baseline_year`, `outcome_year`, `sen_status_at` and `min_schools` are taken "
            "from `[evaluation]` where an outcome does not set them."
        ),
        table([*OUTCOME_KEYS, *design_rows(Design, COMMON)]),
    ]
    for slug, design in DESIGNS.items():
        own = [field.name for field in dataclasses.fields(design) if field.name not in {*COMMON, *FROM_ELSEWHERE}]
        parts += [f'## `design = "{slug}"`', f"{design.question} [How]({method_page(slug)}.md)."]
        parts += [table(list(design_rows(design, own)))]
        parts += ["### `norm = { ... }`", *norm_part()] if slug == "progress" else []
        parts += ["### Definitions of persistent absence", definitions()] if slug == "persistent-absence" else []
    return "\n\n".join(parts)


def method_page(slug: str) -> str:
    """Which page explains a design?"""
    return f"methods/{METHODS.get(slug, slug)}"


def norm_part() -> tuple[str, str]:
    """The keys of a publisher's norm."""
    names = [field.name for field in dataclasses.fields(Norm)]
    words = "What the test's publisher found among pupils in general. What is not given is not known, never assumed."
    return words, table(list(design_rows(Norm, names)))


def definitions() -> str:
    """The names that `definition` takes."""
    rows = [(f"`{item.id}`", item.label, in_force(item)) for item in absence.definitions()]
    return listed(("Name", "Who counts", "DfE's headline"), rows)


def in_force(item: absence.AbsenceDefinition) -> str:
    """In which years was it the headline measure?"""
    from afa_eval.codes import years

    if item.first_year is None:
        return "never"
    return (
        f"{years.label(item.first_year)} to {years.label(item.last_year)}"
        if item.last_year
        else (f"since {years.label(item.first_year)}")
    )


def meanings(kind: type) -> dict[str, str]:
    """What does the docstring say of each field, here or in what it builds on?"""
    said: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__doc__ and base.__module__.startswith("afa_eval"):
            doc = ClassDoc(base, config={"show_class_members": False})
            for entry in (*doc["Parameters"], *doc["Attributes"]):
                said |= {name.strip(): " ".join(entry.desc) for name in entry.name.split(",")}
    return said


def model_rows(kind: type[BaseModel]) -> Iterator[Row]:
    """A row for each key of a table of the plan."""
    said = meanings(kind)
    for name, field in kind.model_fields.items():
        key = field.alias or name
        default = "" if field.is_required() else shown(field.get_default(call_default_factory=True))
        yield key, worded(field.annotation), "needed" if field.is_required() else default, markdown(said[name])


def design_rows(kind: type, names: Any) -> Iterator[Row]:
    """A row for each of these keys of a design."""
    said, hints = meanings(kind), typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in names:
        default = fields[name].default
        needed = default is dataclasses.MISSING
        yield name, worded(hints[name]), "needed" if needed else shown(default), markdown(said[name])


def worded(annotation: Any) -> str:
    """How is a type called in a plan?"""
    if annotation in WORDS:
        return WORDS[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inside)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(word for word in map(worded, inside) if word))
    if origin is typing.Annotated:
        return worded(inside[0])
    if origin is tuple:
        return f"list of {worded(inside[0])}" if inside[-1] is Ellipsis else f"[{', '.join(map(worded, inside))}]"
    return "table"


def shown(value: object) -> str:
    """How is a default written in TOML?"""
    if value is None or value is PydanticUndefined or value in ("", (), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def markdown(text: str) -> str:
    """Docstrings are reStructuredText: double backticks become single ones."""
    return re.sub(r"``\s?(.+?)\s?``", r"`\1`", text.strip())


def table(rows: list[Row]) -> str:
    """Keys with type, default and meaning."""
    told = [(f"`{key}`", meaning, kind, default) for key, kind, default, meaning in rows]
    return listed(("Key", "What it says", "Value", "Where not given"), told)


def listed(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table whose first column heads its rows."""
    lines = ["```{list-table}", ":header-rows: 1", ":class: afa-rows", ""]
    for row in (header, *rows):
        lines += [f"{'* -' if at == 0 else '  -'} {cell}".rstrip() for at, cell in enumerate(row)]
    return "\n".join([*lines, "```"])
