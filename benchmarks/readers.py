"""How fast are registers counted and data checked, beside the plain way and the peers, on the same files in one run?

``python -m benchmarks.readers`` prints the table and writes ``book/methods/speed_readers.md`` and ``.csv``; ``--quick``
takes a tenth of the pupils and writes nothing. ``--python PYTHON`` names an interpreter with pandera in it, which is no
dependency of ours; it may be given several times, for several versions.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import attendance, checking

OUT = Path(__file__).parents[1] / "book" / "methods"
PUPILS = 60_000
ABOUT_PANDERA = (
    "Ours holds each text of a column once, and asks a rule of each text instead of each cell; pandera asks whole columns. "
    "It writes out a row for each fault and takes the longer the more there are; of ours those that are alike are one line "
    "with their rows. So the ratio grows with the faults; 100 times is about what it comes to where every cell that can be "
    "wrong is wrong, which are the most faults here, and is not met with fewer. Our rules are more because a blank cell, a number "
    "that a spreadsheet rounded and a failed formula have rules of their own; pandera's patterns find those cells too. "
    "With reading, both start with the files: pandera's as `pandas.read_csv` reads them, as text."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, in CPU seconds."""

    task: str
    rival: str
    peer: float | None
    ours: float
    ratio: str
    target: str


def registers(pupils: int) -> list[Row]:
    """Marks to persistent absence per pupil, from Parquet and from CSV."""
    found = attendance.compared(pupils)
    pandas, parquet, count, text = (
        found[way]["cpu"] for way in ("plain_pandas", "ours_parquet", "duckdb_count", "ours_csv")
    )
    task = f"{pupils * 380:,} marks of a register to persistent absence"
    return [
        Row(f"{task}, from Parquet", "pandas, plainly", pandas, parquet, f"{pandas / parquet:.1f} times", "6 times"),
        Row(f"{task}, from CSV", "DuckDB, rows by code", count, text, f"{text / count:.1f} of it", "at most 3"),
    ] + [
        Row(f"memory of that, from {name}", "", None, round(found[way]["peak_mb"]), "", "under 1,000 MB")
        for name, way in (("Parquet", "ours_parquet"), ("CSV", "ours_csv"))
    ]


def checks(pupils: int, pythons: list[str], share: float, *, alike: bool = True) -> list[Row]:
    """A trust's data with faults in this share of the cells, each rule looked at."""
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        checking.write(folder, pupils, share, alike=alike)
        mine = checking.least(sys.executable, "ours", folder)
        peers = [checking.least(python, "pandera", folder) for python in pythons]
    task = f"check of {pupils:,} pupils, {mine['rules']} rules, {mine['faults']:,} faults{'' if alike else ', no two alike'}"
    rows = [Row(task, "", None, mine["cpu"], "", "under 1 s")]
    read = f"reading and {task}"
    for peer in peers:
        rival = f"pandera {peer['version']}, {peer['rules']} rules"
        rows.append(Row(task, rival, peer["cpu"], mine["cpu"], f"{peer['cpu'] / mine['cpu']:.1f} times", "100 times"))
        rows.append(Row(read, rival, peer["whole"], mine["whole"], f"{peer['whole'] / mine['whole']:.1f} times", ""))
    return rows


def page(rows: list[Row]) -> str:
    """The table as the book shows it."""
    intro = (
        f"CPU seconds of all threads, peer and ours on the same files in one run ({platform.machine()}, Python "
        f"{platform.python_version()}); the least of three runs where one is short. Text is in memory before the clock "
        "of a check starts, for both, as each one's reader holds it."
    )
    lines = [
        "# How fast files are read",
        "",
        intro,
        "",
        "| Task | Peer | Peer's | Ours | Ratio | Target |",
        "|---|---|---:|---:|---:|---|",
    ]
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:.2f} s"
        ours = f"{row.ours:.0f} MB" if row.target.endswith("MB") else f"{row.ours:.2f} s"
        lines.append(f"| {row.task} | {row.rival} | {peer} | {ours} | {row.ratio} | {row.target} |")
    if any("pandera" in row.rival for row in rows):
        lines += ["", ABOUT_PANDERA]
    return "\n".join([*lines, ""])


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--python", action="append", default=[], help="an interpreter with pandera")
    asked = parser.parse_args()
    pupils = PUPILS // 10 if asked.quick else PUPILS
    shares = checking.FEW, checking.MANY, checking.ALL
    rows = [*registers(pupils), *(row for share in shares for row in checks(pupils, asked.python, share))]
    rows += checks(pupils, asked.python, checking.MANY, alike=False)
    print(page(rows))
    if not asked.quick:
        (OUT / "speed_readers.md").write_text(page(rows), encoding="utf-8")
        with (OUT / "speed_readers.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(asdict(rows[0])))
            writer.writeheader()
            writer.writerows(map(asdict, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
