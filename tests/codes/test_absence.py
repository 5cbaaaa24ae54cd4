import numpy as np
import pandas as pd
import pytest

from afa_eval.codes import absence, years
from afa_eval.errors import DataError


def test_the_definition_is_that_of_the_year():
    for year in years.between("200506", "200910"):
        assert absence.definition(year).id == "pa-20-standard"
    for year in years.between("201011", "201415"):
        assert absence.definition(year).id == "pa-15-standard"
    assert absence.definition("2024/25").id == "pa-10-percent"
    with pytest.raises(DataError, match="2005/06"):
        absence.definition("200405")


@pytest.mark.parametrize(
    ("definition", "period", "age_15", "sessions"),
    [
        ("pa-20-standard", "autumn", False, 28),
        ("pa-20-standard", "autumn-spring", False, 52),
        ("pa-20-standard", "five-half-terms", True, 64),
        ("pa-15-standard", "autumn", False, 22),
        ("pa-15-standard", "spring", False, 16),
        ("pa-15-standard", "autumn-spring", False, 38),
        ("pa-15-standard", "five-half-terms", False, 46),
        ("pa-15-standard", "six-half-terms", False, 56),
        ("pa-15-standard", "six-half-terms", True, 46),
    ],
)
def test_standard_thresholds_are_those_of_the_methodology(definition, period, age_15, sessions):
    assert absence.threshold(definition, period=period, age_15=age_15) == sessions


def test_a_threshold_that_never_was_is_refused():
    with pytest.raises(DataError, match="five-half-terms"):
        absence.threshold("pa-20-standard", period="six-half-terms")
    with pytest.raises(DataError, match="own possible sessions"):
        absence.threshold("pa-10-percent")
    with pytest.raises(DataError, match="2011/12"):
        absence.threshold("pa-15-standard", period="six-half-terms", year="201112")
    with pytest.raises(DataError, match="pa-10-percent"):
        absence.named("pa-12")


def test_the_line_is_drawn_on_whole_numbers_not_on_rounded_per_cent():
    possible = np.arange(1, 400)
    by_share = [(absent, of) for of in possible for absent in range(of + 1) if round(100 * absent / of, 1) >= 10]
    exact = {(absent, of) for of in possible for absent in range(of + 1) if absent * 10 >= of}
    wrong = [pair for pair in by_share if pair not in exact]
    assert len(wrong) == 20  # as measured in the methods notes: 20/201, 21/211 ...
    assert (20, 201) in wrong
    assert all(not absence.persistent(absent, of) for absent, of in wrong)


def test_persistent_takes_numbers_arrays_and_series_alike():
    absent, possible = [0, 19, 20, 100, 3], [200, 200, 200, 200, 0]
    assert [bool(absence.persistent(a, p)) for a, p in zip(absent, possible, strict=True)] == [
        False, False, True, True, False,
    ]  # fmt: skip
    assert absence.persistent(np.array(absent), np.array(possible)).tolist() == [False, False, True, True, False]
    series = absence.persistent(pd.Series(absent, dtype="Int64"), pd.Series(possible, dtype="Int64"))
    assert series.tolist() == [False, False, True, True, False]
    assert absence.persistent(np.array(absent), np.array(possible), absence.SEVERE).tolist() == [
        False, False, False, True, False,
    ]  # fmt: skip


def test_a_standard_threshold_is_the_same_number_for_all_but_fifteen_year_olds():
    assert not absence.persistent(55, 100, "pa-15-standard")
    assert absence.persistent(56, 380, "pa-15-standard")
    at_15 = absence.persistent(
        np.array([46, 46]), np.array([300, 300]), "pa-15-standard", age_15=np.array([True, False])
    )
    assert at_15.tolist() == [True, False]
