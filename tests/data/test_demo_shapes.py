"""The demo trust written as other systems write it is the same trust when read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from afa_eval import demo
from afa_eval.codes.upn import check_letter
from afa_eval.data.loading import Loaded, load
from afa_eval.data.records import Need

NEEDS = (
    Need(table="attainment", column="reading_autumn", role="the baseline", kind="score"),
    Need(table="attainment", column="reading_summer", role="the outcome", kind="score"),
)


@pytest.fixture(scope="module")
def trust() -> dict[str, pd.DataFrame]:
    files = demo.simulate(schools=4).files
    return {
        name: frame.assign(pupil_id=frame["pupil_id"].map(upn)) if "pupil_id" in frame else frame
        for name, frame in files.items()
    }


def upn(pupil: str) -> str:
    rest = f"80120{pupil[1:]}"
    return check_letter(rest) + rest


def loaded(folder: Path, **files: str | list[str]) -> Loaded:
    found = load(files, needs=NEEDS, before="202122", after="202223", folder=folder)
    assert [fault for fault in found.faults if fault.severity == "error"] == []
    return found


def laestab(urn: str) -> str:
    return f"201{int(urn) % 10000:04d}"


def pupil_download(census: pd.DataFrame) -> str:
    """As the DfE's pupil download writes a census: names without quotes, even with a comma in them."""
    lines = [
        "AcademicYear,CensusTerm,LAEstab,URN,UPN,Surname,Forename,Sex,DOB,FSMeligible,Language,NCyearActual,SENProvision,PrimarySENeedsType,Cohort"
    ]
    for i, row in enumerate(census.to_dict("records")):
        surname = "Smith, Jr" if i % 50 == 7 else "Smith"
        language, fsm = ("OTH" if row["eal"] == "yes" else "ENG"), int(row["fsm"] == "yes")
        start, end = row["year"].split("/")
        lines.append(
            f"{start}/20{end},Spring,{laestab(row['urn'])},{row['urn']},{row['pupil_id']},{surname},Ann,{row['sex']},01/02/2012,"
            f"{fsm},{language},{row['year_group']},{row['sen_provision']},{row['primary_need']},{row['cohort']}"
        )
    return "\n".join(lines) + "\n"


def transfer_file(attendance: pd.DataFrame) -> str:
    sums = attendance.astype({name: int for name in attendance if str(name).startswith("sessions_")})
    rows = sums.groupby(["pupil_id", "urn", "year"], as_index=False, sort=False).sum(numeric_only=True)
    pupils = "\n".join(
        f"<Pupil><UPN>{r['pupil_id']}</UPN><Surname>Smith</Surname><SchoolHistory><School><LEA>201</LEA>"
        f"<Estab>{laestab(r['urn'])[3:]}</Estab><Attendance><Year>{r['year'][:4]}</Year>"
        f"<SessionsPossible>{r['sessions_possible']}</SessionsPossible><SessionsAuthorised>{r['sessions_authorised']}</SessionsAuthorised>"
        f"<SessionsUnauthorised>{r['sessions_unauthorised']}</SessionsUnauthorised></Attendance></School></SchoolHistory></Pupil>"
        for r in rows.to_dict("records")
    )
    return f"<?xml version='1.0' encoding='UTF-8'?><CTfile><CTFpupilData>{pupils}</CTFpupilData></CTfile>"


def marks_book(attainment: pd.DataFrame) -> pd.DataFrame:
    """As a management information system lists tests: a row a pupil, test and term."""
    long = attainment.melt(id_vars="pupil_id", value_vars=["reading_autumn", "reading_summer"], value_name="Result")
    names = long.pop("variable").str.partition("_")
    return long.rename(columns={"pupil_id": "UPN"}).assign(
        Assessment=names[0], Term=names[2] + " term", Surname="Smith"
    )


def test_the_same_tables_come_from_other_systems_files(trust: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    files = {Path(name).stem: frame for name, frame in trust.items()}
    first, second = files["pupils_2021-22"].drop(columns="la"), files["pupils_2022-23"].drop(columns="la")
    for name, frame in {
        "a": first,
        "b": second,
        "scores": files["attainment"].drop(columns="READPROGSCORE_EM"),
        "absence": files["attendance"],
    }.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    plain = loaded(tmp_path, pupils=["a.csv", "b.csv"], attainment="scores.csv", attendance="absence.csv")
    (tmp_path / "giap-a.csv").write_text(pupil_download(first))
    (tmp_path / "giap-b.csv").write_text(pupil_download(second))
    (tmp_path / "ctf.xml").write_text(transfer_file(files["attendance"]))
    marks_book(files["attainment"]).to_excel(tmp_path / "mis.xlsx", index=False)
    other = loaded(tmp_path, pupils=["giap-a.csv", "giap-b.csv"], attainment="mis.xlsx", attendance="ctf.xml")
    assert {fault.code for fault in other.faults} - {fault.code for fault in plain.faults} <= {"AFA213"}
    keys = {
        "pupils": ["pupil_id"],
        "census": ["pupil_id", "year"],
        "attainment": ["pupil_id"],
        "attendance": ["pupil_id", "urn", "year"],
    }
    for name, key in keys.items():
        a, b = (getattr(each.tables, name).sort_values(key, ignore_index=True) for each in (plain, other))
        assert set(a.columns) <= set(b.columns), name
        pd.testing.assert_frame_equal(a, b[list(a.columns)], obj=name)
