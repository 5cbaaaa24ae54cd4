"""Files that are sound but for a few parts: of each comes a table or a plain refusal, in bounded time."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def _shaped() -> ModuleType:
    """The mutations that ``make fuzz`` drives for minutes."""
    spec = importlib.util.spec_from_file_location("shaped", Path(__file__).parents[2] / "benchmarks" / "shaped.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHAPED = _shaped()


@pytest.mark.parametrize(("kind", "files"), [("xlsx", 12), ("marks", 4)])
def test_a_file_with_some_parts_changed_is_read_or_refused(kind: str, files: int, tmp_path: Path) -> None:
    suffix, make = SHAPED.KINDS[kind]
    path = tmp_path / f"file.{suffix}"

    @settings(max_examples=files, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 10**9))
    def drive(seed: int) -> None:
        path.write_bytes(make(random.Random(f"{kind}{seed}")))
        SHAPED.read_all(path, kind)

    drive()


def test_the_files_differ_and_come_again_from_their_seed() -> None:
    for _, make in SHAPED.KINDS.values():
        first, again, other = (make(random.Random(seed)) for seed in ("a", "a", "b"))
        assert len(first) == len(again)
        assert first != other
