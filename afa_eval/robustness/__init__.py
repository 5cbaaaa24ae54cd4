"""What else could explain the answers: one file per threat, each looks at every design and returns Findings."""

from __future__ import annotations

from dataclasses import replace

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.estimate import Estimates, Severity
from afa_eval.robustness.assessor import assessor
from afa_eval.robustness.base import Threat
from afa_eval.robustness.coverage import coverage
from afa_eval.robustness.definition_change import definition_change
from afa_eval.robustness.few_schools import few_schools
from afa_eval.robustness.regression_to_mean import regression_to_mean
from afa_eval.robustness.sen_status_moves import sen_status_moves, status_tables
from afa_eval.robustness.window import window

THREATS: tuple[Threat, ...] = (
    regression_to_mean,
    coverage,
    sen_status_moves,
    window,
    assessor,
    few_schools,
    definition_change,
)
ORDER = (Severity.SERIOUS, Severity.CONCERN, Severity.NOTE)

__all__ = ["THREATS", "Threat", "examine"]


def examine(design: Design, tables: Tables, estimates: Estimates) -> Estimates:
    """What else could explain one outcome's answers?

    Parameters
    ----------
    design : Design
        The question.
    tables : Tables
        The data it was asked of.
    estimates : Estimates
        The design's own answers, with the findings it raised itself.

    Returns
    -------
    Estimates
        No figures; every Finding that the design has not raised itself, the heaviest first, and the tables
        that go with them. Add it to ``estimates``.
    """
    own = {finding.code for finding in estimates.findings}
    status = status_tables(design, tables)
    seen = replace(estimates, tables=(*estimates.tables, *status))  # so that no threat makes them again
    found = [finding for threat in THREATS for finding in threat(design, tables, seen) if finding.code not in own]
    found.sort(key=lambda finding: ORDER.index(finding.severity))
    return Estimates(findings=tuple(found), tables=status)
