from __future__ import annotations

import pytest

from afa_eval.disclosure import Policy, policies
from afa_eval.errors import DisclosureError


def test_the_default_is_ten_people_and_hides_noughts() -> None:
    policy = policies.find("publish")
    assert (policy.threshold, policy.residual_df, policy.hide_zeros, policy.round_to) == (10, 10, True, 0)


def test_opensafely_hides_seven_and_rounds_to_five() -> None:
    policy = policies.find("opensafely")
    assert policy.too_few(7)
    assert not policy.too_few(8)
    assert policy.round_to == 5


def test_trust_hides_fewer_than_five() -> None:
    policy = policies.find("trust")
    assert policy.too_few(4)
    assert not policy.too_few(5)


def test_a_policy_passes_through() -> None:
    own = Policy(name="own", threshold=20)
    assert policies.find(own) is own


def test_a_policy_of_ones_own_is_a_toml_file(tmp_path) -> None:
    path = tmp_path / "strict.toml"
    path.write_text("threshold = 30\nhide_zeros = false\n")
    policy = policies.find(path)
    assert (policy.name, policy.threshold, policy.hide_zeros) == ("strict", 30, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("treshold = 3", "unknown key 'treshold'"),
        ("threshold = '3'", "line 1: threshold must be a whole number"),
        ("threshold = true", "line 1: threshold must be a whole number"),
        ("dominance = 90.0", "dominance must be 0 or more and at most 1"),
        ("threshold = 0", "threshold must be 1 or more"),
        ("threshold = ", "no TOML file"),
    ],
)
def test_a_wrong_policy_is_refused_in_words(tmp_path, text, said) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(DisclosureError, match=said):
        policies.find(path)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(DisclosureError, match="publish, trust, opensafely"):
        policies.find("everything")


def test_every_slip_in_a_policy_of_ones_own_is_told_with_its_line(tmp_path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text("# ours\nthreshold = 0\nround_too = 5\n\nhide_zeros = 1\ndominance = 2.0\n", encoding="utf-8")
    with pytest.raises(DisclosureError) as told:
        policies.find(own)
    for part in ("line 2: threshold", "line 3: unknown key 'round_too'", "line 5: hide_zeros", "line 6: dominance"):
        assert f"ours.toml, {part}" in str(told.value)


def test_a_policy_rounds_no_count_that_it_shows_to_nobody() -> None:
    with pytest.raises(DisclosureError, match="rounded to 0"):
        Policy(name="ours", threshold=3, residual_df=0, round_to=10)
    for threshold in range(1, 12):
        for round_to in range(2 * threshold + 1):
            Policy(name="ours", threshold=threshold, residual_df=0, round_to=round_to)
