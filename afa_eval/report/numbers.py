"""The numbers behind a drawing: the table that stands under it, and its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from afa_eval.disclosure import table_csv
from afa_eval.disclosure.files import figures_csv
from afa_eval.disclosure.records import ReleasedEstimate, ReleasedStep, ReleasedTable
from afa_eval.estimate import words
from afa_eval.estimate.charts import saying
from afa_eval.estimate.words import plain
from afa_eval.report.pieces import Grid, grid, group_name, page_name

FILES = "files"
NONE, HIDDEN = "[z]", "[c]"


def _written(name: str, text: str, folder: Path) -> str:
    file = f"{FILES}/{page_name(name).removeprefix('outcome-')}.csv"
    (folder / FILES).mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")
    return file


def of_figures(name: str, items: Sequence[ReleasedEstimate], folder: Path) -> Grid:
    """How are the figures of a drawing printed below it?

    Parameters
    ----------
    name : str
        Of the file.
    items : sequence of ReleasedEstimate
        In the order drawn.
    folder : Path
        The book's pages; the file goes to ``files`` in it.

    Returns
    -------
    Grid
        A row each; columns that no figure fills are left out.
    """
    what = len({item.estimand for item in items}) > 1
    columns: dict[str, list[str]] = {"Group": [words.label(item.group, item.base) for item in items]}
    if what:
        columns["What"] = [words.title_of(item) for item in items]
    columns["Figure"] = [plain.amount(item) for item in items]
    columns["Likely range"] = [plain.ends(item) or (NONE if item.value is not None else HIDDEN) for item in items]
    columns["Nationally"] = [_line(item) for item in items]
    columns["Counted"] = [plain.counted(item) or HIDDEN for item in items]
    kept = {name: cells for name, cells in columns.items() if set(cells) - {NONE}}
    measures = {saying.measure(item) for item in items} if what else {words.title_of(items[0])}
    title = measures.pop() if len(measures) == 1 else "Each figure drawn"
    rows = tuple(zip(*kept.values(), strict=True))
    return Grid(title=title, header=tuple(kept), rows=rows, file=_written(name, figures_csv(items), folder))


def _line(item: ReleasedEstimate) -> str:
    """The national figure on the same scale."""
    line = item.comparator
    return NONE if line is None or line.unit != item.unit else words.amount(line.value, line.unit)


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
    return _csv([label, *cells] for label, cells in zip(labels, csv.reader(io.StringIO(text)), strict=True))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
