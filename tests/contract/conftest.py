"""A small cohort that every design can answer its question on."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

SCHOOLS, PUPILS = 12, 60


@dataclass(frozen=True)
class Case:
    """A question, its tables, and the column that needs no default to be missed."""

    design: object
    tables: dict
    needed: tuple[str, str]
    scores: tuple[str, ...] = field(default=())


def pupils(rng):
    n = SCHOOLS * PUPILS
    provision = rng.choice(["N", "K", "E"], n, p=[0.6, 0.3, 0.1])
    return pd.DataFrame(
        {
            "pupil_id": [f"p{number}" for number in range(n)],
            "urn": np.repeat([str(100000 + school) for school in range(SCHOOLS)], PUPILS),
            "year_group": pd.array(rng.integers(7, 11, n), dtype="Int64"),
            "sen_provision": provision,
            "fsm": rng.choice(["yes", "no"], n),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def attainment(rng, people):
    shared = dict(zip(people["urn"].unique(), rng.normal(0, 3, SCHOOLS), strict=True))
    low = people["sen_provision"].map({"N": 0, "K": -8, "E": -15})
    before = 100 + low + people["urn"].map(shared) + rng.normal(0, 10, len(people))
    after = 20 + 0.8 * before + 2 + rng.normal(0, 6, len(people))
    return pd.DataFrame({"pupil_id": people["pupil_id"], "autumn": before.round(), "summer": after.round()})


def attendance(rng, people):
    parts = []
    for year, level in (("202122", 0.09), ("202223", 0.08)):
        rate = rng.beta(2, 2 / level - 2, len(people))
        possible = rng.integers(250, 380, len(people))
        absent = rng.binomial(possible, rate)
        authorised = rng.binomial(absent, 0.7)
        parts.append(
            pd.DataFrame(
                {
                    "pupil_id": people["pupil_id"],
                    "urn": people["urn"],
                    "year": year,
                    "sessions_possible": pd.array(possible, dtype="Int64"),
                    "sessions_authorised": pd.array(authorised, dtype="Int64"),
                    "sessions_unauthorised": pd.array(absent - authorised, dtype="Int64"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def responses(rng, people):
    some = people.sample(frac=0.6, random_state=3)
    parts = []
    for wave, shift in (("before", 0.0), ("after", 0.4)):
        latent = rng.normal(shift, 1, len(some))
        items = {
            f"q{number}": np.clip(np.round(3 + latent + rng.normal(0, 0.8, len(some))), 1, 5) for number in range(1, 5)
        }
        rating = np.clip(np.round(3 + latent), 1, 4)
        parts.append(
            pd.DataFrame(
                {
                    "respondent": "parent",
                    "urn": some["urn"].to_numpy(),
                    "wave": wave,
                    "pupil_id": some["pupil_id"].to_numpy(),
                    "rating": rating,
                    **items,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def cases():
    from afa_eval import ParentEngagement, PersistentAbsence, PrePostProgress

    rng = np.random.default_rng(20)
    people = pupils(rng)
    marks, sessions, answers = attainment(rng, people), attendance(rng, people), responses(rng, people)
    period = {"baseline_year": "202122", "outcome_year": "202223", "by": ("sen_provision", "fsm")}
    return {
        "progress": Case(
            PrePostProgress(id="reading", baseline="autumn", outcome="summer", scale=(40, 160), **period),
            {"pupils": people, "attainment": marks},
            ("attainment", "summer"),
            ("autumn", "summer"),
        ),
        "persistent-absence": Case(
            PersistentAbsence(id="absence", **period),
            {"pupils": people, "attendance": sessions},
            ("attendance", "sessions_possible"),
        ),
        "parent-engagement": Case(
            ParentEngagement(
                id="belonging",
                respondent="parent",
                rating="rating",
                levels=(1, 2, 3, 4),
                items=("q1", "q2", "q3", "q4"),
            ),
            {"pupils": people, "responses": answers},
            ("responses", "q2"),
        ),
    }
