"""Estimates to say and draw: the figures are made up, the shapes are those that designs return."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Table


def comparator(value: float, unit: str, year: str = "202223") -> Comparator:
    return Comparator(
        slug="persistent-absence",
        value=value,
        year=year,
        population="SEN, secondary, England",
        definition="pa-10-percent",
        unit=unit,
        source="DfE, Pupil absence in schools in England",
    )


def estimate(estimand: Estimand, value: float, unit: str, **more: object) -> Estimate:
    ready: dict[str, object] = {
        "outcome": "absence",
        "group": "sen=any",
        "base": "pupils",
        "n_pupils": 1240,
        "n_schools": 20,
        "claim": Claim.COMPARISON,
        "method": "mean",
        **more,
    }
    return Estimate(estimand=estimand, value=value, unit=unit, **ready)  # type: ignore[arg-type]


def hidden(item: Estimate, status: str = "c") -> SimpleNamespace:
    """What disclosure control leaves of a figure that may not be shown."""
    kept = ("outcome", "group", "estimand", "unit", "base", "level", "null", "comparator", "claim", "method")
    known = {name: getattr(item, name) for name in kept}
    return SimpleNamespace(**known, value=None, ci=None, n_pupils=None, n_schools=None, status=status)


@pytest.fixture
def make() -> Callable[..., Estimate]:
    return estimate


@pytest.fixture
def hide() -> Callable[..., SimpleNamespace]:
    return hidden


@pytest.fixture
def line() -> Callable[..., Comparator]:
    return comparator


@pytest.fixture
def absence() -> list[Estimate]:
    """Before, after, change and change minus national of pupils with SEN."""
    points = "proportion difference"
    across = "202122-202223"
    return [
        estimate(Estimand.PERSISTENT_ABSENCE_BEFORE, 0.301, "proportion", se=0.018, df=18.0,
                 comparator=comparator(0.337, "proportion", "202122")),
        estimate(Estimand.PERSISTENT_ABSENCE_AFTER, 0.27, "proportion", se=0.017, df=18.0,
                 comparator=comparator(0.333, "proportion")),
        estimate(Estimand.PERSISTENT_ABSENCE_CHANGE, -0.031, points, interval=(-0.061, -0.001),
                 comparator=comparator(-0.004, points, across)),
        estimate(Estimand.CHANGE_MINUS_NATIONAL, -0.027, points, interval=(-0.057, 0.003),
                 comparator=comparator(-0.004, points, across)),
    ]  # fmt: skip


@pytest.fixture
def by_sen() -> list[Estimate]:
    """Before and after of three groups, each with its national figure."""
    items = []
    for group, before, after in (("sen_provision=N", 0.196, 0.194), ("sen_provision=K", 0.284, 0.256),
                                 ("sen_provision=E", 0.352, 0.331)):  # fmt: skip
        for estimand, value, year in (
            (Estimand.PERSISTENT_ABSENCE_BEFORE, before, "202122"),
            (Estimand.PERSISTENT_ABSENCE_AFTER, after, "202223"),
        ):
            against = comparator(value + 0.02, "proportion", year)
            items.append(estimate(estimand, value, "proportion", group=group, se=0.012, df=18.0, comparator=against))
    return items


@pytest.fixture
def answers() -> Table:
    return Table(
        name="distribution-belonging-all",
        title="Answers of schools, from lowest to highest",
        rows=("Before", "After"),
        columns=("Poor", "Fair", "Good", "Excellent", "Total"),
        cells=((14, 60, 110, 25, 209), (5, 40, 120, 90, 255)),
        base="schools",
    )


@pytest.fixture
def covered() -> Table:
    return Table(
        name="coverage-reading",
        title="Pupils with the scores needed, and why others have none",
        rows=("No SEN", "EHC plan", "Total"),
        columns=("with the scores needed", "working below", "absent", "Total"),
        cells=((4500, 20, 261, 4781), (110, 80, 29, 219), (4610, 100, 290, 5000)),
    )
