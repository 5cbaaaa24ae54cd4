"""How much of a rise comes by itself when pupils were chosen because they were low?

Regression to the mean is (1 - r)(m - m_selected): m the mean of the group that pupils were chosen
from, before selection, m_selected that of the chosen, r how strongly the last score follows the
measure they were chosen by in a group that nobody selected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afa_eval.data.tables import Tables
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.base import Design
from afa_eval.designs.groups import members
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import ColumnNotFound
from afa_eval.estimate import Estimand, Estimates, Finding, Severity, words
from afa_eval.robustness.base import TELL_FROM, name_of, said

RANGE = (0.5, 0.9)
ENOUGH = 50  # pupils not chosen, from whom the relation of both scores is read
CODE = "regression-to-the-mean"
BAD_DAY = " A very low score is partly a bad day: as a group, the same pupils score higher the next time."
CONDITIONAL = (
    " Adjusted progress already allows for this: it sets pupils beside others who had the same first score. The gain, and "
    "progress minus national, do not: nothing was taken off them."
)
SEN_ENDS_LOWER = (
    " Nor is adjusted progress what the programme did. Pupils with SEN usually end lower than all pupils who had the same "
    "first score, with or without a programme: the average of their own group is lower."
)
COHORTS = "cohort=pilot - rest"
BESIDE_COHORT = (
    f" The difference to the comparison cohort ({words.label(COHORTS)}) has neither of these faults, as far as both were "
    "chosen in the same way."
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What would a rise be with no programme at all?

    Attributes
    ----------
    below : float
        How far the chosen lie below the group they were chosen from, in points.
    slope : float or None
        By how much the last score follows the measure; None where it cannot be read from the data.
    sd : float
        Of the group they were chosen from.
    pool : str
        That group, in words.
    slope_from : str
        Where the slope was read.
    below_norm : float or None
        How far below the norm's average of all pupils they began, in points; None where it names none, or no
        correlation.
    """

    below: float
    slope: float | None
    sd: float
    pool: str
    slope_from: str = ""
    below_norm: float | None = None

    @property
    def sizes(self) -> tuple[float, ...]:
        """The regression to the mean in points: one value, or both ends of the range."""
        if self.slope is not None:
            return ((1 - self.slope) * self.below,)
        return tuple(sorted((1 - r) * self.below for r in RANGE))


def regression_to_mean(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """How much of the change would have come by itself?

    Parameters
    ----------
    design : Design
        With how pupils were chosen.
    tables : Tables
        All the trust's pupils, chosen or not.
    estimates : Estimates
        The design's figures.

    Returns
    -------
    tuple of Finding
        ``regression-to-the-mean`` with its size, or its range for r of .5 to .9 where r is unknown.
    """
    if design.selection.how == "all":
        return ()
    if isinstance(design, ProgressQuestion):
        return _progress(design, tables, estimates)
    if isinstance(design, AbsenceQuestion) and _about_absence(design.selection.measure):
        return (_absence(design),)
    return ()


def _progress(design: ProgressQuestion, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    if design.baseline and design.selection.measure == design.baseline and not design.has_gain:
        return ()  # progress is already conditional on the measure they were chosen by
    if not design.has_gain:
        return (_conditional_on_another(design),)
    found = expected(design, tables)
    how = "because they were low" if design.selection.how == "low-baseline" else "by nomination"
    if found is None:
        message = (
            f"Pupils were chosen {how}, and pupils who are chosen low tend to rise with no help at all. By how much cannot be "
            "told here: these data do not hold the score they were chosen by, or hold too few of those they were chosen from."
        )
        fix = (
            "Hand in the score they were chosen by, for all pupils they were chosen from, and name it under selection."
        )
        return (said(design, CODE, Severity.SERIOUS, message, fix),)
    if found.below <= 0:
        return ()
    message = _message(design, found, how) + _by_start(estimates)
    return (said(design, CODE, Severity.SERIOUS, message, _fix(found, estimates)),)


def _by_start(estimates: Estimates) -> str:
    """Why progress for the same start is no effect either, where it is set against pupils in general."""
    names = {item.group for item in estimates if item.estimand == Estimand.ADJUSTED_PROGRESS}
    if not any(" - " not in name for name in names):
        return ""
    return SEN_ENDS_LOWER + (BESIDE_COHORT if COHORTS in names else "")


def _conditional_on_another(design: ProgressQuestion) -> Finding:
    """A progress score holds its own start constant, not the measure that pupils were chosen by."""
    message = (
        f"Pupils were chosen by another score than the one {name_of(design)} starts from. They are set beside pupils with the same "
        "start, not with the same score on what they were chosen by. So part of the difference, up or down, comes from how they "
        "were chosen; how much is not known."
    )
    return said(
        design, CODE, Severity.CONCERN, message, "Compare with pupils who were alike on that measure and not chosen."
    )


def _message(design: ProgressQuestion, found: Expected, how: str) -> str:
    sizes = [words.number(size, design.unit) for size in found.sizes]
    in_sd = [words.number(size / found.sd, "sd") for size in found.sizes]
    if found.slope is not None:
        size = f"about {sizes[0]} {design.unit}"
        r = words.number(found.slope, "sd")
        how_known = (
            f"The rise is {in_sd[0]} SD, from how first and last scores go together (r = {r}, of {found.slope_from})."
        )
    else:
        size = f"between {sizes[0]} and {sizes[1]} {design.unit}"
        how_known = (
            f"The rise is {in_sd[0]} to {in_sd[1]} SD: a range, because nobody knows how first and last scores go together here: "
            "r = 0.9 and r = 0.5 were tried."
        )
    why = BAD_DAY if design.selection.how == "low-baseline" else ""
    return (
        f"With no programme at all, pupils chosen {how} would gain more than others by {size}.{why} {how_known} "
        f"For {name_of(design)} the pupils chosen began {words.number(found.below, design.unit)} {design.unit} "
        f"below {found.pool}.{_beside_norm(design, found)}{CONDITIONAL}"
    )


def _beside_norm(design: ProgressQuestion, found: Expected) -> str:
    """Beside the average of all pupils, who began elsewhere, the rise is another one."""
    norm = design.norm
    if not found.below_norm or found.below_norm < 0 or norm is None or norm.correlation is None:
        return ""
    more = (1 - norm.correlation) * found.below_norm
    return (
        f" They began {words.number(found.below_norm, design.unit)} {design.unit} below all pupils who take the test. So beside the "
        f"average gain of all pupils they would gain {words.number(more, design.unit)} {design.unit} more by themselves "
        f"(r = {words.number(norm.correlation, 'sd')}, by the test's own figures)."
    )


def _fix(found: Expected, estimates: Estimates) -> str:
    if any(item.group == COHORTS for item in estimates):
        return "Look at the programme's pupils beside the comparison cohort, who began alike and were not chosen."
    if found.slope is None:
        return "Hand in the scores of pupils who were not chosen, or name how the test's two scores go together (its correlation)."
    return "Compare with pupils who began alike and were not chosen."


def expected(design: ProgressQuestion, tables: Tables) -> Expected | None:
    """How large is regression to the mean in these data?

    Parameters
    ----------
    design : ProgressQuestion
        With selection, ``where`` and norm.
    tables : Tables
        The trust's pupils.

    Returns
    -------
    Expected or None
        None where the measure or the group chosen from is not in the data.
    """
    measure = design.selection.measure or design.baseline
    try:
        tables = tables.on_roll(design.baseline_year)
        frame = tables.by_pupil({measure: "the selection measure", design.outcome: "the outcome"}) if measure else None
        if frame is None:
            return None
        chosen = _chosen(design, frame)
        pool = members(frame, _pool(design))
    except ColumnNotFound:
        return None
    values = pd.to_numeric(frame[measure], errors="coerce")
    if values[chosen & pool].count() < TELL_FROM:
        return None
    m_selected = float(values[chosen & pool].mean())
    same = measure == design.baseline
    rest = pool & ~chosen
    slope, slope_from = _slope_of(design, values[rest], frame.loc[rest, design.outcome]) if same else (None, "")
    if rest.sum() >= 2 and values[rest].notna().any():
        sd = float(values[pool].std())
        below = float(values[pool].mean()) - m_selected
        below_norm = _below_norm(design, m_selected) if same else None
        return Expected(below, slope, sd, _words(design), slope_from, below_norm) if sd > 0 else None
    norm = design.norm
    if same and norm is not None and norm.mean is not None and norm.sd is not None:
        whose = f"the test's national average of {norm.mean:g} (all pupils, not only those with SEN)"
        return Expected(norm.mean - m_selected, slope, norm.sd, whose, slope_from)
    return None


def _below_norm(design: ProgressQuestion, m_selected: float) -> float | None:
    norm = design.norm
    return None if norm is None or norm.mean is None or norm.correlation is None else norm.mean - m_selected


def _slope_of(design: ProgressQuestion, first: pd.Series, last: pd.Series) -> tuple[float | None, str]:
    """From the pupils not chosen; where they are too few, from the norm."""
    found = _slope(first, pd.to_numeric(last, errors="coerce"))
    if found is not None:
        return found, "the pupils not chosen"
    known = None if design.norm is None else design.norm.correlation
    return known, "the norm" if known is not None else ""


def _chosen(design: ProgressQuestion, frame: pd.DataFrame) -> pd.Series:
    """Those in the programme: the cohort column where there is one, else whom the outcome keeps."""
    if "cohort" in frame.columns and (frame["cohort"] == "pilot").any():
        return (frame["cohort"] == "pilot").fillna(False)
    return members(frame, design.where)


def _pool(design: ProgressQuestion) -> str:
    return {"sen": "sen=any", "all": "all", "": "all"}.get(design.selection.from_, design.selection.from_)


def _words(design: ProgressQuestion) -> str:
    pool = _pool(design)
    return (
        "the average of all pupils"
        if pool == "all"
        else f"the average of the pupils they were chosen from ({words.label(pool)})"
    )


def _slope(first: pd.Series, last: pd.Series) -> float | None:
    """The line through the pupils not chosen: choosing by the first score does not bend it."""
    both = first.notna() & last.notna()
    x, y = first[both].to_numpy(dtype=float), last[both].to_numpy(dtype=float)
    if x.size < ENOUGH or np.ptp(x) == 0:
        return None
    centred = x - x.mean()
    return float(np.clip(centred @ (y - y.mean()) / (centred @ centred), 0.0, 1.0))


def _about_absence(measure: str) -> bool:
    return any(part in measure.lower() for part in ("absen", "attend", "session"))


def _absence(design: Design) -> Finding:
    message = (
        "With no help at all, about half of the pupils who are persistently absent in one year are not in the next (44 to 55% in "
        "England's figures), while 13 to 16% of the others become so. "
        f"For {name_of(design)} pupils were chosen because they were absent: a fall among them comes nearly all by itself, and is "
        "no result."
    )
    fix = "Judge by all pupils on roll in each year, and by the share who became persistently absent."
    return said(design, CODE, Severity.SERIOUS, message, fix)
