"""Common Transfer Files: pupils, sessions and assessments from XML, read as a stream.

No document type and no entity is accepted, so nothing can grow; a namespace makes no difference.
A row is numbered by the line of its pupil.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from afa_eval.codes import years
from afa_eval.data.raw import Body, Note
from afa_eval.data.written import Written
from afa_eval.errors import DataError

CHUNK = 1 << 16
DEEPEST = 40
LONGEST = 1 << 17
LONGEST_TOKEN = 1 << 20  # a tag, comment or text: the parser begins it anew with every piece that it is handed
MOST_ROWS = 5_000_000
PERSON = "UPN"
SESSIONS = ("SessionsPossible", "SessionsAuthorised", "SessionsUnauthorised")
RECORDS = {"StageAssessment": "attainment", "Attendance": "attendance", "School": "history", "KeyStage": "stage"}
Record = dict[str, str]


class _Refused(Exception):  # noqa: N818 - never leaves this file
    """Why the file is not read further."""


@dataclass(slots=True)
class _Reading:
    """What was gathered so far, and where in the document we are."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    length: int = 0
    leaf: bool = False
    school: Record = field(default_factory=dict)
    pupil: Record = field(default_factory=dict)
    own: list[tuple[str, Record]] = field(default_factory=list)
    open: list[tuple[str, Record]] = field(default_factory=list)
    line: int = 0
    rows: dict[str, list[tuple[int, Record]]] = field(
        default_factory=lambda: {"pupils": [], "attainment": [], "attendance": []}
    )


def is_xml(path: Path) -> bool:
    """Does a file begin as XML does?

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        By its first characters, in UTF-8 or UTF-16.
    """
    with path.open("rb") as file:
        start = file.read(200)
    bare = start.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if bare[:14].lower() == b"<!doctype html":
        return False
    return bare.startswith((b"<?xml", b"<CTfile", b"<!DOCTYPE")) or (path.suffix.lower() == ".xml" and bare[:1] == b"<")


def ctf_body(path: Path, table: str | None) -> Body:
    """What does a Common Transfer File give to a table?

    Parameters
    ----------
    path : Path
        The file.
    table : str, optional
        pupils, attainment or attendance; the fullest one where not given.

    Returns
    -------
    Body
        With a note instead of rows where the file is damaged or refused.
    """
    reading = _Reading()
    try:
        _parse(path, reading)
    except _Refused as refused:
        return _nothing(Note("kind", str(refused)))
    except expat.ExpatError as error:
        return _nothing(Note("kind", f"a damaged XML file: it breaks off or is wrong in line {error.lineno}"))
    except (ValueError, LookupError):  # an encoding that does not exist
        return _nothing(Note("kind", "an XML file in an unknown encoding"))
    chosen = table or next((name for name in ("attainment", "attendance") if reading.rows[name]), "pupils")
    rows = reading.rows.get(chosen, [])
    return (
        _body(_named(rows, chosen))
        if rows
        else _nothing(Note("empty", f"nothing about {chosen} in this transfer file"))
    )


def _parse(path: Path, reading: _Reading) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> int:
        raise _Refused("an XML file with a document type or entities, which transfer files never have")

    def start(name: str, _: Mapping[str, str]) -> None:
        _start(reading, name.rpartition(":")[2], parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: _end(reading, name.rpartition(":")[2])
    parser.CharacterDataHandler = lambda text: _text(reading, text)
    fed = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > LONGEST_TOKEN:
                raise _Refused("XML with a tag, comment or cell of over a million characters")
        parser.Parse(b"", True)


def _start(reading: _Reading, name: str, line: int) -> None:
    if not reading.path and name != "CTfile":
        raise _Refused(f"XML of another kind: it begins with '{name[:40]}', a transfer file with CTfile")
    if len(reading.path) >= DEEPEST:
        raise _Refused("XML that is nested too deeply for a transfer file")
    reading.path.append(name)
    reading.text.clear()
    reading.length, reading.leaf = 0, True
    if name == "Pupil" and "CTFpupilData" in reading.path:
        reading.pupil, reading.own, reading.line = {}, [], line
    if name in RECORDS and "Pupil" in reading.path:
        reading.open.append((RECORDS[name], {}))


def _text(reading: _Reading, text: str) -> None:
    reading.length += len(text)
    if reading.length > LONGEST:
        raise _Refused("XML with a cell of over a hundred thousand characters")
    reading.text.append(text)


def _end(reading: _Reading, name: str) -> None:
    value = "".join(reading.text).strip() if reading.leaf else ""
    reading.path.pop()
    reading.text.clear()
    reading.length = 0
    if name in RECORDS and reading.open and reading.open[-1][0] == RECORDS[name] and not reading.leaf:
        kind, record = reading.open.pop()
        outer = {key: text for _, above in reading.open for key, text in above.items()}
        reading.own.append((kind, {**outer, **record}))
    elif name == "Pupil" and not reading.leaf:
        _finish(reading)
    elif value:
        _keep(reading, name, value)
    reading.leaf = False


def _keep(reading: _Reading, name: str, value: str) -> None:
    if reading.open:
        reading.open[-1][1][name] = value
    elif "Pupil" in reading.path:
        reading.pupil[name] = value  # of a history the last entry stands
    elif "SourceSchool" in reading.path:
        reading.school[name] = value


def _finish(reading: _Reading) -> None:
    if sum(map(len, reading.rows.values())) > MOST_ROWS:
        raise _Refused("a transfer file of over five million rows")
    person = {name: reading.pupil[name] for name in (PERSON,) if name in reading.pupil}
    school = _laestab(reading.school)
    place = {"LAESTAB": school} if school else {}
    year = {"AcademicYear": _year(reading.school["AcademicYear"])} if "AcademicYear" in reading.school else {}
    reading.rows["pupils"].append((reading.line, {**reading.pupil, **place, **year}))
    for kind, record in reading.own:
        if kind == "attainment":
            reading.rows["attainment"].append((reading.line, {**person, **record}))
        elif kind == "attendance" and "SessionsPossible" in record:
            own = _laestab(record) or school
            sums = {name: record[name] for name in SESSIONS if name in record}
            when = {"AcademicYear": _year(record["Year"])} if "Year" in record else year
            reading.rows["attendance"].append((reading.line, {**person, "LAESTAB": own, **when, **sums}))


def _laestab(record: Mapping[str, str]) -> str:
    return record["LEA"] + record["Estab"] if "LEA" in record and "Estab" in record else ""


def _year(text: str) -> str:
    """A transfer file names an academic year by the calendar year in which it starts."""
    try:
        return years.parse(text, year_means="start")
    except DataError:
        return text


def _named(rows: Iterable[tuple[int, Record]], table: str) -> list[tuple[int, Record]]:
    listed = list(rows)
    if table != "attainment":
        return listed
    several = len({record.get("Year") for _, record in listed}) > 1
    parts = ("Stage", "Subject", "Method", "Component", *(("Year",) if several else ()))
    found = []
    for line, record in listed:
        test = " ".join(record[part] for part in parts if part in record)
        found.append((line, {PERSON: record.get(PERSON, ""), "Test": test, "Result": record.get("Result", "")}))
    return found


def _body(rows: list[tuple[int, Record]]) -> Body:
    headers = tuple(dict.fromkeys(name for _, record in rows for name in record))
    columns = tuple(Written.of([record.get(name, "") for _, record in rows]) for name in headers)
    return Body(headers, 1, columns, np.array([line for line, _ in rows], dtype=np.int64), ())


def _nothing(note: Note) -> Body:
    return Body((), 1, (), np.empty(0, dtype=np.int64), (note,))
