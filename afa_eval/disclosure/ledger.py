"""What was released before: every number that ever left a plan, so that a new one is not its difference to an old one.

The ledger is a file beside the plan. It holds released numbers alone, what is public already: no
pupil's row, no hidden number, no path.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from afa_eval.disclosure import mixes
from afa_eval.disclosure.between import Known
from afa_eval.disclosure.policies import Policy, to_nearest
from afa_eval.disclosure.records import Release, ReleasedEstimate
from afa_eval.disclosure.sums import Cell, Sum
from afa_eval.errors import DisclosureError, PlanError
from afa_eval.estimate import Estimate, Finding, Severity, Table

SCHEMA = "afa_eval.ledger/1"
FILE = "released.json"
CODE = "earlier-release"
SCHOOLS = "schools"
SAME = 1e-9  # two runs of the same data agree to more than this
FAR = 2.0  # standard deviations that a changed score moves by, at most: all of a few do not move so far
TOLD, BESIDE = "an earlier release told it of", "beside an earlier release it would tell"
Figure = tuple[str, str, str, str]  # outcome, group, estimand, base
Printed = tuple[float, int]  # a count, and what it is rounded to


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What did one release tell?

    Attributes
    ----------
    number : int
        From 1, in order.
    made : str
        When, in universal time.
    profile : str
        Under which policy.
    sha256 : str
        Of the numbers below: the same numbers are released once.
    fingerprint : str
        Of the plan, the files, the versions and the policy it was made from.
    years : dict
        For each outcome the years it is about: other years are other pupils' figures.
    figures : list
        Outcome, group, estimand, base, people, how many of them are counted (None for means), the value, and the
        line that it is set against, where there is one.
    tables : list
        Name, outcome, rows, columns and cells of each table of counts.
    round_to : int
        What its counts are rounded to; 0 where they are not.
    """

    number: int
    made: str
    profile: str
    sha256: str
    fingerprint: str
    years: dict[str, list[str]]
    figures: list[list[Any]]
    tables: list[dict[str, Any]]
    round_to: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was ever released from a plan?

    Attributes
    ----------
    entries : tuple of Entry
        In order.
    """

    entries: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Which releases are written down in a plan's folder?

        Parameters
        ----------
        folder : Path
            The plan's folder.

        Returns
        -------
        Ledger
            Empty where nothing was released yet.

        Raises
        ------
        DisclosureError
            Where the file cannot be used: without it nothing new may leave.
        """
        file = folder / FILE
        if not file.is_file():
            return cls()
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            if document["schema"] != SCHEMA:
                raise ValueError(f"it is {document['schema']}, not {SCHEMA}")
            return cls(tuple(Entry(**entry) for entry in document["releases"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DisclosureError(
                f"{FILE} beside the plan says what was released before, and it cannot be read ({error}). "
                "Put the last good copy back; delete it only if nothing has been published from this plan."
            ) from None

    def write(self, folder: Path) -> Path:
        """Where is the ledger? Written whole or not at all.

        Parameters
        ----------
        folder : Path
            The plan's folder.

        Returns
        -------
        Path
            The file.
        """
        releases = [{one.name: getattr(entry, one.name) for one in fields(entry)} for entry in self.entries]
        text = json.dumps({"schema": SCHEMA, "releases": releases}, ensure_ascii=False, separators=(",", ":"))
        handle, name = tempfile.mkstemp(prefix=f".{FILE}-", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
        Path(name).chmod(0o644)
        return Path(name).replace(folder / FILE)

    def with_release(self, release: Release, fingerprint: str, round_to: int = 0) -> Ledger:
        """Which ledger has this release too?

        Parameters
        ----------
        release : Release
            What leaves now.
        fingerprint : str
            Of what it was made from.
        round_to : int
            What its counts are rounded to.

        Returns
        -------
        Ledger
            The same one where these numbers were released before.
        """
        figures, tables = _figures(release), _tables(release)
        told = {"profile": release.profile, "figures": figures, "tables": tables}
        sha256 = hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        if any(entry.sha256 == sha256 for entry in self.entries):
            return self
        entry = Entry(
            number=1 + max((entry.number for entry in self.entries), default=0),
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            sha256=sha256,
            fingerprint=fingerprint,
            round_to=round_to,
            years=_years(release.about),
            profile=release.profile,
            figures=figures,
            tables=tables,
        )
        return Ledger((*self.entries, entry))

    def without(self, number: int) -> Ledger:
        """Which ledger leaves out a release that nobody has seen?

        Parameters
        ----------
        number : int
            Of the release.

        Returns
        -------
        Ledger
            All others.

        Raises
        ------
        PlanError
            Where there is no such release.
        """
        if number not in {entry.number for entry in self.entries}:
            known = ", ".join(str(entry.number) for entry in self.entries) or "none"
            raise PlanError(f"There is no release {number} in the ledger. There are: {known}.")
        return Ledger(tuple(entry for entry in self.entries if entry.number != number))

    def earlier(self, fingerprint: str, about: Mapping[str, Any]) -> Earlier:
        """What do others know from releases before this one?

        Parameters
        ----------
        fingerprint : str
            Of what the new release is made from: one made from the same is the same release.
        about : mapping
            The plan's words, with its outcomes and their years.

        Returns
        -------
        Earlier
            Numbers of the same outcomes in the same years.
        """
        years = _years(about)
        found = Earlier()
        for entry in self.entries:
            if entry.fingerprint == fingerprint:
                continue
            same = {outcome for outcome, when in entry.years.items() if years.get(outcome) == when} | {""}
            found.add(entry, same, other_files=_files(entry.fingerprint) != _files(fingerprint))
        return found


def fingerprint(manifest: Mapping[str, Any], policy: Policy) -> str:
    """From what is a release made?

    Parameters
    ----------
    manifest : mapping
        The evaluation's, with the hashes of plan and files and the versions.
    policy : Policy
        The rules.

    Returns
    -------
    str
        A hash, the same for two runs of the same, and after a colon one of the files alone.
    """
    made_from = {key: manifest.get(key) for key in ("plan_sha256", "files_sha256", "versions")}
    return f"{_hash([made_from, asdict(policy)])}:{_hash(manifest.get('files_sha256'))}"


def _hash(what: object) -> str:
    document = json.dumps(what, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(document.encode()).hexdigest()


def _files(mark: str) -> str:
    return mark.partition(":")[2]


def _years(about: Mapping[str, Any]) -> dict[str, list[str]]:
    return {str(one["id"]): [str(one.get("before")), str(one.get("after"))] for one in about.get("outcomes") or ()}


def _figures(release: Release) -> list[list[Any]]:
    return [
        [
            item.outcome,
            item.group,
            str(item.estimand),
            item.base,
            item.n_pupils,
            _count(item),
            float(f"{item.value:.12g}"),
            *([float(f"{line.value:.12g}")] if (line := item.comparator) and math.isfinite(line.value) else []),
        ]
        for item in release.estimates
        if item.value is not None and item.base != SCHOOLS
    ]


def _count(item: ReleasedEstimate) -> int | None:
    from afa_eval.disclosure.primary import figures

    if item.unit == "count" and item.value is not None:
        return round(item.value)
    if item.unit != "proportion" or str(item.estimand) in figures().not_counts or item.value is None:
        return None
    return round(item.value * (item.n_pupils or 0))


def _tables(release: Release) -> list[dict[str, Any]]:
    return [
        {
            "name": one.table.name,
            "outcome": one.table.outcome,
            "rows": list(one.table.rows),
            "columns": list(one.table.columns),
            "cells": [list(row) for row in one.table.cells],
        }
        for one in release.tables
        if one.table.kind != "series" and one.table.base != SCHOOLS
    ]


@dataclass(slots=True)
class Earlier:
    """Which numbers are out already?

    Attributes
    ----------
    people : dict
        By outcome, group, estimand and base: how many people stood behind the figure.
    counted : dict
        By the same: how many of them it counted, and how many not.
    values : dict
        By the same: how many people, and the value of a figure that counts nobody.
    lines : dict
        By the same: how many people, and the line that the figure was set against.
    cells : dict
        By table, row label and column label: the counts.
    numbers : set of int
        Of the releases.
    """

    people: dict[Figure, set[Printed]] = field(default_factory=lambda: defaultdict(set))
    counted: dict[Figure, set[tuple[Printed, Printed]]] = field(default_factory=lambda: defaultdict(set))
    values: dict[Figure, set[tuple[Printed, float]]] = field(default_factory=lambda: defaultdict(set))
    lines: dict[Figure, set[tuple[Printed, float]]] = field(default_factory=lambda: defaultdict(set))
    cells: dict[tuple[str, str, str], set[Printed]] = field(default_factory=lambda: defaultdict(set))
    numbers: set[int] = field(default_factory=set)

    def add(self, entry: Entry, outcomes: Iterable[str], *, other_files: bool = True) -> None:
        """Take in a release, as far as it is about these outcomes.

        Parameters
        ----------
        entry : Entry
            An earlier release.
        outcomes : iterable of str
            Whose years are the same.
        other_files : bool
            Whether it was made from other data: from the same, no pupil's score can have changed.
        """
        wanted, step = set(outcomes), entry.round_to
        self.numbers.add(entry.number)
        for outcome, group, estimand, base, people, count, *told in entry.figures:
            if outcome in wanted:
                key = (outcome, group, estimand, base)
                value, line, *_ = *told, None, None  # no line, or an older ledger, which holds neither
                self.people[key].add((people, step))
                if count is not None:
                    self.counted[key].add(((count, step), (people - count, step)))
                elif value is not None and other_files:
                    self.values[key].add(((people, step), value))
                if line is not None and other_files:
                    self.lines[key].add(((people, step), line))
        for table in entry.tables:
            for row, cells in zip(table["rows"], table["cells"], strict=True) if table["outcome"] in wanted else ():
                for column, value in zip(table["columns"], cells, strict=True):
                    if value is not None:
                        self.cells[table["name"], row, column].add((value, step))

    def reason(self, item: Estimate, count: float | None, policy: Policy) -> str:
        """Why may a figure not stand beside what is out already?

        Parameters
        ----------
        item : Estimate
            The new figure.
        count : float or None
            How many people it counts; None for means.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where it may.
        """
        key = (item.outcome, item.group, str(item.estimand), item.base)
        if any(policy.too_few(_less(item.n_pupils, old, policy)) for old in self.people.get(key, ())):
            return f"{TOLD} fewer than {policy.threshold} {item.base} more or less"
        if count is None:
            return ""
        numbers = (round(count), item.n_pupils - round(count))
        for old in self.counted.get(key, ()):
            # of rounded counts the rest is no rounded count, and says no more
            kept = 1 if policy.round_to or old[0][1] else 2
            pairs = zip(numbers[:kept], old[:kept], strict=True)
            if any(policy.too_few(_less(new, before, policy)) for new, before in pairs):
                return f"{BESIDE} that fewer than {policy.threshold} {item.base} changed"
        return ""

    def finding(self, reasons: Iterable[str], cells: int) -> tuple[Finding, ...]:
        """What does a book say of figures that are hidden because of an earlier release?

        Parameters
        ----------
        reasons : iterable of str
            Why each hidden figure is hidden.
        cells : int
            How many cells of tables are hidden for that.

        Returns
        -------
        tuple of Finding
            Empty where none is hidden for that.
        """
        figures = sum(reason.startswith((TOLD, BESIDE)) for reason in reasons)
        counts = ((figures, "figure", "figures"), (cells, "cell of a table", "cells of tables"))
        said = " and ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
        if not said:
            return ()
        which = ", ".join(map(str, sorted(self.numbers)))
        return (
            Finding(
                code=CODE,
                severity=Severity.CONCERN,
                message=f"Beside what was released earlier from this plan, {said} would tell of a few people who "
                "joined, left or changed since. What would tell is hidden.",
                fix=f"The file {FILE} beside the plan lists what was released. A release that nobody outside has seen "
                f"can be taken back, so that it hides nothing: afa-eval ledger PLAN --forget NUMBER (here {which}).",
            ),
        )

    def changed(self, item: Estimate, policy: Policy) -> str:
        """Could a mean be another than it was because of a few of the same people?

        Parameters
        ----------
        item : Estimate
            The new figure.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where it is the same, counts nobody's scores, or has changed by more than a few would change it.
        """
        return self._moved(item, mixes.value_as_printed(item), self.values, policy)

    def line_changed(self, item: Estimate, policy: Policy) -> str:
        """Could the line of a group's own mix be another than it was because of a few people in it?

        Parameters
        ----------
        item : Estimate
            The new figure, set against the line.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where there is no such line, it is told as it was, or has changed by more than a few would change it.
        """
        line = mixes.line_as_printed(item)
        return "" if line is None else self._moved(item, line, self.lines, policy)

    def _moved(
        self, item: Estimate, now: float, told: Mapping[Figure, Iterable[tuple[Printed, float]]], policy: Policy
    ) -> str:
        """Why may a number of as many people as before not stand beside what was told of them? One that was told may."""
        key = (item.outcome, item.group, str(item.estimand), item.base)
        far = math.inf if item.se is None else policy.threshold * FAR * item.se / math.sqrt(max(item.n_pupils, 1))
        near = False
        for people, value in told.get(key, ()):  # several where a figure is set against several lines
            step = max(policy.round_to, people[1])
            least = 10.0 ** -int(math.log10(max(item.n_pupils, 1))) if step else SAME * max(1.0, abs(value))
            moved, same = abs(now - value), _less(item.n_pupils, people, policy) == 0
            if same and moved <= least:
                return ""
            near |= same and moved < far
        return f"{BESIDE} how far fewer than {policy.threshold} {item.base} were changed" if near else ""

    def known(self, tables: Sequence[Table], policy: Policy) -> Known:
        """Which cells are out already, or differ by too few from what is?

        Parameters
        ----------
        tables : sequence of Table
            Counts of people.
        policy : Policy
            The rules.

        Returns
        -------
        Known
            For the second step of suppression.
        """
        public: set[Cell] = set()
        hidden: set[Cell] = set()
        beside: dict[Any, float] = {}
        sums: list[Sum] = []
        people = [one for one in tables if one.kind != "series" and one.base != SCHOOLS]
        for table in people if self.cells else ():
            for row, column, value in _cells(table):
                old = self.cells.get((table.name, table.rows[row], table.columns[column]), set())
                near = sorted(one[0] for one in old if policy.too_few(_less(value, one, policy)))
                cell = (table.name, row, column)
                if near:
                    hidden.add(cell)
                elif old and any(_less(value, one, policy) == 0 for one in old):
                    public.add(cell)
                for number in near:
                    beside["earlier", cell, number] = number
                    key: Any = ("earlier", cell, number)
                    sums.append(Sum(cell, (key,)) if value > number else Sum(key, (cell,)))
        return Known(frozenset(public), frozenset(hidden), beside, tuple(sums))


def _less(new: float, old: Printed, policy: Policy) -> float:
    """How far apart are two counts, both as coarse as the coarser is printed?"""
    step = max(policy.round_to, old[1])
    return abs(to_nearest(new, step) - to_nearest(old[0], step)) if step else abs(round(new) - round(old[0]))


def _cells(table: Table) -> Iterable[tuple[int, int, float]]:
    for row, values in enumerate(table.cells):
        yield from ((row, column, value) for column, value in enumerate(values) if value is not None)
