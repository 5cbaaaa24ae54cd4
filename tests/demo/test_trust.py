"""The demo trust as files: what is written, whole or not at all, the same for the same seed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from afa_eval import demo
from afa_eval.codes import no_score
from afa_eval.data.loading import load
from afa_eval.errors import PlanError
from afa_eval.plan.load import load_plan

UPN = re.compile(r"^[A-HJ-NP-RT-Z]\d{12}$|^[A-HJ-NP-RT-Z]\d{11}[A-HJ-NP-RT-Z]$")
FILES = ["pupils_2021-22.csv", "pupils_2022-23.csv", "attainment.csv", "attendance.csv", "parents.csv", "schools.csv"]


@pytest.fixture(scope="module")
def trust() -> demo.DemoTrust:
    return demo.simulate()


@pytest.fixture(scope="module")
def census(trust: demo.DemoTrust) -> tuple[pd.DataFrame, pd.DataFrame]:
    return trust.files["data/pupils_2021-22.csv"], trust.files["data/pupils_2022-23.csv"]


def test_the_same_seed_gives_the_same_trust_and_another_seed_another(trust: demo.DemoTrust) -> None:
    again, other = demo.simulate(), demo.simulate(seed=trust.seed + 1)
    for name, table in trust.files.items():
        pd.testing.assert_frame_equal(table, again.files[name])
    assert not trust.files["data/attainment.csv"].equals(other.files["data/attainment.csv"])
    assert trust.truth == other.truth, "the truth depends on parameters, not on the seed"


def test_it_is_as_large_as_asked(trust: demo.DemoTrust, census: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    for year in census:
        assert 5_000 < len(year) < 7_000
        schools = year.groupby("urn")["year_group"].agg(lambda group: group.astype(int).max() > 6)
        assert schools.value_counts().to_dict() == {False: 14, True: 6}
        assert year["la"].nunique() == 3
        assert not year["pupil_id"].duplicated().any()
    small = demo.simulate(schools=5, pupils_per_school=100)
    assert small.files["data/pupils_2021-22.csv"]["urn"].nunique() == 5
    assert 300 < len(small.files["data/pupils_2021-22.csv"]) < 700


def test_every_cell_is_text_and_no_number_could_be_a_real_pupils(trust: demo.DemoTrust) -> None:
    for table in trust.files.values():
        assert all(isinstance(cell, str) for cell in table.iloc[:200].to_numpy().ravel())
    ids = trust.files["data/attainment.csv"]["pupil_id"]
    assert not ids.map(UPN.match).any()
    assert trust.files["data/schools.csv"]["urn"].str.match(r"^9\d{5}$").all(), "DfE's numbers of schools begin with 1"


def test_scores_are_missing_by_chance_and_because_pupils_work_below_the_test(trust: demo.DemoTrust) -> None:
    scores = trust.files["data/attainment.csv"].merge(trust.files["data/pupils_2022-23.csv"], on="pupil_id")
    no_number = scores[pd.to_numeric(scores["reading_autumn"], errors="coerce").isna()]
    assert set(no_number["reading_autumn"]) <= {"A", "B", ""}
    assert all(no_score.reason(code) for code in no_number["reading_autumn"])
    below = no_number[no_number["reading_autumn"] == "B"]
    assert (below["sen_provision"] != "N").all()
    assert (below["sen_provision"] == "E").mean() > 0.5
    assert "L" in set(scores["reading_summer"])
    ks2 = scores[scores["READPROGSCORE_EM"] != ""]
    assert set(ks2["year_group"]) == {"6"}


def test_pupils_move_between_schools_and_on_and_off_the_register(
    trust: demo.DemoTrust, census: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    both = census[0].merge(census[1], on="pupil_id")
    with_sen = both[both["sen_provision_x"] != "N"]
    changed = (with_sen["sen_provision_x"] != with_sen["sen_provision_y"]).mean()
    assert 0.08 < changed < 0.22  # the parameters ask for about 10 % off, 4 % to a plan; 800 pupils
    assert (with_sen["sen_provision_y"] == "N").any()
    assert len(both) < min(map(len, census)), "leavers and joiners"
    year = trust.files["data/attendance.csv"].query("year == '2022/23'")
    enrolments = year.drop_duplicates(["pupil_id", "urn"])
    assert enrolments["pupil_id"].duplicated().sum() > 20, "pupils enrolled in two schools in one year"


def test_the_pilot_is_in_half_of_the_schools_and_of_pupils_with_sen_and_low_scores(trust: demo.DemoTrust) -> None:
    pupils = trust.files["data/pupils_2022-23.csv"].merge(trust.files["data/attainment.csv"], on="pupil_id")
    named = pupils[pupils["cohort"] != ""]
    assert named.groupby("cohort")["urn"].nunique().to_dict() == {"comparison": 10, "pilot": 10}
    assert named.groupby("urn")["cohort"].nunique().eq(1).all()
    assert (named["sen_provision"] != "N").all()
    assert (named["reading_autumn"].astype(int) < 90).all()
    assert 150 < (named["cohort"] == "pilot").sum() < 350


def test_terms_add_up(trust: demo.DemoTrust) -> None:
    sessions = trust.files["data/attendance.csv"]
    kinds = ["sessions_possible", "sessions_authorised", "sessions_unauthorised"]
    numbers = sessions[kinds].astype(int)
    assert (numbers >= 0).all(axis=None)
    assert (numbers.iloc[:, 1] + numbers.iloc[:, 2] <= numbers.iloc[:, 0]).all()
    assert set(sessions["term"]) == {"Autumn", "Spring", "Summer"}
    assert not sessions.duplicated(["pupil_id", "urn", "year", "term"]).any()


@pytest.mark.parametrize("years", [("202122", "202223"), demo.NEED_YEARS])
def test_what_is_written_is_read_without_an_error_and_its_plan_holds(tmp_path: Path, years: tuple[str, str]) -> None:
    path = demo.write(tmp_path / "trust", schools=4, pupils_per_school=60, years=years)
    assert path == tmp_path / "trust" / "plan.toml"
    plan = load_plan(path)
    assert len(plan.designs) == len(tomllib.loads(path.read_text(encoding="utf-8"))["outcome"])
    loaded = load(
        plan.data.files(),
        needs=[need for design in plan.designs for need in design.needs()],
        before=years[0],
        after=years[1],
        folder=path.parent,
    )
    assert [fault.message for fault in loaded.errors] == []
    assert loaded.tables.census is not None
    assert sorted(loaded.tables.census["year"].unique()) == list(years)


def test_all_that_a_reader_needs_is_written(tmp_path: Path) -> None:
    folder = demo.write(tmp_path, schools=3, pupils_per_school=40).parent
    assert sorted(path.name for path in (folder / "data").iterdir()) == sorted(FILES)
    assert sorted(path.name for path in folder.iterdir()) == ["data", "plan.toml", "truth.json", "words.md"]
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["parameters"]["schools"] == 3
    assert {"outcome", "estimand", "group", "value", "unit", "how"} == set(truth["truth"][0])
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    assert "@" not in plan


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(PlanError, match="not empty"):
        demo.write(tmp_path)
    with pytest.raises(PlanError, match="is a file"):
        demo.write(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_is_left_where_writing_fails_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, written = pd.DataFrame.to_csv, []

    def fails_later(self: pd.DataFrame, path: Path, **options: object) -> None:
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        written.append(path)
        whole(self, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", fails_later)
    with pytest.raises(PlanError, match="No space left"):
        demo.write(tmp_path / "new", schools=2, pupils_per_school=40)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"schools": 1}, "at least 2 schools"),
        ({"pupils_per_school": 5}, "at least 20 pupils"),
        ({"years": ("202324", "202425")}, "not made for 202324"),
    ],
)
def test_what_cannot_be_made_is_refused(asked: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        demo.simulate(**asked)  # type: ignore[arg-type]
