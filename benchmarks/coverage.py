"""How often do the intervals hold the truth, and how often do the tests cry wolf?

Simulates trials of whole schools (with no effect), trials inside schools, yes-or-no outcomes and one-group studies,
fits every method, and writes ``book/methods/coverage.csv`` and ``book/methods/coverage.md``. Run
``python -m benchmarks.coverage``; ``--quick`` makes a tenth of the replicates and writes nothing, ``--resume`` keeps
the figures that are there and finds the others (``--again PART`` finds a part anew), ``--page`` writes the page anew
from the numbers that are there.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels import logistic
from afa_eval.kernels.bayes import effect_posterior, fit_bayes
from afa_eval.kernels.effect_size import arm_sizes, g_estimated, total_df
from afa_eval.kernels.mixed import contrast as mixed_contrast
from afa_eval.kernels.mixed import fit_mixed
from afa_eval.kernels.moments import ClusterMoments, cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols
from afa_eval.kernels.reml import fit_random_intercept, icc_interval
from afa_eval.kernels.resample import bootstrap_ols, bootstrap_reml, permutation, wild_bootstrap
from afa_eval.kernels.variances import variance_interval
from afa_eval.models.fitted import quantile
from afa_eval.models.ordinal import superiority

OUT = Path(__file__).parents[1] / "book" / "methods"
SCHOOLS = (6, 10, 20, 40, 100)
REPLICATES = 800  # trials on which each default method is tried, but for
INSIDE = 1600  # the trial inside schools: its figures lie near the edge of the band, where more are needed to tell
RESAMPLED = 400  # trials on which resampling is tried: each costs 399 replicates
SEARCHED = 200  # trials on which posteriors and profiles are tried: each costs many fits
PUPILS = 40  # trials on which pupils are resampled: each costs 99 multilevel fits
BAND = (0.93, 0.975)
G = 0.5  # the true effect of which g is taken, in total standard deviations of an arm
REASONS = (
    "Two reasons explain most of it. With an ICC of 0 the variance between schools is at its boundary: "
    "intervals that allow for schools are then wider than they need be, which is the safe side. "
    "With a skewed outcome (skewness 2, between schools too) a few schools cannot show the long tail, so the mean "
    "of one group is missed too often; the exact interval of the ICC holds for normal outcomes only. "
    "A comparison of two arms suffers far less, since the skewness of the two nearly cancels. "
    "A trial inside ten unequal schools lies at the upper edge of the band: degrees of freedom are few (about 6, where "
    "equal schools have up to 9), and the interval is wider than it need be, whether or not the spread of the effect is estimated at its boundary, as it is "
    "in four trials of nine. To count schools minus one, or only what the boundary leaves free, would bring the whole to "
    "95 %, but those trials at the boundary to 93 and 91 %, which is not the safe side."
)
DEFAULTS = (
    "CR2, Satterthwaite",
    "multilevel, Satterthwaite",
    "g, treatment-only model",
    "trial inside schools, multilevel, Satterthwaite",
    "odds ratio, restricted errors, t by level",
    "mean, CR2, Satterthwaite",
    "ICC, exact F",
    "probability of superiority, CR2 on the logit",
)


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
        sizes = "equal schools, half treated" if self.balanced else "unequal schools, a third treated"
        return f"{sizes}, {'skewed' if self.skewed else 'normal'}, ICC {self.icc:g}"

    def noise(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Deviations with mean 0 and standard deviation 1."""
        return skewed(rng, size) if self.skewed else rng.normal(size=size)


@dataclass(frozen=True, slots=True)
class Trial:
    """One simulated trial."""

    moments: ClusterMoments
    arms: np.ndarray
    rows: np.ndarray
    school: np.ndarray


def draw(scene: Scene, replicate: int) -> Trial:
    """Whole schools treated, with no effect; a baseline that explains half of the variance."""
    rng = np.random.default_rng((scene.seed, replicate))
    j = scene.schools
    sizes = np.full(j, 30) if scene.balanced else np.maximum(rng.geometric(1 / 30, j), 3)
    treated = j // 2 if scene.balanced else round(j / 3)
    school = np.repeat(np.arange(j), sizes)
    arms = rng.permutation((np.arange(j) < treated).astype(np.int64))
    between = np.sqrt(scene.icc) * scene.noise(rng, j)
    pre = rng.normal(size=school.size) + 0.5 * rng.normal(size=j)[school]
    y = 0.7 * pre + between[school] + np.sqrt(1 - scene.icc) * scene.noise(rng, school.size)
    rows = np.column_stack([np.ones(school.size), arms[school], pre, y])
    return Trial(cluster_moments(rows, school, constant_safe_shift(rows)), arms, rows, school)


def skewed(rng: np.random.Generator, size: int) -> np.ndarray:
    """Chi-squared with two degrees of freedom, standardised: skewness 2."""
    return rng.exponential(size=size) - 1


def covers(value: float, se: float, df: float, truth: float = 0.0) -> bool:
    """Does the t interval hold the truth?"""
    return abs(value - truth) <= quantile(0.975, df) * se


def effect_methods(trial: Trial, scene: Scene, _: int) -> Iterator[tuple[str, bool]]:
    """What costs next to nothing."""
    yield from trial_methods(trial)
    yield from one_group_methods(trial, scene)


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
    for method in ("Satterthwaite", "Kenward-Roger", "residual"):
        found = mixed_contrast(fit, effect, method.lower())
        yield f"multilevel, {method}", covers(found.value, found.se, found.df)
    alone = fit_random_intercept(trial.moments, range(2), 3)
    found = mixed_contrast(fit, effect)
    n = trial.moments.n
    sizes = arm_sizes(n[trial.arms == 1], n[trial.arms == 0])
    sd = float(np.sqrt(alone.tau2 + alone.sigma2))
    shift = G * math.sqrt(0.49 * 1.25 + 1)  # the same trial with an effect: only the estimate moves
    g = g_estimated(found.value + shift, found.se, found.df, sd, total_df(alone.icc, sizes))
    yield "g, treatment-only model", g.low <= G <= g.high


def one_group_methods(trial: Trial, scene: Scene) -> Iterator[tuple[str, bool]]:
    """A mean of one group (and so its g on a known SD), schools' share of variance, and a change in answers."""
    columns = trial.rows[:, [0, 3]] - 0.7 * trial.rows[:, [0, 2]] * [0, 1]
    moments = cluster_moments(columns, trial.school)
    found = contrast(fit_ols(moments, [0], 1), [1.0])
    yield "mean, CR2, Satterthwaite", covers(found.value, found.se, found.df)
    fit = fit_random_intercept(moments, [0], 1)
    low, high = icc_interval(fit)
    yield "ICC, exact F", low <= scene.icc <= high
    answers = np.clip(np.round(3 + columns[:, 1]), 1, 5)
    half = np.arange(answers.size) % 2 == 0  # two waves of the same schools, with no change
    place = superiority(answers[half], answers[~half], trial.school[half], trial.school[~half])
    if place.low is not None and place.high is not None:
        yield "probability of superiority, CR2 on the logit", place.low <= 0.5 <= place.high


def inside_methods(trial: Trial, scene: Scene, replicate: int) -> Iterator[tuple[str, bool]]:
    """Trials inside schools."""
    rng = np.random.default_rng((scene.seed, replicate, 1))
    yield "trial inside schools, multilevel, Satterthwaite", multisite(trial, scene, rng)


def posterior_methods(trial: Trial, _: Scene, __: int) -> Iterator[tuple[str, bool]]:
    """The posterior of the effect."""
    posterior = effect_posterior(fit_bayes(trial.moments, range(3), 3), [0.0, 1.0, 0.0])
    yield "Bayes, 95 % of the posterior", 0.025 <= posterior.above(0.0) <= 0.975


def multisite(trial: Trial, scene: Scene, rng: np.random.Generator) -> bool:
    """Half of each school's pupils treated; the effect differs by school, 0 on average, with a tenth of the variance."""
    arm = rng.permutation(trial.school.size) % 2
    own = math.sqrt(0.1) * scene.noise(rng, trial.arms.size)
    rows = np.column_stack([np.ones(arm.size), arm, trial.rows[:, 2], trial.rows[:, 3] + arm * own[trial.school]])
    moments = cluster_moments(rows, trial.school, constant_safe_shift(rows))
    found = mixed_contrast(fit_mixed(moments, range(3), 3, slope=1), [0.0, 1.0, 0.0])
    return covers(found.value, found.se, found.df)


def answered(trial: Trial, scene: Scene, replicate: int) -> tuple[logistic.LogisticFit, float]:
    """A yes-or-no outcome with the same latent ICC, no effect of the schools' arm; its fit, and the true spread."""
    rng = np.random.default_rng((scene.seed, replicate, 2))
    n, j = trial.moments.n, trial.arms.size
    tau = math.sqrt(logistic.LATENT * scene.icc / (1 - scene.icc))
    chance = 1 / (1 + np.exp(0.5 - tau * scene.noise(rng, j)))
    x = np.column_stack([np.ones(j), trial.arms])
    yes = rng.binomial(n, chance).astype(np.float64)
    return logistic.fit_logistic(logistic.make_cells(x, n.astype(np.float64), yes, np.arange(j))), tau


def odds_methods(trial: Trial, scene: Scene, replicate: int) -> Iterator[tuple[str, bool]]:
    """Odds ratio of the schools' arm."""
    fit, _ = answered(trial, scene, replicate)
    se = float(np.sqrt(fit.cov[1, 1]))
    yield "odds ratio, normal", covers(float(fit.coef[1]), se, math.inf)
    df, wider = float(logistic.level_df(fit.cells)[1]), math.sqrt(float(logistic.restricted_cov(fit)[1, 1]))
    yield "odds ratio, t by level", covers(float(fit.coef[1]), se, df)
    yield "odds ratio, restricted errors, t by level", covers(float(fit.coef[1]), wider, df)


def spread_methods(trial: Trial, scene: Scene, replicate: int) -> Iterator[tuple[str, bool]]:
    """How far schools differ, and their odds; said where they do."""
    if scene.icc:
        low, high = variance_interval(fit_mixed(trial.moments, range(3), 3), 0)
        yield "variance between schools, profile", low <= scene.icc <= high
        fit, tau = answered(trial, scene, replicate)
        low, high = logistic.tau_interval(fit)
        yield "median odds ratio, profile", low <= tau <= high


def resampling_methods(trial: Trial, _: Scene, seed: int) -> Iterator[tuple[str, bool]]:
    """Tests that keep the null, and percentile intervals that hold it."""
    moments = trial.moments
    yield "wild cluster bootstrap", wild_bootstrap(moments, range(3), 3, 1, replicates=399, seed=seed).p_value > 0.05
    yield "permutation of schools", permutation(moments, range(3), 3, 1, replicates=399, seed=seed).p_value > 0.05
    drawn = bootstrap_ols(moments, range(3), 3, 399, seed, strata=trial.arms)
    low, high = drawn.interval()[:, 1]
    yield "bootstrap of schools, percentile", bool(low <= 0 <= high)
    refitted = bootstrap_reml(moments, range(3), 3, 399, seed, strata=trial.arms)
    low, high = refitted.interval()[:, 1]
    yield "bootstrap of schools, REML refitted, percentile", bool(low <= 0 <= high)


def pupil_methods(trial: Trial, _: Scene, seed: int) -> Iterator[tuple[str, bool]]:
    """What does not allow for schools at all."""
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


Methods = Callable[[Trial, Scene, int], Iterator[tuple[str, bool]]]
PARTS: dict[str, tuple[Methods, int]] = {
    "effects": (effect_methods, REPLICATES),
    "odds": (odds_methods, REPLICATES),
    "inside": (inside_methods, INSIDE),
    "spread": (spread_methods, SEARCHED),
    "posterior": (posterior_methods, SEARCHED),
    "resampled": (resampling_methods, RESAMPLED),
    "pupils": (pupil_methods, PUPILS),
}


@dataclass(frozen=True, slots=True)
class Task:
    """Some replicates of a scene, and some of the methods."""

    scene: Scene
    part: str
    first: int
    last: int


def run(task: Task) -> dict[str, tuple[int, int]]:
    """Hits and tries by method."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for replicate in range(task.first, task.last):
        try:
            answers = [*PARTS[task.part][0](draw(task.scene, replicate), task.scene, replicate)]
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


def simulate(done: list[Cell], share: float = 1.0) -> Iterator[list[Cell]]:
    """The cells so far, those that were there and those found, after each part of a scene."""
    there = {(cell.schools, cell.scene, cell.part) for cell in done}
    wanted = [(part, s) for part in PARTS for s in scenes() if (s.schools, s.label, part) not in there]
    tasks = [task for part, scene in wanted for task in steps(scene, part, round(PARTS[part][1] * share))]
    total: dict[tuple[Scene, str, str], list[int]] = defaultdict(lambda: [0, 0])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for at, (task, found) in enumerate(zip(tasks, pool.map(run, tasks), strict=True), 1):
            for name, (held, tried) in found.items():
                total[task.scene, task.part, name][0] += held
                total[task.scene, task.part, name][1] += tried
            if at == len(tasks) or (task.scene, task.part) != (tasks[at].scene, tasks[at].part):
                print(f"{task.part}: {task.scene.schools} schools, {task.scene.label}", file=sys.stderr, flush=True)
                new = [Cell(s.schools, s.label, p, m, held / n, n) for (s, p, m), (held, n) in total.items() if n]
                yield sorted([*done, *new], key=order)


def steps(scene: Scene, part: str, replicates: int) -> Iterator[Task]:
    """The same in small pieces, so that they are shared out."""
    step = max(replicates // 20, 1)
    for first in range(0, replicates, step):
        yield Task(scene, part, first, min(first + step, replicates))


def order(cell: Cell) -> tuple[int, int]:
    """In which order do cells stand: by scene, then by part, and inside it as they came?"""
    return [(s.schools, s.label) for s in scenes()].index((cell.schools, cell.scene)), list(PARTS).index(cell.part)


@dataclass(frozen=True, slots=True)
class Cell:
    """How often did one method hold the truth in one scene?"""

    schools: int
    scene: str
    part: str
    method: str
    coverage: float
    replicates: int

    @property
    def side(self) -> str:
        """On which side of the band, by more than the standard error of a figure at its edge, from ten schools up?"""
        low, high = (math.sqrt(edge * (1 - edge) / self.replicates) for edge in BAND)
        if self.schools < 10 or BAND[0] - low <= self.coverage <= BAND[1] + high:
            return ""
        return "low" if self.coverage < BAND[0] else "wide"

    @property
    def shown(self) -> str:
        """In per cent and in words."""
        return f"{100 * self.coverage:.1f} % {self.side}".rstrip()

    @property
    def missed(self) -> bool:
        """Is it a default method outside the band?"""
        return self.method in DEFAULTS and self.side != ""

    @property
    def in_reach(self) -> bool:
        """Is the outcome normal, with schools that differ, so that 95 % can be asked for?"""
        return "normal" in self.scene and not self.scene.endswith("ICC 0")


def page(cells: list[Cell]) -> str:
    """The table as the book shows it."""
    labels = list(dict.fromkeys(cell.scene for cell in cells))
    lines = ["# How often the intervals hold the truth", "", introduction(), ""]
    done, wanted = len({(cell.schools, cell.scene, cell.part) for cell in cells}), parts_wanted()
    if done < wanted:
        lines += [f"The run was stopped after {done} of {wanted} parts; what it did not reach is blank.", ""]
    lines += [*verdict(cells), "", *glance(cells), "", *misses(cells)]
    for label in labels:
        lines += ["", f"## {label[:1].upper()}{label[1:]}", "", *table([c for c in cells if c.scene == label])]
    return "\n".join([*lines, "", "The numbers: {download}`coverage.csv <coverage.csv>`.", ""])


def parts_wanted() -> int:
    """How many parts of scenes are there, those that give no figure left out?"""
    return sum(part != "spread" or s.icc > 0 for part in PARTS for s in scenes())


def introduction() -> str:
    """What was done, and how sure are the shares?"""
    counts = sorted({count for _, count in PARTS.values()}, reverse=True)
    errors = ", ".join(f"{100 * (0.95 * 0.05 / tried) ** 0.5:.1f} with {tried:,}" for tried in counts)
    return (
        "Simulated trials of whole schools without an effect, with a baseline. Each figure is the share of 95 % "
        "intervals that hold the truth, or of tests at the 5 % level that are silent: 95 % is what they promise. "
        "The g is that of a true effect of 0.5 SD. The trial inside schools has an effect that differs by school. "
        "Mean (and with it g on a national SD), ICC and probability of superiority are those of one group. "
        "The odds ratio is that of a yes-or-no outcome with the same latent ICC.\n\n"
        f"From 10 schools up, a figure under {100 * BAND[0]:g} % is marked *low* and one over {100 * BAND[1]:g} % "
        "*wide*, where it is outside by more than a standard error. Methods in bold are the defaults. Below 6 schools no interval is given by default.\n\n"
        f"A true 95 % would be simulated with this standard error, in points: {errors} trials. "
        "Methods that resample have fewer trials, a trial inside schools has more. Each method has the same number everywhere, but for the "
        "few trials of six schools that have no odds ratio."
    )


def verdict(cells: list[Cell]) -> list[str]:
    """Do the defaults keep their promise, and if not, how far are they off?"""
    asked = [cell for cell in cells if cell.method in DEFAULTS and cell.schools >= 10]
    reach = [cell for cell in asked if cell.in_reach]
    outside = [f"{c.method}, {c.schools} schools, {c.scene}: {c.shown}" for c in reach if c.missed]
    level = [cell for cell in asked if cell.scene.endswith("ICC 0")]
    skewed = [cell for cell in asked if not cell.in_reach and cell not in level]
    count = f"{len(outside)} of {len(reach)} figures" if len(outside) > 1 else f"one of {len(reach)} figures"
    said = f"{count if outside else 'none'} outside by more than a standard error"
    said += f" ({'; '.join(outside)})" if outside else ""
    text = (
        "From 10 schools up, with a normal outcome and schools that differ, the default intervals hold the truth in "
        f"{span(reach)} of trials; {100 * BAND[0]:g} to {100 * BAND[1]:g} % is what we ask of them, with {said}. "
        f"With an ICC of 0 they hold it in {span(level)}, with heavy skew in {span(skewed)}."
    )
    return [text]


def glance(cells: list[Cell]) -> list[str]:
    """Each method in a line: on how many trials, and between which shares from ten schools up."""
    out = ["## Each method at a glance", "", "The least and the most that it holds the truth, from 10 schools up.", ""]
    out += ["| Method | Trials each | Normal | Skewed | Normal, ICC 0 |", "|---|---:|---:|---:|---:|"]
    for method in dict.fromkeys(cell.method for cell in cells):
        found = [cell for cell in cells if cell.method == method and cell.schools >= 10]
        level = [cell for cell in found if cell.scene.endswith("ICC 0")]
        skewed = [cell for cell in found if not cell.in_reach and cell not in level]
        shares = " | ".join(span(part) for part in ([c for c in found if c.in_reach], skewed, level))
        out.append(f"| {named(method)} | {trials([c for c in cells if c.method == method])} | {shares} |")
    return out


def trials(cells: list[Cell]) -> str:
    """On how many trials, where some may have had no answer?"""
    low, high = (end(cell.replicates for cell in cells) for end in (min, max))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def span(cells: list[Cell]) -> str:
    """Between which shares?"""
    if not cells:
        return ""
    low, high = (f"{100 * end(cell.coverage for cell in cells):.1f}" for end in (min, max))
    return f"{low} %" if low == high else f"{low} to {high} %"


def named(method: str) -> str:
    """The defaults in bold."""
    return f"**{method}**" if method in DEFAULTS else method


def misses(cells: list[Cell]) -> list[str]:
    """Where do the defaults leave the band?"""
    out = ["## Where the defaults leave the band", ""]
    found = [cell for cell in cells if cell.missed]
    if not found:
        return [*out, "Nowhere from 10 schools up."]
    out += ["| Method | Outcome | Schools | Holds the truth | Trials |", "|---|---|---:|---:|---:|"]
    out += [f"| {c.method} | {c.scene} | {c.schools} | {c.shown} | {c.replicates:,} |" for c in found]
    return [*out, "", REASONS]


def table(cells: list[Cell]) -> list[str]:
    """One scene: methods down, schools across."""
    lines = ["| Method | " + " | ".join(f"{j} schools" for j in SCHOOLS) + " |", "|---|" + "---:|" * len(SCHOOLS)]
    for method in dict.fromkeys(cell.method for cell in cells):
        found = {cell.schools: cell.shown for cell in cells if cell.method == method}
        lines.append(f"| {named(method)} | " + " | ".join(found.get(j, "") for j in SCHOOLS) + " |")
    return lines


def write(cells: list[Cell]) -> None:
    """The page and its numbers."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "coverage.md").write_text(page(cells), encoding="utf-8")
    with (OUT / "coverage.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Cell.__slots__)
        writer.writerows([c.schools, c.scene, c.part, c.method, f"{c.coverage:.6g}", c.replicates] for c in cells)


def read() -> list[Cell]:
    """The cells that were found; none before the first run."""
    if not (OUT / "coverage.csv").exists():
        return []
    with (OUT / "coverage.csv").open(newline="", encoding="utf-8") as file:
        return [
            Cell(int(r["schools"]), r["scene"], r["part"], r["method"], float(r["coverage"]), int(r["replicates"]))
            for r in csv.DictReader(file)
        ]


def main() -> int:
    """Simulate, print, write; exit 1 where a default leaves its band though it should not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates; writes nothing")
    parser.add_argument("--page", action="store_true", help="write the page anew from coverage.csv")
    parser.add_argument("--resume", action="store_true", help="keep what is there, find what is not")
    parser.add_argument("--again", choices=PARTS, action="append", default=[], help="of what is kept, find this anew")
    options = parser.parse_args()
    begun = time.perf_counter()
    kept = [c for c in read() if c.part not in options.again] if options.resume or options.page else []
    cells: list[Cell] = kept
    for cells in [kept] if options.page else simulate(kept, 0.1 if options.quick else 1.0):
        if not options.quick:
            write(cells)  # after each part: a run that is stopped leaves what it has found
    print(page(cells))
    print(f"{(time.perf_counter() - begun) / 60:.0f} minutes", file=sys.stderr)
    return judge(cells)


def judge(cells: list[Cell]) -> int:
    """Does each default cover between 93 % and 97.5 % from ten schools up, where that is in reach?"""
    bad = [cell for cell in cells if cell.missed and cell.in_reach]
    for cell in bad:
        print(f"outside the band: {cell}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
