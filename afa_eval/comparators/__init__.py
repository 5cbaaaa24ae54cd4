"""National figures: dated, sourced, matched to the same children, or refused with the nearest.

``find`` one figure; ``series`` over the years; ``pair`` two years from one source; ``weighted`` to
the cohort's own mix; ``transition`` from key stage 2 to GCSE; ``read`` a user's own file.
"""

from afa_eval.comparators.asking import slugs
from afa_eval.comparators.lookup import compare, find, pair, series, without
from afa_eval.comparators.store import Figure

__all__ = ["Figure", "compare", "find", "pair", "series", "slugs", "without"]
