"""Between which shares do the middle half of England's local authorities lie, year by year?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from afa_eval.codes import years
from afa_eval.comparators import bands, store
from afa_eval.designs.absence_question import AbsenceQuestion
from afa_eval.estimate import Table, words

SLUG = "persistent-absence"
GROUPS = {"all": "", "sen=any": "any", "sen=none": "none"}  # provision is not told apart in these counts
BELOW = ("a quarter of authorities are below", "three quarters of authorities are below")
EARLIER = 2  # as many years before the first one, as far as none is missing between (2019/20 was never published)
FEWEST = 100  # of about 150: with fewer the middle half says little of England


def authorities_table(question: AbsenceQuestion, groups: Iterable[str]) -> Table | None:
    """How widely does persistent absence of the same children differ between England's local authorities?

    Parameters
    ----------
    question : AbsenceQuestion
        With the definition and the years.
    groups : iterable of str
        Which groups figures are about.

    Returns
    -------
    Table or None
        ``authorities-<id>``: for all pupils and those with and without SEN, the share that a quarter
        of authorities lie below and the share that three quarters do, in both years and up to two
        before; None where they are not published by this definition, or the plan names figures of its own.
    """
    rule = question.rule().id
    wanted = [group for group in GROUPS if group in set(groups)]
    if question.comparator or not bands.counted(SLUG, rule) or not wanted:
        return None
    found = {year: middle_half(rule, year) for year in _years(question)}
    if not all(found.get(year) for year in (question.baseline_year, question.outcome_year)):
        return None
    kept = [year for year in found if found[year]]
    rows = [
        (f"{words.label(group)}: {said}", tuple(found[year][GROUPS[group]][end] for year in kept))
        for group in wanted
        for end, said in enumerate(BELOW)
    ]
    return Table(
        name=f"authorities-{question.id}",
        title="Persistent absence in England's local authorities: between which shares the middle half lie",
        rows=tuple(label for label, _ in rows),
        columns=tuple(words.years(year) for year in kept),
        cells=tuple(cells for _, cells in rows),
        kind="series",
        base="national",
        unit="proportion",
        outcome=question.id,
        row_label="Pupils",
        note=store.sources()[bands.AREA_BANDS]["title"],
    )


def _years(question: AbsenceQuestion) -> list[str]:
    held, first = set(bands.band_years()), years.start(question.baseline_year)
    before = [store.year_of(first - back) for back in range(1, EARLIER + 1)]
    unbroken = [year for at, year in enumerate(before) if held.issuperset(before[: at + 1])]
    return list(dict.fromkeys([*unbroken[::-1], question.baseline_year, question.outcome_year]))


@lru_cache(maxsize=64)
def middle_half(definition: str, year: str) -> dict[str, tuple[float, float]]:
    """Below which shares do a quarter, and three quarters, of local authorities lie?

    Parameters
    ----------
    definition : str
        Of persistent absence.
    year : str
        Academic year.

    Returns
    -------
    dict of str to (float, float)
        By SEN: any, none, and all pupils under the empty name; empty where too few authorities are published.
    """
    authorities = [name for name, level in store.areas().items() if level == "Local authority"]
    shares = {}
    for group in GROUPS.values():
        parts = {**store.MARGIN, "sen": group or "all"}
        counts = bands.group_counts(SLUG, definition, year, authorities, parts)
        shares[group] = [above / of for above, of in counts]
    if min(map(len, shares.values())) < FEWEST:
        return {}
    return {group: _quartiles(values) for group, values in shares.items()}


def _quartiles(values: list[float]) -> tuple[float, float]:
    low, high = np.quantile(np.array(values), [0.25, 0.75])
    return float(low), float(high)
