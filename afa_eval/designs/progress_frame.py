"""The pupils behind a progress question: who is eligible, who has scores, why the others have not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.codes.no_score import REASONS
from afa_eval.data.tables import Tables
from afa_eval.designs.groups import group_labels, masks, members, with_phase
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.designs.progress_status import provision, sen_of, with_status
from afa_eval.errors import DataError, EstimationError
from afa_eval.estimate import Table

NO_FIRST_SCORE = "no first score"
WHY_NOT = (*REASONS, NO_FIRST_SCORE)
SCORED = "with the scores needed"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Which pupils, with which scores, in which groups?

    Attributes
    ----------
    frame : pandas.DataFrame
        Eligible pupils, one row each, index 0 to n - 1: all columns of the tables.
    school : ndarray of int
        Code of the school at baseline, from 0; -1 where unknown.
    before, after : pandas.Series of float
        Scores; ``before`` is all missing where the question has no baseline.
    progress : pandas.Series of float
        What progress is measured by: the gain, or the outcome where a gain has no meaning.
    usable : ndarray of bool
        Has the scores needed, and a school.
    why_not : pandas.Series of str
        One of ``WHY_NOT`` where not usable.
    sen_before : pandas.Series
        ``sen`` in the first year, which differs from ``frame["sen"]`` under ``each-year`` only.
    labels : tuple of str
        Groups in reading order, ``all`` first.
    masks : mapping of str to ndarray of bool
        Members of each group.
    untested : tuple of str
        Year groups in which nobody has a last score, left out.
    everyone : pandas.Series of float
        First scores (last ones where these are on another scale) of all the trust's pupils, before ``where``.
    everyone_year : pandas.Series
        Their year group, missing where unknown.
    has_others : bool
        Whether pupils outside the programme are in the data as well.
    leavers : pandas.DataFrame
        Pupils who left before the last score, and are in ``frame`` no longer: the same columns.
    """

    frame: pd.DataFrame
    school: npt.NDArray[np.int64]
    before: pd.Series
    after: pd.Series
    progress: pd.Series
    usable: Mask
    why_not: pd.Series
    sen_before: pd.Series | None
    labels: tuple[str, ...]
    masks: Mapping[str, Mask]
    untested: tuple[str, ...]
    everyone: pd.Series
    everyone_year: pd.Series
    has_others: bool
    leavers: pd.DataFrame

    def covers(self, mask: Mask, least: float) -> bool:
        """Have enough of these pupils the scores needed for a comparison?

        Parameters
        ----------
        mask : ndarray of bool
            Which pupils.
        least : float
            The least share.

        Returns
        -------
        bool
            False where nobody is meant.
        """
        return bool(mask.any()) and float(self.usable[mask].mean()) >= least

    def coverage(self, label: str) -> float:
        """Which share of a group's eligible pupils has the scores needed?

        Parameters
        ----------
        label : str
            One of ``labels``.

        Returns
        -------
        float
            0 to 1; nan where the group has no pupil.
        """
        mask = self.masks[label]
        return float(self.usable[mask].mean()) if mask.any() else float("nan")


def cohort(question: ProgressQuestion, tables: Tables) -> Cohort:
    """Which pupils does the question concern?

    Parameters
    ----------
    question : ProgressQuestion
        Columns, groups and filter.
    tables : Tables
        The canonical tables.

    Returns
    -------
    Cohort
        Ready for the estimators.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    EstimationError
        Where no pupil has the scores needed, or the outcome does not vary.
    """
    roles = {"urn": "the school", question.outcome: "the outcome"}
    roles |= {question.baseline: "the baseline"} if question.baseline else {}
    roles |= dict.fromkeys(question.waves, "a wave") | dict.fromkeys(question.covariates, "a covariate")
    tables = tables.on_roll(question.baseline_year)
    whole = with_phase(tables.by_pupil(roles))
    whole = with_status(whole, provision(tables, question.sen_status_at, question.outcome_year))
    frame = whole[members(whole, question.where)]
    frame, untested = _tested(frame, question.outcome)
    gone = _given(frame, question.outcome) == "left"  # and no longer eligible
    stayed = _assemble(question, tables, whole, frame[~gone].reset_index(drop=True), untested)
    return replace(stayed, leavers=frame[gone])


def _tested(frame: pd.DataFrame, outcome: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out year groups in which nobody has a score: the test was not meant for them."""
    if "year_group" not in frame.columns or frame[outcome].notna().sum() == 0:
        return frame, ()
    scored = frame[outcome].notna().groupby(frame["year_group"]).any()
    absent = scored[~scored].index
    return frame[~frame["year_group"].isin(absent)], tuple(str(year) for year in absent)


def _assemble(
    question: ProgressQuestion, tables: Tables, whole: pd.DataFrame, frame: pd.DataFrame, untested: tuple[str, ...]
) -> Cohort:
    after = _scores(frame, question.outcome)
    before = _scores(frame, question.baseline) if question.baseline else pd.Series(np.nan, index=frame.index)
    codes, _ = pd.factorize(frame["urn"], sort=True)
    scored = after.notna() & (before.notna() | (not question.baseline))
    _refuse_hopeless(question, scored, after)
    labels = group_labels(frame, question.by, focus=question.focus)
    first = question.baseline if question.has_gain else question.outcome
    years = whole["year_group"] if "year_group" in whole.columns else pd.Series(pd.NA, index=whole.index)
    return Cohort(
        frame=frame,
        school=codes,
        before=before,
        after=after,
        progress=after - before if question.has_gain else after,
        usable=scored.to_numpy(dtype=bool) & (codes >= 0),
        why_not=_reasons(question, frame, before, after),
        sen_before=_sen_before(question, tables, frame),
        labels=labels,
        masks=masks(frame, labels),
        untested=untested,
        everyone=_scores(whole, first),
        everyone_year=years,
        has_others="cohort" in frame.columns and bool((frame["cohort"] != "pilot").any()),
        leavers=frame.iloc[:0],
    )


def _scores(frame: pd.DataFrame, column: str) -> pd.Series:
    try:
        numbers = pd.to_numeric(frame[column])
    except (TypeError, ValueError) as error:
        raise DataError(f"Column '{column}' holds text where scores should stand: {error}.") from error
    return pd.Series(numbers.to_numpy(dtype=np.float64, na_value=np.nan), index=frame.index)


def _refuse_hopeless(question: ProgressQuestion, scored: pd.Series, after: pd.Series) -> None:
    if not scored.any():
        needed = (
            f"both '{question.baseline}' and '{question.outcome}'" if question.baseline else f"'{question.outcome}'"
        )
        raise EstimationError(f"No pupil has {needed}, so progress cannot be estimated.")
    if scored.sum() > 1 and after[scored].nunique() == 1:
        raise EstimationError(f"All pupils have the same '{question.outcome}': there is no variation to learn from.")


def _reasons(question: ProgressQuestion, frame: pd.DataFrame, before: pd.Series, after: pd.Series) -> pd.Series:
    """Why a pupil has no usable score: the last score's reason first, then the first score's."""
    reason = pd.Series("", index=frame.index, dtype=object)
    if question.baseline:
        known = _given(frame, question.baseline)
        reason = reason.mask(before.isna(), known.fillna(NO_FIRST_SCORE))
    reason = reason.mask(after.isna(), _given(frame, question.outcome).fillna("not recorded"))
    return reason.mask((reason == "") & frame["urn"].isna(), "not recorded")


def _given(frame: pd.DataFrame, column: str) -> pd.Series:
    name = f"{column}_reason"
    if name not in frame.columns:
        return pd.Series(None, index=frame.index, dtype=object)
    reasons = frame[name].astype(object)
    return reasons.where(reasons.isin(REASONS))


def _sen_before(question: ProgressQuestion, tables: Tables, frame: pd.DataFrame) -> pd.Series | None:
    if "sen" not in frame.columns:
        return None
    if question.sen_status_at != "each-year" or not question.baseline_year or "pupil_id" not in frame.columns:
        return frame["sen"]
    status = provision(tables, "each-year", question.baseline_year)
    return frame["sen"] if status is None else sen_of(frame["pupil_id"].map(status))


def coverage_table(question: ProgressQuestion, people: Cohort) -> Table:
    """How many pupils of each SEN group have scores, and why have the others none?

    Parameters
    ----------
    question : ProgressQuestion
        Names the table.
    people : Cohort
        The pupils.

    Returns
    -------
    Table
        ``coverage-<id>``: counts by SEN provision and reason, with totals.
    """
    groups = sen_groups(people)
    reasons = [why for why in WHY_NOT if (people.why_not[~people.usable] == why).any()]
    rows = {name: _row(people, mask, reasons) for name, mask in groups.items()}
    rows["Total"] = _row(people, np.ones(len(people.frame), dtype=bool), reasons)
    left_out = f" Year groups in which nobody has a score are not counted: {', '.join(people.untested)}."
    return Table(
        name=f"coverage-{question.id}",
        title=f"{question.label or question.id}: pupils with the scores needed, and why others have none",
        rows=tuple(rows),
        columns=(SCORED, *reasons, "Total"),
        cells=tuple(rows.values()),
        outcome=question.id,
        row_label="SEN provision",
        note="Children these tests cannot measure are named here." + (left_out if people.untested else ""),
    )


def _row(people: Cohort, mask: Mask, reasons: list[str]) -> tuple[float, ...]:
    why = people.why_not[mask & ~people.usable]
    return (
        float((mask & people.usable).sum()),
        *(float((why == reason).sum()) for reason in reasons),
        float(mask.sum()),
    )


def sen_groups(people: Cohort) -> dict[str, Mask]:
    """Which pupils have which SEN provision?

    Parameters
    ----------
    people : Cohort
        The pupils.

    Returns
    -------
    dict of str to ndarray of bool
        By group label, from no provision to the most; by ``sen`` where provision is unknown; empty
        where neither is known.
    """
    column = next((name for name in ("sen_provision", "sen") if name in people.frame.columns), None)
    if column is None:
        return {}
    return masks(people.frame, group_labels(people.frame, (column,))[1:])
