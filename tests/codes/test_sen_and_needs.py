import pytest

from afa_eval.codes import needs, sen
from afa_eval.data.cells import understand
from afa_eval.errors import DataError


def test_old_codes_map_to_provision_of_today():
    assert [sen.provision(code) for code in "NKEAPS"] == ["N", "K", "E", "K", "K", "E"]
    assert [sen.is_legacy(code) for code in "NKEAPS"] == [False, False, False, True, True, True]
    assert [sen.group(code) for code in "NKEAPS"] == ["none", "support", "ehcp", "support", "support", "ehcp"]


def test_a_code_is_refused_in_a_year_it_was_not_in_use():
    assert sen.provision("P", "201011") == "K"
    assert sen.provision("S", "201718") == "E"
    for code, year in (("K", "201011"), ("E", "201314"), ("A", "201516"), ("S", "201819")):
        with pytest.raises(DataError, match="in use"):
            sen.provision(code, year)


def test_both_old_and_new_codes_are_read_in_the_year_of_change():
    assert {sen.provision(code, "201415") for code in "NKEAPS"} == {"N", "K", "E"}


@pytest.mark.parametrize("code", ["X", "", None, "SEN", 1])
def test_an_unknown_provision_is_refused(code):
    with pytest.raises(DataError, match="SEN support"):
        sen.provision(code)


def test_groups_are_called_what_they_were_called_then():
    assert sen.label("ehcp", "201213") == "SEN with a statement"
    assert sen.label("ehcp", "201415") == "EHC plan"
    with pytest.raises(DataError, match="all, none, any, support, ehcp"):
        sen.label("send")


def test_needs_are_read_by_code_name_and_the_forms_of_dfe_files():
    for text, code in (
        ("asd", "ASD"),
        ("Speech_language_and_communications_needs", "SLCN"),
        ("Visual impairment", "VI"),
        ("Other_difficulty/disability", "OTH"),
        ("Multi-sensory_impairment", "MSI"),
        ("No_specialist_assessment", "NSA"),
        ("Behavioural emotional and social difficulties", "BESD"),
    ):
        assert needs.parse(text) == code
    assert all(needs.parse(needs.label(code)) == code for code in needs.codes())


def test_an_unknown_need_is_refused_and_the_nearest_named():
    # a published script tested for "SLS", which no pupil has: those with SLD dropped out silently
    with pytest.raises(DataError, match="Did you mean SLD"):
        needs.parse("SLS")
    with pytest.raises(DataError):
        needs.label("XYZ")


def test_besd_gave_way_to_semh():
    assert "BESD" not in needs.codes("201415")
    assert "SEMH" in needs.codes("201415")


def test_very_many_unknown_needs_are_refused_without_a_search_for_the_nearest(monkeypatch):
    monkeypatch.setattr(needs, "get_close_matches", lambda *_, **__: pytest.fail("takes minutes"))
    found = understand([f"?{number}" for number in range(50)], "need", "202223")
    assert {cell.fault for cell in found.special.values()} == {"unknown"}
