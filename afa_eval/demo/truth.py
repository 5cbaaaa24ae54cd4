"""What is true of the demo trust."""

from __future__ import annotations

from dataclasses import dataclass

from afa_eval.demo.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is an estimand in this simulation?

    Attributes
    ----------
    outcome, estimand, group : str
        As in ``Estimate``.
    value : float
        In ``unit``.
    unit : str
        As in ``Estimate``.
    how : str
        How it is defined.
    """

    outcome: str
    estimand: str
    group: str
    value: float
    unit: str
    how: str


def truths(parameters: Parameters) -> tuple[Truth, ...]:  # noqa: ARG001, D103
    return ()
