"""What can go wrong, as one tree.

AfaEvalError
├── PlanError            the plan cannot be carried out (exit code 2)
├── DataError            what was handed in cannot be used (exit code 1)
│   └── ColumnNotFound   a column that is needed is not there
├── ComparatorError      no such national figure, or not comparable
├── EstimationError      the data cannot answer the question asked
├── DisclosureError      publishing would identify a child
└── ReportError          a page, figure or book could not be made
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class AfaEvalError(Exception):
    """Is this a mistake that the user can mend?

    Every error raised on purpose is one of these; its message is a sentence for the user.
    """

    exit_code: ClassVar[int] = 2


class PlanError(AfaEvalError):
    """What in the plan cannot be carried out?

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    key : str, optional
        The plan's key, dotted, for example ``outcome.0.design``.
    line : int, optional
        The line of that key in the plan file, counted from 1.
    faults : tuple of Fault
        What a check of the data has found besides, where one was made.
    """

    def __init__(
        self, message: str, *, key: str | None = None, line: int | None = None, faults: tuple[object, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message, self.key, self.line, self.faults = message, key, line, faults

    def __str__(self) -> str:
        """Where the mistake is, then what it is."""
        where = f"line {self.line}: " if self.line else ""
        return where + (f"{self.key}: " if self.key else "") + self.message


class DataError(AfaEvalError):
    """What in the data cannot be used?

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    faults : tuple of Fault
        Everything the check found, where a check was made.
    """

    exit_code = 1

    def __init__(self, message: str, *, faults: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class ColumnNotFound(DataError):  # noqa: N818 - the contract names it so
    """Which column is missing, in which role, and which one may have been meant?"""

    @classmethod
    def of(cls, column: str, role: str, table: str, existing: Iterable[object]) -> ColumnNotFound:
        """Which message tells the user most?

        Parameters
        ----------
        column : str
            The name looked for.
        role : str
            What it is needed as, for example ``"the outcome"``.
        table : str
            The table looked in, for example ``"pupils"``.
        existing : iterable
            The names that do exist.

        Returns
        -------
        ColumnNotFound
            With the nearest name, or the names there are.
        """
        names = [str(name) for name in existing]
        near = get_close_matches(column, names, n=1, cutoff=0.6)
        hint = f"Did you mean '{near[0]}'?" if near else f"It has: {', '.join(names) or 'no columns'}."
        return cls(f"Column '{column}' ({role}) is not in the {table} table. {hint}")


class ComparatorError(AfaEvalError):
    """Which national figure is missing, or why can two not be compared?"""


class EstimationError(AfaEvalError):
    """Why can these data not answer the question?"""

    exit_code = 1


class DisclosureError(AfaEvalError):
    """What would identify a child if it left?"""

    exit_code = 1


class ReportError(AfaEvalError):
    """Which page or figure could not be made, and why?"""

    exit_code = 1
