"""The one sentence-maker: what an estimate says, in plain English."""

from __future__ import annotations

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Comparator
from afa_eval.estimate.shown import Shown
from afa_eval.estimate.words.numbers import PERCENT_UNITS, amount, counted, hidden, interval, number, years
from afa_eval.estimate.words.people import people, sides, whom
from afa_eval.estimate.words.phrases import (
    FLAT,
    FLAT_PHRASE,
    FLAT_TITLE,
    GAIN_IN_SD,
    GAIN_IN_SD_TITLE,
    HIGHER,
    SHARES,
    WITHIN,
    Phrase,
    Way,
    phrase,
    title,
)

CLAIM_WORDS = {
    Claim.DESCRIPTION: "This describes what happened; it does not show why.",
    Claim.COMPARISON: "This compares with the same children nationally; it does not by itself show an effect.",
    Claim.EFFECT: "This is an estimate of the programme's effect.",
}
TEST_NORM = "test-norm"  # the slug of a test's own norm
SAME_START = "test-norm-same-start"  # and of what it gives for pupils with the same first score
PROGRESS = (
    Estimand.PROGRESS_MINUS_NATIONAL,
    Estimand.SHARE_MINUS_NATIONAL,
    Estimand.G_NATIONAL,
    Estimand.MONTHS_PROGRESS,
)
ONE_SEN_GROUP = ("the same SEN group", "any SEN", "no identified SEN", "SEN", "EHC plan")  # how its population begins
NO_DIFFERENCE = "This could be chance: the interval leaves room for no difference at all."


def sentence(item: Shown, subject: str = "") -> str:
    """What does one estimate say, in a sentence or two?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        What to say; a hidden value is said to be hidden.
    subject : str
        Name of the outcome; the estimate's outcome id where empty.

    Returns
    -------
    str
        Size, uncertainty, who was counted, comparator and, for a change or contrast, the claim.

    Examples
    --------
    >>> from afa_eval.estimate import Estimand, Estimate
    >>> print(sentence(Estimate(outcome="reading", group="sen=any", estimand=Estimand.MEAN_GAIN, value=3.1,
    ...     unit="points", base="pupils", n_pupils=412, n_schools=18, claim=Claim.DESCRIPTION, method="mean",
    ...     interval=(1.2, 5.0))))
    Reading: pupils with SEN gained 3.1 points on average (95% CI 1.2 to 5.0; 412 pupils in 18 schools). This describes what happened; it does not show why.
    """
    name = subject or item.outcome
    lead = f"{capital(name)}: " if name else ""
    if item.value is None:
        return f"{lead}{whom(item.group, item.base)}, {lower(title_of(item))}: {hidden(item)}."
    said = f"{clause(item)} ({certainty(item)})."
    more = [national(item), doubt(item), claim(item)]
    return " ".join([(lead + said) if lead else capital(said), *(text for text in more if text)])


def phrase_of(item: Shown) -> Phrase:
    """How is this figure said?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    Phrase
        That of its estimand; its own where the national line is flat and does not know where pupils began, and
        where a bare gain was divided by a standard deviation, which is no distance from any line.
    """
    if _is_gain_in_sd(item):
        return GAIN_IN_SD
    return FLAT_PHRASE if _is_flat(item) else phrase(item.estimand)


def title_of(item: Shown) -> str:
    """What is this figure called where there is room for a few words only?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        As ``title``; a flat national line is called flat, a gain in standard deviations a gain.
    """
    if _is_gain_in_sd(item):
        return GAIN_IN_SD_TITLE
    return FLAT_TITLE if _is_flat(item) else title(item.estimand)


def _is_gain_in_sd(item: Shown) -> bool:
    sizes = (Estimand.G_NATIONAL, Estimand.G_TRUST)
    return item.estimand in sizes and item.method.startswith(Estimand.MEAN_GAIN) and not sides(item.group)


def _is_flat(item: Shown) -> bool:
    return item.estimand == Estimand.PROGRESS_MINUS_NATIONAL and FLAT in item.method


def clause(item: Shown) -> str:
    """What is the bare statement, without interval, numbers counted or full stop?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        With a value.

    Returns
    -------
    str
        Begins with a small letter.
    """
    value = float(item.value) if item.value is not None else 0.0
    how, both = phrase_of(item), sides(item.group)
    if _beside(item, how):
        return _contrast(item, how, value)
    other = people(both[1], item.base) if both else "the comparison group"
    said = how.said if both else WITHIN.get(item.estimand, how.said)
    way = _way(how.way, value, item.unit)
    size = amount(abs(value), item.unit)
    parts = {
        "who": (whom if how.kind == "about" else people)(item.group, item.base),
        "other": other,
        "value": amount(value, item.unit),
        "size": size,
        "that": "which" if item.base == "schools" else "who",
        "line": _line(item),
        "share": next((words for start, words in SHARES.items() if item.method.startswith(start)), "that counts"),
    }
    return said.format(**parts, way=way.format(size=size))


def _line(item: Shown) -> str:
    """Which pupils nationally, as a sentence says it?"""
    about = item.comparator.population if item.comparator is not None else ""
    if about.startswith("all pupils"):
        return "all pupils nationally"
    if about.startswith("pupils nationally with the same first score"):
        return "pupils nationally who started at the same point"
    if about.startswith("pupils with the same SEN status"):
        return "pupils nationally with the same SEN status"
    if about.startswith(ONE_SEN_GROUP):
        return "the same SEN group nationally"
    return "the national line"


def _beside(item: Shown, how: Phrase) -> bool:
    """Does the group compare two sides, while the estimand's own sentence is about one?"""
    return sides(item.group) is not None and "{other}" not in how.said and how.kind != "about"


def _contrast(item: Shown, how: Phrase, value: float) -> str:
    """One group beside another, for an estimand that is usually about one group."""
    left, right = (people(side, item.base) for side in sides(item.group) or (item.group, "rest"))
    if item.unit == "ratio":
        return f"the {how.name} for {left} is {amount(value, item.unit)} times that for {right}"
    way = "higher" if value >= 0 else "lower"
    return f"the {how.name} was {amount(abs(value), item.unit)} {way} for {left} than for {right}"


def _way(way: Way | None, value: float, unit: str) -> str:
    if way is None:
        return ""
    if is_nought(value, unit):
        return way.same
    return way.up if value > 0 else way.down


def is_nought(value: float, unit: str) -> bool:
    """Is a value printed as nought?

    Parameters
    ----------
    value : float
        In ``unit``.
    unit : str
        Decides the digits.

    Returns
    -------
    bool
        Whether only noughts would be seen.
    """
    return number(value, unit).strip("0.") == ""


def certainty(item: Shown) -> str:
    """How sure is it, and who was counted?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        Interval and numbers counted, as they stand in brackets.
    """
    who = counted(item.n_pupils, item.base, item.n_schools)
    return f"{range_words(item)}; {who}" if item.ci is not None else f"no interval; {who}"


def range_words(item: Shown) -> str:
    """How is the interval said so that its ends agree with the sentence's "fell by" or "more"?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        With an interval.

    Returns
    -------
    str
        ``95% CI 0.1 to 6.1`` where both ends lie on the value's side, else
        ``95% CI from a fall of 6.1 to a rise of 1.0``.
    """
    if item.ci is None:
        return ""
    way = _item_way(item)
    low, high = item.ci
    if way is None or (low >= 0 and (item.value or 0) >= 0):
        return interval(item.ci, item.unit, item.level)
    if high <= 0 and (item.value or 0) <= 0:
        return interval((-high, -low), item.unit, item.level)
    level = f"{number(item.level * 100, decimals=0)}% CI"
    return f"{level} from {_end(way, low, item.unit)} to {_end(way, high, item.unit)}"


def likely(item: Shown, *, signed: bool = False) -> str:
    """How is the interval said to somebody who has never heard of confidence intervals?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.
    signed : bool
        Ends with their signs, as they stand beside a signed figure; else as the sentence says them.

    Returns
    -------
    str
        ``1.9 to 5.6 (95% confidence interval)``; empty where there is none.
    """
    if item.ci is None:
        return ""
    text = interval(item.ci, item.unit, item.level) if signed else range_words(item)
    level, _, ends = text.partition(" CI ")
    return f"{ends} ({level} confidence interval)"


def _item_way(item: Shown) -> Way | None:
    how = phrase_of(item)
    if _beside(item, how):
        return None if item.unit == "ratio" else HIGHER
    return how.way


def _end(way: Way, end: float, unit: str) -> str:
    size = number(abs(end), unit) + ("%" if unit in PERCENT_UNITS - {"proportion difference"} else "")
    return (way.up_end if end > 0 else way.down_end).format(size)


def national(item: Shown, *, brief: bool = False) -> str:
    """What is the comparator, in a sentence?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.
    brief : bool
        Only who it is about, without what they are alike in and when.

    Returns
    -------
    str
        Empty where there is none.
    """
    line = item.comparator
    if line is None:
        return ""
    if line.slug == TEST_NORM:
        return f"National average: {_norm_value(line)} (publisher's norm, {years(line.year)})."
    known = (line.population.partition(",")[0],) if brief else (line.population, years(line.year))
    about = ", ".join(part for part in known if part)
    who = "Nationally" if "England" in line.population else "Set against"
    return f"{who}: {_line_value(line)} ({about})."


def _norm_value(line: Comparator) -> str:
    """Only a score standardised for age has a norm that stays where it is as children grow."""
    if is_nought(line.value, line.unit):
        return "no change on a score standardised for age"
    return f"{'a gain' if line.value > 0 else 'a loss'} of {amount(abs(line.value), line.unit)}"


def _line_value(line: Comparator) -> str:
    """A change is told from a level by its years."""
    if "-" not in line.year:
        return amount(line.value, line.unit)
    word = "a rise of" if line.value > 0 else "a fall of"
    return "no change" if is_nought(line.value, line.unit) else f"{word} {amount(abs(line.value), line.unit)}"


def doubt(item: Shown) -> str:
    """Does the interval leave room for no difference?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        A sentence where it does, else empty.
    """
    inside = item.ci is not None and item.ci[0] <= item.null <= item.ci[1]
    return NO_DIFFERENCE if inside and says_why(item) else ""


def says_why(item: Shown) -> bool:
    """Is it a change or contrast, so that a reader may ask whether the programme did it?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    bool
        False for levels and for figures about the estimate itself.
    """
    how = phrase_of(item)
    return how.kind in {"change", "contrast"} or _beside(item, how)


def claim(item: Shown) -> str:
    """What may a reader conclude, in a sentence?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        Empty for levels: they claim nothing.
    """
    return claim_line(item) if says_why(item) else ""


def claim_line(item: Shown) -> str:
    """What does the claim of a figure say, by what it was compared with?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        Only what was set against a national figure of the same children says so.
    """
    if item.claim == Claim.COMPARISON and sides(item.group):
        return "This compares two groups of these pupils; it does not by itself show an effect."
    if item.claim == Claim.COMPARISON and item.comparator is not None and item.comparator.slug == SAME_START:
        return (
            "This compares with pupils nationally who started at the same point, with and without SEN; it does not by "
            "itself show an effect."
        )
    if item.claim == Claim.COMPARISON and item.comparator is not None and item.comparator.slug == TEST_NORM:
        return (
            "This compares with all pupils of the same age, by the test's norm; it does not by itself show an effect."
        )
    if item.claim == Claim.COMPARISON and item.estimand in PROGRESS:
        return (
            "This compares with pupils nationally who are alike in what is named; it does not by itself show an effect."
        )
    return CLAIM_WORDS[item.claim]


def capital(text: str) -> str:
    """What is a text with a capital at its start?

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        The rest unchanged.
    """
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """What is a title in the middle of a sentence?

    Parameters
    ----------
    text : str
        A title.

    Returns
    -------
    str
        First letter small, unless it is an abbreviation.
    """
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
