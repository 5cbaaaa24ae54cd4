"""What output checkers of a secure lab open: every output, its status, and which cells were hidden."""

from __future__ import annotations

import csv
import hashlib
import json
from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.disclosure import acro
from afa_eval.estimate import Claim, Estimand, Estimate, Estimates, Table

RECORD = {"uid", "status", "type", "properties", "files", "outcome", "command", "summary", "timestamp", "comments"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder for output checkers, with one table that has a small cell."""
    plain = {"outcome": "a", "estimand": Estimand.MEAN_BEFORE, "unit": "points", "base": "pupils", "n_schools": 8}
    more = {"claim": Claim.DESCRIPTION, "method": "m", "value": 101.0}
    items = tuple(
        Estimate(group=group, n_pupils=n, **plain, **more) for group, n in (("all", 400), ("sen=any", 8), ("x=y", 90))
    )
    cells = ((3.0, 40.0, 43.0), (30.0, 50.0, 80.0), (33.0, 90.0, 123.0))
    small = Table(name="t", title="T", rows=("K", "E", "Total"), columns=("yes", "no", "Total"), cells=cells)
    found = SimpleNamespace(estimates=Estimates(items, tables=(small,)), about={}, manifest={})
    folder = tmp_path_factory.mktemp("build") / "acro"
    release = disclosure.release(found, "publish")
    acro.write(release, folder)
    return folder, json.loads(acro.write(release, folder).read_text(encoding="utf-8"))


def test_each_output_has_the_record_that_the_viewer_reads(made):
    _, document = made
    assert document["version"] == acro.LAYOUT
    assert set(document["results"]) == {"estimates-a", "t"}
    for uid, record in document["results"].items():
        assert record.keys() == RECORD | {"exception", "fair"}
        assert (record["uid"], record["type"], record["status"]) == (uid, "table", "review")


def test_hidden_cells_are_named_by_place_and_label(made):
    _, document = made
    record = document["results"]["t"]
    sdc = record["files"][0]["sdc"]
    assert sdc["summary"]["threshold"] == len(sdc["cells"]["threshold"]) == 4
    assert sdc["cells"]["threshold"] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert record["outcome"]["yes"] == {"K": "threshold; ", "E": "threshold; ", "Total": "ok"}
    assert record["summary"] == "review; threshold: 4 cells suppressed; "


def test_files_are_there_with_checksums_and_hold_no_hidden_number(made):
    folder, document = made
    for record in document["results"].values():
        name = record["files"][0]["name"]
        told = (folder / "checksums" / f"{name}.txt").read_text(encoding="ascii")
        assert told == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    rows = list(csv.reader((folder / "t.csv").open(encoding="utf-8")))
    assert rows[1:] == [["K", "", "", "43"], ["E", "", "", "80"], ["Total", "33", "90", "123"]]
    assert [path.name for path in folder.parent.iterdir()] == ["acro"]
