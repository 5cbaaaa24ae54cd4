"""How did pupils come to be counted? Each primary outcome's way from the register to its figure, from released counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from afa_eval.disclosure.records import Release, ReleasedEstimate, ReleasedStep, ReleasedTable
from afa_eval.estimate import Estimand, Table, words
from afa_eval.report import numbers
from afa_eval.report.figures import Drawing
from afa_eval.report.lines import ALL

NEXT = {  # what those are who are left once this row of a flow table is gone
    "Not asked about in this outcome": "Eligible for this outcome",
    "No longer on roll at the last score": "Still on roll at the last score",
    "Neither score": "With a score",
    "Last score, but no first one": "With a first score",
}
PAIRED = (Estimand.TOP_BOX_CHANGE, Estimand.SCALE_CHANGE)
Leaver = tuple[str, int | None]


def flow_drawings(release: Release) -> list[tuple[dict[str, Any], Drawing]]:
    """Which drawings show who is counted, one for each primary outcome?

    Parameters
    ----------
    release : Release
        What may leave.

    Returns
    -------
    list of (dict, Drawing)
        The outcome's entry in ``about["outcomes"]`` and its drawing; outcomes whose release holds
        too little to follow anybody are left out.
    """
    made = []
    for outcome in release.about["outcomes"]:
        steps = stages(release, outcome) if outcome.get("primary") else []
        if steps:
            label, base = str(outcome.get("label") or outcome["id"]), _base(release, outcome)
            name, draw = f"flow-{outcome['id']}", partial(_draw, steps, _title(label, steps, base), base)
            made.append((outcome, Drawing(name, draw, below=partial(numbers.of_steps, f"chart-{name}", steps))))
    return made


def _draw(steps: Sequence[ReleasedStep], title: str, base: str, narrow: bool) -> str:
    from afa_eval.estimate import charts

    return charts.flow(steps, title, base=base, narrow=narrow)


def _title(label: str, steps: Sequence[ReleasedStep], base: str) -> str:
    """The finding, where there is one chain and both its ends are shown."""
    first, last = steps[0].rows_in, steps[-1].rows_out
    if len({step.table for step in steps}) > 1 or first is None or last is None:
        return f"{label}: who was counted"
    return f"{label}: {last:,} of {first:,} {base} were counted"


def _base(release: Release, outcome: dict[str, Any]) -> str:
    bases = [one.table.base for one in release.tables if one.table.name == f"counted-{outcome['id']}"]
    bases += [item.base for item in release.estimates if item.outcome == outcome["id"]]
    return bases[0] if bases else "pupils"


def stages(release: Release, outcome: dict[str, Any]) -> list[ReleasedStep]:
    """At which steps did how many leave?

    Parameters
    ----------
    release : Release
        What may leave.
    outcome : dict
        Its entry in ``about["outcomes"]``.

    Returns
    -------
    list of ReleasedStep
        From its ``flow-...`` table (each pupil in one row), its ``counted-...`` table (a column for
        each year), or, where people were asked, from those asked, answering and answering twice;
        empty where there is none of them.
    """
    tables = {one.table.name: one for one in release.tables}
    flow, counted = tables.get(f"flow-{outcome['id']}"), tables.get(f"counted-{outcome['id']}")
    if flow is not None:
        year = words.years(str(outcome.get("before") or ""))
        return _from_leavers(flow.table, f"On the register in {year}" if year else "On the register")
    if counted is not None:
        return _from_years(counted.table)
    return _from_answers(release, outcome, tables.get(f"distribution-{outcome['id']}-all"))


def _from_leavers(table: Table, start: str) -> list[ReleasedStep]:
    """A table whose last rows are those counted and the total, the rows before them leavers in order."""
    counts = [_whole(row[0]) for row in table.cells]
    total, counted = counts[-1], counts[-2]
    steps, here, since = [_step(start, "", total, total)], total, total
    reasons: list[str] = []
    for label, count in zip(table.rows[:-2], counts[:-2], strict=True):
        last = label == table.rows[-3]
        since = counted if last else _less(since, count)
        reasons.append(_lower(label))
        if last or since is not None:  # what is hidden is told together with the next step that is not
            name = table.rows[-2] if last else NEXT.get(label, f"Without: {label}")
            steps.append(_step(name, "", here, since, "; ".join(reasons)))
            here, reasons = since, []
    return steps if total is not None else []


def _from_years(table: Table) -> list[ReleasedStep]:
    """A table whose first row is everybody and whose last is those counted, with a column for each year."""
    steps = []
    for at, year in enumerate(table.columns):
        counts = [_whole(row[at]) for row in table.cells]
        leavers = [(label, count) for label, count in zip(table.rows[1:-1], counts[1:-1], strict=True) if count != 0]
        steps += [
            _step(table.rows[0], year, counts[0], counts[0]),
            _step(table.rows[-1], year, counts[0], counts[-1], _reasons(leavers)),
        ]
    return steps if all(step.rows_in is not None for step in steps) else []


def _reasons(leavers: Iterable[Leaver]) -> str:
    told = (f"{_lower(label)} ({words.HIDDEN['c'] if count is None else f'{count:,}'})" for label, count in leavers)
    return "; ".join(told)


def _from_answers(release: Release, outcome: dict[str, Any], answers: ReleasedTable | None) -> list[ReleasedStep]:
    """Who was asked, who answered, and who answered in both rounds."""
    asked = _figure(release, outcome, Estimand.RESPONSE_RATE_BEFORE)
    if asked is None or answers is None or not answers.table.rows or answers.table.rows[0] != "Before":
        return []
    first = _whole(answers.table.cells[0][-1])
    base = answers.table.base.capitalize()
    steps = [
        _step(f"{base} asked, before", "", asked.n_pupils, asked.n_pupils),
        _step("Answered before", "", asked.n_pupils, first, "did not answer"),
    ]
    paired = next((one for name in PAIRED if (one := _figure(release, outcome, name)) is not None), None)
    if paired is not None and _figure(release, outcome, Estimand.SHARE_PAIRED) is not None:
        steps.append(_step("Answered before and after", "", first, paired.n_pupils, "no answer afterwards"))
    return steps if asked.n_pupils is not None else []


def _figure(release: Release, outcome: dict[str, Any], estimand: Estimand) -> ReleasedEstimate | None:
    same = (item for item in release.estimates if item.outcome == outcome["id"] and item.group == ALL)
    return next((item for item in same if item.estimand == estimand), None)


def _step(name: str, table: str, before: int | None, after: int | None, reason: str = "") -> ReleasedStep:
    return ReleasedStep(name=name, table=table, rows_in=before, rows_out=after, reason=reason)


def _whole(count: float | None) -> int | None:
    return None if count is None else round(count)


def _less(here: int | None, gone: int | None) -> int | None:
    return None if here is None or gone is None else here - gone


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
