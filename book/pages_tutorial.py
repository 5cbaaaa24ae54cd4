"""The tutorial's commands, run for real: what each prints goes into the page, so that the page cannot be out of date."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from afa_eval import demo

SCHOOLS, SEED = 8, 3  # a small trust: what is shown must be quick to make
FOLDER = "our-evaluation"
COMMAND = "from afa_eval.cli import main; main()"
WIDTH = "88"
PLAN = """\
[evaluation]
title = "Reading Together, first year"
organisation = "Our Trust"
period = { before = "202122", after = "202223" }

[programme]
name = "Reading Together"
start = "202209"
who = "Pupils with SEN who scored below 90 in the autumn test, in half of our schools"
what = "Reading aloud in pairs and small groups, three times a week"
selection = { how = "low-baseline", measure = "reading_autumn", from = "sen" }

[data]
pupils = "data/pupils.csv"
attainment = "data/attainment.csv"
attendance = "data/attendance.csv"

[columns.pupils]
urn = "Our school no"

[disclosure]
profile = "publish"

[[outcome]]
id = "reading"
label = "Reading"
primary = true
design = "progress"
baseline = "reading_autumn"
outcome = "reading_summer"
baseline_year = "202223"
outcome_year = "202223"
scale = "standardised"
assessor = "test"
by = ["sen_provision", "fsm"]

[[outcome]]
id = "absence"
label = "Persistent absence"
primary = true
design = "persistent-absence"
by = ["sen", "fsm"]
"""
SLIPS = ("1O4", "Q")  # a score with the letter O, and no code of SEN provision
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
Rows = list[dict[str, str]]


@cache
def shown() -> Mapping[str, str]:
    """What does each step print, from the empty folder to the site? Every command is run once."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        demo.write(place / "exported", schools=SCHOOLS, seed=SEED)
        trust = exported(place / "exported" / "data")
        found = {"init": told(place, "init", FOLDER)}
        folder = place / FOLDER
        found["scaffold"] = listing(folder)
        fill(folder, trust, slips=True)
        found["plan"] = f"```toml\n{PLAN.rstrip()}\n```"
        found["check"] = told(place, "check", FOLDER)
        fill(folder, trust, slips=False)
        found["mended"] = told(place, "check", FOLDER)
        found["run"] = told(place, "run", FOLDER)
        found["estimates"] = first_rows(folder / "build" / "estimates.csv")
        found["book"] = told(place, "book", FOLDER, "--template", "trust")
        found["made"] = listing(folder / "build", deep=False)
        found["ledger"] = told(place, "ledger", FOLDER)
        found["publish"] = told(place, "publish", "our-site", FOLDER, "--title", "What we learned")
    return found


def parts() -> dict[str, Callable[[], str]]:
    """Which marks has the tutorial, and what fills each?"""
    names = ("init", "scaffold", "plan", "check", "mended", "run", "estimates", "book", "made", "ledger", "publish")
    return {name: (lambda name=name: shown()[name]) for name in names}


def told(place: Path, *arguments: str) -> str:
    """A command and what it printed, as a reader sees it; the folder it ran in is left out."""
    environment = {**os.environ, "COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if "Traceback" in done.stderr:
        raise RuntimeError(done.stderr)
    said = re.sub(rf"(/private)?{re.escape(str(place))}/", "", done.stderr + done.stdout)
    said = "\n".join(folded for line in said.splitlines() for folded in fold(line.rstrip()))
    said = MOMENT.sub(lambda found: "on the day".ljust(len(found[0])), said)  # the page is the same whenever it is made
    words = " ".join(f'"{word}"' if " " in word else word for word in arguments)
    return f"```console\n$ afa-eval {words}\n{said}\n```"


def fold(line: str) -> list[str]:
    """A line as a terminal of this width shows it; tables are as wide as that already."""
    return textwrap.wrap(line, int(WIDTH)) or [""] if len(line) > int(WIDTH) else [line]


def listing(folder: Path, *, deep: bool = True) -> str:
    """The files of a folder as a list."""
    found = sorted(folder.rglob("*") if deep else folder.iterdir())
    names = [f"{folder.name}/{path.relative_to(folder).as_posix()}{'/' * path.is_dir()}" for path in found]
    return "```text\n" + "\n".join(name for name in names if not (deep and name.endswith("/"))) + "\n```"


def first_rows(file: Path, most: int = 4) -> str:
    """The first rows of a file of figures, the columns that a reader looks at first."""
    wanted = ("outcome", "group", "estimand", "estimate", "conf_low", "conf_high", "n_pupils", "claim")
    with file.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["estimate"]][:most]
    lines = [",".join(wanted), *(",".join(_short(row[name]) for name in wanted) for row in rows)]
    return "```text\n" + "\n".join(lines) + "\n```"


def _short(text: str) -> str:
    return f"{float(text):.4g}" if re.fullmatch(r"-?\d+\.\d+", text) else text


def exported(data: Path) -> Mapping[str, Rows]:
    """What does a trust's data manager export? The demo trust's tables, with a header of their own."""
    pupils = [row for year in ("2021-22", "2022-23") for row in read(data / f"pupils_{year}.csv")]
    for row in pupils:
        row["Our school no"] = row.pop("urn")
        row.pop("cohort")
    attainment = [{name: row[name] for name in list(row)[:3]} for row in read(data / "attainment.csv")]
    return {"pupils": pupils, "attainment": attainment, "attendance": read(data / "attendance.csv")}


def fill(folder: Path, tables: Mapping[str, Rows], *, slips: bool) -> None:
    """Write the plan and the tables, with slips or mended."""
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    for name in ("parents", "schools"):
        (folder / "data" / f"{name}.csv").unlink(missing_ok=True)
    for name, rows in tables.items():
        write(folder / "data" / f"{name}.csv", damaged(name, rows) if slips else rows)


def damaged(name: str, rows: Rows) -> Rows:
    """The slips that the tutorial mends: in one score, in one code, and one pupil twice."""
    made = [dict(row) for row in rows]
    if name == "attainment":
        made[14]["reading_summer"] = SLIPS[0]
    if name == "pupils":
        made[6]["sen_provision"] = SLIPS[1]
        made.insert(21, dict(made[20]))
    return made


def read(file: Path) -> Rows:
    """Rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows to a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        made = csv.DictWriter(stream, list(rows[0]))
        made.writeheader()
        made.writerows(rows)
