"""England's absence for the same children: same measure, definition, years and mix of pupils."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from afa_eval import comparators
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.groups import parse
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator

SLUG = "persistent-absence"
FINE_KEYS = ("sen", "phase", "year_group", "sex", "fsm")
PROVISION = {"N": "none", "K": "support", "A": "support", "P": "support", "E": "ehcp", "S": "ehcp"}


@dataclass(frozen=True, slots=True)
class NationalLine:
    """What happened to the same children nationally?

    Attributes
    ----------
    before, after : Comparator or None
        England's share in each year, both weighted to the cohort's mix of the first year (a
        followed pupil a year older in the second).
    change : Comparator or None
        After minus before.
    matched : float
        Share of the cohort's enrolments that a published cell was found for.
    keys : tuple of str
        What was matched on.
    composition : float or None
        What weighting by the later year's mix would have added to England's later figure.
    reason : str
        Why there is no line.
    """

    before: Comparator | None = None
    after: Comparator | None = None
    change: Comparator | None = None
    matched: float = 0.0
    keys: tuple[str, ...] = ()
    composition: float | None = None
    reason: str = ""


def national_line(design: AbsenceQuestion, part: pd.DataFrame, label: str) -> NationalLine:
    """What happened to the same children nationally?

    Parameters
    ----------
    design : AbsenceQuestion
        Years and definition.
    part : pandas.DataFrame
        The group's counted rows of both waves.
    label : str
        The group; one by SEN provision or need is matched on that, not on any or none.

    Returns
    -------
    NationalLine
        With the reason where there is none.
    """
    keys = _keys(part, label)
    before = part[part["wave"] == "before"]
    after = before if design.population == "each-year" else part[part["wave"] == "after"]
    definition = design.rule().id
    try:
        first = comparators.weighted(SLUG, _mix(before, keys), design.baseline_year, definition=definition)
        last = comparators.weighted(SLUG, _mix(after, keys), design.outcome_year, definition=definition)
    except ComparatorError as error:
        return NationalLine(reason=str(error))
    if first.keys != last.keys:
        return NationalLine(reason="England's figures of the two years are not broken down alike.")
    return NationalLine(
        before=first.comparator,
        after=last.comparator,
        change=replace(
            last.comparator,
            value=last.value - first.value,
            year=f"{design.baseline_year}-{design.outcome_year}",
            unit="proportion difference",
            n=None,
            numerator=None,
        ),
        matched=min(first.share_matched, last.share_matched),
        keys=first.keys,
        composition=_composition(design, part, keys, last.value, definition),
    )


def _keys(part: pd.DataFrame, label: str) -> tuple[str, ...]:
    """On which columns must a national figure match this group?"""
    columns = {column for column, _ in parse(label)}
    if "primary_need" in columns:
        return ("need", "phase")
    if "sen_provision" in columns:
        return ("sen_group", "phase", *(key for key in ("sex", "fsm") if key in columns))
    return tuple(key for key in FINE_KEYS if key in part.columns)


def _mix(rows: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """How many of the cohort are in each cell?"""
    frame = pd.DataFrame(index=rows.index)
    for key in keys:
        if key == "sen_group":
            frame["sen"] = rows["sen_provision"].map(PROVISION)
        elif key == "need":
            frame["need"] = rows["primary_need"]
        else:
            frame[key] = rows[key]
    return frame.groupby(list(frame.columns), dropna=False).size().rename("weight").reset_index()


def _composition(
    design: AbsenceQuestion, part: pd.DataFrame, keys: tuple[str, ...], value: float, definition: str
) -> float | None:
    """How much of England's later figure is the cohort's changed mix of pupils?"""
    if design.population != "each-year":
        return None
    later = _mix(part[part["wave"] == "after"], keys)
    try:
        return comparators.weighted(SLUG, later, design.outcome_year, definition=definition).value - value
    except ComparatorError:
        return None
