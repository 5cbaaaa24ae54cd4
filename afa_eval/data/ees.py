"""Data files of the statistics service, as text and with their meta file: national figures, no pupils.

A symbol that stands for a hidden or missing figure is kept beside the number, never made one.
"""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from afa_eval.errors import DataError
from afa_eval.estimate.records import Fault

if TYPE_CHECKING:
    import pandas as pd

    from afa_eval.data.raw import RawTable
    from afa_eval.data.written import Written

MANDATORY = ("time_period", "time_identifier", "geographic_level", "country_code", "country_name")
SYMBOLS = frozenset({"", "z", "x", "c", "low", "k", "u", ":", "~", ".", "..", "-", "*", "NULL", "NA", "nan", "None"})
PLACES = frozenset(
    {
        "region_code", "region_name", "old_la_code", "new_la_code", "la_name", "lad_code", "lad_name", "pcon_code",
        "pcon_name", "school_urn", "school_laestab", "school_name", "trust_id", "trust_name", "provider_ukprn",
        "provider_name", "ward_code", "ward_name",
    }
)  # fmt: skip
ALIKE, EXAMPLES = 20, 3


@dataclass(frozen=True, slots=True)
class Meta:
    """What does the meta file say of a column?

    Attributes
    ----------
    kind : str
        ``Indicator`` or ``Filter``.
    label : str
        Its name in words.
    unit : str
        ``%``, ``pp``, ``£`` or empty.
    """

    kind: str
    label: str
    unit: str


def is_ees(header: Sequence[str]) -> bool:
    """Is this the header of a data file of the statistics service?

    Parameters
    ----------
    header : sequence of str
        Column names.

    Returns
    -------
    bool
        True where time and geography stand in it as the service's standard says.
    """
    return {"time_period", "time_identifier"} <= set(header) and bool({"geographic_level", "level"} & set(header))


def meta_file(path: Path) -> Path | None:
    """Where is the meta file of a data file?

    Parameters
    ----------
    path : Path
        The data file.

    Returns
    -------
    Path or None
        ``name.meta.csv`` beside it, where it is there.
    """
    beside = path.with_name(f"{path.stem}.meta.csv")
    return beside if beside.is_file() else None


def read_meta(path: Path) -> dict[str, Meta]:
    """What does a meta file say of each column?

    Parameters
    ----------
    path : Path
        A file with the columns ``col_name, col_type, indicator_unit`` and others.

    Returns
    -------
    dict of str to Meta
        By column; time and geography never stand in it.

    Raises
    ------
    DataError
        Where it is no meta file.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} is no meta file: it cannot be read as CSV in UTF-8.") from error
    if not records or not {"col_name", "col_type"} <= set(records[0]):
        raise DataError(f"{path.name} is no meta file: it needs the columns col_name and col_type.")

    def cell(record: Mapping[str, str], name: str) -> str:
        return str(record.get(name) or "").strip()

    return {
        cell(record, "col_name"): Meta(cell(record, "col_type"), cell(record, "label"), cell(record, "indicator_unit"))
        for record in records
    }


def faults(raw: RawTable) -> tuple[Fault, ...]:
    """What is wrong with a data file of the statistics service?

    Parameters
    ----------
    raw : RawTable
        Readable, and ``is_ees``.

    Returns
    -------
    tuple of Fault
        Columns that are missing, and cells that are neither a number nor a symbol.
    """
    columns, meta = _columns(raw), _meta(raw)
    found = [fault for name in _indicators(columns, meta) for fault in _wrong(raw, name, columns)]
    return (*_missing(raw, columns, meta), *found)


def figures(raw: RawTable) -> pd.DataFrame:
    """Which figures does a data file of the statistics service hold?

    Parameters
    ----------
    raw : RawTable
        Without ``faults``; its meta file is looked for beside it.

    Returns
    -------
    pandas.DataFrame
        Time, geography and filters as text; indicators as numbers, and beside each that has any
        ``name_symbol`` (z, x, c, low ...) where there is no figure. ``attrs`` hold ``units`` and
        ``labels`` by column.
    """
    import pandas as pd

    columns, meta = _columns(raw), _meta(raw)
    indicators = _indicators(columns, meta)
    if not meta:
        warnings.warn(
            f"{raw.file}: no meta file ({raw.path.stem}.meta.csv) beside it: indicators were told from their cells, "
            "their units are unknown.",
            UserWarning,
            stacklevel=3,
        )
    table: dict[str, object] = {}
    for name, column in columns.items():
        cells = column.cells()
        if name not in indicators:
            table[name] = pd.Series(cells, dtype="str")
            continue
        table[name] = [_number(cell) for cell in cells]
        symbols = [cell.strip() if cell.strip() in SYMBOLS else "" for cell in cells]
        if any(symbols):
            table[f"{name}_symbol"] = symbols
    frame = pd.DataFrame(table)
    frame.attrs = {
        "units": {name: meta[name].unit for name in indicators if name in meta},
        "labels": {name: item.label for name, item in meta.items()},
    }
    return frame


def _columns(raw: RawTable) -> dict[str, Written]:
    headers = ["geographic_level" if name == "level" else name for name in raw.headers]
    return dict(zip(headers, raw.columns, strict=True))


def _meta(raw: RawTable) -> dict[str, Meta]:
    beside = meta_file(raw.path)
    return {} if beside is None else read_meta(beside)


def _indicators(columns: Mapping[str, Written], meta: Mapping[str, Meta]) -> list[str]:
    if meta:
        return [name for name, item in meta.items() if item.kind == "Indicator"]
    return [name for name, column in columns.items() if name not in {*MANDATORY, *PLACES} and _are_numbers(column)]


def _number(cell: str) -> float:
    text = cell.strip()
    return math.nan if text in SYMBOLS else float(text)


def _is_figure(cell: str) -> bool:
    text = cell.strip()
    if text in SYMBOLS:
        return True
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _are_numbers(column: Written) -> bool:
    return any(text.strip() not in SYMBOLS for text in column.texts) and all(map(_is_figure, column.texts))


def _missing(raw: RawTable, headers: Collection[str], meta: Mapping[str, Meta]) -> Iterator[Fault]:
    for name in (*MANDATORY, *meta):
        if name and name not in headers:
            who = "its meta file names it" if name in meta else "every data file of the service has it"
            yield Fault(
                severity="error", code="AFA208", file=raw.file, row=raw.header_row, column=name,
                message=f"There is no column '{name}': {who}.", fix="Download the file again, whole, with its own meta file.",
            )  # fmt: skip


def _wrong(raw: RawTable, name: str, columns: Mapping[str, Written]) -> Iterator[Fault]:
    """Cells of an indicator that are neither a number nor a symbol: one fault each, over twenty together."""
    column = columns.get(name)
    wrong = set() if column is None else {text for text in column.texts if not _is_figure(text)}
    cells = column.cells() if column and wrong else []
    places = [place for place, text in enumerate(cells) if text in wrong]
    for group in [places] if len(places) > ALIKE else [[place] for place in places]:
        values = list(dict.fromkeys(cells[place] for place in group))
        rows = tuple(int(raw.rows[place]) for place in group)
        yield Fault(
            severity="error", code="AFA401", file=raw.file, row=rows[0], rows=rows, column=name,
            value=", ".join(values[:EXAMPLES]), count=len(rows), fix="Download the file again; a figure is a plain number.",
            message=f"'{values[0]}' is neither a number nor a symbol of the statistics service.",
        )  # fmt: skip
