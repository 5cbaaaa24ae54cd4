"""Which pupils a figure is about: group labels, and the rows they mean."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.errors import ColumnNotFound, PlanError

ALL = "all"
AND = " & "
BY = {"sen": "SEN status", "sen_provision": "SEN provision", "fsm": "free school meals", "eal": "first language"}
LAST_PRIMARY_YEAR = 6
NOWHERE = -2  # the code of a value that no row has; -1 is a missing value


def parse(label: str) -> tuple[tuple[str, str], ...]:
    """Which columns must have which values?

    Parameters
    ----------
    label : str
        ``all``, or ``column=value`` joined by `` & ``.

    Returns
    -------
    tuple of (str, str)
        Column and value; empty for ``all``.

    Raises
    ------
    PlanError
        Where a part is not ``column=value``.

    Examples
    --------
    >>> parse("sen_provision=K & fsm=yes")
    (('sen_provision', 'K'), ('fsm', 'yes'))
    """
    if label in ("", ALL):
        return ()
    parts = [part.partition("=") for part in label.split("&")]
    if any(not sign for _, sign, _ in parts):
        raise PlanError(f"'{label}' is no group: write column=value, joined by & where there are several.")
    return tuple((column.strip(), value.strip()) for column, _, value in parts)


def texts(column: pd.Series) -> pd.Series:
    """How are a column's values written in a group label?

    Parameters
    ----------
    column : pandas.Series
        Any column of a canonical table.

    Returns
    -------
    pandas.Series
        Text, whole numbers without a decimal point, missing as missing.
    """
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == "str":
        return column
    known = column.notna()
    if pd.api.types.is_float_dtype(column) and (column[known] % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype(str).where(known)


def members(frame: pd.DataFrame, label: str) -> pd.Series:
    """Which rows belong to a group?

    Parameters
    ----------
    frame : pandas.DataFrame
        With the label's columns.
    label : str
        As ``parse`` reads it.

    Returns
    -------
    pandas.Series of bool
        One per row.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    """
    rows = pd.Series(True, index=frame.index)
    for column, value in parse(label):
        if column not in frame.columns:
            raise ColumnNotFound.of(column, "a subgroup", "pupils", frame.columns)
        rows &= (texts(frame[column]) == value).fillna(False).astype(bool)
    return rows


def masks(frame: pd.DataFrame, labels: Iterable[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Which rows belong to each of many groups?

    Parameters
    ----------
    frame : pandas.DataFrame
        With the labels' columns.
    labels : iterable of str
        As ``parse`` reads them.

    Returns
    -------
    dict of str to ndarray of bool
        As ``members`` gives for each; a column is looked through once, however many groups it makes.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.

    Examples
    --------
    >>> {label: rows.tolist() for label, rows in masks(pd.DataFrame({"fsm": ["yes", "no"]}), ["all", "fsm=no"]).items()}
    {'all': [True, True], 'fsm=no': [False, True]}
    """
    wanted = {label: parse(label) for label in labels}
    coded: dict[str, tuple[npt.NDArray[np.int64], dict[str, int]]] = {}
    for column in dict.fromkeys(column for parts in wanted.values() for column, _ in parts):
        if column not in frame.columns:
            raise ColumnNotFound.of(column, "a subgroup", "pupils", frame.columns)
        codes, names = factorize(texts(frame[column]))
        coded[column] = codes, {name: code for code, name in enumerate(names)}
    found: dict[str, npt.NDArray[np.bool_]] = {}
    for label, parts in wanted.items():
        inside = np.ones(len(frame), dtype=bool)
        for column, value in parts:
            codes, places = coded[column]
            inside &= codes == places.get(value, NOWHERE)
        found[label] = inside
    return found


def group_labels(frame: pd.DataFrame, by: Iterable[str], focus: str = "") -> tuple[str, ...]:
    """Which groups are there, in the order a reader should meet them?

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per pupil, enrolment or answer.
    by : iterable of str
        Columns; a pair is joined by `` & ``.
    focus : str
        A group to name second, where it has members.

    Returns
    -------
    tuple of str
        ``all``, the focus, then every value (or pair of values) that occurs.

    Raises
    ------
    ColumnNotFound
        Where a column of ``by`` is missing.
    """
    labels = [ALL]
    if focus and all(column in frame.columns for column, _ in parse(focus)) and members(frame, focus).any():
        labels.append(focus)
    for spec in by:
        labels.extend(_labels_of(frame, [part.strip() for part in spec.split("&")]))
    return tuple(dict.fromkeys(labels))


def _labels_of(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    for column in columns:
        if column not in frame.columns:
            raise ColumnNotFound.of(column, "a subgroup in `by`", "pupils", frame.columns)
    coded = [factorize(texts(frame[column])) for column in columns]
    known = np.all([codes >= 0 for codes, _ in coded], axis=0)
    found = np.unique(np.ravel_multi_index([codes[known] for codes, _ in coded], [len(names) for _, names in coded]))
    values = [sorted(names, key=_natural) for _, names in coded]
    places = zip(*np.unravel_index(found, [len(names) for _, names in coded]), strict=True)
    present = {tuple(names[code] for (_, names), code in zip(coded, place, strict=True)) for place in places}
    return [
        AND.join(f"{column}={value}" for column, value in zip(columns, combination, strict=True))
        for combination in product(*values)
        if combination in present
    ]


def factorize(column: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Which value is in each row, as a number, and which values occur?

    Parameters
    ----------
    column : pandas.Series
        Text, categories or anything written as text.

    Returns
    -------
    codes : ndarray of int
        Position of the row's value, -1 where missing.
    names : list of str
        The values that occur, sorted (categories in their own order).

    Examples
    --------
    >>> codes, names = factorize(pd.Series(["b", "a", None]))
    >>> codes.tolist(), names
    ([1, 0, -1], ['a', 'b'])
    """
    if not isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = pd.factorize(column, sort=True)
        return codes, [str(name) for name in names]
    codes, used = renumber(np.asarray(column.cat.codes, dtype=np.int64))
    categories = column.cat.categories.tolist()
    return codes, [str(categories[place]) for place in used]


def renumber(codes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], list[int]]:
    """How are codes numbered without the ones that do not occur?

    Parameters
    ----------
    codes : ndarray of int
        From 0; -1 where missing.

    Returns
    -------
    codes : ndarray of int
        The same in the same order, without gaps; -1 stays.
    used : list of int
        Which old code each new one was.

    Examples
    --------
    >>> codes, used = renumber(np.array([4, 1, 4, -1]))
    >>> codes.tolist(), used
    ([1, 0, 1, -1], [1, 4])
    """
    there = np.bincount(codes + 1)[1:] > 0
    places = np.append(np.cumsum(there) - 1, -1).astype(np.int64)  # the last place is that of -1
    return places[codes], np.flatnonzero(there).tolist()


def _natural(value: str) -> tuple[int, float, str]:
    """Numbers by size before words; SEN provision from none to most."""
    order = {"none": 0, "N": 0, "any": 1, "A": 1, "K": 2, "P": 2, "S": 3, "E": 3}
    if value in order:
        return (0, order[value], value)
    return (0, float(value), value) if value.lstrip("-").isdigit() else (1, 0.0, value)


def with_phase(frame: pd.DataFrame) -> pd.DataFrame:
    """Which phase is each pupil in, where the files do not say?

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``phase``, or with ``year_group`` to derive it from.

    Returns
    -------
    pandas.DataFrame
        With ``phase``: given values stay; Year 6 and below is primary, above it secondary.
    """
    if "year_group" not in frame.columns:
        return frame
    derived = (frame["year_group"] <= LAST_PRIMARY_YEAR).map({True: "primary", False: "secondary"})
    derived = derived.where(frame["year_group"].notna())
    given = frame["phase"] if "phase" in frame.columns else pd.Series(None, index=frame.index, dtype=object)
    return frame.assign(phase=given.where(given.notna(), derived))
