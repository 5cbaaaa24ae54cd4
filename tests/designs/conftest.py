"""What the tests of progress share: an invented trust, a question, and ways to read the answer."""

import numpy as np
import pandas as pd
import pytest

from afa_eval.designs.pre_post_progress import PrePostProgress


@pytest.fixture(scope="session")
def cohort():
    """Pupils of sixteen schools, two points higher in summer than in autumn."""
    return _cohort


def _cohort(seed=1, schools=16, size=40, low=0.0):
    rng = np.random.default_rng(seed)
    n = schools * size
    provision = rng.choice(["N", "K", "E"], n, p=[0.7, 0.2, 0.1])
    shift = pd.Series(provision).map({"N": 0.0, "K": -8.0, "E": -16.0}).to_numpy()
    school = np.repeat(np.arange(schools), size)
    true = 100 + shift + rng.normal(0, 3, schools)[school] + rng.normal(0, 11, n)
    return pd.DataFrame(
        {
            "pupil_id": [f"p{i}" for i in range(n)],
            "urn": school + 100000,
            "sen_provision": provision,
            "fsm": rng.choice(["yes", "no"], n),
            "year_group": rng.integers(3, 7, n),
            "autumn": (true + rng.normal(0, 5, n)).round(),
            "summer": (true + 2 + low + rng.normal(0, 5, n)).round(),
        }
    )


@pytest.fixture(scope="session")
def ask():
    """The question of their progress, with any other keys of the plan."""
    return lambda **keys: PrePostProgress(id="reading", **({"baseline": "autumn", "outcome": "summer"} | keys))


@pytest.fixture(scope="session")
def value():
    """One figure of one group: the first, where there are two lines."""
    return _value


def _value(found, estimand, group="all"):
    return next(item for item in found if item.estimand == estimand and item.group == group)


@pytest.fixture(scope="session")
def codes():
    """The codes of all findings."""
    return lambda found: {finding.code for finding in found.findings}


@pytest.fixture(scope="session")
def trust_with_pilot():
    """Pupils with SEN below 90 were chosen in half of the schools; the others' stand as comparison."""
    return _trust_with_pilot


def _trust_with_pilot():
    """Pupils with SEN below 90 were chosen in half of the schools; the others' stand as comparison."""
    frame = _cohort(size=60)
    low = (frame["sen_provision"] != "N") & (frame["autumn"] < 90)
    odd = frame["urn"].astype(int) % 2 == 1
    frame["cohort"] = np.where(low & odd, "pilot", np.where(low, "comparison", None))
    return frame
