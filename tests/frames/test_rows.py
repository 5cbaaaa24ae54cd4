"""Rows that wait in few bytes come back as they were."""

import numpy as np
import pytest

from afa_eval.frames import chunks
from afa_eval.frames.rows import Narrow, Rows
from afa_eval.kernels.moments import cluster_moments

EVERY = 3000


def drawn(kind):
    rng = np.random.default_rng(0)
    return {
        "two decimals": rng.normal(100, 15, EVERY).round(2),
        "whole doubles": rng.integers(-5, 200, EVERY).astype(float),
        "ages": rng.integers(120, 132, EVERY).astype(np.int16),
        "school numbers": rng.integers(100_000, 151_000, EVERY),
        "lowest": rng.integers(-(2**15), -(2**15) + 100, EVERY).astype(np.int16),
        "wide": rng.integers(0, 2**31, EVERY),
        "many decimals": rng.normal(size=EVERY),
        "single": rng.normal(size=EVERY).round(2).astype(np.float32),
        "large": 2**60 + rng.integers(0, 9, EVERY),
        "unsigned": np.full(EVERY, 2**64 - 5, dtype=np.uint64),
        "infinite": np.where(np.arange(EVERY) == 5, np.inf, 1.0),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("two decimals", 2),
        ("whole doubles", 1),
        ("ages", 1),
        ("school numbers", 2),
        ("lowest", 1),
        ("wide", 4),
        ("many decimals", 8),
        ("single", 4),
        ("large", 8),
        ("unsigned", 8),
        ("infinite", 8),
    ],
)
def test_numbers_come_back_to_the_last_bit(kind, size):
    column, found = drawn(kind), np.empty(EVERY)
    narrow = Narrow.of(column, 1)
    assert narrow.kind.itemsize == size
    narrow.back(narrow.kept(column), found)
    np.testing.assert_array_equal(found, column.astype(float))


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("two decimals", 99.123),
        ("two decimals", np.nextafter(99.12, 100)),
        ("two decimals", 1e300),
        ("two decimals", np.nan),
        ("ages", 900),
        ("school numbers", 2**62),
        ("school numbers", -(2**63)),
    ],
)
def test_what_would_be_another_number_is_not_kept(kind, odd):
    column = drawn(kind)
    narrow = Narrow.of(column, 1)
    with np.errstate(over="ignore", invalid="ignore"):  # as a pass does
        assert narrow.kept(np.append(column, np.array([odd], dtype=column.dtype))) is None
    assert Narrow.of(column, 2 * narrow.kind.itemsize).kind.itemsize > narrow.kind.itemsize


def table(rng, n, levels, decimals):
    """Groups with the same numbers at each level, and columns of every kind."""
    keys = rng.integers(3, 9, (levels, n))
    flags = [rng.integers(0, 2, n).astype(kind) for kind in (np.int8, np.bool_, np.float64)]
    return [None, *flags, rng.integers(120, 132, n), rng.normal(100, 15, n).round(decimals)], keys


def crossed(made, keys, shift):
    n = keys.shape[1]
    rows = np.column_stack([np.ones(n) if one is None else one.astype(float) for one in made])
    found, codes = np.unique(keys, axis=1, return_inverse=True)
    return found, cluster_moments(rows, codes, shift)


def sums(pieces, shift, levels):
    buffer = chunks.Buffer.of(levels, len(shift))
    inside = []
    for made, keys in pieces:
        buffer.take_in(made, shift, keys)
        inside.append(buffer.rows.keys is None)
    done = buffer.done()
    order = np.lexsort(done.keys[::-1])
    return done.keys[:, order], done.n[order], done.cross[order], inside


def late(column, value):
    out = column.copy()
    out[-1] = value
    return out


@pytest.mark.parametrize(("levels", "decimals", "inside"), [(1, 2, True), (2, 2, True), (1, 12, False), (2, 12, False)])
def test_rows_are_sorted_where_they_fit_eight_bytes(levels, decimals, inside):
    rng, shift = np.random.default_rng(1), np.array([0, 0, 0, 0, 125.5, 100.1])
    pieces = [table(rng, 700, levels, decimals) for _ in range(3)]
    keys, n, cross, seen = sums(pieces, shift, levels)
    assert seen == [inside] * 3
    whole = [None, *(np.concatenate([made[i] for made, _ in pieces]) for i in range(1, 6))]
    found, expected = crossed(whole, np.hstack([one for _, one in pieces]), shift)
    np.testing.assert_array_equal(keys, found)
    np.testing.assert_array_equal(n, expected.n)
    np.testing.assert_allclose(cross, expected.cross, rtol=1e-12, atol=1e-9)  # another order of adding


@pytest.mark.parametrize(("at", "value"), [(1, 7), (4, 10_000), (4, 2**40), (5, 1e9), (5, np.pi), ("key", 10**12)])
def test_a_late_number_that_does_not_fit_loses_nothing(at, value):
    """What waited is added, and all that follow lie otherwise; nothing is put twice."""
    rng, shift = np.random.default_rng(2), np.array([0, 0, 0, 0, 125.5, 100.1])
    pieces = [table(rng, 700, 1, 2) for _ in range(3)]
    made, keys = pieces[1]
    if at == "key":
        keys[0, -1] = value
    else:
        made[at] = late(made[at], value)
    groups, n, cross, _ = sums(pieces, shift, 1)
    whole = [None, *(np.concatenate([one[i] for one, _ in pieces]) for i in range(1, 6))]
    found, expected = crossed(whole, np.hstack([one for _, one in pieces]), shift)
    np.testing.assert_array_equal(groups, found)
    np.testing.assert_array_equal(n, expected.n)
    np.testing.assert_allclose(cross, expected.cross, rtol=1e-12, atol=1e-6)  # squares of 2**40 beside those of 1


def test_the_order_of_rows_that_are_sorted_changes_no_bit():
    rng, shift = np.random.default_rng(3), np.array([0, 0, 0, 0, 125.5, 100.1])
    made, keys = table(rng, 2000, 1, 2)
    order = rng.permutation(2000)
    turned = [None if one is None else one[order] for one in made], keys[:, order]
    one, other = (sums([piece], shift, 1)[2] for piece in ((made, keys), turned))
    np.testing.assert_array_equal(one, other)


def test_long_rows_lie_in_several_lines():
    rng = np.random.default_rng(4)
    made = [None, *rng.normal(size=(9, 100))]
    rows = Rows.like(made, rng.integers(0, 5, (1, 100)), {}, 100)
    assert [line.itemsize for line in rows.lines] == [32, 32, 8]
