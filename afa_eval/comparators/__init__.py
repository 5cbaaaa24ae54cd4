"""National figures: dated, sourced, matched to the same children, or refused with the nearest.

``find`` one figure; ``series`` over the years; ``pair`` two years from one source; ``match`` pupils
to the same children nationally, ``weighted`` to the cohort's own mix; ``breaks`` between two years;
``transition`` from key stage 2 to GCSE; ``read`` a user's own file. ``service`` asks the
Department's statistics service for newer figures.

The names are imported when first used, so that one figure costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afa_eval.comparators.areas import neighbours
    from afa_eval.comparators.asking import slugs
    from afa_eval.comparators.bands import at_line
    from afa_eval.comparators.figure import Figure
    from afa_eval.comparators.listing import describe, figures, overview, records
    from afa_eval.comparators.lookup import compare, find, pair, series
    from afa_eval.comparators.matching import Matched, MatchedChange, MatchedGroup, match, match_change
    from afa_eval.comparators.mix import Weighted, joint_keys, weighted, weighted_pair
    from afa_eval.comparators.own_file import check_file, read
    from afa_eval.comparators.own_records import ComparatorFile
    from afa_eval.comparators.prior_bands import PupilValueAdded, ValueAdded, entry_share, value_added
    from afa_eval.comparators.prior_bands import findings as transition_findings
    from afa_eval.comparators.rest import without
    from afa_eval.comparators.series_breaks import breaks, marks
    from afa_eval.comparators.transitions import Transition, TransitionBand, subjects, transition

_HOMES = {
    "areas": ("neighbours",),
    "asking": ("slugs",),
    "series_breaks": ("breaks", "marks"),
    "bands": ("at_line",),
    "figure": ("Figure",),
    "listing": (
        "describe",
        "figures",
        "overview",
        "records",
    ),
    "lookup": (
        "compare",
        "find",
        "pair",
        "series",
    ),
    "matching": (
        "Matched",
        "MatchedChange",
        "MatchedGroup",
        "match",
        "match_change",
    ),
    "mix": (
        "Weighted",
        "joint_keys",
        "weighted",
        "weighted_pair",
    ),
    "own_file": (
        "check_file",
        "read",
    ),
    "own_records": ("ComparatorFile",),
    "rest": ("without",),
    "transitions": (
        "Transition",
        "TransitionBand",
        "subjects",
        "transition",
    ),
    "prior_bands": (
        "PupilValueAdded",
        "ValueAdded",
        "entry_share",
        "value_added",
    ),
}
_HOME_OF = {name: (home, name) for home, names in _HOMES.items() for name in names}
_HOME_OF["transition_findings"] = ("prior_bands", "findings")

__all__ = [
    "ComparatorFile",
    "Figure",
    "Matched",
    "MatchedChange",
    "MatchedGroup",
    "PupilValueAdded",
    "Transition",
    "TransitionBand",
    "ValueAdded",
    "Weighted",
    "at_line",
    "breaks",
    "check_file",
    "compare",
    "describe",
    "entry_share",
    "figures",
    "find",
    "joint_keys",
    "marks",
    "match",
    "match_change",
    "neighbours",
    "overview",
    "pair",
    "read",
    "records",
    "series",
    "slugs",
    "subjects",
    "transition",
    "transition_findings",
    "value_added",
    "weighted",
    "weighted_pair",
    "without",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name == "service":
        return import_module(f"{__name__}.service")
    if name not in _HOME_OF:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    home, own = _HOME_OF[name]
    found = getattr(import_module(f"{__name__}.{home}"), own)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Public names, for tab completion."""
    return list(__all__)
