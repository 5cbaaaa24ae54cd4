"""The checks as a whole: all wired in, in order, and frozen."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from afa_eval.data import checks
from afa_eval.data.checks.base import STAGES, Check, masked

SHARED = {"base", "codes"}
MODULES = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.name not in SHARED]


@pytest.mark.parametrize("name", MODULES)
def test_a_check_that_exists_is_wired_in(name: str) -> None:
    module = importlib.import_module(f"afa_eval.data.checks.{name}")
    own = [each for each in vars(module).values() if isinstance(each, Check)]
    assert len(own) == 1, "one check a file"
    assert own[0] in checks.CHECKS


def test_codes_are_unique_and_belong_to_their_stage() -> None:
    codes = [check.code for check in checks.CHECKS]
    assert len(set(codes)) == len(codes) == len(MODULES)
    assert codes == sorted(codes)
    assert all(STAGES[int(check.code[3]) - 1] == check.stage for check in checks.CHECKS)


def test_every_check_says_what_it_asks() -> None:
    for check in checks.CHECKS:
        assert (check.find.__doc__ or "").strip().endswith("?")


def test_a_check_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        checks.CHECKS[0].code = "AFA999"  # type: ignore[misc]


@pytest.mark.parametrize(("identifier", "shown"), [("H801200001001", "H************"), ("7", "7"), ("", "")])
def test_masked(identifier: str, shown: str) -> None:
    assert masked(identifier) == shown
