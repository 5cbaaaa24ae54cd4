"""Unique pupil numbers: the published vectors, and every slip of the pen that they should show."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.codes import upn

GOOD = ("R201100018042", "T20110001804V", "H801200001001")


@pytest.mark.parametrize("text", GOOD)
def test_the_vectors_of_dfe(text: str) -> None:
    assert upn.is_valid(text)
    assert upn.check_letter(text) == text[0]
    assert upn.valid([text]).all()


def test_a_letter_that_is_not_of_the_alphabet_counts_as_0_and_makes_it_invalid() -> None:
    assert upn.check_letter("N20110001804S") == "N"  # DfE's fourth vector: an S at the end
    assert not upn.is_valid("N20110001804S")


def test_temporary_ones_end_in_a_letter() -> None:
    assert [upn.is_temporary(text) for text in GOOD] == [False, True, False]


@pytest.mark.parametrize(
    "text", ["", "R20110001804", "R2011000180422", "I201100018042", "R2011000A8042", "R20110001804I", None, 7]
)
def test_other_texts_are_none(text: object) -> None:
    assert not upn.is_valid(text)


def test_blanks_and_lower_case_are_forgiven() -> None:
    assert upn.is_valid(" r2011 00018042\t")


def any_upn() -> st.SearchStrategy[str]:
    last = "0123456789ABCDEFGHJKLMNPQRTUVWXYZ"
    rest = st.builds("{:011d}{}".format, st.integers(0, 10**11 - 1), st.sampled_from(last))
    return rest.map(lambda text: upn.check_letter(text) + text)


@given(any_upn(), st.integers(1, 11), st.integers(0, 9))
def test_every_wrong_digit_shows(text: str, place: int, digit: int) -> None:
    other = text[:place] + str(digit) + text[place + 1 :]
    assert upn.is_valid(other) == (other == text)


@given(any_upn(), st.integers(1, 10))
def test_every_swap_of_neighbours_shows(text: str, place: int) -> None:
    other = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert upn.is_valid(other) == (other == text)


def test_many_at_once_as_one_by_one() -> None:
    chance = random.Random(1)
    rest = [f"{chance.randrange(10**12):012d}" for _ in range(20_000)]
    texts = [(upn.check_letter(each) if i % 3 else "A") + each for i, each in enumerate(rest)]
    found = upn.valid(texts)
    assert found.tolist() == [upn.is_valid(each) for each in texts]
    assert upn.valid([]).dtype == np.bool_


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2011000", "2011000"),
        ("201/1000", "2011000"),
        ("201-1000", "2011000"),
        ("0301234", "0301234"),
        ("201100", None),
        ("2011000.0", None),
        ("x", None),
    ],
)
def test_laestab(text: str, number: str | None) -> None:
    assert upn.laestab(text) == number


@pytest.mark.parametrize(("text", "so"), [("100001", True), ("012345", False), ("1000012", False), ("", False)])
def test_urn(text: str, so: bool) -> None:
    assert upn.is_urn(text) == so
