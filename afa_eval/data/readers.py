"""One way in: any file that the field hands in, read as text first and then understood."""

from __future__ import annotations

import gc
import hashlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from afa_eval.data import ees
from afa_eval.data.checks import run_checks
from afa_eval.data.ctf import ctf_body, is_xml
from afa_eval.data.handed import CANONICAL, Handed, HandedTable, Part, column_of, kind_of
from afa_eval.data.headers import Heading, known_header, resolve
from afa_eval.data.linking import linked
from afa_eval.data.npd import unfolded
from afa_eval.data.parquet import parquet_body
from afa_eval.data.raw import Body, Known, Note, RawTable, body_of
from afa_eval.data.records import TABLE_NAMES, Need
from afa_eval.data.shapes import attainment_frame, attendance_frame, pupils_frame, responses_frame
from afa_eval.data.text import MOST_BYTES, text_grid
from afa_eval.data.workbook import sheet_grid
from afa_eval.errors import DataError
from afa_eval.estimate.records import Fault

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
MOST_FAULTS = 20
CHUNK = 1 << 20
NEED_KINDS = {"score": "score", "sessions": "sessions", "year": "year", "id": "id"}
USUAL = {"item": "score", "category": "category"}
STRENGTH = ("category", "id", "year", "item", "sessions", "score")


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
        with _many_small_lists():
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


def read_as(item: Source, table: str | None, known: Known | None = None) -> RawTable:
    """What stands in a file that belongs to a table, a register of marks being counted at once?

    Parameters
    ----------
    item : Source
        Which file.
    table : str, optional
        One of ``TABLE_NAMES``; any where None.
    known : callable, optional
        Whether a text is a known header.

    Returns
    -------
    RawTable
        Totals by enrolment where the file holds marks.
    """
    from afa_eval.data.marks import are_marks
    from afa_eval.data.register import totals_of_file, totals_of_raw

    if table not in {None, "attendance"}:
        return unfolded(read_raw(item, known, table))
    counted = totals_of_file(item.path) if item.path.is_file() else None
    if counted is not None:
        notes = (*((Note("elsewhere"),) if item.outside else ()), *counted.notes)
        return replace(counted, file=item.file, notes=notes, sha256=_sha256(item.path))
    raw = unfolded(read_raw(item, known, table))
    return totals_of_raw(raw) if are_marks(raw) else raw


def part_of(
    raw: RawTable,
    table: str,
    *,
    told: Mapping[str, str] | None = None,
    needs: Iterable[Need] = (),
    before: str = "",
) -> Part:
    """What does a file give to a canonical table?

    Parameters
    ----------
    raw : RawTable
        The file.
    table : str
        One of ``TABLE_NAMES``.
    told : mapping of str to str, optional
        ``[columns.<table>]`` of the plan.
    needs : iterable of Need
        What the designs need.
    before : str
        Academic year of rows that name none, empty where unknown.

    Returns
    -------
    Part
        Each column understood.
    """
    if not raw.readable:
        return Part(table, raw, Heading({}), {})
    kinds = _needed_kinds(needs)
    heading = resolve(raw, table, told=told, wanted=[name for name in kinds if name not in CANONICAL])
    row_years = _row_years(raw, heading, before)
    columns = {
        name: column_of(raw, name, position, _kind(raw, name, position, table, kinds), row_years)
        for name, position in heading.columns.items()
    }
    return Part(table, raw, heading, columns)


def handed_in(
    parts: Sequence[Part], *, needs: Iterable[Need] = (), before: str = "", after: str = "", single: bool = False
) -> Handed:
    """What was handed in altogether?

    Parameters
    ----------
    parts : sequence of Part
        Every file.
    needs : iterable of Need
        What the designs need.
    before, after : str
        Academic years compared.
    single : bool
        One file read on its own.

    Returns
    -------
    Handed
        Ready to be checked.
    """
    tables, parts = {}, linked(parts)
    for name in TABLE_NAMES:
        readable = tuple(part for part in parts if part.table == name and part.raw.readable)
        if readable:
            tables[name] = HandedTable(name, readable)
    return Handed(tuple(parts), tables, tuple(needs), before, after, single)


def guess_table(raw: RawTable, told: Mapping[str, str] | None = None) -> str:
    """Which canonical table is this file?

    Parameters
    ----------
    raw : RawTable
        The file.
    told : mapping of str to str, optional
        Columns that the user named.

    Returns
    -------
    str
        One of ``TABLE_NAMES``, by the columns it has.
    """
    found = {table: set(resolve(raw, table, told=told).columns) for table in TABLE_NAMES}
    if "sessions_possible" in found["attendance"]:
        return "attendance"
    if {"pupil_id", "test", "score"} <= found["attainment"]:
        return "attainment"
    if "respondent" in found["responses"] or ("wave" in found["responses"] and "pupil_id" not in found["responses"]):
        return "responses"
    status = {"year_group", "sen_provision", "sen", "primary_need", "fsm", "eal", "sex", "cohort", "phase", "urn"}
    return "attainment" if "pupil_id" in found["pupils"] and not found["pupils"] & status else "pupils"


def read(
    path: str | Path,
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """What stands in one file, in canonical columns and types?

    Parameters
    ----------
    path : str or Path
        CSV, TSV, Excel, Parquet or a Common Transfer File; whatever system wrote it.
    table : str, optional
        pupils, attainment, attendance or responses; told from the columns where not given.
    columns : mapping of str to str, optional
        Canonical name to the file's header, where a header is not recognised.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    pandas.DataFrame
        The canonical table: long scores are one column each, terms are summed. A data file of the
        statistics service gives its figures instead, with the units of its meta file in ``attrs``.

    Raises
    ------
    DataError
        Listing every error of the file. Queries become one warning.
    """
    if table is not None and table not in TABLE_NAMES:
        raise DataError(f"Unknown table '{table}'. There are: {', '.join(TABLE_NAMES)}.")
    raw = read_as(source(path, sheet=sheet), table, known_header(table, (columns or {}).values()))
    if table is None and raw.readable and ees.is_ees(raw.headers):
        complain(ees.faults(raw))
        return ees.figures(raw)
    name = table or (guess_table(raw, columns) if raw.readable else "pupils")
    handed = handed_in([part_of(raw, name, told=columns)], single=True)
    complain(run_checks(handed))
    return _frame(handed.tables[name])


def as_text(path: str | Path) -> tuple[RawTable, str]:
    """What stands in a file as text, and which canonical table is it?

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple
        The table as it stands, and one of ``TABLE_NAMES``.

    Raises
    ------
    DataError
        Listing why it is no table, and its crooked rows.
    """
    raw = read_raw(source(path))
    part = Part("pupils", raw, Heading({}), {})
    complain([fault for fault in run_checks(Handed((part,), {}, single=True)) if fault.code < "AFA207"])
    return raw, guess_table(raw)


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


def _nearest_file(path: Path) -> str:
    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.is_file())
    except OSError:
        return f"There is no folder '{path.parent.name}' either."
    near = get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else ""


@contextmanager
def _many_small_lists() -> Iterator[None]:
    """Hold the garbage collector: it would walk through a million row lists again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _body(item: Source, known: Known, table: str | None) -> tuple[Body, str, str]:
    suffix, size = item.path.suffix.lower(), item.path.stat().st_size
    if size > MOST_BYTES and suffix != ".parquet":
        return _with_notes([], (Note("too large", f"{size >> 20:,} MB"),), 1, known), "", ""
    sha256 = _sha256(item.path)
    if suffix == ".parquet":
        return parquet_body(item.path), "", sha256
    if suffix in WORKBOOKS:
        grid, sheet, notes = sheet_grid(item.path, item.sheet)
        return _with_notes(grid, notes, 1, known), sheet, sha256
    if is_xml(item.path):
        return ctf_body(item.path, table), "", sha256
    text = text_grid(item.path.read_bytes())
    return _with_notes(text.rows, text.notes, text.first_row, known), "", sha256


def _with_notes(grid: list[list[str]], notes: tuple[Note, ...], first_row: int, known: Known) -> Body:
    body = body_of(grid, known, first_row=first_row)
    if grid or not notes:
        return replace(body, notes=(*notes, *body.notes))
    return replace(body, notes=notes)  # there is a better reason than "empty"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _needed_kinds(needs: Iterable[Need]) -> dict[str, str]:
    """The plan's columns and what they are needed as; as a score where as several."""
    kinds: dict[str, str] = {}
    for need in needs:
        for name in (each.strip() for each in need.column.split("&")):
            kinds[name] = max(kinds.get(name, need.kind), need.kind, key=STRENGTH.index)
    return kinds


def _kind(raw: RawTable, name: str, position: int, table: str, kinds: Mapping[str, str]) -> str:
    if name in CANONICAL:
        return CANONICAL[name]
    if name == "test":
        return "word"
    if name == "score" and table == "attainment":
        return "score"
    if kinds.get(name) in NEED_KINDS:
        return NEED_KINDS[kinds[name]]
    usual = "score" if table == "attainment" and name not in kinds else USUAL.get(kinds.get(name, ""), "number")
    return kind_of(raw.columns[position], usual)


def _row_years(raw: RawTable, heading: Heading, before: str) -> pd.Series | None:
    if "year" in heading.columns:
        values = column_of(raw, "year", heading.columns["year"], "year").values
        return values.fillna(before) if before else values
    return pd.Series([before] * len(raw.rows), dtype="str") if before else None


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


def _frame(table: HandedTable) -> pd.DataFrame:
    if table.table == "attainment":
        return attainment_frame(table)[0]
    if table.table == "attendance":
        return attendance_frame(table)[0]
    if table.table == "responses":
        return responses_frame(table)[0]
    if table.has("year") and table.has("pupil_id") and table.frame["pupil_id"].duplicated().any():
        return table.frame.copy()
    return pupils_frame(table)[0]
