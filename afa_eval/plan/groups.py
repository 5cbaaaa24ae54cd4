"""Does somebody belong to each group that a plan names?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from afa_eval.data.tables import Tables
from afa_eval.designs.groups import parse, texts, with_phase
from afa_eval.errors import PlanError
from afa_eval.plan.lines import key_lines, line_of
from afa_eval.plan.model import Plan

MOST_SHOWN = 12


def refuse_empty_groups(plan: Plan, tables: Tables) -> None:
    """Does somebody belong to each group that the plan names?

    Parameters
    ----------
    plan : Plan
        With ``where`` and ``focus`` of its outcomes, where they are written.
    tables : Tables
        The data.

    Raises
    ------
    PlanError
        Where a group has a column or a value that the data do not have, with the nearest: a slip
        there would otherwise make the headline about somebody else.
    """
    known = _values(tables)
    for position, outcome in enumerate(plan.outcome):
        for key in ("where", "focus"):
            for said in _empty(str(outcome.get(key, "")), known):
                line = line_of(("outcome", position, key), key_lines(plan.text))
                raise PlanError(said, key=f"outcome.{position + 1}.{key}", line=line)


def _values(tables: Tables) -> dict[str, set[str]]:
    """Every column of every table with the texts that stand in it."""
    frames = (tables.pupils, tables.census, tables.attainment, tables.attendance, tables.responses)
    known: dict[str, set[str]] = {}
    for whole in (with_phase(frame) for frame in frames if frame is not None):
        for column in whole.columns.drop("pupil_id", errors="ignore"):
            known.setdefault(str(column), set()).update(map(str, texts(whole[column].drop_duplicates()).dropna()))
    return known


def _empty(label: str, known: dict[str, set[str]]) -> Iterator[str]:
    for column, value in parse(label):
        if column not in known:
            near = get_close_matches(column, sorted(known), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            yield f"no table has a column '{column}'.{hint}"
        elif value not in known[column]:
            there = sorted(known[column])
            near = get_close_matches(value, there, n=1)
            hint = f"Did you mean '{column}={near[0]}'?" if near else f"There are: {', '.join(there[:MOST_SHOWN])}."
            yield f"nobody is in '{column}={value}'. {hint}"
