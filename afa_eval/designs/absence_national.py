"""England's absence for the same children: same measure, definition, years and mix of pupils."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.codes import years
from afa_eval.comparators.store import notices
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.groups import factorize, parse, texts
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator

A_YEAR_OLDER = (
    "Pupils put into a cohort at one time are a year older in the second year, so England's figures of the same year "
    'groups do not fit them: ask for population = "followed".'
)
NOT_BY_YEAR_GROUP = (
    "Followed pupils are a year older in the second year, and for {years} England's figures of the same children are not held "
    "by year group, so growing older and change cannot be told apart."
)
NEED_ONLY_BY_PHASE = "Figures by primary need are published by phase only, not crossed with anything else."
SLUG = "persistent-absence"
CELLS = {  # provision is published by phase, any or none by much more, all pupils to the latest year
    "by_status": ("sen", "phase", "year_group", "sex", "fsm"),
    "by_provision": ("sen_provision", "phase", "sex", "fsm"),
    "by_phase": ("phase",),
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
    se_before, se_after : float
        Error of each: 0 where the figures are fixed, above 0 where a cohort of more than 2 % was
        taken out of them.
    same_children : bool
        False where all pupils of England stand beside all pupils here, matched on phase only.
    """

    before: Comparator | None = None
    after: Comparator | None = None
    change: Comparator | None = None
    matched: float = 0.0
    keys: tuple[str, ...] = ()
    composition: float | None = None
    reason: str = ""
    se_before: float = 0.0
    se_after: float = 0.0
    same_children: bool = True

    @property
    def se(self) -> float:
        """How sure is the change?"""
        return math.hypot(self.se_before, self.se_after)

    @property
    def se_log(self) -> float:
        """How sure is the logarithm of the ratio of the two?"""
        if self.before is None or self.after is None or not self.se:
            return 0.0
        return math.hypot(self.se_before / self.before.value, self.se_after / self.after.value)


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
    if "cohort" in asked | {column for column, _ in parse(design.where)} and design.population == "each-year":
        return NationalLine(reason=A_YEAR_OLDER)
    finer = dict(parse(label)).get("sen_provision", "N") != "N"  # no SEN is the same by either name
    cells = "by_provision" if finer or _by_provision_only(design.own) else "by_status"
    if cells not in part.columns or "sen" not in part.columns:
        return _beside_all(
            design, part, label, "England's figures are matched on SEN status, which these data do not have."
        )
    try:
        line = _need_or_cells(design, part, label, cells)
    except ComparatorError as error:
        return _beside_all(design, part, label, _why_not(design, cells, asked, error))
    if design.population == "followed" and "year_group" not in line.keys:
        return NationalLine(reason=NOT_BY_YEAR_GROUP.format(years=_both(design)))
    return line


def _need_or_cells(design: AbsenceQuestion, part: pd.DataFrame, label: str, cells: str) -> NationalLine:
    if "primary_need" not in dict(parse(label)):
        return _by_cells(design, part, cells)
    later = "before" if design.population == "each-year" else "after"
    return _by_need(design, _of(part, "before"), _of(part, later), label)


def _by_cells(design: AbsenceQuestion, part: pd.DataFrame, cells: str) -> NationalLine:
    """England's figures of the same cells, each year's by the mix of the first, or of the year for followed pupils."""
    before, after = _mix(part, cells, "before"), _mix(part, cells, "after")
    first, last = comparators.weighted_pair(
        SLUG,
        (design.baseline_year, design.outcome_year),
        before,
        _earlier_mix(before, after) if design.population == "each-year" else after,
        definition=design.rule().id,
        area=design.area,
        own=design.own,
    )
    return NationalLine(
        before=first.comparator,
        after=last.comparator,
        change=_change(design, first.comparator, last.comparator),
        matched=min(first.share_matched, last.share_matched),
        keys=first.keys,
        composition=_composition(design, after, last),
        se_before=first.se,
        se_after=last.se,
    )


def _beside_all(design: AbsenceQuestion, part: pd.DataFrame, label: str, reason: str) -> NationalLine:
    """All pupils of England of the same phases, where all pupils here are asked about and no closer figure is held."""
    columns = {column for column, _ in parse(label)} | {column for column, _ in parse(design.where)}
    if not columns <= {"phase"} or design.population == "followed" or "by_phase" not in part.columns:
        return NationalLine(reason=reason)
    try:
        line = _by_cells(design, part, "by_phase")
    except ComparatorError:
        return NationalLine(reason=reason)
    return replace(line, same_children=False, reason=reason)


def _both(design: AbsenceQuestion) -> str:
    return " and ".join(years.label(year) for year in (design.baseline_year, design.outcome_year))


def _by_provision_only(own: comparators.ComparatorFile | None) -> bool:
    """Does a file of the user's own know SEN support and plans, but not any SEN?"""
    groups = set() if own is None else {item.sen for item in own if item.comparator.slug == SLUG and not item.need}
    return "any" not in groups and bool(groups & {"support", "ehcp"})


def _earlier_mix(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The later year's cohort, to be taken out of a comparator, under the first year's weights."""
    keys = [name for name in before.columns if name not in {"weight", "n", "above"}]
    weights = dict(zip(_cells(before, keys), before["weight"], strict=True))
    own = dict(zip(_cells(after, keys), zip(after["n"], after["above"], strict=True), strict=True))
    cells = sorted({**weights, **own}, key=lambda cell: (-weights.get(cell, 0.0), cell))
    mix = pd.DataFrame(cells, columns=keys, dtype=object)
    counts = [own.get(cell, (0.0, 0.0)) for cell in cells]
    return mix.assign(
        weight=[weights.get(cell, 0.0) for cell in cells],
        n=[n for n, _ in counts],
        above=[above for _, above in counts],
    )


def _cells(mix: pd.DataFrame, keys: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(mix[key].tolist() for key in keys), strict=True))


def _why_not(design: AbsenceQuestion, cells: str, asked: set[str], error: ComparatorError) -> str:
    """In a sentence for a reader, the store's own only where figures of another area or of the user's are used."""
    if design.comparator or design.area != "England":
        return str(error).partition(" Jointly published")[0]
    gaps = [text for year in (design.baseline_year, design.outcome_year) for text in notices("gap", SLUG, year)]
    if gaps:
        return " ".join(dict.fromkeys(gaps))
    if "primary_need" in asked:
        crossed = asked - {"primary_need"}
        return NEED_ONLY_BY_PHASE if crossed else f"England's absence by primary need is not held for {_both(design)}."
    held = [
        comparators.joint_keys(SLUG, year, design.rule().id) for year in (design.baseline_year, design.outcome_year)
    ]
    if not all(any("sen" in keys for keys in sets) for sets in held):
        return f"England's absence of pupils with and without SEN is not held for {_both(design)}."
    if cells == "by_provision":
        return (
            f"England's absence by SEN support and EHC plan is not held for {_both(design)}, only by any SEN or none."
        )
    return f"England's figures of the same children cover less than 95% of this group in {_both(design)}."


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
        raise ComparatorError(NEED_ONLY_BY_PHASE)
    first = _need_line(design, need, before, design.baseline_year)
    last = _need_line(design, need, after, design.outcome_year)
    if first.source != last.source:
        raise ComparatorError(f"The figures for {need} come from different sources in the two years.")
    change = _change(design, first, last)
    return NationalLine(before=first, after=last, change=change, matched=1.0, keys=("primary need", "phase"))


def _need_line(design: AbsenceQuestion, need: str, rows: pd.DataFrame, year: str) -> Comparator:
    find = comparators.find if design.own is None else design.own.find
    asked: dict[str, Any] = {"year": year, "need": need, "definition": design.rule().id, "area": design.area}
    if "phase" not in rows.columns:
        return find(SLUG, **asked)
    counts = rows["phase"].value_counts().sort_index()
    weights = counts / counts.sum()
    found = [find(SLUG, phase=str(phase), **asked) for phase in weights.index]
    value = sum(weight * line.value for weight, line in zip(weights, found, strict=True))
    population = f"{design.area}, primary need {need}, same phase, weighted to the cohort's mix"
    mix = tuple(counts.astype(int).tolist())
    return replace(found[0], value=float(value), population=population, n=None, numerator=None, interval=None, mix=mix)


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
    rows = part["wave"] == wave
    codes, found = factorize(part.loc[rows, cells])
    counts = np.bincount(codes, minlength=len(found))
    above = np.bincount(codes, weights=part.loc[rows, "persistent"].to_numpy(dtype=np.float64), minlength=len(found))
    order = np.argsort(-counts, kind="stable")
    names = ["sen" if name == "sen_provision" else name for name in CELLS[cells] if name in part.columns]
    mix = pd.DataFrame([found[place].split("|") for place in order], columns=names, dtype=object)  # small: no Arrow
    weight = counts[order].astype(np.float64)
    return mix.assign(weight=weight, n=weight, above=above[order])


def _codes(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name].map(PROVISION) if name == "sen_provision" else rows[name]


def _composition(design: AbsenceQuestion, later: pd.DataFrame, last: comparators.Weighted) -> float | None:
    """How much of the later figure is the cohort's changed mix of pupils?"""
    if design.population != "each-year":
        return None
    try:
        moved = comparators.weighted(
            SLUG,
            later,
            design.outcome_year,
            definition=design.rule().id,
            keys=last.keys,
            source=last.source,
            area=design.area,
            own=design.own,
        )
    except ComparatorError:
        return None
    return moved.value - last.value
