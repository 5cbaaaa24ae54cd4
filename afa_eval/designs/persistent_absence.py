"""Are fewer children persistently absent than before, and than England's trend would give?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from afa_eval.codes import absence, years
from afa_eval.data.tables import Tables, as_tables
from afa_eval.designs.absence_national import NationalLine, national_line
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.absence_rows import Counted, counted_rows, transition_table
from afa_eval.designs.base import Data
from afa_eval.designs.clustered import CellFit, Clustered, about_precision, answer, between_schools, fit_cells
from afa_eval.designs.groups import group_labels, members
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Finding, Severity, Table

SHARE, DIFFERENCE, RELATIVE = "proportion", "proportion difference", "relative change"
SHARES = {  # flag column: estimands before, after, change
    "severe": (Estimand.SEVERE_ABSENCE_BEFORE, Estimand.SEVERE_ABSENCE_AFTER, Estimand.SEVERE_ABSENCE_CHANGE),
}
RATES = {  # sessions column: estimands before, after, change
    "absent": (Estimand.ABSENCE_RATE_BEFORE, Estimand.ABSENCE_RATE_AFTER, Estimand.ABSENCE_RATE_CHANGE),
    "sessions_authorised": (
        Estimand.AUTHORISED_RATE_BEFORE,
        Estimand.AUTHORISED_RATE_AFTER,
        Estimand.AUTHORISED_RATE_CHANGE,
    ),
    "sessions_unauthorised": (
        Estimand.UNAUTHORISED_RATE_BEFORE,
        Estimand.UNAUTHORISED_RATE_AFTER,
        Estimand.UNAUTHORISED_RATE_CHANGE,
    ),
}
CHANGE = {"after": 1.0, "before": -1.0}


@dataclass(frozen=True, kw_only=True)
class PersistentAbsence(AbsenceQuestion):
    """Are fewer children persistently absent than before, and than England's trend would give?

    Notes
    -----
    Parameters as in ``AbsenceQuestion`` and ``Design``. A share is the mean of a whole-number test
    (``absent * 10 >= possible``); a rate is a ratio of sums. Both years stand in one model with
    schools as clusters, so the change keeps their covariance. The relative change is computed as
    a difference of logs. England's figures are fixed, weighted to the cohort's mix of the first
    year in both years. Source: DfE, Pupil absence statistics: methodology.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "pupil_id": ["1", "2", "1", "2"], "urn": ["a", "b", "a", "b"], "year": ["202122"] * 2 + ["202223"] * 2,
    ...     "sessions_possible": [300] * 4, "sessions_authorised": [40, 10, 20, 10], "sessions_unauthorised": [0] * 4})
    >>> question = PersistentAbsence(id="absence", baseline_year="202122", outcome_year="202223", least_enrolments=1)
    >>> question.estimate(rows)["persistent_absence_before"].value
    0.5
    """

    slug: ClassVar[str] = "persistent-absence"
    question: ClassVar[str] = "Are fewer children persistently absent than before, and than England's trend would give?"

    def estimate(self, data: Data) -> Estimates:
        """What is the answer?

        Parameters
        ----------
        data : Tables, mapping of frames, pandas.DataFrame or path
            The attendance table, and the pupils table for subgroups and DfE's age rule.

        Returns
        -------
        Estimates
            Shares, rates, changes and what England's figures say, for all and each group.

        Raises
        ------
        ColumnNotFound
            Where a needed column is missing.
        EstimationError
            Where a year has no attendance.
        """
        tables = as_tables(data)
        counted = counted_rows(self, tables)
        rows = counted.rows
        labels = group_labels(rows, self.by, self.focus)
        items: list[Estimate] = []
        lines: dict[str, NationalLine] = {}
        for label in labels:
            part = rows[members(rows, label)]
            if set(part["wave"]) != {"before", "after"}:
                continue
            lines[label] = national_line(self, part, label)
            items.extend(self._group(label, part, lines[label]))
        findings = (*self._definition_findings(), *_line_findings(self, lines), *self._sign_findings(items))
        return Estimates(tuple(items), findings, self._tables(counted, tables))

    def _group(self, label: str, part: pd.DataFrame, line: NationalLine) -> list[Estimate]:
        """Every figure of one group."""
        fit = fit_cells(part["persistent"], part["wave"], part["cluster"])
        change = fit.combine(CHANGE)
        items = self._levels(label, part, fit, line)
        items.append(self._said(label, Estimand.PERSISTENT_ABSENCE_CHANGE, change, DIFFERENCE, part))
        items.extend(self._relative(label, part, fit, line))
        if line.change is not None:
            items.append(
                self._said(
                    label,
                    Estimand.CHANGE_MINUS_NATIONAL,
                    change.minus(line.change.value),
                    DIFFERENCE,
                    part,
                    claim=Claim.COMPARISON,
                    comparator=line.change,
                    method="change minus England's, fixed",
                )
            )
        for column, names in SHARES.items():
            items.extend(self._triple(label, part, fit_cells(part[column], part["wave"], part["cluster"]), names))
        for column, names in RATES.items():
            ratio = fit_cells(part[column], part["wave"], part["cluster"], size=part["sessions_possible"])
            items.extend(self._triple(label, part, ratio, names, method="ratio of sums"))
        before = part[part["wave"] == "before"]
        icc = between_schools(
            self, label, before["persistent"], before["cluster"], unit="persistent absence before", base=self.base
        )
        items.extend([icc] if icc else [])
        n = _count(part, "after")
        of = "change in persistent absence"
        return items + list(about_precision(self, label, change, unit=DIFFERENCE, base=self.base, of=of, n=n))

    def _levels(self, label: str, part: pd.DataFrame, fit: CellFit, line: NationalLine) -> list[Estimate]:
        """The share and the number persistently absent in each year, and the later share against England."""
        items = []
        for wave, share, number, against in (
            ("before", Estimand.PERSISTENT_ABSENCE_BEFORE, Estimand.PERSISTENT_ABSENTEES_BEFORE, line.before),
            ("after", Estimand.PERSISTENT_ABSENCE_AFTER, Estimand.PERSISTENT_ABSENTEES_AFTER, line.after),
        ):
            level = fit.combine({wave: 1.0})
            items.append(self._said(label, share, level, SHARE, part, wave=wave, comparator=against))
            total = replace(level, value=float(part.loc[part["wave"] == wave, "persistent"].sum()), se=None, df=None)
            items.append(replace(self._said(label, number, total, "count", part, wave=wave, method="count"), notes=()))
        if line.after is not None:
            gap = fit.combine({"after": 1.0}).minus(line.after.value)
            name, method = Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL, "share minus England's, fixed"
            items.append(
                self._said(
                    label, name, gap, DIFFERENCE, part, claim=Claim.COMPARISON, comparator=line.after, method=method
                )
            )
        return items

    def _relative(self, label: str, part: pd.DataFrame, fit: CellFit, line: NationalLine) -> list[Estimate]:
        """The change as a proportion of where it began, by logs; and as a ratio to England's."""
        before, after = (fit.combine({wave: 1.0}).value for wave in ("before", "after"))
        if before <= 0 or after <= 0:
            return []
        logs = fit.combine({"after": 1.0 / after, "before": -1.0 / before})
        change = self._said(
            label, Estimand.PERSISTENT_ABSENCE_RELATIVE_CHANGE, logs, RELATIVE, part, method="difference of logs"
        )
        items = [_exponent(change, after / before, shift=-1.0)]
        if line.before is not None and line.after is not None and line.before.value > 0 and line.after.value > 0:
            national = line.after.value / line.before.value
            ratio = self._said(
                label,
                Estimand.RELATIVE_CHANGE_RATIO,
                logs.minus(float(np.log(national))),
                "ratio",
                part,
                claim=Claim.COMPARISON,
                comparator=_ratio_line(line, national),
                method="ratio of ratios, by logs; England's fixed",
            )
            items.append(_exponent(ratio, after / before / national, shift=0.0))
        return items

    def _triple(
        self,
        label: str,
        part: pd.DataFrame,
        fit: CellFit,
        names: tuple[Estimand, Estimand, Estimand],
        method: str = "mean",
    ) -> list[Estimate]:
        """Before, after and the change of one share or rate."""
        return [
            self._said(label, names[0], fit.combine({"before": 1.0}), SHARE, part, wave="before", method=method),
            self._said(label, names[1], fit.combine({"after": 1.0}), SHARE, part, method=method),
            self._said(label, names[2], fit.combine(CHANGE), DIFFERENCE, part, method=f"difference of two: {method}"),
        ]

    def _said(
        self,
        label: str,
        estimand: Estimand,
        what: Clustered,
        unit: str,
        part: pd.DataFrame,
        *,
        wave: str = "after",
        claim: Claim = Claim.DESCRIPTION,
        comparator: Comparator | None = None,
        method: str = "mean",
    ) -> Estimate:
        if what.se == 0:  # everyone or no one: the data cannot say how sure that is
            what = replace(what, se=None, df=None)
        by_rule = f"{method}, {self.rule().label}" if estimand.startswith("persistent") else method
        return answer(
            self,
            label,
            estimand,
            what,
            unit=unit,
            base=self.base,
            claim=claim,
            comparator=comparator,
            method=by_rule,
            n=_count(part, wave),
        )

    def _definition_findings(self) -> tuple[Finding, ...]:
        if self.definition:
            return ()
        first, last = absence.definition(self.baseline_year), self.rule()
        if first.id == last.id:
            return ()
        message = (
            f"The definition of persistent absence changed between {years.label(self.baseline_year)} ({first.label}) "
            f"and {years.label(self.outcome_year)} ({last.label}). Both years are counted here by the later one, from "
            "sessions; figures published at the time do not compare."
        )
        return (Finding(code="definition-changed", severity=Severity.CONCERN, message=message, outcomes=(self.id,)),)

    def _sign_findings(self, items: list[Estimate]) -> tuple[Finding, ...]:
        """Say where points and per cent disagree on who did better."""
        points = {i.group: i.value for i in items if i.estimand == Estimand.CHANGE_MINUS_NATIONAL}
        ratios = {i.group: i.value for i in items if i.estimand == Estimand.RELATIVE_CHANGE_RATIO}
        groups = [group for group, value in points.items() if group in ratios and value * (ratios[group] - 1) < 0]
        if not groups:
            return ()
        message = (
            f"For {', '.join(groups)}, the change against England points one way in percentage points and the other "
            "way as a ratio, because the two started from different levels. Quote both or neither."
        )
        return (
            Finding(code="points-and-ratio-differ", severity=Severity.CONCERN, message=message, outcomes=(self.id,)),
        )

    def _tables(self, counted: Counted, tables: Tables) -> tuple[Table, ...]:
        moved = transition_table(self, tables)
        return (counted.table, moved) if moved is not None else (counted.table,)


def _count(part: pd.DataFrame, wave: str) -> int:
    return int((part["wave"] == wave).sum())


def _exponent(item: Estimate, value: float, *, shift: float) -> Estimate:
    """An estimate made of logs, told as a ratio (or a ratio less one)."""
    ends = None if item.ci is None else (float(np.exp(item.ci[0])) + shift, float(np.exp(item.ci[1])) + shift)
    return replace(item, value=value + shift, interval=ends, se=None, df=None, null=1.0 + shift)


def _ratio_line(line: NationalLine, ratio: float) -> Comparator | None:
    return None if line.change is None else replace(line.change, value=ratio, unit="ratio")


def _line_findings(design: PersistentAbsence, lines: dict[str, NationalLine]) -> tuple[Finding, ...]:
    """What could not be matched, what only in part, and how far the mix of pupils moved."""
    found = []
    without = {label: line.reason for label, line in lines.items() if line.change is None}
    if without:
        message = (
            f"No national figure for the same children: {', '.join(without)}. "
            f"{' '.join(dict.fromkeys(reason for reason in without.values() if reason))} "
            "These figures are descriptions."
        )
        fix = "Name a comparator file of your own, or compare a wider group."
        severity = Severity.SERIOUS if "all" in without else Severity.NOTE
        found.append(Finding(code="no-comparator", severity=severity, message=message, fix=fix, outcomes=(design.id,)))
    whole = lines.get("all")
    if whole is not None and whole.change is not None:
        found.append(_mix_finding(design, whole))
    return tuple(found)


def _mix_finding(design: PersistentAbsence, line: NationalLine) -> Finding:
    message = (
        f"England's figures are weighted to this cohort's mix in the first year ({', '.join(line.keys)}); "
        f"{100 * line.matched:.0f}% of {design.base} were matched."
    )
    if line.composition is not None:
        message += (
            f" Had the mix of the later year been used, England's later figure would differ by "
            f"{100 * line.composition:+.1f} percentage points: that part is a change of pupils, not of absence."
        )
    severity = Severity.CONCERN if line.matched < 0.9 or abs(line.composition or 0) > 0.01 else Severity.NOTE
    return Finding(code="composition", severity=severity, message=message, outcomes=(design.id,))
