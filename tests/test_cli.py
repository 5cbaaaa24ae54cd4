"""The command as a data manager meets it: exit codes, last lines, and no traceback."""

import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from afa_eval.cli import main

CANARIES = ("Quagmirestone", "2013-05-04", "H801200001001")  # nobody's


def afa(*words, cwd=None):
    """One call of the command in this process (test_a_process_of_its_own and the wheel's test start a new one)."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", "100")
        patch.setenv("NO_COLOR", "1")
        patch.setattr(sys, "argv", ["afa-eval", *map(str, words)])
        patch.chdir(cwd or Path.cwd())
        with pytest.raises(SystemExit) as stop:
            main()
    code = stop.value.code or 0
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def test_a_process_of_its_own_says_a_mistake_without_a_traceback(tmp_path):
    code = "from afa_eval.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(tmp_path / "none.toml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "none.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_the_commands():
    done = afa("--help")
    assert done.returncode == 0
    for command in ("init", "demo", "check", "run", "book", "comparators", "doctor"):
        assert command in done.stdout


def test_init_writes_a_plan_that_loads_and_refuses_a_full_folder(tmp_path):
    done = afa("init", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    plan = Path(done.stdout.splitlines()[-1])
    assert plan == tmp_path / "new" / "plan.toml"
    assert sorted(path.name for path in (plan.parent / "data").glob("*.csv"))
    again = afa("init", tmp_path / "new")
    assert again.returncode == 2
    assert "empty" in again.stderr


def test_demo_refuses_a_folder_that_is_not_empty(trust):
    before = sorted(trust.rglob("*"))
    done = afa("demo", trust)
    assert done.returncode == 2
    assert "empty" in done.stderr
    assert sorted(trust.rglob("*")) == before


def test_check_of_clean_data_ends_with_the_path_of_the_list(trust):
    done = afa("check", trust)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]) == trust / "build" / "checks.html"
    for ending in ("html", "xlsx", "json"):
        assert (trust / "build" / f"checks.{ending}").stat().st_size > 100


def test_check_of_damaged_data_names_file_row_column_and_remedy(trust):
    path = trust / "data" / "pupils_2021-22.csv"
    pupils = pd.read_csv(path, dtype=str, keep_default_na=False)
    pupils.loc[3, "sen_provision"] = "Q"
    pupils.to_csv(path, index=False)
    (trust / "data" / "schools.csv").unlink()
    done = afa("check", trust, "--json")
    assert done.returncode == 1
    faults = json.loads(done.stdout)
    (code,) = [f for f in faults if f["column"] == "sen_provision"]
    assert (code["severity"], code["row"], code["value"]) == ("error", 5, "Q")
    assert code["file"].endswith("pupils_2021-22.csv")
    assert code["fix"]
    assert [f for f in faults if f["file"].endswith("schools.csv") and f["severity"] == "error"]
    told = afa("check", trust)
    assert told.returncode == 1
    assert "schools.csv" in told.stdout


def test_run_with_errors_writes_the_list_and_nothing_else(trust):
    (trust / "data" / "attainment.csv").write_text("", encoding="utf-8")
    done = afa("run", trust)
    assert done.returncode == 1
    assert "attainment.csv" in done.stderr
    made = {path.name for path in (trust / "build").iterdir()}
    assert made == {"checks.html", "checks.xlsx", "checks.json"}


@pytest.fixture(scope="module")
def ran(small_trust, tmp_path_factory, only):
    """One run on a copy of the small trust: its folder, and what the command said."""
    folder = Path(shutil.copytree(small_trust, tmp_path_factory.mktemp("ran") / "trust"))
    only(folder, "absence", "relationships")
    for file in (folder / "data").glob("pupils_*.csv"):
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        lines = [f"{header},Surname,DOB,UPN", *(f"{row},{','.join(CANARIES)}" for row in rows)]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder, afa("run", folder)


def test_names_dates_of_birth_and_upns_of_the_inputs_are_in_no_output(ran, tmp_path):
    from afa_eval import evaluation, workspace
    from afa_eval.disclosure import scan, secrets
    from afa_eval.plan import load_plan
    from afa_eval.report import book, pages

    trust, done = ran
    assert done.returncode == 0, done.stderr
    plan = load_plan(trust)
    stored = evaluation.from_json((trust / "build" / "evaluation.json").read_text(encoding="utf-8"), plan)
    released = workspace.release(stored, plan)
    about = released.about | {"outcomes": [one for one in released.about["outcomes"] if one["id"] == "relationships"]}
    few = tuple(item for item in released.estimates if item.outcome == "relationships")  # its charts are soon drawn
    pages.write_pages(book.assemble(replace(released, about=about, estimates=few), tmp_path), tmp_path)
    known = secrets.of_inputs(plan.data.files(), plan.folder).without([plan.text])
    assert {CANARIES[0]} <= known.names.keys()
    assert {CANARIES[1]} <= known.dates.keys()
    assert {CANARIES[2]} <= known.identifiers.keys()
    assert scan.scan(tmp_path, known) == ()
    made = [trust / "released.json", *(file for file in (trust / "build").rglob("*") if file.is_file())]
    assert len(made) > 20  # results, checks, and what output checkers open
    for file in made:
        told = [hit.kind for hit in scan.scan(file, known) if "path" not in hit.kind]
        inside = file.name == "evaluation.json" or file.name.startswith("checks.")
        assert inside or told == [], file.name
        assert not [one for one in CANARIES if one.encode() in file.read_bytes()], file.name


def test_run_writes_released_figures_and_says_the_headlines(ran):
    trust, done = ran
    assert done.returncode == 0, done.stderr
    last = Path(done.stdout.splitlines()[-1])
    assert last == trust / "build" / "estimates.csv"
    figures = pd.read_csv(last)
    assert list(figures.columns)[:4] == ["outcome", "group", "estimand", "estimate"]
    assert "does not by itself show an effect" in done.stdout
    assert str(trust) not in (trust / "build" / "manifest.json").read_text(encoding="utf-8")


def test_run_with_json_prints_one_document(ran):
    trust, done = ran
    document = json.loads(afa("run", trust, "--json").stdout)
    assert document["released"] > 100
    assert document["estimates"] == done.stdout.splitlines()[-1]
    assert document["headlines"]


def test_what_was_released_is_listed_and_can_be_taken_back(ran, tmp_path):
    trust = Path(shutil.copytree(ran[0], tmp_path / "copy"))
    (row, *_) = json.loads(afa("ledger", trust, "--json").stdout)
    assert (row["number"], row["profile"]) == (1, "publish")
    assert row["figures"] > 100
    assert "Released so far" in afa("ledger", trust).stdout
    wrong = afa("ledger", trust, "--forget", "9")
    assert wrong.returncode == 2
    assert "There is no release 9" in wrong.stderr
    assert afa("ledger", trust, "--forget", "1", "--json").stdout.strip() == "[]"


def test_quiet_prints_the_last_line_only(trust):
    done = afa("check", trust, "--quiet")
    assert done.stdout.splitlines() == [str(trust / "build" / "checks.html")]


def test_no_pupil_identifier_is_in_a_public_file(ran):
    trust, _ = ran
    pupils = pd.read_csv(trust / "data" / "pupils_2021-22.csv", dtype=str)["pupil_id"]
    for name in ("estimates.csv", "manifest.json"):
        text = (trust / "build" / name).read_text(encoding="utf-8")
        assert not [pupil for pupil in pupils if pupil in text]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('design = "persistent-absence"', 'design = "persistant-absence"', "Did you mean 'persistent-absence'"),
        ("[data]", "[dta]", "Did you mean 'data'"),
        ('profile = "publish"', 'profile = "everything"', "disclosure.profile"),
    ],
)
def test_a_plan_mistake_names_key_and_line_and_exits_2(trust, old, new, said):
    plan = trust / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = afa("check", trust)
    assert done.returncode == 2
    assert f"line {line}" in done.stderr
    assert said in done.stderr


def test_a_slip_in_rules_of_ones_own_is_told_by_check_and_before_anything_is_estimated(trust, monkeypatch):
    plan = trust / "plan.toml"
    plan.write_text(
        plan.read_text(encoding="utf-8").replace('profile = "publish"', 'profile = "own.toml"', 1), encoding="utf-8"
    )
    (trust / "own.toml").write_text('name = "own"\nthreshhold = 5\n', encoding="utf-8")
    monkeypatch.setattr("afa_eval.evaluation.check", lambda _: [])
    monkeypatch.setattr("afa_eval.evaluation.evaluate", None)
    for task in ("check", "run"):
        done = afa(task, trust)
        assert done.returncode == 1
        assert "threshhold" in done.stderr


def test_a_plan_that_is_not_there_and_a_wrong_option_exit_2(tmp_path):
    missing = afa("run", tmp_path / "none.toml")
    assert missing.returncode == 2
    assert "afa-eval init" in missing.stderr
    wrong = afa("run", "--loud", tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.strip().count("\n") <= 2


def test_comparators_are_listed_and_shown():
    rows = json.loads(afa("comparators", "list", "--json").stdout)
    assert any("persistent-absence" in str(row) for row in rows)
    assert "persistent-absence" in afa("comparators", "list").stdout
    shown = afa("comparators", "show", "persistent-absence", "--year", "201617", "--sen", "support")
    assert shown.returncode == 0, shown.stderr
    assert "17." in shown.stdout
    unknown = afa("comparators", "show", "persistant-absence")
    assert unknown.returncode == 2
    assert "persistent-absence" in unknown.stderr


def test_whoever_stops_it_is_told_that_it_stopped(monkeypatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("afa_eval.comparators.store.measures", stopped)
    done = afa("comparators", "list")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "afa-eval: stopped.\n")


def test_doctor_finds_everything():
    done = afa("doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert {row["result"] for row in json.loads(done.stdout)} <= {"ok", "optional"}


def test_with_json_a_failure_is_one_document_too(trust):
    (trust / "data" / "attainment.csv").write_text("", encoding="utf-8")
    done = afa("run", trust, "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert "1 error" in document["error"]
    assert document["faults"][0]["file"].endswith("attainment.csv")


def test_the_terminal_tells_the_figure_of_the_card():
    """Pupils chosen low are told against the same start, not by a gain that holds regression to the mean."""
    from types import SimpleNamespace

    from afa_eval import workspace
    from afa_eval.disclosure import release
    from afa_eval.estimate import Claim, Estimand, Estimate, Estimates

    def figure(estimand, value):
        return Estimate(
            outcome="reading",
            group="all",
            estimand=estimand,
            value=value,
            se=1.0,
            df=9.0,
            unit="points",
            base="pupils",
            n_pupils=200,
            n_schools=10,
            claim=Claim.DESCRIPTION,
            method="mean",
        )

    figures = Estimates((figure(Estimand.MEAN_GAIN, 3.8), figure(Estimand.ADJUSTED_PROGRESS, -0.2)))
    outcome = {"id": "reading", "label": "Reading", "primary": True, "focus": "all", "headline": ["adjusted_progress"]}
    about = {"title": "x", "outcomes": [outcome]}
    (line,) = workspace._headlines(release(SimpleNamespace(estimates=figures, about=about, manifest={})))
    assert "0.2 points" in line
    assert "3.8" not in line
