"""What disclosure control let out: the only thing a page or a public file may be made from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from afa_eval.errors import DisclosureError
from afa_eval.estimate import Claim, Comparator, Estimand, Finding, Table
from afa_eval.estimate.records import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedEstimate:
    """One figure as it may be published: hidden parts are None and ``status`` says why.

    Attributes
    ----------
    outcome, group, estimand, unit, base, claim, comparator, method, notes, level, null :
        As in ``Estimate``.
    value, se, df, statistic, p_value, p_adjusted : float or None
        None where hidden or where there is none. As in ``Estimate.test``: ``statistic`` and
        ``p_value`` are None for levels, and ``p_value`` is ``p_adjusted`` where several contrasts
        were tested together.
    ci : tuple of float or None
        The interval, None where hidden or where there is none.
    n_pupils, n_schools : int or None
        None where hidden.
    status : str
        Empty where shown, else a symbol: ``c`` confidential, ``z`` not applicable, ``x``
        unavailable, ``low``.
    reason : str
        Which rule hid it.
    """

    outcome: str
    group: str
    estimand: Estimand
    unit: str
    base: str
    claim: Claim
    method: str
    value: float | None
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    ci: Interval | None = None
    level: float = 0.95
    null: float = 0.0
    n_pupils: int | None = None
    n_schools: int | None = None
    comparator: Comparator | None = None
    notes: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedTable:
    """One table as it may be published.

    Attributes
    ----------
    table : Table
        With None in hidden cells.
    status : tuple of tuple of str
        For each cell a symbol, empty where shown.
    """

    table: Table
    status: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedStep:
    """One step of the pupil flow as it may be published.

    Attributes
    ----------
    name, table, reason : str
        As in ``data.tables.Step``.
    rows_in, rows_out : int or None
        None where hidden: the difference to a shown count would be too few.
    """

    name: str
    table: str
    rows_in: int | None
    rows_out: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFault:
    """All faults of one kind as they may be published: how many, never which.

    Attributes
    ----------
    severity, code : str
        As in ``Fault``.
    message, fix : str
        The rule that was not kept, without file, row, value or name.
    count : int or None
        None where hidden.
    """

    severity: str
    code: str
    message: str
    fix: str
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What may leave?

    Attributes
    ----------
    profile : str
        The policy it was made under.
    policy : str
        What that policy hides, in words.
    about : dict
        The plan's words: evaluation, programme, outcomes (id, label, design, primary, focus,
        question, years), the trust's own words. ``report.context`` says which keys pages read.
    estimates : tuple of ReleasedEstimate
        In reading order.
    tables : tuple of ReleasedTable
        Counts and series.
    findings : tuple of Finding
        What a reader must mind.
    flow : tuple of ReleasedStep
        Who was left out on the way, and why.
    faults : tuple of ReleasedFault
        What the checks found, by kind.
    manifest : dict
        Hashes and versions, never a path; rows in and out of each step as in ``flow``.
    register : frozenset of str
        Marks of every figure, table and step that disclosure control let out. Pages are made of
        these alone: anything else, or anything changed since, is refused.
    """

    profile: str
    about: dict[str, Any]
    estimates: tuple[ReleasedEstimate, ...]
    tables: tuple[ReleasedTable, ...]
    findings: tuple[Finding, ...]
    flow: tuple[ReleasedStep, ...] = ()
    faults: tuple[ReleasedFault, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    policy: str = ""
    register: frozenset[str] = frozenset()


Released = ReleasedEstimate | ReleasedTable | ReleasedStep | ReleasedFault


def _all_of(release: Release) -> tuple[Released, ...]:
    return (*release.estimates, *release.tables, *release.flow, *release.faults)


def mark(item: Released) -> str:
    """By what is a released figure, table or step known again?

    Parameters
    ----------
    item : ReleasedEstimate, ReleasedTable, ReleasedStep or ReleasedFault
        What was let out.

    Returns
    -------
    str
        A hash of all that it says.
    """
    return hashlib.blake2b(repr(item).encode(), digest_size=16).hexdigest()


def refuse_unregistered(release: Release) -> None:
    """Stop where a release holds anything that disclosure control did not let out as it stands.

    Parameters
    ----------
    release : Release
        What is about to be written into pages or files. Parts may be left out, none added.

    Raises
    ------
    DisclosureError
        Naming what was never let out.
    """
    strange = [item for item in _all_of(release) if mark(item) not in release.register]
    if strange:
        names = ", ".join(dict.fromkeys(_called(item) for item in strange[:5]))
        raise DisclosureError(
            f"{len(strange)} of the figures and tables did not pass disclosure control, or were changed since: {names}. "
            "Only what disclosure.release lets out can be published."
        )


def _called(item: Released) -> str:
    if isinstance(item, ReleasedTable):
        return item.table.name
    if isinstance(item, ReleasedEstimate):
        return f"{item.outcome}, {item.group}, {item.estimand}"
    return item.name if isinstance(item, ReleasedStep) else item.code
