"""Are fewer children persistently absent than before, and than England's trend would give?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pandas as pd

from afa_eval import comparators
from afa_eval.codes import absence, years
from afa_eval.data.tables import Tables, as_tables
from afa_eval.designs.absence_answers import RATES, SHARES, GroupAnswers
from afa_eval.designs.absence_authorities import authorities_table
from afa_eval.designs.absence_national import CELLS, SLUG, NationalLine, national_line, with_cells
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.absence_rows import Counted, counted_rows, transition_table
from afa_eval.designs.absence_years import years_tables
from afa_eval.designs.base import Data
from afa_eval.designs.groups import group_labels, masks, texts
from afa_eval.estimate import Estimand, Estimate, Estimates, Finding, Severity, Table, words

MOST_NAMED = 6  # more groups than these are named together


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
        labels = group_labels(counted.rows, self.by, self.focus)
        rows = _ready(counted.rows)
        items: list[Estimate] = []
        lines: dict[str, NationalLine] = {}
        for label, inside in masks(counted.rows, labels).items():
            part = rows[inside]
            if set(part["wave"]) != {"before", "after"}:
                continue
            lines[label] = national_line(self, part, label)
            sizes = {str(wave): int(n) for wave, n in part["wave"].value_counts().items()}
            items.extend(GroupAnswers(self, label, lines[label], sizes).all(part))
        findings = (*self._definition_findings(), *_line_findings(self, lines), *self._sign_findings(items))
        return Estimates(tuple(items), findings, self._tables(counted, tables, labels))

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
        groups = [group for group, value in points.items() if group in ratios and _disagree(value, ratios[group])]
        if not groups:
            return ()
        message = (
            f"For {_named(groups)}, the change against England points one way in percentage points and the other "
            "way as a ratio, because the two started from different levels. Quote both or neither."
        )
        return (
            Finding(code="points-and-ratio-differ", severity=Severity.CONCERN, message=message, outcomes=(self.id,)),
        )

    def _tables(self, counted: Counted, tables: Tables, labels: Iterable[str]) -> tuple[Table, ...]:
        some = (transition_table(self, tables), authorities_table(self, labels), *years_tables(self, tables))
        return (counted.table, *(one for one in some if one is not None))


def _named(groups: Iterable[str]) -> str:
    """Groups as a reader calls them, the first few where they are many."""
    names = list(dict.fromkeys(words.label(group) for group in groups))
    more = f"; {len(names) - MOST_NAMED} other groups" if len(names) > MOST_NAMED else ""
    return "; ".join(names[:MOST_NAMED]) + more


def _ready(rows: pd.DataFrame) -> pd.DataFrame:
    """What the figures of a group need, with its cells and with words as categories, so that a group costs little."""
    rows = with_cells(rows)
    crossed = {name for names in CELLS.values() for name in names}
    named = [name for name in rows.columns if name in {"wave", "cluster", *CELLS, *crossed}]
    numbers = [name for name in rows.columns if name in {"persistent", *SHARES, *RATES, "sessions_possible"}]
    return rows[numbers].assign(**{name: texts(rows[name]).astype("category") for name in named})


def _disagree(points: float, ratio: float) -> bool:
    """Do both, as they are printed, point to different sides?"""
    printed = words.number(points, "proportion difference").strip("\u22120.") and words.number(ratio, "ratio") != "1.00"
    return bool(printed) and points * (ratio - 1) < 0


def _line_findings(design: PersistentAbsence, lines: dict[str, NationalLine]) -> tuple[Finding, ...]:
    """What could not be matched, what only in part, and how far the mix of pupils moved."""
    found = []
    without = {label: line.reason for label, line in lines.items() if line.change is None}
    if without:
        told = " ".join(f"{who}: {why}" for who, why in _by_reason(without, everyone=len(without) == len(lines)))
        message = f"No national figure for the same children, so these figures are descriptions. {told}"
        fix = "Name a comparator file of your own, or compare a wider group."
        severity = Severity.SERIOUS if {"all", design.focus} & set(without) else Severity.NOTE
        found.append(Finding(code="no-comparator", severity=severity, message=message, fix=fix, outcomes=(design.id,)))
    whole = lines.get("all")
    if whole is not None and whole.change is not None:
        found.append(_mix_finding(design, whole))
        groups = comparators.breaks(SLUG, design.baseline_year, design.outcome_year, "any")
        found.extend(replace(item, outcomes=(design.id,)) for item in groups)
    return tuple(found)


def _by_reason(without: dict[str, str], *, everyone: bool) -> list[tuple[str, str]]:
    """Each reason once, with the groups it holds for; the widest reason first."""
    groups: dict[str, list[str]] = {}
    for label, reason in without.items():
        groups.setdefault(reason, []).append(label)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    if everyone and len(ordered[0][1]) > MOST_NAMED:
        (reason, _), *others = ordered
        rest = "All other groups" if others else "All groups"
        return [*((_named(who), why) for why, who in others), (rest, reason)]
    return [(_named(who), why) for why, who in ordered]


def _whose(design: PersistentAbsence) -> str:
    named = "England's" if design.area == "England" else f"{design.area[0].upper()}{design.area[1:]}: the"
    return f"{Path(design.comparator).name}: the" if design.comparator else named


def _mix_finding(design: PersistentAbsence, line: NationalLine) -> Finding:
    message = (
        f"{_whose(design)} figures are weighted to this cohort's mix in the first year ({', '.join(line.keys).replace('_', ' ')}); "
        f"{100 * line.matched:.0f}% of {design.base} were matched."
    )
    if not line.same_children:
        message += f" They are of all pupils: a yardstick, and no comparison with the same children. {line.reason}"
    if line.composition is not None and words.number(line.composition, "proportion difference") != "0.0":
        message += (
            f" Had the mix of the later year been used, the later figure would differ by "
            f"{100 * line.composition:+.1f} percentage points: that part is a change of pupils, not of absence."
        )
    if line.se:
        message += " The cohort is more than 2% of the children these figures count, so it is taken out of them."
    severity = Severity.CONCERN if line.matched < 0.9 or abs(line.composition or 0) > 0.01 else Severity.NOTE
    return Finding(code="composition", severity=severity, message=message, outcomes=(design.id,))
