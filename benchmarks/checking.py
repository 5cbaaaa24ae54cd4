"""The check of a trust's data: 60,000 pupils, 30 rules, many faults, beside pandera on the same rules.

Run: python benchmarks/checking.py [--pupils 60000] [--wrong 0.05] [--python PYTHON]
``--python`` names an interpreter with pandera in it (it is no dependency of ours, not even to develop); without one,
or without pandera in this one, only ours is measured. Each way runs in a process of its own, and its clock starts when
its reader has the files in memory; each ends with the list of all faults (pandera's ``failure_cases``: column, rule,
value and row of each; ours the same with rows that are alike on one line). Targets: under 1 s CPU, and 100 times faster
than pandera. Our reader holds each text of a column once, which a check is quick with and pandas' table of strings is
not: so the time of reading and checking together is told too, ours from the files' bytes, pandera's from ``read_csv``.
pandera looks at whole columns as well. Its time grows with the faults, as it writes out a row for each, and ours does
not: so the ratio is told for few faults, for many, and for nothing but faults.
``benchmarks.readers`` writes what it measured into ``book/methods/speed_readers.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

FEW, MANY, ALL = 0.001, 0.05, 1.0  # of the cells of every column are wrong
TABLES = ("pupils", "attainment", "attendance")
SOUND = {
    "pupil_id": (), "urn": (), "year_group": tuple(map(str, range(1, 12))), "sen_provision": ("N", "K", "E"),
    "primary_need": ("SLCN", "ASD", "SEMH", "MLD", "SPLD"), "secondary_need": ("SLCN", "ASD", "SEMH", "MLD", "SPLD"),
    "fsm": ("yes", "no"), "eal": ("yes", "no"), "sex": ("F", "M"), "cohort": ("pilot", "comparison"),
    "phase": ("primary", "secondary"),
}  # fmt: skip
SCORES = ("reading_autumn", "reading_summer", "maths_autumn", "maths_summer")
YEARS = ("2021/22", "2022/23")
SESSIONS = ("sessions_possible", "sessions_authorised", "sessions_unauthorised")
LOW, HIGH = 60, 140


def write(folder: Path, pupils: int, share: float = MANY, *, alike: bool = True) -> None:
    """The same trust for both ways, as CSV: with each kind of fault in this share of the rows, no two alike if asked."""
    chance = random.Random(20240901)
    number_of = itertools.count(100)

    def wrong(sound: str, other: str = "??") -> str:
        if chance.random() >= share:
            return sound
        return other if alike else f"{other}{next(number_of)}"

    files = {name: (folder / f"{name}.csv").open("w", encoding="utf-8") for name in TABLES}
    files["pupils"].write(",".join(SOUND) + "\n")
    files["attainment"].write("pupil_id," + ",".join(SCORES) + "\n")
    files["attendance"].write("pupil_id,urn,year," + ",".join(SESSIONS) + "\n")
    for number in range(pupils):
        pupil, school = f"P{number:06d}", str(100000 + number % 60)
        cells = [wrong(chance.choice(values)) for values in SOUND.values() if values]
        files["pupils"].write(",".join([pupil, school, *cells]) + "\n")
        if chance.random() >= min(share, MANY):  # the others have no row at all
            scores = [wrong(str(chance.randint(70, 130)), "999") for _ in SCORES]
            files["attainment"].write(",".join([pupil, *scores]) + "\n")
        for year in YEARS:
            counts = [str(380), str(chance.randint(0, 30)), str(chance.randint(0, 12))]
            counts = [wrong(each, "-4") for each in counts]
            whose = wrong(pupil, f"Q{number:06d}")
            files["attendance"].write(",".join([whose, school, wrong(year, "2022"), *counts]) + "\n")
    for file in files.values():
        file.close()


def ours(folder: Path) -> dict[str, Any]:
    """Every check there is, on files that are already text in memory; reading them is told beside it."""
    from afa_eval.data.checks import CHECKS, run_checks
    from afa_eval.data.opening import source
    from afa_eval.data.readers import handed_in, part_of, read_as
    from afa_eval.data.records import Need

    needs = [Need(table="attainment", column=name, role="a score", kind="score", scale=(LOW, HIGH)) for name in SCORES]
    begun = time.process_time()
    raws = {name: read_as(source(f"{name}.csv", folder), name) for name in TABLES}
    start = time.process_time()
    parts = [part_of(raw, name, needs=needs, before="202122") for name, raw in raws.items()]
    faults = run_checks(handed_in(parts, needs=needs, before="202122", after="202223"))
    spent = time.process_time() - start
    found = sum(fault.count for fault in faults if fault.severity == "error")
    whole = spent + start - begun
    return {"cpu": spent, "whole": whole, "rules": len(CHECKS), "faults": found, "lines": len(faults)}


def pandera(folder: Path) -> dict[str, Any]:
    """The same rules as pandera writes them: lazily, with its own vectorised checks on columns of text.

    Rules on files and headers are those of a schema: needed columns are required. Where a pattern already finds a fault
    that we tell apart by another rule (a blank cell, a number that a spreadsheet has rounded, a formula's error), one
    check stands for all of them, as one would write it.
    """
    import pandas as pd

    try:
        import pandera.pandas as pa
    except ImportError:  # before 0.24
        import pandera as pa

    begun = time.process_time()
    tables = {name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in TABLES}
    start = time.process_time()
    listed = tables["pupils"]["pupil_id"]
    text, number = pa.Check.str_matches, pa.Check.str_matches(r"^\d+$")
    urn, varies = text(r"^[1-9]\d{5}$"), pa.Check(lambda cells: cells.nunique() > 1)
    code = [pa.Column(str, pa.Check.isin(values), name=name) for name, values in SOUND.items() if values]

    def scale(cells: Any) -> Any:
        return pd.to_numeric(cells, errors="coerce").between(LOW, HIGH) | ~cells.str.match(r"^\d+$")

    def fits_a_year(cells: Any) -> Any:
        return ~(pd.to_numeric(cells, errors="coerce") > 400)

    def has_its_letter(cells: Any) -> Any:
        letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
        values = {**{letter: i for i, letter in enumerate(letters)}, **{str(digit): digit for digit in range(10)}}
        formed = cells.str.match(rf"^[{letters}]\d{{11}}[0-9{letters}]$")
        sums = cells[formed].map(lambda upn: sum(i * values[sign] for i, sign in enumerate(upn[1:], 2)) % 23)
        return ~formed | (sums.map(dict(enumerate(letters))) == cells[formed].str[0]).reindex(
            cells.index, fill_value=False
        )

    def adds_up(table: Any) -> Any:
        possible, authorised, unauthorised = (pd.to_numeric(table[name], errors="coerce") for name in SESSIONS)
        return ~(authorised.clip(lower=0) + unauthorised.clip(lower=0) > possible)

    schemas = {
        "pupils": pa.DataFrameSchema(
            {
                "pupil_id": pa.Column(str, [text(r"^[A-Z]\d{6}$"), text(r"\S"), pa.Check(has_its_letter)], unique=True),
                "urn": pa.Column(str, [urn, text(r"\S"), varies]),
                **{str(column.name): column for column in code},
            }
        ),
        "attainment": pa.DataFrameSchema(
            {
                "pupil_id": pa.Column(str, pa.Check.isin(set(listed)), unique=True),
                **{name: pa.Column(str, [number, pa.Check(scale), varies]) for name in SCORES},
            }
        ),
        "attendance": pa.DataFrameSchema(
            {
                "pupil_id": pa.Column(str, pa.Check.isin(set(listed))),
                "urn": pa.Column(str, [urn, pa.Check.isin(set(tables["pupils"]["urn"]))]),
                "year": pa.Column(str, [pa.Check.isin(YEARS), pa.Check(lambda cells: set(YEARS) <= set(cells))]),
                **{name: pa.Column(str, [number, *([pa.Check(fits_a_year)] * (name == SESSIONS[0]))]) for name in SESSIONS},
            },
            checks=pa.Check(adds_up),
            unique=["pupil_id", "urn", "year"],
        ),
    }  # fmt: skip
    found = 0
    for name, schema in schemas.items():
        try:
            schema.validate(tables[name], lazy=True)
        except pa.errors.SchemaErrors as errors:
            found += len(errors.failure_cases)
    spent = time.process_time() - start
    rules = sum(len(schema.checks) + bool(schema.unique) for schema in schemas.values()) + sum(
        len(column.checks) + bool(column.unique) for schema in schemas.values() for column in schema.columns.values()
    )
    whole = spent + start - begun
    return {"cpu": spent, "whole": whole, "rules": rules, "faults": found, "version": version("pandera")}


def alone(python: str, way: str, folder: Path) -> dict[str, Any]:
    """One way in a process of its own."""
    done = subprocess.run(
        [python, __file__, "--way", way, "--folder", str(folder)], capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def least(python: str, way: str, folder: Path) -> dict[str, Any]:
    """The quickest of three runs: the machine's own speed changes within minutes."""
    runs = [alone(python, way, folder) for _ in range(3)]
    return min(runs, key=lambda each: each["cpu"]) | {"whole": min(each["whole"] for each in runs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=60_000)
    parser.add_argument("--wrong", type=float, default=MANY, help="share of the cells")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with pandera")
    parser.add_argument("--way", choices=["ours", "pandera"])
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(ours(asked.folder) if asked.way == "ours" else pandera(asked.folder)))
        return
    with tempfile.TemporaryDirectory() as room:
        write(Path(room), asked.pupils, asked.wrong)
        mine = least(sys.executable, "ours", Path(room))
        print(f"ours     {mine['cpu']:7.2f} s CPU, {mine['rules']} rules, {mine['faults']:,} faults (target 1 s)")
        if asked.python == sys.executable and importlib.util.find_spec("pandera") is None:
            print("pandera is not here: name an interpreter that has it with --python")
            return
        peer = least(asked.python, "pandera", Path(room))
        print(f"pandera  {peer['version']} {peer['cpu']:7.2f} s CPU, {peer['rules']} rules, {peer['faults']:,} faults")
        print(f"{peer['cpu'] / mine['cpu']:.0f} times faster (target 100)")
        print(f"reading and checking: ours {mine['whole']:.2f} s, pandera's {peer['whole']:.2f} s")


if __name__ == "__main__":
    main()
