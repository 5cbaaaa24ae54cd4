"""Several estimates of one outcome and group in a few words: where it began, where it ended, how far from England."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.shown import Shown
from afa_eval.estimate.words import sentences
from afa_eval.estimate.words.numbers import MINUS, amount, counted, hidden
from afa_eval.estimate.words.people import whom

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
    known = {str(item.estimand): item for item in reversed(items)}  # of two lines the first counts
    stem = next((stem for stem in STEMS if _on_one_scale(known.get(f"{stem}_before"), known.get(f"{stem}_after"))), "")
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


def _on_one_scale(before: Shown | None, after: Shown | None) -> bool:
    """Can a reader see a change in the two? A test score and a grade show none."""
    return before is not None and after is not None and before.unit == after.unit


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
