"""The question of persistent absence: its population, its definition, the columns it needs."""

from __future__ import annotations

from dataclasses import dataclass

from afa_eval import comparators
from afa_eval.codes import absence
from afa_eval.data.tables import Need
from afa_eval.designs.base import Design
from afa_eval.errors import ComparatorError, PlanError

POPULATIONS = ("each-year", "followed")


@dataclass(frozen=True, kw_only=True)
class AbsenceQuestion(Design):
    """By which rule, for whom, is absence counted?

    Parameters
    ----------
    population : str
        ``each-year``: all enrolments of each year, as DfE counts them, the only one set against
        the published change of the same year groups; ``followed``: pupils with attendance in
        both years, set against the year group each was in.
    definition : str
        A definition of ``afa_eval.codes.absence``; the one in force where empty.
    least_enrolments : int
        Schools with fewer enrolments in a year are left out, as DfE does.
    comparator : str
        A CSV of the user's own figures, small or as the statistics service prints them, in place
        of the bundled ones; relative to the plan.
    area : str
        What to compare with: England, a region, a local authority, or ``neighbours of`` one.
    """

    population: str = "each-year"
    definition: str = ""
    least_enrolments: int = 6
    comparator: str = ""
    area: str = "England"

    def __post_init__(self) -> None:
        """Refuse a population or definition that does not exist, or years that are missing."""
        super().__post_init__()
        if self.population not in POPULATIONS:
            raise PlanError(f"'{self.population}' is none of {', '.join(POPULATIONS)}.", key="population")
        if not (self.baseline_year and self.outcome_year):
            raise PlanError(
                "persistent absence needs two years: set [evaluation] period, or baseline_year and outcome_year.",
                key="baseline_year",
            )
        if self.definition:
            absence.named(self.definition)
        if self.comparator and not self.comparator.lower().endswith(".csv"):
            raise PlanError(f"'{self.comparator}' is no CSV file: name one of your own figures.", key="comparator")
        if self.area != "England":
            _check_area(self.area)

    @property
    def own(self) -> comparators.ComparatorFile | None:
        """Which figures of the user's own are used?"""
        return comparators.read(self.comparator) if self.comparator else None

    @property
    def base(self) -> str:
        """What is counted?"""
        return "enrolments" if self.population == "each-year" else "pupils"

    def rule(self) -> absence.AbsenceDefinition:
        """By which definition are both years counted?

        Returns
        -------
        AbsenceDefinition
            The one named, or the one in force in the later year: sessions let both years be
            counted by one rule.
        """
        return absence.named(self.definition) if self.definition else absence.definition(self.outcome_year)

    def needs(self) -> tuple[Need, ...]:
        """Which columns must the data have?

        Returns
        -------
        tuple of Need
            Sessions of the attendance table and the columns of ``by``.
        """
        sessions = ("sessions_possible", "sessions_authorised", "sessions_unauthorised")
        found = [Need(table="attendance", column=name, role="sessions", kind="sessions") for name in sessions]
        found += [Need(table="attendance", column=name, role="the school", kind="id") for name in ("urn",)]
        found += [Need(table="attendance", column="year", role="the year", kind="year")]
        columns = dict.fromkeys(part.strip() for spec in self.by for part in spec.split("&"))
        found += [Need(table="pupils", column=name, role="a subgroup") for name in columns]
        return tuple(dict.fromkeys(found))


def _check_area(area: str) -> None:
    try:
        comparators.find("persistent-absence", year="202223", area=area)
    except ComparatorError as error:
        if "There is no area" in str(error) or "statistical neighbours of" in str(error):
            raise PlanError(str(error), key="area") from error
