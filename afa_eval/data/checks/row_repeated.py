"""Does each pupil, enrolment or answer stand once?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed, HandedTable
from afa_eval.data.shapes import long_key

BESIDE = {"pupils": ("year",), "attendance": ("urn", "year", "term")}
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
        earlier = repeats(table, key)
        where = earlier >= 0
        if where.any():
            noun = {"attendance": "enrolment", "responses": "respondent"}.get(name, "pupil")
            yield Problem(
                message=f"This {noun} already stands in {{other}}{_within(key)}.",
                fix=FIX[name],
                table=name,
                column=key[0],
                where=where,
                other=earlier,
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
    if not table.has("pupil_id") or any(part.heading.register for part in table.parts):
        return []
    extra = long_key(table) if table.table == "attainment" else BESIDE[table.table]
    return ["pupil_id", *[name for name in extra if table.has(name)]]


def repeats(table: HandedTable, key: list[str]) -> NDArray[np.intp]:
    """Which earlier row does each row repeat?

    Parameters
    ----------
    table : HandedTable
        Any table.
    key : list of str
        From ``row_key``.

    Returns
    -------
    numpy.ndarray
        Shape (n,), counted from 0; -1 where a row repeats none. In attainment, another file may add other scores of
        the same pupil.
    """
    if not table.repeated(key[0]):
        return np.full(table.n, -1, dtype=np.intp)
    codes = [table.coded(name)[0] for name in key]
    filled = codes[0] >= 0
    if table.table == "responses":  # an answer without a wave or from an unknown person repeats nothing
        filled &= np.logical_and.reduce([each >= 0 for each in codes])
    if table.table != "attainment" or len(table.parts) == 1:
        return np.where(filled, _earlier(codes), -1)
    earlier = np.where(filled, _earlier([*codes, table.part]), -1)
    for name in sorted(set(table.names) - {*key, "urn", "year", *_status(table)}):
        given = np.flatnonzero(filled & (earlier < 0) & table.values(name).notna().to_numpy(dtype=bool))
        first = _earlier([each[given] for each in codes])
        earlier[given[first >= 0]] = given[first[first >= 0]]
    return earlier


def _earlier(codes: Sequence[NDArray[np.int64]]) -> NDArray[np.intp]:
    """The first row with the same codes as each row, which it repeats; -1 for that row itself."""
    joint = codes[0]
    for each in codes[1:]:
        joint = joint * (int(each.max(initial=0)) + 2) + each + 1
    ordered = np.sort(joint)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    found = np.full(joint.size, -1, dtype=np.intp)
    if again.size:  # of most tables few rows if any: only they are looked at one by one
        rows = np.flatnonzero(again[np.searchsorted(again, joint) % again.size] == joint)
        order = rows[np.argsort(joint[rows], kind="stable")]
        new = np.append(True, joint[order[1:]] != joint[order[:-1]])
        first = order[new][np.cumsum(new) - 1]
        found[order] = np.where(first < order, first, -1)
    return found


def _status(table: HandedTable) -> list[str]:
    kinds = {name: column.kind for part in table.parts for name, column in part.columns.items()}
    return [name for name, kind in kinds.items() if kind != "score"]


def _within(key: list[str]) -> str:
    others = [name for name in key[1:] if name not in {"urn", "respondent"}]
    words = " and ".join(others)
    return f" for the same {words}" if others else ""
