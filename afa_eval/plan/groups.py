"""Are the groups that a plan names spelt as the data spell them, and does somebody belong to them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from itertools import chain
from typing import Any

import pandas as pd

from afa_eval.data.canonical import canonical_values
from afa_eval.data.cells import understand
from afa_eval.data.handed import CANONICAL
from afa_eval.data.loading import Loaded
from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.designs.groups import ALL, members, parse, texts, with_phase
from afa_eval.plan.mistakes import Mistake
from afa_eval.plan.model import Plan

KEYS = ("by", "where", "focus")
GROUPS = ("where", "focus")
CODED = frozenset(
    {"sen_provision", "sen", "need", "fsm", "eal", "sex", "cohort", "phase", "year", "year_group", "wave", "respondent"}
)
MOST_SHOWN = 20


def misspelt_groups(outcome: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which groups of an outcome can nobody be in, whatever the data are?

    Parameters
    ----------
    outcome : mapping
        An ``[[outcome]]`` as written.

    Yields
    ------
    tuple of (str, str)
        Key, and what is wrong: no ``column=value``, or a value that our codes do not have.
    """
    for key in GROUPS:
        text = outcome.get(key, "")
        if not isinstance(text, str) or text in ("", ALL):
            continue
        for part in text.split("&"):
            column, sign, value = (piece.strip() for piece in part.partition("="))
            if not sign:
                yield key, f"'{part.strip()}' is no group: write column=value, joined by & where there are several."
            elif said := _no_code(column, value):
                yield key, said
    respondent = str(outcome.get("respondent", ""))
    near = get_close_matches(respondent, canonical_values("respondent"), n=1)
    if near and understand([respondent], "respondent").values[0] is None:
        yield "respondent", f"'{respondent}' does not answer. Did you mean '{near[0]}'?"


def misspelt_selection(plan: Plan) -> Iterator[Mistake]:
    """Can nobody be in the group that pupils were chosen from, whatever the data are?

    Parameters
    ----------
    plan : Plan
        With its ``programme.selection``.

    Yields
    ------
    tuple of (location, str)
        What is wrong with ``from``.
    """
    group = plan.programme.selection.from_
    if group not in ("", ALL, "sen"):
        for _, said in misspelt_groups({"where": group}):
            yield ("programme", "selection", "from"), f"{said} Or choose sen or all."


def misspelt_columns(plan: Plan, loaded: Loaded) -> dict[str, list[Mistake]]:
    """Which columns do the plan's groups name that no file has, but one has nearly?

    Parameters
    ----------
    plan : Plan
        With ``by``, ``where`` and ``focus`` as written.
    loaded : Loaded
        With the columns of the files.

    Returns
    -------
    dict of str to list of (location, str)
        By name. One near to nothing is left to the check of the data: a file may lack it.
    """
    there = [frame.columns for frame in _tables(loaded.tables)]
    known = sorted({*CANONICAL, *loaded.columns, *chain.from_iterable(there)})
    found: dict[str, list[Mistake]] = {}
    measure = plan.programme.selection.measure
    if measure and there and measure not in known:
        said = f"no table has a column '{measure}', by which pupils were chosen. {_hint(measure, known)}"
        found[measure] = [(("programme", "selection", "measure"), said)]
    for position, key, column in _columns(plan):
        near = get_close_matches(column, known, n=1)
        if column not in known and (near or key == "focus"):
            said = f"no table has a column '{column}'. {_hint(column, known)}"
            found.setdefault(column, []).append((("outcome", position, key), said))
    return found


def misspelt_values(plan: Plan, tables: Tables) -> list[Mistake]:
    """Which values do the plan's groups name that nobody has, but somebody has nearly?

    Parameters
    ----------
    plan : Plan
        With ``where`` and ``focus`` as written.
    tables : Tables
        The data.

    Returns
    -------
    list of (location, str)
        Values of our own codes are left out: a school may well have nobody with an EHC plan.
    """
    named = [
        (("outcome", position, key), column, value)
        for position, outcome in enumerate(plan.outcome)
        for key in GROUPS
        for column, value in parse(str(outcome.get(key, "")))
        if CANONICAL.get(column) not in CODED
    ]
    known = _values(tables, {column for _, column, _ in named})
    found: list[Mistake] = []
    for place, column, value in named:
        near = get_close_matches(value, sorted(known.get(column, ())), n=1)
        if near and value not in known[column]:
            found.append((place, f"nobody is in '{column}={value}'. Did you mean '{column}={near[0]}'?"))
    return found


def nobody_in(design: Design, tables: Tables) -> str:
    """Of which pupils that an outcome's ``where`` names are there none?

    Parameters
    ----------
    design : Design
        The question.
    tables : Tables
        The data.

    Returns
    -------
    str
        The first part that nobody is in, or the whole; empty where somebody may be in it.
    """
    asked = parse(design.where)
    known = _values(tables, {column for column, _ in asked})
    parts = [(column, value) for column, value in asked if column in known]
    alone = next((f"{column}={value}" for column, value in parts if value not in known[column]), "")
    if alone or len(parts) < 2:
        return alone
    whole = [frame for frame in _frames(tables, set(known)) if set(known) <= set(frame.columns)]
    return design.where if whole and not any(members(frame, design.where).any() for frame in whole) else ""


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known[:MOST_SHOWN])}."


def _no_code(column: str, value: str) -> str:
    """What is wrong with a value of a column whose codes are known? Empty where nothing is."""
    kind = CANONICAL.get(column, "")
    if kind not in CODED:
        return ""
    meant = understand([value], kind).values[0]
    if meant is None:
        there = canonical_values(kind)
        near = get_close_matches(value, there, n=1)
        hint = f"Did you mean '{column}={near[0]}'?" if near else f"There are: {', '.join(there)}." if there else ""
        return f"'{value}' is no value of {column}. {hint}".strip()
    return "" if str(meant) == value else f"'{column}={value}' is written '{column}={meant}' here."


def _columns(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Every column that a group names: position of its outcome, key, column."""
    for position, outcome in enumerate(plan.outcome):
        for key in KEYS:
            named = outcome.get(key, "")
            specs = [str(named)] if isinstance(named, str) else [str(each) for each in named]
            parts = [part.partition("=")[0].strip() for spec in specs if spec != ALL for part in spec.split("&")]
            yield from ((position, key, column) for column in dict.fromkeys(parts) if column)


def _frames(tables: Tables, wanted: AbstractSet[str]) -> list[pd.DataFrame]:
    """These columns of every table that has any of them; the phase follows from the year group."""
    needed = wanted | {"year_group"} if "phase" in wanted else wanted
    return [with_phase(frame[frame.columns.intersection(list(needed))]) for frame in _tables(tables)]


def _tables(tables: Tables) -> list[pd.DataFrame]:
    frames = (tables.pupils, tables.census, tables.attainment, tables.attendance, tables.responses)
    return [frame for frame in frames if frame is not None]


def _values(tables: Tables, wanted: AbstractSet[str]) -> dict[str, set[str]]:
    """The texts that stand in these columns of any table."""
    known: dict[str, set[str]] = {}
    for frame in _frames(tables, wanted) if wanted else ():
        for column in wanted & set(frame.columns):
            known.setdefault(column, set()).update(map(str, texts(frame[column].drop_duplicates()).dropna()))
    return known
