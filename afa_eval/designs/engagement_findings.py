"""What else could explain the figures of a survey, and what a reader must mind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from afa_eval.designs.engagement_figures import Figures, reliability, response_counts
from afa_eval.designs.engagement_question import EngagementQuestion
from afa_eval.designs.engagement_rows import Answers
from afa_eval.estimate import Estimand, Estimate, Finding, Severity, words

LOW_ALPHA = 0.7
MOST_PAIRED = 0.5
GOOD_RESPONSE = 0.8
NEXT_TIME = "Next time give each respondent a number that stays the same in both waves."


def findings(
    design: EngagementQuestion, given: Answers, figures: Figures, items: Sequence[Estimate]
) -> tuple[Finding, ...]:
    """What must a reader mind about these answers?

    Parameters
    ----------
    design : EngagementQuestion
        What was asked of whom.
    given : Answers
        Who answered what.
    figures : Figures
        Pairs and measures.
    items : sequence of Estimate
        The figures.

    Returns
    -------
    tuple of Finding
        The heaviest first.
    """
    found = [
        *_who(design),
        *_self_chosen(design, given),
        *_pairing(design, given, figures, items),
        *_reliable(design, given),
        *_left_out(design, given),
        *_no_comparator(design, items),
    ]
    order = (Severity.SERIOUS, Severity.CONCERN, Severity.NOTE)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _said(design: EngagementQuestion, code: str, severity: Severity, message: str, fix: str = "") -> Finding:
    return Finding(code=code, severity=severity, message=message, fix=fix, outcomes=(design.id,) if design.id else ())


def _percent(share: float) -> str:
    return words.amount(share, "proportion")


def _who(design: EngagementQuestion) -> Iterator[Finding]:
    if design.source == "parent-view":
        message = (
            "Parent View is anonymous and answered by parents who chose to. Its two waves are different parents, so "
            "they are shown side by side and never compared."
        )
        yield _said(design, "parent-view", Severity.CONCERN, message)
    if design.respondent == "school":
        message = (
            "Schools rated their own relationships with parents. What parents think was not asked here, and schools "
            "that run a programme have reason to think well of it."
        )
        yield _said(design, "schools-rated-themselves", Severity.CONCERN, message, "Ask the parents as well.")
    if design.assessor == "teacher-delivering":
        message = "Those who answered also delivered the programme, so they judged their own work."
        fix = "Have someone answer who does not deliver it, or who does not know which pupils take part."
        yield _said(design, "teacher-delivering", Severity.SERIOUS, message, fix)


def _self_chosen(design: EngagementQuestion, given: Answers) -> Iterator[Finding]:
    counts = response_counts(design, given)
    rates = {wave: answered / asked for wave, (answered, asked) in counts.items()}
    if any(rate > 1 for rate in rates.values()):
        message = f"More {design.base} answered than were asked according to the plan, so no response rate is given."
        yield _said(design, "response-rate", Severity.CONCERN, message, "Correct asked_before and asked_after.")
    rates = {wave: rate for wave, rate in rates.items() if rate <= 1}
    if rates and len(rates) == len(given.waves) and min(rates.values()) >= 1:
        return
    if rates:
        told = f"Of those asked, {' and '.join(f'{_percent(rate)} answered {wave}' for wave, rate in rates.items())}."
    else:
        told = "How many were asked is not known."
    who = design.base[:1].upper() + design.base[1:]
    message = f"{who} chose whether to answer. {told} Those who did may think better or worse of it than the others."
    fine = bool(rates) and min(rates.values()) >= GOOD_RESPONSE
    fix = "" if rates else "Give asked_before and asked_after in the plan."
    yield _said(design, "self-chosen-respondents", Severity.NOTE if fine else Severity.CONCERN, message, fix)


def _pairing(
    design: EngagementQuestion, given: Answers, figures: Figures, items: Sequence[Estimate]
) -> Iterator[Finding]:
    if len(given.waves) < 2:
        message = f"There are answers of one wave only ({given.waves[0]}), so no change can be shown."
        yield _said(design, "one-wave", Severity.SERIOUS, message)
        return
    if not design.compares:
        return
    either = figures.either
    if np.isnan(either.share):
        message = (
            f"Nobody knows which {design.base} answered in both waves, so part of a change may be that other people "
            "answered."
        )
        yield _said(design, "unpaired-answers", Severity.CONCERN, message, NEXT_TIME)
    elif either.share < MOST_PAIRED:
        main = "the main figures are theirs" if figures.paired(figures.measures[0]) else "they are not shown apart"
        message = (
            f"Only {_percent(either.share)} of the {design.base} who answered did so in both waves; {main}. They may "
            "differ from those who answered once."
        )
        yield _said(design, "low-share-paired", Severity.CONCERN, message, NEXT_TIME)
    if either.ambiguous:
        message = (
            "Some identifiers of respondents occur more than once in a wave (two parents of one child, for example). "
            "They count in each wave, and not in the pairs."
        )
        yield _said(design, "repeated-respondents", Severity.NOTE, message, NEXT_TIME)
    yield from _signs(design, items)


def _signs(design: EngagementQuestion, items: Sequence[Estimate]) -> Iterator[Finding]:
    """Say where those who answered twice and all who answered changed in opposite directions."""
    values = {item.estimand: item.value for item in items if item.group == "all"}
    for paired, everyone in (
        (Estimand.TOP_BOX_CHANGE, Estimand.TOP_BOX_CHANGE_UNPAIRED),
        (Estimand.SCALE_CHANGE, Estimand.SCALE_CHANGE_UNPAIRED),
    ):
        if paired in values and everyone in values and values[paired] * values[everyone] < 0:
            message = (
                f"Those who answered in both waves moved one way and all who answered the other ({words.title(paired)}): "
                "who answered matters more here than what changed."
            )
            yield _said(design, "paired-and-unpaired-differ", Severity.SERIOUS, message)


def _reliable(design: EngagementQuestion, given: Answers) -> Iterator[Finding]:
    if not design.items:
        return
    found = {wave: reliability(given, "alpha", wave) for wave in given.waves}
    values = {wave: value.value for wave, value in found.items() if value is not None}
    if not values:
        message = "How reliably the scale measures could not be estimated: too few answered all its questions."
        yield _said(design, "reliability-unknown", Severity.CONCERN, message)
        return
    wave = min(values, key=lambda name: values[name])
    if values[wave] < LOW_ALPHA:
        message = (
            f"The questions of the scale do not hang together well (Cronbach's alpha {values[wave]:.2f} {wave}, under "
            f"{LOW_ALPHA}): its mean mixes different things, and its changes are blurred."
        )
        fix = "Check which questions are worded the other way (reverse), or look at them one by one."
        yield _said(design, "low-reliability", Severity.CONCERN, message, fix)
    if any(item is not None for item in found.values()) and len(given.waves) == 2:
        message = (
            "The standardised change of the scale is in standard deviations of these respondents, who chose to answer. "
            "It does not compare with standard deviations of other surveys."
        )
        yield _said(design, "own-standard-deviation", Severity.NOTE, message)


def _left_out(design: EngagementQuestion, given: Answers) -> Iterator[Finding]:
    scored = given.scored
    if scored is not None and (scored.filled or scored.dropped):
        answered = scored.filled + scored.dropped + int(given.items.notna().all(axis=1).sum())
        share = words.amount(scored.dropped / answered, "proportion")
        message = (
            f"Where fewer than {words.number(design.missing_items, 'proportion', 0)}% of the questions were left out, the school's mean "
            f"stands in for them; who left out more got no score ({share} of the answer sheets)."
        )
        heavy = scored.dropped > 0.1 * answered
        yield _said(design, "missing-items", Severity.CONCERN if heavy else Severity.NOTE, message)
    if given.no_school:
        total = given.no_school + len(given.rows)
        share = words.amount(given.no_school / total, "proportion")
        message = f"{share} of the answers name no school and were left out."
        yield _said(design, "no-school", Severity.NOTE, message, "Have the school's number printed on the survey.")


def _no_comparator(design: EngagementQuestion, items: Sequence[Estimate]) -> Iterator[Finding]:
    if not any(item.estimand in (Estimand.TOP_BOX_CHANGE, Estimand.SCALE_CHANGE) for item in items):
        return
    message = (
        "There is no national figure for these questions, so nobody knows how the same answers changed elsewhere. The "
        "change is a description."
    )
    yield _said(
        design, "no-comparator", Severity.NOTE, message, "Ask the same questions in schools without the programme."
    )
