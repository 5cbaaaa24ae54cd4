"""What a design needs of the data, what the user has said about them, and what happened to the rows on their way.

They stand apart from the tables so that readers and checks can use them without importing the
tables, which import the readers.
"""

from __future__ import annotations

from dataclasses import dataclass

TABLE_NAMES = ("pupils", "attainment", "attendance", "responses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Which column does a design need, as what, and what may stand in it?

    Attributes
    ----------
    table : str
        One of ``TABLE_NAMES``.
    column : str
        Canonical or the plan's own name.
    role : str
        As a sentence says it: ``the baseline``, ``a subgroup``.
    kind : str
        ``id``, ``category``, ``rating`` (answers that stand in an order), ``score``, ``item``, ``sessions`` or ``year``.
    scale : tuple of float, optional
        Lowest and highest possible score.
    values : tuple of str
        What may stand there; anything where empty.
    year : str
        Academic year it is about: only who was on roll then can have it; any where empty.
    """

    table: str
    column: str
    role: str
    kind: str = "category"
    scale: tuple[float, float] | None = None
    values: tuple[str, ...] = ()
    year: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Which query has the user said is in order, and why?

    Attributes
    ----------
    code, reason : str
        The query's code, and the user's words.
    file, column, sheet : str
        Only there; anywhere where empty.
    """

    code: str
    reason: str
    file: str = ""
    column: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """How many rows came into a step, how many left it, and why did the others not?

    Attributes
    ----------
    name : str
        What was done, in words.
    table : str
        Which canonical table.
    rows_in, rows_out : int
        Rows before and after.
    reason : str
        Why rows were left out.
    """

    name: str
    table: str
    rows_in: int
    rows_out: int
    reason: str = ""
