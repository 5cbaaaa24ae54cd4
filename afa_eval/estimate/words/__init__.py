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
    true_minus,
    years,
)
from afa_eval.estimate.words.people import NEEDS, label, nouns, people, whom
from afa_eval.estimate.words.phrases import title
from afa_eval.estimate.words.sentences import CLAIM_WORDS, clause, doubt, likely, sentence, title_of
from afa_eval.estimate.words.summary import before_after, summary_paragraph

__all__ = [
    "CLAIM_WORDS",
    "DECIMALS",
    "HIDDEN",
    "MINUS",
    "NEEDS",
    "PERCENT_UNITS",
    "amount",
    "before_after",
    "clause",
    "counted",
    "doubt",
    "hidden",
    "interval",
    "label",
    "likely",
    "nouns",
    "number",
    "people",
    "round_half_up",
    "sentence",
    "short",
    "suffix",
    "summary_paragraph",
    "title",
    "title_of",
    "true_minus",
    "whom",
    "years",
]
