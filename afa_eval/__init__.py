"""Evaluate school programmes for children with SEND, and publish the answer as a book.

The public names are imported when first used, so that ``import afa_eval`` stays light.

Examples
--------
>>> import afa_eval as ae
>>> ae.comparators.find("persistent-absence", year="201617", sen="support").definition
'pa-10-percent'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afa_eval import codes, comparators, disclosure
    from afa_eval.data.attendance import attendance
    from afa_eval.data.readers import read
    from afa_eval.designs import DESIGNS, ParentEngagement, PersistentAbsence, PrePostProgress
    from afa_eval.errors import (
        AfaEvalError,
        ColumnNotFound,
        ComparatorError,
        DataError,
        DisclosureError,
        EstimationError,
        PlanError,
        ReportError,
    )
    from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Fault, Finding, Table
    from afa_eval.evaluation import Evaluation, check, evaluate
    from afa_eval.models.logistic import fit_mixed_logistic
    from afa_eval.models.mixed import fit_mixed
    from afa_eval.models.ols import fit_ols
    from afa_eval.plan import Plan

__version__ = "0.1.0"

_HOMES = {
    "afa_eval.data.attendance": ("attendance",),
    "afa_eval.data.readers": ("read",),
    "afa_eval.designs": ("DESIGNS", "ParentEngagement", "PersistentAbsence", "PrePostProgress"),
    "afa_eval.errors": (
        "AfaEvalError",
        "ColumnNotFound",
        "ComparatorError",
        "DataError",
        "DisclosureError",
        "EstimationError",
        "PlanError",
        "ReportError",
    ),
    "afa_eval.estimate": ("Claim", "Comparator", "Estimand", "Estimate", "Estimates", "Fault", "Finding", "Table"),
    "afa_eval.evaluation": ("Evaluation", "check", "evaluate"),
    "afa_eval.models.logistic": ("fit_mixed_logistic",),
    "afa_eval.models.mixed": ("fit_mixed",),
    "afa_eval.models.ols": ("fit_ols",),
    "afa_eval.plan": ("Plan",),
}
_MODULES = ("codes", "comparators", "disclosure")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604 - names, sorted, from the table above
    "__version__",
    *sorted((*_HOME_OF, *_MODULES)),
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name in _MODULES:
        return import_module(f"afa_eval.{name}")
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'afa_eval' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Public names, for tab completion."""
    return list(__all__)
