"""The one place where numbers become words: rounding, units, intervals, groups, sentences."""

from afa_eval.estimate.words.numbers import (
    DECIMALS,
    HIDDEN,
    MINUS,
    PERCENT_UNITS,
    amount,
    counted,
    hidden,
    interval,
    number,
    round_half_up,
    short,
    suffix,
)
from afa_eval.estimate.words.people import NEEDS, label, nouns
from afa_eval.estimate.words.sentences import CLAIM_WORDS, sentence, title

__all__ = [
    "CLAIM_WORDS",
    "DECIMALS",
    "HIDDEN",
    "MINUS",
    "NEEDS",
    "PERCENT_UNITS",
    "amount",
    "counted",
    "hidden",
    "interval",
    "label",
    "nouns",
    "number",
    "round_half_up",
    "sentence",
    "short",
    "suffix",
    "title",
]
