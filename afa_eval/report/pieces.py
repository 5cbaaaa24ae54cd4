"""What pages are made of: tables, drawings, findings and steps, as templates meet them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from afa_eval.disclosure.records import ReleasedTable
from afa_eval.estimate import words


class Myst(str):
    """Text that is MyST already; any other text is escaped where a template prints it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as a page prints it.

    Attributes
    ----------
    title, note : str
        Above and below it.
    header : tuple of str
        Headings of the columns.
    rows : tuple of tuple of str
        Cells; the first of each row is its label.
    file : str
        Its CSV beside the page; empty where there is none.
    notes : tuple of str
        What to mind about single columns or cells, marked there as ``[note 1]``, ``[note 2]``.

    A grid without rows stands for a table of which everything is hidden: a page says so.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    file: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as a page shows it.

    Attributes
    ----------
    file : str
        Its SVG, from the page.
    alt : str
        The finding it shows, in words.
    title : str
        Its headline.
    note : str
        What to say below it; empty where nothing.
    grid : Grid or None
        The numbers drawn, with their file; None where the page has them as its own table.
    """

    file: str
    alt: str
    title: str
    note: str = ""
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Tables about one way to look at an outcome.

    Attributes
    ----------
    title : str
        ``By free school meals``; empty for the main groups.
    grids : tuple of Grid
        Its tables.
    """

    title: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True, slots=True)
class Limitation:
    """What must a reader mind?

    Attributes
    ----------
    severity : str
        ``serious``, ``concern`` or ``note``.
    message, fix : str
        What it is, and what would help.
    outcomes : tuple of str
        Labels of the outcomes it concerns; empty where it concerns all.
    code : str
        Its identifier.
    """

    severity: str
    message: str
    fix: str
    outcomes: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class FileStep:
    """What was done to a file?

    Attributes
    ----------
    table, name : str
        Which table, and what was done.
    before, after : str
        Rows, ``[c]`` where hidden.
    why : str
        Why there are fewer; that nobody was left out where rows were only brought together.
    """

    table: str
    name: str
    before: str
    after: str
    why: str


def grid(released: ReleasedTable, file: str = "") -> Grid:
    """How is a released table printed?

    Parameters
    ----------
    released : ReleasedTable
        Counts or a series.
    file : str
        Its CSV.

    Returns
    -------
    Grid
        Numbers in words, symbols in brackets.
    """
    table = released.table
    rows = tuple(
        (
            group_name(label, table.base),
            *(_cell(value, mark, table.unit) for value, mark in zip(values, marks, strict=True)),
        )
        for label, values, marks in zip(table.rows, table.cells, released.status, strict=True)
    )
    first = table.row_label or table.base.capitalize() or "Row"
    header = (first, *(group_name(label, table.base) for label in table.columns))
    return Grid(title=table.title, header=header, rows=rows, note=table.note, file=file)


def group_name(label: str, base: str = "pupils") -> str:
    """What is a row or column called?

    Parameters
    ----------
    label : str
        Words, or a group such as ``sen_provision=K``.
    base : str
        What is counted.

    Returns
    -------
    str
        Words, the first with a capital.
    """
    return words.label(label, base) if "=" in label else label[:1].upper() + label[1:]


def _cell(value: float | None, mark: str, unit: str) -> str:
    if value is None:
        return f"[{mark}]" if mark else "[x]"
    return words.number(value, unit) + ("%" if unit == "proportion" else "")


def page_name(outcome: str) -> str:
    """What is the page of an outcome called?

    Parameters
    ----------
    outcome : str
        The plan's outcome id.

    Returns
    -------
    str
        Small letters, digits and hyphens.

    Examples
    --------
    >>> page_name("KS2 reading")
    'outcome-ks2-reading'
    """
    return "outcome-" + re.sub(r"[^a-z0-9]+", "-", outcome.lower()).strip("-")
