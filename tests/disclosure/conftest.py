"""An intruder's programme, written apart from the package: every test of this room may use it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def intruder():
    """The script beside this file, which tries whole trusts."""
    spec = importlib.util.spec_from_file_location("intruder", Path(__file__).with_name("intruder.py"))
    sys.modules["intruder"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reached():
    """What an intruder reaches: from numbers, equations and what is known to each unknown's least and most."""
    return _reached


def _reached(number, equations, known) -> dict:
    """The least and most that each unknown can be: both programmes of all unknowns, solved as one."""
    from scipy.optimize import linprog
    from scipy.sparse import block_diag, csr_array

    entries = [(row, at, weight) for row, line in enumerate(equations) for at, weight in line]
    rows, columns, weights = (np.array(one) for one in zip(*entries, strict=True))
    matrix = csr_array((weights.astype(float), (rows, columns)), shape=(len(equations), len(number)))
    free = [at for at in number.values() if at not in known]
    fixed = np.array([known.get(at, 0.0) for at in range(len(number))])
    part, right = matrix[:, free], -matrix @ fixed
    used = np.diff(part.tocsr().indptr) > 0
    asked = [(at, sign) for at in range(len(free)) for sign in (1.0, -1.0)]
    if not asked:
        return {}
    cost = np.zeros((len(asked), len(free)))
    cost[range(len(asked)), [at for at, _ in asked]] = [sign for _, sign in asked]
    found = linprog(
        cost.ravel(),
        A_eq=block_diag([part.tocsr()[used]] * len(asked), format="csr"),
        b_eq=np.tile(right[used], len(asked)),
        bounds=(0, 1e5),
        method="highs",
    )
    ends = found.x.reshape(len(asked), len(free))
    name = {at: key for key, at in number.items()}
    return {name[free[at]]: (ends[2 * at, at], ends[2 * at + 1, at]) for at in range(len(free))}


@pytest.fixture(scope="session")
def width_of():
    """How far apart scipy finds the least and the most that a number of a system can be."""
    return _width_of


def _width_of(system, hidden, at: int) -> float:
    from scipy.optimize import linprog

    low, high = system.room(hidden)
    bounds = np.c_[low, np.minimum(high, 1e4)]  # as good as without end
    cost, none = np.zeros(system.size), np.zeros(system.matrix.shape[0])
    cost[at] = 1.0
    least, most = (linprog(one, A_eq=system.matrix, b_eq=none, bounds=bounds, method="highs") for one in (cost, -cost))
    return -most.fun - least.fun
