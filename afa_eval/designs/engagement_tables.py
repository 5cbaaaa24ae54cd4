"""How the answers were spread, as counts for bars."""

from __future__ import annotations

import re

import pandas as pd

from afa_eval.designs.engagement_question import EngagementQuestion
from afa_eval.designs.engagement_rows import AFTER, BEFORE, Answers
from afa_eval.designs.groups import BY, group_labels, members
from afa_eval.estimate import Table, words

WAVES = {BEFORE: "Before", AFTER: "After"}
MOST_STEPS = 11  # an item with more steps than 0 to 10 is a measurement, not a choice of answers
ALL_WHO_ANSWERED = "All who answered in each wave, whether or not they answered in both."


def tables(design: EngagementQuestion, given: Answers, labels: tuple[str, ...]) -> tuple[Table, ...]:
    """How many gave which answer, in each wave and group?

    Parameters
    ----------
    design : EngagementQuestion
        Names the tables.
    given : Answers
        Who answered what.
    labels : tuple of str
        Groups in reading order.

    Returns
    -------
    tuple of Table
        ``distribution-<id>-all``, one for each entry of ``by``, and ``distribution-<id>-items``.
    """
    found = []
    if design.rating:
        found.append(_distribution(design, given, "all", ("all",)))
        for spec in design.by:
            names = [label for label in group_labels(given.rows, (spec,)) if label != "all" and label in labels]
            found.append(_distribution(design, given, f"by-{_slug(spec)}", tuple(names), f", by {_by(spec)}"))
    items = _items(design, given)
    return tuple(table for table in (*found, items) if table is not None and table.rows)


def _by(spec: str) -> str:
    """How is a breakdown of the plan called in a title?"""
    return " and ".join(BY.get(part.strip(), part.strip().replace("_", " ")) for part in spec.split("&"))


def _distribution(
    design: EngagementQuestion, given: Answers, name: str, labels: tuple[str, ...], by: str = ""
) -> Table:
    rows: dict[str, tuple[float, ...]] = {}
    for label in labels:
        part = given.rows[members(given.rows, label)]
        for wave in given.waves:
            steps = part.loc[part["wave"] == wave, "rating"].dropna()
            counts = [float((steps == step).sum()) for step in range(len(given.levels))]
            who = WAVES[wave] if label == "all" else f"{words.label(label)}: {wave}"
            rows[who] = (*counts, float(sum(counts)))
    return Table(
        name=f"distribution-{design.id}-{name}",
        title=f"Answers of {design.base}, from lowest to highest{by}",
        rows=tuple(rows),
        columns=(*given.levels, "Total"),
        cells=tuple(rows.values()),
        base=design.base,
        outcome=design.id,
        row_label="Wave" if name == "all" else "Group and wave",
        note=ALL_WHO_ANSWERED,
    )


def _items(design: EngagementQuestion, given: Answers) -> Table | None:
    """Answers to each item, reversed ones turned round, where they are a choice of few."""
    if given.items.shape[1] == 0:
        return None
    steps = _steps(design, given.items)
    if not steps:
        return None
    rows: dict[str, tuple[float, ...]] = {}
    for name in given.items.columns:
        for wave in given.waves:
            answers = given.items.loc[given.rows["wave"] == wave, name].dropna()
            counts = [float((answers == step).sum()) for step in steps]
            turned = " (turned round)" if name in design.reverse else ""
            rows[f"{name}{turned}: {wave}"] = (*counts, float(sum(counts)))
    return Table(
        name=f"distribution-{design.id}-items",
        title=f"Answers of {design.base} to each question of the scale",
        rows=tuple(rows),
        columns=(*(f"{step:g}" for step in steps), "Total"),
        cells=tuple(rows.values()),
        base=design.base,
        outcome=design.id,
        row_label="Question and wave",
        note=f"{ALL_WHO_ANSWERED} A higher answer is always the better one.",
    )


def _steps(design: EngagementQuestion, items: pd.DataFrame) -> list[float]:
    there = sorted(float(step) for step in pd.unique(items.to_numpy().ravel()) if step == step)
    if any(step % 1 for step in there):
        return []
    low, high = design.item_range or (there[0], there[-1]) if there else (0.0, -1.0)
    steps = [float(step) for step in range(int(low), int(high) + 1)]
    return steps if 0 < len(steps) <= MOST_STEPS else []


def _slug(spec: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", spec.casefold()).strip("-")
