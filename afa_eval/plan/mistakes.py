"""Mistakes in a plan, told together, each with its key and line."""

from __future__ import annotations

from collections.abc import Iterable

from afa_eval.errors import PlanError
from afa_eval.plan.lines import Location, line_of

Mistake = tuple[Location, str]


def plan_error(
    mistakes: Iterable[Mistake], lines: dict[Location, int], name: str = "", faults: tuple[object, ...] = ()
) -> PlanError:
    """Which one error says them all, in the order of the file?

    Parameters
    ----------
    mistakes : iterable of (location, str)
        At least one: where it is, and what is wrong.
    lines : dict
        From ``key_lines``.
    name : str
        The plan file, where it is known.
    faults : tuple of Fault
        What the check of the data has found besides.

    Returns
    -------
    PlanError
        With key and line where there is one mistake.
    """
    placed = [(line_of(place, lines), _dotted(place), said) for place, said in mistakes]
    placed.sort(key=lambda item: (item[0] is None, item[0] or 0))
    line, key, said = placed[0]
    if len(placed) == 1:
        return PlanError(f"{said} ({name})" if name else said, key=key, line=line, faults=faults)
    rows = [f"  {f'line {at}: ' if at else ''}{where}: {what}" for at, where, what in placed]
    return PlanError("\n".join([f"{len(placed)} mistakes in {name or 'the plan'}", *rows]), faults=faults)


def _dotted(place: Location) -> str:
    """A location as a person says it: outcome 2, not outcome.1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
