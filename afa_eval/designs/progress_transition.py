"""The line of DfE's KS2-to-GCSE transition tables: which grades followed the same start nationally?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from afa_eval import comparators
from afa_eval.comparators import Transition, TransitionBand
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import ALL_PUPILS, SAME_STATUS, Line, National, not_found
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.errors import ComparatorError
from afa_eval.estimate import Comparator, words

GROUPS = ("any", "none", "all")
TELL_FROM = 30  # pupils with a grade and without: a Finding tells nothing that a table would have to hide


def transition_lines(question: ProgressQuestion, people: Cohort) -> National:
    """Which grades did pupils with the same Key Stage 2 score get nationally?

    Parameters
    ----------
    question : ProgressQuestion
        Baseline: mean Key Stage 2 scaled score; outcome: GCSE grade, U as 0; with the subject.
    people : Cohort
        The pupils.

    Returns
    -------
    National
        Pupils with the same SEN status and start first, then all pupils with the same start.
    """
    try:
        tables = {sen: comparators.transition(question.subject, question.outcome_year, sen) for sen in GROUPS}
    except ComparatorError as error:
        return National(findings=(not_found(question, [str(error)]),))
    everyone = pd.Series("all", index=people.frame.index)
    sen = people.frame["sen"] if "sen" in people.frame.columns else pd.Series(None, index=people.frame.index)
    whole = _line(tables, everyone, people.before, tables["all"], ALL_PUPILS)
    lines = [whole]
    by_sen = bool(sen.notna().any())
    if by_sen:
        lines.insert(0, _line(tables, sen, people.before, tables["all"], SAME_STATUS))
    sd = _pooled_sd(tables["all"])
    used = [tables[group] for group in ("any", "none")] if by_sen else [tables["all"]]
    shares = {table.sen: comparators.entry_share(question.subject, question.outcome_year, table.sen) for table in used}
    here = _entered_here(people, by_sen=by_sen)
    told = tuple(
        replace(item, outcomes=(question.id,), message=item.message + here * (item.code == "only-entrants"))
        for item in comparators.transition_findings(used, shares)
    )
    sd_from = f"of all grades in GCSE {question.subject}"
    return National(tuple(lines), whole.national, sd=sd, sd_from=sd_from, findings=told)


def _entered_here(people: Cohort, *, by_sen: bool) -> str:
    """Which share of these pupils has a grade? Nothing where few have none: words tell nothing a table would hide."""
    sen = people.frame["sen"] if by_sen else pd.Series("all", index=people.frame.index)
    names = {"any": "pupils with SEN", "none": "pupils without SEN", "all": "pupils"}
    said = []
    for group, name in names.items():
        graded = people.after[(sen == group).fillna(False)].notna()
        if min(graded.sum(), (~graded).sum()) >= TELL_FROM:
            said.append(f"{words.amount(float(graded.mean()), 'proportion')} of {name}")
    return f" Here {' and '.join(said)} have a grade." if said else ""


def _line(tables: dict[str, Transition], sen: pd.Series, before: pd.Series, everyone: Transition, against: str) -> Line:
    cells, means, shares = [], [], []
    records: dict[str, Comparator] = {}
    known: dict[tuple[object, float], tuple[str | None, float, float]] = {}
    for key in zip(sen, before, strict=True):
        if key not in known:
            known[key] = _cell(tables, everyone, key, records)
        name, mean, share = known[key]
        cells.append(name)
        means.append(mean)
        shares.append(share)
    index = before.index
    named = pd.Series(cells, index=index, dtype=object)
    share_line = pd.Series(shares, index=index, dtype=float)
    figure = pd.Series(means, index=index, dtype=float)
    same = against == SAME_STATUS
    matched = frozenset({"sen"})
    return Line(against, figure, named, records, same, share_line, same_start=True, matched=matched)


def _cell(
    tables: dict[str, Transition], everyone: Transition, key: tuple[object, float], records: dict[str, Comparator]
) -> tuple[str | None, float, float]:
    """The cell's name, its mean grade, and its share reaching the mean grade of all pupils with that start."""
    sen, score = key
    table = tables.get(str(sen))
    if table is None or math.isnan(score):
        return None, np.nan, np.nan
    band, whole = table.band_of(score), everyone.band_of(score)
    if not _counted(band) or not _counted(whole) or band is None or whole is None:
        return None, np.nan, np.nan
    name = f"{sen}: {band.band}"
    records[name] = table.comparator(band)
    return name, band.mean, band.share_at_least(whole.mean)


def _counted(band: TransitionBand | None) -> bool:
    return band is not None and band.n > 0


def _pooled_sd(table: Transition) -> float:
    """Of all pupils' grades, whatever their start."""
    n = sum(band.n for band in table.bands)
    mean = sum(band.n * band.mean for band in table.bands if band.n) / n
    return math.sqrt(sum(band.n * (band.sd**2 + (band.mean - mean) ** 2) for band in table.bands if band.n) / n)
