"""Files linked by the pupil's UPN, by a former one too, and by either number of a school."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from afa_eval.codes import upn
from afa_eval.data.columns import Column
from afa_eval.data.handed import Part
from afa_eval.data.names import plain

FORMER = "former_upn"
LAESTAB = frozenset({"laestab", "dfenumber", "dfeno", "schooldfenumber", "establishmentnumber"})


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
    if not any(FORMER in part.columns for part in parts):
        return Former({}, frozenset())
    told: dict[str, set[str]] = {}
    now: set[str] = set()
    for part in parts:
        if part.table != "pupils" or "pupil_id" not in part.columns:
            continue
        pupils = part.columns["pupil_id"]
        now |= {str(pupil) for pupil in set(pupils.meanings) - {None}}
        for pupil, former in _pairs(pupils, part.columns.get(FORMER)):
            if upn.normal(former) != upn.normal(pupil):
                told.setdefault(former, set()).add(pupil)
    contested = frozenset(former for former, pupils in told.items() if len(pupils) > 1 or former in now)
    return Former({former: min(pupils) for former, pupils in told.items() if former not in contested}, contested)


def _pairs(pupils: Column, formers: Column | None) -> Iterator[tuple[str, str]]:
    """Pupils with a former UPN beside them; most have none, and no cell of theirs is looked at."""
    if formers is None or not any(formers.meanings):
        return
    for pupil, former in zip(pupils.codes.tolist(), formers.codes.tolist(), strict=True):
        names = pupils.meanings[pupil], formers.meanings[former]
        if isinstance(names[0], str) and isinstance(names[1], str):
            yield names[0], names[1]


def linked(parts: Sequence[Part]) -> list[Part]:
    """Which parts are these once former UPNs and DfE numbers stand for present UPNs and URNs?

    Parameters
    ----------
    parts : sequence of Part
        Every file.

    Returns
    -------
    list of Part
        A school's DfE number (LAESTAB) is its URN where a pupils' file has both, each of one other.
    """
    current, schools = former_upns(parts).current, urns(parts)
    found = []
    for part in parts:
        one = _linked(part, "pupil_id", current) if part.table != "pupils" else part
        found.append(_linked(one, "urn", schools))
    return found


def urns(parts: Sequence[Part]) -> Mapping[str, str]:
    """Which URN has each DfE number, as the pupils' files tell?

    Parameters
    ----------
    parts : sequence of Part
        Every file.

    Returns
    -------
    mapping of str to str
        Seven digits to the URN; a number with two URNs is left out.
    """
    told: dict[str, set[str]] = {}
    for part in parts:
        numbers = next((i for i, header in enumerate(part.raw.headers) if plain(header) in LAESTAB), None)
        if part.table != "pupils" or "urn" not in part.columns or numbers is None:
            continue
        written, schools = part.raw.columns[numbers], part.columns["urn"]
        for number, place in set(zip(written.codes.tolist(), schools.codes.tolist(), strict=True)):
            school, urn = upn.laestab(written.texts[number]), schools.meanings[place]
            if school and isinstance(urn, str) and urn != school:
                told.setdefault(school, set()).add(urn)
    return {school: min(found) for school, found in told.items() if len(found) == 1}


def _linked(part: Part, name: str, current: Mapping[str, str]) -> Part:
    column = part.columns.get(name)
    if column is None or not current or not any(value in current for value in column.meanings):
        return part
    return replace(part, columns={**part.columns, name: _renamed(column, current)})


def _renamed(column: Column, current: Mapping[str, str]) -> Column:
    meanings = [current.get(value, value) if isinstance(value, str) else value for value in column.meanings]
    return replace(column, meanings=meanings, own=False)
