"""Parents' and schools' answers: the pilot's headline, hand-worked figures, known truth, bad input."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest

from afa_eval.data.tables import Tables
from afa_eval.designs import DESIGNS
from afa_eval.designs.parent_engagement import ParentEngagement
from afa_eval.errors import ColumnNotFound, DataError, EstimationError, PlanError
from afa_eval.estimate import Claim, Estimates

LEVELS = ("poor", "fair", "good", "excellent")
SCHOOLS = ParentEngagement(id="relationship", respondent="school", rating="rating", levels=LEVELS)
PARENTS = ParentEngagement(
    id="belonging",
    rating="relationship",
    levels=LEVELS,
    items=("q1", "q2", "q3", "q4"),
    reverse=("q4",),
    item_range=(1, 5),
    missing_items=0.3,
)


def waves(before: list[str], after: list[str], **columns: list[object]) -> pd.DataFrame:
    """One school a row, both waves."""
    urn = [f"s{k}" for k in range(len(before))]
    return pd.DataFrame(
        {"urn": urn * 2, "wave": ["before"] * len(urn) + ["after"] * len(urn), "rating": before + after} | columns
    )


def afa() -> pd.DataFrame:
    """The pilot's margins in 200 schools: 12 % excellent before, 48 % after; 78 rose to it, 6 fell."""
    before = ["excellent"] * 24 + ["good"] * 120 + ["fair"] * 40 + ["poor"] * 16
    after = ["excellent"] * 18 + ["good"] * 6 + ["excellent"] * 78 + ["good"] * 42 + ["good"] * 40 + ["fair"] * 16
    return waves(before, after)


def parents(seed: int = 1, schools: int = 20, each: int = 16, answering: float = 0.8, change: float = 0.4) -> Tables:
    rng = np.random.default_rng(seed)
    n = schools * each
    school = np.repeat(np.arange(schools), each)
    lasting = rng.normal(0, 0.4, schools)[school] + rng.normal(0, 0.6, n)
    pace = change + rng.normal(0, 0.2, schools)[school]
    sheets = []
    for wave in (0, 1):
        latent = lasting + wave * pace + rng.normal(0, 0.6, n)
        items = {f"q{k}": np.clip(np.round(3 + latent + rng.normal(0, 0.7, n)), 1, 5) for k in range(1, 5)}
        items["q4"] = 6 - items["q4"]
        sheet = pd.DataFrame(
            {
                "respondent": "parent",
                "pupil_id": [f"p{k}" for k in range(n)],
                "urn": [f"s{k}" for k in school],
                "wave": ("before", "after")[wave],
                "relationship": np.array(LEVELS)[np.digitize(latent, [-1.2, -0.2, 0.8])],
            }
            | items
        )
        sheets.append(sheet[rng.random(n) < answering])
    pupils = pd.DataFrame(
        {
            "pupil_id": [f"p{k}" for k in range(n)],
            "urn": [f"s{k}" for k in school],
            "sen_provision": rng.choice(["N", "K", "E"], n, p=[0.4, 0.4, 0.2]),
            "fsm": rng.choice(["yes", "no"], n),
            "year_group": rng.integers(3, 10, n),
        }
    )
    return Tables(
        pupils=pupils.assign(sen=pupils["sen_provision"].map({"N": "none", "K": "any", "E": "any"})),
        responses=pd.concat(sheets, ignore_index=True),
    )


def codes(found: Estimates) -> set[str]:
    return {finding.code for finding in found.findings}


def all_of(found: Estimates) -> set[str]:
    return {str(item.estimand) for item in found if item.group == "all"}


# ---- the pilot's headline, worked by hand


def test_the_pilots_headline_by_hand() -> None:
    found = SCHOOLS.estimate(afa())
    assert (found["top_box_before"].value, found["top_box_after"].value) == pytest.approx((0.12, 0.48), rel=1e-14)
    change = found["top_box_change"]
    # each school is its own cluster: the error is that of a paired difference, 78 up and 6 down of 200
    se = sqrt(((78 + 6) / 200 - 0.36**2) / 199)
    assert (change.value, change.se, change.df) == pytest.approx((0.36, se, 199.0), rel=1e-10)
    assert change.ci == pytest.approx((0.36 - 1.9719565 * se, 0.36 + 1.9719565 * se), rel=1e-6)  # t(.975, 199)
    assert (change.base, change.n_pupils, change.n_schools, change.unit) == (
        "schools",
        200,
        200,
        "proportion difference",
    )
    assert change.claim is Claim.DESCRIPTION


def test_the_odds_ratio_is_named_and_is_no_ratio_of_shares() -> None:
    item = SCHOOLS.estimate(afa())["odds_ratio"]
    assert item.value == pytest.approx((0.48 / 0.52) / (0.12 / 0.88))  # 6.8, where the shares' ratio is 4
    slopes = 1 / (0.48 * 0.52), -1 / (0.12 * 0.88)
    both = 18 / 200 - 0.12 * 0.48  # covariance of the two answers of a school
    variance = (slopes[0] ** 2 * 0.48 * 0.52 + slopes[1] ** 2 * 0.12 * 0.88 + 2 * slopes[0] * slopes[1] * both) / 199
    half = 1.9719565 * sqrt(variance)
    assert item.ci == pytest.approx((exp(log(item.value) - half), exp(log(item.value) + half)), rel=1e-6)
    assert (item.null, item.p_value) == (1.0, None)


def test_marginal_homogeneity_where_the_unit_is_the_school() -> None:
    from statsmodels.stats.contingency_tables import SquareTable

    rows = afa()
    before, after = (
        rows.loc[rows["wave"] == wave, "rating"].map(LEVELS.index).to_numpy() for wave in ("before", "after")
    )
    peer = SquareTable(pd.crosstab(before, after).reindex(columns=range(4), fill_value=0).to_numpy(), shift_zeros=False)
    item = SCHOOLS.estimate(rows)["marginal_homogeneity"]
    assert item.value == pytest.approx(peer.homogeneity(method="stuart_maxwell").statistic, rel=1e-9)
    assert (item.df, item.p_adjusted) == (3.0, pytest.approx(peer.homogeneity(method="stuart_maxwell").pvalue))
    assert "marginal_homogeneity" not in all_of(PARENTS.estimate(parents()))


def test_shares_keep_inside_their_range_and_schools_have_no_icc() -> None:
    rows = afa()
    found = SCHOOLS.estimate(rows[rows["urn"].isin([f"s{k}" for k in (*range(1), *range(30, 60))])])
    low, high = found["top_box_before"].ci
    assert 0 < low < 1 / 31 < high < 1
    assert "icc" not in all_of(found)
    assert found["mdes"].value > 0


def test_who_answered_is_said() -> None:
    found = SCHOOLS.estimate(afa())
    assert {"schools-rated-themselves", "self-chosen-respondents", "no-comparator"} <= codes(found)
    asked = replace(SCHOOLS, asked_before=200, asked_after=200).estimate(afa())
    assert "self-chosen-respondents" not in codes(asked)  # every school that was asked answered
    assert asked["response_rate_after"].value == 1.0


def test_distribution_counts_everyone() -> None:
    table = next(t for t in SCHOOLS.estimate(afa()).tables if t.name == "distribution-relationship-all")
    assert table.columns == (*LEVELS, "Total")
    assert dict(zip(table.rows, table.cells, strict=True)) == {
        "Before": (16.0, 40.0, 120.0, 24.0, 200.0),
        "After": (0.0, 16.0, 88.0, 96.0, 200.0),
    }
    assert (table.kind, table.base, table.outcome) == ("counts", "schools", "relationship")


# ---- parents


def test_figures_of_parents_by_hand() -> None:
    tables = parents()
    found = PARENTS.estimate(tables)
    rows = tables.responses.assign(top=lambda f: (f["relationship"] == "excellent") * 1.0)
    wide = rows.pivot(index="pupil_id", columns="wave", values="top")
    twice = wide.dropna()
    assert found["top_box_change"].value == pytest.approx((twice["after"] - twice["before"]).mean(), rel=1e-12)
    assert found["top_box_change"].n_pupils == len(twice)
    assert found["top_box_change_unpaired"].value == pytest.approx(
        wide["after"].mean() - wide["before"].mean(), rel=1e-12
    )
    assert found["top_box_change_unpaired"].n_pupils == len(wide)
    assert found["share_paired"].value == pytest.approx(len(twice) / len(wide))
    change = found["top_box_after"].value - found["top_box_before"].value
    assert found["top_box_change"].value == pytest.approx(change, rel=1e-12)


def test_scale_turns_items_round_and_standardises_by_the_first_wave() -> None:
    tables = parents()
    found = PARENTS.estimate(tables)
    scores = tables.responses[["q1", "q2", "q3"]].sum(axis=1).add(6 - tables.responses["q4"]) / 4
    first = scores[tables.responses["wave"] == "before"]
    change = found["scale_change"]
    assert found["scale_change_g"].value == pytest.approx(change.value / first.std(), rel=2 / len(first))  # J
    # its error allows for that of the standard deviation too
    assert found["scale_change_g"].se > 0.99 * change.se / first.std()
    assert change.unit == "scale points"
    assert 0.7 < found["reliability_alpha"].value < 1
    assert found["reliability_alpha"].ci[0] < found["reliability_alpha"].value < found["reliability_alpha"].ci[1]
    assert found["reliability_omega"].value == pytest.approx(found["reliability_alpha"].value, abs=0.02)


def test_everything_asked_for_is_there() -> None:
    found = replace(PARENTS, by=("sen_provision", "fsm", "sen_provision & fsm"), asked_before=400).estimate(parents())
    assert {
        "top_box_before", "top_box_after", "top_box_change", "top_box_change_unpaired", "odds_ratio",
        "probability_of_superiority", "design_effect", "mdes", "icc", "scale_before", "scale_after", "scale_change",
        "scale_change_unpaired", "scale_change_g", "share_paired", "response_rate_before", "reliability_alpha",
        "reliability_omega",
    } == all_of(found)  # fmt: skip
    groups = {item.group for item in found}
    assert {"sen=any", "sen_provision=K", "fsm=yes", "sen_provision=E & fsm=no", "fsm=yes - rest"} <= groups
    assert {t.name for t in found.tables} == {
        f"distribution-belonging-{name}"
        for name in ("all", "by-sen-provision", "by-fsm", "by-sen-provision-fsm", "items")
    }
    keys = [(item.group, item.estimand) for item in found]
    assert len(keys) == len(set(keys))


def test_contrasts_between_groups_are_corrected_and_made_once() -> None:
    found = replace(PARENTS, by=("sen_provision", "sen", "fsm")).estimate(parents())
    contrasts = [item for item in found if item.group.endswith(" - rest") and item.estimand == "top_box_change"]
    # sen=any and sen_provision=N mirror each other, as do fsm=yes and fsm=no
    assert len(contrasts) == 4
    assert all(item.p_adjusted >= item.p_value for item in contrasts)
    k = next(item for item in contrasts if item.group == "sen_provision=K - rest")
    by_group = {item.group: item for item in found if item.estimand == "top_box_change"}
    n = {group: by_group[f"sen_provision={group}"] for group in "NKE"}
    rest = (n["N"].value * n["N"].n_pupils + n["E"].value * n["E"].n_pupils) / (n["N"].n_pupils + n["E"].n_pupils)
    assert k.value == pytest.approx(n["K"].value - rest, rel=1e-10)


def test_traits_of_schools_come_from_their_pupils() -> None:
    rows = afa()
    pupils = pd.DataFrame(
        {
            "pupil_id": [str(k) for k in range(400)],
            "urn": [f"s{k // 2}" for k in range(400)],
            "phase": ["primary" if k < 200 else "secondary" for k in range(400)],
            "fsm": ["yes", "no"] * 200,
        }
    )
    found = replace(SCHOOLS, by=("phase",)).estimate(Tables(pupils=pupils, responses=rows))
    assert {"phase=primary", "phase=secondary"} <= {item.group for item in found}
    with pytest.raises(ColumnNotFound, match=r"'fsm' \(a subgroup\)"):  # a trait of pupils, not of schools
        replace(SCHOOLS, by=("fsm",)).estimate(Tables(pupils=pupils, responses=rows))


def test_pairs_stay_in_the_school_of_the_first_wave() -> None:
    tables = parents()
    moved = tables.responses.copy()
    late = (moved["pupil_id"] == "p3") & (moved["wave"] == "after")
    moved.loc[late, "urn"] = "s19"
    found = PARENTS.estimate(replace(tables, responses=moved))
    assert found["top_box_change"].se == PARENTS.estimate(tables)["top_box_change"].se


def test_school_may_come_from_the_pupil() -> None:
    tables = parents()
    found = PARENTS.estimate(replace(tables, responses=tables.responses.drop(columns="urn")))
    assert found["top_box_change"] == PARENTS.estimate(tables)["top_box_change"]


def test_where_few_answered_twice_everybody_counts() -> None:
    tables = parents(answering=0.35)
    found = PARENTS.estimate(tables)
    assert found["share_paired"].value < 0.3
    assert "top_box_change_unpaired" not in all_of(found)
    assert "among all who answered" in found["top_box_change"].method
    assert "low-share-paired" in codes(found)
    always = replace(PARENTS, min_share_paired=0.0).estimate(tables)
    assert "answered in both waves" in always["top_box_change"].method


def test_unknown_respondents_are_compared_unpaired() -> None:
    tables = parents()
    found = PARENTS.estimate(tables.responses.drop(columns="pupil_id"))
    assert "share_paired" not in all_of(found)
    assert "unpaired-answers" in codes(found)
    assert found["top_box_change"].n_pupils == len(tables.responses)


def test_two_parents_of_one_pupil_count_but_are_no_pair() -> None:
    tables = parents()
    seen = tables.responses["pupil_id"].value_counts()
    both = tables.responses[tables.responses["pupil_id"] == seen.index[seen == 2].min()]
    found = PARENTS.estimate(replace(tables, responses=pd.concat([tables.responses, both], ignore_index=True)))
    assert found["top_box_change"].n_pupils == PARENTS.estimate(tables)["top_box_change"].n_pupils - 1
    assert "repeated-respondents" in codes(found)


@pytest.mark.parametrize("names", [("1", "2"), (1, 2), ("Autumn", "Summer")])
def test_waves_may_be_numbers_or_named(names: tuple[object, object]) -> None:
    tables = parents()
    renamed = tables.responses.assign(wave=tables.responses["wave"].map({"before": names[0], "after": names[1]}))
    question = replace(PARENTS, waves=names) if names[0] == "Autumn" else PARENTS
    found = question.estimate(replace(tables, responses=renamed))
    assert found["top_box_change"].value == PARENTS.estimate(tables)["top_box_change"].value


def test_parent_view_is_context_only() -> None:
    rows = pd.DataFrame(
        {
            "urn": np.repeat([f"s{k}" for k in range(8)], 8),
            "wave": np.tile(np.repeat(["before", "after"], 4), 8),
            "rating": np.tile(LEVELS, 16),
            "responses": np.tile([1, 4, 10, 5, 2, 3, 8, 9], 8),
        }
    )
    question = ParentEngagement(id="view", rating="rating", levels=LEVELS, source="parent-view", count="responses")
    found = question.estimate(rows)
    assert all_of(found) == {"top_box_before", "top_box_after"} | ({"icc"} & all_of(found))
    assert found["top_box_after"].value == pytest.approx(9 / 22)
    assert "parent-view" in codes(found)
    assert found.tables[0].cells[0] == (8.0, 32.0, 80.0, 40.0, 160.0)


# ---- few schools, one wave, nothing that varies


def test_one_school_is_a_description_without_an_interval() -> None:
    tables = parents(schools=1, each=60)
    found = PARENTS.estimate(tables)
    assert all(item.ci is None for item in found)
    assert found["top_box_change"].value == found["top_box_after"].value - found["top_box_before"].value


def test_below_six_schools_there_is_no_interval() -> None:
    found = PARENTS.estimate(parents(schools=5))
    assert all(item.ci is None for item in found)
    assert "fewer than 6 schools" in found["top_box_change"].notes[0]
    assert PARENTS.estimate(parents(schools=6))["top_box_change"].ci is not None


def test_one_wave_is_described() -> None:
    rows = afa()
    found = SCHOOLS.estimate(rows[rows["wave"] == "after"])
    assert all_of(found) == {"top_box_after"}
    assert "one-wave" in codes(found)


def test_answers_that_never_vary_have_no_interval() -> None:
    found = SCHOOLS.estimate(waves(["good"] * 20, ["good"] * 20))
    assert found["top_box_change"].value == 0
    assert found["top_box_change"].ci is None
    assert "same answer" in found["top_box_change"].notes[0]
    assert "odds_ratio" not in all_of(found)


def test_scale_that_does_not_hang_together_is_reported() -> None:
    tables = parents()
    rng = np.random.default_rng(0)
    noise = tables.responses.assign(**{f"q{k}": rng.integers(1, 6, len(tables.responses)) for k in range(1, 5)})
    assert "low-reliability" in codes(PARENTS.estimate(replace(tables, responses=noise)))
    assert "low-reliability" not in codes(PARENTS.estimate(tables))


def test_missing_items_follow_the_rule_and_are_told() -> None:
    tables = parents()
    gaps = tables.responses.copy()
    gaps.loc[gaps.index[:10], "q1"] = np.nan  # one of four: filled, since under 0.3
    gaps.loc[gaps.index[10:15], ["q1", "q2"]] = np.nan  # two of four: dropped
    found = PARENTS.estimate(replace(tables, responses=gaps))
    assert "missing-items" in codes(found)
    strict = replace(PARENTS, missing_items=0.2).estimate(replace(tables, responses=gaps))
    assert strict["scale_change_unpaired"].n_pupils <= found["scale_change_unpaired"].n_pupils


def test_more_answers_than_asked_is_a_finding_not_a_rate() -> None:
    found = replace(SCHOOLS, asked_before=100, asked_after={f"s{k}": 2 for k in range(200)}).estimate(afa())
    assert "response-rate" in codes(found)
    assert "response_rate_before" not in all_of(found)
    assert found["response_rate_after"].value == 0.5


def test_teachers_who_deliver_are_a_serious_finding() -> None:
    rows = parents().responses.assign(respondent="Teachers")
    question = replace(PARENTS, respondent="teacher", assessor="teacher-delivering")
    found = question.estimate(rows)
    assert found.findings[0].code == "teacher-delivering"
    assert found["top_box_change"].base == "teachers"


# ---- laws and known truth


def test_order_of_rows_does_not_matter() -> None:
    tables = parents()
    shuffled = replace(tables, responses=tables.responses.sample(frac=1, random_state=3))
    a, b = (PARENTS.estimate(t).tidy() for t in (tables, shuffled))
    pd.testing.assert_frame_equal(a, b, rtol=1e-9)  # sums in another order; omega is found by search


def test_collection_round_trips() -> None:
    found = replace(PARENTS, by=("fsm",)).estimate(parents())
    assert Estimates.from_json(found.to_json()) == found
    assert hash(PARENTS) == hash(replace(PARENTS))


def test_interval_of_the_change_covers_the_truth() -> None:
    """20 schools with their own level and pace; the truth is the mean change over many schools."""
    question = replace(PARENTS, items=(), reverse=(), item_range=None, focus="")
    big = parents(99, schools=4000, each=10, answering=1.0).responses
    top = big["relationship"].eq("excellent").groupby(big["wave"]).mean()
    truth = top["after"] - top["before"]
    hits = {"top_box_change": [], "top_box_change_unpaired": []}
    for seed in range(80):
        found = question.estimate(parents(seed).responses)
        for name, covered in hits.items():
            low, high = found[name].ci
            covered.append(low <= truth <= high)
    for covered in hits.values():
        assert np.mean(covered) >= 0.875  # 95 % less three simulation errors of 80 draws


# ---- what cannot be asked


@pytest.mark.parametrize(
    ("keys", "key", "said"),
    [
        ({"rating": "", "items": ()}, "rating", "name the column of a rating"),
        ({"top": ("superb",)}, "top", "'superb' is none of the levels"),
        ({"levels": ("good", "good")}, "levels", "at least two different answers"),
        ({"items": ("q1", "q2"), "reverse": ("q9",)}, "reverse", "'q9' is none of the items"),
        ({"items": ("q1", "q2"), "reverse": ("q2",)}, "item_range", "need item_range"),
        ({"items": ("q1", "q2"), "item_range": (5, 1)}, "item_range", r"\[lowest, highest\]"),
        ({"items": ("q1",)}, "items", "at least two items"),
        ({"source": "hearsay"}, "source", "none of survey, parent-view"),
        ({"assessor": "parent"}, "assessor", "none of teacher"),
        ({"missing_items": 2.0}, "missing_items", "between 0 and 1"),
        ({"waves": ("1",)}, "waves", "the first and the last"),
        ({"asked_before": -3}, "asked_before", "below 0"),
        ({"respondent": " "}, "respondent", "who answered"),
    ],
)
def test_plan_mistakes_name_their_key(keys: dict[str, object], key: str, said: str) -> None:
    with pytest.raises(PlanError, match=said) as caught:
        ParentEngagement(**({"id": "x", "rating": "rating", "levels": LEVELS} | keys))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda f: f.drop(columns="rating"), ColumnNotFound, "the rating"),
        (lambda f: f.drop(columns="urn"), ColumnNotFound, "the school"),
        (lambda f: f.assign(rating="superb"), DataError, "400 answers in column 'rating' are none of its levels"),
        (lambda f: f.assign(wave=["autumn"] * 200 + ["summer"] * 200), DataError, "Which wave came first"),
        (lambda f: f.assign(respondent="parent"), EstimationError, "no answers of a school"),
        (lambda f: f.assign(rating=None), EstimationError, "Nobody gave an answer"),
        (lambda f: f.assign(urn=None), EstimationError, "whose school is known"),
    ],
)
def test_data_that_cannot_answer_say_why(change, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        SCHOOLS.estimate(Tables(responses=change(afa())))


def test_words_without_an_order_are_refused() -> None:
    with pytest.raises(DataError, match="whose order nobody can guess"):
        ParentEngagement(id="x", respondent="school", rating="rating").estimate(afa())


def test_numbers_are_their_own_order_and_dont_know_is_no_answer() -> None:
    rows = waves(["1"] * 10 + ["10"] * 9 + ["Don\u2019t know"], ["2"] * 10 + ["10"] * 10)
    found = ParentEngagement(id="x", respondent="school", rating="rating").estimate(rows)
    assert found.tables[0].columns == ("1", "2", "10", "Total")
    assert found["top_box_change"].n_pupils == 19


def test_design_is_listed_and_needs_what_it_reads() -> None:
    assert DESIGNS["parent-engagement"] is ParentEngagement
    needs = {(need.table, need.column, need.kind) for need in replace(PARENTS, by=("fsm", "sen")).needs()}
    assert {
        ("responses", "relationship", "rating"),
        ("responses", "q4", "item"),
        ("responses", "fsm", "category"),
    } <= needs
    assert ("responses", "sen", "category") in needs
