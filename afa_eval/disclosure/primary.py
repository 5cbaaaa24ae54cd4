"""Primary suppression: is one figure, on its own, about too few people?"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from afa_eval.disclosure.policies import Policy
from afa_eval.estimate import Estimand, Estimate

SCHOOLS = "schools"
STRUCTURAL = "structural zero"
SHARE_UNIT = "proportion"


@dataclass(frozen=True, slots=True)
class Figures:
    """What must be known of an estimand besides its unit and inputs?

    Attributes
    ----------
    not_counts, harmless_extremes : frozenset of str
        Proportions that are no share of people; shares of which 0 or 1 may be shown.
    holds_all : frozenset of str
        Estimands whose people hold those of all others about pupils of the same outcome and group.
    harmless_zeros, merge_columns : tuple of str
        How names of tables begin in which noughts may be shown, or small reasons be put together.
    kept_reasons : frozenset of str
        Reasons that stay on their own where enough people have them.
    parameters : dict of str to int
        Parameters behind a figure.
    bases_within : dict of str to str
        Estimands whose people are part of those of another.
    counts_within : dict of str to str
        Shares of which those who are counted are among those whom another counts.
    covered : str
        The share that counts those behind all means of its outcome and group.
    beside_lines : frozenset of str
        Figures that a national line stands beside, and that are not computed from it.
    nests : dict of str to tuple of str
        Groups that are others put together.
    """

    not_counts: frozenset[str]
    harmless_extremes: frozenset[str]
    holds_all: frozenset[str]
    harmless_zeros: tuple[str, ...]
    merge_columns: tuple[str, ...]
    kept_reasons: frozenset[str]
    parameters: dict[str, int]
    bases_within: dict[str, str]
    counts_within: dict[str, str]
    covered: str
    beside_lines: frozenset[str]
    nests: dict[str, tuple[str, ...]]


@cache
def figures() -> Figures:
    """What is written in ``data/figures.toml``?

    Returns
    -------
    Figures
        Read once.
    """
    data = tomllib.loads(files("afa_eval.disclosure").joinpath("data", "figures.toml").read_text("utf-8"))
    nests = {whole: tuple(members) for whole, members in data["nests"].items()}
    return Figures(
        not_counts=frozenset(data["not_counts"]),
        harmless_extremes=frozenset(data["harmless_extremes"]),
        holds_all=frozenset(data["holds_all"]),
        harmless_zeros=tuple(data["harmless_zeros"]),
        merge_columns=tuple(data["merge_columns"]),
        kept_reasons=frozenset(data["kept_reasons"]),
        parameters=dict(data["parameters"]),
        bases_within=dict(data["bases_within"]),
        counts_within=dict(data["counts_within"]),
        covered=data["covered"],
        beside_lines=frozenset(data["beside_lines"]),
        nests=nests,
    )


def parameters(estimand: Estimand) -> int:
    """How many parameters stand behind a figure?

    Parameters
    ----------
    estimand : Estimand
        What was estimated.

    Returns
    -------
    int
        As listed, else one: means, shares and changes of the same pupils have one each.
    """
    return figures().parameters.get(str(estimand), 1)


def counted(item: Estimate) -> float | None:
    """How many people does the figure count?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    float or None
        The numerator of a share or the count itself; None where it counts nobody.
    """
    if item.base == SCHOOLS or str(item.estimand) in figures().not_counts:
        return None
    if item.unit == "count":
        return item.value
    return item.value * item.n_pupils if item.unit == SHARE_UNIT else None


def stands_beside(item: Estimate) -> bool:
    """Does a line only stand beside a figure, which is not computed from it?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    bool
        False for a difference from the line.
    """
    return str(item.estimand) in figures().beside_lines


def base_reason(item: Estimate, policy: Policy) -> str:
    """Why are too few people behind the figure?

    Parameters
    ----------
    item : Estimate
        Any figure.
    policy : Policy
        The rules.

    Returns
    -------
    str
        Empty where there are enough.
    """
    if item.base == SCHOOLS:
        few = item.n_pupils < policy.min_schools
        return f"fewer than {policy.min_schools} schools answered" if few else ""
    if item.n_pupils < policy.threshold:
        return f"fewer than {policy.threshold} {item.base}"
    if item.arms and min(item.arms) < policy.threshold:
        return f"fewer than {policy.threshold} {item.base} on one side of the contrast"
    if item.ci is not None and item.n_pupils - parameters(item.estimand) < policy.residual_df:
        return f"fewer than {policy.residual_df} residual degrees of freedom ({item.base} minus parameters)"
    return ""


def count_reason(item: Estimate, policy: Policy) -> str:
    """Why is the share or count about too few people, or about every one of them?

    Parameters
    ----------
    item : Estimate
        Any figure.
    policy : Policy
        The rules.

    Returns
    -------
    str
        Empty where it may be shown.
    """
    count = counted(item)
    if count is None:
        return ""
    if policy.too_few(count):
        return f"counts fewer than {policy.threshold} {item.base}"
    if policy.too_few(item.n_pupils - count):
        return f"all but fewer than {policy.threshold} {item.base} are counted"
    extreme = round(count) == 0 or round(item.n_pupils - count) == 0
    allowed = STRUCTURAL in item.notes or str(item.estimand) in figures().harmless_extremes
    if extreme and policy.hide_zeros and not allowed:
        return f"none or all of the {item.base} are counted"
    return ""


def unavailable(item: Estimate) -> bool:
    """Is there no number to show?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    bool
        True where the value is not finite.
    """
    return not math.isfinite(item.value)
