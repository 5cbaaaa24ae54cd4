"""Are there enough schools to say how much schools differ?"""

from __future__ import annotations

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.estimate import Estimates, Finding, Severity
from afa_eval.robustness.base import name_of, said


def few_schools(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could another few schools have shown something quite different?

    Parameters
    ----------
    design : Design
        With the least number of schools for an interval.
    tables : Tables
        Not needed.
    estimates : Estimates
        The design's figures.

    Returns
    -------
    tuple of Finding
        ``few-schools`` below that number; one school is a description.
    """
    whole = [item.n_schools for item in estimates if item.group == "all"]
    if not whole or max(whole) >= design.min_schools:
        return ()
    schools = max(whole)
    if schools <= 1:
        message = f"{name_of(design)} comes from one school: it describes this school and says nothing about others."
    else:
        message = (
            f"{name_of(design)} comes from {schools} schools. With fewer than {design.min_schools} no likely range is given: so few "
            "cannot show how much schools differ, and a range would look surer than it is."
        )
    return (said(design, "few-schools", Severity.SERIOUS, message, "Add schools, or read it as a description."),)
