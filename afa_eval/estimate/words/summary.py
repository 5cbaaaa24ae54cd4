"""Several estimates of one outcome and group in a few words: headline cards and paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from afa_eval.errors import ReportError
from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim
from afa_eval.estimate.shown import Shown
from afa_eval.estimate.words import sentences
from afa_eval.estimate.words.numbers import MINUS, amount, counted, hidden, interval
from afa_eval.estimate.words.people import whom

# What a card shows, best first: a design with a counterfactual, then the distance to the national
# line, then the bare change, then where things ended.
SIZES = (
    Estimand.DIFFERENCE,
    Estimand.RISK_DIFFERENCE,
    Estimand.CACE,
    Estimand.PROGRESS_MINUS_NATIONAL,
    Estimand.SHARE_MINUS_NATIONAL,
    Estimand.CHANGE_MINUS_NATIONAL,
    Estimand.ADJUSTED_PROGRESS,
    Estimand.PERSISTENT_ABSENCE_CHANGE,
    Estimand.STANDARD_SHARE_CHANGE,
    Estimand.MEAN_GAIN,
    Estimand.TOP_BOX_CHANGE,
    Estimand.SCALE_CHANGE,
    Estimand.ABSENCE_RATE_CHANGE,
    Estimand.GAP_CHANGE,
    Estimand.MEAN_PROGRESS,
)
# Which measure a paragraph tells, best first: the stem of ``_before``, ``_after`` and ``_change``.
STEMS = {
    "persistent_absence": Estimand.PERSISTENT_ABSENCE_CHANGE,
    "mean": Estimand.MEAN_GAIN,
    "standard_share": Estimand.STANDARD_SHARE_CHANGE,
    "top_box": Estimand.TOP_BOX_CHANGE,
    "scale": Estimand.SCALE_CHANGE,
    "absence_rate": Estimand.ABSENCE_RATE_CHANGE,
    "severe_absence": Estimand.SEVERE_ABSENCE_CHANGE,
    "gap": Estimand.GAP_CHANGE,
}
VERBS = {
    "persistent_absence": "{before} were persistently absent before and {after} after",
    "standard_share": "{before} were at the standard before and {after} after",
    "top_box": "{before} gave the top answer before and {after} after",
    "severe_absence": "{before} missed half of their sessions or more before and {after} after",
    "absence_rate": "{before} of sessions were missed before and {after} after",
    "mean": "the average score was {before} before and {after} after",
    "scale": "the average score was {before} before and {after} after",
    "gap": "the gap was {before} before and {after} after",
}
BEYOND = (
    Estimand.CHANGE_MINUS_NATIONAL,
    Estimand.PROGRESS_MINUS_NATIONAL,
    Estimand.SHARE_MINUS_NATIONAL,
    Estimand.DIFFERENCE,
    Estimand.RISK_DIFFERENCE,
)
CLAIM_NAMES = {Claim.DESCRIPTION: "Description", Claim.COMPARISON: "Comparison", Claim.EFFECT: "Estimated effect"}


@dataclass(frozen=True, slots=True)
class Card:
    """What does a headline card say?

    Attributes
    ----------
    label : str
        What was measured: ``Persistent absence, change``.
    group : str
        Who is meant: ``Pupils with SEN``.
    size : str
        The figure with its sign and unit, or that it is hidden.
    meaning : str
        The same in a sentence.
    interval : str
        ``95% CI ...``, or why there is none.
    comparator : str
        The national figure, or that there is none.
    claim : str
        One or two words: description, comparison, estimated effect.
    claim_line : str
        What a reader may conclude.
    counted : str
        Who was counted.
    smallest : str
        The smallest change it could have shown; empty where unknown.
    hidden : bool
        Whether the figure may not be shown.
    """

    label: str
    group: str
    size: str
    meaning: str
    interval: str
    comparator: str
    claim: str
    claim_line: str
    counted: str
    smallest: str
    hidden: bool


def headline(items: Iterable[Shown], subject: str = "") -> Card:
    """What does a card say about one outcome of one group?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        The estimates of one outcome and group; the card chooses the one that says most.
    subject : str
        Name of the outcome, put before the label.

    Returns
    -------
    Card
        Short texts.

    Raises
    ------
    ReportError
        Where no estimate can be a headline.
    """
    found = list(items)
    item = chosen(found)
    name = sentences.title_of(item)
    mdes = next((one for one in found if one.estimand == Estimand.MDES and one.value is not None), None)
    shown = item.value is not None
    return Card(
        label=f"{subject}: {sentences.lower(name)}" if subject else name,
        group=sentences.capital(whom(item.group, item.base)),
        size=signed(item),
        meaning=f"{sentences.capital(sentences.clause(item))}." if shown else sentences.sentence(item, subject),
        interval=interval(item.ci, item.unit, item.level) if item.ci else NO_INTERVAL if shown else "",
        comparator=sentences.national(item) or NO_COMPARATOR,
        claim=CLAIM_NAMES[item.claim],
        claim_line=sentences.claim_line(item),
        counted=counted(item.n_pupils, item.base, item.n_schools),
        smallest="" if mdes is None or mdes.value is None else _smallest(mdes.value, mdes.unit),
        hidden=not shown,
    )


NO_COMPARATOR = "There is no national figure to set this against."
NO_INTERVAL = "No interval could be given."


def _smallest(value: float, unit: str) -> str:
    return f"The smallest change it could have shown is {amount(abs(value), unit)}."


def chosen(items: Sequence[Shown]) -> Shown:
    """Which estimate is the headline?

    Parameters
    ----------
    items : sequence of Estimate or ReleasedEstimate
        Of one outcome and group.

    Returns
    -------
    Estimate or ReleasedEstimate
        The first of ``SIZES`` there is; shown ones before hidden ones.

    Raises
    ------
    ReportError
        Where there is none of them.
    """
    order = {str(estimand): place for place, estimand in enumerate(SIZES)}
    found = [item for item in items if str(item.estimand) in order]
    if not found:
        raise ReportError("No estimate can stand as a headline: there is no change or comparison among them.")
    return min(found, key=lambda item: (item.value is None, order[str(item.estimand)]))


def signed(item: Shown) -> str:
    """How is a headline figure printed?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        With a plus sign where it is a change above nought.
    """
    if item.value is None:
        return hidden(item)
    text = amount(item.value, item.unit)
    moves = sentences.says_why(item) and item.unit != "ratio" and not sentences.is_nought(item.value, item.unit)
    return f"+{text}" if moves and not text.startswith(MINUS) else text


def summary_paragraph(items: Iterable[Shown], subject: str = "") -> str:
    """What do the estimates of an outcome say, as a paragraph a parent can read?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Of any outcomes and groups; each pair of them makes a paragraph.
    subject : str
        Name of the outcome, put first.

    Returns
    -------
    str
        Paragraphs separated by an empty line: before and after, the change with its interval, the
        national figure, how far from it, and what may be concluded.

    Examples
    --------
    >>> summary_paragraph([])
    ''
    """
    by: dict[tuple[str, str], list[Shown]] = {}
    for item in items:
        by.setdefault((item.outcome, item.group), []).append(item)
    told = [_paragraph(part, subject) for part in by.values()]
    return "\n\n".join(text for text in told if text)


def _paragraph(items: Sequence[Shown], subject: str) -> str:
    known = {str(item.estimand): item for item in items}
    stem = next((stem for stem in STEMS if f"{stem}_before" in known and f"{stem}_after" in known), "")
    change = known.get(str(STEMS[stem])) if stem else None
    beyond = next((known[str(name)] for name in BEYOND if str(name) in known), None)
    last = beyond if beyond is not None and beyond.value is not None else change
    lead = f"{subject}. " if subject else ""
    if not stem:
        said = [sentences.sentence(item, subject) for item in items if sentences.says_why(item)]
        return said[0] if said else ""
    texts = [_story(known[f"{stem}_before"], known[f"{stem}_after"], change)]
    if change is not None and change.value is not None:
        texts += [sentences.national(change), sentences.doubt(change) if last is change else ""]
    if beyond is not None and beyond.value is not None:
        far = sentences.capital(sentences.clause(beyond))
        uncertain = f" ({sentences.range_words(beyond)})" if beyond.ci else ""
        texts += [f"{far}{uncertain}.", sentences.doubt(beyond)]
    texts += [sentences.claim(last)] if last is not None and last.value is not None else []
    return lead + " ".join(text for text in texts if text)


def before_after(before: Shown, after: Shown) -> str:
    """Where did it begin and where did it end?

    Parameters
    ----------
    before, after : Estimate or ReleasedEstimate
        The same measure twice, of one group.

    Returns
    -------
    str
        Without a full stop; that it is hidden where one of them is.
    """
    who = sentences.capital(whom(after.group, after.base))
    if before.value is None or after.value is None:
        return f"{who}: {hidden(before if before.value is None else after)}"
    values = {"before": amount(before.value, before.unit), "after": amount(after.value, after.unit)}
    stem = str(before.estimand).removesuffix("_before")
    return f"{who}: {VERBS.get(stem, '{before} before and {after} after').format(**values)}"


def _story(before: Shown, after: Shown, change: Shown | None) -> str:
    """Where it began, where it ended, and by how much it moved."""
    line = before_after(before, after)
    if before.value is None or after.value is None or change is None or change.value is None:
        return f"{line}."
    way = "a rise" if change.value > 0 else "a fall"
    moved = f"{way} of {amount(abs(change.value), change.unit)}"
    if sentences.is_nought(change.value, change.unit):
        moved = "no change to speak of"
    uncertain = f" ({sentences.range_words(change)})" if change.ci else ""
    return f"{line}, {moved}{uncertain}, among {counted(change.n_pupils, change.base, change.n_schools)}."
