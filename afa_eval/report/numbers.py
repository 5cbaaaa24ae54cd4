"""The numbers behind a drawing: the table that stands under it, and its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from afa_eval.disclosure import table_csv
from afa_eval.disclosure.files import digits, figures_csv
from afa_eval.disclosure.records import ReleasedEstimate, ReleasedStep, ReleasedTable
from afa_eval.estimate import words
from afa_eval.estimate.balance import Balance
from afa_eval.estimate.charts import saying
from afa_eval.estimate.words import plain
from afa_eval.report.pieces import Grid, grid, group_name, page_name

FILES = "files"
NONE, HIDDEN = "[z]", "[c]"
ArmRow = tuple[str, str, float | None, float | None, float | None, float | None, float | None]


def _written(name: str, text: str, folder: Path) -> str:
    file = f"{FILES}/{page_name(name).removeprefix('outcome-')}.csv"
    (folder / FILES).mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")
    return file


def of_figures(
    name: str, items: Sequence[ReleasedEstimate], folder: Path, *, labels: Sequence[str] = (), head: str = "Group"
) -> Grid:
    """How are the figures of a drawing printed below it?

    Parameters
    ----------
    name : str
        Of the file.
    items : sequence of ReleasedEstimate
        As drawn; a group's figures come to stand together.
    folder : Path
        The book's pages; the file goes to ``files`` in it.
    labels : sequence of str
        What each row is called; its group where empty.
    head : str
        What the rows are.

    Returns
    -------
    Grid
        A row each; columns that no figure fills are left out.
    """
    known = list(labels) or [words.label(item.group, item.base) for item in items]
    first = {label: at for at, label in reversed(list(enumerate(known)))}
    ordered = sorted(zip(known, items, strict=True), key=lambda pair: first[pair[0]])
    rows, shown = [label for label, _ in ordered], [item for _, item in ordered]
    columns = {head: rows, **_columns(shown)}
    kept = {column: cells for column, cells in columns.items() if set(cells) - {NONE}}
    text = figures_csv(shown)
    if labels:
        text = _csv([label, *cells] for label, cells in zip((head.lower(), *rows), _read(text), strict=True))
    printed = tuple(zip(*kept.values(), strict=True))
    return Grid(title=_title(shown), header=tuple(kept), rows=printed, file=_written(name, text, folder))


def _columns(items: Sequence[ReleasedEstimate]) -> dict[str, list[str]]:
    several = len({item.estimand for item in items}) > 1
    return {
        **({"What": [_what(item, _title(items)) for item in items]} if several else {}),
        "Figure": [plain.amount(item) for item in items],
        "Likely range": [plain.ends(item) or (NONE if item.value is not None else HIDDEN) for item in items],
        "Nationally": [_line(item) for item in items],
        "Counted": [plain.counted(item) or HIDDEN for item in items],
    }


def _title(items: Sequence[ReleasedEstimate]) -> str:
    """The one figure, or the one measure before and after."""
    titles = {words.title_of(item) for item in items}
    measures = titles if len(titles) == 1 else {saying.measure(item) for item in items}
    return measures.pop() if len(measures) == 1 else "Each figure drawn"


def _what(item: ReleasedEstimate, title: str) -> str:
    said = words.title_of(item).removeprefix(f"{title}, ")
    return said[:1].upper() + said[1:]


def _line(item: ReleasedEstimate) -> str:
    """The national figure on the same scale."""
    line = item.comparator
    return NONE if line is None or line.unit != item.unit else words.amount(line.value, line.unit)


def of_balance(name: str, rows: Sequence[Balance], folder: Path) -> Grid:
    """Which table stands under a love plot?

    Parameters
    ----------
    name : str
        Of the file.
    rows : sequence of Balance
        In the order drawn, both shares known.
    folder : Path
        The book's pages; the file goes to ``files`` in it.

    Returns
    -------
    Grid
        Both shares and the standardised difference of each characteristic.
    """
    heads = ("Group", "Here", "England", "Standardised difference")
    shares = [(row.label, row.here or 0.0, row.there or 0.0, row.value) for row in rows]
    printed = tuple(
        (label, words.short(here, "proportion"), words.short(there, "proportion"), words.number(value, "sd", 2))
        for label, here, there, value in shares
    )
    plainly = [(label, *map(digits, numbers)) for label, *numbers in shares]
    return Grid("Pupils here and in England", heads, printed, file=_written(name, _csv([heads, *plainly]), folder))


def of_arms(name: str, rows: Sequence[ArmRow], folder: Path) -> Grid:
    """Which table stands under the love plot of pilot and comparison pupils?

    Parameters
    ----------
    name : str
        Of the file.
    rows : sequence of tuple
        What was known, its unit, mean or share of either group, the standardised difference, and how many
        pupils either is about; None for what is hidden.
    folder : Path
        The book's pages; the file goes to ``files`` in it.

    Returns
    -------
    Grid
        A row each.
    """
    heads = (
        "Known before it began",
        "In the programme",
        "Comparison",
        "Standardised difference",
        "In the programme, counted",
        "Comparison, counted",
    )
    printed, plainly = [], []
    for label, unit, here, there, apart, *counts in rows:
        means = (HIDDEN if value is None else words.amount(value, unit) for value in (here, there))
        counted = (HIDDEN if count is None else f"{count:,.0f}" for count in counts)
        printed.append((label, *means, HIDDEN if apart is None else words.number(apart, "sd", 2), *counted))
        plainly.append((label, *("" if value is None else digits(value) for value in (here, there, apart, *counts))))
    file = _written(name, _csv([heads, *plainly]), folder)
    note = "A standardised difference is in standard deviations, those in the programme minus the comparison pupils; within 0.1 is much alike."
    return Grid("Pupils in the programme and comparison pupils, before it began", heads, tuple(printed), note, file)


def of_steps(name: str, steps: Sequence[ReleasedStep], folder: Path) -> Grid:
    """Which table stands under a flow?

    Parameters
    ----------
    name : str
        Of the file.
    steps : sequence of ReleasedStep
        In order.
    folder : Path
        The book's pages; the file goes to ``files`` in it.

    Returns
    -------
    Grid
        How many were there at each step, how many left, and why.
    """
    several = len({step.table for step in steps}) > 1
    heads = ("Step", *(("Year",) if several else ()), "Stayed", "Left", "Why")
    rows, plainly = [], []
    for step in steps:
        gone = None if step.rows_in is None or step.rows_out is None else step.rows_in - step.rows_out
        who = (step.name, *((words.years(step.table),) if several else ()))
        rows.append((*who, _count(step.rows_out), _count(gone), step.reason or NONE))
        plainly.append((*who, *("" if count is None else count for count in (step.rows_out, gone)), step.reason))
    return Grid("Who was counted", heads, tuple(rows), file=_written(name, _csv([heads, *plainly]), folder))


def _count(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"


def with_file(released: ReleasedTable, folder: Path) -> Grid:
    """How is a released table printed, and where is its file?

    Parameters
    ----------
    released : ReleasedTable
        What may leave.
    folder : Path
        The book's pages; the file goes to ``files`` in it.

    Returns
    -------
    Grid
        Without rows where every cell is hidden.
    """
    file = _written(f"{released.table.name}-table", labelled_csv(released), folder)
    printed = grid(released, file)
    hidden = all(value is None for row in released.table.cells for value in row)
    return replace(printed, rows=()) if hidden else printed


def labelled_csv(released: ReleasedTable) -> str:
    """What stands in the file of a table that a page offers?

    Parameters
    ----------
    released : ReleasedTable
        What may leave.

    Returns
    -------
    str
        As ``table_csv``; where rows are groups such as ``sen_provision=K``, a first column
        ``label`` says them as the page does.
    """
    inner, text = released.table, table_csv(released)
    if not any("=" in row for row in inner.rows):
        return text
    labels = ("label", *(group_name(row, inner.base) for row in inner.rows))
    return _csv([label, *cells] for label, cells in zip(labels, _read(text), strict=True))


def _read(text: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
