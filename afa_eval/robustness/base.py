"""What every threat shares: its signature and how it writes a Finding."""

from __future__ import annotations

from collections.abc import Callable

from afa_eval.data.tables import Tables
from afa_eval.designs.base import Design
from afa_eval.designs.progress_answers import TELL_FROM
from afa_eval.estimate import Estimates, Finding, Severity

__all__ = ["TELL_FROM", "Threat", "name_of", "said"]
Threat = Callable[[Design, Tables, Estimates], tuple[Finding, ...]]


def said(design: Design, code: str, severity: Severity, message: str, fix: str = "") -> Finding:
    """How is a Finding about this design written?

    Parameters
    ----------
    design : Design
        Gives the outcome id.
    code, severity, message, fix
        As in ``Finding``.

    Returns
    -------
    Finding
        About this outcome.
    """
    return Finding(code=code, severity=severity, message=message, fix=fix, outcomes=(design.id,) if design.id else ())


def name_of(design: Design) -> str:
    """What does a reader call this outcome?

    Parameters
    ----------
    design : Design
        With label and id.

    Returns
    -------
    str
        The label, else the id.
    """
    return design.label or design.id or "this outcome"
