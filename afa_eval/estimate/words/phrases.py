"""How each estimand is said: its name, its sentence, and which way is up."""

from __future__ import annotations

from dataclasses import dataclass

from afa_eval.estimate.estimands import Estimand


@dataclass(frozen=True, slots=True)
class Way:
    """How are up and down said?

    Attributes
    ----------
    up, down, same : str
        After the subject: ``rose by``, ``fell by``, ``changed by``.
    up_end, down_end : str
        An end of an interval that runs from below nought to above it; ``{}`` is its size.
    """

    up: str
    down: str
    same: str
    up_end: str
    down_end: str


MOVED = Way("rose by", "fell by", "changed by", "a rise of {}", "a fall of {}")
GAINED = Way("gained", "lost", "gained", "a gain of {}", "a loss of {}")
MORE = Way("more", "less", "more", "{} more", "{} less")
HIGHER = Way("higher", "lower", "higher", "{} higher", "{} lower")
ABOVE = Way("above", "below", "above", "{} above", "{} below")
AGAINST = Way("gained {size} on", "lost {size} against", "kept level ({size}) with", "{} gained", "{} lost")


@dataclass(frozen=True, slots=True)
class Phrase:
    """How is an estimand said?

    Attributes
    ----------
    name : str
        With an article before it: ``share persistently absent before``.
    said : str
        The sentence: ``{who}``, ``{value}`` (with its sign), ``{size}`` (without), ``{way}``,
        ``{other}`` (the second side of a contrast), ``{that}`` (who, of schools which), ``{line}`` (which
        pupils nationally), ``{share}`` (what the share is of).
    way : Way, optional
        How up and down are said, where the sentence says ``{way}``.
    kind : str
        ``level``, ``change``, ``contrast`` (against something) or ``about`` (the estimate itself).
    """

    name: str
    said: str
    way: Way | None = None
    kind: str = "level"


def _share(name: str, verb: str) -> tuple[Phrase, Phrase, Phrase]:
    """Before, after and change of a share of people."""
    return (
        Phrase(f"share {name} before", f"{{value}} of {{who}} {verb} before"),
        Phrase(f"share {name} after", f"{{value}} of {{who}} {verb} after"),
        Phrase(
            f"change in the share {name}", f"the share of {{who}} {{that}} {verb} {{way}} {{size}}", MOVED, "change"
        ),
    )


def _sessions(name: str, how: str) -> tuple[Phrase, Phrase, Phrase]:
    """Before, after and change of a share of sessions."""
    missed = f"missed {{value}} of their sessions{how}"
    change = f"the share of sessions that {{who}} missed{how} {{way}} {{size}}"
    return (
        Phrase(f"{name} rate before", f"{{who}} {missed} before"),
        Phrase(f"{name} rate after", f"{{who}} {missed} after"),
        Phrase(f"change in the {name} rate", change, MOVED, "change"),
    )


def _triple(stem: str, three: tuple[Phrase, Phrase, Phrase]) -> dict[str, Phrase]:
    return {f"{stem}{end}": phrase for end, phrase in zip(("_before", "_after", "_change"), three, strict=True)}


PHRASES: dict[str, Phrase] = {
    **_triple("persistent_absence", _share("persistently absent", "were persistently absent")),
    **_triple("severe_absence", _share("severely absent", "missed half of their sessions or more")),
    **_triple("standard_share", _share("at the standard", "were at the standard")),
    **_triple("top_box", _share("giving the top answer", "gave the top answer")),
    **_triple("absence_rate", _sessions("absence", "")),
    **_triple("authorised_rate", _sessions("authorised absence", " for authorised reasons")),
    **_triple("unauthorised_rate", _sessions("unauthorised absence", " without authorisation")),
    Estimand.MEAN_BEFORE: Phrase("average score before", "{who} scored {value} on average before"),
    Estimand.MEAN_AFTER: Phrase("average score after", "{who} scored {value} on average after"),
    Estimand.MEAN_GAIN: Phrase("average gain", "{who} {way} {size} on average", GAINED, "change"),
    Estimand.GROWTH_PER_WAVE: Phrase(
        "average growth from one test to the next",
        "{who} {way} {size} on average from one test to the next",
        GAINED,
        "change",
    ),
    Estimand.ADJUSTED_PROGRESS: Phrase(
        "score compared with others who began at the same point",
        "{who} scored {size} {way} than pupils nationally who started at the same point",
        HIGHER,
        "contrast",
    ),
    Estimand.MEAN_PROGRESS: Phrase("average progress score", "{who} had an average progress score of {value}"),
    Estimand.EXPECTED_PROGRESS_SHARE: Phrase(
        "share making expected progress", "{value} of {who} made the progress that was expected"
    ),
    Estimand.ABOVE_NATIONAL_AVERAGE_SHARE: Phrase(
        "share reaching the national average progress for the same start",
        "{value} of {who} made at least the average progress of pupils nationally who started at the same point",
    ),
    Estimand.PROGRESS_MINUS_NATIONAL: Phrase(
        "progress compared with the national line",
        "{who} made {size} {way} progress than {line}",
        MORE,
        "contrast",
    ),
    Estimand.SHARE_MINUS_NATIONAL: Phrase(
        "share compared with the same share nationally",
        "the share of {who} {share} was {size} {way} that of {line}",
        ABOVE,
        "contrast",
    ),
    Estimand.BASELINE_DIFFERENCE: Phrase("difference before", "before, {who} scored {size} {way} than {other}", HIGHER),
    Estimand.GAP_BEFORE: Phrase("gap before", "before, {who} scored {size} {way} than {other}", HIGHER),
    Estimand.GAP_AFTER: Phrase("gap after", "after, {who} scored {size} {way} than {other}", HIGHER),
    Estimand.GAP_CHANGE: Phrase("change in the gap", "{who} {way} {other}", AGAINST, "change"),
    Estimand.G_NATIONAL: Phrase(
        "difference in national standard deviations",
        "{who} came out {size} {way} the line, in terms of how widely pupils' scores spread nationally",
        ABOVE,
        "contrast",
    ),
    Estimand.G_TRUST: Phrase(
        "difference in standard deviations of the trust's own pupils",
        "{who} came out {size} {way} the line, in terms of how widely the scores of the trust's own pupils spread",
        ABOVE,
        "contrast",
    ),
    Estimand.G_GAP_CHANGE: Phrase(
        "change in the gap in standard deviations",
        "in standard deviations, {who} {way} {other}",
        AGAINST,
        "change",
    ),
    Estimand.HEDGES_G_TOTAL: Phrase("effect size", "the effect size for {who} is {value}", None, "contrast"),
    Estimand.MONTHS_PROGRESS: Phrase(
        "difference in months of progress",
        "for {who}, the difference is equivalent to {size} {way} progress; this is not EEF additional progress",
        MORE,
        "contrast",
    ),
    Estimand.PERSISTENT_ABSENCE_RELATIVE_CHANGE: Phrase(
        "relative change in the share persistently absent",
        "the share of {who} who were persistently absent {way} {size} of where it began",
        MOVED,
        "change",
    ),
    Estimand.PERSISTENT_ABSENTEES_BEFORE: Phrase(
        "number persistently absent before", "{value} {who} were persistently absent before"
    ),
    Estimand.PERSISTENT_ABSENTEES_AFTER: Phrase(
        "number persistently absent after", "{value} {who} were persistently absent after"
    ),
    Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL: Phrase(
        "share persistently absent compared with the national share",
        "the share of {who} who were persistently absent after was {size} {way} the national share",
        ABOVE,
        "contrast",
    ),
    Estimand.CHANGE_MINUS_NATIONAL: Phrase(
        "change compared with the national change",
        "for {who}, the share persistently absent ended {size} {way} than if it had changed as it did nationally",
        HIGHER,
        "contrast",
    ),
    Estimand.RELATIVE_CHANGE_RATIO: Phrase(
        "change as a ratio to the national change",
        "for {who}, the share persistently absent ended at {value} times what the national change would have given",
        None,
        "contrast",
    ),
    Estimand.TOP_BOX_CHANGE_UNPAIRED: Phrase(
        "change in the share giving the top answer, all who answered",
        "among all who answered in either round, the share of {who} {that} gave the top answer {way} {size}",
        MOVED,
        "change",
    ),
    Estimand.SCALE_BEFORE: Phrase("average scale score before", "{who} scored {value} on average before"),
    Estimand.SCALE_AFTER: Phrase("average scale score after", "{who} scored {value} on average after"),
    Estimand.SCALE_CHANGE: Phrase(
        "change in the average scale score", "the average score of {who} {way} {size}", MOVED, "change"
    ),
    Estimand.SCALE_CHANGE_UNPAIRED: Phrase(
        "change in the average scale score, all who answered",
        "among all who answered in either round, the average score of {who} {way} {size}",
        MOVED,
        "change",
    ),
    Estimand.SCALE_CHANGE_G: Phrase(
        "change in standard deviations of the first round",
        "the average score of {who} {way} {size}, by how widely the first answers spread",
        MOVED,
        "change",
    ),
    Estimand.PROBABILITY_OF_SUPERIORITY: Phrase(
        "chance that a later answer is the higher one",
        "the chance that an answer of {who} from after is higher than one from before, ties counting half, is {value} "
        "(50% would be no shift)",
    ),
    Estimand.MARGINAL_HOMOGENEITY: Phrase(
        "test of a shift in the answers",
        "the test of whether the answers of {who} shifted gives {value}",
        None,
        "about",
    ),
    Estimand.RELIABILITY_ALPHA: Phrase(
        "reliability (alpha)",
        "the items answered by {who} agree with each other with an alpha of {value}",
        None,
        "about",
    ),
    Estimand.RELIABILITY_OMEGA: Phrase(
        "reliability (omega)",
        "the items answered by {who} agree with each other with an omega of {value}",
        None,
        "about",
    ),
    Estimand.RESPONSE_RATE_BEFORE: Phrase("response rate before", "{value} of {who} {that} were asked answered before"),
    Estimand.RESPONSE_RATE_AFTER: Phrase("response rate after", "{value} of {who} {that} were asked answered after"),
    Estimand.SHARE_PAIRED: Phrase(
        "share who answered both times", "{value} of {who} {that} answered did so both times"
    ),
    Estimand.DIFFERENCE: Phrase("difference", "{who} came out {size} {way} than {other}", HIGHER, "contrast"),
    Estimand.RISK_DIFFERENCE: Phrase(
        "difference between shares", "the share was {size} {way} for {who} than for {other}", HIGHER, "contrast"
    ),
    Estimand.RISK_RATIO: Phrase(
        "ratio of shares", "the share for {who} is {value} times that for {other}", None, "contrast"
    ),
    Estimand.ODDS_RATIO: Phrase(
        "odds ratio", "the odds for {who} are {value} times those for {other}; odds are not shares", None, "contrast"
    ),
    Estimand.CACE: Phrase(
        "effect for those who took part",
        "{who} who took part because they were offered it came out {size} {way} than they would have",
        HIGHER,
        "contrast",
    ),
    Estimand.COVERAGE: Phrase("share with a usable score", "{value} of {who} have a usable score", None, "about"),
    Estimand.ICC: Phrase(
        "share of the variation between schools",
        "{value} of the variation among {who} lies between schools",
        None,
        "about",
    ),
    Estimand.DESIGN_EFFECT: Phrase(
        "design effect", "allowing for schools multiplies the variance for {who} by {value}", None, "about"
    ),
    Estimand.MDES: Phrase(
        "smallest change it could have shown",
        "the smallest change this evaluation could have shown for {who} is {value}",
        None,
        "about",
    ),
}
WITHIN = {  # the sentence where the group is no contrast: the same people before and after
    Estimand.RISK_RATIO: "the share of {who} after is {value} times that before",
    Estimand.ODDS_RATIO: "the odds for {who} after are {value} times those before; odds are not shares",
}
TITLES: dict[str, str] = {
    "mean": "Average score",
    "scale": "Scale score",
    "top_box": "Top answer",
    "standard_share": "At the standard",
    Estimand.MEAN_GAIN: "Average gain",
    Estimand.MEAN_PROGRESS: "Average progress score",
    Estimand.ADJUSTED_PROGRESS: "Progress for the same start",
    Estimand.EXPECTED_PROGRESS_SHARE: "Made expected progress",
    Estimand.ABOVE_NATIONAL_AVERAGE_SHARE: "Reached the national average progress for the same start",
    Estimand.PROGRESS_MINUS_NATIONAL: "Progress minus national progress",
    Estimand.SHARE_MINUS_NATIONAL: "Share minus the national share",
    Estimand.G_NATIONAL: "Difference in national standard deviations",
    Estimand.G_TRUST: "Difference in the trust's own standard deviations",
    Estimand.G_GAP_CHANGE: "Change in the gap in standard deviations",
    Estimand.BASELINE_DIFFERENCE: "Difference in first scores, in standard deviations",
    Estimand.HEDGES_G_TOTAL: "Effect size (Hedges' g, total)",
    Estimand.MONTHS_PROGRESS: "Equivalent in months (not EEF additional progress)",
    Estimand.PERSISTENT_ABSENCE_RELATIVE_CHANGE: "Persistent absence, relative change",
    Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL: "Persistent absence minus the national share",
    Estimand.CHANGE_MINUS_NATIONAL: "Change minus the national change",
    Estimand.RELATIVE_CHANGE_RATIO: "Change as a ratio to the national change",
    Estimand.TOP_BOX_CHANGE_UNPAIRED: "Top answer, change among all who answered",
    Estimand.SCALE_CHANGE_UNPAIRED: "Scale score, change among all who answered",
    Estimand.SCALE_CHANGE_G: "Scale score, change in standard deviations",
    Estimand.PROBABILITY_OF_SUPERIORITY: "Chance that a later answer is higher (ties counting half)",
    Estimand.MARGINAL_HOMOGENEITY: "Test of a shift in the answers",
    Estimand.RELIABILITY_ALPHA: "Reliability (alpha)",
    Estimand.RELIABILITY_OMEGA: "Reliability (omega)",
    Estimand.SHARE_PAIRED: "Answered both times",
    Estimand.CACE: "Effect for those who took part (CACE)",
    Estimand.COVERAGE: "With a usable score",
    Estimand.ICC: "Variation between schools (ICC)",
    Estimand.MDES: "Smallest change it could have shown",
}


GAIN_IN_SD = Phrase(
    "average gain in standard deviations",
    "{who} {way} {size} on average, in terms of how widely scores spread",
    GAINED,
    "change",
)
GAIN_IN_SD_TITLE = "Average gain in standard deviations"
SHARES = {  # how the method of a share begins: what it is the share of
    "share at the standard": "at the standard",
    "share making expected progress": "making expected progress",
    "share reaching": "reaching the average progress of all pupils with the same start",
}
FLAT = "flat national average"  # said in the method of what is set against a line that does not know the start
FLAT_PHRASE = Phrase(
    "gain compared with the flat national average gain of all pupils",
    "{who} gained {size} {way} than the flat national average gain of all pupils of the same age",
    MORE,
    "contrast",
)
FLAT_TITLE = "Gain minus the flat national average gain of all pupils"


def phrase(estimand: str) -> Phrase:
    """How is an estimand said?

    Parameters
    ----------
    estimand : str
        Any member of ``Estimand``.

    Returns
    -------
    Phrase
        Its own, or a plain one made from its name.
    """
    known = PHRASES.get(str(estimand))
    return known or Phrase(str(estimand).replace("_", " "), f"{str(estimand).replace('_', ' ')} of {{who}}: {{value}}")


def title(estimand: str) -> str:
    """What is a figure called where there is room for a few words only?

    Parameters
    ----------
    estimand : str
        What was estimated.

    Returns
    -------
    str
        For example ``Persistent absence, after``.

    Examples
    --------
    >>> title("persistent_absence_after"), title("mean_before")
    ('Persistent absence, after', 'Average score, before')
    """
    text = str(estimand)
    if text in TITLES:
        return TITLES[text]
    for end in ("_before", "_after", "_change"):
        stem = text.removesuffix(end)
        if stem != text:
            return f"{TITLES.get(stem, _capital(stem))},{end.replace('_', ' ')}"
    return _capital(text)


def _capital(text: str) -> str:
    return (text[:1].upper() + text[1:]).replace("_", " ")
