"""The smallest detectable difference against the formulas of Dong and Maynard (2013)."""

from __future__ import annotations

import math

import pytest

from afa_eval.kernels.power import smallest_detectable


def clustered_se(rho, n, schools, share=0.5):
    """Standard error, in standard deviations, of a trial that randomises schools without covariates."""
    split = share * (1 - share) * schools
    return math.sqrt(rho / split + (1 - rho) / (split * n))


def test_trial_of_twenty_schools_at_one_per_cent():
    assert smallest_detectable(clustered_se(0.2, 4, 20), 18, alpha=0.01) == pytest.approx(
        1.0580, abs=5e-5
    )  # as printed


@pytest.mark.parametrize(("rho", "expected"), [(0.05, 0.129), (0.10, 0.168), (0.15, 0.200), (0.20, 0.227)])
def test_trial_of_134_schools(rho, expected):
    assert smallest_detectable(clustered_se(rho, 47, 134), 132) == pytest.approx(expected, abs=5e-4)  # as printed


def test_infinite_degrees_of_freedom_are_the_normal():
    assert smallest_detectable(1.0, None) == smallest_detectable(1.0, math.inf)
    assert smallest_detectable(1.0, 1e9) == pytest.approx(smallest_detectable(1.0, None), rel=1e-7)


@pytest.mark.parametrize("bad", [{"power": 1.0}, {"power": 0.3}, {"alpha": 0.0}, {"df": 0.0}])
def test_bad_input(bad):
    with pytest.raises(ValueError, match="must"):
        smallest_detectable(**{"se": 1.0, "df": 10.0, **bad})
