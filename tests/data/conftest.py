"""A small trust in order: forty pupils in four schools, two years, as rows of text that tests damage."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from afa_eval.data.loading import Loaded, load
from afa_eval.data.records import Explanation, Need

NEEDS = (
    Need(table="attainment", column="reading_autumn", role="the baseline", kind="score", scale=(60, 140)),
    Need(table="attainment", column="reading_summer", role="the outcome", kind="score", scale=(60, 140)),
    Need(table="pupils", column="sen_provision", role="a subgroup"),
    Need(table="pupils", column="fsm", role="a subgroup"),
    Need(table="attendance", column="sessions_possible", role="sessions", kind="sessions"),
    Need(table="responses", column="relationship", role="the rating"),
    Need(table="responses", column="q1", role="an item of the scale", kind="item", scale=(1, 5)),
)
FILES = {
    "pupils": "pupils.csv",
    "attainment": "attainment.csv",
    "attendance": "attendance.csv",
    "responses": "parents.csv",
}


@dataclass
class Trust:
    """Files as lists of rows; `write` puts them into a folder, `load` reads them as a plan would."""

    folder: Path
    rows: dict[str, list[list[str]]]
    sources: dict[str, object] = field(default_factory=lambda: dict(FILES))
    needs: tuple[Need, ...] = NEEDS
    columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def header(self, file: str) -> list[str]:
        return self.rows[file][0]

    def put(self, file: str, row: int, column: str, value: str) -> None:
        """Write a cell; `row` as a spreadsheet counts."""
        self.rows[file][row - 1][self.header(file).index(column)] = value

    def get(self, file: str, row: int, column: str) -> str:
        return self.rows[file][row - 1][self.header(file).index(column)]

    def drop(self, file: str, column: str) -> None:
        at = self.header(file).index(column)
        for row in self.rows[file]:
            del row[at]

    def add(self, file: str, column: str, values: Sequence[str]) -> None:
        for row, value in zip(self.rows[file], [column, *values], strict=True):
            row.append(value)

    def write(self) -> None:
        for file, rows in self.rows.items():
            with (self.folder / file).open("w", newline="", encoding="utf-8") as handle:
                csv.writer(handle).writerows(rows)

    def load(self, *, write: bool = True, explanations: Sequence[Explanation] = ()) -> Loaded:
        if write:
            self.write()
        return load(
            self.sources,  # type: ignore[arg-type]
            columns=self.columns,
            needs=self.needs,
            before="202122",
            after="202223",
            folder=self.folder,
            explanations=explanations,
        )


def clean_rows() -> dict[str, list[list[str]]]:
    chance = random.Random(7)
    pupils = [["pupil_id", "URN", "Year group", "SEN provision", "Primary need", "FSM", "EAL", "Sex", "Cohort"]]
    attainment = [["pupil_id", "reading_autumn", "reading_summer"]]
    attendance = [
        ["pupil_id", "urn", "year", "term", "sessions_possible", "sessions_authorised", "sessions_unauthorised"]
    ]
    parents = [["respondent", "respondent_id", "urn", "wave", "relationship", "q1"]]
    for number in range(1, 41):
        pupil, school = f"P{number:04d}", str(100000 + number % 4)
        sen = "NNKE"[number % 4]
        need = "" if sen == "N" else "SLCN"
        pupils.append(
            [pupil, school, str(1 + number % 6), sen, need, "NY"[number % 2], "no", "FM"[number % 2], "pilot"]
        )
        attainment.append([pupil, str(85 + number % 30), str(86 + chance.randrange(30))])
        for year in ("2021/22", "2022/23"):
            for term in ("Autumn", "Spring", "Summer"):
                attendance.append([pupil, school, year, term, "126", str(chance.randrange(9)), str(number % 3)])
        for wave in ("before", "after"):
            parents.append(
                ["parent", f"R{number:03d}", school, wave, ["poor", "good"][number % 2], str(1 + number % 5)]
            )
    return {"pupils.csv": pupils, "attainment.csv": attainment, "attendance.csv": attendance, "parents.csv": parents}


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    """A trust whose files are in order."""
    return Trust(tmp_path, clean_rows())


@pytest.fixture
def new_trust() -> Callable[[Path], Trust]:
    """Make a trust in order in a folder of one's own."""
    return lambda folder: Trust(folder, clean_rows())


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes or text to a file and return its path."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
