"""How alike were pilot and comparison pupils before the programme? Worked out from what was released alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from afa_eval.disclosure.records import Release, ReleasedEstimate
from afa_eval.estimate import Estimand, balance, words
from afa_eval.estimate.balance import Balance
from afa_eval.report import numbers
from afa_eval.report.figures import Drawing

NAME = "balance-"
PILOT, COMPARISON = "cohort=pilot", "cohort=comparison"
NAMES = ("pupils in the programme", "comparison pupils")
SHARES = (Estimand.PERSISTENT_ABSENCE_BEFORE, Estimand.TOP_BOX_BEFORE)
NAMED = {"eal=yes": "English as an additional language", "eal=no": "English as a first language"}
Count = float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What was known of both groups before it began?

    Attributes
    ----------
    label : str
        What.
    pilot, comparison : float or None
        Mean or share of each; None where hidden.
    apart : float or None
        The standardised difference; None where hidden, or where nothing tells how widely it spreads.
    counts : tuple of float or None
        How many pupils each mean or share is about.
    unit : str
        Of the means or shares.
    """

    label: str
    pilot: float | None
    comparison: float | None
    apart: float | None
    counts: tuple[Count, Count]
    unit: str = "proportion"


def arms_drawings(release: Release) -> list[Drawing]:
    """Which drawings set pilot pupils beside comparison pupils?

    Parameters
    ----------
    release : Release
        With tables ``balance-...``, and figures of both groups.

    Returns
    -------
    list of Drawing
        A love plot with the balance table below for each outcome that compares the two; none where all is hidden.
    """
    from afa_eval.estimate import charts

    made = []
    for entry in release.about["outcomes"]:
        rows = tuple(beside(release, entry))
        drawn = tuple(
            Balance(row.label, row.apart, row.pilot, row.comparison, unit=row.unit)
            for row in rows
            if row.apart is not None
        )
        if drawn:
            name = f"{NAME}{entry['id']}"
            below = partial(numbers.of_arms, f"chart-{name}", [_plainly(row) for row in rows])
            made.append(Drawing(name, partial(charts.love, drawn, names=NAMES), below=below))
    return made


def _plainly(row: Beside) -> tuple[str, str, float | None, float | None, float | None, Count, Count]:
    return row.label, row.unit, row.pilot, row.comparison, row.apart, *row.counts


def beside(release: Release, outcome: Mapping[str, Any]) -> Iterator[Beside]:
    """What was known of pilot and comparison pupils before the programme?

    Parameters
    ----------
    release : Release
        What may leave.
    outcome : mapping
        Its entry in ``about["outcomes"]``.

    Yields
    ------
    Beside
        The first score; shares before of all outcomes; then each characteristic of the pupils behind the outcome's
        figures. Nothing where the outcome does not compare the two.
    """
    key = str(outcome["id"])
    counts = {
        row: cells[0]
        for one in release.tables
        if one.table.name == f"{NAME}{key}"
        for row, cells in zip(one.table.rows, one.table.cells, strict=True)
    }
    if not counts:
        return
    yield from _first_score(release, key, str(outcome.get("label") or key))
    for entry in release.about["outcomes"]:
        yield from _shares_before(release, str(entry["id"]), str(entry.get("label") or entry["id"]))
    yield from _characteristics(counts)


def _figures(release: Release, outcome: str, estimand: Estimand) -> dict[str, ReleasedEstimate]:
    same = (item for item in release.estimates if item.outcome == outcome and item.estimand == estimand)
    return {item.group: item for item in reversed([item for item in same if item.value is not None])}


def _first_score(release: Release, outcome: str, label: str) -> Iterator[Beside]:
    means = _figures(release, outcome, Estimand.MEAN_BEFORE)
    if PILOT in means and COMPARISON in means:
        both = (means[PILOT], means[COMPARISON])
        apart = _figures(release, outcome, Estimand.BASELINE_DIFFERENCE).get(f"{PILOT} - rest")
        told = None if apart is None else apart.value
        name = f"First score, {words.sentences.lower(label)}"
        yield Beside(name, both[0].value, both[1].value, told, _counted(*both), both[0].unit)


def _shares_before(release: Release, outcome: str, label: str) -> Iterator[Beside]:
    for estimand in SHARES:
        shares = _figures(release, outcome, estimand)
        here, there = shares.get(PILOT), shares.get(COMPARISON)
        if here is not None and there is not None and here.value is not None and there.value is not None:
            apart = _apart(here.value, there.value)
            yield Beside(f"{label}, before", here.value, there.value, apart, _counted(here, there))


def _counted(here: ReleasedEstimate, there: ReleasedEstimate) -> tuple[Count, Count]:
    return here.n_pupils, there.n_pupils


def _characteristics(counts: Mapping[str, Count]) -> Iterator[Beside]:
    """Each group's share of both; of a characteristic that is wholly shown all but the largest, which follows."""
    wholes = counts.get(PILOT), counts.get(COMPARISON)
    levels = [row.removeprefix(f"{PILOT} & ") for row in counts if row.startswith(f"{PILOT} & ")]
    for column in dict.fromkeys(level.partition("=")[0] for level in levels):
        own = [level for level in levels if level.startswith(f"{column}=")]
        found = {level: (counts.get(f"{PILOT} & {level}"), counts.get(f"{COMPARISON} & {level}")) for level in own}
        known = all(count is not None for pair in found.values() for count in pair)
        largest = max(own, key=lambda level: sum(count or 0 for count in found[level])) if known else ""
        yield from (_share(level, pair, wholes) for level, pair in found.items() if level != largest)


def _share(level: str, counts: tuple[Count, Count], wholes: tuple[Count, Count]) -> Beside:
    here, there = (
        None if count is None or not whole else count / whole for count, whole in zip(counts, wholes, strict=True)
    )
    apart = None if here is None or there is None else _apart(here, there)
    return Beside(NAMED.get(level, words.label(level)), here, there, apart, wholes)


def _apart(here: float, there: float) -> float | None:
    """No number where one group has all and the other none."""
    return None if {here, there} == {0.0, 1.0} else balance.of_shares(here, there)
