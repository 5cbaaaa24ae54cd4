"""The one sentence-maker: what an estimate says, in plain English."""

from __future__ import annotations

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Estimate
from afa_eval.estimate.words.numbers import amount, counted, interval

CLAIM_WORDS = {
    Claim.DESCRIPTION: "This describes what happened; it does not show why.",
    Claim.COMPARISON: "This compares with the same children nationally; it does not by itself show an effect.",
    Claim.EFFECT: "This is an estimate of the programme's effect.",
}


def title(estimand: Estimand) -> str:
    """What is this figure called where there is room for a few words only?

    Parameters
    ----------
    estimand : Estimand
        What was estimated.

    Returns
    -------
    str
        For example ``Persistent absence, after``.
    """
    text = str(estimand)
    for end in ("_before", "_after", "_change"):
        if text.endswith(end):
            text = f"{text.removesuffix(end)},{end.replace('_', ' ')}"
    text = text.replace("_", " ")
    for lower, proper in (("icc", "ICC"), ("mdes", "Smallest change it could have shown"), ("cace", "CACE")):
        text = proper if text == lower else text
    return text[:1].upper() + text[1:]


def sentence(item: Estimate, subject: str = "") -> str:
    """What does one estimate say, in a sentence?

    Parameters
    ----------
    item : Estimate
        What to say.
    subject : str
        Name of the outcome; the estimate's outcome id where empty.

    Returns
    -------
    str
        Size, uncertainty, who was counted, comparator and claim.

    Examples
    --------
    >>> from afa_eval.estimate.records import Claim
    >>> sentence(Estimate(outcome="reading", group="all", estimand=Estimand.MEAN_GAIN, value=3.1, unit="points",
    ...     base="pupils", n_pupils=412, n_schools=18, claim=Claim.DESCRIPTION, method="mean", interval=(1.2, 5.0)))
    'reading, all: mean gain 3.1 points (95% CI 1.2 to 5.0), 412 pupils in 18 schools.'
    """
    name = title(item.estimand)
    label = name if name[:2].isupper() else name[:1].lower() + name[1:]
    ends = f" ({interval(item.ci, item.unit, item.level)})" if item.ci else ""
    who = counted(item.n_pupils, item.base, item.n_schools)
    line = f"{subject or item.outcome}, {item.group}: {label} {amount(item.value, item.unit)}{ends}, {who}"
    if item.comparator is not None:
        against = amount(item.comparator.value, item.comparator.unit)
        line += f"; nationally {against} ({item.comparator.population}, {item.comparator.year})"
    return line + "."
