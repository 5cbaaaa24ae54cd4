"""The demo trust written as other systems write it is the same trust when read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from afa_eval import demo
from afa_eval.codes.upn import check_letter
from afa_eval.data.loading import Loaded, load
from afa_eval.data.records import Need
from afa_eval.evaluation import evaluate

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


def key_stage_2(attainment: pd.DataFrame, census: pd.DataFrame) -> str:
    """As the pupil download writes key stage 2, separated by tabs: another layout than the tests'."""
    school = census.set_index("pupil_id")["urn"]
    rows = attainment[attainment["READPROGSCORE_EM"] != ""]
    lines = ["\t".join(("ACADYR", "UPN", "SURNAME", "LAESTAB", "READPROGSCORE_EM"))]
    for pupil, score in zip(rows["pupil_id"], rows["READPROGSCORE_EM"], strict=True):
        lines.append("\t".join(("2022/2023", pupil, "Smith", laestab(school[pupil]), str(score))))
    return "\n".join(lines) + "\n"


PLAN = """
[evaluation]
title = "The same trust"
period = {{ before = "202122", after = "202223" }}
[data]
pupils = {pupils}
attainment = {attainment}
attendance = {attendance}
[[outcome]]
id = "ks2-reading"
design = "progress"
outcome = "READPROGSCORE_EM"
comparator = "ks2-reading-progress"
[[outcome]]
id = "absence"
design = "persistent-absence"
"""


def written(folder: Path, **files: list[str]) -> Path:
    """The plan that names these files."""
    path = folder / "plan.toml"
    path.write_text(PLAN.format(**files))
    return path


@pytest.fixture(scope="module")
def plain(trust: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trust's own files, and a plan."""
    home = tmp_path_factory.mktemp("plain")
    files = {Path(name).stem: frame for name, frame in trust.items()}
    for name in ("pupils_2021-22", "pupils_2022-23"):
        files[name].drop(columns="la").to_csv(home / f"{name[-2:]}.csv", index=False)
    files["attainment"].to_csv(home / "scores.csv", index=False)
    files["attendance"].to_csv(home / "absence.csv", index=False)
    return written(home, pupils=["22.csv", "23.csv"], attainment=["scores.csv"], attendance=["absence.csv"])


@pytest.fixture(scope="module")
def other(trust: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a pupil download, a transfer file and an export of tests, and a plan."""
    home = tmp_path_factory.mktemp("other")
    files = {Path(name).stem: frame for name, frame in trust.items()}
    for name in ("pupils_2021-22", "pupils_2022-23"):
        (home / f"giap-{name[-2:]}.csv").write_text(pupil_download(files[name]))
    marks_book(files["attainment"]).to_excel(home / "mis.xlsx", index=False)
    (home / "ks2.tab").write_text(key_stage_2(files["attainment"], files["pupils_2022-23"]))
    (home / "ctf.xml").write_text(transfer_file(files["attendance"]))
    census = ["giap-22.csv", "giap-23.csv"]
    return written(home, pupils=census, attainment=["mis.xlsx", "ks2.tab"], attendance=["ctf.xml"])


def test_the_same_tables_come_from_other_systems_files(plain: Path, other: Path) -> None:
    a = loaded(plain.parent, pupils=["22.csv", "23.csv"], attainment="scores.csv", attendance="absence.csv")
    b = loaded(
        other.parent, pupils=["giap-22.csv", "giap-23.csv"], attainment=["mis.xlsx", "ks2.tab"], attendance="ctf.xml"
    )
    assert {fault.code for fault in b.faults} - {fault.code for fault in a.faults} <= {"AFA213"}
    keys = {
        "pupils": ["pupil_id"],
        "census": ["pupil_id", "year"],
        "attainment": ["pupil_id"],
        "attendance": ["pupil_id", "urn", "year"],
    }
    for name, key in keys.items():
        one, two = (getattr(each.tables, name).sort_values(key, ignore_index=True) for each in (a, b))
        assert set(one.columns) <= set(two.columns), name
        pd.testing.assert_frame_equal(one, two[list(one.columns)], obj=name)


def test_the_same_evaluation_comes_from_other_systems_files(plain: Path, other: Path) -> None:
    one, two = (evaluate(path).estimates.tidy() for path in (plain, other))
    assert set(one["outcome"]) == {"ks2-reading", "absence"}
    pd.testing.assert_frame_equal(one, two, check_exact=False, rtol=1e-12)  # sums in another order: last digits
