"""Ethnicity, first language, levels, year groups and dated outcome codes: known ones understood, others refused."""

from __future__ import annotations

import pytest

from afa_eval.codes import ethnicity, languages, levels, no_score, year_groups
from afa_eval.codes._files import rows
from afa_eval.errors import DataError

MAIN = "WBRI WIRI WIRT WOTH WROM MWBC MWBA MWAS MOTH AIND APKN ABAN AOTH BCRB BAFR BOTH CHNE OOTH REFU NOBT"


def test_the_twenty_main_codes_of_the_census() -> None:
    assert set(ethnicity.codes()) == set(MAIN.split())
    assert {ethnicity.group(code) for code in ethnicity.codes()} == set(ethnicity.GROUPS)


def test_every_extended_code_rolls_up_within_its_major_group() -> None:
    for row in rows("ethnicity"):
        assert row["code"][0] == row["main"][0]
        assert ethnicity.parse(row["code"]) == row["main"]
        assert ethnicity.group(row["code"]) == row["group"]
        assert row["source"]


@pytest.mark.parametrize(
    ("text", "main"),
    [
        (" wbri ", "WBRI"), ("White British", "WBRI"), ("White - Irish", "WIRI"), ("Gypsy/Roma", "WROM"),
        ("Mixed - White and Asian", "MWAS"), ("Any other ethnic group", "OOTH"), ("BSOM", "BAFR"), ("AOEG", "AOEG"),
    ],
)  # fmt: skip
def test_ethnicity_as_systems_write_it(text: str, main: str) -> None:
    assert ethnicity.parse(text) == main


@pytest.mark.parametrize("text", ["WBRX", "", "White", "Martian", None])
def test_an_unknown_ethnicity_is_refused(text: object) -> None:
    with pytest.raises(DataError, match="no ethnicity code"):
        ethnicity.parse(text)


def test_only_english_is_no_additional_language() -> None:
    assert [row["code"] for row in rows("languages") if row["eal"] == "no"] == ["ENG", "ENB"]
    assert [row["code"] for row in rows("languages") if not row["eal"]] == ["NOT", "REF", "ZZZ"]
    assert len({row["code"] for row in rows("languages")}) == len(rows("languages")) > 200


@pytest.mark.parametrize("text", ["QQQ", "ENGL", "REFX", "", "URDUU", "english"])
def test_an_unknown_language_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no language code"):
        languages.eal(text)


def test_points_are_six_a_level_and_two_a_sub_level() -> None:
    assert [levels.points(level) for level in range(1, 9)] == [6 * level + 3 for level in range(1, 9)]
    for level in range(1, 6):
        low, mid, high = (levels.points(f"{level}{part}") for part in "cba")
        assert (mid - low, high - mid, mid) == (2, 2, levels.points(level))
    assert sum(map(levels.points, ("2b", "1", "3"))) / 3 == 15.0  # DfE's worked example of an average point score


def test_levels_ended_with_2014_15() -> None:
    assert levels.points("4b", "2014/15") == 27.0
    with pytest.raises(DataError, match="ended with 2014/15"):
        levels.points("4b", "2015/16")
    with pytest.raises(DataError, match="no national curriculum level"):
        levels.points("9")


def test_bare_numbers_are_never_taken_for_levels() -> None:
    assert levels.are_levels(["2b", "3", "W"])
    assert not levels.are_levels(["2", "3"])
    assert not levels.are_levels(["2b", "99"])


@pytest.mark.parametrize(
    ("outcome", "year", "score"),
    [("N", "201516", None), ("N", "201617", 79.0), ("N", "202223", 79.0), ("N", "202324", None), ("B", "201617", None)],
)
def test_a_nominal_score_is_dated_and_never_made_up(outcome: str, year: str, score: float | None) -> None:
    assert levels.nominal(outcome, year) == score


@pytest.mark.parametrize(
    ("outcome", "scores"),
    [  # for pupils who finished key stage 2 in 2016, 2017, 2018 and 2019, as the guide's table is printed
        ("N", (79, 79, 79, 79)), ("BLW", (70, 71, 71, 62)), ("PKF", (73, 73, 73, None)), ("PKE", (76, 76, 76, None)),
        ("PKG", (79, 79, 79, None)), ("P1i", (70, 59, 59, 59)), ("P3ii", (70, 59, 59, 59)), ("P4", (70, 61, 61, 61)),
        ("P5", (70, 63, 63, None)), ("P8", (70, 69, 69, None)), ("PK1", (None, None, None, 64)),
        ("PK6", (None, None, None, 79)), ("A", (None, None, None, None)),
    ],
)  # fmt: skip
def test_nominal_scores_of_prior_attainment_are_those_of_progress_8(
    outcome: str, scores: tuple[int | None, ...]
) -> None:
    years = ("201516", "201617", "201718", "201819")
    assert tuple(levels.nominal(outcome, year, "progress-8") for year in years) == scores


def test_no_other_measure_has_nominal_scores() -> None:
    with pytest.raises(DataError, match="There are: ks2-progress, progress-8"):
        levels.nominal("N", "201617", "attainment-8")


def test_every_main_code_was_read_in_a_published_list() -> None:
    known = set(ethnicity.codes())
    for row in rows("ethnicity"):
        assert row["verified"] == "yes"  # one that is not must be a query before it is rolled up
        assert row["main"] in known
    assert [ethnicity.parse(code) for code in ("BSOM", "BNAM", "CHKC", "OYEM", "AKAO", "MWCH")] == [
        "BAFR", "BOTH", "CHNE", "OOTH", "AOTH", "MOTH",
    ]  # fmt: skip


def test_pre_key_stage_standards_and_the_engagement_model_are_dated() -> None:
    then, now = set(no_score.codes("201718")), set(no_score.codes("202324"))
    assert {"PKF", "PKE", "PKG", "BLW", "P4", "P8"} <= then
    assert not {"PK1", "EM"} & then
    assert {"PK1", "PK6", "EM", "A", "B", "N"} <= now
    assert not {"PKF", "BLW", "P4", "P8"} & now
    assert no_score.reason("P1(ii)") == no_score.reason("PK4") == no_score.reason("EM") == "working below"


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("07", 7), ("Yr 9", 9), ("e1", -2), ("-2", -2), ("14.0", 14), ("M", None)]
)
def test_year_groups(text: str, number: int | None) -> None:
    assert year_groups.parse(text) == number


@pytest.mark.parametrize("text", ["15", "", "Year", "-3", "seven"])
def test_an_unknown_year_group_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no year group"):
        year_groups.parse(text)
