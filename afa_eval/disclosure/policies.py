"""Under which rules may figures leave? Policies are data: three ship, a trust may write its own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from afa_eval.errors import DisclosureError

KINDS: dict[str, type] = {
    "threshold": int, "residual_df": int, "round_to": int, "min_schools": int, "hide_zeros": bool, "dominance": float,
}  # fmt: skip
CALLED = {int: "a whole number", float: "a number with a point", bool: "true or false", str: "text in quotes"}
LIMITS: dict[str, tuple[float, float]] = {
    "threshold": (1, float("inf")),
    "min_schools": (1, float("inf")),
    "dominance": (0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is too few, and what is done about it?

    Attributes
    ----------
    name : str
        ``publish``, ``trust``, ``opensafely`` or the file's own.
    threshold : int
        Smallest base, and smallest count or complement of a share, that may be shown.
    residual_df : int
        Smallest number of people minus parameters behind an interval; schools never count here.
    hide_zeros : bool
        Whether a true zero (or 100 per cent) is hidden unless it is structural.
    round_to : int
        Shown counts are rounded to this, shares follow; 0 means not rounded.
    min_schools : int
        How many schools must have answered where schools are what is counted. A school is an
        organisation, so above this number its answers are counted without a further threshold.
    dominance : float
        Share of a group's pupils from which one school has too many of them, where several schools
        are counted: its figure is that school's, and that school could take its own pupils away from
        it. 0 asks for none.
    title, source : str
        The policy in words, and where its numbers come from.
    """

    name: str
    threshold: int = 10
    residual_df: int = 10
    hide_zeros: bool = True
    round_to: int = 0
    min_schools: int = 5
    dominance: float = 0.9
    title: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse a policy that would hide nothing."""
        if not 0 <= self.dominance <= 1:
            raise DisclosureError(f"policy '{self.name}': dominance is a share, from 0 to 1.")
        if self.threshold < 1 or self.residual_df < 0 or self.round_to < 0 or self.min_schools < 1:
            raise DisclosureError(f"policy '{self.name}': the threshold and min_schools start at 1, the others at 0.")
        if self.round_to and to_nearest(self.threshold, self.round_to) == 0:
            raise DisclosureError(
                f"policy '{self.name}': counts that may be shown, from {self.threshold}, would be rounded to 0, as if "
                f"nobody were there. Use a round_to of at most {2 * self.threshold}, or a higher threshold."
            )

    def too_few(self, count: float) -> bool:
        """Is a count of people between 1 and the threshold?

        Parameters
        ----------
        count : float
            How many.

        Returns
        -------
        bool
            A zero is not too few here: ``hide_zeros`` speaks of it.
        """
        return 0 < round(count) < self.threshold

    @property
    def words(self) -> str:
        """How does a page explain what is hidden?"""
        rule = f"figures about fewer than {self.threshold} people, and what could be worked out from them, are hidden"
        return rule + (f"; shown counts are rounded to the nearest {self.round_to}" if self.round_to else "")


@cache
def _shipped() -> dict[str, Policy]:
    text = files("afa_eval.disclosure").joinpath("data", "policies.toml").read_text("utf-8")
    return {name: Policy(name=name, **entry) for name, entry in tomllib.loads(text).items()}


def names() -> tuple[str, ...]:
    """Which policies ship with the package?

    Returns
    -------
    tuple of str
        The first is the default.

    Examples
    --------
    >>> names()
    ('publish', 'trust', 'opensafely')
    """
    return tuple(_shipped())


def find(profile: str | Path | Policy) -> Policy:
    """Which policy is meant?

    Parameters
    ----------
    profile : str, Path or Policy
        A shipped name, a TOML file of one's own (its keys are the fields of ``Policy``), or a policy.

    Returns
    -------
    Policy
        That policy.

    Raises
    ------
    DisclosureError
        Where there is no such policy, or the file cannot be used.

    Examples
    --------
    >>> find("publish").threshold
    10
    """
    if isinstance(profile, Policy):
        return profile
    if str(profile) in _shipped():
        return _shipped()[str(profile)]
    path = Path(profile)
    if path.suffix == ".toml" and path.is_file():
        return _from_file(path)
    raise DisclosureError(f"There is no disclosure profile '{profile}'. There are: {', '.join(names())}.")


def to_nearest(value: float, step: int) -> float:
    """What is the nearest multiple, halves away from nought?

    Parameters
    ----------
    value : float
        Any number.
    step : int
        1 or more.

    Returns
    -------
    float
        A multiple of ``step``.

    Examples
    --------
    >>> to_nearest(12.5, 5), to_nearest(-12.6, 5)
    (15.0, -15.0)
    """
    size = int(abs(value) / step + 0.5) * step
    return float(size if value >= 0 else -size)


def _from_file(path: Path) -> Policy:
    try:
        text = path.read_text("utf-8")
        entry = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DisclosureError(f"{path.name} is no TOML file that can be read: {error}.") from None
    wrong = [
        f"{path.name}, line {_line_of(key, text)}: {said}"
        for key, value in entry.items()
        if (said := _fault(key, value))
    ]
    if wrong:
        raise DisclosureError(" ".join(wrong))
    return Policy(**{"name": path.stem, **entry})


def _fault(key: str, value: Any) -> str:
    """What is wrong with one key of a policy's file? Empty where nothing is."""
    known = sorted(item.name for item in fields(Policy))
    kind = KINDS.get(key, str)
    if key not in known:
        return f"unknown key '{key}'. It may have: {', '.join(known)}."
    if type(value) is not kind:
        return f"{key} must be {CALLED[kind]}, not {value!r}."
    least, most = LIMITS.get(key, (0, float("inf")))
    if isinstance(value, int | float) and not least <= value <= most:
        return f"{key} must be {least} or more{'' if most > 1 else ' and at most 1'}, not {value!r}."
    return ""


def _line_of(key: str, text: str) -> int:
    """On which line a key is set; the first where it cannot be seen."""
    found = re.compile(rf"\s*[\[\"']*{re.escape(key)}\b")
    return next((at for at, line in enumerate(text.splitlines(), 1) if found.match(line)), 1)
