import itertools
import math

import pytest

from afa_eval.codes import months, no_score
from afa_eval.codes._files import FOLDER, rows
from afa_eval.errors import EstimationError


def test_codes_say_why_there_is_no_score():
    for code, reason in (
        ("A", "absent"),
        ("b", "working below"),
        ("PK3", "working below"),
        (" Working below ", "working below"),
        ("T", "unable to access"),
        ("U", "unable to access"),
        ("L", "left"),
        ("M", "not recorded"),
        ("", "not recorded"),
        (None, "not recorded"),
        (float("nan"), "not recorded"),
    ):
        assert no_score.reason(code) == reason
    assert no_score.meaning("B") == "Working below the level of the test"


@pytest.mark.parametrize("code", ["102", 95.5, "-3", "EXS", "GDS", "hello"])
def test_a_score_or_a_fault_is_no_code(code):
    assert no_score.reason(code) is None
    assert no_score.meaning(code) is None


def test_reasons_are_the_ones_readers_write():
    assert {row["reason"] for row in rows("no_score")} == set(no_score.REASONS)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.csv")))
def test_every_row_of_every_code_set_has_its_source(name):
    assert rows(name)
    assert all(row["source"].strip() for row in rows(name))


@pytest.mark.parametrize(
    ("g", "expected"),
    [(0.03, 1), (0.09, 1), (0.18, 2), (0.19, 3), (0.26, 3), (0.27, 4), (0.96, 12), (0.0, 0), (0.01, 0)],
)
def test_the_toolkit_table_gives_its_printed_months(g, expected):
    assert months.months(g) == expected
    assert months.months(-g) == -expected


def test_effect_sizes_are_rounded_half_up_first():
    assert months.months(0.185) == 3  # to 0.19, not to 0.18 as the binary number would
    assert months.months(0.014) == 0


def test_beyond_the_table_there_is_no_number():
    assert months.months(1.01) == math.inf
    assert months.months(-1.4) == -math.inf
    assert months.text(math.inf) == ">12"
    assert months.text(months.months(-0.3)) == "\u22124"


def test_the_table_has_no_gap_and_no_overlap():
    for table in ("eef-toolkit", "eef-trials"):
        bands = [row for row in rows("months") if row["table"] == table]
        for lower, upper in itertools.pairwise(bands):
            assert round(float(upper["low"]) - float(lower["high"]), 6) == 0.01
            assert int(upper["months"]) == int(lower["months"]) + 1


def test_the_bands_of_two_and_three_months_less():
    assert months.sizes(-2) == (-0.18, -0.10)
    assert months.sizes(-3) == (-0.26, -0.19)
    assert months.sizes(0) == (-0.01, 0.01)


def test_the_unconfirmed_table_is_never_given_as_fact():
    with pytest.raises(EstimationError, match="not confirmed"):
        months.months(0.03, "eef-trials")
    with pytest.raises(EstimationError, match="not confirmed"):
        months.months_interval(0.03, 0.2, "eef-trials")
    assert months.months(0.03, "eef-trials", allow_unverified=True) == 0
    assert {table.name: table.verified for table in months.tables()} == {"eef-toolkit": True, "eef-trials": False}


def test_bad_questions_are_refused():
    with pytest.raises(EstimationError, match="eef-toolkit"):
        months.months(0.2, "eef")
    with pytest.raises(EstimationError):
        months.months(math.nan)
    with pytest.raises(EstimationError, match="wrong way round"):
        months.months_interval(0.3, 0.1)
    with pytest.raises(EstimationError):
        months.sizes(13)
    assert months.months_interval(-0.05, 0.30) == (-1, 4)
