"""Who took part: the cohort by characteristic, beside England."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.data.tables import Tables
from afa_eval.designs.groups import ALL, factorize, group_labels, masks, parse, with_phase
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator, Table

CHARACTERISTICS = ("sen_provision", "primary_need", "year_group", "phase", "sex", "fsm", "eal", "cohort")
SLUG = "persistent-absence"  # the release that counts all enrolments by these characteristics
TOTAL, UNKNOWN = "Total", "Not recorded"
NO_SEN, NEITHER = "No SEN", "In neither group"


def participants(tables: Tables, year: str = "") -> tuple[Table, ...]:
    """Who took part, and how does that compare with England?

    Parameters
    ----------
    tables : Tables
        With the pupils table; without one there is nothing to say.
    year : str
        Academic year of England's figures; none are given where empty or unpublished.

    Returns
    -------
    tuple of Table
        For each characteristic the pupils counted (``participants-...``) and, where published,
        England's shares of the same groups (``england-...``).
    """
    if tables.pupils is None or tables.pupils.empty:
        return ()
    pupils = with_phase(tables.pupils)
    made: list[Table] = []
    for column in CHARACTERISTICS:
        if column not in pupils.columns or pupils[column].notna().sum() == 0:
            continue
        labels = tuple(label for label in group_labels(pupils, [column]) if label != ALL)
        made.append(_counts(pupils, column, labels))
        made.extend(_england(column, labels, year))
    return tuple(made)


def largest_school(tables: Tables, groups: Iterable[str]) -> dict[str, float]:
    """Which share of each group goes to the school that has most of it?

    Parameters
    ----------
    tables : Tables
        With the pupils table; without one there is nothing to say.
    groups : iterable of str
        Codes of groups.

    Returns
    -------
    dict of str to float
        Proportions; contrasts, groups of other tables' columns and empty groups are left out.
    """
    if tables.pupils is None or "urn" not in tables.pupils.columns:
        return {}
    pupils = with_phase(tables.pupils)
    asked = [group for group in dict.fromkeys(groups) if " - " not in group]
    held = [group for group in asked if all(column in pupils.columns for column, _ in parse(group))]
    schools, _ = factorize(pupils["urn"])
    found: dict[str, float] = {}
    for group, rows in masks(pupils, held).items():
        counts = np.bincount(schools[rows & (schools >= 0)])
        if counts.size:
            found[group] = float(counts.max() / counts.sum())
    return found


def _counts(pupils: pd.DataFrame, column: str, labels: tuple[str, ...]) -> Table:
    meant, without = _without_sen(pupils, column)
    counted = {label: float((rows & meant).sum()) for label, rows in masks(pupils, labels).items()}
    counted |= {NO_SEN: float(without.sum())} if without.any() else {}
    unknown = float(len(pupils) - sum(counted.values()))
    counted |= {NEITHER if column == "cohort" else UNKNOWN: unknown} if unknown else {}
    counted[TOTAL] = float(len(pupils))
    return Table(
        name=f"participants-{column}",
        title="Who took part",
        rows=tuple(counted),
        columns=("Pupils",),
        cells=tuple((number,) for number in counted.values()),
        row_label=column,
    )


def _without_sen(pupils: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    """Whose need is counted, and who has no SEN and therefore none to record?

    A need recorded for a pupil without SEN is not counted: else this table beside that of SEN
    provision would tell how few such pupils there are.
    """
    nobody = pd.Series(False, index=pupils.index)
    if column != "primary_need" or "sen" not in pupils.columns:
        return ~nobody, nobody
    without = pupils["sen"].eq("none").fillna(False).astype(bool)
    return ~without, without


def _england(column: str, labels: tuple[str, ...], year: str) -> Iterator[Table]:
    """England's shares, where every group of a characteristic is published."""
    if not year:
        return
    try:
        shares = [_share(column, label.partition("=")[2], year) for label in labels]
    except ComparatorError:
        return
    if any(share is None for share in shares):
        return
    value, source = zip(*(share for share in shares if share is not None), strict=True)
    yield Table(
        name=f"england-{column}",
        title="England",
        rows=labels,
        columns=("England",),
        cells=tuple((number,) for number in value),
        kind="series",
        base="national",
        unit="proportion",
        row_label=column,
        note=f"{source[0].source}, {source[0].year}",
    )


def _share(column: str, value: str, year: str) -> tuple[float, Comparator] | None:
    """England's share of one group, with the figure it was read from."""
    if column == "sen_provision":
        return _provision(value, year)
    if column not in {"sex", "fsm"}:
        return None
    other = {"F": "M", "M": "F", "yes": "no", "no": "yes"}[value]
    mine = comparators.find(SLUG, year=year, **{column: value})
    rest = comparators.find(SLUG, year=year, **{column: other})
    if not mine.n or not rest.n or mine.source != rest.source:
        return None
    return mine.n / (mine.n + rest.n), mine


def _provision(value: str, year: str) -> tuple[float, Comparator] | None:
    support = comparators.find("sen-support-share", year=year)
    plan = comparators.find("ehcp-share", year=year)
    found = {"K": (support.value, support), "E": (plan.value, plan), "N": (1 - support.value - plan.value, support)}
    return found.get(value)
