"""What words and charts may be made of: an estimate, or what disclosure control left of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Comparator, Interval


class Shown(Protocol):
    """Which parts of an estimate do words and charts read?

    ``afa_eval.Estimate`` and ``disclosure.release.ReleasedEstimate`` both fit; in the second a
    hidden value, interval or count is None.
    """

    @property
    def outcome(self) -> str:
        """The plan's outcome id."""

    @property
    def group(self) -> str:
        """Who it is about, as ``column=value``."""

    @property
    def estimand(self) -> Estimand:
        """What was estimated."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    @property
    def base(self) -> str:
        """What was counted."""

    @property
    def value(self) -> float | None:
        """The figure, None where hidden."""

    @property
    def ci(self) -> Interval | None:
        """Its interval, None where hidden or where there is none."""

    @property
    def level(self) -> float:
        """Confidence level of the interval."""

    @property
    def null(self) -> float:
        """The value that means no difference."""

    @property
    def n_pupils(self) -> int | None:
        """How many of the base were counted."""

    @property
    def n_schools(self) -> int | None:
        """In how many schools."""

    @property
    def comparator(self) -> Comparator | None:
        """The line it is set against."""

    @property
    def claim(self) -> Claim:
        """What a reader may conclude."""

    @property
    def method(self) -> str:
        """How it was made."""


class Counted(Protocol):
    """Which parts of a table do charts read?

    ``afa_eval.Table`` fits; None in a cell is hidden or absent.
    """

    @property
    def title(self) -> str:
        """What a reader sees above it."""

    @property
    def rows(self) -> tuple[str, ...]:
        """Labels of the rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Labels of the columns."""

    @property
    def cells(self) -> Sequence[Sequence[float | None]]:
        """Numbers by row."""

    @property
    def unit(self) -> str:
        """Unit of a series' cells."""

    @property
    def base(self) -> str:
        """What a count counts."""


class Stage(Protocol):
    """Which parts of a step does the pupil flow read?"""

    @property
    def name(self) -> str:
        """What was done, in words."""

    @property
    def table(self) -> str:
        """Which table it was done to."""

    @property
    def rows_in(self) -> int | None:
        """Rows before, None where hidden."""

    @property
    def rows_out(self) -> int | None:
        """Rows after, None where hidden."""

    @property
    def reason(self) -> str:
        """Why rows were left out."""
