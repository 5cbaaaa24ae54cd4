"""All files of a plan at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from afa_eval.data.loading import load
from afa_eval.data.records import Explanation, Need
from afa_eval.errors import DataError


def test_hashes_rows_and_steps_are_kept(trust: Any) -> None:
    loaded = trust.load()
    first = loaded.sources[0]
    assert first.sha256 == hashlib.sha256((trust.folder / "pupils.csv").read_bytes()).hexdigest()
    assert [source.rows for source in loaded.sources] == [40, 40, 240, 80]
    assert loaded.flow == loaded.tables.flow
    assert [(step.table, step.rows_in, step.rows_out) for step in loaded.flow][-2:] == [
        ("attendance", 240, 80),
        ("responses", 80, 80),
    ]


def test_with_an_error_there_are_no_tables_but_all_faults_and_hashes(trust: Any) -> None:
    trust.put("pupils.csv", 3, "FSM", "?")
    loaded = trust.load()
    assert loaded.tables.pupils is None
    assert loaded.errors == loaded.faults
    assert len(loaded.sources) == 4


def test_derived_columns_are_there(trust: Any) -> None:
    tables = trust.load().tables
    assert set(tables.pupils["sen"]) == {"none", "any"}
    assert tables.in_year("202223")["year_group"].tolist() == (tables.pupils["year_group"] + 1).tolist()


def test_the_census_up_to_the_baseline_year_gives_the_status(trust: Any) -> None:
    before, after = trust.rows["pupils.csv"][:21], [list(row) for row in trust.rows["pupils.csv"]]
    trust.rows["pupils.csv"] = [[*before[0], "year"], *[[*row, "2021/22"] for row in before[1:]]]
    trust.rows["later.csv"] = [[*after[0], "year"], *[[*row, "2022/23"] for row in after[1:]]]
    trust.sources["pupils"] = ["pupils.csv", "later.csv"]
    trust.put("later.csv", 3, "SEN provision", "E")
    tables = trust.load().tables
    assert len(tables.census) == 60
    assert len(tables.pupils) == 40
    assert tables.pupils["baseline_year"].tolist() == ["202122"] * 20 + ["202223"] * 20
    assert tables.pupils["sen_provision"].tolist()[1] == "K"
    assert tables.in_year("202223")["sen_provision"].tolist()[1] == "E"


def test_a_legacy_code_is_judged_by_the_year_of_its_row(trust: Any) -> None:
    rows = trust.rows["pupils.csv"]
    trust.rows["pupils.csv"] = [[*rows[0], "year"], *[[*row, "2012/13"] for row in rows[1:]]]
    trust.put("pupils.csv", 2, "SEN provision", "A")
    trust.put("pupils.csv", 3, "SEN provision", "E")
    for row in range(4, 42):
        trust.put("pupils.csv", row, "SEN provision", "NAPS"[row % 4])
    found = [(fault.code, fault.row) for fault in trust.load().faults]
    assert found == [("AFA301", 3)]


def test_scores_from_two_files_are_joined_by_pupil(trust: Any) -> None:
    rows = trust.rows["attainment.csv"]
    trust.rows["summer.csv"] = [[row[0], row[2]] for row in rows]
    trust.rows["attainment.csv"] = [row[:2] for row in rows]
    trust.sources["attainment"] = ["attainment.csv", "summer.csv"]
    loaded = trust.load()
    assert loaded.faults == ()
    assert len(loaded.tables.attainment) == 40
    assert loaded.tables.attainment[["reading_autumn", "reading_summer"]].notna().all().all()


def test_the_same_score_in_two_files_is_a_repeated_pupil(trust: Any) -> None:
    trust.rows["more.csv"] = [trust.rows["attainment.csv"][i] for i in (0, 5)]
    trust.sources["attainment"] = ["attainment.csv", "more.csv"]
    assert [(fault.code, fault.file, fault.row) for fault in trust.load().faults] == [("AFA211", "more.csv", 2)]


def test_a_long_file_answers_to_the_plan_s_names_and_scales(trust: Any) -> None:
    wide = trust.rows["attainment.csv"]
    long = [["pupil_id", "Term", "Assessment", "Score"]]
    for pupil, autumn, summer in wide[1:]:
        long += [[pupil, "Autumn 2021", "Reading", autumn], [pupil, "Summer 2022", "Reading", summer]]
    for row in long[1:]:
        row[1] = row[1].split()[0]
    trust.rows["attainment.csv"] = long
    assert trust.load().faults == ()
    trust.put("attainment.csv", 5, "Score", "999")
    trust.put("attainment.csv", 6, "Score", "B")
    found = [(fault.code, fault.row, fault.column) for fault in trust.load().faults]
    assert found == [("AFA405", 5, "Score"), ("AFA601", 6, "Score")]


def test_the_school_comes_from_the_pupils_where_attendance_names_none(trust: Any) -> None:
    trust.drop("attendance.csv", "urn")
    tables = trust.load().tables
    joined = tables.attendance.merge(tables.pupils, on="pupil_id")
    assert (joined["urn_x"] == joined["urn_y"]).all()


def test_the_school_comes_from_the_pupils_where_an_answer_names_the_pupil_only(trust: Any) -> None:
    trust.drop("parents.csv", "urn")
    for row in trust.rows["parents.csv"]:
        row[1] = "pupil_id" if row[1] == "respondent_id" else row[1].replace("R", "P0")
    tables = trust.load().tables
    joined = tables.responses.merge(tables.pupils, on="pupil_id")
    assert len(joined) == 80
    assert (joined["urn_x"] == joined["urn_y"]).all()


def test_status_in_the_attainment_file_gives_way_to_the_pupils_table(trust: Any) -> None:
    trust.add("attainment.csv", "SEX", ["F"] * 40)
    loaded = trust.load()
    assert [(fault.severity, fault.code) for fault in loaded.faults] == [("info", "AFA209")]
    assert "sex" not in loaded.tables.attainment.columns


def test_explained_queries_become_notes_with_the_reason(trust: Any) -> None:
    trust.put("attainment.csv", 8, "reading_autumn", "")
    told = Explanation(code="AFA601", file="attainment.csv", reason="Joined in January.")
    (fault,) = trust.load(explanations=[told]).faults
    assert fault.severity == "info"
    assert fault.message.endswith("In order: Joined in January.")
    (other,) = trust.load(explanations=[replace(told, file="pupils.csv")]).faults
    assert other.severity == "query"


def test_errors_cannot_be_explained_away(trust: Any) -> None:
    trust.put("pupils.csv", 3, "FSM", "?")
    assert trust.load(explanations=[Explanation(code="AFA305", reason="It is fine.")]).faults[0].severity == "error"


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(DataError, match="Unknown table 'children'"):
        load({"children": "a.csv"})


def test_a_sheet_may_be_named_in_the_plan_s_way(trust: Any) -> None:
    trust.write()
    del trust.rows["pupils.csv"]
    pd.read_csv(trust.folder / "pupils.csv", dtype=str, keep_default_na=False).to_excel(
        trust.folder / "book.xlsx", sheet_name="Roll", index=False
    )
    for named in ("book.xlsx#Roll", {"file": "book.xlsx", "sheet": "Roll"}):
        trust.sources["pupils"] = named
        loaded = trust.load()
        assert loaded.faults == ()
        assert (loaded.sources[0].file, loaded.sources[0].sheet) == ("book.xlsx", "Roll")


def test_derived_columns_satisfy_a_need(trust: Any) -> None:
    trust.needs = (*trust.needs, Need(table="pupils", column="sen & phase", role="a subgroup"))
    assert trust.load().faults == ()


def test_one_table_alone_needs_no_pupil_identifier(tmp_path: Any) -> None:
    (tmp_path / "t.csv").write_text("urn,pre,post\n100001,1,2\n100002,2,3\n")
    need = Need(table="attainment", column="post", role="the outcome", kind="score")
    loaded = load({"pupils": "t.csv"}, needs=[need], folder=tmp_path)
    assert loaded.faults == ()
    assert loaded.tables.pupils["pupil_id"].tolist() == ["1", "2"]


def test_sixty_thousand_pupils_with_many_faults_stay_bounded(tmp_path: Any) -> None:
    rows = "\n".join(f"P{i:05d},100001,SLS,perhaps,{i}" for i in range(60_000))
    (tmp_path / "p.csv").write_text(f"pupil_id,urn,primary_need,fsm,year_group\n{rows}\n")
    loaded = load({"pupils": "p.csv"}, folder=tmp_path)
    found = {(fault.code, fault.count) for fault in loaded.faults}
    assert found >= {("AFA302", 60_000), ("AFA305", 60_000), ("AFA304", 60_000 - 15)}
    assert len(loaded.faults) < 10


@pytest.mark.parametrize(
    ("column", "values", "faults"), [("sen", ["any", "none"], []), ("form", ["B", "C"], ["AFA208"])]
)
def test_a_file_with_sen_alone_satisfies_designs_that_group_by_it(
    trust: Any, column: str, values: list[str], faults: list[str]
) -> None:
    from afa_eval.designs import PersistentAbsence, PrePostProgress

    trust.drop("pupils.csv", "SEN provision")
    trust.add("pupils.csv", column, values * 20)
    absent = PersistentAbsence(baseline_year="202122", outcome_year="202223", by=("sen", "phase"))
    progress = PrePostProgress(baseline="reading_autumn", outcome="reading_summer", scale=(60, 140), by=("sen",))
    trust.needs = (*absent.needs(), *progress.needs())
    assert [fault.code for fault in trust.load().faults if fault.severity == "error"] == faults
