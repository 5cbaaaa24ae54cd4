"""Growth over several waves with pupil effects: a thin adapter of linearmodels' PanelOLS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from afa_eval.errors import ColumnNotFound, EstimationError
from afa_eval.estimate import Table
from afa_eval.estimate.charts.event_plot import COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Growth:
    """How much did pupils grow over one stretch of waves?

    Attributes
    ----------
    term : str
        ``per wave`` for the straight line, else ``wave - wave before``.
    value : float
        In the units of the score.
    se : float
        Clustered by school, same units.
    df : float
        Schools minus one: the degrees of freedom of a t interval.
    n : int
        Pupils with a score in at least two waves.
    n_rows : int
        Scores of those pupils.
    n_schools : int
        Schools they are in.
    """

    term: str
    value: float
    se: float
    df: float
    n: int
    n_rows: int
    n_schools: int


@dataclass(frozen=True, slots=True)
class GrowthFit:
    """What was the growth overall, and from each wave to the next?

    Attributes
    ----------
    slope : Growth
        The straight line through the waves, per unit of the wave variable.
    steps : tuple of Growth
        From each wave to the next, from one model with a mean for each wave.
    """

    slope: Growth
    steps: tuple[Growth, ...]

    def table(
        self, labels: Sequence[str] = (), *, name: str = "growth", title: str = "", unit: str = "points"
    ) -> Table:
        """How much did pupils grow from each wave to the next, as a table that ``charts.event_study`` draws?

        Parameters
        ----------
        labels : sequence of str
            What each stretch is called; its term where empty.
        name, title, unit : str
            As in ``Table``.

        Returns
        -------
        Table
            A row for each step: the growth and both ends of its 95% interval. Behind a limit stand as many
            fewer pupils as there are waves, so that disclosure control asks for residual degrees of freedom.
        """
        rows = tuple(labels) or tuple(step.term for step in self.steps)
        halves = [float(special.stdtrit(step.df, 0.975)) * step.se for step in self.steps]
        cells = tuple((s.value, s.value - half, s.value + half) for s, half in zip(self.steps, halves, strict=True))
        waves = len(self.steps) + 1
        return Table(
            name=name,
            title=title or "Growth, from one test to the next",
            rows=rows,
            columns=COLUMNS,
            cells=cells,
            kind="series",
            unit=unit,
            bases=tuple((step.n, step.n - waves, step.n - waves) for step in self.steps),
            row_label="Stretch",
        )


def growth(
    frame: pd.DataFrame, *, outcome: str, wave: str = "wave", pupil: str = "pupil_id", school: str = "urn"
) -> GrowthFit:
    """How fast did pupils grow, each compared only with him- or herself?

    Pupil effects take out everything about a pupil that does not change. Errors are clustered by
    the school where a pupil was first seen, so that pupils are nested in schools and the effects
    of pupils cost no degrees of freedom of the clustered variance.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per pupil and wave.
    outcome : str
        The score.
    wave : str
        Numbers in order of time, for example terms since the start.
    pupil, school : str
        Identifiers.

    Returns
    -------
    GrowthFit
        Slope and steps, with school-clustered standard errors (small-sample factor of the number
        of schools included: linearmodels' ``group_debias``).

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    EstimationError
        Where no pupil has two waves, a pupil has two scores in one wave, or there is one school.

    Notes
    -----
    With effects for pupils and pupils nested in schools, linearmodels does not count the effects
    (``auto_df``), which is the convention of a cluster-robust variance with nested effects.

    References
    ----------
    Cameron and Miller (2015), Journal of Human Resources 50(2), section III.B.
    """
    rows = _usable(frame, outcome, wave, pupil, school)
    times = np.sort(rows["wave"].unique())
    dummies = pd.DataFrame({f"w{k}": (rows["wave"] == times[k]).astype(float) for k in range(1, len(times))})
    slope, slope_cov = _panel_ols(rows, rows[["wave"]].astype(float))
    means, means_cov = _panel_ols(rows, dummies)
    counts = (int(rows["pupil"].nunique()), len(rows), int(rows["school"].nunique()))
    steps = []
    for k in range(1, len(times)):
        weights = np.zeros(len(times) - 1)
        weights[k - 1] = 1.0
        if k > 1:
            weights[k - 2] = -1.0
        steps.append(_growth(f"{times[k]:g} - {times[k - 1]:g}", weights, means, means_cov, counts))
    return GrowthFit(_growth("per wave", np.ones(1), slope, slope_cov, counts), tuple(steps))


def _growth(
    term: str,
    weights: NDArray[np.float64],
    coef: NDArray[np.float64],
    cov: NDArray[np.float64],
    counts: tuple[int, int, int],
) -> Growth:
    variance = float(weights @ cov @ weights)
    return Growth(term, float(weights @ coef), float(np.sqrt(variance)), float(counts[2] - 1), *counts)


def _usable(frame: pd.DataFrame, outcome: str, wave: str, pupil: str, school: str) -> pd.DataFrame:
    """Rows of pupils seen at least twice, each with the school where first seen."""
    roles = {pupil: "the pupil", school: "the school", wave: "the wave", outcome: "the outcome"}
    for column, role in roles.items():
        if column not in frame.columns:
            raise ColumnNotFound.of(column, role, "long attainment", frame.columns)
    rows = pd.DataFrame(
        {
            "pupil": frame[pupil].to_numpy(),
            "school": frame[school].to_numpy(),
            "wave": pd.to_numeric(frame[wave]).to_numpy(),
            "y": pd.to_numeric(frame[outcome]).to_numpy(dtype=float, na_value=np.nan),
        }
    ).dropna()
    repeated = int(rows.duplicated(["pupil", "wave"]).sum())
    if repeated:
        raise EstimationError(f"{repeated} scores come from a pupil who already has one in the same wave.")
    rows = rows.sort_values(["pupil", "wave"], kind="stable")
    rows = rows[rows.groupby("pupil")["wave"].transform("size") > 1]
    rows["school"] = rows.groupby("pupil")["school"].transform("first")
    if rows.empty:
        raise EstimationError("No pupil has a score in two waves, so growth cannot be estimated.")
    if rows["school"].nunique() < 2:
        raise EstimationError("All pupils are in one school, so errors cannot be clustered by school.")
    return rows.reset_index(drop=True)


def _panel_ols(rows: pd.DataFrame, regressors: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients and their school-clustered covariance, pupil effects held."""
    from linearmodels.panel import PanelOLS

    index = pd.MultiIndex.from_arrays([pd.factorize(rows["pupil"])[0], pd.factorize(rows["wave"], sort=True)[0]])
    outcome = rows["y"].set_axis(index)
    schools = pd.DataFrame({"school": pd.factorize(rows["school"])[0]}, index=index)
    model = PanelOLS(outcome, regressors.set_axis(index, axis=0), entity_effects=True)
    fit = model.fit(cov_type="clustered", clusters=schools, group_debias=True)
    return fit.params.to_numpy(dtype=np.float64), fit.cov.to_numpy(dtype=np.float64)
