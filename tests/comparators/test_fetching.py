"""A refresh reaches the user's own store, says what changed, and leaves it alone when anything is wrong."""

import json

import pytest
from typer.testing import CliRunner

from afa_eval import comparators as c
from afa_eval.cli import app
from afa_eval.comparators.service import fetch
from afa_eval.errors import ComparatorError

FILE = "e2eb493a-dc95-41f4-96ef-b886c5cd2019"


def replaced(fake, old, new, count=-1):
    assert old in fake.files[FILE]
    fake.files[FILE] = fake.files[FILE].replace(old, new, count)


def test_persistent_absence_by_sen_for_years_that_are_not_bundled(service, user_store):
    with pytest.raises(ComparatorError, match="no persistent-absence"):
        c.find("persistent-absence", year="202425", sen="support")
    found = fetch("persistent-absence", service)
    assert found.path == user_store / "persistent-absence.sqlite"
    assert found.hidden == 6  # Gateshead's pupils with autism
    assert found.skipped == 18  # ethnicity has no name here
    support = c.find("persistent-absence", year="202425", sen="support")
    assert (support.numerator, support.n, support.value) == (8_100, 41_000, 8_100 / 41_000)
    assert support.definition == "pa-10-percent"
    assert "sha256" in support.release
    assert f"file {FILE}" in support.release
    assert support.status_timing == "earliest term record of the year"
    any_sen = c.find("persistent-absence", year="202425", sen="any", phase="secondary")
    assert any_sen.n == 41_000 + 42_000
    assert c.find("persistent-absence", year="202425", need="ASD", area="North East").n == 44_000
    with pytest.raises(ComparatorError, match="confidential"):
        c.find("persistent-absence", year="202425", need="ASD", area="Gateshead")
    assert c.find("overall-absence", year="202425").source != support.source  # only what was asked for


def test_what_changed_is_told_against_what_was_there(service, fake, user_store):
    first = fetch("persistent-absence", service)
    kinds = {(item.year, item.group, item.kind) for item in first.changes}
    assert ("2024/25", "SEN support, England", "new") in kinds
    assert ("2022/23", "all pupils, England", "changed") in kinds  # bundled: 21.2 per cent
    service.refresh = True
    again = fetch("persistent-absence", service)
    assert not again.changes
    lines = fake.files[FILE].splitlines()
    kept = [line for line in lines if not ("202425" in line and "SEN support" in line and ",Total,SEN" in line)]
    fake.files[FILE] = "\n".join(kept)
    third = fetch("persistent-absence", service)
    assert {item.kind for item in third.changes} == {"gone"}


def test_a_comparison_of_two_fetched_years_is_matched(service, user_store):
    import pandas as pd

    fetch("persistent-absence", service)
    mix = pd.DataFrame({"sen": ["support", "none"], "phase": "secondary", "weight": [30.0, 70.0]})
    before, after = c.weighted_pair("persistent-absence", ("202324", "202425"), mix)
    assert before.keys == ("sen", "phase")
    assert before.source == after.source == "service-absence-characteristics-persistent-absence"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("17.50000", "0.17500", "given as a fraction: multiply by 100"),
        ("17.50000", "175.0", "is printed 175"),
        ("17.50000", "n/a", "neither a number nor a symbol"),
        ("7000,17.50000", "7000,17.9", "is 17.5"),
        (",enrolments,sess_possible", ",pupils,sess_possible", "denominator of persistent-absence is missing"),
        ("enrolments_pa_10_exact_percent", "pa_rate", "No indicator of this file is known"),
        ("time_identifier", "time_kind", "no column 'time_identifier'"),
        (",State-funded secondary,", ",Total,", "stands here again"),
    ],
)
def test_a_file_with_a_mistake_changes_nothing(service, fake, user_store, old, new, says):
    fetch("persistent-absence", service)
    before = (user_store / "persistent-absence.sqlite").read_bytes()
    service.refresh = True
    replaced(fake, old, new)
    with pytest.raises(ComparatorError, match=says):
        fetch("persistent-absence", service)
    assert (user_store / "persistent-absence.sqlite").read_bytes() == before
    assert c.find("persistent-absence", year="202425", sen="support").n == 41_000


def test_two_definitions_in_one_series_are_refused(service, fake, user_store):
    replaced(fake, "202425,Academic year", "202425,Autumn term")
    with pytest.raises(ComparatorError, match="mixes two definitions"):
        fetch("persistent-absence", service)
    assert not user_store.exists() or not list(user_store.glob("*.sqlite"))


def test_a_data_set_with_an_id_of_its_own_is_fetched_by_version(service, fake, user_store):
    fake.csv = (
        "time_period,time_identifier,geographic_level,country_code,country_name,sen_provision,attainment8_average,"
        "attainment8_sum,pupil_count\n"
        "202425,Academic year,National,E92000001,England,Total,46.0,27600000,600000\n"
        "202425,Academic year,National,E92000001,England,SEN support,33.1,2979000,90000\n"
        "202425,Academic year,National,E92000001,England,EHC plan,z,z,z\n"
    )
    found = fetch("attainment-8", service)
    assert "version 2.1" in found.release
    assert (found.figures, found.hidden) == (2, 1)
    assert c.find("attainment-8", year="202425", sen="support").n == 90_000
    with pytest.raises(ComparatorError, match="withdrew"):
        fetch("ks2-rwm-expected", service)
    service.refresh, fake.unit = True, "%"
    with pytest.raises(ComparatorError, match="not per cent: the unit changed"):
        fetch("attainment-8", service)


def test_only_what_can_be_fetched_is(service):
    with pytest.raises(ComparatorError, match="Nearest: persistent-absence"):
        fetch("persistant-absence", service)
    with pytest.raises(ComparatorError, match="cannot be fetched"):
        fetch("sen-share", service)


def test_the_command_shows_what_changed_and_works_offline_afterwards(server, user_store, monkeypatch):
    monkeypatch.setenv("AFA_EVAL_EES_API", f"{server}/statistics/v1")
    monkeypatch.setenv("AFA_EVAL_EES_WEBSITE", server)
    run = CliRunner().invoke(app, ["comparators", "fetch", "persistent-absence"])
    assert run.exit_code == 0, run.output
    assert "what changed" in run.output
    assert "SEN support, England" in run.output
    assert run.output.strip().splitlines()[-1] == str(user_store / "persistent-absence.sqlite")
    monkeypatch.setenv("AFA_EVAL_EES_WEBSITE", "http://127.0.0.1:9")
    refused = CliRunner().invoke(app, ["comparators", "fetch", "persistent-absence", "--offline"])
    assert isinstance(refused.exception, ComparatorError)  # another address: nothing was kept for it
    monkeypatch.setenv("AFA_EVAL_EES_WEBSITE", server)
    offline = CliRunner().invoke(app, ["comparators", "fetch", "persistent-absence", "--offline", "--json"])
    said = json.loads(offline.output)
    assert said["changes"] == []
    assert said["figures"] > 50
