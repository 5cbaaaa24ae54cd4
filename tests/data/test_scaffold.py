"""A folder to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from afa_eval.data.headers import resolve
from afa_eval.data.opening import read_raw, source
from afa_eval.data.scaffold import write_scaffold
from afa_eval.errors import PlanError


def test_the_plan_can_be_read_and_only_the_empty_tables_are_faulted(tmp_path: Path) -> None:
    from afa_eval.evaluation import check
    from afa_eval.plan import load_plan

    path = write_scaffold(tmp_path / "new")
    plan = load_plan(path)
    assert {fault.code for fault in check(plan)} == {"AFA102"}
    assert (path.parent / "what-to-export.md").is_file()
    assert not list(path.parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("pupils", "pupils"),
        ("attainment", "attainment"),
        ("attendance", "attendance"),
        ("parents", "responses"),
        ("schools", "responses"),
    ],
)
def test_every_header_of_a_template_is_recognised_as_itself(tmp_path: Path, file: str, table: str) -> None:
    home = write_scaffold(tmp_path / "new").parent
    path = home / "data" / f"{file}.csv"
    path.write_text(path.read_text() + ",".join("x" for _ in path.read_text().split(",")) + "\n")
    raw = read_raw(source(path))
    assert list(resolve(raw, table).columns) == list(raw.headers)


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(PlanError, match="not empty"):
        write_scaffold(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep me"
