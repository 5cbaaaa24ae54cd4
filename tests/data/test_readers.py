"""One way in: any file becomes its canonical table, or one list of what is wrong."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afa_eval.data.opening import read_raw, source
from afa_eval.data.readers import guess_table, read
from afa_eval.errors import DataError

PUPILS = "UPN,URN,Year group,SEN provision,FSM,Sex,Surname\nH801200001001,100001,7,K,Y,F,Smith\nR201100018042,100002,R,N,0,M,Jones\n"


def test_pupils_in_canonical_columns_and_types(csv_file) -> None:
    frame = read(csv_file(PUPILS))
    assert list(frame.columns) == ["pupil_id", "urn", "year_group", "sen_provision", "fsm", "sex"]
    assert frame["year_group"].tolist() == [7, 0]
    assert str(frame["year_group"].dtype) == "Int64"
    assert frame["fsm"].tolist() == ["yes", "no"]


def test_columns_may_be_named(csv_file) -> None:
    frame = read(
        csv_file("who,where,kind\nA,100001,K\n"), columns={"pupil_id": "who", "urn": "where", "sen_provision": "kind"}
    )
    assert list(frame.columns) == ["pupil_id", "urn", "sen_provision"]


def test_other_columns_of_pupils_are_numbers_where_all_are(csv_file) -> None:
    scores = "\n".join(f"P{i},100001,K,{i + 0.5},{i % 3},B{i},0{i}" for i in range(1, 10))
    frame = read(csv_file(f"pupil_id,urn,sen_provision,intake,band,form,code\n{scores}\nP99,100001,K,,,,\n"))
    assert frame["intake"].dtype == frame["band"].dtype == np.float64
    assert frame["form"].iloc[0] == "B1"
    assert frame["code"].iloc[0] == "01"


def test_scores_keep_the_reason_why_there_is_none(csv_file) -> None:
    frame = read(csv_file("pupil_id,reading\nA,101\nB,B\nC,\nD,absent\n"))
    assert frame["reading"].tolist()[0] == 101
    assert frame["reading"].isna().sum() == 3
    assert frame["reading_reason"].astype(object).where(frame["reading_reason"].notna(), None).tolist() == [
        None, "working below", None, "absent",
    ]  # fmt: skip


def test_a_long_file_becomes_one_column_a_test_and_term(csv_file) -> None:
    frame = read(
        csv_file(
            "UPN,Term,Test,Score\nA,Autumn,Reading,98\nA,Summer,Reading,104\nB,Autumn,Reading,B\nB,Summer,Maths,90\n"
        )
    )
    assert list(frame.columns) == [
        "pupil_id", "reading_autumn", "reading_autumn_reason", "reading_summer", "maths_summer",
    ]  # fmt: skip
    assert frame["reading_summer"].tolist()[0] == 104
    assert frame["reading_autumn_reason"].tolist()[1] == "working below"
    assert frame["maths_summer"].tolist()[1] == 90


def test_several_rows_a_pupil_become_one_column_a_wave(csv_file) -> None:
    frame = read(csv_file("pupil_id,wave,english,maths\nA,0,10,20\nA,2,30,40\nB,0,11,21\n"), table="attainment")
    assert frame.columns.tolist() == ["pupil_id", "english_0", "maths_0", "english_2", "maths_2"]
    assert frame["english_2"].tolist()[0] == 30
    assert np.isnan(frame["english_2"].tolist()[1])


def test_status_of_a_pupil_with_several_rows_stays_one_column(csv_file) -> None:
    text = "id,school,year,sex,english\n1,1,0,girl,72\n1,1,1,girl,80\n2,1,0,boy,40\n"
    named = {"pupil_id": "id", "urn": "school", "wave": "year"}
    with pytest.warns(UserWarning, match="no URN"):
        frame = read(csv_file(text), table="attainment", columns=named)
    assert frame.columns.tolist() == ["pupil_id", "urn", "sex", "english_0", "english_1"]
    assert frame["sex"].tolist() == ["F", "M"]


def test_terms_of_attendance_are_summed_to_the_enrolment_and_year(csv_file) -> None:
    rows = [f"A,100001,2021/22,{term},120,{i},1" for i, term in enumerate(("Autumn", "Spring", "Summer"))]
    rows += ["A,100002,2021/22,Summer,60,5,0", "A,100001,2022/23,Autumn,130,0,0"]
    header = "pupil_id,urn,Academic year,Term,Possible,Authorised absence,Unauthorised absence"
    frame = read(csv_file("\n".join([header, *rows])))
    assert frame["sessions_possible"].tolist() == [360, 60, 130]
    assert frame["sessions_authorised"].tolist() == [3, 5, 0]
    assert str(frame["sessions_possible"].dtype) == "Int64"


def test_responses_keep_words_as_words_and_numbers_as_numbers(csv_file) -> None:
    frame = read(csv_file("Respondent,URN,Wave,rating,q1\nparents,100001,Pre,excellent,4\nCarer,100001,post,good,\n"))
    assert frame["wave"].tolist() == ["before", "after"]
    assert frame["respondent"].tolist() == ["parent", "parent"]
    assert frame["rating"].tolist() == ["excellent", "good"]
    assert frame["q1"].tolist()[0] == 4.0


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("UPN,URN,SEN provision", "pupils"),
        ("UPN,reading,maths", "attainment"),
        ("UPN,term,test,score", "attainment"),
        ("UPN,URN,year,sessions possible,authorised,unauthorised", "attendance"),
        ("respondent,urn,wave,q1", "responses"),
        ("urn,wave,rating", "responses"),
        ("school,post,pre", "pupils"),
    ],
)
def test_the_table_is_told_from_the_columns(csv_file, header: str, table: str) -> None:
    raw = read_raw(source(csv_file(header + "\n" + ",".join("1" * len(header.split(","))) + "\n")))
    assert guess_table(raw) == table


def test_parquet_gives_the_same_table_as_csv(csv_file, tmp_path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = csv_file(PUPILS)
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{path}', all_varchar=true)) TO '{tmp_path / 't.parquet'}'")
    pd.testing.assert_frame_equal(read(path), read(tmp_path / "t.parquet"))


def test_a_decimal_school_number_in_parquet_is_repaired_with_a_warning(tmp_path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT 'A' AS pupil_id, 100001.0::DOUBLE AS urn, 'K' AS sen_provision) TO '{path}'")
    with pytest.warns(UserWarning, match="decimal number"):
        assert read(path)["urn"].tolist() == ["100001"]


@pytest.mark.parametrize("content", [b"PAR1 but no more", b"a,b\n1,2\n"])
def test_a_damaged_parquet_file_is_refused(csv_file, content: bytes) -> None:
    with pytest.raises(DataError, match="Parquet"):
        read(csv_file(content, "t.parquet"))


def test_all_errors_are_in_the_one_message(csv_file) -> None:
    with pytest.raises(DataError) as caught:
        read(csv_file("pupil_id,urn,sen_provision,fsm\nA,100001,Z,Y\nA,100002,K,perhaps\n"))
    text = str(caught.value)
    for part in ("row 2", "'Z'", "row 3", "'perhaps'", "already stands"):
        assert part in text
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_file_that_is_not_there(tmp_path, name: str) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read(tmp_path / name)


def test_an_unknown_table_names_those_there_are(csv_file) -> None:
    with pytest.raises(DataError, match="pupils, attainment, attendance, responses"):
        read(csv_file(PUPILS), table="children")


def test_a_table_without_pupil_identifiers_is_a_row_a_pupil(csv_file) -> None:
    frame = read(csv_file("school,pre,post\n100001,1,2\n100001,3,5\n100002,4,4\n"), columns={"urn": "school"})
    assert frame["post"].tolist() == [2, 5, 4]


cells = st.text(alphabet=st.sampled_from('ab1,;"\t\n\r #\\=é\x00\ufeff'), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400), cells.map(str.encode), st.lists(cells, max_size=40).map(lambda x: ",".join(x).encode())
    )
)
def test_whatever_the_bytes_there_is_a_table_or_a_plain_refusal(content: bytes, csv_file) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with contextlib.suppress(DataError):
            assert isinstance(read(csv_file(content)), pd.DataFrame)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.sampled_from(["pupils", "attainment", "attendance", "responses"]),
    headers=st.lists(
        st.sampled_from(["UPN", "URN", "year", "term", "test", "score", "wave", "SEN", "FSM", "possible", "authorised", "unauthorised", "respondent", "x", ""]),
        min_size=1, max_size=8,
    ),
    values=st.lists(st.lists(st.sampled_from(["", "A", "B", "1", "2021/22", "Autumn", "K", "Y", "-1", "1.0", "é", "100001"]), max_size=9), max_size=6),
)  # fmt: skip
def test_known_headers_over_any_cells_never_raise_anything_else(table, headers, values, csv_file) -> None:
    text = "\n".join(",".join(row) for row in [headers, *values])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with contextlib.suppress(DataError):
            assert isinstance(read(csv_file(text), table=table), pd.DataFrame)


@pytest.mark.parametrize("header", ["LAESTAB", "KS4_LAESTAB", "School name", "Admission number"])
def test_other_identifiers_stay_text(header: str, csv_file: Callable[..., Path]) -> None:
    frame = read(csv_file(f"UPN,URN,{header},Score\nH801200001001,100001,2010001,5\nR201100018042,100002,,6\n"))
    assert frame[header].iloc[0] == "2010001"
