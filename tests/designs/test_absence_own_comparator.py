"""Persistent absence against a file of the user's own, an area, and an area that the cohort is part of."""

import math

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.designs import PersistentAbsence
from afa_eval.errors import ComparatorError, PlanError
from afa_eval.plan.load import load_plan

YEARS = {"baseline_year": "202324", "outcome_year": "202425"}
HEADER = "slug,year,sen,phase,value,unit,numerator,n,definition,source\n"
SHARES = {  # made up: what a trust would bring for years that are not bundled
    ("202324", "none"): (0.168, 2_500_000), ("202324", "support"): (0.342, 400_000), ("202324", "ehcp"): (0.371, 80_000),
    ("202425", "none"): (0.158, 2_500_000), ("202425", "support"): (0.321, 420_000), ("202425", "ehcp"): (0.360, 90_000),
}  # fmt: skip


def attendance(years=("202324", "202425"), n=1200, seed=1):
    rng = np.random.default_rng(seed)
    frames = []
    for year in years:
        provision = rng.choice(["N", "K", "E"], n, p=[0.8, 0.15, 0.05])
        missed = rng.binomial(300, np.where(provision == "N", 0.06, 0.1))
        frames.append(
            pd.DataFrame(
                {
                    "pupil_id": [f"p{number}" for number in range(n)],
                    "urn": [str(100_000 + number % 12) for number in range(n)],
                    "year": year,
                    "sessions_possible": 300,
                    "sessions_authorised": missed,
                    "sessions_unauthorised": 0,
                    "sen_provision": provision,
                    "year_group": rng.integers(7, 12, n),
                }
            )
        )
    return pd.concat(frames)


@pytest.fixture
def figures(tmp_path):
    lines = [
        f"persistent-absence,{year},{sen},secondary,{share},proportion,{share * n:.0f},{n},pa-10-percent,my extract"
        for (year, sen), (share, n) in SHARES.items()
    ]
    path = tmp_path / "figures.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def change(found, group="all"):
    return next(item for item in found.items if item.group == group and item.estimand == "change_minus_national")


def test_a_trust_of_2024_sets_its_pupils_against_its_own_file(figures):
    data = attendance()
    assert not [
        item for item in PersistentAbsence(id="a", **YEARS).estimate(data).items if item.claim == "comparison"
    ]  # nothing bundled by SEN
    found = PersistentAbsence(id="a", by=("sen_provision",), comparator=str(figures), **YEARS).estimate(data)
    weights = data[data["year"] == "202324"]["sen_provision"].value_counts(normalize=True)
    names = {"N": "none", "K": "support", "E": "ehcp"}
    line = sum(
        weights[code] * (SHARES[("202425", name)][0] - SHARES[("202324", name)][0]) for code, name in names.items()
    )
    answer = change(found)
    assert answer.comparator.value == pytest.approx(line, rel=1e-12)
    own = next(item for item in found.items if item.group == "all" and item.estimand == "persistent_absence_change")
    assert answer.value == pytest.approx(own.value - line, rel=1e-12)
    assert answer.claim == "comparison"
    assert answer.comparator.source == "my extract"
    support = change(found, "sen_provision=K")
    assert support.comparator.value == pytest.approx(0.321 - 0.342, rel=1e-12)
    finding = next(item for item in found.findings if item.code == "composition")
    assert finding.message.startswith("figures.csv: the figures are weighted")


def test_a_file_without_the_second_year_leaves_a_description_that_says_so(figures):
    text = [row for row in figures.read_text().splitlines() if ",202425," not in row]
    figures.write_text("\n".join(text))
    found = PersistentAbsence(id="a", comparator=str(figures), **YEARS).estimate(attendance())
    assert all(item.claim == "description" for item in found.items)
    (finding,) = [item for item in found.findings if item.code == "no-comparator"]
    assert "figures.csv does not cover" in finding.message


def test_the_plan_names_the_file_beside_itself(trust, figures):
    (trust / "figures.csv").write_text(figures.read_text())
    plan = trust / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace(
        'design = "persistent-absence"', 'design = "persistent-absence"\ncomparator = "figures.csv"'
    )
    plan.write_text(text, encoding="utf-8")
    loaded = load_plan(plan)
    design = next(item for item in loaded.designs if item.slug == "persistent-absence")
    assert design.comparator == str(trust / "figures.csv")
    from afa_eval.evaluation import fingerprint

    before = fingerprint(loaded)["files_sha256"]["figures.csv"]
    (trust / "figures.csv").write_text(figures.read_text().replace("my extract", "another extract"))
    assert fingerprint(loaded)["files_sha256"]["figures.csv"] != before


def test_only_a_csv_and_a_known_area_are_taken():
    with pytest.raises(PlanError, match="no CSV"):
        PersistentAbsence(id="a", comparator="persistent-absence", **YEARS)
    with pytest.raises(PlanError, match="Nearest: Gateshead"):
        PersistentAbsence(id="a", area="Gatehead", **YEARS)
    with pytest.raises(PlanError, match="Nearest: Gateshead"):
        PersistentAbsence(id="a", area="neighbours of Gatehead", **YEARS)
    with pytest.raises(ComparatorError, match="no comparator file"):
        PersistentAbsence(id="a", comparator="none.csv", **YEARS).estimate(attendance())


BANDED = {"baseline_year": "202122", "outcome_year": "202223"}


@pytest.fixture(scope="module")
def earlier():
    return attendance(("202122", "202223"))


def test_a_region_and_the_neighbours_are_comparators_on_request(earlier):
    for area in ("North East", "neighbours of Gateshead"):
        answer = change(PersistentAbsence(id="a", area=area, **BANDED).estimate(earlier))
        assert answer.comparator.population.startswith(f"{area}, same SEN status")
        assert "fixed" in answer.method
    england = change(PersistentAbsence(id="a", **BANDED).estimate(earlier))
    assert england.comparator.population.startswith("England, same SEN status")


def test_a_cohort_that_is_part_of_its_authority_is_taken_out_of_it(earlier):
    found = PersistentAbsence(id="a", area="Gateshead", **BANDED).estimate(earlier)
    answer = change(found)
    whole = change(PersistentAbsence(id="a", area="North East", **BANDED).estimate(earlier))
    assert answer.se > whole.se  # the rest has an error of its own, and it is a small authority
    assert "without this cohort" in answer.comparator.population
    assert "with its own error" in answer.method
    finding = next(item for item in found.findings if item.code == "composition")
    assert "more than 2%" in finding.message


def test_the_rest_is_the_formula_cell_by_cell():
    mix = pd.DataFrame({"sen": ["any", "none"], "weight": [200.0, 800.0], "n": [200.0, 800.0], "above": [70.0, 90.0]})
    found = comparators.weighted("persistent-absence", mix, "202223", area="Gateshead")
    total, variance = 0.0, 0.0
    for sen, n, above in (("any", 200, 70), ("none", 800, 90)):
        whole = comparators.find("persistent-absence", year="202223", sen=sen, area="Gateshead")
        rest = (whole.n * whole.value - above) / (whole.n - n)
        total += n / 1000 * rest
        variance += (n / 1000) ** 2 * rest * (1 - rest) / (whole.n - n)
    assert found.value == pytest.approx(total, rel=1e-12)
    assert found.se == pytest.approx(math.sqrt(variance), rel=1e-12)
    small = comparators.weighted("persistent-absence", mix.assign(weight=[2.0, 8.0], n=[2.0, 8.0], above=[1.0, 1.0]),
                                 "202223", area="Gateshead")  # fmt: skip
    assert small.se == 0


def test_an_authority_whose_number_is_unpublished_is_refused():
    mix = pd.DataFrame({"sen": ["any"], "weight": [50.0], "above": [10.0]})
    with pytest.raises(ComparatorError, match="not published"):
        comparators.weighted("mtc", mix, "202324", area="Gateshead")
    assert comparators.weighted("mtc", mix, "202324").se == 0  # England's figures are fixed


def test_a_cohort_that_cannot_be_a_part_is_refused():
    mix = pd.DataFrame({"sen": ["any"], "weight": [900.0], "above": [899.0]})
    with pytest.raises(ComparatorError, match="not a part"):
        comparators.weighted("persistent-absence", mix.assign(above=5000.0), "202223", area="Gateshead")


def test_years_either_side_of_2014_carry_a_finding():
    data = attendance(("201314", "201415"))
    codes = {item.code for item in PersistentAbsence(id="a", baseline_year="201314", outcome_year="201415",
             definition="pa-10-percent").estimate(data.replace({"sen_provision": {"K": "P", "E": "S"}})).findings}  # fmt: skip
    assert "sen-categories-changed" in codes
