"""All files of a plan at once: read, checked, shaped, with every fault and every step kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from afa_eval.data.checks import run_checks
from afa_eval.data.handed import STATUS, Handed
from afa_eval.data.headers import known_header
from afa_eval.data.needed import wanted_names
from afa_eval.data.opening import Source, source, within
from afa_eval.data.pseudonyms import hidden, read_key
from afa_eval.data.readers import handed_in, part_of, read_as
from afa_eval.data.records import TABLE_NAMES, Explanation, Need, Step
from afa_eval.data.shapes import attainment_frame, attendance_frame, pupils_frame, responses_frame
from afa_eval.data.tables import Tables, with_derived
from afa_eval.errors import DataError
from afa_eval.estimate.records import Fault

Named = str | Path | Source | Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """Which file was read, and which version of it?

    Attributes
    ----------
    table : str
        Canonical table it belongs to.
    file, sheet : str
        As the user named them.
    sha256 : str
        Hash of its bytes; empty where it could not be opened.
    rows : int
        Rows below the headers.
    """

    table: str
    file: str
    sheet: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """What came of all files?

    Attributes
    ----------
    tables : Tables
        Canonical tables; none where there is an error.
    faults : tuple of Fault
        Everything that is wrong, of all files.
    flow : tuple of Step
        Rows in and out of each step.
    sources : tuple of SourceFile
        The files with their hashes.
    columns : frozenset of str
        Names of the columns that were read, canonical, the plan's or the user's own.
    """

    tables: Tables
    faults: tuple[Fault, ...] = ()
    flow: tuple[Step, ...] = ()
    sources: tuple[SourceFile, ...] = field(default=())
    columns: frozenset[str] = frozenset()

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Which faults must be mended before anything can be evaluated?"""
        return tuple(fault for fault in self.faults if fault.severity == "error")


def load(
    sources: Mapping[str, Named | Sequence[Named]],
    *,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    needs: Iterable[Need] = (),
    before: str = "",
    after: str = "",
    folder: str | Path | None = None,
    key: str | Path | None = None,
    explanations: Sequence[Explanation] = (),
) -> Loaded:
    """What did the trust hand in, and what is wrong with it?

    Parameters
    ----------
    sources : mapping
        Canonical table to a file or several: a path, ``book.xlsx#Sheet``, or
        ``{"file": ..., "sheet": ...}``.
    columns : mapping, optional
        Table to canonical name to header: ``[columns]`` of the plan.
    needs : iterable of Need
        What the designs need.
    before, after : str
        Academic years compared.
    folder : str or Path, optional
        What paths are relative to.
    key : str or Path, optional
        A file of ``afa-eval key`` outside the folder: identifiers of persons become pseudonyms.
    explanations : sequence of Explanation
        Queries that are in order, and why.

    Returns
    -------
    Loaded
        Tables where nothing is an error, all faults, steps and hashes.

    Raises
    ------
    DataError
        Where a table is unknown.
    PlanError
        Where the key is missing, short, readable by others, or lies where it could be handed on.
    """
    unknown = sorted(set(sources) - set(TABLE_NAMES))
    if unknown:
        raise DataError(f"Unknown table '{unknown[0]}'. There are: {', '.join(TABLE_NAMES)}.")
    home = Path(folder) if folder is not None else None
    secret = None if key is None else read_key(within(str(key), home), home)
    needed = tuple(dict.fromkeys(needs))
    parts = []
    for table, named in sources.items():
        told = (columns or {}).get(table, {})
        known = known_header(table, [*told.values(), *(need.column for need in needed)])
        for item in _many(named, home):
            raw = read_as(item, table, known, told)
            parts.append(part_of(raw, table, told=told, needs=needed, before=before))
    handed = handed_in(parts, needs=needed, before=before, after=after)
    faults = explained(run_checks(handed), explanations)
    files = tuple(
        SourceFile(table=part.table, file=part.raw.file, sheet=part.raw.sheet, sha256=part.raw.sha256, rows=part.n)
        for part in parts
    )
    there = frozenset(name for part in parts for name in part.columns)
    if any(fault.severity == "error" for fault in faults):
        return Loaded(Tables(), faults, (), files, there)
    tables = shaped(handed) if secret is None else hidden(shaped(handed), secret)
    return Loaded(tables, faults, tables.flow, files, there)


def shaped(handed: Handed) -> Tables:
    """What are the canonical tables?

    Parameters
    ----------
    handed : Handed
        Without errors.

    Returns
    -------
    Tables
        With derived columns, and the steps as ``flow``.
    """
    frames: dict[str, pd.DataFrame] = {}
    steps: list[Step] = []
    pupils = handed.tables.get("pupils")
    if pupils is not None:
        frames["pupils"], census, said = pupils_frame(pupils, handed.before)
        frames.update({} if census is None else {"census": census})
        steps += said
    if "attainment" in handed.tables:
        scores, said = attainment_frame(handed.tables["attainment"], wanted_names(handed))
        twice = [name for name in STATUS if pupils is not None and pupils.has(name) and name in scores.columns]
        frames["attainment"] = scores.drop(columns=twice)
        steps += said
    if "attendance" in handed.tables:
        frames["attendance"], said = attendance_frame(handed.tables["attendance"], frames.get("pupils"))
        steps += said
    if "responses" in handed.tables:
        frames["responses"], said = responses_frame(handed.tables["responses"], frames.get("pupils"))
        steps += said
    derived = {name: with_derived(frame) for name, frame in frames.items()}
    return Tables(
        pupils=derived.get("pupils"),
        census=derived.get("census"),
        attainment=derived.get("attainment"),
        attendance=derived.get("attendance"),
        responses=derived.get("responses"),
        flow=tuple(steps),
    )


def explained(faults: Iterable[Fault], explanations: Sequence[Explanation]) -> tuple[Fault, ...]:
    """Which queries has the user said are in order?

    Parameters
    ----------
    faults : iterable of Fault
        Everything found.
    explanations : sequence of Explanation
        What the user has said.

    Returns
    -------
    tuple of Fault
        Explained queries are info and carry the reason; errors cannot be explained away.
    """
    found = []
    for fault in faults:
        told = next((each for each in explanations if _explains(each, fault)), None)
        said = (
            fault
            if told is None
            else replace(fault, severity="info", message=f"{fault.message} In order: {told.reason}")
        )
        found.append(said)
    return tuple(found)


def _explains(told: Explanation, fault: Fault) -> bool:
    places = ((told.file, fault.file), (told.column, fault.column), (told.sheet, fault.sheet))
    return fault.severity == "query" and told.code == fault.code and all(said in {"", there} for said, there in places)


def _many(named: Named | Sequence[Named], folder: Path | None) -> list[Source]:
    items = [named] if isinstance(named, str | Path | Source | Mapping) else list(named)
    return [_one(item, folder) for item in items]


def _one(item: Named, folder: Path | None) -> Source:
    if isinstance(item, Source):
        return item
    if isinstance(item, Mapping):
        return source(item["file"], folder, item.get("sheet"))
    return source(item, folder)
