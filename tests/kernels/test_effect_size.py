"""Effect sizes against R's effectsize and eefAnalytics, exact relations and simulated truth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from math import inf, sqrt
from pathlib import Path

import numpy as np
import pytest

from afa_eval.kernels import effect_size as es

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"


def golden(name: str) -> dict:
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip(f"needs the reference folder beside the checkout ({name})")
    return json.loads(path.read_text())


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def school_sizes(name: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    counted = Counter((row["urn"], row["treated"]) for row in rows(name))
    schools = sorted({urn for urn, _ in counted})
    return (*(np.array([counted[urn, arm] for urn in schools]) for arm in "10"), schools)


def check(found: es.EffectSize, want: dict, rel: float) -> None:
    assert found.value == pytest.approx(want["Estimate"], rel=rel)
    assert found.low == pytest.approx(want["95% LB"], rel=rel)
    assert found.high == pytest.approx(want["95% UB"], rel=rel)


@pytest.mark.shared
@pytest.mark.parametrize("source", ["ES", "Unconditional_ES"])
@pytest.mark.parametrize("basis", ["Within", "Total"])
def test_school_trial_as_eefanalytics_prints_it(source: str, basis: str) -> None:
    trial = golden("sim_trials.json")["crt_eef"]
    variances = trial["covParm" if source == "ES" else "Unconditional_covParm"][0]
    t, c, _ = school_sizes("crt.csv")
    found = es.hedges_g_clustered(
        trial["Beta"]["treated1"]["Estimate"],
        variances["Schools"],
        variances["Pupils"],
        es.arm_sizes(t[t > 0], c[c > 0]),
        basis=basis.lower(),
        convention="eefanalytics",
    )
    # closed formulas of the printed inputs (15 digits)
    check(found, trial[source]["treated1"][basis], 1e-10)


@pytest.mark.shared
@pytest.mark.parametrize("basis", ["Within", "Total"])
def test_trial_within_schools_as_eefanalytics_prints_it(basis: str) -> None:
    trial = golden("sim_trials.json")["mst_eef"]
    (name, cov), pupils = next(iter(trial["covParm"].items())), trial["covParm"]["Pupils"]
    assert name == "School:trt"
    t, c, _ = school_sizes("mst.csv")
    found = es.hedges_g_multisite(
        trial["Beta"]["treated1"]["Estimate"],
        cov[1]["trt1"],
        pupils,
        t,
        c,
        var_intercept=cov[0]["(Intercept)"],
        cov=cov[0]["trt1"],
        basis=basis.lower(),
    )
    check(found, trial["ES"]["treated1"][basis], 1e-10)


@pytest.mark.shared
@pytest.mark.parametrize("basis", ["Within", "Total"])
def test_unconditional_trial_within_schools_uses_the_school_trial_formulas(basis: str) -> None:
    trial = golden("sim_trials.json")["mst_eef"]
    variances = trial["Unconditional_covParm"]
    t, c, _ = school_sizes("mst.csv")
    found = es.hedges_g_clustered(
        trial["Beta"]["treated1"]["Estimate"],
        variances["School"][0]["(Intercept)"],
        variances["Pupils"],
        es.arm_sizes(t[t > 0], c[c > 0]),
        basis=basis.lower(),
        convention="eefanalytics",
    )
    check(found, trial["Unconditional_ES"]["treated1"][basis], 1e-10)


@pytest.mark.shared
def test_trial_without_schools_as_eefanalytics_prints_it() -> None:
    trial = golden("sim_trials.json")["srt_eef"]
    data = rows("mst.csv")
    treated, pre, post = (np.array([float(row[k]) for row in data]) for k in ("treated", "pre", "post"))
    n_t, n_c = int(treated.sum()), int((1 - treated).sum())
    for source, covariates in (("ES", [pre]), ("Unconditional_ES", [])):
        x = np.column_stack([np.ones_like(pre), *([treated] if source == "ES" else []), *covariates])
        residual = post - x @ np.linalg.lstsq(x, post, rcond=None)[0]
        sd = sqrt(residual @ residual / (len(post) - x.shape[1]))
        found = es.hedges_g_pupil_trial(trial["Beta"]["treated1"]["Estimate"], sd, n_t, n_c)
        check(found, trial[source]["treated1"], 1e-10)


@pytest.mark.shared
def test_two_groups_as_effectsize_prints_it() -> None:
    want = golden("effectsize.json")["hedges_g_pooled_TRUE"]
    data = rows("data/ToothGrowth.csv")
    a, b = (np.array([float(row["len"]) for row in data if row["supp"] == supp]) for supp in ("OJ", "VC"))
    found = es.hedges_g(a.mean(), b.mean(), a.std(ddof=1), b.std(ddof=1), len(a), len(b))
    assert found.value == pytest.approx(want["Hedges_g"], rel=1e-12)
    # effectsize finds the noncentralities by minimising, to about five digits
    assert (found.low, found.high) == pytest.approx((want["CI_low"], want["CI_high"]), abs=2e-5)


@pytest.mark.shared
def test_common_language_sizes_as_effectsize_prints_them() -> None:
    want = golden("effectsize.json")
    d = want["cohens_d_pooled_TRUE"]["Cohens_d"]
    assert es.u3(d) == pytest.approx(want["U3"]["Cohens_U3"], rel=1e-12)
    assert es.superiority(d) == pytest.approx(want["p_superiority"]["p_superiority"], rel=1e-12)


def test_noncentrality_puts_t_at_the_tails() -> None:
    from scipy.stats import nct

    low, high = es.noncentrality(1.915, 58)
    assert nct.sf(1.915, 58, low) == pytest.approx(0.025, abs=1e-9)
    assert nct.cdf(1.915, 58, high) == pytest.approx(0.025, abs=1e-9)


@pytest.mark.parametrize("t", [-8.0, 0.0, 12.0])
def test_noncentrality_is_found_far_from_nought(t: float) -> None:
    low, high = es.noncentrality(t, 40)
    assert low < t < high


def test_hedges_correction_is_exact() -> None:
    from math import pi

    # gamma functions in closed form at 2 and 4 degrees of freedom
    assert es.correction(2) == pytest.approx(1 / sqrt(pi), rel=1e-14)
    assert es.correction(4) == pytest.approx(sqrt(2 / pi), rel=1e-14)
    # the textbook's 1 - 3/(4 df - 1) comes within 0.05 / df**2
    assert es.correction(200) == pytest.approx(1 - 3 / 799, abs=0.05 / 200**2)
    # Stirling's series, where differences of log gammas would lose five digits
    assert es.correction(1e7) == pytest.approx(1 - 3 / 4e7 - 7 / 32e14, rel=1e-14)
    assert es.correction(inf) == 1.0


def test_national_sd_only_rescales() -> None:
    found = es.g_national(3.0, 1.2, 17.0, 15.0)
    assert (found.value, found.se, found.df) == pytest.approx((0.2, 0.08, 17.0))
    assert found.high - found.value == pytest.approx(2.1098155778331806 * 0.08)  # t(.975, 17)


def test_estimated_sd_widens_the_interval_and_shrinks_the_value() -> None:
    known, found = es.g_national(3.0, 1.2, 17.0, 15.0), es.g_estimated(3.0, 1.2, 17.0, 15.0, 40.0)
    assert found.value == pytest.approx(known.value * es.correction(40.0))
    assert found.se == pytest.approx(es.correction(40.0) * sqrt(known.se**2 + known.value**2 / 80))
    assert es.g_estimated(3.0, 1.2, 17.0, 15.0, 1e9).se == pytest.approx(known.se, rel=1e-6)


def test_without_clusters_both_bases_agree() -> None:
    sizes = es.arm_sizes(np.array([20, 30, 25]), np.array([22, 28, 24]))
    total, within = (
        es.hedges_g_clustered(2.0, 0.0, 100.0, sizes, basis=basis, se=1.0, df=4.0) for basis in ("total", "within")
    )
    assert es.total_df(0.0, sizes) == pytest.approx(sizes.n - 2)
    # they differ only in the degrees of freedom of J: pupils minus 2 or minus schools
    assert total.value == pytest.approx(within.value, rel=1e-3)


def test_equal_sizes_reduce_to_hedges_simple_formula() -> None:
    # Hedges (2007): with m schools of n pupils in each arm the effective size is n
    sizes = es.arm_sizes(np.full(6, 10), np.full(6, 10))
    assert (sizes.mean_size, sizes.nu_t, sizes.nu_c) == pytest.approx((10.0, 10.0, 10.0))


def test_known_truth_of_a_school_trial() -> None:
    """Truth 0.30 total SD: the mean of 400 small trials lies within 3 of its own errors, covered at 95 %."""
    rng = np.random.default_rng(20240131)
    m, n, icc, truth = 12, 20, 0.15, 0.30
    values, covered = [], []
    sizes = es.arm_sizes(np.full(m, n), np.full(m, n))
    for _ in range(400):
        school = rng.normal(0, sqrt(icc), 2 * m)
        y = truth * np.repeat([1.0, 0.0], m)[:, None] + school[:, None] + rng.normal(0, sqrt(1 - icc), (2 * m, n))
        means, within = y.mean(axis=1), float(y.var(axis=1, ddof=1).mean())
        between = (means[:m].var(ddof=1) + means[m:].var(ddof=1)) / 2
        difference = means[:m].mean() - means[m:].mean()
        found = es.hedges_g_clustered(
            difference, max(between - within / n, 0.0), within, sizes, se=sqrt(2 * between / m), df=2 * m - 2
        )
        values.append(found.value)
        covered.append(found.low <= truth <= found.high)
    assert abs(np.mean(values) - truth) < 3 * np.std(values) / 20
    assert 0.92 <= np.mean(covered) <= 0.98  # 95 % +- 2.7 simulation errors


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: es.g_national(1, 1, 5, 0), "standard deviation must be positive"),
        (lambda: es.arm_sizes(np.array([5]), np.array([5, 6])), "at least two schools"),
        (lambda: es.hedges_g_clustered(1, 1, 1, es.arm_sizes(np.ones(3), np.ones(3))), "own standard error"),
        (
            lambda: es.hedges_g_clustered(1, 1, 1, es.arm_sizes(np.ones(3), np.ones(3)), basis="all"),
            "basis must be one of total, within",
        ),
        (lambda: es.hedges_g_clustered(1, 1, 0, es.arm_sizes(np.ones(3), np.ones(3)), se=1.0), "must be positive"),
    ],
)
def test_what_cannot_be_is_refused(call, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()
