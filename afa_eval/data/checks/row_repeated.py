"""Does each pupil, enrolment or answer stand once?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed, HandedTable, Mask
from afa_eval.data.shapes import long_key

FIX = {
    "pupils": "Keep one row a pupil (and year). If numbers are unique within a school only, put the school's number before them.",
    "attainment": "Keep one row a pupil (and test and term).",
    "attendance": "Keep one row for each pupil, school, year and term.",
    "responses": "Keep one answer for each respondent and wave.",
}


@check("AFA211")
def rows_stand_once(handed: Handed) -> Iterator[Problem]:
    """Does each pupil, enrolment or answer stand once?"""
    for name, table in handed.tables.items():
        key = row_key(table)
        if not key:
            continue
        where = repeated(table, key)
        if where.any():
            noun = {"attendance": "enrolment", "responses": "respondent"}.get(name, "pupil")
            yield Problem(
                message=f"This {noun} already stands in an earlier row" + _within(key) + ".",
                fix=FIX[name],
                table=name,
                column=key[0],
                where=where,
            )


def row_key(table: HandedTable) -> list[str]:
    """Which columns together name a row once?

    Parameters
    ----------
    table : HandedTable
        Any table.

    Returns
    -------
    list of str
        Empty where rows have no name.
    """
    if table.table == "responses":
        who = next((name for name in ("respondent_id", "pupil_id") if table.has(name)), None)
        if who is None:
            return []
        return [who, *[name for name in ("respondent", "wave", "urn") if table.has(name)]]
    if not table.has("pupil_id"):
        return []
    extra = {"pupils": ["year"], "attendance": ["urn", "year", "term"], "attainment": long_key(table)}[table.table]
    return ["pupil_id", *[name for name in extra if table.has(name)]]


def repeated(table: HandedTable, key: list[str]) -> Mask:
    """Which rows repeat an earlier one?

    Parameters
    ----------
    table : HandedTable
        Any table.
    key : list of str
        From ``row_key``.

    Returns
    -------
    numpy.ndarray
        Shape (n,). In attainment, another file may add other scores of the same pupil.
    """
    codes = [table.coded(name)[0] for name in key]
    filled = codes[0] >= 0
    if table.table == "responses":  # an answer without a wave or from an unknown person repeats nothing
        filled &= np.logical_and.reduce([each >= 0 for each in codes])
    if table.table != "attainment" or len(table.parts) == 1:
        return _again(codes) & filled
    again = _again([*codes, table.part])
    for name in sorted(set(table.names) - {*key, "urn", "year", *_status(table)}):
        given = filled & ~again & table.values(name).notna().to_numpy(dtype=bool)
        again[given] |= _again([each[given] for each in codes])
    return again & filled


def _again(codes: Sequence[NDArray[np.int64]]) -> Mask:
    """Which rows have the same codes as an earlier one?"""
    joint = codes[0]
    for each in codes[1:]:
        joint = joint * (int(each.max(initial=0)) + 2) + each + 1
    return np.array(pd.Series(joint).duplicated(), dtype=bool)  # a copy: pandas may hand out read-only views


def _status(table: HandedTable) -> list[str]:
    kinds = {name: column.kind for part in table.parts for name, column in part.columns.items()}
    return [name for name, kind in kinds.items() if kind != "score"]


def _within(key: list[str]) -> str:
    others = [name for name in key[1:] if name not in {"urn", "respondent"}]
    words = " and ".join(others)
    return f" for the same {words}" if others else ""
