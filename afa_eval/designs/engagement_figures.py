"""The figures of a survey: shares and means before and after, their changes, how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np
import pandas as pd

from afa_eval.designs.clustered import CellFit, Clustered, about_precision, answer, between_schools, fit_cells
from afa_eval.designs.engagement_question import EngagementQuestion, total_asked
from afa_eval.designs.engagement_rows import AFTER, BEFORE, Answers
from afa_eval.designs.groups import AND, group_labels, members
from afa_eval.errors import EstimationError
from afa_eval.estimate import Claim, Estimand, Estimate
from afa_eval.kernels.effect_size import g_estimated
from afa_eval.models import multiplicity, ordinal, scales
from afa_eval.models.paired import Pairs

CHANGE = {AFTER: 1.0, BEFORE: -1.0}
PAIRED = "among those who answered in both waves"
UNPAIRED = "among all who answered"
NO_VARIATION = "No interval: everyone behind it gave the same answer."
OTHERS = " - rest"
POINTS = "scale points"
LACKING = ("no", "none", "N", "comparison")


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: the share of top answers, or the mean of a scale?

    Attributes
    ----------
    column : str
        Of ``Answers.rows``.
    given : str
        Column that says whether there is an answer.
    before, after, change, unpaired : Estimand
        What its figures are called.
    unit, change_unit : str
        Units of a level and of a change.
    name : str
        In the method line.
    """

    column: str
    given: str
    before: Estimand
    after: Estimand
    change: Estimand
    unpaired: Estimand
    unit: str
    change_unit: str
    name: str


TOP = Measure(
    "top",
    "rating",
    Estimand.TOP_BOX_BEFORE,
    Estimand.TOP_BOX_AFTER,
    Estimand.TOP_BOX_CHANGE,
    Estimand.TOP_BOX_CHANGE_UNPAIRED,
    "proportion",
    "proportion difference",
    "share of top answers",
)
SCALE = Measure(
    "scale",
    "scale",
    Estimand.SCALE_BEFORE,
    Estimand.SCALE_AFTER,
    Estimand.SCALE_CHANGE,
    Estimand.SCALE_CHANGE_UNPAIRED,
    POINTS,
    POINTS,
    "mean scale score",
)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Everything the figures are computed from, decided once for all groups.

    Attributes
    ----------
    design : EngagementQuestion
        What is asked.
    answers : Answers
        Who answered what.
    measures : tuple of Measure
        The rating first, where there are both.
    pairs : mapping of str to Pairs
        Of each measure's column: who answered it twice.
    either : Pairs
        Who answered anything twice.
    labels : tuple of str
        Groups in reading order.
    everyone, twice : mapping of str to pandas.DataFrame
        By measure's column the answers of all and of those who answered twice, the latter in the
        school and groups of the first wave: ``value, given, wave, school, key`` and group columns.
    """

    design: EngagementQuestion
    answers: Answers
    measures: tuple[Measure, ...]
    pairs: Mapping[str, Pairs]
    either: Pairs
    labels: tuple[str, ...]
    everyone: Mapping[str, pd.DataFrame]
    twice: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, design: EngagementQuestion, answers: Answers) -> Figures:
        """Which figures can be had of these answers?

        Parameters
        ----------
        design : EngagementQuestion
            What is asked.
        answers : Answers
            Who answered what.

        Returns
        -------
        Figures
            Ready to estimate.
        """
        measures = tuple(m for m, asked in ((TOP, design.rating), (SCALE, design.items)) if asked)
        found = {measure.column: answers.pairs((measure.given,)) for measure in measures}
        either = answers.pairs(tuple(dict.fromkeys(measure.given for measure in measures)))
        labels = group_labels(answers.rows, design.by, design.focus)
        traits = sorted({column for label in labels for column in _columns(label)} - {"urn", "wave"})
        everyone = {measure.column: _valued(answers.rows, measure, traits) for measure in measures}
        twice = {name: _as_before(rows[found[name].rows.loc[rows.index]], traits) for name, rows in everyone.items()}
        return cls(design, answers, measures, found, either, labels, everyone, twice)

    def paired(self, measure: Measure) -> bool:
        """Are the main figures of this measure those of the pairs?

        Parameters
        ----------
        measure : Measure
            One of ``measures``.

        Returns
        -------
        bool
            Enough answered twice.
        """
        found = self.pairs[measure.column]
        return self.design.compares and found.n > 1 and found.share >= self.design.min_share_paired

    def main(self, measure: Measure) -> pd.DataFrame:
        """Which answers are the main figures made of?

        Parameters
        ----------
        measure : Measure
            One of ``measures``.

        Returns
        -------
        pandas.DataFrame
            A row per answer of those who answered twice, or of everyone.
        """
        return (self.twice if self.paired(measure) else self.everyone)[measure.column]

    def estimates(self) -> tuple[Estimate, ...]:
        """What are all the figures?

        Returns
        -------
        tuple of Estimate
            Group by group, then the contrasts between groups, then what concerns all.
        """
        items: list[Estimate] = []
        for label in self.labels:
            for position, measure in enumerate(self.measures):
                items.extend(self._group(label, measure, leading=position == 0))
        if self.design.compares:
            items.extend(self._homogeneity())
            for measure in self.measures:
                items.extend(self._contrasts(measure))
        return (*items, *self._about_all())

    def _group(self, label: str, measure: Measure, *, leading: bool) -> list[Estimate]:
        """Every figure of one measure in one group; ``leading``: with those an outcome has once."""
        paired, main = self.paired(measure), self.main(measure)
        main = main[members(main, label)]
        if main.empty:
            return []
        fit = fit_cells(main["value"], main["wave"], main["school"])
        items = [self._level(label, measure, fit, wave, paired) for wave in fit.cells[::-1]]
        if set(fit.cells) == {BEFORE, AFTER} and self.design.compares:
            items.extend(self._change(label, measure, main, fit, leading=leading))
        if leading:
            items.extend(self._icc(label, measure, main))
        return items

    def _level(self, label: str, measure: Measure, fit: CellFit, wave: str, paired: bool) -> Estimate:
        what = fit.combine({wave: 1.0})
        estimand = measure.before if wave == BEFORE else measure.after
        item = self._said(label, estimand, what, measure.unit, method=f"{measure.name}, {_whom(paired)}")
        if measure is TOP and item.se is not None:
            ends = ordinal.logit_interval(item.value, item.se, item.df, item.level)
            item = replace(item, interval=ends, method=f"{item.method}, interval on the logit scale")
        return item

    def _change(
        self, label: str, measure: Measure, main: pd.DataFrame, fit: CellFit, *, leading: bool
    ) -> list[Estimate]:
        paired, n = self.paired(measure), _respondents(main)
        change = fit.combine(CHANGE)
        kind = "difference of two shares" if measure is TOP else "difference of two means"
        items = [self._said(label, measure.change, change, measure.change_unit, method=f"{kind}, {_whom(paired)}", n=n)]
        if paired:
            items.extend(self._unpaired(label, measure, kind))
        items.extend(self._odds_ratio(label, fit, n) if measure is TOP else self._g(label, change, n))
        if leading:
            items.append(self._superiority(label, measure, main, n))
            of = f"change in the {measure.name}"
            items.extend(
                about_precision(self.design, label, change, unit=measure.change_unit, base=self.design.base, of=of, n=n)
            )
        return items

    def _unpaired(self, label: str, measure: Measure, kind: str) -> list[Estimate]:
        rows = self.everyone[measure.column]
        rows = rows[members(rows, label)]
        fit = fit_cells(rows["value"], rows["wave"], rows["school"])
        change, n = fit.combine(CHANGE), _respondents(rows)
        method = f"{kind}, {UNPAIRED}"
        return [self._said(label, measure.unpaired, change, measure.change_unit, method=method, n=n)]

    def _odds_ratio(self, label: str, fit: CellFit, n: int) -> list[Estimate]:
        before, after = (fit.combine({wave: 1.0}).value for wave in (BEFORE, AFTER))
        if not (0 < before < 1 and 0 < after < 1):
            return []
        logs = fit.combine({AFTER: 1 / (after * (1 - after)), BEFORE: -1 / (before * (1 - before))})
        centre = log(after / (1 - after)) - log(before / (1 - before))
        method = "odds of the top answer after over those before, interval by logs"
        item = self._said(label, Estimand.ODDS_RATIO, replace(logs, value=centre), "ratio", method=method, n=n)
        ends = None if item.ci is None else (exp(item.ci[0]), exp(item.ci[1]))
        return [replace(item, value=exp(centre), interval=ends, se=None, df=None, null=1.0)]

    def _g(self, label: str, change: Clustered, n: int) -> list[Estimate]:
        """The change in standard deviations of all respondents of the first wave."""
        rows = self.everyone[SCALE.column]
        first = rows.loc[rows["wave"] == BEFORE, "value"]
        sd = float(first.std())
        if not sd > 0:
            return []
        plain = self._said(
            label,
            Estimand.SCALE_CHANGE_G,
            change,
            "sd",
            method="change over the standard deviation of all who answered in the first wave, with Hedges' J",
            n=n,
        )
        se, df = (plain.se or 0.0), (plain.df or float("inf"))
        size = g_estimated(change.value, se, df, sd, float(len(first) - 1))
        return [replace(plain, value=size.value, se=None if plain.se is None else size.se)]

    def _superiority(self, label: str, measure: Measure, main: pd.DataFrame, n: int) -> Estimate:
        wave = {name: main[main["wave"] == name] for name in (BEFORE, AFTER)}
        found = ordinal.superiority(
            wave[BEFORE]["given"].to_numpy(dtype=float),
            wave[AFTER]["given"].to_numpy(dtype=float),
            wave[BEFORE]["school"].to_numpy(),
            wave[AFTER]["school"].to_numpy(),
        )
        what = Clustered(found.value, found.se, found.df, found.n, found.n_schools)
        method = f"all comparisons of an answer after with one before, {_whom(self.paired(measure))}"
        item = self._said(label, Estimand.PROBABILITY_OF_SUPERIORITY, what, "proportion", method=method, n=n)
        if item.se is None or found.low is None or found.high is None:
            return replace(item, null=0.5)
        method = f"{item.method}, interval on the logit scale"
        return replace(item, interval=(found.low, found.high), null=0.5, method=method)

    def _icc(self, label: str, measure: Measure, main: pd.DataFrame) -> list[Estimate]:
        if self.design.respondent == "school":  # one answer a school: nothing lies within
            return []
        wave = BEFORE if (main["wave"] == BEFORE).any() else AFTER
        rows = main[main["wave"] == wave]
        unit = f"the {measure.name} {wave}"
        item = between_schools(self.design, label, rows["value"], rows["school"], unit=unit, base=self.design.base)
        return [] if item is None else [item]

    def _homogeneity(self) -> list[Estimate]:
        """Did the answers of schools shift? One test a group, corrected for how many there are."""
        if self.design.respondent != "school" or TOP not in self.measures or not self.paired(TOP):
            return []
        main, items = self.twice[TOP.column], []
        for label in self.labels:
            wide = main[members(main, label)].pivot(index="key", columns="wave", values="given")
            if len(wide) < self.design.min_schools:
                continue
            found = ordinal.marginal_homogeneity(wide[BEFORE].to_numpy(), wide[AFTER].to_numpy())
            how = "exact" if found.exact else "chi-squared"
            method = f"Stuart and Maxwell's test of schools' answers before and after, {how} p-value"
            what = Clustered(found.statistic, None, None, found.n, found.n)
            item = self._said(label, Estimand.MARGINAL_HOMOGENEITY, what, "statistic", method=method)
            items.append(replace(item, df=float(found.df), p_adjusted=found.p_value, notes=()))
        return _corrected(items, [item.p_adjusted or 0.0 for item in items])

    def _contrasts(self, measure: Measure) -> list[Estimate]:
        """How much more did each group change than the rest? Corrected for how many there are."""
        main, items, seen = self.main(measure), [], set()
        for label in _contrasted(self.labels):
            known = main[main[_columns(label)[0]].notna()]
            within = members(known, label)
            sides = frozenset({frozenset(known.index[within]), frozenset(known.index[~within])})
            if sides in seen:  # the mirror of a contrast made before
                continue
            seen.add(sides)
            inside = within.map({True: "in", False: "out"})
            fit = fit_cells(known["value"], inside + " " + known["wave"], known["school"])
            if len(fit.cells) < 4:
                continue
            weights = {f"in {AFTER}": 1.0, f"in {BEFORE}": -1.0, f"out {AFTER}": -1.0, f"out {BEFORE}": 1.0}
            method = f"change of the group minus change of the rest, one model, {_whom(self.paired(measure))}"
            what = fit.combine(weights)
            n = _respondents(known)
            arms = (_respondents(known[within]), _respondents(known[~within]))
            item = self._said(f"{label}{OTHERS}", measure.change, what, measure.change_unit, method=method, n=n)
            items.append(replace(item, arms=arms))
        return _corrected(items, [float("nan") if item.p_value is None else item.p_value for item in items])

    def _about_all(self) -> list[Estimate]:
        """What an outcome has once: who answered twice, how many of those asked, reliability."""
        items = []
        either = self.either
        if self.design.compares and len(self.answers.waves) == 2 and not np.isnan(either.share):
            n = round(either.n / either.share) if either.share else _respondents(self.answers.rows)
            items.append(self._plain(Estimand.SHARE_PAIRED, either.share, n, "count of those who answered twice"))
        items.extend(self._response_rates())
        items.extend(self._reliability())
        return items

    def _response_rates(self) -> list[Estimate]:
        items = []
        names = {BEFORE: Estimand.RESPONSE_RATE_BEFORE, AFTER: Estimand.RESPONSE_RATE_AFTER}
        for wave, (answered, asked) in response_counts(self.design, self.answers).items():
            if asked > 0 and answered <= asked:
                items.append(self._plain(names[wave], answered / asked, asked, "count of those asked", wave))
        return items

    def _reliability(self) -> list[Estimate]:
        items = []
        for name, wave in (("alpha", self.answers.waves[0]), ("omega", self.answers.waves[0])):
            found = reliability(self.answers, name, wave)
            if found is None:
                continue
            estimand = Estimand.RELIABILITY_ALPHA if name == "alpha" else Estimand.RELIABILITY_OMEGA
            how = (
                "Cronbach's alpha, Feldt's interval"
                if name == "alpha"
                else "McDonald's omega, one factor by maximum likelihood"
            )
            item = self._plain(estimand, found.value, found.n, f"{how}, those who answered every item {wave}", wave)
            ends = None if found.low is None or found.high is None else (found.low, found.high)
            enough = item.n_schools >= self.design.min_schools
            notes = ("The interval takes respondents as independent of their school.",) if ends and enough else ()
            items.append(replace(item, unit="statistic", interval=ends if enough else None, notes=notes))
        return items

    def _plain(self, estimand: Estimand, value: float, n: int, method: str, wave: str = "") -> Estimate:
        """A figure for all that is counted, not sampled."""
        rows = self.answers.rows
        rows = rows[rows["wave"] == wave] if wave else rows
        what = Clustered(value, None, None, n, int(rows["urn"].nunique()))
        return replace(self._said("all", estimand, what, "proportion", method=method), notes=())

    def _said(
        self, label: str, estimand: Estimand, what: Clustered, unit: str, *, method: str, n: int | None = None
    ) -> Estimate:
        still = what.se is not None and not what.se > 1e-12
        if still:  # the data cannot say how sure that is
            what = replace(what, se=None, df=None)
        item = answer(
            self.design,
            label,
            estimand,
            what,
            unit=unit,
            base=self.design.base,
            claim=Claim.DESCRIPTION,
            method=method,
            n=n,
        )
        return replace(item, notes=(NO_VARIATION,)) if still and what.n_schools >= self.design.min_schools else item


def _whom(paired: bool) -> str:
    return PAIRED if paired else UNPAIRED


def _respondents(rows: pd.DataFrame) -> int:
    """How many people (or schools) stand behind these answers?"""
    return int(rows["key"].nunique() + rows["key"].isna().sum())


def _columns(label: str) -> list[str]:
    return [part.partition("=")[0].strip() for part in label.split(AND)] if label != "all" else []


def _valued(rows: pd.DataFrame, measure: Measure, traits: list[str]) -> pd.DataFrame:
    """The answers to one measure, with what figures need of them."""
    rows = rows[rows[measure.given].notna()]
    named = {"value": measure.column, "given": measure.given, "wave": "wave", "school": "urn", "key": "key"}
    columns = {name: rows[column] for name, column in named.items()}
    return pd.DataFrame(columns | {name: rows[name] for name in ("urn", *traits)})


def _as_before(rows: pd.DataFrame, traits: list[str]) -> pd.DataFrame:
    """Pairs stay where they were in the first wave: same school, same groups."""
    first = rows[rows["wave"] == BEFORE].set_index("key")
    return rows.assign(**{name: rows["key"].map(first[name]) for name in ("school", *traits)})


def _contrasted(labels: tuple[str, ...]) -> list[str]:
    """Groups of one column, those that lack something last: ``fsm=yes - rest`` says what its mirror would.

    Those in the programme come before those it is compared with, as a reader asks.
    """
    single = [label for label in labels if label != "all" and AND not in label]
    return sorted(single, key=lambda label: label.partition("=")[2].strip() in LACKING)


def _corrected(items: list[Estimate], p_values: list[float]) -> list[Estimate]:
    adjusted = multiplicity.adjust(p_values)
    how = f"; p-value by Holm for {len(items)} contrasts" if len(items) > 1 else ""
    return [
        item if np.isnan(p) else replace(item, p_adjusted=p, method=f"{item.method}{how}")
        for item, p in zip(items, adjusted, strict=True)
    ]


def response_counts(design: EngagementQuestion, given: Answers) -> dict[str, tuple[int, int]]:
    """How many answered, of how many asked, in each wave?

    Parameters
    ----------
    design : EngagementQuestion
        With ``asked_before`` and ``asked_after``.
    given : Answers
        Who answered.

    Returns
    -------
    dict of str to (int, int)
        By wave: answered and asked; waves without a number asked are left out.
    """
    asked = {BEFORE: total_asked(design.asked_before), AFTER: total_asked(design.asked_after)}
    rows = given.rows[given.rows[["rating", "scale"]].notna().any(axis=1)]
    return {wave: (_respondents(rows[rows["wave"] == wave]), asked[wave]) for wave in given.waves if asked[wave]}


def reliability(given: Answers, name: str, wave: str) -> scales.Reliability | None:
    """How reliable was the scale in one wave?

    Parameters
    ----------
    given : Answers
        With the items.
    name : str
        ``alpha`` or ``omega``.
    wave : str
        before or after.

    Returns
    -------
    Reliability or None
        None where there is no scale or it cannot be estimated.
    """
    items = given.items[given.rows["wave"] == wave]
    if items.shape[1] < (2 if name == "alpha" else 3):
        return None
    try:
        return scales.alpha(items) if name == "alpha" else scales.omega(items)
    except EstimationError:
        return None
