"""How long does a book take, a site of ten, and a change in one of them?

``python -m benchmarks.books`` writes demo trusts of other seeds, runs ``afa-eval`` as its users do, and prints for each
task the seconds on the clock and the CPU seconds of all its processes: on a machine that does other work too only the
second tell how much there was to do, and half of them is what two idle processors need at least. ``make bench`` puts
the same rows among its own. ``--books NUMBER`` makes a smaller site.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from afa_eval import demo

RUN = (sys.executable, "-c", "from afa_eval.cli import main; main()")
ADOPT_ORPHANS = 36  # prctl's PR_SET_CHILD_SUBREAPER: builders end after the process that began them


@dataclass(frozen=True, slots=True)
class Took:
    """How long a task took: on the clock, and on all processors together."""

    task: str
    clock: float
    cpu: float
    target: float

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.task}: {self.clock:.1f} s, {self.cpu:.1f} CPU s (target {self.target:g} s); load {load()}"


def load() -> str:
    """How many processes want a processor, over the last minute?"""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()}"


def adopt() -> None:
    """Count the processes that this one's children leave behind among its own, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)


def took(task: str, target: float, *arguments: str) -> Took:
    """Run ``afa-eval`` and wait for it and for all that it began."""
    wait_for_all()  # what an earlier task began is not this one's
    before, begun = os.times(), time.perf_counter()
    subprocess.run([*RUN, *arguments, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    clock = time.perf_counter() - begun
    wait_for_all()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(task, clock, cpu, target)


def wait_for_all() -> None:
    """Until no process is left that any task began."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def plans(folder: Path, number: int) -> list[Path]:
    """Demo trusts of other seeds, each with a title of its own."""
    made = []
    for at in range(1, number + 1):
        plan = demo.write(folder / f"trust-{at}", seed=at)
        text = plan.read_text(encoding="utf-8")
        plan.write_text(
            re.sub("^title = .*", f'title = "Evaluation {at}"', text, count=1, flags=re.M), encoding="utf-8"
        )
        made.append(plan)
    return made


def forget_books(site: Path, trusts: list[Path]) -> None:
    """Keep of every trust its results, and nothing that was drawn or built from them."""
    shutil.rmtree(site)
    for plan in trusts:
        for made in ("book", ".kept"):
            shutil.rmtree(plan.parent / "build" / made)


def all_of(number: int = 10) -> Iterator[Took]:
    """The book of one from its results; a site of all, from files and from results; what changes in one of them."""
    adopt()
    with tempfile.TemporaryDirectory(prefix="afa-books-") as name:
        trusts = plans(Path(name), number)
        first, site = trusts[0], str(Path(name) / "site")
        named = [str(path) for path in trusts]
        subprocess.run([*RUN, "run", named[0], "--quiet"], check=True, stdout=subprocess.DEVNULL)
        yield took("the demo's book from its results, looked through", 15, "book", named[0])
        yield took(f"a site of {number} evaluations, from the trusts' files", 60, "publish", site, *named)
        forget_books(Path(site), trusts)
        yield took(f"a site of {number} evaluations, from their results", 60, "publish", site, *named)
        yield took("the same with nothing new", 10, "publish", site, *named)
        words = first.parent / "words.md"
        words.write_text(words.read_text(encoding="utf-8") + "\nWe would do it again.\n", encoding="utf-8")
        yield took("the same with a word changed in one", 10, "publish", site, *named)
        without_an_answer(first)
        yield took("the same with an answer taken out in one, from its files", 10, "publish", site, *named)
        without_an_answer(first)
        subprocess.run([*RUN, "run", named[0], "--quiet"], check=True, stdout=subprocess.DEVNULL)
        yield took("the same with an answer taken out in one, from its results", 10, "publish", site, *named)


def without_an_answer(plan: Path) -> None:
    """Take the last answer out of a trust's survey of parents."""
    parents = plan.parent / "data" / "parents.csv"
    lines = parents.read_text(encoding="utf-8").splitlines(keepends=True)
    parents.write_text("".join(lines[:-1]), encoding="utf-8")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=10, metavar="NUMBER")
    for one in all_of(parser.parse_args().books):
        print(one, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
