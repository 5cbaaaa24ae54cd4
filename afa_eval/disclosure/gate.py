"""The one way out: an evaluation goes in, what may be published comes out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from afa_eval.data.records import Step
from afa_eval.disclosure import cells, joint, linked, mixes, policies, texts
from afa_eval.disclosure.cells import TOTAL
from afa_eval.disclosure.ledger import Earlier
from afa_eval.disclosure.linked import Hidden, Hiding, Key, key_of
from afa_eval.disclosure.numbers import ALL
from afa_eval.disclosure.policies import Policy, to_nearest
from afa_eval.disclosure.primary import counted, unavailable
from afa_eval.disclosure.records import Release, Released, ReleasedEstimate, ReleasedStep, ReleasedTable, mark
from afa_eval.estimate import Estimate, Estimates, Finding, Table, words

HIDDEN, UNAVAILABLE = "c", "x"
FLOW = "flow"
PLACES = {"proportion": 2, "proportion difference": 2, "sd": 1, "ratio": 1, "relative change": 1, "months": 1}
STEPPED = frozenset({"pupils", "enrolments"})  # whom the steps of reading count


class Evaluated(Protocol):
    """What is needed of an evaluation?

    Besides these, ``tables``, ``findings`` and ``faults`` are read where it has them. The pupil
    flow is read from the manifest's ``steps``; a table called ``flow`` repeats it and stays inside.
    """

    @property
    def estimates(self) -> Estimates:
        """All figures, with their tables and findings."""

    @property
    def about(self) -> Mapping[str, Any]:
        """The plan's words."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Hashes and versions."""


def release(evaluation: Evaluated, profile: str | Path | Policy = "publish", before: Earlier | None = None) -> Release:
    """What may leave an evaluation under a policy?

    Parameters
    ----------
    evaluation : Evaluation
        Anything with ``estimates``, ``about`` and ``manifest``.
    profile : str, Path or Policy
        ``publish``, ``trust``, ``opensafely``, a TOML file of one's own, or a policy.
    before : Earlier, optional
        What was released earlier from the same plan, from its ledger: what would tell of a few
        people beside it is hidden too, and a finding says so.

    Returns
    -------
    Release
        Every figure, with its value or with the reason why it is hidden.

    Raises
    ------
    DisclosureError
        Where there is no such policy.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> release(SimpleNamespace(estimates=Estimates(), about={}, manifest={})).profile
    'publish'
    """
    policy = policies.find(profile)
    estimates = evaluation.estimates
    tables = _once(estimates.tables, getattr(evaluation, "tables", ()))
    hiding = linked.alone(estimates.items, policy, before, evaluation.manifest.get("largest_school"))
    # the flow is told by its steps
    grids = cells.alone([_scrubbed(table, policy) for table in tables if table.name != FLOW], policy)
    joint.close(hiding, grids, None if before is None else before.known(grids.people, policy))
    mixes.close(hiding)
    grids.hide_series({key[0] for key in hiding.beside | hiding.changed})
    hidden = hiding.hidden
    steps = [
        Step(name, table, rows_in, rows_out, reason) for table, name, rows_in, rows_out, reason in _steps(evaluation)
    ]
    findings = dict.fromkeys((*estimates.findings, *getattr(evaluation, "findings", ())))
    if before is not None:
        near = len(before.known([table for table in tables if table.name != FLOW], policy).hidden)
        findings |= dict.fromkeys(before.finding([why.reason for why in hidden.values()], near))
    shown = tuple(_released(_lineless(item, hiding), hidden.get(key_of(item)), policy) for item in estimates)
    protected = grids.released(item for item in estimates if key_of(item) not in hidden and not unavailable(item))
    flow = texts.flow(steps, policy, _everyone(shown, protected))
    faults = texts.faults(getattr(evaluation, "faults", ()), policy)
    let_out: tuple[Released, ...] = (*shown, *protected, *flow, *faults)
    return Release(
        profile=policy.name,
        policy=policy.words,
        about=texts.about(evaluation.about),
        estimates=shown,
        tables=protected,
        findings=tuple(texts.finding(item, policy, _secrets(estimates.items, hidden, item)) for item in findings),
        flow=flow,
        faults=faults,
        manifest=texts.manifest(evaluation.manifest) | _told_steps(flow),
        register=frozenset(mark(item) for item in let_out),
    )


def _everyone(shown: Sequence[ReleasedEstimate], tables: Sequence[ReleasedTable]) -> frozenset[float]:
    """How many pupils or enrolments there are altogether, wherever it is printed."""
    bases = {float(item.n_pupils) for item in shown if item.group == ALL and item.base in STEPPED and item.n_pupils}
    people = [one.table for one in tables if one.table.kind != "series" and one.table.base in STEPPED]
    totals = {row[-1] for table in people for label, row in zip(table.rows, table.cells, strict=True) if label == TOTAL}
    return frozenset(bases | {total for total in totals if total is not None})


def _steps(evaluation: Evaluated) -> Sequence[Sequence[Any]]:
    """Table, name, rows in, rows out and reason of each step."""
    return evaluation.manifest.get("steps") or ()


def _told_steps(flow: Sequence[ReleasedStep]) -> dict[str, list[dict[str, Any]]]:
    """Rows in and out of each step for the manifest, None where hidden."""
    return {"steps": [asdict(step) for step in flow]} if flow else {}


def _secrets(items: Sequence[Estimate], hidden: Mapping[Key, Hidden], item: Finding) -> list[texts.Secret]:
    """What a finding about these outcomes may not say of hidden groups, the longest names first."""
    forms: dict[str, set[str] | None] = {}
    for one in items:
        why = hidden.get(key_of(one))
        if why is None or (item.outcomes and one.outcome not in item.outcomes):
            continue
        known = forms.setdefault(one.group, set())
        if why.whole_group or known is None:
            forms[one.group] = None
        else:
            known |= {words.number(one.value, one.unit, digits) for digits in range(3)}
    secrets = [texts.Secret(group, frozenset(found or ()), any_number=found is None) for group, found in forms.items()]
    return sorted(secrets, key=lambda secret: (-len(secret.group), secret.group))


def _once(*groups: Sequence[Table]) -> tuple[Table, ...]:
    return tuple({table.name: table for group in groups for table in group}.values())


def _scrubbed(table: Table, policy: Policy) -> Table:
    return replace(table, note=texts.scrub(table.note, policy), title=texts.scrub(table.title, policy))


def _lineless(item: Estimate, hiding: Hiding) -> Estimate:
    return replace(item, comparator=None) if key_of(item) in hiding.lineless else item


def _released(item: Estimate, hidden: Hidden | None, policy: Policy) -> ReleasedEstimate:
    blank = ReleasedEstimate(
        outcome=item.outcome,
        group=item.group,
        estimand=item.estimand,
        unit=item.unit,
        base=item.base,
        claim=item.claim,
        method=texts.scrub(item.method, policy),
        value=None,
        level=item.level,
        null=item.null,
        comparator=item.comparator,
        notes=tuple(texts.scrub(note, policy) for note in item.notes),
    )
    if hidden is not None:
        # a note may tell the figure, and a line weighted to the group's mix something of its members
        return replace(blank, status=HIDDEN, reason=hidden.reason, notes=(), comparator=None)
    if unavailable(item):
        return mixes.as_printed(replace(blank, status=UNAVAILABLE, reason="it could not be estimated"), item)
    return mixes.as_printed(_with_numbers(blank, item, policy), item)


def _with_numbers(blank: ReleasedEstimate, item: Estimate, policy: Policy) -> ReleasedEstimate:
    statistic, p_value = item.test
    exact = replace(
        blank,
        value=item.value,
        se=item.se,
        df=item.df,
        statistic=statistic,
        p_value=p_value,
        p_adjusted=item.p_adjusted,
        ci=item.ci,
        n_pupils=item.n_pupils,
        n_schools=item.n_schools,
    )
    return _coarse(exact, item, policy.round_to) if policy.round_to and item.base != "schools" else exact


def _coarse(exact: ReleasedEstimate, item: Estimate, step: int) -> ReleasedEstimate:
    """Rounded people, and every number with no more places than such people can have.

    A mean of whole scores with twelve places is a fraction that tells how many it was divided by.
    """
    count = int(to_nearest(item.n_pupils, step))
    places = int(math.log10(max(count, 1))) + PLACES.get(item.unit, 0)
    value = _rounded_value(item, count, step)
    moved = value - item.value
    ci = exact.ci and (round(exact.ci[0] + moved, places), round(exact.ci[1] + moved, places))
    se, df, statistic, p_value, p_adjusted = (
        None if number is None else float(f"{number:.2g}")
        for number in (exact.se, exact.df, exact.statistic, exact.p_value, exact.p_adjusted)
    )
    return replace(
        exact,
        value=value if moved else round(value, places),
        se=se,
        df=df,
        statistic=statistic,
        p_value=p_value,
        p_adjusted=p_adjusted,
        ci=ci,
        n_pupils=count,
    )


def _rounded_value(item: Estimate, count: int, step: int) -> float:
    """Counts to the step; shares from rounded counts; their differences to what such shares can show."""
    if item.unit == "count":
        return to_nearest(item.value, step)
    numerator = counted(item)
    if numerator is not None and count:
        return min(1.0, to_nearest(numerator, step) / count)
    if item.unit == "proportion difference" and count:
        return to_nearest(item.value * count, step) / count
    return item.value
