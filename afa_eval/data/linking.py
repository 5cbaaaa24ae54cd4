"""Files linked by the pupil's UPN, by a former one too, where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from afa_eval.codes import upn
from afa_eval.data.handed import Column, Part

FORMER = "former_upn"


@dataclass(frozen=True, slots=True)
class Former:
    """Which former UPNs are known, and which cannot be used?

    Attributes
    ----------
    current : mapping of str to str
        Former UPN to the present one.
    contested : frozenset of str
        Former UPNs of two pupils, or that another pupil has now.
    """

    current: Mapping[str, str]
    contested: frozenset[str]


def former_upns(parts: Sequence[Part]) -> Former:
    """Which former UPNs do the pupils' files tell?

    Parameters
    ----------
    parts : sequence of Part
        Every file.

    Returns
    -------
    Former
        Of pupils who have another UPN now.
    """
    told: dict[str, set[str]] = {}
    now: set[str] = set()
    for part in parts:
        if part.table != "pupils" or "pupil_id" not in part.columns:
            continue
        pupils = part.columns["pupil_id"].values
        now |= set(pupils.dropna())
        if FORMER in part.columns:
            for pupil, former in zip(pupils, part.columns[FORMER].values, strict=True):
                if isinstance(pupil, str) and isinstance(former, str) and upn.normal(former) != upn.normal(pupil):
                    told.setdefault(former, set()).add(pupil)
    contested = frozenset(former for former, pupils in told.items() if len(pupils) > 1 or former in now)
    return Former({former: min(pupils) for former, pupils in told.items() if former not in contested}, contested)


def linked(parts: Sequence[Part]) -> list[Part]:
    """Which parts are these once former UPNs stand for the present ones?

    Parameters
    ----------
    parts : sequence of Part
        Every file.

    Returns
    -------
    list of Part
        The pupils' files unchanged.
    """
    current = former_upns(parts).current
    return [_linked(part, current) if current and part.table != "pupils" else part for part in parts]


def _linked(part: Part, current: Mapping[str, str]) -> Part:
    column = part.columns.get("pupil_id")
    if column is None or not any(value in current for value in column.meanings):
        return part
    return replace(part, columns={**part.columns, "pupil_id": _renamed(column, current)})


def _renamed(column: Column, current: Mapping[str, str]) -> Column:
    meanings = [current.get(value, value) if isinstance(value, str) else value for value in column.meanings]
    values = column.values.map(lambda value: current.get(value, value), na_action="ignore").astype("str")
    return replace(column, meanings=meanings, values=values)
