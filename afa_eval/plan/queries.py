"""queries.toml beside the plan: which queries are in order, and why. Its mistakes are told like the plan's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from afa_eval.data.checks import CHECKS
from afa_eval.data.records import Explanation
from afa_eval.errors import PlanError
from afa_eval.plan.lines import key_lines
from afa_eval.plan.mistakes import Mistake, plan_error

QUERIES = "queries.toml"
CODES = tuple(check.code for check in CHECKS)
KEYS = tuple(field.name for field in fields(Explanation))
NEEDED = {"code": 'which query, for example code = "AFA601".', "reason": "why it is in order, in your own words."}


def read_queries(folder: Path) -> tuple[Explanation, ...]:
    """Which queries has the user said are in order?

    Parameters
    ----------
    folder : Path
        The plan's; ``queries.toml`` may lie there.

    Returns
    -------
    tuple of Explanation
        In the order of the file; none where there is no file.

    Raises
    ------
    PlanError
        Naming every mistake with its key and line.
    """
    path = folder / QUERIES
    if not path.is_file():
        return ()
    try:
        text = path.read_text("utf-8-sig")
        told = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise PlanError(f"'{QUERIES}' is not UTF-8 text. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise PlanError(f"{QUERIES} is not valid TOML: {error}", line=int(line.group(1)) if line else None) from error
    mistakes = list(_mistakes(told))
    if mistakes:
        raise plan_error(mistakes, key_lines(text), QUERIES)
    return tuple(Explanation(**entry) for entry in told.get("query", []))


def _mistakes(told: dict[str, Any]) -> Iterator[Mistake]:
    for name in told.keys() - {"query"}:  # plan_error puts them in order
        yield (
            (name, 0) if isinstance(told[name], list) else (name,),
            "unknown key. Write each explained query as a [[query]] with a code and a reason.",
        )
    entries = told.get("query", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield ("query",), "write each explained query as a [[query]] with a code and a reason."
        return
    for position, entry in enumerate(entries):
        for name, said in _mistakes_of(entry):
            yield ("query", position, name) if name else ("query", position), said


def _mistakes_of(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The key, or nothing where one is missing, and what is wrong."""
    for name, what in NEEDED.items():
        if name not in entry:
            yield "", f"{name} is missing: {what}"
    for name, value in entry.items():
        if name not in KEYS:
            yield name, f"unknown key. {_nearest(name, KEYS)}"
        elif not isinstance(value, str) or not value.strip():
            yield name, f"must be text in quotes, not {value!r}."
        elif name == "code" and value not in CODES:
            yield name, f"there is no query '{value}'. {_nearest(value, CODES)}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
