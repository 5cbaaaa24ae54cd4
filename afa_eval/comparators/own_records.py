"""What a user's own comparator file holds, and how a figure of it is found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from afa_eval.codes import needs, years
from afa_eval.comparators.asking import population
from afa_eval.comparators.figure import Figure
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnComparator:
    """Which figure does a user bring, about whom?

    Attributes
    ----------
    comparator : Comparator
        As it travels with an estimate.
    sen, need, phase, year_group, sex, fsm, area : str
        The population; empty where it is not narrowed.
    start_low, start_high : float, optional
        Scores at the start that it holds for, both counted.
    row : int
        Row of the file, the header is row 1.
    """

    comparator: Comparator
    sen: str
    need: str
    phase: str
    year_group: str
    sex: str
    fsm: str
    area: str
    start_low: float | None
    start_high: float | None
    row: int

    def figure(self, file: str) -> Figure:
        """How does it stand beside the store's figures?

        Parameters
        ----------
        file : str
            Name of the file, which is its source's key.

        Returns
        -------
        Figure
            The same figure.
        """
        about = self.comparator
        ends = about.interval or (None, None)
        return Figure(
            slug=about.slug,
            definition=about.definition,
            unit=about.unit,
            year=about.year,
            area=self.area,
            sen=self.sen,
            need=self.need,
            phase=self.phase,
            year_group=self.year_group,
            sex=self.sex,
            fsm=self.fsm,
            value=about.value,
            printed=about.value,
            numerator=about.numerator,
            denominator=about.n,
            low=ends[0],
            high=ends[1],
            sd=about.sd,
            reliability=about.reliability,
            source=file,
            source_title=about.source,
            release=about.release,
            licence=about.licence,
            priority=0,
            status_timing=about.status_timing or "",
            note=about.note,
        )


@dataclass(frozen=True, slots=True)
class ComparatorFile:
    """Which figures does a user's file hold?

    Attributes
    ----------
    name : str
        The file's name.
    rows : tuple of OwnComparator
        In the file's order.
    """

    name: str
    rows: tuple[OwnComparator, ...]

    def __iter__(self) -> Iterator[OwnComparator]:
        """Go through the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """How many figures are there?"""
        return len(self.rows)

    def find(
        self,
        slug: str,
        *,
        year: object,
        sen: str = "all",
        phase: str = "all",
        area: str = "England",
        definition: str | None = None,
        year_group: object = None,
        sex: str | None = None,
        fsm: str | None = None,
        need: str | None = None,
        start: float | None = None,
    ) -> Comparator:
        """What is this file's figure for a group in a year?

        Parameters
        ----------
        slug : str
            The measure.
        year : object
            Academic year.
        sen, phase, area, definition, year_group, sex, fsm, need
            As ``comparators.find``.
        start : float, optional
            Score at the start, where the figures are by starting point.

        Returns
        -------
        Comparator
            The one row that fits.

        Raises
        ------
        ComparatorError
            Where none or more than one fits, with the rows that are nearest.
        """
        when = years.parse(year)
        asked = {
            "sen": sen,
            "phase": phase,
            "year_group": "" if year_group is None else str(year_group),
            "sex": sex or "",
            "fsm": fsm or "",
            "need": "" if need is None else needs.parse(need),
            "area": area,
        }
        if asked["need"] and sen == "all":
            asked["sen"] = "any"
        same = [item for item in self.rows if item.comparator.slug == slug and item.comparator.year == when]
        fits = [item for item in same if all(getattr(item, name) == value for name, value in asked.items())]
        fits = [item for item in fits if definition in {None, item.comparator.definition} and _starts(item, start)]
        if len(fits) == 1:
            return fits[0].comparator
        who = population(asked, area, when)
        if fits:
            listed = ", ".join(str(item.row) for item in fits)
            raise ComparatorError(
                f"{self.name} has more than one {slug} for {who}, {years.label(when)}: rows {listed}."
            )
        there = "; ".join(
            f"{item.comparator.population}, {item.comparator.definition} (row {item.row})" for item in same[:MOST_NAMED]
        )
        other = sorted({item.comparator.year for item in self.rows if item.comparator.slug == slug})
        hint = f"That year it has: {there}." if there else f"It has {slug} for: {', '.join(other) or 'no year'}."
        raise ComparatorError(f"{self.name} has no {slug} for {who}, {years.label(when)}. {hint}")


def _starts(item: OwnComparator, start: float | None) -> bool:
    if start is None:
        return item.start_low is None and item.start_high is None
    low = -math.inf if item.start_low is None else item.start_low
    high = math.inf if item.start_high is None else item.start_high
    return low <= start <= high
