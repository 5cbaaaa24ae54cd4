"""Who assessed the pupils: a test, a teacher, or a teacher judging his or her own work?"""

from __future__ import annotations

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Estimates, Finding, Severity
from afa_eval.robustness.base import name_of, said


def assessor(design: Design, tables: Tables, estimates: Estimates) -> tuple[Finding, ...]:
    """Could the scores have risen because of who gave them?

    Parameters
    ----------
    design : Design
        A progress question says who assessed.
    tables : Tables
        Not needed.
    estimates : Estimates
        Not needed.

    Returns
    -------
    tuple of Finding
        ``teacher-delivering`` or ``teacher-assessed``; none for a test.
    """
    if not isinstance(design, ProgressQuestion) or design.assessor == "test":
        return ()
    if design.assessor == "teacher-delivering":
        message = (
            f"{name_of(design)} was assessed by the teachers who also delivered the programme. They know who took part and "
            "hope that it helped, so part of the progress may lie in the marking. The national pilot of Achievement for "
            "All measured attainment this way too."
        )
        fix = "Use a test marked by someone who does not know which pupils take part."
        return (said(design, "teacher-delivering", Severity.SERIOUS, message, fix),)
    message = f"{name_of(design)} was assessed by teachers, whose standards differ between schools and over time."
    return (
        said(
            design,
            "teacher-assessed",
            Severity.CONCERN,
            message,
            "Use a standardised test, or moderate the judgements.",
        ),
    )
