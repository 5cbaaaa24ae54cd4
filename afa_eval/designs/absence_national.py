"""England's absence for the same children: same measure, definition, years and mix of pupils."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.codes import years
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.groups import factorize, parse, texts
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator

SLUG = "persistent-absence"
CELLS = {  # provision is published by phase, any or none by much more
    "by_status": ("sen", "phase", "year_group", "sex", "fsm"),
    "by_provision": ("sen_provision", "phase", "sex", "fsm"),
}
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
    asked = {column for column, _ in parse(label)}
    finer = dict(parse(label)).get("sen_provision", "N") != "N"  # no SEN is the same by either name
    cells = "by_provision" if finer else "by_status"
    if cells not in part.columns or "sen" not in part.columns:
        return NationalLine(reason="England's figures are matched on SEN status, which these data do not have.")
    later_mix = "before" if design.population == "each-year" else "after"
    try:
        if "primary_need" in asked:
            return _by_need(design, _of(part, "before"), _of(part, later_mix), label)
        before = _mix(part, cells, "before")
        first, last = comparators.weighted_pair(
            SLUG,
            (design.baseline_year, design.outcome_year),
            before,
            before if later_mix == "before" else _mix(part, cells, later_mix),
            definition=design.rule().id,
        )
    except ComparatorError as error:
        return NationalLine(reason=_why_not(design, cells, error))
    return NationalLine(
        before=first.comparator,
        after=last.comparator,
        change=_change(design, first.comparator, last.comparator),
        matched=min(first.share_matched, last.share_matched),
        keys=first.keys,
        composition=_composition(design, part, cells, last),
    )


def _why_not(design: AbsenceQuestion, cells: str, error: ComparatorError) -> str:
    if cells == "by_provision":
        both = " and ".join(years.label(year) for year in (design.baseline_year, design.outcome_year))
        return f"England's absence by SEN support and EHC plan is not held for {both}, only by any SEN or none."
    return str(error).partition(" Jointly published")[0]


def _change(design: AbsenceQuestion, first: Comparator, last: Comparator) -> Comparator:
    return replace(
        last,
        value=last.value - first.value,
        year=f"{design.baseline_year}-{design.outcome_year}",
        unit="proportion difference",
        n=None,
        numerator=None,
    )


def _by_need(design: AbsenceQuestion, before: pd.DataFrame, after: pd.DataFrame, label: str) -> NationalLine:
    """A primary need's figures by phase, weighted to the group's phases."""
    need = dict(parse(label))["primary_need"]
    if set(dict(parse(label))) != {"primary_need"}:
        raise ComparatorError("Figures by primary need are published by phase only, not crossed with anything else.")
    first = _need_line(need, before, design.baseline_year, design.rule().id)
    last = _need_line(need, after, design.outcome_year, design.rule().id)
    if first.source != last.source:
        raise ComparatorError(f"The figures for {need} come from different sources in the two years.")
    change = _change(design, first, last)
    return NationalLine(before=first, after=last, change=change, matched=1.0, keys=("primary need", "phase"))


def _need_line(need: str, rows: pd.DataFrame, year: str, definition: str) -> Comparator:
    if "phase" not in rows.columns:
        return comparators.find(SLUG, year=year, need=need, definition=definition)
    weights = rows["phase"].value_counts(normalize=True).sort_index()
    found = [
        comparators.find(SLUG, year=year, need=need, phase=str(phase), definition=definition) for phase in weights.index
    ]
    value = sum(weight * line.value for weight, line in zip(weights, found, strict=True))
    population = f"England, primary need {need}, same phase, weighted to the cohort's mix"
    return replace(found[0], value=float(value), population=population, n=None, numerator=None, interval=None)


def with_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """In which cell of England's figures is each row?

    Parameters
    ----------
    rows : pandas.DataFrame
        Counted rows.

    Returns
    -------
    pandas.DataFrame
        With a column of cells for each way that figures are crossed, values joined by ``|``.
    """
    crossed = {}
    for name, columns in CELLS.items():
        present = [column for column in columns if column in rows.columns]
        if not present:
            continue
        codes = [texts(_codes(rows, column)).fillna("").astype(str) for column in present]
        joined = codes[0]
        for code in codes[1:]:
            joined = joined + "|" + code
        crossed[name] = joined.astype("category")
    return rows.assign(**crossed)


def _of(part: pd.DataFrame, wave: str) -> pd.DataFrame:
    return part[part["wave"] == wave]


def _mix(part: pd.DataFrame, cells: str, wave: str) -> pd.DataFrame:
    """How many of the cohort are in each cell in a wave, the largest first?"""
    codes, found = factorize(part.loc[part["wave"] == wave, cells])
    counts = np.bincount(codes, minlength=len(found))
    order = np.argsort(-counts, kind="stable")
    names = ["sen" if name == "sen_provision" else name for name in CELLS[cells] if name in part.columns]
    mix = pd.DataFrame([found[place].split("|") for place in order], columns=names, dtype=object)  # small: no Arrow
    return mix.assign(weight=counts[order].astype(np.float64))


def _codes(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name].map(PROVISION) if name == "sen_provision" else rows[name]


def _composition(design: AbsenceQuestion, part: pd.DataFrame, cells: str, last: comparators.Weighted) -> float | None:
    """How much of England's later figure is the cohort's changed mix of pupils?"""
    if design.population != "each-year":
        return None
    later = _mix(part, cells, "after")
    try:
        moved = comparators.weighted(
            SLUG, later, design.outcome_year, definition=design.rule().id, keys=last.keys, source=last.source
        )
    except ComparatorError:
        return None
    return moved.value - last.value
