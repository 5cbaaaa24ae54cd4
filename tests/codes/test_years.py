import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.codes import years
from afa_eval.errors import DataError


@pytest.mark.parametrize(
    "text",
    ["202122", 202122, 202122.0, "2021/22", "2021-22", "2021/2022", "2021-2022", "2021\u201322", " 2021 to 22 "],
)
def test_every_form_of_an_academic_year_reads_the_same(text):
    assert years.parse(text) == "202122"


def test_the_century_turns():
    assert years.parse("1999/00") == "199900" == years.shift("199899", 1)
    assert years.label("199900") == "1999/00"


@pytest.mark.parametrize(
    "text", ["202123", "2021/23", "202221", "21/22", "", "autumn", "2021/2023", "2021/1922", None, "20212"]
)
def test_what_is_no_academic_year_is_refused(text):
    with pytest.raises(DataError):
        years.parse(text)


def test_a_bare_year_is_refused_unless_its_meaning_is_said():
    with pytest.raises(DataError, match="202021 if it is the year in which it ends, 202122"):
        years.parse("2021")
    assert years.parse("2021", year_means="end") == "202021"
    assert years.parse(2021, year_means="start") == "202122"


def test_a_month_lies_in_the_year_that_began_last_september():
    assert [years.of_month(2022, month) for month in (1, 8, 9, 12)] == ["202122", "202122", "202223", "202223"]
    with pytest.raises(DataError):
        years.of_month(2022, 13)


@given(st.integers(1950, 2058), st.integers(-40, 40))
def test_shifting_there_and_back_and_printing_lose_nothing(start, n):
    year = years.parse(f"{start}{(start + 1) % 100:02d}")
    assert years.shift(years.shift(year, n), -n) == year
    assert years.parse(years.label(year)) == year
    assert len(years.between(year, years.shift(year, abs(n)))) == abs(n) + 1
