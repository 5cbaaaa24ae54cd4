"""The tutorial's slips are found as its page says, and its commands and shown output come from a run."""

import re
import shutil

import pytest

from afa_eval import evaluation
from afa_eval.data.scaffold import write_scaffold


@pytest.fixture(scope="module")
def tutorial(parts):
    """What runs the tutorial's commands."""
    return parts.pages_tutorial


def test_the_slips_are_the_three_errors_that_the_page_tells_of(tutorial, small_trust, tmp_path):
    folder = tmp_path / tutorial.FOLDER
    write_scaffold(folder)
    tables = tutorial.exported(small_trust / "data")
    tables = {name: rows[:60] for name, rows in tables.items()}
    tutorial.fill(folder, tables, slips=True)
    errors = [fault for fault in evaluation.check(folder / "plan.toml") if fault.severity == "error"]
    assert {(fault.file, fault.row, fault.column) for fault in errors} == {
        ("data/pupils.csv", 23, "pupil_id"),
        ("data/pupils.csv", 8, "sen_provision"),
        ("data/attainment.csv", 16, "reading_summer"),
    }
    tutorial.fill(folder, tables, slips=False)
    mended = evaluation.check(folder / "plan.toml")
    assert not [fault for fault in mended if fault.severity == "error"]


def test_what_a_command_prints_is_shown_without_the_folder_it_ran_in(tutorial, tmp_path):
    shown = tutorial.told(tmp_path, "init", "ours")
    assert shown.startswith("```console\n$ afa-eval init ours\n")
    assert str(tmp_path) not in shown
    assert "ours/plan.toml\n```" in shown
    assert "data/pupils.csv" in tutorial.listing(tmp_path / "ours")
    shutil.rmtree(tmp_path / "ours")


def test_long_lines_are_folded_and_others_left(tutorial):
    assert tutorial.fold("a b") == ["a b"]
    made = tutorial.fold("word " * 30)
    assert len(made) == 2
    assert max(map(len, made)) <= int(tutorial.WIDTH)


def test_moments_are_not_told_and_figures_are_short(tutorial, tmp_path):
    assert tutorial.MOMENT.sub("x", "made 2026-11-22T08:23:54+00:00") == "made x"
    file = tmp_path / "estimates.csv"
    names = ("outcome", "group", "estimand", "estimate", "conf_low", "conf_high", "n_pupils", "claim")
    file.write_text(",".join(names) + "\na,all,mean_gain,1.234567,,,20,description\na,x,mean_gain,,,,,d\n")
    assert "a,all,mean_gain,1.235,,,20,description" in tutorial.first_rows(file)
    assert tutorial.first_rows(file).count("\n") == 3  # what is hidden is not among the first rows


def test_the_page_shows_every_step_in_order(tutorial, book):
    text = (book / "tutorial.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- (.+?) -->", text) == list(tutorial.parts())
