"""Drive the readers with mutated files: a table or a plain refusal must come of each, never anything else.

Run: python benchmarks/fuzz.py SECONDS [csv|marks|xml|xlsx|ees]
Needs atheris, which is no dependency of ours, not even to develop: ``pip install atheris`` into an environment of
your own that has afa_eval in it. The suite drives the same readers with hypothesis.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["afa_eval.data", "afa_eval.codes"]):
    import afa_eval as ae
    from afa_eval.data.readers import read
    from afa_eval.errors import DataError

ROOM = Path(tempfile.mkdtemp())
CENSUS = b"""AcademicYear,URN,UPN,FormerUPN,Surname,Forename,Sex,DOB,FSMeligible,Language,Ethnicity,NCyearActual,SENProvision,PrimarySENeedsType
2022/2023,100001,H801200001001,,Smith,Ann,F,01/02/2012,1,ENG,WBRI,6,K,SLCN
2022/2023,100001,R201100018042,,O, Neil,Ben,M,2012-02-01,0,URD,APKN,R,N,
"""
SCORES = b"UPN;Test;Term;Score\nH801200001001;Reading;Autumn;2b\nH801200001001;Reading;Summer;B\n"
NPD = b"PupilMatchingRef_SPR14,SENprovisionMajor_SPR14,SessionsPossible_Autumn_ab17,AuthorisedAbsence_Autumn_ab17\nP1,3_SS,140,3\n"
MARKS = b"UPN,URN,Date,Session,Mark\nA,100001,04/09/2023,AM,/\nA,100001,04/09/2023,PM,\\\nA,100001,05/09/2023,AM,I\n"
WEEKS = b"UPN,URN,Week beginning,Marks\nA,100001,04/09/2023,/\\/\\I/OO##\n"
XML = b"""<?xml version="1.0"?><CTfile><Header><SourceSchool><LEA>201</LEA><Estab>1000</Estab><AcademicYear>2022</AcademicYear>
</SourceSchool></Header><CTFpupilData><Pupil><UPN>H801200001001</UPN><BasicDetails><SENprovision>K</SENprovision></BasicDetails>
<SchoolHistory><School><LEA>201</LEA><Estab>1000</Estab><Attendance><Year>2022</Year><SessionsPossible>300</SessionsPossible>
<SessionsAuthorised>9</SessionsAuthorised><SessionsUnauthorised>2</SessionsUnauthorised></Attendance></School></SchoolHistory>
<StageAssessments><KeyStage><Stage>KS2</Stage><StageAssessment><Subject>REA</Subject><Result>104</Result></StageAssessment>
</KeyStage></StageAssessments></Pupil></CTFpupilData></CTfile>"""
EES = b"time_period,time_identifier,geographic_level,country_code,country_name,sen_status,pa_percent\n202122,Academic year,National,E92000001,England,Total,22.5\n"
TABLES = (None, "pupils", "attainment", "attendance", "responses")


def book() -> bytes:
    """A small workbook."""
    import openpyxl

    made = openpyxl.Workbook()
    for row in CENSUS.decode().splitlines():
        made.active.append(row.split(",")[:8])
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


SEEDS = {"csv": (CENSUS, SCORES, NPD), "marks": (MARKS, WEEKS), "xml": (XML,), "xlsx": (book(),), "ees": (EES,)}


def one(data: bytes, kind: str) -> None:
    """One file, as each of the tables in turn."""
    provider = atheris.FuzzedDataProvider(data[:1])
    table = TABLES[provider.ConsumeIntInRange(0, len(TABLES) - 1)]
    path = ROOM / f"f.{'csv' if kind in {'marks', 'ees'} else kind}"
    path.write_bytes(data[1:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(DataError):
            read(path, table=table)
        if kind == "marks":
            with contextlib.suppress(DataError):
                ae.attendance(path)


def repacked(data: bytes, limit: int, seed: int) -> bytes:
    """Mutate one part of a workbook, not the archive around it, so that its cells are reached."""
    try:
        with zipfile.ZipFile(io.BytesIO(data[1:])) as old:
            parts = {item.filename: old.read(item) for item in old.infolist() if item.file_size < limit}
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, EOFError, zlib.error):  # what zipfile raises
        return data[:1] + SEEDS["xlsx"][0]
    names = [name for name in parts if name.endswith(".xml")]
    if names:
        name = sorted(names)[seed % len(names)]
        parts[name] = atheris.Mutate(parts[name], len(parts[name]) + 64)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return data[:1] + kept.getvalue()


def main() -> None:
    """Fuzz for some seconds."""
    seconds, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "csv"
    seeds = ROOM / "seeds"
    seeds.mkdir()
    for place, content in enumerate(SEEDS[kind]):
        for table in range(len(TABLES)):
            (seeds / f"{place}-{table}").write_bytes(bytes([table]) + content)
    flags = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        "-max_len=20000",
        "-timeout=120",
        "-rss_limit_mb=3000",
        str(seeds),
    ]
    mutator = {"custom_mutator": repacked} if kind == "xlsx" else {}
    atheris.Setup(flags, lambda data: one(data, kind), **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
