"""For a secure lab's output checkers: every output with its status, in the layout that ACRO's viewer opens.

ACRO and its viewer read a folder with ``results.json``, the outputs as CSV, and a checksum of each file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from afa_eval.disclosure.files import estimates_csv, table_csv
from afa_eval.disclosure.records import Release, ReleasedEstimate, ReleasedTable

LAYOUT = "1.0.2"  # the release of ACRO whose layout this is: its reader wants the same number, its viewer none older
RESULTS, CHECKSUMS = "results.json", "checksums"
COMMAND = "afa-eval run"
OK, THRESHOLD = "ok", "threshold; "
TESTS = ("negative", "missing", "threshold", "p-ratio", "nk-rule", "all-values-are-same")
Marks = list[list[bool]]


def write(release: Release, folder: Path) -> Path:
    """Where is the folder for the output checkers?

    Parameters
    ----------
    release : Release
        What may leave.
    folder : Path
        Replaced when the new one is complete.

    Returns
    -------
    Path
        ``results.json`` in it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".acro-", dir=folder.parent))
    try:
        new.chmod(0o755)
        results = {}
        for record, text in _outputs(release):
            (new / record["files"][0]["name"]).write_text(text, encoding="utf-8")
            results[record["uid"]] = record
        document = {"version": LAYOUT, "results": results}
        # ASCII, since the viewer reads it in the encoding of its machine
        (new / RESULTS).write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")
        _write_checksums(new)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder / RESULTS


def _write_checksums(folder: Path) -> None:
    made = sorted(file for file in folder.iterdir() if file.is_file())
    (folder / CHECKSUMS).mkdir()
    for file in made:
        text = hashlib.sha256(file.read_bytes()).hexdigest()
        (folder / CHECKSUMS / f"{file.name}.txt").write_text(text, encoding="ascii")


def _outputs(release: Release) -> Iterator[tuple[dict[str, Any], str]]:
    """Each output's record and its CSV: the figures of an outcome, then every table."""
    for outcome in dict.fromkeys(item.outcome for item in release.estimates):
        items = [item for item in release.estimates if item.outcome == outcome]
        yield _of_figures(f"estimates-{outcome}", items, release), estimates_csv(release, outcome)
    for one in release.tables:
        yield _of_table(one, release), table_csv(one)


def _of_figures(name: str, items: list[ReleasedEstimate], release: Release) -> dict[str, Any]:
    labels = [f"{item.group}, {item.estimand}" for item in items]
    hidden = [[item.status == "c"] for item in items]
    record = _record(name, ["estimate"], labels, hidden, release)
    record["properties"] = {
        "method": "estimates",
        "outcome": items[0].outcome,
        "estimators": sorted({item.method for item in items if item.method}),
    }
    record["comments"] += sorted({item.reason for item in items if item.status == "c"})
    return record


def _of_table(one: ReleasedTable, release: Release) -> dict[str, Any]:
    hidden = [[mark == "c" for mark in row] for row in one.status]
    record = _record(one.table.name, list(one.table.columns), list(one.table.rows), hidden, release)
    record["properties"] = {"method": one.table.kind, "counts": one.table.base, "title": one.table.title}
    return record


def _record(name: str, columns: list[str], rows: list[str], hidden: Marks, release: Release) -> dict[str, Any]:
    places = [[i, j] for i, row in enumerate(hidden) for j, mark in enumerate(row) if mark]
    said = f"review; threshold: {len(places)} cells suppressed; " if places else "pass"
    cells: dict[str, list[list[int]]] = {test: [] for test in TESTS} | {"threshold": places}
    outcome = {
        column: {label: THRESHOLD if hidden[i][j] else OK for i, label in enumerate(rows)}
        for j, column in enumerate(columns)
    }
    return {
        "uid": name,
        "status": "review" if places else "pass",
        "type": "table",
        "properties": {},
        "files": [
            {
                "name": f"{name}.csv",
                "sdc": {
                    "summary": {"suppressed": bool(places), **{test: len(found) for test, found in cells.items()}},
                    "cells": cells,
                },
            }
        ],
        "outcome": outcome,
        "command": COMMAND,
        "summary": said,
        "timestamp": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "comments": [f"Policy {release.profile}: {release.policy}."],
        "fair": {},
        "exception": "Too small a cell, and whatever would give it away, is hidden already." if places else "",
    }
