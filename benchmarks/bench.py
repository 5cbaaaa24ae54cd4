"""How fast are we beside the peers, on the same data in one run?

``python -m benchmarks.bench`` measures CPU seconds (all threads of the process; linear algebra on one), prints peer,
ours, ratio and target, and writes ``book/methods/speed.md`` and ``speed.csv``. A peer that is not there, or fails, is
said to be absent. ``--quick`` leaves out millions of rows and the slowest peers, and writes nothing. ``--peers FOLDER``
also looks for peers among the packages of another environment (its site-packages). Small promises are those of
``benchmarks.promises``; the last rows, of ``benchmarks.books``, are seconds on the clock.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from afa_eval.frames import scan
from afa_eval.frames.moments import moments
from afa_eval.frames.source import Role, open_table
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift
from afa_eval.kernels.reml import fit_random_intercept
from afa_eval.kernels.resample import bootstrap_ols, bootstrap_reml, permutation, wild_bootstrap
from afa_eval.models.mixed import fit_mixed
from afa_eval.models.ols import fit_ols
from benchmarks import books, promises

OUT = Path(__file__).parents[1] / "book" / "methods"
FIXED = ["treated", "pre", "sen", "fsm"]
CROSSED = ("post", ["treated", "pre", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "age"], ["urn"])
ARROW, READING, NOTHING_MORE = (
    "pyarrow",
    "pyarrow reading, by the fastest of its allocators",
    "of that, to read the columns and do nothing with them",
)
ROUNDS = 5  # in which peer and ours take turns, where a minute's mood of the machine would be the ratio
EEF_FIT, EEF_REPLICATE = 15.7, 1.1  # CPU seconds of eefAnalytics 1.1 on 28 k pupils, measured once elsewhere


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison."""

    task: str
    rival: str
    peer: float | None
    ours: float
    target: str
    unit: str = "s"

    @property
    def ratio(self) -> str:
        """How many times faster, or slower than merely reading."""
        if self.peer is None:
            return "peer absent" if self.rival else ""
        if self.rival == READING and self.peer:
            return f"{self.ours / self.peer:.1f} of it"
        return f"{self.peer / self.ours:,.0f} times"


def cpu(function: Callable[[], object], repeat: int = 3) -> float:
    """The least CPU seconds of some runs, a warm-up not counted where there are several."""
    if repeat > 1:
        function()
    found = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        found.append(time.process_time() - start)
    return min(found)


def pupils(schools: int = 450, mean: int = 62, areas: int = 10, seed: int = 0) -> pd.DataFrame:
    """About 28,000 pupils in schools in areas, with an effect of 2 points."""
    rng = np.random.default_rng(seed)
    sizes = np.maximum(rng.poisson(mean, schools), 5)
    school = np.repeat(np.arange(schools), sizes)
    area = (np.arange(schools) % areas)[school]
    treated = (np.arange(schools) // areas % 2)[school]
    pre = np.round(rng.normal(100, 15, school.size), 1)
    sen = rng.choice(["N", "K", "E"], school.size, p=[0.8, 0.15, 0.05])
    fsm = (rng.random(school.size) < 0.25).astype(int)
    y = 20 + 0.8 * pre + 2 * treated - 4 * (sen != "N") - fsm
    y = y + rng.normal(0, 3, schools)[school] + rng.normal(0, 1.5, areas)[area] + rng.normal(0, 8, school.size)
    return pd.DataFrame(
        {
            "urn": 100_000 + school,
            "la": 800 + area,
            "treated": treated,
            "pre": pre,
            "sen": sen,
            "fsm": fsm,
            "post": np.round(y, 1),
        }
    )


def tried(peer: Callable[..., float | None], *arguments: object) -> float | None:
    """What a peer needs; None where it is not there or fails, which must not end the bench."""
    try:
        return peer(*arguments)
    except Exception as error:  # whatever another's software raises
        print(f"{peer.__name__}: {type(error).__name__}: {str(error).splitlines()[:1]}", file=sys.stderr)
        return None


def models(quick: bool) -> Iterator[Row]:
    """Whole fits from the rows, beside statsmodels, pyfixest and lme4 where they are there."""
    d = pupils()
    name = f"{len(d):,} pupils"
    two = cpu(lambda: fit_mixed(d, "post", FIXED, ["urn"]).tidy(), 10)
    three = cpu(lambda: fit_mixed(d, "post", FIXED, ["la", "urn"]), 5)
    formula = "post ~ treated + pre + sen + fsm"
    if not quick:
        peer = tried(statsmodels_two, d, formula)
        yield Row(f"two-level REML, {name}", "statsmodels MixedLM", peer, two, "100 times")
        peer = tried(statsmodels_three, d, formula)
        yield Row(f"three-level REML, {name}", "statsmodels MixedLM", peer, three, "300 times")
    turns = [(tried(lme4, d), cpu(lambda: fit_mixed(d, "post", FIXED, ["urn"]).tidy(), 10)) for _ in range(ROUNDS)]
    peers, ours = [found for found, _ in turns if found is not None], [found for _, found in turns]
    yield Row(f"two-level REML, {name}", "lme4", median(peers) if peers else None, median(ours), "50 times")
    clustered = cpu(lambda: fit_ols(d, "post", FIXED, cluster="urn", vcov="CR1").tidy(), 10)
    task = f"clustered least squares, {name}"
    yield Row(task, "pyfixest CRV1", tried(pyfixest, d, formula), clustered, "5 times")
    yield Row(task, "statsmodels", tried(statsmodels_ols, d, formula), clustered, "")
    trial = cpu(lambda: fit_mixed(d, "post", ["treated", "pre"], ["urn"]).effect_size("treated"), 10)
    yield Row(f"a trial's fit, g and interval, {name}", "eefAnalytics, measured elsewhere", EEF_FIT, trial, "500 times")
    drawn = cpu(lambda: fit_mixed(d, "post", ["treated", "pre"], ["urn"]).bootstrap(10_000, strata="treated"), 1)
    each = "eefAnalytics, measured elsewhere"
    yield Row(f"one bootstrap replicate, {name}", each, EEF_REPLICATE, drawn / 10_000, "5,000 times")
    small = pupils(schools=20, mean=50)
    once = cpu(lambda: fit_mixed(small, "post", FIXED, ["urn"]), 30)
    yield Row("one small fit, 1,000 pupils", "", None, once, "under 5 ms")


def millions() -> Iterator[Row]:
    """Two levels from rows in memory, beside lme4."""
    for schools, mean in ((16_000, 62), (24_000, 333)):
        d = pupils(schools, mean).drop(columns="sen")
        ours = cpu(partial(fit_large, d), 1)
        yield Row(f"two-level REML, {len(d) / 1e6:.0f} million pupils", "lme4", tried(lme4, d), ours, "50 times")


def fit_large(d: pd.DataFrame) -> pd.DataFrame:
    """Two levels and the table."""
    return fit_mixed(d, "post", ["treated", "pre", "fsm"], ["urn"]).tidy()


def statsmodels_two(d: pd.DataFrame, formula: str) -> float:
    """MixedLM with a random intercept."""
    import statsmodels.formula.api as smf

    return cpu(lambda: smf.mixedlm(formula, d, groups="urn").fit(reml=True), 1)


def statsmodels_three(d: pd.DataFrame, formula: str) -> float:
    """MixedLM with areas as groups and schools as a variance component."""
    import statsmodels.formula.api as smf

    parts = {"school": "0 + C(urn)"}
    return cpu(lambda: smf.mixedlm(formula, d, groups="la", re_formula="1", vc_formula=parts).fit(reml=True), 1)


def statsmodels_ols(d: pd.DataFrame, formula: str) -> float:
    """OLS with clustered errors."""
    import statsmodels.formula.api as smf

    return cpu(lambda: smf.ols(formula, d).fit(cov_type="cluster", cov_kwds={"groups": d["urn"]}))


def pyfixest(d: pd.DataFrame, formula: str) -> float:
    """The model of feols with CRV1 errors and its table."""
    module = importlib.import_module("pyfixest")
    return cpu(lambda: module.feols(formula, d, vcov={"CRV1": "urn"}).tidy(), 10)


def lme4(d: pd.DataFrame) -> float | None:
    """CPU seconds of lmer on the same rows in memory, as R measures them; None where lme4 is not there."""
    if not shutil.which("Rscript"):
        return None
    fixed = [column for column in FIXED if column in d]
    with tempfile.TemporaryDirectory() as folder:
        reads = []
        for column in [*fixed, "post", "urn"]:
            values = pd.factorize(d[column], sort=True)[0] if d[column].dtype.kind not in "if" else d[column]
            np.asarray(values, dtype=np.float64).tofile(Path(folder) / column)
            read = f"readBin('{folder}/{column}', 'double', {len(d)})"
            reads.append(f"{column} = {read if d[column].dtype.kind in 'if' else f'factor({read})'}")
        code = (
            f"d <- data.frame({', '.join(reads)}); suppressMessages(library(lme4)); "
            f"t <- system.time(lmer(post ~ {' + '.join(fixed)} + (1 | urn), d)); cat(t[['user.self']] + t[['sys.self']])"
        )
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False, env=environment)
        return float(done.stdout) if done.returncode == 0 and done.stdout else None


def r_versions() -> str:
    """Which R and lme4?"""
    code = "cat(paste0('R ', getRversion(), ', lme4 ', packageVersion('lme4')))"
    if not shutil.which("Rscript"):
        return "no R"
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else "R without lme4"


def kernels() -> Iterator[Row]:
    """From moments on."""
    rng = np.random.default_rng(0)
    schools, q = 24_000, 12
    n = rng.integers(5, 1200, schools)
    sums = rng.normal(size=(schools, q)) * np.sqrt(n)[:, None]
    sums[:, 0] = n
    cross = np.einsum("ja,jb->jab", sums, sums) / n[:, None, None] + np.eye(q) * n[:, None, None]
    cross[:, 0, :] = cross[:, :, 0] = sums
    from afa_eval.kernels.moments import ClusterMoments
    from afa_eval.kernels.reml import collapse, maximise

    big = ClusterMoments(n, sums, cross, np.zeros(q))
    collapsed = collapse(big, range(q), reml=True)
    yield Row("collapse of 24,000 schools by size", "", None, cpu(lambda: collapse(big, range(q), reml=True)), "")
    yield Row("REML after the collapse", "", None, cpu(lambda: maximise(collapsed)), "under 20 ms")
    d = pupils()
    rows = np.column_stack([np.ones(len(d)), d.treated, d.pre, d.post])
    m = cluster_moments(rows, d.urn.to_numpy() - 100_000, constant_safe_shift(rows))
    arms = (np.arange(450) // 10) % 2
    count, columns = 10_000, range(3)
    task = f"{count:,} replicates, 450 schools: "
    ols = cpu(lambda: bootstrap_ols(m, columns, 3, count, strata=arms), 2)
    yield Row(task + "bootstrap of least squares", "", None, ols, "0.2 s")
    refit = cpu(lambda: fit_random_intercept(m, columns, 3))
    reml = cpu(lambda: bootstrap_reml(m, columns, 3, count, strata=arms), 2)
    yield Row(task + "REML refitted each time", "our own single fit, as often", count * refit, reml, "1 s")
    wild = cpu(lambda: wild_bootstrap(m, columns, 3, 1, replicates=count), 2)
    yield Row(task + "wild cluster bootstrap", "", None, wild, "")
    yield Row(task + "permutation", "", None, cpu(lambda: permutation(m, columns, 3, 1, replicates=count), 2), "")


def passes() -> Iterator[Row]:
    """Eight million rows of Parquet, twelve columns, beside merely reading them."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, target in (("sorted", "at most 1.3"), ("shuffled", "at most 1.8")):
            path = Path(folder) / f"{kind}.parquet"
            write_large(path, shuffled=kind == "shuffled")
            found = rounds(path)
            peers, ours = [one["seconds"] for way, one in found.items() if way.startswith(ARROW)], found["ours"]
            peer = min(peers, default=None)
            yield Row(f"moments of 8 M rows, {kind} by school", READING, peer, ours["seconds"], target)
            yield Row(f"{NOTHING_MORE}, {kind}", READING, peer, found["reading"]["seconds"], "")
            yield Row(f"memory of that pass, {kind}", "", None, ours["megabytes"], "under 400 MB", "MB")


def write_large(path: Path, shuffled: bool, n: int = 8_000_000, schools: int = 24_000) -> None:
    """A Parquet file of doubles and small integers, through DuckDB."""
    import duckdb

    rng = np.random.default_rng(0)
    school = np.sort(rng.integers(0, schools, n))
    d = pd.DataFrame({"urn": 100_000 + school, "treated": school % 2, "pre": rng.normal(100, 15, n).round(2)})
    for i in range(7):
        d[f"x{i}"] = (rng.random(n) < 0.1 * (i + 1)).astype(np.int64)
    d["age"] = rng.integers(120, 132, n)
    d["post"] = (20 + 0.8 * d["pre"] + rng.normal(0, 4, schools)[school] + rng.normal(0, 8, n)).round(2)
    if shuffled:
        d = d.iloc[rng.permutation(n)]
    with duckdb.connect() as connection:
        connection.register("d", d)
        connection.execute(f"COPY d TO '{path}' (FORMAT PARQUET)")


def rounds(path: Path) -> dict[str, dict[str, float]]:
    """CPU seconds and megabytes of the pass, of reading alone and of pyarrow where it is there: medians of some rounds.

    They take turns: a machine that is slower for a minute is so for all of them, and their ratio means something. pyarrow
    is measured with each of its allocators, since on some machines its own choice takes several times as long as another.
    """
    pools = importlib.import_module("pyarrow").supported_memory_backends() if find_spec("pyarrow") else []
    ways = ["ours", "reading", *(f"{ARROW} {pool}" for pool in pools)]
    found = [{way: once_alone(way, path) for way in ways} for _ in range(ROUNDS)]
    return {way: {name: median(one[way][name] for one in found) for name in found[0][way]} for way in ways}


def once_alone(what: str, path: Path) -> dict[str, float]:
    """CPU seconds and peak memory of a pass in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench", "--pass", what, str(path)]
    seen = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # where this process finds the peers
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1], env=seen)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one_pass(what: str, path: str) -> None:
    """What ``once_alone`` runs."""
    if what.startswith(ARROW):
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
        arrow.set_memory_pool(getattr(arrow, f"{what.removeprefix(ARROW).strip()}_memory_pool")())
        seconds = cpu(lambda: parquet.read_table(path), 1)
    else:
        import duckdb  # noqa: F401 - its import is not the pass
        import nanoarrow  # noqa: F401
        import narwhals  # noqa: F401

        seconds = cpu(partial(moments if what == "ours" else only_read, path, *CROSSED), 1)
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))


def only_read(path: str, outcome: str, fixed: list[str], groups: list[str]) -> None:
    """The columns as the moments pass takes them over, and nothing done with them."""
    used = [outcome, *groups, *fixed]
    opened = open_table(path, [Role(column, "a column") for column in used])
    for _ in scan.batches(opened.frame.select(used).to_native()):
        pass


def peak_megabytes() -> float:
    """Peak memory of this process; getrusage would count what the parent held when it forked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def machine() -> str:
    """On what was it measured?"""
    names = (
        "numpy",
        "scipy",
        "highspy",
        "pandas",
        "duckdb",
        "nanoarrow",
        "narwhals",
        "statsmodels",
        "pyfixest",
        "pyarrow",
    )
    found = [r_versions()]
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return f"{platform.machine()}, {processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(found)}"


def processor() -> str:
    """Which processor, where the system says it?"""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor unknown"
    )


def page(rows: list[Row]) -> str:
    """The table as the book shows it."""
    intro = (
        f"CPU seconds, peer and ours on the same data in one run ({machine()}). "
        "Linear algebra on one thread; the least of three runs where a run is short; of passes over 8 M rows, and beside lme4 "
        "at 28 k pupils, the medians of five rounds that take turns."
    )
    lines = [
        "# How fast it is",
        "",
        intro,
        "",
        "| Task | Peer | Peer's | Ours | Ratio | Target |",
        "|---|---|---:|---:|---:|---|",
    ]
    for row in rows:
        peer = "" if row.peer is None else f"{shown(row.peer)} s"
        lines.append(
            f"| {row.task} | {row.rival} | {peer} | {shown(row.ours)} {row.unit} | {row.ratio} | {row.target} |"
        )
    return "\n".join([*lines, "", *remarks(rows), ""])


def remarks(rows: list[Row]) -> list[str]:
    """What is in the pass over a file, beside a peer that merely reads it?"""
    read = {row.task.rpartition(", ")[2]: row for row in rows if row.task.startswith(NOTHING_MORE)}
    if not read or any(row.peer is None for row in read.values()):
        return []
    whole = {kind: row.ours for kind in read for row in rows if row.task.endswith(f"{kind} by school")}
    shares = " and ".join(f"{row.ours / (row.peer or 1):.1f} ({kind})" for kind, row in read.items())
    own = " and ".join(f"{whole[kind] - row.ours:.1f} s ({kind})" for kind, row in read.items())
    text = (
        "pyarrow is not needed to run this package: DuckDB reads a file and hands its columns over a batch at a time. "
        f"That alone takes {shares} of what pyarrow takes to read the file whole into memory, more than a gigabyte; "
        f"the pass's own part, each row's numbers multiplied by each other and added to its school's, takes {own}. "
        "How the two compare hangs on the machine: on one of two slower cores (Intel Xeon), where numpy's linear algebra "
        "was held to older instructions and pyarrow had its own choice of allocator, the pass took 1.4 of pyarrow's time "
        "where rows were sorted and 1.7 where they were shuffled."
    )
    return [text]


def shown(value: float) -> str:
    """Three digits, no powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", metavar="FOLDER", help="site-packages of another environment, for peers")
    parser.add_argument("--pass", nargs=2, dest="one", metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_pass(*options.one)
        return 0
    if options.peers:
        sys.path.append(options.peers)  # last, so that our own packages come first
    begun = time.perf_counter()
    rows = [*models(options.quick), *kernels()]
    rows += [Row(one.task, "", None, one.took, one.target, one.unit) for one in promises.all_of()]
    if not options.quick:
        rows += [*passes(), *millions()]
        rows += [Row(f"{one.task}, on the clock", "", None, one.clock, f"{one.target:g} s") for one in books.all_of()]
    text = page(rows)
    print(text)
    print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
    if not options.quick:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "speed.md").write_text(text, encoding="utf-8")
        with (OUT / "speed.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=[*asdict(rows[0]), "ratio"])
            writer.writeheader()
            writer.writerows({**asdict(row), "ratio": row.ratio} for row in rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
