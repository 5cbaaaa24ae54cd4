"""A cohort that is more than 2 % of the pupils behind a figure is set against the others, or against nobody."""

import math

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.comparators.rest import behind
from afa_eval.designs import PrePostProgress
from afa_eval.errors import ComparatorError

OWN = (
    "slug,year,sen,value,unit,n,sd,definition,source\n"
    "ks2-reading-progress,202223,support,-0.6,points,{support},6.1,ks1-ks2-progress,my extract\n"
    "ks2-reading-progress,202223,none,0.3,points,{none},5.9,ks1-ks2-progress,my extract\n"
)
DFE = {"baseline": "", "outcome": "score", "scale": "dfe-progress", "outcome_year": "202223"}


def pupils(n=120, provision=("K", "N"), seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "pupil_id": [f"p{number}" for number in range(n)],
            "urn": [str(100_000 + number % 12) for number in range(n)],
            "sen_provision": [provision[number % len(provision)] for number in range(n)],
            "year_group": 6,
            "score": rng.normal(0.5, 6, n).round(2),
        }
    )


def minus(found, group="all", estimand="progress_minus_national"):
    return [item for item in found.items if (item.group, item.estimand) == (group, estimand)]


def by_hand(frame, sizes, means, sds):
    """(N p - n q)/(N - n) in each cell, weighted to the cohort's own mix; and its error."""
    value = error = 0.0
    for code, n_all in sizes.items():
        own = frame.loc[frame["sen_provision"] == code, "score"]
        weight = len(own) / len(frame)
        value += weight * (n_all * means[code] - own.sum()) / (n_all - len(own))
        error += weight**2 * sds[code] ** 2 / (n_all - len(own))
    return value, math.sqrt(error)


def test_the_rest_stands_in_for_a_figure_that_the_cohort_is_part_of(tmp_path):
    frame, path = pupils(), tmp_path / "own.csv"
    path.write_text(OWN.format(support=900, none=1500))
    (found,) = minus(PrePostProgress(id="r", comparator=str(path), **DFE).estimate(frame))
    line, error = by_hand(frame, {"K": 900, "N": 1500}, {"K": -0.6, "N": 0.3}, {"K": 6.1, "N": 5.9})
    assert found.value == pytest.approx(frame["score"].mean() - line, rel=1e-12)
    assert found.comparator.value == pytest.approx(line, rel=1e-12)
    assert "with their own error" in found.method
    # the same line with so large a number that it is fixed: what is left is the line's own error
    rest = {code: by_hand(frame[frame["sen_provision"] == code], {code: n}, {code: m}, {code: 1.0})[0]
            for code, n, m in (("K", 900, -0.6), ("N", 1500, 0.3))}  # fmt: skip
    text = OWN.replace(",-0.6,", f",{float(rest['K'])!r},").replace(",0.3,", f",{float(rest['N'])!r},")
    path.write_text(text.format(support=9_000_000, none=15_000_000))
    (fixed,) = minus(PrePostProgress(id="r", comparator=str(path), **DFE).estimate(frame))
    assert fixed.value == pytest.approx(found.value, rel=1e-12)
    assert "fixed" in fixed.method
    assert found.se == pytest.approx(math.hypot(fixed.se, error), rel=1e-12)


def test_without_a_number_or_a_spread_it_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN.format(support=900, none=1500).replace(",6.1,", ",,"))
    found = PrePostProgress(id="r", comparator=str(path), **DFE).estimate(pupils())
    assert not minus(found)
    (said,) = [item for item in found.findings if item.code == "cohort-in-comparator"]
    assert "more than 2%" in said.message
    assert "standard deviation is not published" in said.message


def test_a_figure_without_a_number_is_refused_where_the_group_is_known_to_be_small():
    size = behind("ks2-reading-progress", "202223", "ehcp")
    assert size == comparators.find("ks2-rwm-expected", year="202223", sen="ehcp").n
    many = pupils(size // 40, ("E",))  # 2.5 % of England's
    design = PrePostProgress(id="r", comparator="ks2-reading-progress", **DFE)
    found = design.estimate(many)
    (whole,) = minus(found)  # of all pupils they are no visible part
    assert whole.comparator.population == "all pupils, England"
    (said,) = [item for item in found.findings if item.code == "cohort-in-comparator"]
    assert "number is not published" in said.message
    few = design.estimate(pupils(size // 60, ("E",)))
    assert [item.comparator.population for item in minus(few)] == ["EHC plan, England", "all pupils, England"]
    assert behind("phonics", "202223", "any") is None
    assert behind("progress-8", "202223", "all") > 500_000


def test_the_same_start_without_the_cohort():
    band = comparators.transition("Mathematics", "202223", "any").band_of(97.5)
    n = band.n // 25
    frame = pupils(n, ("K",)).assign(ks2=97.5, score=lambda d: (d.index % 5 + 2).astype(float))
    keys = {"baseline": "ks2", "outcome": "score", "scale": "grade-9-1", "outcome_year": "202223"}
    design = PrePostProgress(id="m", comparator="ks2-ks4-transition", subject="Mathematics", **keys)
    found = minus(design.estimate(frame))[0]
    rest = (band.mean * band.n - frame["score"].sum()) / (band.n - n)
    assert found.comparator.value == pytest.approx(rest, rel=1e-12)
    assert found.comparator.n == band.n - n
    assert found.se == pytest.approx(
        math.hypot(frame.groupby("urn")["score"].mean().std(ddof=1) / math.sqrt(12), band.sd / math.sqrt(band.n - n)),
        rel=0.05,  # schools differ by one pupil
    )


def test_a_share_at_the_standard_without_the_cohort():
    whole = comparators.find("ks2-rwm-expected", year="202223", sen="ehcp")
    n = whole.n // 30
    frame = pupils(n, ("E",)).assign(score=lambda d: np.where(d.index % 4 == 0, 101.0, 95.0), first=97.0)
    keys = {"baseline": "first", "outcome": "score", "scale": "ks-scaled", "outcome_year": "202223"}
    design = PrePostProgress(id="s", comparator="ks2-rwm-expected", standard=100, **keys)
    found, _ = minus(design.estimate(frame), estimand="share_minus_national")  # the same SEN group, then all pupils
    reached = (frame["score"] >= 100).sum()
    assert found.comparator.value == pytest.approx((whole.numerator - reached) / (whole.n - n), rel=1e-12)
    assert found.value == pytest.approx(reached / n - found.comparator.value, rel=1e-12)


def test_a_mean_is_taken_apart_with_its_spread_only():
    band = comparators.transition("Mathematics", "202223", "any")
    mean = band.comparator(band.band_of(97.5))
    rest = comparators.without(mean, numerator=300.0, n=100)
    assert rest.value == pytest.approx((mean.value * mean.n - 300) / (mean.n - 100), rel=1e-15)
    assert (rest.ci[1] - rest.ci[0]) / 2 == pytest.approx(1.96 * mean.sd / math.sqrt(mean.n - 100), rel=1e-12)
    with pytest.raises(ComparatorError, match="standard deviation is not published"):
        comparators.without(comparators.find("attainment-8", year="202223", sen="any"), 3000.0, 100)
