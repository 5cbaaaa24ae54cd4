"""Any file as text cells, and its faults as one message: what every reader begins and ends with."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from afa_eval.data.ctf import ctf_body, is_xml
from afa_eval.data.headers import known_header
from afa_eval.data.parquet import parquet_body
from afa_eval.data.raw import Body, Known, Note, RawTable, body_of, many_small_lists
from afa_eval.data.text import MOST_BYTES, text_grid
from afa_eval.data.unquoted import Unquoted
from afa_eval.data.workbook import sheet_grid
from afa_eval.errors import DataError
from afa_eval.estimate.records import Fault

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Source:
    """Which file, and which sheet of it?

    Attributes
    ----------
    file : str
        As the user named it.
    path : Path
        Where it is.
    sheet : str, optional
        Of a workbook.
    outside : bool
        Not within the plan's folder.
    """

    file: str
    path: Path
    sheet: str | None = None
    outside: bool = False


def source(named: str | Path, folder: Path | None = None, sheet: str | None = None) -> Source:
    """Which file is meant?

    Parameters
    ----------
    named : str or Path
        A path, relative to the folder; ``book.xlsx#Sheet`` names a sheet too.
    folder : Path, optional
        The plan's folder; the present one where not given.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    Source
        The file.
    """
    text = str(named)
    path = within(text, folder)
    if sheet is None and "#" in text and not path.exists():
        text, _, sheet = text.rpartition("#")
        path = within(text, folder)
    outside = folder is not None and not path.resolve().is_relative_to(folder.resolve())
    return Source(text, path, sheet or None, outside)


def read_raw(item: Source, known: Known | None = None, table: str | None = None) -> RawTable:
    """What stands in a file, as text?

    Parameters
    ----------
    item : Source
        Which file.
    known : callable, optional
        Whether a text is a known header; helps to find the header row.
    table : str, optional
        Which table is wanted of a file that holds several (a transfer file).

    Returns
    -------
    RawTable
        With notes instead of cells where it cannot be read.
    """
    raw = RawTable(file=item.file, path=item.path, sheet=item.sheet or "")
    notes = (Note("elsewhere"),) if item.outside else ()
    if not item.path.is_file():
        return replace(raw, notes=(*notes, Note("missing", _nearest_file(item.path))))
    try:
        with many_small_lists():
            body, sheet, sha256 = _body(item, known or known_header(None), table)
    except OSError as error:
        return replace(raw, notes=(*notes, Note("kind", f"not readable ({error.strerror})")))
    return RawTable(
        file=item.file,
        path=item.path,
        sheet=sheet,
        headers=body.headers,
        header_row=body.header_row,
        columns=body.columns,
        rows=body.rows,
        notes=(*notes, *body.notes),
        sha256=sha256,
    )


def within(text: str, folder: Path | None) -> Path:
    """Which path is meant by a text in a plan?

    Parameters
    ----------
    text : str
        Absolute, ``~/...``, or relative to the folder.
    folder : Path, optional
        The plan's.

    Returns
    -------
    Path
        Not yet known to be there.
    """
    path = Path(text).expanduser()
    return path if folder is None or path.is_absolute() else folder / path


def complain(faults: Sequence[Fault]) -> None:
    """Which errors stop the reading, and which queries are told on the way?

    Parameters
    ----------
    faults : sequence of Fault
        What the checks found.

    Raises
    ------
    DataError
        Listing every error. Queries become one warning.
    """
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        text = "\n".join([*map(line, errors[:MOST_FAULTS]), *_rest(len(errors) - MOST_FAULTS)])
        raise DataError(text, faults=tuple(faults))
    queries = [fault for fault in faults if fault.severity == "query"]
    if queries:
        text = "\n".join([*map(line, queries[:MOST_FAULTS]), *_rest(len(queries) - MOST_FAULTS)])
        warnings.warn(f"Please check:\n{text}", UserWarning, stacklevel=3)


def _rest(n: int) -> list[str]:
    return [f"... and {n:,} more."] if n > 0 else []


def line(fault: Fault) -> str:
    """How is a fault said in one line?

    Parameters
    ----------
    fault : Fault
        What is wrong.

    Returns
    -------
    str
        Where, what, how to mend it.
    """
    where = [fault.file] if fault.file else []
    where += [f"sheet {fault.sheet}"] if fault.sheet else []
    where += (
        [f"row {fault.row}" if fault.count == 1 else f"{fault.count:,} rows from row {fault.row}"] if fault.row else []
    )
    where += [f"column '{fault.column}'"] if fault.column else []
    return f"{', '.join(where)}: {fault.message} {fault.fix}".removeprefix(": ")


def _nearest_file(path: Path) -> str:
    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.is_file())
    except OSError:
        return f"There is no folder '{path.parent.name}' either."
    near = get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""


def _body(item: Source, known: Known, table: str | None) -> tuple[Body, str, str]:
    suffix, size = item.path.suffix.lower(), item.path.stat().st_size
    if size > MOST_BYTES and suffix != ".parquet":
        return _with_notes([], (Note("too large", f"{size >> 20:,} MB"),), 1, known), "", ""
    sha256 = sha256_of(item.path)
    if suffix == ".parquet":
        return parquet_body(item.path), "", sha256
    if suffix in WORKBOOKS:
        grid, sheet, notes = sheet_grid(item.path, item.sheet)
        return _with_notes(grid, notes, 1, known), sheet, sha256
    if is_xml(item.path):
        return ctf_body(item.path, table), "", sha256
    text = text_grid(item.path.read_bytes())
    return _with_notes(text.rows, text.notes, text.first_row, known, text.unquoted), "", sha256


def _with_notes(
    grid: list[list[str]], notes: tuple[Note, ...], first_row: int, known: Known, unquoted: Unquoted | None = None
) -> Body:
    body = body_of(grid, known, first_row=first_row, unquoted=unquoted)
    if grid or not notes:
        return replace(body, notes=(*notes, *body.notes))
    return replace(body, notes=notes)  # there is a better reason than "empty"


def sha256_of(path: Path) -> str:
    """Which hash have a file's bytes?

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Sixty-four digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
