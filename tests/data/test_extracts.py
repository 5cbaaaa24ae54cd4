"""National extracts, the pupil download and transfer files: read into the same canonical tables."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afa_eval.codes.upn import check_letter
from afa_eval.data.opening import read_raw, source
from afa_eval.data.readers import read
from afa_eval.data.shifted import mended
from afa_eval.errors import DataError

File = Callable[..., Path]


def upn(number: int) -> str:
    rest = f"80120001{number:04d}"
    return check_letter(rest) + rest


# ---------------------------------------------------------------- the pupil download


GIAP = "PupilMatchingRef,AcademicYear,CensusTerm,URN,UPN,FormerUPN,Surname,Forename,Sex,DOB,FSMeligible,Language,NCyearActual,SENProvision,PrimarySENeedsType\n"


def giap(number: int, surname: str = "Smith", forename: str = "Ann") -> str:
    return f"PMR{number},2022/2023,Spring,100001,{upn(number)},,{surname},{forename},F,01/02/2012,1,ENG,6,K,SLCN\n"


def test_the_census_of_the_pupil_download(csv_file: File) -> None:
    frame = read(csv_file(GIAP + giap(1) + giap(2)))
    assert frame["pupil_id"].tolist() == [upn(1), upn(2)]
    assert frame[["baseline_year", "sen_provision", "primary_need", "fsm", "eal"]].iloc[0].tolist() == [
        "202223",
        "K",
        "SLCN",
        "yes",
        "no",
    ]
    assert not {"Surname", "Forename", "DOB", "PupilMatchingRef"} & set(frame.columns)


@pytest.mark.parametrize("names", [("O, Neil", "Ann"), ("Smith", "Ann, Jo"), ("A, B, C", "Ann")])
def test_a_row_shifted_by_a_comma_in_a_name_is_put_right(csv_file: File, names: tuple[str, str]) -> None:
    with pytest.warns(UserWarning, match="row 3: A comma in a name"):
        frame = read(csv_file(GIAP + giap(1) + giap(2, *names)))
    assert frame.iloc[1][["sex", "year_group", "sen_provision"]].tolist() == ["F", 6, "K"]


def test_a_shifted_row_with_blanks_at_its_end_is_put_right_too(csv_file: File) -> None:
    shifted = giap(2, "O, Neil").replace(",K,SLCN", ",K,")
    with pytest.warns(UserWarning, match="comma in a name"):
        frame = read(csv_file(GIAP + giap(1) + shifted))
    assert frame["sen_provision"].tolist() == ["K", "K"]


@pytest.mark.parametrize(
    "row",
    [giap(2).replace("ENG", "ENG,x"), giap(2, "A, B").replace("01/02/2012", "unknown"), giap(2, "A,B,C,D,E,F,G")],
    ids=["comma elsewhere", "no anchor", "too many"],
)
def test_a_row_that_could_be_meant_otherwise_is_reported(csv_file: File, row: str) -> None:
    with pytest.raises(DataError, match="row 3: More cells than"):
        read(csv_file(GIAP + giap(1) + row))


def test_two_ways_are_none() -> None:
    headers = ["Surname", "note", "Forename", "Sex", "URN"]
    assert mended(["A", "B", "x", "C", "F", "100001"], headers) is None  # the note could be B or x
    assert mended(["A", "B", "F", "100001"], headers[:1] + headers[2:]) is None  # nothing is shifted


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "ACADYR,UPN,LAESTAB,URN,READSCORE,MATSCORE,READOUTCOME",
            "2022/2023,{},2011000,100001,104,B,EXS",
            {"READSCORE": 104.0},
        ),
        ("KS4_UPN,KS4_LAESTAB,KS4_URN,KS4_ATT8,KS4_P8SCORE", "{},2011000,100001,46.5,-0.31", {"KS4_P8SCORE": -0.31}),
        ("Phonics_UPN,Phonics_URN,Phonics_PHONICS_MARK", "{},100001,33", {"Phonics_PHONICS_MARK": 33.0}),
        ("UPN,URN,FormMark,PupilStatus,ReasonNotTakingCheck", "{},100001,24,C,", {"FormMark": 24.0}),
        (
            "ACADYR,UPN,LAESTAB,URN,READ_OUTCOME,MATH_OUTCOME",
            "2015/2016,{},2011000,100001,EXS,WTS",
            {"READ_OUTCOME": "EXS"},
        ),
    ],
    ids=["KS2", "KS4", "Phonics", "MTC", "KS1"],
)
def test_the_attainment_files_of_the_pupil_download(
    csv_file: File, header: str, row: str, expected: dict[str, object]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        frame = read(csv_file(header + "\n" + row.format(upn(1)) + "\n"), table="attainment")
    assert frame["pupil_id"].tolist() == [upn(1)]
    assert {name: frame[name].iloc[0] for name in expected} == expected


def test_pupil_premium_headers_with_spaces(csv_file: File) -> None:
    frame = read(
        csv_file(
            f"UPN,URN,NCYear,Deprivation Pupil Premium,Service Child Premium,PupilPremiumFTE\n{upn(1)},100001,6,1,0,1\n"
        )
    )
    assert frame[["year_group", "Deprivation Pupil Premium"]].iloc[0].tolist() == [6, 1]


# ---------------------------------------------------------------- national extracts


def test_sessions_by_term_and_year_become_rows(csv_file: File) -> None:
    kinds = ("SessionsPossible", "AuthorisedAbsence", "UnauthorisedAbsence", "OverallAbsence")
    terms = ("Autumn", "Spring", "Summer", "Summer6th", "6HalfTerms")
    headers = ["PupilMatchingRefAnonymous", "URN", *[f"{kind}_{term}_ab17" for term in terms for kind in kinds]]
    cells = ["140,3,1,4", "110,2,0,2", "60,1,0,1", "70,9,0,9", "380,15,1,16"]
    frame = read(csv_file(",".join(headers) + "\nP1,100001," + ",".join(cells) + "\n"))
    assert frame[["pupil_id", "year", "sessions_possible", "sessions_authorised", "sessions_unauthorised"]].to_numpy().tolist() == [
        ["P1", "201617", 380, 15, 1]
    ]  # fmt: skip


def test_a_whole_year_stands_where_there_are_no_terms(csv_file: File) -> None:
    text = "PupilMatchingRef,URN,SessionsPossible_3Term_ab12,AuthorisedAbsence_3Term_ab12,UnauthorisedAbsence_3Term_ab12\nP1,100001,310,9,2\n"
    assert read(csv_file(text))[["year", "sessions_possible"]].to_numpy().tolist() == [["201112", 310]]


def test_the_census_of_two_springs_becomes_two_rows_a_pupil(csv_file: File) -> None:
    text = "PupilMatchingRefAnonymous_SPR14,URN_SPR14,SENprovision_SPR14,URN_SPR16,SENprovision_SPR16\nP1,100001,P,100001,K\nP2,100002,N,100002,N\n"
    frame = read(csv_file(text))
    assert frame[["pupil_id", "year", "sen_provision"]].to_numpy().tolist() == [
        ["P1", "201314", "P"], ["P1", "201516", "K"], ["P2", "201314", "N"], ["P2", "201516", "N"],
    ]  # fmt: skip


def test_major_groups_of_npd_and_levels(csv_file: File) -> None:
    text = "PupilMatchingRef_SPR14,URN_SPR14,SENprovisionMajor_SPR14,EthnicGroupMajor_SPR14,LanguageGroupMajor_SPR14\nA,100001,3_SS,WHIT,1_ENG\nB,100002,4_UNCL,UNCL,3_UNCL\nC,100002,2_SNS,BLAC,2_OTH\n"
    frame = read(csv_file(text)).astype(object)
    assert frame["sen_provision"].dropna().tolist() == ["E", "K"]
    assert frame["ethnicity"].tolist() == ["WHIT", "UNCL", "BLAC"]
    assert frame["eal"].dropna().tolist() == ["no", "yes"]
    scores = read(csv_file("pupil_id,maths\nA,2b\nB,3\nC,W\nD,B\nE,\n"))
    assert scores["maths"].dropna().tolist() == [15.0, 21.0, 3.0]
    assert scores["maths_reason"].dropna().tolist() == ["working below"]


# ---------------------------------------------------------------- transfer files


PUPIL = """<Pupil><UPN>{upn}</UPN><Surname>Smith</Surname><Forename>Ann</Forename><DOB>2012-02-01</DOB><Sex>F</Sex>
<BasicDetails><NCyearActual>6</NCyearActual><SENprovision>K</SENprovision></BasicDetails>
<SchoolHistory><School><LEA>201</LEA><Estab>1000</Estab><Attendance><Year>2022</Year><SessionsPossible>300</SessionsPossible>
<SessionsAuthorised>9</SessionsAuthorised><SessionsUnauthorised>2</SessionsUnauthorised></Attendance></School></SchoolHistory>
<StageAssessments><KeyStage><Stage>KS2</Stage><StageAssessment><Year>2023</Year><Subject>REA</Subject><Method>NT</Method>
<Component>SCS</Component><Result>104</Result></StageAssessment><StageAssessment><Year>2023</Year><Subject>MAT</Subject>
<Method>NT</Method><Component>SCS</Component><Result>B</Result></StageAssessment></KeyStage></StageAssessments></Pupil>
"""
HEADER = "<Header><DocumentName>Common Transfer File</DocumentName><SourceSchool><LEA>201</LEA><Estab>1000</Estab><AcademicYear>2022</AcademicYear></SourceSchool></Header>"


def ctf(*pupils: str, space: str = "") -> str:
    inside = "\n".join(PUPIL.format(upn=each) for each in pupils)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<CTfile{space}>{HEADER}<CTFpupilData>\n{inside}</CTFpupilData></CTfile>'


@pytest.mark.parametrize("space", ["", ' xmlns="http://www.example.org/ctf"'])
def test_a_transfer_file_gives_all_three_tables(csv_file: File, space: str) -> None:
    path = csv_file(ctf(upn(1), upn(2), space=space), "pupils.xml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the school is named by its DfE number, no URN
        pupils, scores, absence = (read(path, table=table) for table in ("pupils", "attainment", "attendance"))
    assert pupils[["pupil_id", "urn", "baseline_year", "year_group", "sen_provision"]].iloc[0].tolist() == [
        upn(1),
        "2011000",
        "202223",
        6,
        "K",
    ]
    assert not {"Surname", "Forename", "DOB"} & set(pupils.columns)
    assert scores["ks2_rea_nt_scs"].tolist() == [104.0, 104.0]
    assert scores["ks2_mat_nt_scs_reason"].tolist() == ["working below"] * 2
    assert absence[["urn", "year", "sessions_possible", "sessions_authorised"]].iloc[0].tolist() == [
        "2011000",
        "202223",
        300,
        9,
    ]


def test_a_fault_names_the_line_of_its_pupil(csv_file: File) -> None:
    path = csv_file(ctf(upn(1), upn(2)).replace("<SENprovision>K", "<SENprovision>Z", 1), "pupils.xml")
    with pytest.raises(DataError, match=r"row 3, column 'SENprovision': .*'Z'"):
        read(path, table="pupils")


LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><CTfile>&b;</CTfile>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "document type or entities"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><CTfile/>', "document type"),
        (ctf(upn(1))[:-300], "breaks off"),
        ("<html><body/></html>", "of another kind"),
        ("<?xml version='1.0' encoding='rot99'?><CTfile/>", "XML"),
        ("<CTfile>" + "<a>" * 60, "nested too deeply"),
        (f"<CTfile><a>{'x' * 200_000}</a></CTfile>", "hundred thousand"),
        ("<CTfile></CTfile>", "nothing about pupils in this transfer file"),
    ],
    ids=["laughs", "external", "truncated", "html", "encoding", "deep", "long", "empty"],
)
def test_xml_that_is_no_transfer_file_is_refused_plainly(csv_file: File, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(csv_file(text, "x.xml"), table="pupils")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, 1500),
    put=st.binary(max_size=12),
    table=st.sampled_from([None, "pupils", "attainment", "attendance", "responses"]),
)
def test_whatever_is_done_to_a_transfer_file_there_is_a_table_or_a_refusal(
    csv_file: File, cut: int, put: bytes, table: str | None
) -> None:
    data = ctf(upn(1)).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with contextlib.suppress(DataError):
            assert isinstance(read(csv_file(data[:cut] + put + data[cut:], "x.xml"), table=table), pd.DataFrame)


def test_a_large_transfer_file_is_read_as_a_stream(csv_file: File) -> None:
    raw = read_raw(source(csv_file(ctf(*(upn(i) for i in range(1500))), "big.xml")), table="attendance")
    assert len(raw.rows) == 1500
