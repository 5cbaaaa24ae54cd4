"""The one place where numbers become words: rounding, units, intervals, groups, sentences."""

from afa_eval.estimate.words.numbers import (
    DECIMALS,
    MINUS,
    PERCENT_UNITS,
    amount,
    counted,
    interval,
    number,
    round_half_up,
    suffix,
)
from afa_eval.estimate.words.people import NEEDS, label
from afa_eval.estimate.words.sentences import CLAIM_WORDS, sentence, title

__all__ = [
    "CLAIM_WORDS",
    "DECIMALS",
    "MINUS",
    "NEEDS",
    "PERCENT_UNITS",
    "amount",
    "counted",
    "interval",
    "label",
    "number",
    "round_half_up",
    "sentence",
    "suffix",
    "title",
]
