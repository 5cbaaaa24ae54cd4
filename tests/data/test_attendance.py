"""The attendance engine: marks in, possible and absent sessions and the two thresholds out."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import afa_eval as ae
from afa_eval.codes import attendance as codes
from afa_eval.data.attendance import rates, total
from afa_eval.errors import ColumnNotFound, DataError
from afa_eval.estimate.words import round_half_up


def register(pupil: str, marks: list[str], *, urn: str = "100001", start: str = "2023-09-04") -> pd.DataFrame:
    """Marks of one pupil, one a session from a Monday on, weekends passed over."""
    first = date.fromisoformat(start)
    days = [first + timedelta(days=7 * (i // 10) + i % 10 // 2) for i in range(len(marks))]
    return pd.DataFrame(
        {
            "pupil_id": pupil,
            "urn": urn,
            "date": [day.isoformat() for day in days],
            "session": ["AM" if i % 2 == 0 else "PM" for i in range(len(marks))],
            "code": marks,
        }
    )


def test_every_code_is_counted_as_its_kind() -> None:
    marks = ["/", "\\", "L", "B", "I", "I", "G", "D", "#", "X", "Z", "Y"]
    (row,) = ae.attendance(register("A", marks)).to_dict("records")
    assert (row["sessions_possible"], row["sessions_authorised"], row["sessions_unauthorised"]) == (7, 2, 1)
    assert row["absence_rate"] == pytest.approx(3 / 7, rel=1e-15)
    assert (row["sessions_late"], row["sessions_off_site"], row["sessions_illness"]) == (1, 1, 2)
    assert (row["sessions_dual_registered"], row["sessions_closed"], row["year"]) == (1, 1, "202324")


@pytest.mark.parametrize(
    ("absent", "possible", "persistent", "severe"),
    [
        (20, 200, True, False),
        (20, 201, False, False),
        (21, 211, False, False),
        (100, 200, True, True),
        (99, 200, True, False),
    ],
)
def test_the_lines_are_drawn_on_whole_sessions(absent: int, possible: int, persistent: bool, severe: bool) -> None:
    out = ae.attendance(register("A", ["I"] * absent + ["/"] * (possible - absent)))
    assert (bool(out["persistent"].iloc[0]), bool(out["severe"].iloc[0])) == (persistent, severe)


def test_an_interview_was_attendance_and_is_absence() -> None:
    before = ae.attendance(register("A", ["/", "J"]))
    after = ae.attendance(register("A", ["/", "J1"], start="2024-09-02"), year="202425")
    assert (before["sessions_authorised"].tolist(), after["sessions_authorised"].tolist()) == ([0], [1])


def test_a_code_whose_meaning_is_not_settled_is_said() -> None:
    with pytest.warns(
        UserWarning, match=r"2 marks: 'F' \(.*\) is counted as authorised: what it counted as is not settled"
    ):
        out = ae.attendance(register("A", ["F", "f", "/", "I"], start="2012-09-03"), year="201213")
    assert out["sessions_authorised"].tolist() == [3]


def test_what_hides_in_absence_is_shown() -> None:
    (row,) = ae.attendance(register("A", ["C2", "E", "K", "B", "D", "/"], start="2024-09-02"), year="202425").to_dict(
        "records"
    )
    assert [
        row[f"sessions_{name}"] for name in ("part_time", "suspension", "la_provision", "off_site", "dual_registered")
    ] == [1] * 5
    assert (row["sessions_possible"], row["sessions_authorised"]) == (5, 2)


@pytest.mark.parametrize(
    ("year", "start", "possible"),
    [("202021", "2020-09-07", 10), ("202122", "2021-09-06", 10), ("202223", "2022-09-05", 8)],
)
def test_covid_sessions_are_possible_and_no_absence(year: str, start: str, possible: int) -> None:
    out = ae.attendance(register("A", ["X", "X", "I", *["/"] * 7], start=start), year=year)
    assert (out["sessions_possible"].tolist(), out["sessions_authorised"].tolist()) == ([possible], [1])


def test_codes_are_forgiven_blanks_and_lower_case_but_nothing_else() -> None:
    out = ae.attendance(register("A", ["i", " I", "/", "l"]))
    assert (out["sessions_illness"].tolist(), out["sessions_late"].tolist()) == ([2], [1])
    with pytest.raises(DataError, match="'SLS' is no attendance code") as caught:
        ae.attendance(register("A", ["SLS", "J1", "/", "I"]))
    assert "from 2024/25, not in 2023/24" in str(caught.value)


def test_a_session_without_a_mark_is_shown_and_not_possible() -> None:
    out = ae.attendance(register("A", ["-", "", "/", "I"]))
    assert (out["sessions_possible"].tolist(), out["sessions_no_mark"].tolist()) == ([2], [2])


def test_enrolments_are_counted_not_pupils() -> None:
    both = pd.concat([register("A", ["/", "I"]), register("A", ["D", "D"] + ["/"] * 8, urn="100002")])
    out = ae.attendance(both)
    assert out[["urn", "sessions_possible"]].to_numpy().tolist() == [["100001", 2], ["100002", 8]]


def test_an_enrolment_without_a_possible_session_is_left_out() -> None:
    assert ae.attendance(pd.concat([register("A", ["D", "D"]), register("B", ["/"])]))["pupil_id"].tolist() == ["B"]


def test_marks_of_another_year_are_left_out_and_said() -> None:
    both = pd.concat([register("A", ["/", "I"]), register("A", ["/"] * 4, start="2022-09-05")])
    with pytest.warns(UserWarning, match=r"4 marks are not of 2023/24"):
        assert ae.attendance(both)["sessions_possible"].tolist() == [2]
    with pytest.raises(DataError, match=r"no marks of 2015/16. They are of 2022/23, 2023/24"):
        ae.attendance(both, year="201516")


def test_everything_that_cannot_be_counted_is_said_at_once(csv_file: Callable[..., Path]) -> None:
    text = "UPN,URN,Date,Session,Mark\nA,1,04/09/2023,AM,ZZ\nA,1,31/02/2024,AM,/\nA,1,05/09/2023,noon,/\nA,1,06/09/2023,AM,/\nA,1,06/09/2023,AM,I\n,1,06/09/2023,PM,/\n"
    with pytest.raises(DataError) as caught:
        ae.attendance(csv_file(text))
    said = str(caught.value)
    for part in (
        "'ZZ' is no attendance code",
        "row 2",
        "'31/02/2024' is no day",
        "row 3",
        "'noon' is no session",
        "row 4",
        "second mark",
        "row 6",
        "pupil is blank",
        "row 7",
    ):
        assert part in said


@pytest.mark.parametrize("column", ["pupil_id", "date", "session", "code"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(ColumnNotFound, match=column):
        ae.attendance(register("A", ["/"]).drop(columns=column))


def test_the_school_comes_from_the_pupils_or_is_missed() -> None:
    marks = register("A", ["/"]).drop(columns="urn")
    pupils = pd.DataFrame({"pupil_id": ["A"], "urn": ["100009"], "year_group": [5]})
    assert ae.attendance(marks, pupils)["urn"].tolist() == ["100009"]
    with pytest.raises(ColumnNotFound, match="urn"):
        ae.attendance(marks)


# ---------------------------------------------------------------- DfE's population


AUTUMN, JUNE = ["I"] + ["/"] * 9, ["I"] * 10


def whole_year(pupil: str) -> pd.DataFrame:
    return pd.concat([register(pupil, AUTUMN), register(pupil, JUNE, start="2024-06-03")])


@pytest.mark.parametrize(("group", "possible"), [(0, []), (1, [20]), (10, [20]), (11, [10]), (12, [])])
def test_ages_5_to_15_and_the_sixth_half_term_of_15_year_olds(group: int, possible: list[int]) -> None:
    pupils = pd.DataFrame({"pupil_id": ["A"], "year_group": [group]})
    assert ae.attendance(whole_year("A"), pupils)["sessions_possible"].tolist() == possible


def test_without_pupils_no_age_rule_is_applied() -> None:
    assert ae.attendance(whole_year("A"))["sessions_possible"].tolist() == [20]


@pytest.mark.parametrize(
    ("born", "possible"),
    [("31/08/2008", [10]), ("01/09/2008", [20]), ("31/08/2018", [20]), ("01/09/2018", []), ("31/08/2007", [])],
)
def test_age_is_that_of_31_august_before_the_year(born: str, possible: list[int]) -> None:
    pupils = pd.DataFrame({"pupil_id": ["A"], "date_of_birth": [born]})
    assert ae.attendance(whole_year("A"), pupils)["sessions_possible"].tolist() == possible


def test_whoever_enrols_in_the_sixth_half_term_and_boarders_are_left_out() -> None:
    marks = pd.concat([whole_year("A"), register("B", JUNE, start="2024-06-03"), whole_year("C")])
    pupils = pd.DataFrame({"pupil_id": ["A", "B", "C"], "age": [9, 9, 9], "boarder": ["N", "N", "B"]})
    assert ae.attendance(marks, pupils)["pupil_id"].tolist() == ["A"]


def test_the_year_group_of_another_year_s_census_is_moved() -> None:
    pupils = pd.DataFrame({"pupil_id": ["A"], "year": ["202223"], "year_group": [10]})
    assert ae.attendance(whole_year("A"), pupils)["sessions_possible"].tolist() == [10]


def test_pupils_who_are_not_listed_are_said() -> None:
    pupils = pd.DataFrame({"pupil_id": ["A"], "age": [9]})
    with pytest.warns(UserWarning, match="sessions of 1 pupil not in the pupils' table"):
        ae.attendance(pd.concat([whole_year("A"), whole_year("B")]), pupils)


def test_an_age_is_needed() -> None:
    with pytest.raises(ColumnNotFound, match="age"):
        ae.attendance(whole_year("A"), pd.DataFrame({"pupil_id": ["A"]}))


def test_the_standard_threshold_of_its_year_and_period() -> None:
    autumn = register("A", ["I"] * 22 + ["/"] * 118, start="2013-09-02")
    assert ae.attendance(autumn, year="201314")["persistent"].tolist() == [True]  # 22 of the autumn
    rest = register("A", ["/"] * 150, start="2014-03-03")  # to June: 56 of six half-terms
    assert ae.attendance(pd.concat([autumn, rest]), year="201314")["persistent"].tolist() == [False]


# ---------------------------------------------------------------- totals of terms


def test_the_larger_of_total_and_reasons_is_taken_as_in_dfe_s_table_10() -> None:
    assert total(np.array([50, 40, 25]), np.array([42, 50, 25]), 120).tolist() == [50, 50, 25]


def test_totals_of_terms_are_mended_removed_and_summed() -> None:
    totals = pd.DataFrame(
        {
            "pupil_id": ["A", "A", "B", "C", "D"], "urn": "100001", "term": ["Autumn", "Spring", "Autumn", "Autumn", "Autumn"],
            "sessions_possible": [120, 110, 0, 120, 100], "sessions_authorised": [15, 30, 0, 20, 70],
            "sessions_unauthorised": [35, 10, 0, 5, 60], "sessions_illness": [10, 38, 0, 20, 0], "sessions_no_reason": [32, 12, 0, 5, 0],
        }
    )  # fmt: skip
    out = ae.attendance(totals)
    assert out[["pupil_id", "sessions_possible", "sessions_authorised", "sessions_unauthorised"]].to_numpy().tolist() == [
        ["A", 230, 53, 47], ["C", 120, 20, 5],
    ]  # fmt: skip


# ---------------------------------------------------------------- DfE's published figures


def enrolments(persistent: int, all_of_them: int, severe: int = 0) -> pd.DataFrame:
    at = np.arange(all_of_them)
    absent = np.where(at < severe, 50, np.where(at < persistent, 10, 1))
    return pd.DataFrame(
        {
            "pupil_id": at, "sessions_possible": 100, "sessions_authorised": absent, "sessions_unauthorised": 0,
            "persistent": absent * 10 >= 100, "severe": absent * 2 >= 100,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("persistent", "severe", "n", "share", "severe_share"),
    [
        (19_204, 1_976, 104_334, 18.4, 1.9), (20_776, 2_498, 115_485, 18.0, 2.2), (43_040, 3_971, 143_115, 30.1, 2.8),
        (51_268, 6_218, 160_094, 32.0, 3.9), (55_929, 8_415, 180_421, 31.0, 4.7), (63_348, 11_223, 205_627, 30.8, 5.5),
    ],
)  # fmt: skip
def test_published_shares_of_autistic_pupils(
    persistent: int, severe: int, n: int, share: float, severe_share: float
) -> None:
    (row,) = rates(enrolments(persistent, n, severe)).to_dict("records")
    assert (row["persistent"], row["severe"], row["enrolments"]) == (persistent, severe, n)
    assert round_half_up(row["persistent_share"] * 100, 1) == share
    assert round_half_up(row["severe_share"] * 100, 1) == severe_share


def test_phases_sum_to_the_published_total() -> None:
    parts = {"primary": (15_235, 50_407), "secondary": (20_474, 78_664), "special": (27_639, 76_556)}
    table = pd.concat([enrolments(*pair).assign(phase=phase) for phase, pair in parts.items()])
    by = rates(table, "phase").set_index("phase")
    assert by.loc["secondary", ["persistent", "enrolments"]].tolist() == [20_474, 78_664]
    assert (by["persistent"].sum(), by["enrolments"].sum()) == (63_348, 205_627)


@pytest.mark.parametrize(("n", "share"), [(627_070, 9.4), (728_080, 11.0), (245_840, 3.7), (308_100, 4.6)])
def test_published_shares_of_2014_15(n: int, share: float) -> None:
    (row,) = rates(enrolments(n // 10, 664_275)).to_dict("records")  # a tenth of 6,642,755: one digit is not touched
    assert round_half_up(row["persistent_share"] * 100, 1) == share


@pytest.mark.parametrize(("pupils", "n", "more"), [(623_042, 647_773, 4.0), (648_473, 673_719, 3.9)])
def test_enrolments_are_about_four_per_cent_more_than_pupils(pupils: int, n: int, more: float) -> None:
    table = enrolments(0, n).assign(
        pupil_id=lambda frame: frame["pupil_id"] % pupils
    )  # a tenth of the published counts
    (row,) = rates(table).to_dict("records")
    assert (row["pupils"], row["enrolments"]) == (pupils, n)
    assert round_half_up((n / row["pupils"] - 1) * 100, 1) == more


def test_a_rate_is_a_ratio_of_sums_as_in_hansard_of_15_november_2007() -> None:
    groups = [("P", 153_450, 14.10), ("A", 347_880, 10.63), ("S", 71_700, 11.47)]
    table = pd.DataFrame(
        {
            "pupil_id": range(3), "sen": [code for code, _, _ in groups],
            "sessions_possible": [n * 100 for _, n, _ in groups],  # so many pupils of 100 sessions each
            "sessions_authorised": [n * rate for _, n, rate in groups], "sessions_unauthorised": 0, "persistent": False, "severe": False,
        }
    )  # fmt: skip
    assert round_half_up(rates(table)["absence_rate"].iloc[0] * 100, 2) == 11.66
    assert round_half_up(rates(table[table["sen"] != "S"])["absence_rate"].iloc[0] * 100, 2) == 11.69


# ---------------------------------------------------------------- any table, any file


def many(seed: int = 3) -> pd.DataFrame:
    chance = random.Random(seed)
    pool = [each.code for each in codes.codes("202324")] + ["/"] * 60
    return pd.concat(
        [register(f"P{i:02d}", chance.choices(pool, k=190), urn=str(100000 + i % 3)) for i in range(12)],
        ignore_index=True,
    )


def by_hand(marks: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int, int]]:
    kinds = {each.code: each.kind for each in codes.codes("202324")}
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for pupil, urn, code in marks[["pupil_id", "urn", "code"]].itertuples(index=False):
        possible, authorised, unauthorised = found.get((pupil, urn), (0, 0, 0))
        kind = kinds[code]
        found[pupil, urn] = (
            possible + (kind != "not-possible"),
            authorised + (kind == "authorised"),
            unauthorised + (kind == "unauthorised"),
        )
    return found


def as_dates(marks: pd.DataFrame) -> pd.DataFrame:
    return marks.assign(date=pd.to_datetime(marks["date"]))


def as_polars(marks: pd.DataFrame) -> object:
    return pytest.importorskip("polars").DataFrame(marks.to_dict("list"))


def as_duckdb(marks: pd.DataFrame) -> object:
    return duckdb.from_df(marks)


def as_categories(marks: pd.DataFrame) -> pd.DataFrame:
    return marks.astype("category")


@pytest.mark.parametrize("form", [lambda marks: marks, as_dates, as_polars, as_duckdb, as_categories])
def test_any_table_gives_what_counting_by_hand_gives(form: Callable[[pd.DataFrame], object]) -> None:
    marks = many()
    out = ae.attendance(form(marks)).set_index(["pupil_id", "urn"])[
        ["sessions_possible", "sessions_authorised", "sessions_unauthorised"]
    ]
    assert {key: tuple(row) for key, row in zip(out.index, out.to_numpy().tolist(), strict=True)} == by_hand(marks)


def uk_dates(marks: pd.DataFrame) -> pd.DataFrame:
    return marks.assign(date=pd.to_datetime(marks["date"]).dt.strftime("%d/%m/%Y"))


def sims(marks: pd.DataFrame) -> pd.DataFrame:
    names = {"pupil_id": "Student ID", "date": "Date", "session": "Session Name", "code": "Mark", "urn": "URN"}
    return uk_dates(marks).rename(columns=names).assign(Surname="O'Neil, J")


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "iso.csv": lambda marks, path: marks.to_csv(path, index=False),
    "uk.csv": lambda marks, path: uk_dates(marks).to_csv(path, index=False),
    "sims.csv": lambda marks, path: sims(marks).to_csv(path, index=False),
    "tab.tsv": lambda marks, path: marks.to_csv(path, index=False, sep="\t"),
    "semicolon.csv": lambda marks, path: marks.to_csv(path, index=False, sep=";"),
    "utf16.csv": lambda marks, path: marks.to_csv(path, index=False, encoding="utf-16"),
    "bom.csv": lambda marks, path: marks.to_csv(path, index=False, encoding="utf-8-sig"),
    "crlf.csv": lambda marks, path: marks.to_csv(path, index=False, lineterminator="\r\n"),
    "cr.csv": lambda marks, path: marks.to_csv(path, index=False, lineterminator="\r"),
    "title.csv": lambda marks, path: path.write_text("Attendance marks\n\n" + marks.to_csv(index=False)),
    "mixed.csv": lambda marks, path: pd.concat([marks[:2000], uk_dates(marks[2000:])]).to_csv(path, index=False),
    "book.xlsx": lambda marks, path: marks.to_excel(path, index=False),
}


@pytest.mark.parametrize("name", WRITERS)
def test_any_file_gives_what_the_table_gives(name: str, tmp_path: Path) -> None:
    marks = many()
    path = tmp_path / name
    WRITERS[name](marks, path)
    pd.testing.assert_frame_equal(ae.attendance(path), ae.attendance(marks))


def test_parquet_gives_what_the_table_gives(tmp_path: Path) -> None:
    marks = many()
    with duckdb.connect() as engine:
        engine.from_df(as_dates(marks)).write_parquet(str(tmp_path / "m.parquet"))
    pd.testing.assert_frame_equal(ae.attendance(tmp_path / "m.parquet"), ae.attendance(marks))


def weekly(marks: pd.DataFrame, *, columns: bool) -> pd.DataFrame:
    day = pd.to_datetime(marks["date"])
    frame = marks.assign(
        week=(day - pd.to_timedelta(day.dt.weekday, unit="D")).dt.strftime("%d/%m/%Y"),
        half=day.dt.strftime("%a ") + marks["session"],
    )
    key = ["pupil_id", "urn", "week"]
    if columns:
        wide = frame.pivot(index=key, columns="half", values="code").fillna("")
        return wide[[f"{d} {h}" for d in ("Mon", "Tue", "Wed", "Thu", "Fri") for h in ("AM", "PM")]].reset_index()
    return (
        frame.groupby(key, as_index=False)["code"]
        .agg("".join)
        .rename(columns={"week": "Week beginning", "code": "Marks"})
    )


@pytest.mark.parametrize("columns", [True, False])
def test_a_row_a_pupil_and_week_gives_what_a_row_a_mark_gives(columns: bool, csv_file: Callable[..., Path]) -> None:
    marks = many()
    table = weekly(marks, columns=columns)
    pd.testing.assert_frame_equal(ae.attendance(table), ae.attendance(marks))
    pd.testing.assert_frame_equal(ae.attendance(csv_file(table.to_csv(index=False))), ae.attendance(marks))


def test_a_crooked_row_is_refused_with_its_place(csv_file: Callable[..., Path]) -> None:
    lines = many().to_csv(index=False).splitlines()
    lines[2100] += ",surplus"
    with pytest.raises(DataError, match="row 2101"):
        ae.attendance(csv_file("\n".join(lines)))


@pytest.mark.parametrize("content", [b"\x00\xff\x10rubbish", b"PK\x03\x04", b"", b"PAR1nothing"])
@pytest.mark.parametrize("name", ["m.csv", "m.parquet", "m.xlsx"])
def test_rubbish_is_refused_plainly(content: bytes, name: str, csv_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError):
        ae.attendance(csv_file(content, name))


@pytest.mark.parametrize("thing", [7, None, "nowhere.csv", "nowhere.parquet"])
def test_what_is_no_table_is_refused_plainly(thing: object) -> None:
    with pytest.raises(DataError):
        ae.attendance(thing)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(0, 99), st.sampled_from(["/", "I", "O", "D", "L"])),
        min_size=1,
        max_size=60,
        unique_by=lambda each: each[:2],
    )
)
def test_order_never_matters_and_parts_never_exceed_the_whole(rows: list[tuple[str, int, str]]) -> None:
    days = [(date(2023, 9, 4) + timedelta(days=at // 2)).isoformat() for _, at, _ in rows]
    halves = [("AM", "PM")[at % 2] for _, at, _ in rows]
    frame = pd.DataFrame(rows, columns=["pupil_id", "at", "code"]).assign(urn="100001", date=days, session=halves)
    out, shuffled = ae.attendance(frame), ae.attendance(frame.iloc[::-1])
    pd.testing.assert_frame_equal(out, shuffled)
    absent = out["sessions_authorised"] + out["sessions_unauthorised"]
    assert (absent <= out["sessions_possible"]).all()
    assert (out["severe"] <= out["persistent"]).all()
    assert out["sessions_possible"].sum() == sum(code != "D" for _, _, code in rows)


def test_names_are_not_even_looked_at() -> None:
    marks = register("A", ["/"]).assign(Surname="Smith", DOB="01/01/2010")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = ae.attendance(marks)
    assert not {"Surname", "DOB"} & set(out.columns)


@pytest.mark.parametrize("odd", [None, "2024-09-03", "2022-09-05"])
def test_a_parquet_file_counts_as_the_table_does_whether_or_not_all_its_marks_are_of_the_year(
    tmp_path: Path, odd: str | None
) -> None:
    days = pd.date_range("2023-09-04", periods=5).repeat(2).tolist() + ([pd.Timestamp(odd)] if odd else [])
    table = pd.DataFrame({"pupil_id": "P1", "urn": "100001", "date": days, "code": (["/", "I", "I"] * 4)[: len(days)]})
    table["session"] = (["AM", "PM"] * 6)[: len(days)]
    path = tmp_path / "marks.parquet"
    with duckdb.connect() as engine:
        engine.from_df(table).write_parquet(str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # marks of another year are told of: looked at elsewhere
        pd.testing.assert_frame_equal(ae.attendance(path, year="202324"), ae.attendance(table, year="202324"))


def test_a_parquet_file_whose_marks_are_all_of_the_year_is_refused_for_a_mark_that_stands_twice(tmp_path: Path) -> None:
    day = pd.Timestamp("2023-09-04")
    table = pd.DataFrame({"pupil_id": "P1", "urn": "1", "date": [day] * 3, "session": ["AM", "AM", "XM"], "code": "/"})
    path = tmp_path / "marks.parquet"
    with duckdb.connect() as engine:
        engine.from_df(table).write_parquet(str(path))
    with pytest.raises(DataError, match=r"'XM' is no session(.|\n)*a second mark"):
        ae.attendance(path, year="202324")


WRONG_PUPILS = {
    "year group": ({"year_group": ["Year 99"]}, "'Year 99' is no year group"),
    "age": ({"age": ["ten"]}, "'ten' in column 'age' is no number"),
    "birth": ({"DOB": ["31/31/2015"]}, "'31/31/2015' in column 'DOB' is no date of birth"),
}


@pytest.mark.parametrize("case", WRONG_PUPILS)
def test_what_pupils_cannot_be_is_refused_plainly(case: str) -> None:
    columns, said = WRONG_PUPILS[case]
    with pytest.raises(DataError, match=said):
        ae.attendance(register("P1", ["/"]), pupils=pd.DataFrame({"pupil_id": ["P1"], **columns}))


def test_year_groups_of_pupils_may_be_written_as_schools_do() -> None:
    marks = pd.concat([register(name, ["/"]) for name in ("A", "B", "C", "D")])
    pupils = pd.DataFrame({"pupil_id": ["A", "B", "C", "D"], "year_group": ["Year 3", "N2", "X", "7"]})
    with pytest.warns(UserWarning, match="sessions of 1 pupil without an age"):
        assert ae.attendance(marks, pupils=pupils)["pupil_id"].tolist() == ["A", "D"]


@pytest.mark.parametrize("count", ["x", 10.5, -3])
def test_totals_that_are_no_whole_numbers_are_refused(count: object) -> None:
    row = {
        "pupil_id": "A",
        "urn": "1",
        "sessions_possible": count,
        "sessions_authorised": 0,
        "sessions_unauthorised": 0,
    }
    with pytest.raises(DataError, match=f"'{count}' in column 'sessions_possible' is no whole number"):
        ae.attendance(pd.DataFrame([row]))
