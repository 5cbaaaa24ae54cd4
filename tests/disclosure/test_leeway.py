"""What is printed again leaves every hidden number as unknown as the ways that are kept say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from afa_eval.disclosure.closing import close
from afa_eval.disclosure.leeway import Leeway
from afa_eval.disclosure.system import Builder, Sum, System

WIDTH = 10.0
TOLERANCE = 1e-6  # the programmes' own is 1e-7


def cube(seed: int, shape: tuple[int, ...]) -> System:
    """A table of counts with all its totals."""
    counts = np.random.default_rng(seed).poisson(25.0, size=shape)
    for axis in range(counts.ndim):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    sizes = {place: float(count) for place, count in np.ndenumerate(counts)}
    sums = [
        Sum(place, tuple((*place[:axis], at, *place[axis + 1 :]) for at in range(shape[axis])))
        for axis in range(len(shape))
        for place in sizes
        if place[axis] == shape[axis]
    ]
    return Builder(sizes, 10).system(sums, dict.fromkeys(sizes, 1.0))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(5, 5), (3, 3, 3), (2, 4, 3)]))
def test_what_may_be_printed_leaves_no_hidden_number_known(width_of, seed, shape) -> None:
    system = cube(seed, shape)
    hidden = np.ones(system.size, dtype=bool)
    secret = np.zeros(system.size, dtype=bool)
    secret[np.random.default_rng(seed).integers(0, system.size, 3)] = True
    price = np.where(secret, 0.1, 1.0)
    leeway = Leeway.of(system, np.zeros((0, system.size)), hidden, WIDTH, system.needs, price, 10_000)
    for at in np.flatnonzero(~secret).tolist():
        shown = leeway.show(np.array([at]))
        assert shown != leeway.hidden[at]
        good = leeway.ways[:, leeway.good]
        assert np.abs(system.matrix @ good).max() < TOLERANCE
        assert np.abs(good[~leeway.hidden]).max(initial=0.0) < TOLERANCE
        for which in (0, 1):
            assert (leeway.ends[which] == leeway.ways[np.arange(system.size), leeway.by[which]]).all()
    for at in np.flatnonzero(leeway.hidden).tolist():
        assert width_of(system, leeway.hidden, at) >= WIDTH - TOLERANCE


def test_what_would_tell_stays_hidden_and_nothing_is_forgotten() -> None:
    system = cube(1, (3, 3))
    hidden = np.zeros(system.size, dtype=bool)
    hidden[[0, 1, 4, 5]] = True  # two rows of two columns: each needs the three others
    leeway = Leeway.of(system, np.zeros((0, system.size)), hidden, WIDTH, system.needs, np.ones(system.size), 10_000)
    assert all(leeway.rests_on(np.array([at])) is None for at in (0, 1, 4, 5))
    assert not leeway.show(np.array([0]))
    assert leeway.asked == 0  # the sums tell it one after the other
    assert (leeway.hidden == hidden).all()


def test_parts_that_no_sum_ties_are_closed_one_by_one_and_chunks_tie_them() -> None:
    one = {("a", at): 30.0 for at in range(3)} | {("b", at): 30.0 for at in range(3)}
    one[("a", "all")], one[("b", "all")] = 90.0, 90.0
    sums = [Sum((table, "all"), tuple((table, at) for at in range(3))) for table in "ab"]
    system = Builder(one, 10).system(sums, dict.fromkeys(one, 1.0))
    at = {cell: place for place, cell in enumerate(one)}
    primary = np.zeros(system.size, dtype=bool)
    primary[at["a", 0]] = True
    alone = close(system, primary, WIDTH).hidden
    assert alone.sum() == 2
    assert not any(alone[at["b", which]] for which in (0, 1, 2, "all"))
    pair = np.array([at["a", 0], at["b", 2]])
    tied = close(system, primary, WIDTH, [pair]).hidden
    assert tied[pair].all()
    assert tied.sum() == 4


def test_who_has_no_patience_left_shows_only_what_is_known_to_be_safe() -> None:
    system = cube(2, (4, 4, 4))
    secret = np.arange(system.size) % 9 == 0
    price = np.where(secret, 0.1, 1.0)
    shown = []
    for patience in (0, 40, 10_000):
        hidden = np.ones(system.size, dtype=bool)
        leeway = Leeway.of(system, np.zeros((0, system.size)), hidden, WIDTH, system.needs, price, patience)
        shown.append(sum(leeway.show(np.array([at])) for at in np.flatnonzero(~secret).tolist()))
        assert leeway.asked <= patience
    assert shown[0] == 0 < shown[1] < shown[2]


def test_a_way_that_moves_no_number_farther_takes_no_room() -> None:
    system = cube(3, (2, 2))
    way = np.zeros(system.size)
    way[[0, 4]], way[[1, 3]] = 10.0, -10.0  # two rows of two columns, beside their totals
    hidden = np.ones(system.size, dtype=bool)
    price = np.ones(system.size)
    leeway = Leeway.of(system, np.array([way, way, way / 2]), hidden, WIDTH, system.needs, price, 0)
    assert leeway.count == 2  # the way that adds nothing, and this one once
    leeway.take(-way)
    assert leeway.count == 3
    assert leeway.ends[1, [0, 1, 3, 4]].tolist() == [10.0] * 4
