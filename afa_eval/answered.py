"""What each outcome was answered from, so that a change in one file asks only those questions again that read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import pandas as pd

from afa_eval.data.tables import Tables
from afa_eval.estimate import Estimates

Answered = tuple[Estimates, frozenset[str]]  # with the tables that were looked at
NAMES = tuple(one.name for one in fields(Tables))


@dataclass(frozen=True, slots=True)
class Part:
    """Which answers of an evaluation belong to one outcome, and what were they made from?

    Attributes
    ----------
    asked : str
        A hash of the question as the plan puts it, and of all that is no table.
    read : dict of str to str
        The tables that were looked at while it was answered, with their hashes.
    estimates, findings, tables : tuple of int
        Places of its answers among all.
    """

    asked: str
    read: dict[str, str]
    estimates: tuple[int, ...]
    findings: tuple[int, ...]
    tables: tuple[int, ...]

    def holds(self, asked: str, now: Mapping[str, str]) -> bool:
        """Would the same question find the same in the tables as they are?

        Parameters
        ----------
        asked : str
            As in ``asked``.
        now : mapping of str to str
            Every table's hash.

        Returns
        -------
        bool
            Whether nothing that it came from has changed.
        """
        return self.asked == asked and all(now.get(name) == mark for name, mark in self.read.items())

    def of(self, every: Estimates) -> Estimates:
        """What was answered?

        Parameters
        ----------
        every : Estimates
            All answers of the evaluation.

        Returns
        -------
        Estimates
            Those of this outcome, as they were.
        """
        return Estimates(
            tuple(every.items[at] for at in self.estimates),
            tuple(every.findings[at] for at in self.findings),
            tuple(every.tables[at] for at in self.tables),
        )

    def as_dict(self) -> dict[str, Any]:
        """How is it stored?

        Returns
        -------
        dict
            As ``stored`` reads it.
        """
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Watched(Tables):
    """Which of the tables does a question look at?

    Attributes
    ----------
    seen : set of str
        Names of those that anybody has asked this for.
    """

    seen: set[str] = field(default_factory=set)

    def __getattribute__(self, name: str) -> Any:
        """Note which table is asked for."""
        if name in NAMES:
            object.__getattribute__(self, "seen").add(name)
        return object.__getattribute__(self, name)

    def on_roll(self, year: str) -> Watched:
        """Which tables are these, seen from a later year? Pupils and census are looked at for it, no other.

        Parameters
        ----------
        year : str
            As in ``Tables.on_roll``.

        Returns
        -------
        Watched
            What is asked of it is noted here too.
        """
        self.seen.update(("pupils", "census"))
        return watched(unwatched(self).on_roll(year), self.seen)


def watched(tables: Tables, seen: set[str] | None = None) -> Watched:
    """Which tables note who looks at them?

    Parameters
    ----------
    tables : Tables
        As they were read.
    seen : set of str, optional
        Where it is noted.

    Returns
    -------
    Watched
        The same tables.
    """
    return Watched(**{name: getattr(tables, name) for name in NAMES}, seen=set() if seen is None else seen)


def unwatched(tables: Watched) -> Tables:
    """Which tables are these, without a note of who looks?

    Parameters
    ----------
    tables : Watched
        Any.

    Returns
    -------
    Tables
        The same tables.
    """
    return Tables(**{name: object.__getattribute__(tables, name) for name in NAMES})


def marks(tables: Tables) -> dict[str, str]:
    """What is in each table?

    Parameters
    ----------
    tables : Tables
        As they were read.

    Returns
    -------
    dict of str to str
        A hash each, of the steps that rows went through too; empty for one that is not there.
    """
    return {name: "" if (one := getattr(tables, name)) is None else _mark(one) for name in NAMES}


def _mark(one: object) -> str:
    if not isinstance(one, pd.DataFrame):
        return hashlib.sha256(repr(one).encode()).hexdigest()
    heads = repr([(str(name), str(kind)) for name, kind in one.dtypes.items()])
    rows = pd.util.hash_pandas_object(one)
    return hashlib.sha256(heads.encode() + rows.to_numpy().tobytes()).hexdigest()


def parts(every: Estimates, each: Sequence[tuple[Estimates, str, Mapping[str, str]]]) -> tuple[Part, ...]:
    """Which answers belong to which outcome?

    Parameters
    ----------
    every : Estimates
        All answers: findings and tables that were said twice are kept once.
    each : sequence of tuple
        Of each outcome in turn its answers, what was asked, and the tables that were looked at.

    Returns
    -------
    tuple of Part
        One an outcome.
    """
    findings = {finding: at for at, finding in enumerate(every.findings)}
    tables = {table: at for at, table in enumerate(every.tables)}
    made, begun = [], len(every.items) - sum(len(answers.items) for answers, _, _ in each)
    for answers, asked, read in each:
        ended = begun + len(answers.items)
        places = tuple(findings[one] for one in answers.findings), tuple(tables[one] for one in answers.tables)
        made.append(Part(asked, dict(read), tuple(range(begun, ended)), *places))
        begun = ended
    return tuple(made)


def as_they_were(
    known: Sequence[Part], every: Estimates, asked: Sequence[str], now: Mapping[str, str]
) -> dict[int, Answered]:
    """Which outcomes need not be asked again?

    Parameters
    ----------
    known : sequence of Part
        Of an earlier evaluation.
    every : Estimates
        All its answers.
    asked : sequence of str
        What is asked now, a hash an outcome.
    now : mapping of str to str
        Every table's hash.

    Returns
    -------
    dict
        By their places in the plan, their answers with the tables that were looked at.
    """
    by_question = {part.asked: part for part in known}
    found = {at: by_question[question] for at, question in enumerate(asked) if question in by_question}
    return {at: (part.of(every), frozenset(part.read)) for at, part in found.items() if part.holds(asked[at], now)}


def stored(told: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Which parts were stored?

    Parameters
    ----------
    told : sequence of mapping
        As ``Part.as_dict`` gave them.

    Returns
    -------
    tuple of Part
        The same.
    """
    places = ("estimates", "findings", "tables")
    return tuple(Part(one["asked"], dict(one["read"]), *(tuple(one[name]) for name in places)) for one in told)
