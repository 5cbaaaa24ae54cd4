"""What every design shares: the plan's common keys and the promise to answer one question."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from afa_eval.codes import years
from afa_eval.data.tables import Need, Tables
from afa_eval.errors import DataError, PlanError
from afa_eval.estimate import Estimates

Data = Tables | Mapping[str, pd.DataFrame] | pd.DataFrame | str | Path
STATUS_TIMES = ("baseline", "each-year", "ever")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How were pupils chosen for the programme?

    Attributes
    ----------
    how : str
        ``low-baseline``, ``nominated`` or ``all``.
    measure : str
        The column they were chosen by, where by a measure.
    from_ : str
        The group they were chosen from: ``sen`` (pupils with SEN), ``all``, or ``column=value``.
    """

    how: str = "all"
    measure: str = ""
    from_: str = "all"


@dataclass(frozen=True, kw_only=True)
class Design(ABC):
    """Which question does an evaluation ask of its data?

    A design is a frozen record of the question; the fields of a subclass are the keys of an
    ``[[outcome]]`` in the plan.

    Parameters
    ----------
    id : str
        The plan's outcome id, carried by every estimate.
    label : str
        What a reader calls it; the id where empty.
    by : tuple of str
        Columns to break every figure down by; a pair is joined by ``&``.
    where : str
        Keep only pupils of this group: ``column=value`` joined by ``&``.
    focus : str
        The group that headlines are about.
    baseline_year, outcome_year : str
        Academic years as DfE writes them, ``202122``; empty where the design needs none.
    sen_status_at : str
        Which SEN status counts: baseline, each-year or ever.
    selection : Selection
        How pupils were chosen.
    programme_start : str
        Month the programme began, ``202209``.
    min_schools : int
        No school-level interval below this many schools.
    """

    slug: ClassVar[str]
    question: ClassVar[str]

    id: str = ""
    label: str = ""
    by: tuple[str, ...] = ()
    where: str = ""
    focus: str = "sen=any"
    baseline_year: str = ""
    outcome_year: str = ""
    sen_status_at: str = "baseline"
    selection: Selection = Selection()
    programme_start: str = ""
    min_schools: int = 6

    def __post_init__(self) -> None:
        """Refuse a design that asks for what does not exist."""
        if self.sen_status_at not in STATUS_TIMES:
            raise PlanError(f"'{self.sen_status_at}' is none of {', '.join(STATUS_TIMES)}.", key="sen_status_at")
        for key in ("baseline_year", "outcome_year"):
            if getattr(self, key):
                object.__setattr__(self, key, _year(getattr(self, key), key))

    @property
    def headline(self) -> tuple[str, ...]:
        """Which figures may be the headline, best first, where the usual one would mislead?

        Returns
        -------
        tuple of str
            Names of estimands; empty where the page's own order is right.
        """
        return ()

    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """Which columns must the data have?

        Returns
        -------
        tuple of Need
            One per column, the same the check uses.
        """

    @abstractmethod
    def estimate(self, data: Data) -> Estimates:
        """What is the answer?

        Parameters
        ----------
        data : Tables, mapping of frames, pandas.DataFrame or path
            The canonical tables, or one of them where one suffices.

        Returns
        -------
        Estimates
            Every figure for all pupils and each group asked for, with findings and tables.

        Raises
        ------
        ColumnNotFound
            Where a needed column is missing.
        EstimationError
            Where the data cannot answer the question.
        """


def _year(text: str, key: str) -> str:
    try:
        return years.parse(text)
    except DataError as error:
        raise PlanError(str(error), key=key) from error
