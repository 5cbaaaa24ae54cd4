"""Pupils beside the same children nationally: each group its own figure, the cohort the figure of its own mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from afa_eval.codes import sen as sen_codes
from afa_eval.comparators.lookup import as_comparator
from afa_eval.comparators.mix import MIX_COLUMNS, Weighted, texts, weighted, weighted_pair
from afa_eval.comparators.own_records import ComparatorFile
from afa_eval.comparators.series_breaks import breaks
from afa_eval.errors import AfaEvalError, ComparatorError
from afa_eval.estimate.records import Comparator, Finding

if TYPE_CHECKING:
    import pandas as pd

LAST_PRIMARY_YEAR = 6


@dataclass(frozen=True, slots=True)
class MatchedGroup:
    """Which children are these, how many, and what is the figure of the same children nationally?

    Attributes
    ----------
    keys : tuple of (str, str)
        For example ``(("sen", "any"), ("phase", "secondary"))``.
    weight : float
        How many of the cohort (or the sum of their weights).
    comparator : Comparator
        Of exactly these children.
    """

    keys: tuple[tuple[str, str], ...]
    weight: float
    comparator: Comparator


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What are the national figures for these pupils?

    Attributes
    ----------
    cohort : Weighted
        The figure of the cohort's own mix.
    groups : tuple of MatchedGroup
        Each jointly published cell that the cohort has pupils in, the largest first.
    share_matched : float
        Share of the pupils that have a figure.
    national : pandas.Series
        Each pupil's figure, by the pupils' index; missing where there is none.
    """

    cohort: Weighted
    groups: tuple[MatchedGroup, ...]
    share_matched: float
    national: pd.Series


@dataclass(frozen=True, slots=True, eq=False)
class MatchedChange:
    """How did the same children nationally change, and what is owed to a changed mix of pupils?

    Attributes
    ----------
    before, after : Weighted
        Both with the first year's weights (or the followed pupils, a year older in the second).
    change : float
        After minus before.
    composition : float or None
        What the later year's own mix would have added to ``after``; None for followed pupils, or
        where the later mix cannot be matched.
    findings : tuple of Finding
        What a reader must know: SEN categories or definitions that changed between the two years.
    """

    before: Weighted
    after: Weighted
    change: float
    composition: float | None
    findings: tuple[Finding, ...]


def match(
    pupils: pd.DataFrame,
    measure: str,
    *,
    year: object = None,
    definition: str | None = None,
    area: str = "England",
    weight: str | None = None,
    own: ComparatorFile | None = None,
) -> Matched:
    """What are the national figures for these pupils, group by group and for their mix?

    Parameters
    ----------
    pupils : pandas.DataFrame
        Any of sen, sen_provision (census codes), phase, year_group, sex (F, M), fsm (yes, no); phase
        follows from the year group where it is not given. One row per pupil or enrolment.
    measure : str
        A slug.
    year : object, optional
        Academic year; where None, the one in the pupils' column ``year``.
    definition : str, optional
        The measure's default where None.
    area : str
        England, a region, an authority, or ``neighbours of`` an authority.
    weight : str, optional
        A column of weights (possible sessions for a rate); each row counts once where None.
    own : ComparatorFile, optional
        A user's own file in place of the bundled figures.

    Returns
    -------
    Matched
        By SEN provision where that is published jointly with the rest, else by any SEN and none.

    Raises
    ------
    ComparatorError
        Where no source covers 95 % of the cohort, naming what is published, or the year is not told.

    Examples
    --------
    >>> import pandas as pd
    >>> found = match(pd.DataFrame({"sen": ["any", "none"], "year_group": [8, 8]}), "persistent-absence", year="202223")
    >>> found.cohort.keys, [round(group.comparator.value, 3) for group in found.groups]
    (('sen', 'phase', 'year_group'), [0.381, 0.225])
    """
    when = _only_year(pupils) if year is None else year
    problem: ComparatorError | None = None
    for rows in _ways(pupils):
        try:
            cohort = weighted(measure, _mix(rows, pupils, weight), when, definition, area=area, own=own)
        except ComparatorError as error:
            problem = error
            continue
        return _matched(cohort, rows)
    raise problem or ComparatorError("There are no pupils to match.")


def _only_year(pupils: pd.DataFrame) -> object:
    held = list(pupils["year"].dropna().unique()) if "year" in pupils.columns else []
    if len(held) != 1:
        told = f"these pupils are of {len(held)} years" if held else "these pupils have no column year"
        raise ComparatorError(f"Of which academic year? Say year=..., for {told}.")
    return held[0]


def match_change(
    before: pd.DataFrame,
    measure: str,
    years_: tuple[object, object],
    *,
    after: pd.DataFrame,
    followed: bool = False,
    definition: str | None = None,
    area: str = "England",
    weight: str | None = None,
    own: ComparatorFile | None = None,
) -> MatchedChange:
    """How did the same children nationally change, with the first year's mix in both years?

    Parameters
    ----------
    before, after : pandas.DataFrame
        The cohort in each year, as ``match``.
    measure : str
        A slug.
    years_ : tuple
        Before and after.
    followed : bool
        True where they are the same pupils: each then counts in the year group it is in that year.
    definition, area, weight, own
        As ``match``.

    Returns
    -------
    MatchedChange
        The change, and the part that is the pupils' and not the measure's.

    Raises
    ------
    ComparatorError
        Where no one source covers both years with the same keys.
    """
    problem: ComparatorError | None = None
    for first, last in zip(_ways(before), _ways(after), strict=False):
        mixes = _mix(first, before, weight), _mix(last, after, weight)
        later = mixes[1] if followed else None
        try:
            one, other = weighted_pair(measure, years_, mixes[0], later, definition, area=area, own=own)
        except ComparatorError as error:
            problem = error
            continue
        composition = None if followed else _composition(other, mixes[1], measure, years_[1], definition, area, own)
        group = "any" if "sen" in one.keys else "all"
        findings = breaks(measure, years_[0], years_[1], group)
        return MatchedChange(one, other, other.value - one.value, composition, findings)
    raise problem or ComparatorError("There are no pupils to match.")


def _composition(
    after: Weighted,
    mix: pd.DataFrame,
    measure: str,
    year: object,
    definition: str | None,
    area: str,
    own: ComparatorFile | None,
) -> float | None:
    asked: dict[str, Any] = {"keys": after.keys, "source": after.source, "area": area, "own": own}
    try:
        moved = weighted(measure, mix, year, definition, **asked)
    except ComparatorError:
        return None
    return moved.value - after.value


def _ways(pupils: pd.DataFrame) -> list[pd.DataFrame]:
    """The pupils' cells: by provision first, then by any SEN and none."""
    if pupils.empty:
        raise ComparatorError("There are no pupils to match.")
    rows = pupils[[name for name in MIX_COLUMNS if name in pupils.columns and name != "sen"]].copy()
    if "phase" not in rows.columns and "year_group" in rows.columns:
        early = rows["year_group"].astype(float) <= LAST_PRIMARY_YEAR
        rows["phase"] = early.map({True: "primary", False: "secondary"}).where(rows["year_group"].notna())
    ways = []
    if "sen_provision" in pupils.columns:
        groups = pupils["sen_provision"].map(_group)
        ways.append(rows.assign(sen=groups))
        ways.append(rows.assign(sen=groups.map({"none": "none", "support": "any", "ehcp": "any"})))
    elif "sen" in pupils.columns:
        ways.append(rows.assign(sen=pupils["sen"]))
    return ways or [rows]


def _group(code: object) -> str | None:
    try:
        return sen_codes.group(code)
    except AfaEvalError:
        return None


def _mix(rows: pd.DataFrame, pupils: pd.DataFrame, weight: str | None) -> pd.DataFrame:
    counted = rows.assign(weight=1.0 if weight is None else pupils[weight].astype(float))
    keys = [name for name in counted.columns if name != "weight"]
    if not keys:
        raise ComparatorError(f"Pupils are matched by {', '.join(MIX_COLUMNS)}; the table has none of these columns.")
    sums = counted.groupby(keys, dropna=False, observed=True)["weight"].sum()
    return sums.reset_index()


def _matched(cohort: Weighted, rows: pd.DataFrame) -> Matched:
    values = {cell: figure.value for cell, _, figure in cohort.cells}
    cells = list(zip(*(texts(rows[key]) for key in cohort.keys), strict=True))
    import pandas as pd

    national = pd.Series([values.get(cell) for cell in cells], index=rows.index, dtype=float, name="national")
    ordered = sorted(cohort.cells, key=lambda item: -item[1])
    groups = tuple(
        MatchedGroup(tuple(zip(cohort.keys, cell, strict=True)), weight, as_comparator(figure))
        for cell, weight, figure in ordered
    )
    return Matched(cohort, groups, cohort.share_matched, national)
