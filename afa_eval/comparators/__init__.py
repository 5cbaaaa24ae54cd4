"""National figures: dated, sourced, matched to the same children, or refused with the nearest.

``find`` one figure; ``series`` over the years; ``pair`` two years from one source; ``match`` pupils
to the same children nationally, ``weighted`` to the cohort's own mix; ``breaks`` between two years;
``transition`` from key stage 2 to GCSE; ``read`` a user's own file. ``service`` asks the
Department's statistics service for newer figures.
"""

from afa_eval.comparators.areas import neighbours
from afa_eval.comparators.asking import slugs
from afa_eval.comparators.breaks import breaks, marks
from afa_eval.comparators.listing import describe, figures, overview, records
from afa_eval.comparators.lookup import compare, find, pair, series
from afa_eval.comparators.matching import Matched, MatchedChange, MatchedGroup, match, match_change
from afa_eval.comparators.mix import Weighted, joint_keys, weighted, weighted_pair
from afa_eval.comparators.own_file import check_file, read
from afa_eval.comparators.own_records import ComparatorFile
from afa_eval.comparators.rest import without
from afa_eval.comparators.store import Figure
from afa_eval.comparators.transitions import Transition, TransitionBand, subjects, transition
from afa_eval.comparators.value_added import PupilValueAdded, ValueAdded, entry_share, value_added
from afa_eval.comparators.value_added import findings as transition_findings

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
