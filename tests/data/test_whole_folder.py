"""A folder with every kind of damage at once: each is said once, in its place, and nothing else is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

from afa_eval.data import text as text_files


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("parents.csv", "respondent,wave\nparent,before\n")
    return buffer.getvalue()


def split(trust: Any) -> dict[str, list[list[str]]]:
    """The forty pupils in eight files of five, each to be damaged in its own way."""
    head, *rows = trust.rows.pop("pupils.csv")
    names = ("mark", "cr", "merged", "formula", "sheets", "mixed", "title", "twice")
    return {name: [list(head), *rows[5 * place : 5 * place + 5]] for place, name in enumerate(names)}


def damaged_census(folder: Path, files: dict[str, list[list[str]]]) -> list[str]:
    def text(rows: list[list[str]]) -> str:
        return "".join(",".join(row) + "\n" for row in rows)

    def workbook(name: str, rows: list[list[str]], merged: str = "", beside: bool = False) -> None:
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        if merged:
            made.active.merge_cells(merged)
        if beside:
            made.create_sheet("Notes").append(["read me"])
        made.save(folder / name)

    (folder / "mark.csv").write_text(text(files["mark"]), encoding="utf-8-sig")  # in order
    (folder / "cr.csv").write_bytes(text(files["cr"]).replace("\n", "\r").encode())  # in order
    files["merged"] = [[*row, "x"] for row in files["merged"]]
    files["merged"][0][-1] = ""
    workbook("merged.xlsx", files["merged"], merged="I1:J1")
    files["formula"][2][5] = '=IF(1=1,"Y","N")'
    files["formula"][4][5] = "#REF!"
    workbook("formula.xlsx", files["formula"])
    workbook("sheets.xlsx", files["sheets"], beside=True)
    notes = ["note", "caf\u00e9", "ok", "caf\u00e9", "ok", "ok"]
    lines = [",".join([*row, note]) for row, note in zip(files["mixed"], notes, strict=True)]
    content = [line.encode("cp1252" if place == 3 else "utf-8") for place, line in enumerate(lines)]
    (folder / "mixed.csv").write_bytes(b"\n".join(content))
    files["title"][2][3], files["title"][4][5] = "=1+1", "@SUM(A1)"
    (folder / "title.csv").write_text("Our pupils\n\nExported today\n" + text(files["title"]))
    (folder / "twice.csv").write_text(text([[*row, row[5]] for row in files["twice"]]))
    return ["mark.csv", "cr.csv", "merged.xlsx", "formula.xlsx", "sheets.xlsx", "mixed.csv", "title.csv", "twice.csv"]


MARKS = """pupil_id,urn,Date,Session,Mark
P0001,100001,06/09/2021,AM,/
P0001,100001,06/09/2021,PM,QQ
P0001,100001,32/10/2021,AM,/
P0001,100001,07/09/2021,noon,/
P0001,100001,06/09/2021,AM,I
P9999,100001,08/09/2021,AM,/
"""
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><CTfile>&b;</CTfile>'


def test_a_folder_with_every_kind_of_damage_says_each_once_and_nothing_else(trust: Any) -> None:
    folder = trust.folder
    trust.sources["pupils"] = damaged_census(folder, split(trust))
    for row in range(2, 32):
        trust.put("attainment.csv", row, "reading_summer", "about 90")
    trust.write()
    (folder / "marks.csv").write_text(MARKS)
    (folder / "cut.xml").write_text("<?xml version='1.0'?><CTfile><CTFpupilData><Pupil><UPN>H80120")
    (folder / "laughs.xml").write_text(LAUGHS)
    (folder / "zip.csv").write_bytes(zipped())
    (folder / "rubbish.csv").write_bytes(bytes((number * 197 + number // 7) % 256 for number in range(5000)))
    (folder / "line.csv").write_bytes(b"respondent,wave\n" + b"x" * (text_files.LONGEST_LINE + 1))
    away = folder.parent / f"{folder.name}-away.csv"
    away.write_text("respondent,respondent_id,urn,wave,relationship,q1\nparent,R900,100001,before,good,3\n")
    trust.sources["attendance"] = ["attendance.csv", "marks.csv", "cut.xml", "laughs.xml"]
    trust.sources["responses"] = ["parents.csv", "zip.csv", "rubbish.csv", "line.csv", f"../{away.name}"]
    found = [(fault.code, fault.file, fault.row, fault.column, fault.count) for fault in trust.load(write=False).faults]
    assert sorted(found, key=str) == sorted(
        [
            ("AFA202", "merged.xlsx", 1, "J", 1), ("AFA402", "formula.xlsx", 3, "FSM", 1),
            ("AFA402", "formula.xlsx", 5, "FSM", 1), ("AFA106", "sheets.xlsx", None, "", 1),
            ("AFA108", "mixed.csv", None, "", 1), ("AFA201", "title.csv", 4, "", 1),
            ("AFA301", "title.csv", 6, "SEN provision", 1), ("AFA305", "title.csv", 8, "FSM", 1),
            ("AFA203", "twice.csv", 1, "FSM", 1), ("AFA401", "attainment.csv", 2, "reading_summer", 30),
            ("AFA306", "marks.csv", 3, "Mark", 1), ("AFA408", "marks.csv", 4, "Date", 1),
            ("AFA408", "marks.csv", 5, "Session", 1), ("AFA212", "marks.csv", 6, "Date", 1),
            ("AFA501", "marks.csv", 7, "pupil_id", 1), ("AFA103", "cut.xml", None, "", 1),
            ("AFA103", "laughs.xml", None, "", 1), ("AFA103", "zip.csv", None, "", 1),
            ("AFA103", "rubbish.csv", None, "", 1), ("AFA104", "line.csv", None, "", 1),
            ("AFA109", f"../{away.name}", None, "", 1),
        ],
        key=str,
    )  # fmt: skip
