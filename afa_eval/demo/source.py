"""England's absence by pupil cell, read from the figures that come with the package."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from afa_eval.demo.parameters import NEED_CODES

Floats = npt.NDArray[np.float64]
Row = dict[str, str]
FIRST_YEAR_OF_CELLS, LAST_YEAR_OF_NEEDS = "201617", "201617"


@dataclass(frozen=True, slots=True)
class ProvisionAndNeed:
    """How often are pupils with SEN persistently absent, by provision and need?

    Attributes
    ----------
    rates : dict of str to float
        Share persistently absent, by ``any``, ``none``, ``support``, ``ehcp`` and each need code.
    need_counts : dict of str to float
        Enrolments by need code.
    """

    rates: dict[str, float]
    need_counts: dict[str, float]


def cells(year: str) -> tuple[Floats, Floats, Floats]:
    """How many enrolments of which year group, SEN, FSM and sex are there, and how often are they absent?

    Parameters
    ----------
    year : str
        As DfE writes it; before 2016/17 the cells of that year, since none are published.

    Returns
    -------
    tuple of ndarray, each of shape (11, 8)
        Enrolments, share persistently absent, share severely absent; cells are numbered
        ``4 * any SEN + 2 * eligible + boy``.
    """
    wanted = max(year, FIRST_YEAR_OF_CELLS)
    arrays = np.zeros((3, 11, 8))
    for row in _rows():
        if row["year"] == wanted and row["year_group"]:
            cell = 4 * (row["sen"] == "any") + 2 * (row["fsm"] == "yes") + (row["sex"] == "M")
            counts = [float(row[name]) for name in ("enrolments", "persistent", "severe")]
            arrays[:, int(row["year_group"]) - 1, cell] = counts
    return arrays[0], arrays[1] / arrays[0], arrays[2] / arrays[0]


def provision_and_need(year: str, phase: str) -> ProvisionAndNeed:
    """How often are pupils with SEN persistently absent, by provision and need?

    Parameters
    ----------
    year : str
        As DfE writes it; after 2016/17 the figures of that year, the last published.
    phase : str
        primary or secondary.

    Returns
    -------
    ProvisionAndNeed
        Shares and enrolments.
    """
    wanted = min(year, LAST_YEAR_OF_NEEDS)
    found = {
        row["need"] or row["sen"]: (float(row["enrolments"]), float(row["persistent"]))
        for row in _rows()
        if row["year"] == wanted and row["phase"] == phase and not row["year_group"]
    }
    rates = {name: persistent / enrolments for name, (enrolments, persistent) in found.items()}
    both = [found[name] for name in ("support", "ehcp")]
    rates["any"] = sum(persistent for _, persistent in both) / sum(enrolments for enrolments, _ in both)
    return ProvisionAndNeed(rates, {code: found[code][0] for code in NEED_CODES})


@cache
def _rows() -> tuple[Row, ...]:
    text = (resources.files("afa_eval.demo") / "data" / "absence_cells.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
