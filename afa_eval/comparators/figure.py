"""What the store hands out: measures, and figures with all that is known of them."""

from __future__ import annotations

from dataclasses import dataclass

PART_NAMES = ("sen", "need", "phase", "year_group", "sex", "fsm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured, in which unit, of whom?

    Attributes
    ----------
    slug, title, unit, base, about : str
        Identifier, name, unit, what is counted, and one sentence.
    default_definition : str
        Used where none is asked for; empty where each year has its own.
    status_timing : str
        When SEN status is fixed for it, where its source does not say otherwise.
    """

    slug: str
    title: str
    unit: str
    base: str
    default_definition: str
    about: str
    status_timing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Which figure does the store hold, about whom, from where?

    Attributes
    ----------
    slug, definition, unit : str
        The measure, its dated definition, its unit.
    year, area : str
        Academic year as six digits; England, a region or an authority.
    sen, need, phase, year_group, sex, fsm : str
        The population; ``all`` or an empty string where it is not narrowed.
    value : float
        In ``unit``, full precision where the counts are published and give the printed figure.
    printed : float, optional
        The figure as the source prints it.
    numerator, denominator : float, optional
        The counts or sums behind it.
    low, high : float, optional
        Published interval.
    sd, reliability : float, optional
        Published; None means unknown.
    source, source_title, release, licence : str
        Key and name of the publication, its release date, its licence.
    priority : int
        Lower comes first where two sources hold the same figure.
    status_timing, note : str
        When SEN status was fixed; what to mind.
    symbol : str
        What the source prints instead of a figure (``c``, ``x``, ``-``); the value is then NaN.
    """

    slug: str
    definition: str
    unit: str
    year: str
    area: str
    sen: str
    need: str
    phase: str
    year_group: str
    sex: str
    fsm: str
    value: float
    printed: float | None
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    sd: float | None
    reliability: float | None
    source: str
    source_title: str
    release: str
    licence: str
    priority: int
    status_timing: str
    note: str
    symbol: str = ""

    @property
    def parts(self) -> dict[str, str]:
        """Which population is it about, by part?"""
        return {name: getattr(self, name) for name in PART_NAMES}
