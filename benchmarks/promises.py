"""Are the small things as quick as promised: a look-up, an import, a table protected, the demo's data made?

``python -m benchmarks.promises`` prints CPU seconds beside their targets; ``make bench`` puts the same rows among its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import Any

import numpy as np
import pandas as pd

from afa_eval import comparators, demo, disclosure
from afa_eval.comparators import store
from afa_eval.comparators.areas import NEIGHBOURS_OF
from afa_eval.errors import ComparatorError

AUTHORITIES = [name for name, level in store.areas().items() if level == "Local authority"][:60]
LOOKED_UP: dict[str, list[dict[str, Any]]] = {  # each is asked for the first time
    "England": [
        {"year": year, "definition": definition, "sen": sen, "phase": phase}
        for year in ("201617", "201718", "201819", "202021", "202122", "202223")
        for definition in ("pa-10-percent", "pa-15-percent", "pa-20-percent")
        for sen in ("all", "any", "none")
        for phase in ("all", "primary", "secondary")
    ],
    "an authority": [{"year": "202223", "sen": "any", "area": name} for name in AUTHORITIES],
    "an authority's neighbours": [
        {"year": "202223", "sen": "any", "area": f"{NEIGHBOURS_OF}{name}"} for name in AUTHORITIES
    ],
    "its neighbours, all pupils": [{"year": "202122", "area": f"{NEIGHBOURS_OF}{name}"} for name in AUTHORITIES],
    "boys of its neighbours' Year 8, by another line": [
        {"year": "201819", "definition": "pa-15-percent", "sen": "none", "sex": "M", "year_group": 8,
         "area": f"{NEIGHBOURS_OF}{name}"} for name in AUTHORITIES
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, and what it took."""

    task: str
    took: float
    target: str
    unit: str = "s"

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.task}: {self.took:.3g} {self.unit}" + (f" (target {self.target})" if self.target else "")


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def importing(module: str) -> float:
    """CPU seconds to import a module in a process that has nothing yet: the least of five."""
    code = f"import time; begun = time.process_time(); import {module}; print(time.process_time() - begun)"
    command = [sys.executable, "-c", code]
    return min(float(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(5))


def looked_up(asked: Iterable[dict[str, Any]]) -> list[float]:
    """CPU seconds of each first look at persistent absence; what is not published is passed over."""
    every = []
    for one in asked:
        with suppress(ComparatorError):
            every.append(spent(partial(comparators.find, "persistent-absence", **one)))
    return every


def counts(rows: int, columns: int) -> pd.DataFrame:
    """A table of about a thousand counts with its totals."""
    rng = np.random.default_rng(4)
    inner = pd.DataFrame(rng.poisson(rng.gamma(2, 30, size=(rows, columns)))).rename(str, axis=0).rename(str, axis=1)
    return with_totals(inner)


def with_totals(inner: pd.DataFrame) -> pd.DataFrame:
    """Counts, and what they add up to."""
    across = inner.assign(Total=inner.sum(axis=1))
    across.loc["Total"] = across.sum()
    return across


def nested(rows: int, columns: int, share: float) -> dict[str, pd.DataFrame]:
    """Pupils with SEN, and those of them with a plan."""
    rng = np.random.default_rng(4)
    sen = rng.poisson(rng.gamma(2, 20, size=(rows, columns)))
    inner = (pd.DataFrame(one).rename(str).rename(str, axis=1) for one in (sen, rng.binomial(sen, share)))
    return dict(zip(("sen", "ehcp"), map(with_totals, inner), strict=True))


def cube(*sizes: int) -> pd.DataFrame:
    """A table of three dimensions: two of rows, one of columns."""
    rng = np.random.default_rng(4)
    every = rng.poisson(rng.gamma(2, 20, size=sizes))
    for axis in range(3):
        every = np.concatenate([every, every.sum(axis=axis, keepdims=True)], axis=axis)
    labels = [[*map(str, range(size)), "Total"] for size in sizes]
    index = pd.MultiIndex.from_product(labels[:2], names=["school", "need"])
    return pd.DataFrame(every.reshape(len(index), -1), index=index, columns=pd.Index(labels[2], name="year"))


def all_of() -> Iterator[Promise]:
    """Each promise of a fixed cost, in turn."""
    yield Promise("import afa_eval", importing("afa_eval") / importing("pandas"), "at most 0.2", "of import pandas")
    yield Promise("import of the national figures", importing("afa_eval.comparators.store"), "under 0.1 s")
    comparators.find("persistent-absence", year="202223", sen="any", phase="primary")
    for where, asked in LOOKED_UP.items():
        times = looked_up(asked)
        yield Promise(f"a national figure looked up, {where}", median(times), "under 1 ms")
        yield Promise("the slowest but one in twenty of these", quantiles(times, n=20)[-1], "")
    disclosure.protect(counts(2, 2))  # what is loaded once
    for rows, columns in ((24, 39), (99, 9), (332, 2), (499, 1)):
        took = spent(partial(disclosure.protect, counts(rows, columns)))
        yield Promise(f"a table of 1,000 cells protected, {rows + 1} by {columns + 1}", took, "under 2 s")
    hard: dict[str, Any] = {
        "10 by 10 by 10": cube(9, 9, 9),
        "5 by 5 by 40": cube(4, 4, 39),
        "two within each other, 32 by 16": nested(31, 15, 0.3),
        "two within each other, most of the wider in the narrower too": nested(31, 15, 0.8),
    }
    for name, table in hard.items():
        took = spent(partial(disclosure.protect, table))
        yield Promise(f"tables of 1,000 cells protected, {name}", took, "under 2 s")
    yield Promise("the demo trust's data simulated", spent(demo.simulate), "under 2 s")


def main() -> int:
    """Measure and print."""
    for promise in all_of():
        print(promise, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
