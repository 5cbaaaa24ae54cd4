"""Are the small things as quick as promised: a look-up, an import, a table protected, the demo's data made?

``python -m benchmarks.promises`` prints CPU seconds beside their targets; ``make bench`` puts the same rows among its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
import pandas as pd

from afa_eval import comparators, demo, disclosure
from afa_eval.comparators.areas import NEIGHBOURS_OF
from afa_eval.errors import ComparatorError

AUTHORITIES = ("Barnet", "Kent", "Leeds", "Cornwall", "Manchester", "Norfolk", "Camden", "Devon", "Sheffield", "Wirral")
LOOKED_UP = {  # where: each asked for the first time
    "England": ("England",),
    "an authority": AUTHORITIES,
    "an authority's neighbours": tuple(f"{NEIGHBOURS_OF}{name}" for name in AUTHORITIES),
}
YEARS, GROUPS = ("201617", "201819", "202122", "202223"), ("all", "any", "none")


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, and what it took."""

    task: str
    took: float
    target: str
    unit: str = "s"

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.task}: {self.took:.3g} {self.unit} (target {self.target})"


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


def looked_up(areas: tuple[str, ...]) -> list[float]:
    """CPU seconds of each first look at persistent absence; groups and years that are not published are passed over."""
    every = []
    for area in areas:
        for year in YEARS:
            for sen in GROUPS:
                with suppress(ComparatorError):
                    look = partial(comparators.find, "persistent-absence", year=year, sen=sen, area=area)
                    every.append(spent(look))
    return every


def counts() -> pd.DataFrame:
    """A table of a thousand counts with its totals."""
    rng = np.random.default_rng(4)
    inner = pd.DataFrame(rng.poisson(rng.gamma(2, 30, size=(24, 39)))).rename(str, axis=0).rename(str, axis=1)
    inner["Total"] = inner.sum(axis=1)
    inner.loc["Total"] = inner.sum()
    return inner


def all_of() -> Iterator[Promise]:
    """Each promise of a fixed cost, in turn."""
    yield Promise("import afa_eval", importing("afa_eval") / importing("pandas"), "at most 0.2", "of import pandas")
    yield Promise("import of the national figures", importing("afa_eval.comparators.store"), "under 0.1 s")
    comparators.find("persistent-absence", year="202223", sen="any", phase="primary")
    for where, areas in LOOKED_UP.items():
        yield Promise(f"a national figure looked up, {where}", median(looked_up(areas)), "under 1 ms")
    table = counts()
    disclosure.protect(table.iloc[-2:, -2:])  # what is loaded once
    yield Promise("a table of 1,000 cells protected", spent(partial(disclosure.protect, table)), "under 2 s")
    yield Promise("the demo trust's data simulated", spent(demo.simulate), "under 2 s")


def main() -> int:
    """Measure and print."""
    for promise in all_of():
        print(promise, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
