"""Pupils linked by former UPNs, and pseudonyms by a key that lies elsewhere."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from afa_eval.data.loading import load
from afa_eval.data.pseudonyms import make_key, pseudonym, read_key, safe, write_pseudonymised
from afa_eval.data.readers import as_text, read
from afa_eval.errors import DataError, PlanError
from afa_eval.evaluation import check

KEY = bytes(range(32))


def test_a_file_with_a_former_upn_is_linked(trust: Any) -> None:
    for row in trust.rows["attainment.csv"]:
        row[0] = "OLD1" if row[0] == "P0003" else row[0]
    trust.add("pupils.csv", "Former UPN", ["", "", "OLD1"] + [""] * 37)
    found = trust.load()
    assert found.faults == ()
    assert "former_upn" not in found.tables.pupils.columns
    assert "P0003" in set(found.tables.attainment["pupil_id"])


@pytest.mark.parametrize("former", [["OLD1", "OLD1"], ["P0009", ""]])
def test_a_contested_former_upn_links_nothing(trust: Any, former: list[str]) -> None:
    trust.add("pupils.csv", "Former UPN", former + [""] * 38)
    found = trust.load()
    assert {fault.code for fault in found.faults} == {"AFA504"}
    assert all("OLD1" not in fault.value for fault in found.faults)  # masked
    assert set(found.tables.attainment["pupil_id"]) == set(found.tables.pupils["pupil_id"])


def test_the_same_pupil_and_key_make_the_same_name_and_no_other_does() -> None:
    one = pseudonym("H801200001001", KEY)
    assert one == pseudonym(" h801200001001 ", KEY)
    assert len(one) == 20
    assert one not in {pseudonym("H801200001002", KEY), pseudonym("H801200001001", KEY[::-1])}
    assert len({pseudonym(f"P{i}", KEY) for i in range(20_000)}) == 20_000


def test_a_key_is_long_random_and_its_owner_s(tmp_path: Path) -> None:
    path = make_key(tmp_path / "keys" / "trust.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(read_key(path)) == 32
    assert read_key(path) != read_key(make_key(tmp_path / "other.key"))
    with pytest.raises(PlanError, match="there already"):
        make_key(path)


@pytest.mark.parametrize(("content", "said"), [("ab" * 8, "short"), ("no key at all", "no key"), ("", "short")])
def test_a_short_key_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "trust.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(PlanError, match=said):
        read_key(path)


def test_a_missing_open_near_or_committed_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no key"):
        read_key(tmp_path / "nowhere.key")
    path = make_key(tmp_path / "trust.key")
    with pytest.raises(PlanError, match="folder"):
        read_key(path, tmp_path)
    path.chmod(0o644)
    with pytest.raises(PlanError, match="chmod 600"):
        read_key(path)
    (tmp_path / ".git").mkdir()
    for refused in (lambda: read_key(path), lambda: make_key(tmp_path / "new.key")):
        with pytest.raises(PlanError, match="repository"):
            refused()
    with pytest.raises(PlanError, match="short"):
        pseudonym("A", b"short")


def test_no_key_is_made_where_a_plan_lies(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").touch()
    with pytest.raises(PlanError, match="evaluation's folder"):
        make_key(tmp_path / "keys" / "trust.key")
    assert not (tmp_path / "keys").exists()


def test_a_plan_s_key_leaves_no_identifier_in_any_table(trust: Any, tmp_path: Path, new_trust: Any) -> None:
    path = make_key(tmp_path / "keys" / "trust.key")
    home = tmp_path / "evaluation"
    home.mkdir()
    clean = new_trust(home)
    clean.write()
    told = {"needs": clean.needs, "before": "202122", "after": "202223", "folder": home}
    open_, named = load(clean.sources, **told), load(clean.sources, key="../keys/trust.key", **told)
    frames = [getattr(named.tables, name) for name in ("pupils", "census", "attainment", "attendance", "responses")]
    assert not any(frame.astype(str).isin({"P0001", "R001"}).any(axis=None) for frame in frames if frame is not None)
    assert named.tables.pupils["pupil_id"].tolist() == [
        pseudonym(pupil, read_key(path)) for pupil in open_.tables.pupils["pupil_id"]
    ]
    assert set(named.tables.attendance["pupil_id"]) == set(named.tables.pupils["pupil_id"])
    inside = make_key(tmp_path / "other" / "trust.key").rename(home / "trust.key")
    for key, said in ((inside, "folder"), ("nowhere.key", "no key")):
        with pytest.raises(PlanError, match=said):
            load(clean.sources, key=key, **told)


PLAN = """
[evaluation]
title = "With a key"
period = {{ before = "202122", after = "202223" }}
[data]
pupils = "pupils.csv"
attendance = "attendance.csv"
key = "{key}"
[[outcome]]
id = "absence"
design = "persistent-absence"
"""


def test_a_plan_names_its_key_and_a_key_in_its_folder_is_refused(tmp_path: Path, new_trust: Any) -> None:
    home = tmp_path / "evaluation"
    home.mkdir()
    new_trust(home).write()
    make_key(tmp_path / "trust.key")
    (home / "plan.toml").write_text(PLAN.format(key="../trust.key"))
    assert check(home / "plan.toml") == []
    (tmp_path / "trust.key").rename(home / "trust.key")
    for key, said in (("trust.key", "folder"), ("../trust.key", "no key")):
        (home / "plan.toml").write_text(PLAN.format(key=key))
        with pytest.raises(PlanError, match=said):
            check(home / "plan.toml")


PUPILS = "UPN,Former UPN,Surname,DOB,URN,Year group,SEN provision,note\nH801200001001,,Smith,01/02/2010,100001,7,K,=1+1\nR201100018042,T20110001804V,Jones,02/03/2011,100001,6,N,-4\n"


def test_a_pseudonymised_file_reads_back_without_names(csv_file: Any, tmp_path: Path) -> None:
    raw, table = as_text(csv_file(PUPILS))
    made = write_pseudonymised(raw, table, KEY, tmp_path / "out.csv")
    text = made.read_text()
    assert not [word for word in ("Smith", "Jones", "2010", "H801200001001", "T20110001804V") if word in text]
    assert "'=1+1" in text
    assert ",-4" in text
    frame = read(made)
    assert frame["pupil_id"].tolist() == [pseudonym("H801200001001", KEY), pseudonym("R201100018042", KEY)]
    assert frame["sen_provision"].tolist() == ["K", "N"]
    with pytest.raises(PlanError, match="there already"):
        write_pseudonymised(raw, table, KEY, made)
    with pytest.raises(PlanError, match=r"ending \.csv"):
        write_pseudonymised(raw, table, KEY, tmp_path / "out.xlsx")


def test_upns_in_a_free_text_are_not_let_through(csv_file: Any, tmp_path: Path) -> None:
    raw, table = as_text(csv_file(PUPILS.replace("=1+1", "see R201100018042")))
    with pytest.raises(DataError, match="holds UPNs too"):
        write_pseudonymised(raw, table, KEY, tmp_path / "out.csv")


def test_names_and_dates_of_birth_are_dropped_at_the_door(csv_file: Any) -> None:
    frame = read(csv_file(PUPILS))
    assert not {"Surname", "DOB", "former_upn", "Former UPN"} & set(frame.columns)


@pytest.mark.parametrize(
    ("cell", "written"), [("=A1", "'=A1"), ("@x", "'@x"), ("+1", "+1"), ("-", "-"), ("plain", "plain"), ("", "")]
)
def test_cells_that_look_like_formulas_are_written_as_text(cell: str, written: str) -> None:
    assert safe(cell) == written


def test_the_command_makes_a_key_and_uses_it(csv_file: Any, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    from afa_eval import cli

    away = tmp_path / "away"
    away.mkdir()
    for words in (
        ["key", str(tmp_path / "t.key")],
        ["pseudonymise", str(csv_file(PUPILS)), str(away / "out.csv"), "--key", str(tmp_path / "t.key")],
    ):
        monkeypatch.setattr("sys.argv", ["afa-eval", *words])
        with pytest.raises(SystemExit) as done:
            cli.main()
        assert done.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1] == str((away / "out.csv").resolve())
