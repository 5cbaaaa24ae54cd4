"""Every figure of one group's absence, from its counted rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from afa_eval.designs.absence_national import NationalLine
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.designs.clustered import CellFit, Cells, Clustered, about_precision, answer, between_schools
from afa_eval.designs.groups import BY, parse
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate

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
NOT_TOLD_APART = "England's figures are not told apart by {by} here: this group is matched on {keys} only."
BESIDE_ALL = "Beside all pupils of the same phases in England, not the same children: how many have SEN is not matched."


@dataclass(frozen=True, slots=True)
class GroupAnswers:
    """What happened to one group's absence, and to the same children's nationally?

    Attributes
    ----------
    design : AbsenceQuestion
        The question.
    label : str
        The group.
    line : NationalLine
        England's figures for it.
    sizes : mapping of str to int
        Enrolments (or pupils) by wave.
    """

    design: AbsenceQuestion
    label: str
    line: NationalLine
    sizes: Mapping[str, int]

    def all(self, part: pd.DataFrame) -> list[Estimate]:
        """What are all its figures?

        Parameters
        ----------
        part : pandas.DataFrame
            The group's counted rows of both waves.

        Returns
        -------
        list of Estimate
            Persistent absence first, then severe absence, rates, and how precise they are.
        """
        line = self.line
        cells = Cells.of(part["wave"], part["cluster"])
        fit = cells.fit(part["persistent"])
        change = fit.combine(CHANGE)
        items = self._levels(part, fit)
        items.append(self._said(Estimand.PERSISTENT_ABSENCE_CHANGE, change, DIFFERENCE))
        items.extend(self._relative(fit))
        if line.change is not None:
            items.append(
                self._said(
                    Estimand.CHANGE_MINUS_NATIONAL,
                    _minus(change, line.change.value, line.se),
                    DIFFERENCE,
                    claim=self._claim,
                    comparator=line.change,
                    method=f"change minus {self._whose}",
                )
            )
        for column, names in SHARES.items():
            items.extend(self._triple(cells.fit(part[column]), names))
        for column, names in RATES.items():
            ratio = cells.fit(part[column], size=part["sessions_possible"])
            items.extend(self._triple(ratio, names, method="ratio of sums"))
        before = part[part["wave"] == "before"]
        icc = between_schools(
            self.design,
            self.label,
            before["persistent"],
            before["cluster"],
            unit="persistent absence before",
            base=self.design.base,
        )
        items.extend([icc] if icc else [])
        of = "change in persistent absence"
        return items + list(
            about_precision(
                self.design, self.label, change, unit=DIFFERENCE, base=self.design.base, of=of, n=self.sizes["after"]
            )
        )

    @property
    def _claim(self) -> Claim:
        return Claim.COMPARISON if self.line.same_children else Claim.DESCRIPTION

    def _matching(self) -> tuple[str, ...]:
        """What must be said of whom England's figures are about?"""
        if not self.line.same_children:
            return (BESIDE_ALL,)
        named = dict.fromkeys(column for part in (self.label, self.design.where) for column, _ in parse(part))
        known = {*self.line.keys, "sen", "sen_provision", "primary_need"}
        by = " and ".join(BY.get(column, column.replace("_", " ")) for column in named if column not in known)
        keys = ", ".join(BY.get(key, key.replace("_", " ")) for key in self.line.keys)
        return (NOT_TOLD_APART.format(by=by, keys=keys),) if by else ()

    @property
    def _whose(self) -> str:
        whose = "England's" if self.design.area == "England" else f"{self.design.area}'s"
        return f"{whose} without this cohort, with its own error" if self.line.se else f"{whose}, fixed"

    def _levels(self, part: pd.DataFrame, fit: CellFit) -> list[Estimate]:
        """The share and the number persistently absent in each year, and the later share against England."""
        line = self.line
        items = []
        for wave, share, number, against in (
            ("before", Estimand.PERSISTENT_ABSENCE_BEFORE, Estimand.PERSISTENT_ABSENTEES_BEFORE, line.before),
            ("after", Estimand.PERSISTENT_ABSENCE_AFTER, Estimand.PERSISTENT_ABSENTEES_AFTER, line.after),
        ):
            level = fit.combine({wave: 1.0})
            items.append(self._said(share, level, SHARE, wave=wave, comparator=against))
            total = replace(level, value=float(part.loc[part["wave"] == wave, "persistent"].sum()), se=None, df=None)
            items.append(replace(self._said(number, total, "count", wave=wave, method="count"), notes=()))
        if line.after is not None:
            gap = _minus(fit.combine({"after": 1.0}), line.after.value, line.se_after)
            name, method = Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL, f"share minus {self._whose}"
            items.append(self._said(name, gap, DIFFERENCE, claim=self._claim, comparator=line.after, method=method))
        return items

    def _relative(self, fit: CellFit) -> list[Estimate]:
        """The change as a proportion of where it began, by logs; and as a ratio to England's."""
        line = self.line
        before, after = (fit.combine({wave: 1.0}).value for wave in ("before", "after"))
        if before <= 0 or after <= 0:
            return []
        slope = fit.combine({"after": 1.0 / after, "before": -1.0 / before})  # of the log of the ratio
        logs = replace(slope, value=float(np.log(after / before)))
        change = self._said(Estimand.PERSISTENT_ABSENCE_RELATIVE_CHANGE, logs, RELATIVE, method="difference of logs")
        items = [_exponent(change, after / before, shift=-1.0)]
        if line.before is not None and line.after is not None and line.before.value > 0 and line.after.value > 0:
            national = line.after.value / line.before.value
            ratio = self._said(
                Estimand.RELATIVE_CHANGE_RATIO,
                _minus(logs, float(np.log(national)), line.se_log),
                "ratio",
                claim=self._claim,
                comparator=_ratio_line(line, national),
                method=f"ratio of ratios, by logs; {self._whose}",
            )
            items.append(_exponent(ratio, after / before / national, shift=0.0))
        return items

    def _triple(
        self,
        fit: CellFit,
        names: tuple[Estimand, Estimand, Estimand],
        method: str = "mean",
    ) -> list[Estimate]:
        """Before, after and the change of one share or rate."""
        return [
            self._said(names[0], fit.combine({"before": 1.0}), SHARE, wave="before", method=method),
            self._said(names[1], fit.combine({"after": 1.0}), SHARE, method=method),
            self._said(names[2], fit.combine(CHANGE), DIFFERENCE, method=f"difference of two: {method}"),
        ]

    def _said(
        self,
        estimand: Estimand,
        what: Clustered,
        unit: str,
        *,
        wave: str = "after",
        claim: Claim = Claim.DESCRIPTION,
        comparator: Comparator | None = None,
        method: str = "mean",
    ) -> Estimate:
        if what.se == 0:  # everyone or no one: the data cannot say how sure that is
            what = replace(what, se=None, df=None)
        by_rule = f"{method}, {self.design.rule().label}" if estimand.startswith("persistent") else method
        return answer(
            self.design,
            self.label,
            estimand,
            what,
            unit=unit,
            base=self.design.base,
            claim=claim,
            comparator=comparator,
            method=by_rule,
            n=self.sizes[wave],
            notes=() if comparator is None else self._matching(),
        )


def _minus(what: Clustered, line: float, se: float) -> Clustered:
    """How far is it from a line, which may have an error of its own?"""
    less = what.minus(line)
    return less if not se or less.se is None else replace(less, se=float(np.hypot(less.se, se)))


def _exponent(item: Estimate, value: float, *, shift: float) -> Estimate:
    """An estimate made of logs, told as a ratio (or a ratio less one)."""
    ends = None if item.ci is None else (float(np.exp(item.ci[0])) + shift, float(np.exp(item.ci[1])) + shift)
    return replace(item, value=value + shift, interval=ends, se=None, df=None, null=1.0 + shift)


def _ratio_line(line: NationalLine, ratio: float) -> Comparator | None:
    return None if line.change is None else replace(line.change, value=ratio, unit="ratio")
