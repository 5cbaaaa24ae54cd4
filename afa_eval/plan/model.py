"""plan.toml as a frozen record: what is asked, of which files, under which rules."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from afa_eval.codes import years
from afa_eval.designs.base import Design
from afa_eval.errors import DataError

TABLES = ("pupils", "attainment", "attendance", "responses")


def _year(value: object) -> object:
    try:
        return years.parse(value) if isinstance(value, str) and value else value
    except DataError as error:
        raise ValueError(str(error)) from error


def _many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


AcademicYear = Annotated[str, BeforeValidator(_year)]
Files = Annotated[tuple[str, ...], BeforeValidator(_many)]


class Section(BaseModel):
    """What may stand in a table of the plan? Nothing that is not named."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Period(Section):
    """Which two academic years are compared?

    Attributes
    ----------
    before, after : str
        As DfE writes them, ``202122``.
    """

    before: AcademicYear
    after: AcademicYear

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.after < self.before:
            raise ValueError(
                f"the year after ({self.after}) is earlier than the year before ({self.before}): swap them."
            )
        return self


class EvaluationSection(Section):
    """What is the evaluation called, and which years and statuses count?

    Attributes
    ----------
    title : str
        Printed on the book.
    period : Period, optional
        The default years of every outcome.
    sen_status_at : str
        baseline, each-year or ever.
    words : str
        A Markdown file with the trust's own words.
    organisation : str
        Who publishes, as the citation names it.
    min_schools : int
        No school-level interval below this many schools.
    """

    title: str = Field(min_length=1)
    period: Period | None = None
    sen_status_at: Literal["baseline", "each-year", "ever"] = "baseline"
    words: str = ""
    organisation: str = ""
    min_schools: int = Field(default=6, ge=2)


class SelectionSection(Section):
    """How were pupils chosen for the programme?

    Attributes
    ----------
    how : str
        low-baseline, nominated or all.
    measure : str
        The column they were chosen by.
    from_ : str
        The group they were chosen from, written ``from`` in the plan.
    """

    how: Literal["low-baseline", "nominated", "all"] = "all"
    measure: str = ""
    from_: str = Field(default="all", alias="from")


class ProgrammeSection(BaseModel):
    """What was done, for whom, how much of it? Printed in the book.

    Attributes
    ----------
    name : str
        The programme.
    start : str
        Month it began, ``202209``.
    selection : SelectionSection
        How pupils were chosen.

    Any other key (who, what, how_much, cost_per_pupil ...) is printed as it stands.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = ""
    start: str = Field(default="", pattern=r"^(\d{4}(0[1-9]|1[0-2]))?$")
    selection: SelectionSection = SelectionSection()


class DataSection(Section):
    """Which files hold which canonical table?

    Attributes
    ----------
    pupils, attainment, attendance, responses : tuple of str
        Paths, relative to the plan's folder; one or several each.
    key : str
        A file that ``afa-eval key`` made, outside the plan's folder: UPNs become pseudonyms as they are read.
    """

    key: str = ""
    pupils: Files = ()
    attainment: Files = ()
    attendance: Files = ()
    responses: Files = ()

    def files(self) -> dict[str, tuple[str, ...]]:
        """Which files were named, by table?

        Returns
        -------
        dict of str to tuple of str
            Tables without a file are left out.
        """
        named = {table: getattr(self, table) for table in TABLES}
        return {table: paths for table, paths in named.items() if paths}


class DisclosureSection(Section):
    """Under which policy may figures leave?

    Attributes
    ----------
    profile : str
        publish, trust, opensafely, or a TOML file of your own rules, relative to the plan's.
    """

    profile: str = Field(default="publish", pattern=r"^(publish|trust|opensafely|.+\.toml)$")


class BookSection(Section):
    """How does the book look?

    Attributes
    ----------
    template : str
        evaluation (the full report), trust (four pages for governors), afa (the national evaluation's own
        order), or a folder of your own templates, relative to the plan's.
    """

    template: str = Field(default="evaluation", min_length=1)


class Plan(Section):
    """What is evaluated, how, and against what?

    Attributes
    ----------
    evaluation, programme, data, columns, disclosure, book :
        The plan's tables.
    outcome : tuple of dict
        Each ``[[outcome]]`` as written; ``designs`` holds them as questions.
    """

    evaluation: EvaluationSection
    programme: ProgrammeSection = ProgrammeSection()
    data: DataSection
    columns: dict[Literal["pupils", "attainment", "attendance", "responses"], dict[str, str]] = Field(
        default_factory=dict
    )
    disclosure: DisclosureSection = DisclosureSection()
    book: BookSection = BookSection()
    outcome: tuple[dict[str, Any], ...] = Field(min_length=1)
    _designs: tuple[Design, ...] = PrivateAttr(default=())
    _folder: Path = PrivateAttr(default=Path())
    _text: str = PrivateAttr(default="")

    @property
    def designs(self) -> tuple[Design, ...]:
        """Which questions are asked, one design an outcome?"""
        return self._designs

    @property
    def folder(self) -> Path:
        """Which folder are the plan's paths relative to?"""
        return self._folder

    @property
    def text(self) -> str:
        """What does the plan file say, word for word?"""
        return self._text

    @property
    def digest(self) -> str:
        """Which plan is it? SHA-256 of its canonical JSON: layout and comments do not count."""
        document = self.model_dump(mode="json", by_alias=True)
        canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def __hash__(self) -> int:
        """Equal plans hash alike."""
        return hash(self.digest)

    def primary(self) -> tuple[str, ...]:
        """Which outcomes are the headlines?

        Returns
        -------
        tuple of str
            Ids of the primary outcomes; the first outcome where none is marked.
        """
        marked = tuple(str(item["id"]) for item in self.outcome if item.get("primary"))
        return marked or (str(self.outcome[0]["id"]),)
