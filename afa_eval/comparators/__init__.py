"""National figures: dated, sourced, matched to the same children, or refused with the nearest.

``find`` one figure; ``series`` over the years; ``pair`` two years from one source; ``weighted`` to
the cohort's own mix; ``transition`` from key stage 2 to GCSE; ``read`` a user's own file.
"""

from afa_eval.comparators.areas import neighbours
from afa_eval.comparators.asking import slugs
from afa_eval.comparators.breaks import breaks, marks
from afa_eval.comparators.listing import describe, figures, overview, records
from afa_eval.comparators.lookup import compare, find, pair, series
from afa_eval.comparators.mix import Weighted, joint_keys, weighted, weighted_pair
from afa_eval.comparators.own_file import check_file, read
from afa_eval.comparators.own_records import ComparatorFile
from afa_eval.comparators.rest import without
from afa_eval.comparators.store import Figure
from afa_eval.comparators.transitions import Transition, TransitionBand, subjects, transition

__all__ = [
    "ComparatorFile",
    "Figure",
    "Transition",
    "TransitionBand",
    "Weighted",
    "breaks",
    "check_file",
    "compare",
    "describe",
    "figures",
    "find",
    "joint_keys",
    "marks",
    "neighbours",
    "overview",
    "pair",
    "read",
    "records",
    "series",
    "slugs",
    "subjects",
    "transition",
    "weighted",
    "weighted_pair",
    "without",
]
