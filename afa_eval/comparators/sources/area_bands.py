"""Enrolments by absence band in England, regions and authorities, packed; and each authority's statistical neighbours."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING

from afa_eval.codes import years
from afa_eval.comparators.asking import ONE_SCHOOL_AREAS
from afa_eval.comparators.packing import PHASE_CODES, pack
from afa_eval.comparators.sources.absence import AREAS, PHASES
from afa_eval.comparators.sources.reading import table
from afa_eval.errors import ComparatorError

if TYPE_CHECKING:
    import pandas as pd

BANDS = tuple(range(0, 55, 5))
_ZIP = "absence_bands_distributions.zip"
_NATIONAL = "absence_bands_national_201617_202223_derived.csv"
_COLUMNS = [
    "time_identifier",
    "time_period",
    "geographic_level",
    "country_code",
    "country_name",
    "region_name",
    "region_code",
    "old_la_code",
    "new_la_code",
    "la_name",
    "school_type",
    "fsm_eligible",
    "sen_status",
    "gender",
    "year_group",
]
_SEN = {"Any special educational need": 0, "No identified special educational need": 1, "Unclassified": 2}
_FSM = {"Eligible": 0, "Not Eligible": 1, "Unclassified": 2}
_SEX = {"Female": 0, "Male": 1, "Unclassified": 2}


def packed(folder: Path) -> Iterator[tuple[str, int, bytes, bytes, bytes]]:
    """How many enrolments lay in each band, by phase, SEN, FSM, sex and year group, in each area?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    tuple
        Area, the year the academic year begins in, and the rows as ``pack`` packs them.

    Raises
    ------
    ComparatorError
        Where a file has lost a column or has a category that is not known here.
    """
    import pandas as pd

    frame = _areas(folder)
    inner = frame[frame["area"].isin(["London (Inner)", "London (Outer)"])]
    whole = inner.assign(area="London").groupby(["area", "year", *_KEYS], as_index=False)[_COUNTS].sum()
    every = pd.concat([_england(folder), frame, whole]).sort_values(["area", "year", *_KEYS], kind="stable")
    for (area, year), rows in every.groupby(["area", "year"], sort=True):
        if area not in ONE_SCHOOL_AREAS:
            keys = [rows[name].tolist() for name in _KEYS]
            yield str(area), int(str(year)), *pack(keys, [rows[name].tolist() for name in _COUNTS])


_KEYS = ["phase", "sen", "fsm", "sex", "year_group"]
_COUNTS = [f"b{start}" for start in BANDS]


def _england(folder: Path) -> pd.DataFrame:
    """The source's column pctNN counts from NN-5 up to below NN."""
    published = [f"pct{end}_OARate" for end in range(5, 55, 5)] + ["pct50plus_OARate"]
    frame = table(folder, _NATIONAL)
    if not set(published) <= set(frame.columns):
        raise ComparatorError("The five-point bands have lost a column; expected pct5_OARate to pct50plus_OARate.")
    named = dict(zip(published, _COUNTS, strict=True))
    frame = frame.rename(columns={**named, "NCyearActual": "year_group"})
    return _coded(frame.assign(area="England"), _NATIONAL)


def _areas(folder: Path) -> pd.DataFrame:
    import pandas as pd

    with zipfile.ZipFile(folder / _ZIP) as archive, archive.open(archive.namelist()[0]) as file:
        frame = pd.read_csv(file, names=[*_COLUMNS, *_COUNTS], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    frame = frame[frame["geographic_level"] != "National"]
    place = frame["la_name"].where(frame["geographic_level"] == "Local authority", frame["region_name"]).str.strip()
    return _coded(frame.assign(area=place.replace(AREAS)), _ZIP)


def _coded(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keys as the numbers that are packed, and counts."""
    import pandas as pd

    keys = {
        "area": frame["area"],
        "year": frame["time_period"].map(years.start),
        "phase": frame["school_type"].map(lambda kind: PHASE_CODES.index(PHASES[kind])),
        "sen": frame["sen_status"].map(_SEN),
        "fsm": frame["fsm_eligible"].map(_FSM),
        "sex": frame["gender"].map(_SEX),
        "year_group": frame["year_group"].astype(int),
    }
    found = pd.concat([pd.DataFrame(keys), frame[_COUNTS].astype(int)], axis=1)
    if found.isna().any().any():
        raise ComparatorError(f"{name} has a category that is not known here.")
    return found


def neighbours(folder: Path, areas: Set[str]) -> list[tuple[str, int, str, str]]:
    """Which ten authorities are most like each authority?

    Parameters
    ----------
    folder : Path
        Where the published files are.
    areas : set of str
        Names as the store writes them.

    Returns
    -------
    list of tuple
        Authority, rank from 1, neighbour, and how close DfE calls it.

    Raises
    ------
    ComparatorError
        Where the workbook names an authority that the store does not know.
    """
    import openpyxl

    book = openpyxl.load_workbook(folder / "lait_statistical_neighbours_may_2025.xlsx", data_only=True)
    rows = list(book.worksheets[0].iter_rows(min_row=4, values_only=True))
    current = [row for row in rows if isinstance(row[0], int)]  # former authorities stand below the others
    names = {row[0]: AREAS.get(str(row[1]).strip(), str(row[1]).strip()) for row in current}
    unknown = sorted({name for name in names.values() if name not in areas | ONE_SCHOOL_AREAS})
    if unknown:
        raise ComparatorError(f"The statistical neighbours name areas that no figure is about: {', '.join(unknown)}.")
    found = []
    for row in current:
        for rank in range(10):
            number, close = row[5 + 2 * rank], str(row[6 + 2 * rank]).strip()
            if names[row[0]] not in ONE_SCHOOL_AREAS and isinstance(number, int):
                found.append((names[row[0]], rank + 1, names[number], close))
    return sorted(found)
