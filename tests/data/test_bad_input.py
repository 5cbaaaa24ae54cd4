"""Whatever is handed in: a plain fault or a clean refusal, never a traceback, a hang or a full memory."""

from __future__ import annotations

import contextlib
import io
import os
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import afa_eval as ae
from afa_eval.data import parquet, text
from afa_eval.data.output import as_rows, write_checks
from afa_eval.data.readers import read
from afa_eval.errors import DataError

HEADER = b"UPN,URN,Year group,SEN provision\n"
ROW = b"A,100001,7,K\n"


def zipped(name: str = "inside.csv") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(name, HEADER + ROW)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (os.urandom(0) + bytes(range(256)) * 40, "not"),
        (zipped(), "zip"),
        (b"%PDF-1.7 ...", "PDF"),
        (HEADER + b'"A,100001,7,K\n' * 3, "quot"),
        (b"", "nothing"),
        (b"\xef\xbb\xbf", "nothing"),
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b"<TABLE border=1><tr><td>UPN</td></tr></TABLE>", "web page"),
        (b'[\n {"UPN": "A", "URN": "100001"}]', "JSON"),
        (zipped("mimetype").replace(b"UPN,URN", b"application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        ((HEADER + ROW).decode().encode("utf-32"), "UTF-32"),
    ],
    ids=[
        "binary",
        "zip called csv",
        "pdf",
        "open quote",
        "empty",
        "mark only",
        "web page",
        "bare html",
        "json",
        "ods",
        "utf-32",
    ],
)
def test_what_is_no_table_is_said_plainly(content: bytes, said: str, csv_file: Callable[..., Path]) -> None:
    for way in (read, ae.attendance):
        with pytest.raises(DataError, match=said):
            way(csv_file(content))


def test_two_gigabytes_in_one_line_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # sparse: no disk is used
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("was hashed, so read to its end"))
    for way in (read, ae.attendance):
        with pytest.raises(DataError, match="MB"):
            way(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + ROW,
        (HEADER + ROW).decode().encode("utf-16"),
        HEADER.replace(b"\n", b"\r") + ROW.replace(b"\n", b"\r"),
        HEADER.replace(b"\n", b"\r\n") + ROW,
        b"sep=,\n" + HEADER + ROW,
    ],
    ids=["mark", "utf-16", "CR only", "mixed ends", "sep"],
)
def test_odd_but_sound_files_are_read(content: bytes, csv_file: Callable[..., Path]) -> None:
    assert read(csv_file(content))[["pupil_id", "year_group", "sen_provision"]].to_numpy().tolist() == [["A", 7, "K"]]


def test_encodings_that_do_not_go_together_are_said(csv_file: Callable[..., Path]) -> None:
    with pytest.warns(UserWarning, match="encoding"):
        read(csv_file(HEADER.strip() + b",note\n" + ROW.strip() + ",café\n".encode() + b"B,100001,7,K,caf\xe9\n"))


def test_cells_that_look_like_formulas_are_never_written_back_as_such(trust: Any, tmp_path: Path) -> None:
    for row, value in enumerate(("=cmd|' /C calc'!A0", "@SUM(1)", "+1+2", "<script>alert(1)</script>"), start=5):
        trust.put("pupils.csv", row, "FSM", value)
    faults = trust.load().faults
    page = write_checks(faults, tmp_path / "out")
    assert "<script>" not in page.read_text()
    from openpyxl import load_workbook

    book = load_workbook(page.with_suffix(".xlsx"))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_twenty_thousand_identical_faults_are_one_and_take_little(csv_file: Callable[..., Path]) -> None:
    content = HEADER + b"".join(b"P%d,100001,7,SLS\n" % i for i in range(20_000))
    path = csv_file(content)
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (fault,) = [each for each in caught.value.faults if each.severity == "error"]
    assert fault.count == 20_000
    assert len(str(caught.value)) < 1000
    assert peak < 24 << 20  # bytes: about 1 KB a row, which a file of that size needs anyway
    assert as_rows([fault])[0]["count"] == 20_000


def test_more_cells_than_memory_should_hold_are_refused_before_they_are_read(
    csv_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        text, "MOST_CELLS", 1_000
    )  # 16 million in truth: ten million rows took 1.4 s and 540 MB to refuse
    monkeypatch.setattr(parquet, "MOST_CELLS", 1_000)
    with pytest.raises(DataError, match="about 1,604 cells, more than is read as a table"):
        read(csv_file(HEADER + ROW * 400))
    import duckdb

    path = csv_file("", "many.parquet")
    duckdb.sql(f"COPY (SELECT 'P' || i AS pupil_id, '100001' AS urn FROM range(501) t(i)) TO '{path}'")
    with pytest.raises(DataError, match="1,002 cells"):
        read(path)


def test_thousands_of_columns_are_refused(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="6,001 columns"):
        read(csv_file("UPN," + ",".join(f"c{i}" for i in range(6_000)) + "\n1\n"))


@pytest.mark.parametrize("start", ["<!--", "<", "<![CDATA["], ids=["comment", "tag", "text"])
def test_an_endless_part_of_an_xml_file_is_not_read_to_its_end(start: str, csv_file: Callable[..., Path]) -> None:
    path = csv_file("<CTfile>" + start + "a" * 3_000_000, "x.xml")
    with pytest.raises(DataError, match=r"over a (million|hundred thousand) characters"):
        read(path, table="pupils")


def test_thousands_of_marks_with_one_unknown_code_are_one_fault_with_their_number(
    csv_file: Callable[..., Path],
) -> None:
    days = pd.bdate_range("2023-09-04", periods=190).strftime("%d/%m/%Y")
    marks = "".join(f'{p},100001,{day},{half},"Q\nQ"\n' for p in "ABCD" for day in days for half in ("AM", "PM"))
    with pytest.raises(DataError) as caught:
        read(csv_file("UPN,URN,Date,Session,Mark\n" + marks))
    (fault,) = [each for each in caught.value.faults if each.severity == "error"]
    assert (fault.code, fault.count, len(fault.rows), fault.column) == ("AFA306", 1520, 1000, "Mark")


def test_a_path_outside_the_plan_s_folder_is_said(trust: Any, tmp_path: Path) -> None:
    away = tmp_path.parent / f"{tmp_path.name}-away.csv"
    trust.write()
    (trust.folder / "pupils.csv").rename(away)
    trust.sources["pupils"] = f"../{away.name}"
    faults = trust.load(write=False).faults
    assert [(fault.code, fault.file) for fault in faults] == [("AFA109", f"../{away.name}")]


marks = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "", "H801200001001", "=1"]),
        st.sampled_from(["04/09/2023", "2023-09-05", "31/02/2024", "", "x", "04/09/1923", "2024-09-03"]),
        st.sampled_from(["AM", "PM", "", "am", "noon"]),
        st.sampled_from(["/", "\\", "I", "", "ZZ", "'", '"', "J1", "-", "#", "é"]),
    ),
    max_size=12,
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=marks, table=st.booleans())
def test_any_marks_are_counted_or_refused(
    rows: list[tuple[str, ...]], table: bool, csv_file: Callable[..., Path]
) -> None:
    frame = pd.DataFrame(rows, columns=["UPN", "Date", "Session", "Mark"]).assign(URN="100001")
    handed: object = frame if table else csv_file(frame.to_csv(index=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with contextlib.suppress(DataError):
            assert (ae.attendance(handed)["sessions_possible"] > 0).all()
        if not table:
            with contextlib.suppress(DataError):
                assert isinstance(read(handed), pd.DataFrame)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(
        st.sampled_from(["UPN", "SENprovision_SPR14", "SENprovision_SUM15", "SessionsPossible_Autumn_ab17", "URN_SPR14",
                         "AuthorisedAbsence_Autumn_ab17", "Surname", "FormerUPN", "LAESTAB", "Mon AM", "Week", "Marks", "Date", "x"]),
        min_size=1, max_size=7,
    ),
    rows=st.lists(st.lists(st.sampled_from(["", "A", "K", "120", "H801200001001", "04/09/2023", "/", "x,y", "2011000"]), max_size=9), max_size=5),
)  # fmt: skip
def test_headers_of_every_system_over_any_cells(
    headers: list[str], rows: list[list[str]], csv_file: Callable[..., Path]
) -> None:
    text = "\n".join(",".join(row) for row in [headers, *rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with contextlib.suppress(DataError):
            assert isinstance(read(csv_file(text)), pd.DataFrame)


MARKS = b"UPN,URN,Date,Session,Mark\nA,100001,04/09/2023,AM,/\nA,100001,05/09/2023,AM,"


def test_a_vast_last_line_of_a_register_is_not_left_out(csv_file: Callable[..., Path]) -> None:
    path = csv_file(MARKS + b"I" * (text.LONGEST_LINE + 2))
    assert not text.ends_in_a_line(path)
    with pytest.raises(DataError, match="line of this file is longer"):
        ae.attendance(path)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nA,100001,06/09/2023,AM,/\n"])
def test_an_ordinary_last_line_is_one(end: bytes, csv_file: Callable[..., Path]) -> None:
    assert text.ends_in_a_line(csv_file(MARKS + b"I" + end))


def test_a_vast_cell_is_no_open_quotation_mark(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="line of this file is longer than 131,072"):
        read(csv_file(HEADER + ROW + b"B,100001,7," + b"K" * (text.LONGEST_CELL + 1) + b"\n"))


def test_a_long_text_among_the_codes_is_shortened_in_the_message(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(DataError) as caught:
        ae.attendance(csv_file(MARKS + b"I" * 5000))
    assert "…' is no attendance code" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_register_of_unknown_codes_lacks_no_school(csv_file: Callable[..., Path]) -> None:
    path = csv_file(b"UPN,URN,Date,Session,Mark\n" + b"".join(b"A%d,100001,04/09/2023,AM,?\n" % n for n in range(30)))
    with pytest.raises(DataError) as caught:
        read(path, table="attendance")
    assert [(fault.code, fault.count) for fault in caught.value.faults if fault.severity == "error"] == [("AFA306", 30)]


def test_braces_in_a_header_are_letters_like_others(csv_file: Callable[..., Path]) -> None:
    """Found by fuzzing: a header was taken for a pattern to fill in."""
    path = csv_file(b"UPN,Term,reading{wave}},maths}\nA,Autumn,3,4\nA,Summer,5,6\n")
    found = read(path, table="attainment")
    assert len(found) == 1
    assert found.filter(like="}").to_numpy().tolist() == [[3, 4, 5, 6]]
