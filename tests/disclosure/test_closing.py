"""Whatever hangs together, is held, weighs much or is told roughly: what is hidden in the end is unknown, as scipy sees it."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from afa_eval.disclosure.closing import close
from afa_eval.disclosure.system import Builder, Sum, System

WIDTH = 10.0


def random_system(rng: np.random.Generator) -> System:
    """Two to four tables that share a row or lie within each other, with rests, prices and rounded numbers."""
    sizes: dict[tuple[int, int, int], float] = {}
    sums: list[Sum] = []
    rows, columns = (int(one) for one in rng.integers(2, 5, 2))
    wider = rng.poisson(rng.gamma(1.5, rng.choice([4, 15, 40]), size=(rows, columns)))
    for table in range(int(rng.integers(2, 5))):
        full = np.pad(wider, ((0, 1), (0, 1)))
        full[-1], full[:, -1] = full.sum(axis=0), full.sum(axis=1)
        full[-1, -1] = full[-1, :-1].sum() + rng.choice([0, 0, 4, 30])  # some in the total stand in no cell
        sizes |= {(table, *place): float(count) for place, count in np.ndenumerate(full)}
        sums += [
            Sum((table, row, columns), tuple((table, row, at) for at in range(columns))) for row in range(rows + 1)
        ]
        sums += [Sum((table, rows, at), tuple((table, row, at) for row in range(rows))) for at in range(columns + 1)]
        if table:
            sums += [Sum((table - 1, *place), ((table, *place),)) for place in np.ndindex(full.shape)]
        wider = rng.binomial(wider, rng.choice([0.3, 0.8, 1.0]))
    few = [cell for cell, size in sizes.items() if size < WIDTH]
    held = [cell for cell in sizes if cell not in few and rng.random() < 0.05]
    told = {cell: (sizes[cell] - 2, sizes[cell] + 2) for cell in sizes if cell not in few and rng.random() < 0.1}
    costs = {cell: float(rng.choice([1.0, 1.3, 30.0])) for cell in sizes}
    return Builder(sizes, int(WIDTH)).system(sums, costs, fixed=held, told=told, harmless=few[:1])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100_000))
def test_what_is_hidden_is_unknown_and_what_hangs_together_is_hidden_together(width_of, seed) -> None:
    rng = np.random.default_rng(seed)
    system = random_system(rng)
    primary = ~system.unseen & (system.values < WIDTH) & ~system.fixed
    free = np.flatnonzero(~system.unseen & ~system.fixed)
    order = rng.permutation(free)
    chunks = [order[:2], order[2:5]] if free.size > 5 else []
    closed = close(system, primary, WIDTH, chunks)
    assert (closed.hidden >= primary).all()
    assert not closed.hidden[system.unseen | system.fixed].any()
    for chunk in chunks:
        assert closed.hidden[chunk].all() or not closed.hidden[chunk].any()
    wanted = np.flatnonzero(system.needs & (closed.hidden | system.unseen))
    for at in np.setdiff1d(wanted, closed.open).tolist():
        assert width_of(system, closed.hidden, at) >= WIDTH - 1e-5  # 1e-7 of the programme, times sums of a few dozen


def test_what_costs_much_stays_where_anything_else_will_do() -> None:
    cells = {(row, column): 40.0 for row in range(3) for column in range(3)}
    cells[0, 0] = 4.0
    full = dict(cells)
    for at in range(3):
        full[at, 3] = sum(cells[at, column] for column in range(3))
        full[3, at] = sum(cells[row, at] for row in range(3))
    full[3, 3] = sum(cells.values())
    sums = [Sum((at, 3), tuple((at, column) for column in range(3))) for at in range(4)]
    sums += [Sum((3, at), tuple((row, at) for row in range(3))) for at in range(4)]
    dear = {(0, 1), (1, 0), (1, 1)}
    system = Builder(full, 10).system(sums, {cell: 9.0 if cell in dear else 1.0 for cell in full})
    at = list(full)
    hidden = close(system, np.array([cell == (0, 0) for cell in full]), WIDTH).hidden
    assert hidden.sum() == 4
    assert not {at[place] for place in np.flatnonzero(hidden)} & dear
    unlike = dataclasses.replace(system, costs=np.where([cell in dear for cell in full], 1.0, 9.0))
    assert {
        at[place] for place in np.flatnonzero(close(unlike, np.array([c == (0, 0) for c in full]), WIDTH).hidden)
    } == {
        (0, 0),
        *dear,
    }
