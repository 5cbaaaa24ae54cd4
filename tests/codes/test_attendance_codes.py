"""What a mark stands for, by the year it was made in."""

from __future__ import annotations

import pytest

from afa_eval.codes import attendance as codes
from afa_eval.errors import DataError

YEARS = ("201213", "201920", "202021", "202122", "202223", "202324", "202425", "202526")


@pytest.mark.parametrize("year", YEARS)
def test_a_code_has_one_meaning_and_a_group_one_kind_in_a_year(year: str) -> None:
    listed = codes.codes(year)
    assert len({each.code for each in listed}) == len(listed)
    for each in listed:
        assert codes.groups(year)[each.group] == each.kind
        assert each.kind in codes.KINDS
        assert each.source


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("present", "/ \\ L", "/ \\ L"),
        ("approved", "B J P V W", "B K P V W"),
        ("authorised", "C E H I M R S T", "C C1 C2 E I J1 M R S T"),
        ("unauthorised", "G N O U", "G N O U"),
        ("not-possible", "# - D X Y Z", "# - D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z"),
    ],
)
def test_the_national_sets_before_and_after_august_2024(kind: str, before: str, after: str) -> None:
    for year, expected in (("202324", before), ("202425", after)):
        assert sorted(each.code for each in codes.codes(year) if each.kind == kind) == sorted(expected.split())


@pytest.mark.parametrize(
    ("year", "kind"), [("201920", "not-possible"), ("202021", "covid"), ("202122", "covid"), ("202223", "not-possible")]
)
def test_covid_sessions_are_possible_in_two_years_only(year: str, kind: str) -> None:
    assert codes.mark("X", year).kind == kind


def test_what_is_not_settled_is_marked() -> None:
    assert [each.code for each in codes.all_codes() if not each.verified] == ["F"]


@pytest.mark.parametrize(
    ("code", "year", "said"),
    [
        ("J1", "202324", "from 2024/25, not in 2023/24"),
        ("H", "202425", "to 2023/24"),
        ("QQ", "202425", "no attendance code"),
    ],
)
def test_a_code_that_is_not_of_the_year_is_refused(code: str, year: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        codes.mark(code, year)
