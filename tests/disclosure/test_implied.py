"""No sum goes that says something of its own, as another's elimination sees it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from afa_eval import disclosure
from afa_eval.disclosure import layout
from afa_eval.disclosure.implied import without_implied
from afa_eval.disclosure.network import Network
from afa_eval.disclosure.system import Builder


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 12))
def test_what_is_left_says_as_much_as_all_sums_together(seed, sums, numbers) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.choice([-2, -1, 0, 0, 0, 1, 1], size=(sums, numbers))
    matrix = np.vstack([matrix, rng.integers(-1, 2, size=(3, sums)) @ matrix]).astype(float)  # three that follow
    left = without_implied(csr_array(matrix)).toarray()
    assert np.linalg.matrix_rank(left) == np.linalg.matrix_rank(matrix)  # whole numbers of one digit: rank is exact
    assert all(any((line == row).all() for row in matrix) for line in left)


def of_tables(frames: dict[str, pd.DataFrame]) -> Network:
    """The network of all sums of these tables."""
    cells = layout.read(frames)
    laid = layout.lay_out(cells)
    sizes = {number: float(cells[place][1]) for place, number in laid.places.items()}
    builder = Builder(sizes, 10)
    for line in laid.sums:
        builder.add(line)
    return Network.of(builder.matrix())


def schools(authorities: int, each: int, columns: int) -> pd.DataFrame:
    """Schools in authorities, with each authority's subtotal."""
    rng = np.random.default_rng(6)
    counts = rng.poisson(rng.gamma(1.0, 30.0, size=(authorities, each, columns)))
    rows = {(f"a{i}", f"s{i}-{j}"): counts[i, j] for i in range(authorities) for j in range(each)}
    rows |= {(f"a{i}", "Total"): counts[i].sum(axis=0) for i in range(authorities)}
    rows[("Total", "Total")] = counts.sum(axis=(0, 1))
    names = [f"c{at}" for at in range(columns)]
    index = pd.MultiIndex.from_tuples(rows)
    return pd.DataFrame(list(rows.values()), index=index, columns=names).assign(Total=lambda d: d.sum(axis=1))


def test_subtotals_one_way_are_a_network_and_safe_as_a_programme_sees_them() -> None:
    table = schools(12, 5, 3)
    assert of_tables({"table": table}).covers.all()
    assert disclosure.audit(disclosure.protect(table))["safe"].all()


def test_two_tables_that_share_their_rows_are_a_network_and_three_that_share_all_are_not() -> None:
    cube = np.random.default_rng(7).poisson(20.0, size=(6, 3, 4))
    names = {0: "school", 1: "need", 2: "phase"}

    def flat(gone: int) -> pd.DataFrame:
        inner = pd.DataFrame(cube.sum(axis=gone))
        one, other = (names[at] for at in range(3) if at != gone)
        inner.index, inner.columns = [f"{one}{at}" for at in inner.index], [f"{other}{at}" for at in inner.columns]
        inner["Total"] = inner.sum(axis=1)
        inner.loc["Total"] = inner.sum()
        return inner.rename_axis(index=one, columns=other)

    assert of_tables({"by need": flat(2), "by phase": flat(1)}).covers.all()
    assert not of_tables({"by need": flat(2), "by phase": flat(1), "both": flat(0)}).covers.all()


@pytest.mark.parametrize("weights", [[0.5, 1.0, -1.0], [1.0, 1.0, -2.0]])
def test_sums_of_parts_of_people_or_of_pairs_stay(weights) -> None:
    matrix = np.array([weights, weights, weights])  # each number stands in three
    left = without_implied(csr_array(matrix))
    assert left.shape[0] == (3 if 0.5 in weights else 1)
