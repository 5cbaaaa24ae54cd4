"""The kept examples run on real pupils, from plan to figures (and to a book)."""

import runpy
import shutil
from pathlib import Path

import pandas as pd
import pytest

import afa_eval as ae
from afa_eval import disclosure
from afa_eval.plan import parse_plan

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def london(tmp_path_factory):
    """The London example in a folder of its own, its data written by its own script."""
    folder = Path(shutil.copytree(EXAMPLES / "london_exams", tmp_path_factory.mktemp("london") / "exams"))
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(folder / "build", ignore_errors=True)
    runpy.run_path(str(folder / "prepare.py"), run_name="__main__")
    return folder


@pytest.fixture(scope="module")
def found(london):
    return ae.evaluate(london)


def test_all_pupils_and_schools_are_there(found):
    gain = found.estimates["mean_gain"]
    assert (gain.n_pupils, gain.n_schools) == (4059, 65)


def test_the_figures_are_the_sample_means(london, found):
    scores = pd.read_csv(london / "data" / "attainment.csv")
    assert found.estimates["mean_before"].value == pytest.approx(scores["reading_at_11"].mean(), abs=1e-12)
    assert found.estimates["mean_after"].value == pytest.approx(scores["exam_at_16"].mean(), abs=1e-12)


def test_the_share_between_schools_is_the_published_one(london):
    """lme4's variances of exam on reading for these pupils: 0.09213 between schools, 0.56573 within."""
    pupils = pd.read_csv(london / "data" / "pupils.csv")
    scores = pd.read_csv(london / "data" / "attainment.csv").merge(pupils, on="pupil_id")
    fit = ae.fit_mixed(scores, outcome="exam_at_16", fixed=["reading_at_11"], groups=["urn"], reml=False)
    assert fit.variances["urn"] == pytest.approx(0.09213, abs=6e-6)  # half of the last printed digit, and lme4's own
    assert fit.variances["residual"] == pytest.approx(0.56573, abs=6e-6)


def test_girls_moved_up_on_boys_of_the_same_start(found):
    contrast = next(
        item for item in found.estimates if item.group == "sex=F - rest" and item.estimand == "adjusted_progress"
    )
    low, high = contrast.ci
    assert low > 0.05
    assert high < 0.35


def test_without_a_national_line_it_is_a_description(found):
    assert {str(item.claim) for item in found.estimates.filter(group="all")} == {"description"}
    assert [finding for finding in found.findings if finding.code == "no-comparator"]
    assert not [item for item in found.estimates if item.estimand == "months_progress"]


def test_it_can_be_released(found):
    released = disclosure.release(found, "publish")
    shown = [item for item in released.estimates if not item.status]
    assert len(shown) > 50


JSP_PLAN = """
[evaluation]
title = "Three years of junior school"
[data]
pupils = "pupils.csv"
attainment = "attainment.csv"
[[outcome]]
id = "english"
design = "progress"
baseline = "english_0"
outcome = "english_2"
scale = [0, 100]
focus = "all"
by = ["sex", "class"]
[[outcome]]
id = "maths"
design = "progress"
baseline = "math_0"
outcome = "math_2"
waves = ["math_0", "math_1", "math_2"]
scale = [0, 40]
focus = "all"
by = ["sex"]
"""


def test_the_main_job_runs_on_the_junior_school_project(shared, tmp_path):
    source = shared / "pupil" / "faraway__jsp.csv"
    if not source.is_file():
        pytest.skip("needs the pupil data beside the checkout")
    rows = pd.read_csv(source, dtype={"id": str, "school": str})
    rows["pupil_id"] = "J" + rows["school"] + "-" + rows["id"]
    wide = rows.pivot_table(index="pupil_id", columns="year", values=["english", "math"], aggfunc="first")
    wide.columns = [f"{subject}_{year}" for subject, year in wide.columns]
    first = rows.drop_duplicates("pupil_id").assign(sex=lambda f: f["gender"].map({"girl": "F", "boy": "M"}))
    first.rename(columns={"school": "urn"})[["pupil_id", "urn", "sex", "class"]].to_csv(
        tmp_path / "pupils.csv", index=False
    )
    wide.reset_index().to_csv(tmp_path / "attainment.csv", index=False)
    found = ae.evaluate(parse_plan(JSP_PLAN, folder=tmp_path))
    both = wide.dropna(subset=["english_0", "english_2"])
    gain = found.estimates.filter(outcome="english")["mean_gain"]
    assert gain.n_pupils == len(both)
    assert gain.n_schools == rows[rows["pupil_id"].isin(both.index)]["school"].nunique()
    assert gain.value == pytest.approx((both["english_2"] - both["english_0"]).mean())
    assert found.estimates.filter(outcome="maths")["growth_per_wave"].value > 0
