"""How often do the intervals hold the truth, and how often do the tests cry wolf?

Simulates trials of whole schools (half treated, no effect) and one-group studies (the mean), fits every method, and
writes ``book/methods/coverage.csv`` and ``book/methods/coverage.md``. Run ``python -m benchmarks.coverage``; the
option ``--quick`` makes a tenth of the replicates and writes nothing.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.effect_size import arm_sizes, g_estimated, total_df
from afa_eval.kernels.mixed import contrast as mixed_contrast
from afa_eval.kernels.mixed import fit_mixed
from afa_eval.kernels.moments import ClusterMoments, cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols
from afa_eval.kernels.reml import fit_random_intercept, icc_interval
from afa_eval.kernels.resample import bootstrap_ols, permutation, wild_bootstrap
from afa_eval.models.fitted import quantile

OUT = Path(__file__).parents[1] / "book" / "methods"
SCHOOLS = (6, 10, 20, 40, 100)
REPLICATES = 1000
RESAMPLED = 120  # trials on which the resampling methods are tried: each costs 399 replicates
PUPILS = 40  # trials on which pupils are resampled: each costs 99 multilevel fits
DEFAULT = "CR2, Satterthwaite"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is simulated?"""

    schools: int
    balanced: bool
    skewed: bool
    icc: float
    seed: int

    @property
    def label(self) -> str:
        """In words."""
        sizes = "equal schools" if self.balanced else "unequal schools"
        return f"{sizes}, {'skewed' if self.skewed else 'normal'}, ICC {self.icc:g}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One simulated trial."""

    moments: ClusterMoments
    arms: np.ndarray
    rows: np.ndarray
    school: np.ndarray


def draw(scene: Scene, replicate: int) -> Trial:
    """Half of the schools treated, with no effect; a baseline that explains half of the variance."""
    rng = np.random.default_rng((scene.seed, replicate))
    j = scene.schools
    sizes = np.full(j, 30) if scene.balanced else np.maximum(rng.geometric(1 / 30, j), 3)
    school = np.repeat(np.arange(j), sizes)
    arms = rng.permutation(np.arange(j) % 2)
    noise = skewed if scene.skewed else (lambda generator, size: generator.normal(size=size))
    between = np.sqrt(scene.icc) * noise(rng, j)
    pre = rng.normal(size=school.size) + 0.5 * rng.normal(size=j)[school]
    y = 0.7 * pre + between[school] + np.sqrt(1 - scene.icc) * noise(rng, school.size)
    rows = np.column_stack([np.ones(school.size), arms[school], pre, y])
    return Trial(cluster_moments(rows, school, constant_safe_shift(rows)), arms, rows, school)


def skewed(rng: np.random.Generator, size: int) -> np.ndarray:
    """Chi-squared with two degrees of freedom, standardised: skewness 2."""
    return rng.exponential(size=size) - 1


def covers(value: float, se: float, df: float, truth: float = 0.0) -> bool:
    """Does the t interval hold the truth?"""
    return abs(value - truth) <= quantile(0.975, df) * se


def trial_methods(trial: Trial) -> Iterator[tuple[str, bool]]:
    """Each method's answer to: does the interval of the effect hold nought?"""
    effect = np.array([0.0, 1, 0])
    for kind in ("CR0", "CR1", "CR2", "CR3"):
        found = contrast(fit_ols(trial.moments, range(3), 3, kind), effect)
        yield f"{kind}, Satterthwaite", covers(found.value, found.se, found.df)
        if kind == "CR1":
            yield "CR1, normal", covers(found.value, found.se, np.inf)
            yield "CR1, schools minus 2", covers(found.value, found.se, trial.arms.size - 2)
    plain = contrast(fit_ols(trial.moments, range(3), 3, "iid"), effect)
    yield "ignoring schools", covers(plain.value, plain.se, plain.df)
    fit = fit_mixed(trial.moments, range(3), 3)
    for method in ("satterthwaite", "kenward-roger", "residual"):
        found = mixed_contrast(fit, effect, method)
        yield f"multilevel, {method}", covers(found.value, found.se, found.df)
    alone = fit_random_intercept(trial.moments, range(2), 3)
    found = mixed_contrast(fit, effect)
    n = trial.moments.n
    sizes = arm_sizes(n[trial.arms == 1], n[trial.arms == 0])
    sd = float(np.sqrt(alone.tau2 + alone.sigma2))
    g = g_estimated(found.value, found.se, found.df, sd, total_df(alone.icc, sizes))
    yield "g total, treatment-only model", g.low <= 0 <= g.high


def one_group_methods(trial: Trial, icc: float) -> Iterator[tuple[str, bool]]:
    """A mean of one group, and the share of variance between schools."""
    columns = trial.rows[:, [0, 3]] - 0.7 * trial.rows[:, [0, 2]] * [0, 1]
    moments = cluster_moments(columns, trial.school)
    found = contrast(fit_ols(moments, [0], 1), [1.0])
    yield "mean, CR2, Satterthwaite", covers(found.value, found.se, found.df)
    fit = fit_random_intercept(moments, [0], 1)
    low, high = icc_interval(fit)
    yield "ICC, exact F", low <= icc <= high


def resampling_methods(trial: Trial, seed: int) -> Iterator[tuple[str, bool]]:
    """Tests that keep the null, and percentile intervals that hold it."""
    moments = trial.moments
    yield "wild cluster bootstrap", wild_bootstrap(moments, range(3), 3, 1, replicates=399, seed=seed).p_value > 0.05
    yield "permutation of schools", permutation(moments, range(3), 3, 1, replicates=399, seed=seed).p_value > 0.05
    drawn = bootstrap_ols(moments, range(3), 3, 399, seed, strata=trial.arms)
    low, high = drawn.interval()[:, 1]
    yield "bootstrap of schools, percentile", bool(low <= 0 <= high)
    if seed < PUPILS:
        low, high = pupils_within_schools(trial, seed)
        yield "bootstrap of pupils inside schools", low <= 0 <= high


def pupils_within_schools(trial: Trial, seed: int, replicates: int = 99) -> tuple[float, float]:
    """The resampling that eefAnalytics does by default: schools stay, their pupils are drawn anew."""
    rng = np.random.default_rng(seed)
    ends = np.cumsum(trial.moments.n)
    starts = ends - trial.moments.n
    size = trial.moments.n[trial.school]
    found = []
    for _ in range(replicates):
        drawn = starts[trial.school] + (rng.random(trial.school.size) * size).astype(np.int64)
        rows = trial.rows[drawn]
        found.append(fit_random_intercept(cluster_moments(rows, trial.school), range(3), 3).coef[1])
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def run(task: tuple[Scene, int, int]) -> dict[str, tuple[int, int]]:
    """Hits and tries by method, over some replicates of a scene."""
    scene, first, last = task
    hits: dict[str, list[bool]] = defaultdict(list)
    for replicate in range(first, last):
        trial = draw(scene, replicate)
        try:
            answers = [*trial_methods(trial), *one_group_methods(trial, scene.icc)]
            if replicate < RESAMPLED:
                answers += resampling_methods(trial, replicate)
        except (EstimationError, ValueError):
            continue  # a trial without an answer, for example an arm of one school: counted by the tries
        for name, held in answers:
            hits[name].append(bool(held))
    return {name: (sum(held), len(held)) for name, held in hits.items()}


def scenes() -> list[Scene]:
    """All of them; an ICC of nought only with equal, normal schools."""
    out: list[Scene] = []
    for schools in SCHOOLS:
        for balanced in (True, False):
            for is_skewed in (False, True):
                out.append(Scene(schools, balanced, is_skewed, 0.15, len(out)))
        out.append(Scene(schools, True, False, 0.0, len(out)))
    return out


def simulate(replicates: int) -> list[dict[str, object]]:
    """One row per scene and method."""
    step = max(replicates // 8, 1)
    tasks = [(s, at, min(at + step, replicates)) for s in scenes() for at in range(0, replicates, step)]
    total: dict[tuple[Scene, str], list[int]] = defaultdict(lambda: [0, 0])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for (scene, _, _), found in zip(tasks, pool.map(run, tasks), strict=True):
            for name, (held, tried) in found.items():
                total[scene, name][0] += held
                total[scene, name][1] += tried
    return [
        {"schools": s.schools, "scene": s.label, "method": name, "coverage": held / tried, "replicates": tried}
        for (s, name), (held, tried) in total.items()
    ]


def page(rows: list[dict[str, object]], seconds: float) -> str:
    """The table as the book shows it."""
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    labels = list(dict.fromkeys(str(row["scene"]) for row in rows))
    most = max(int(str(row["replicates"])) for row in rows)
    intro = (
        "Simulated trials of whole schools, half of them treated, without an effect, with a baseline; "
        f"{most:,} trials a cell ({RESAMPLED} for resampling of schools, {PUPILS} of pupils). "
        "Each figure is the share of 95 % intervals that hold the truth (or of tests at the 5 % level that are silent). "
        f"The Monte-Carlo error of 95 % is {100 * (0.95 * 0.05 / most) ** 0.5:.1f} points "
        f"({100 * (0.95 * 0.05 / RESAMPLED) ** 0.5:.1f} and {100 * (0.95 * 0.05 / PUPILS) ** 0.5:.1f} for resampling). "
        "Mean and ICC are those of one group. Below 6 schools no interval is given by default."
    )
    lines = ["# How often the intervals hold the truth", "", intro, ""]
    for label in labels:
        lines += [
            f"## {label[:1].upper()}{label[1:]}",
            "",
            "| Method | " + " | ".join(f"{j} schools" for j in SCHOOLS) + " |",
        ]
        lines.append("|---|" + "---:|" * len(SCHOOLS))
        for method in methods:
            found = {r["schools"]: r["coverage"] for r in rows if r["method"] == method and r["scene"] == label}
            shown = " | ".join(f"{100 * float(str(found[j])):.1f} %" if j in found else "" for j in SCHOOLS)
            lines.append(f"| {method}{' (the default)' if method == DEFAULT else ''} | {shown} |")
        lines.append("")
    lines += [
        f"Made by `python -m benchmarks.coverage` in {seconds / 60:.0f} minutes; the numbers: {{download}}`coverage.csv`.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Simulate, print, write; exit 1 where the default leaves its band."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates; writes nothing")
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    options = parser.parse_args()
    begun = time.perf_counter()
    rows = simulate(options.replicates // 10 if options.quick else options.replicates)
    text = page(rows, time.perf_counter() - begun)
    print(text)
    if not options.quick:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "coverage.md").write_text(text, encoding="utf-8")
        with (OUT / "coverage.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return judge(rows)


def judge(rows: list[dict[str, object]]) -> int:
    """Does the default cover between 93 % and 97.5 % from ten schools up, where exactness is in reach?"""
    bad = [
        row
        for row in rows
        if row["method"] == DEFAULT
        and int(str(row["schools"])) >= 10
        and "normal" in str(row["scene"])
        and "ICC 0.15" in str(row["scene"])
        and not 0.93 <= float(str(row["coverage"])) <= 0.975
    ]
    for row in bad:
        print(f"outside 93-97.5 %: {row}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
