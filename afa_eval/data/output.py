"""Faults as the user meets them: JSON, a workbook, a page, a table in the terminal."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afa_eval.estimate.records import Fault

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

KEYS = ("severity", "code", "file", "sheet", "row", "rows", "column", "value", "message", "fix", "count")
HEADINGS = (
    "Severity",
    "Code",
    "File",
    "Sheet",
    "Row",
    "Rows",
    "Column",
    "Value",
    "What is wrong",
    "How to mend it",
    "Count",
)
ORDER = {"error": 0, "query": 1, "info": 2}
PLURAL = {"error": "errors", "query": "queries", "info": "notes"}
MEANING = {
    "error": "must be mended before the plan can be run",
    "query": "please check; the run goes on. If it is in order, say why in queries.toml",
    "info": "for your information",
}
WIDTHS = (10, 9, 24, 14, 7, 20, 22, 18, 60, 60, 8)
LONGEST_CELL = 32_000
TITLE = "Checks of the data"
STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, "Segoe UI", Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.75rem; } h2 { font-size: 1.25rem; margin-top: 2rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } .scroll:focus { outline: 3px solid #1d70b8; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid #767676; padding: .4rem .6rem; overflow-wrap: break-word; }
th { background: #f3f2f1; } td.long { min-width: 14rem; } td.free { min-width: 6rem; max-width: 14rem; overflow-wrap: anywhere; } td.name { min-width: 10.5rem; }
.error { border-left: .4rem solid #942514; } .query { border-left: .4rem solid #6a4a00; } .info { border-left: .4rem solid #1d4e89; }
@media (max-width: 50rem) {
  table, caption, tbody, tr, th, td { display: block; } tr { border-bottom: 2px solid #767676; }
  thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  th, td { border-bottom: 0; padding: .15rem .6rem; } td.free { min-width: 0; max-width: none; } td:empty { display: none; }
  td::before { content: attr(data-label) ": "; font-weight: bold; } tbody th { margin-top: .6rem; }
}
"""
COLUMNS = ("Severity", "Code", "Row", "Column", "Value", "What is wrong", "How to mend it")  # of the page
KINDS = ("short", "row", "free name", "free", "long", "long")  # how the cells behind the first are set


def as_rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """What is the list of faults for a machine?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.

    Returns
    -------
    list of dict
        With exactly the keys ``severity, code, file, sheet, row, rows, column, value, message,
        fix, count``, in reading order.
    """
    return [{**{key: getattr(fault, key) for key in KEYS}, "rows": list(fault.rows)} for fault in in_order(faults)]


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """In which order does a reader want them?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.

    Returns
    -------
    list of Fault
        By file as it first occurs, errors before queries before notes, by code and row.
    """
    listed = list(faults)
    files = {name: place for place, name in enumerate(dict.fromkeys((fault.file, fault.sheet) for fault in listed))}
    return sorted(
        listed, key=lambda fault: (files[fault.file, fault.sheet], ORDER[fault.severity], fault.code, fault.row or 0)
    )


def summary(faults: Iterable[Fault]) -> str:
    """How many of each kind are there?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.

    Returns
    -------
    str
        For example ``2 errors, 1 query``.

    Examples
    --------
    >>> summary(())
    'No faults were found.'
    """
    counts = Counter(fault.severity for fault in faults)
    one = {"error": "error", "query": "query", "info": "note"}
    said = [f"{counts[kind]:,} {one[kind] if counts[kind] == 1 else PLURAL[kind]}" for kind in ORDER if counts[kind]]
    return ", ".join(said) + "." if said else "No faults were found."


def write_checks(faults: Iterable[Fault], folder: Path) -> Path:
    """Where is the list to read?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.
    folder : Path
        Made where it is not there.

    Returns
    -------
    Path
        ``checks.html``; ``checks.xlsx`` and ``checks.json`` stand beside it: each whole or not at all.
    """
    listed = in_order(faults)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_rows(listed), ensure_ascii=False, indent=1) + "\n"
    page = html(listed)
    _whole(folder / "checks.xlsx", lambda path: _workbook(listed, path))
    _whole(folder / "checks.json", lambda path: path.write_text(text, encoding="utf-8"))
    return _whole(folder / "checks.html", lambda path: path.write_text(page, encoding="utf-8"))


def html(faults: Iterable[Fault]) -> str:
    """What does the page say?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.

    Returns
    -------
    str
        A whole HTML page that needs nothing else: a table a file, each with caption and headers.
    """
    listed = in_order(faults)
    groups: dict[str, list[Fault]] = {}
    for fault in listed:
        groups.setdefault(_name(fault), []).append(fault)
    sections = "\n".join(_section(name, group, number) for number, (name, group) in enumerate(groups.items(), 1))
    meanings = "".join(f"<li><strong>{kind.title()}</strong>: {MEANING[kind]}.</li>" for kind in ORDER)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{TITLE}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{TITLE}</h1>\n"
        f"<p>{escape(summary(listed))} Rows are numbered as a spreadsheet shows them.</p>\n"
        f"<ul>{meanings}</ul>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def fault_tables(faults: Iterable[Fault], most: int = 50) -> tuple[Table | Text, ...]:
    """What does the terminal show?

    Parameters
    ----------
    faults : iterable of Fault
        In any order.
    most : int
        Lines a file; the written lists have all.

    Returns
    -------
    tuple of rich renderables
        A table a file, and last how many faults there are.
    """
    from rich.table import Table
    from rich.text import Text

    groups: dict[str, list[Fault]] = {}
    for fault in in_order(faults):
        groups.setdefault(_name(fault), []).append(fault)
    colours = {"error": "red", "query": "yellow", "info": "blue"}
    parts: list[Table | Text] = []
    for name, group in groups.items():
        table = Table(title=Text(name, style="bold"), title_justify="left", expand=True)
        table.add_column("", no_wrap=True)
        table.add_column("Row", max_width=14, overflow="fold")
        table.add_column("Column", max_width=22, overflow="fold")  # as long as sessions_unauthorised
        table.add_column("What is wrong and how to mend it", ratio=1)
        for fault in group[:most]:
            said = Text(f"{fault.message} ").append(fault.fix, style="dim")
            kind = Text(fault.severity, style=colours[fault.severity]).append(f"\n{fault.code}", style="dim")
            table.add_row(kind, Text(row_words(fault)), Text(fault.column), said)
        parts.append(table)
        if len(group) > most:
            parts.append(Text(f"... and {len(group) - most:,} more of {name}; the written lists have all."))
    return (*parts, Text(summary([fault for group in groups.values() for fault in group])))


def row_words(fault: Fault) -> str:
    """Which rows does it concern, in few words?

    Parameters
    ----------
    fault : Fault
        Any fault.

    Returns
    -------
    str
        For example ``4``, ``2 to 9, 14`` or ``2 to 40 and others (312 rows)``.
    """
    text = ranges(fault.rows or ((fault.row,) if fault.row else ()), most=3)
    return f"{text} ({fault.count:,} rows)" if text.endswith("others") else text


def ranges(rows: Sequence[int], most: int | None = None) -> str:
    """Which rows are these, written short?

    Parameters
    ----------
    rows : sequence of int
        Ascending.
    most : int, optional
        How many stretches to name.

    Returns
    -------
    str
        Neighbours are joined.

    Examples
    --------
    >>> ranges((2, 3, 4, 9))
    '2 to 4, 9'
    """
    stretches: list[list[int]] = []
    for row in rows:
        if stretches and row == stretches[-1][1] + 1:
            stretches[-1][1] = row
        else:
            stretches.append([row, row])
    named = [str(a) if a == b else f"{a} to {b}" for a, b in stretches[:most]]
    return ", ".join(named) + (" and others" if most is not None and len(stretches) > most else "")


def _name(fault: Fault) -> str:
    return f"{fault.file}, sheet {fault.sheet}" if fault.sheet else fault.file or "The plan"


def _section(name: str, faults: Sequence[Fault], number: int) -> str:
    head = "".join(f'<th scope="col" role="columnheader">{text}</th>' for text in COLUMNS)
    rows = "\n".join(map(_row, faults))
    return (
        f'<h2 id="file-{number}">{escape(name)}</h2>\n'
        f'<div class="scroll" role="region" aria-labelledby="file-{number}" tabindex="0">\n'
        f'<table role="table">\n<caption>{escape(summary(faults))}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}\n</tbody>\n</table>\n</div>'
    )


def _row(fault: Fault) -> str:
    """A row; on a phone its cells stand one under another, each with its heading, and are still read out as a row."""
    cells = (fault.code, row_words(fault), fault.column, fault.value, fault.message, fault.fix)
    written = "".join(
        f'<td role="cell" class="{kind}" data-label="{name}">{escape(cell)}</td>'
        for kind, name, cell in zip(KINDS, COLUMNS[1:], cells, strict=True)
    )
    kind = fault.severity
    return f'<tr role="row"><th scope="row" role="rowheader" class="{kind}">{kind.title()}</th>{written}</tr>'


def _workbook(faults: Sequence[Fault], path: Path) -> None:
    """Title in A1, one real table, no merged cells; every text is written as text, never as a formula."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": TITLE, "comments": summary(faults)})
        sheet = book.add_worksheet("Checks")
        bold, wrap = (
            book.add_format({"bold": True, "font_size": 14}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        sheet.write_string(0, 0, TITLE, bold)
        sheet.write_string(
            1, 0, f"{summary(faults)} Rows are numbered as a spreadsheet shows them. Notes: see the sheet Notes."
        )
        records = [_cells(fault) for fault in faults] or [("",) * 8 + ("Nothing to mend.", "", "")]
        sheet.add_table(
            2, 0, 2 + len(records), len(HEADINGS) - 1,
            {"name": "Checks", "columns": [{"header": heading} for heading in HEADINGS], "style": "Table Style Light 1"},
        )  # fmt: skip
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width, wrap)
        for number, record in enumerate(records, start=3):
            for column, value in enumerate(record):
                if isinstance(value, int):
                    sheet.write_number(number, column, value, wrap)
                else:
                    sheet.write_string(number, column, value[:LONGEST_CELL], wrap)
        sheet.freeze_panes(3, 0)
        notes = book.add_worksheet("Notes")
        notes.set_column(0, 0, 100, wrap)
        notes.write_string(0, 0, "Notes on the checks", bold)
        for number, kind in enumerate(ORDER, start=1):
            notes.write_string(number, 0, f"{kind.title()}: {MEANING[kind]}.", wrap)
        notes.write_string(4, 0, "Identifiers of pupils are masked: the row shows which one is meant.", wrap)


def _cells(fault: Fault) -> tuple[str | int, ...]:
    values = {key: getattr(fault, key) for key in KEYS} | {"rows": ranges(fault.rows)}
    return tuple("" if values[key] is None else values[key] for key in KEYS)


def _whole(path: Path, write: Callable[[Path], object]) -> Path:
    """The file at its full length or as it was before: written beside it, then moved into its place."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        beside.chmod(0o644)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
