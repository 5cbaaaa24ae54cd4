"""What may be asked of parents' and schools' answers: the plan's keys, their rules, the columns they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from afa_eval.data.tables import Need
from afa_eval.designs.base import Design
from afa_eval.designs.groups import parse
from afa_eval.errors import PlanError

SOURCES = ("survey", "parent-view")
ASSESSORS = ("", "teacher", "teacher-delivering")
BASES = {"parent": "parents", "teacher": "teachers", "school": "schools", "pupil": "pupils"}
Asked = int | Mapping[str, int] | tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class EngagementQuestion(Design):
    """What is asked of parents, schools or teachers?

    Parameters
    ----------
    respondent : str
        Who answered: ``parent``, ``school``, ``teacher``, ``pupil`` or another word.
    rating : str
        Column of one ordered question.
    levels : tuple of str
        Its answers, worst to best; may be left out where they are numbers.
    top : tuple of str
        The answers that count as the top one; the last of ``levels`` where empty.
    items : tuple of str
        Columns of a scale of several questions.
    reverse : tuple of str
        Those of ``items`` that are worded the other way.
    item_range : tuple of float, optional
        Lowest and highest possible answer to an item.
    missing_items : float
        Who left out less than this share of the items gets the school's mean for them (in the
        same wave); who left out more gets no score.
    waves : tuple of str
        What the first and the last wave are called, where not ``before`` and ``after`` or numbers.
    asked_before, asked_after : int or mapping of str to int
        How many were asked in each wave, or how many in each school.
    min_share_paired : float
        Where a smaller share than this answered twice, the main figures are those of everybody
        who answered, not of the pairs.
    count : str
        Column that says how many gave the answer, where a row is not one respondent.
    source : str
        ``survey``; or ``parent-view``, Ofsted's anonymous answers by school: context only.
    assessor : str
        ``teacher-delivering`` where those who answered also deliver the programme.
    """

    slug: ClassVar[str] = "parent-engagement"
    question: ClassVar[str] = "How well do parents and schools say they work together, before and after?"

    respondent: str = "parent"
    rating: str = ""
    levels: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    item_range: tuple[float, float] | None = None
    missing_items: float = 0.2
    waves: tuple[str, ...] = ()
    asked_before: Asked = 0
    asked_after: Asked = 0
    min_share_paired: float = 0.3
    count: str = ""
    source: str = "survey"
    assessor: str = ""

    def __post_init__(self) -> None:
        """Put lists into their frozen form, then refuse what makes no question."""
        super().__post_init__()
        _settle(self)
        _check_question(self)
        _check_numbers(self)

    @property
    def base(self) -> str:
        """What is counted?"""
        return BASES.get(self.respondent, f"{self.respondent}s")

    @property
    def anonymous(self) -> bool:
        """Is nobody who answered known, so that nobody can be followed?"""
        return self.source == "parent-view" or bool(self.count)

    @property
    def compares(self) -> bool:
        """May the two waves be compared at all?"""
        return self.source != "parent-view"

    def needs(self) -> tuple[Need, ...]:
        """Which columns must the data have?

        Returns
        -------
        tuple of Need
            School, wave, the rating or the items, and the columns of groups.
        """
        need = [
            Need(table="responses", column="urn", role="the school", kind="id"),
            Need(table="responses", column="wave", role="the wave"),
        ]
        if self.rating:
            answers = tuple(str(level) for level in self.levels)
            need.append(Need(table="responses", column=self.rating, role="the rating", kind="rating", values=answers))
        need += [
            Need(table="responses", column=name, role="an item of the scale", kind="item", scale=self.item_range)
            for name in self.items
        ]
        if self.count:
            need.append(Need(table="responses", column=self.count, role="how many gave the answer", kind="score"))
        columns = [part.strip() for spec in self.by for part in spec.split("&")]
        columns += [column for column, _ in parse(self.where)]
        need += [Need(table="responses", column=name, role="a subgroup") for name in columns]
        return tuple(dict.fromkeys(need))


def _settle(question: EngagementQuestion) -> None:
    """Lists become tuples and mappings pairs, so that the question can be hashed."""

    def put(name: str, value: object) -> None:
        object.__setattr__(question, name, value)

    for name in ("by", "levels", "top", "items", "reverse", "waves"):
        value = getattr(question, name)
        put(name, (value,) if isinstance(value, str) else tuple(str(part) for part in value))
    if question.item_range is not None:
        put("item_range", tuple(float(end) for end in question.item_range))
    for name in ("asked_before", "asked_after"):
        value = getattr(question, name)
        if not isinstance(value, int):
            pairs = value.items() if isinstance(value, Mapping) else value
            put(name, tuple((str(school), int(number)) for school, number in pairs))
    put("respondent", question.respondent.strip().casefold().removesuffix("s"))


def _check_question(question: EngagementQuestion) -> None:
    if question.source not in SOURCES:
        raise PlanError(f"'{question.source}' is none of {', '.join(SOURCES)}.", key="source")
    if question.assessor not in ASSESSORS:
        raise PlanError(f"'{question.assessor}' is none of {', '.join(ASSESSORS[1:])}.", key="assessor")
    if not question.respondent:
        raise PlanError("say who answered: parent, school or teacher.", key="respondent")
    if not question.rating and not question.items:
        raise PlanError('name the column of a rating (rating = "...") or of a scale (items = [...]).', key="rating")
    strange = [name for name in question.top if name not in question.levels]
    if strange:
        raise PlanError(
            f"'{strange[0]}' is none of the levels: {', '.join(question.levels) or 'none given'}.", key="top"
        )
    if len(set(question.levels)) < len(question.levels) or len(question.levels) == 1:
        raise PlanError("levels are at least two different answers, worst to best.", key="levels")
    strange = [name for name in question.reverse if name not in question.items]
    if strange:
        raise PlanError(f"'{strange[0]}' is none of the items.", key="reverse")
    if len(question.items) == 1:
        raise PlanError("a scale has at least two items; ask about one of them as a rating.", key="items")


def _check_numbers(question: EngagementQuestion) -> None:
    if question.reverse and question.item_range is None:
        raise PlanError("reversed items need item_range = [lowest, highest].", key="item_range")
    if question.item_range is not None and not question.item_range[0] < question.item_range[1]:
        raise PlanError(f"item_range is [lowest, highest], not {list(question.item_range)}.", key="item_range")
    for key in ("missing_items", "min_share_paired"):
        if not 0 <= getattr(question, key) <= 1:
            raise PlanError(f"must lie between 0 and 1, not {getattr(question, key)}.", key=key)
    if question.waves and (len(question.waves) != 2 or question.waves[0] == question.waves[1]):
        raise PlanError("waves names two: the first and the last.", key="waves")
    for key in ("asked_before", "asked_after"):
        if total_asked(getattr(question, key)) < 0:
            raise PlanError("cannot be below 0.", key=key)


def total_asked(asked: Asked) -> int:
    """How many were asked in all?

    Parameters
    ----------
    asked : int, mapping or pairs
        As in the plan.

    Returns
    -------
    int
        0 where nobody said.

    Examples
    --------
    >>> total_asked((("a", 20), ("b", 5)))
    25
    """
    if isinstance(asked, int):
        return asked
    return sum(asked.values() if isinstance(asked, Mapping) else (number for _, number in asked))
