"""What a chart says, in words: headlines, subtitles and alt texts, made from the same records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from afa_eval.estimate import words
from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.shown import Shown, Stage

AGAINST_NATIONAL = frozenset(
    {
        Estimand.PROGRESS_MINUS_NATIONAL,
        Estimand.SHARE_MINUS_NATIONAL,
        Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL,
        Estimand.CHANGE_MINUS_NATIONAL,
        Estimand.RELATIVE_CHANGE_RATIO,
        Estimand.ADJUSTED_PROGRESS,
        Estimand.G_NATIONAL,
        Estimand.G_GAP_CHANGE,
        Estimand.MONTHS_PROGRESS,
    }
)
CONTRAST_ENDS = ("_change", "_gain", "_minus_national", "_unpaired", "_relative_change")
CONTRASTS = AGAINST_NATIONAL | {
    Estimand.DIFFERENCE,
    Estimand.RISK_DIFFERENCE,
    Estimand.RISK_RATIO,
    Estimand.ODDS_RATIO,
    Estimand.CACE,
    Estimand.HEDGES_G_TOTAL,
    Estimand.SCALE_CHANGE_G,
    Estimand.GAP_BEFORE,
    Estimand.BASELINE_DIFFERENCE,
    Estimand.GAP_AFTER,
    Estimand.GROWTH_PER_WAVE,
    Estimand.MEAN_PROGRESS,
}


def is_contrast(item: Shown) -> bool:
    """Does the figure have a value that means no difference, to be drawn as a line?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    bool
        True for changes, gaps, differences and ratios; False for levels.
    """
    return item.estimand in CONTRASTS or str(item.estimand).endswith(CONTRAST_ENDS)


def line_of(item: Shown) -> float | None:
    """Where does the national figure stand on this figure's own axis?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    float or None
        The comparator's value where it measures the same thing; None where the national figure is
        already subtracted, or is in another unit.
    """
    line = item.comparator
    if line is None or item.estimand in AGAINST_NATIONAL or line.unit != item.unit:
        return None
    return line.value


def null_of(item: Shown) -> float | None:
    """Where does a figure mean no difference?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    float or None
        None where the figure is a level.
    """
    return item.null if is_contrast(item) else None


def null_words(item: Shown) -> str:
    """What does the line of no difference mean?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        A change, gap, difference or ratio.

    Returns
    -------
    str
        For the key.
    """
    if item.estimand in AGAINST_NATIONAL:
        return "same as nationally"
    return "no change" if str(item.estimand).endswith(("_change", "_gain", "_unpaired")) else "no difference"


def national_name(items: Iterable[Shown]) -> str:
    """What is the national figure called beside a mark?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        With their comparators.

    Returns
    -------
    str
        ``England`` where every comparator is England's own, else ``National``.
    """
    populations = [item.comparator.population for item in items if item.comparator is not None]
    return "England" if populations and all("England" in population for population in populations) else "National"


def national_words(items: Iterable[Shown]) -> str:
    """What is the national figure called in the key?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        With their comparators.

    Returns
    -------
    str
        That it is about the same kind of pupils.
    """
    return "England, same group" if national_name(items) == "England" else "national figure, same group"


def lead(items: Iterable[Shown]) -> Shown | None:
    """Which figure is the headline about?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        What is drawn.

    Returns
    -------
    Estimate or ReleasedEstimate or None
        Pupils with SEN where they are shown, else the first figure shown.
    """
    shown = [item for item in items if item.value is not None]
    return next((item for item in shown if item.group == "sen=any"), shown[0] if shown else None)


def forest_title(items: Sequence[Shown]) -> str:
    """What is a forest plot's headline where nobody wrote one?

    Parameters
    ----------
    items : sequence
        Its rows.

    Returns
    -------
    str
        The finding for the leading group; a plain title where several measures are shown.
    """
    first = lead(items)
    if first is None or len({item.estimand for item in items}) > 1:
        return "Estimates side by side"
    said = words.clause(first) + ("; this could be chance" if words.doubt(first) else "")
    return said[:1].upper() + said[1:]


UNIT_NAMES = {
    "proportion": "Per cent",
    "proportion difference": "Percentage points",
    "relative change": "Per cent of where it began",
    "ratio": "Ratio",
    "months": "Months of progress",
    "sd": "Standard deviations",
    "count": "Number",
    "statistic": "Statistic",
}


def units_line(items: Sequence[Shown]) -> str:
    """What are the units and intervals of a chart, in words?

    Parameters
    ----------
    items : sequence
        What is drawn.

    Returns
    -------
    str
        Unit and confidence level.
    """
    units = dict.fromkeys(UNIT_NAMES.get(item.unit, item.unit[:1].upper() + item.unit[1:]) for item in items)
    levels = sorted({item.level for item in items if item.ci is not None})
    text = ", ".join(unit for unit in units if unit)
    text = text[:1] + text[1:].lower() if len(units) > 1 else text
    names = dict.fromkeys(measure(item) for item in items)
    text = f"{next(iter(names))}. {text}" if len(names) == 1 and text else text
    if not levels:
        return text
    level = " and ".join(f"{words.number(level * 100, decimals=0)}%" for level in levels)
    return f"{text}, with {level} confidence intervals" if text else f"With {level} confidence intervals"


def alt_forest(items: Iterable[Shown], labels: Sequence[str] | None = None) -> str:
    """What does a forest plot say to someone who cannot see it?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Its rows.
    labels : sequence of str, optional
        Row labels, instead of the groups' own.

    Returns
    -------
    str
        A sentence for each of the first rows, then how many more there are.
    """
    rows = list(items)
    names = labels or [words.label(item.group, item.base) for item in rows]
    several = len({item.estimand for item in rows}) > 1
    said = [
        f"{name}{f', {words.title(item.estimand).lower()}' if several else ''}: {_value(item)}"
        for item, name in zip(rows[:12], names, strict=False)
    ]
    left = len(rows) - 12
    more = f" and {left} more row{'s' * (left > 1)}, in the table beside it" if left > 0 else ""
    name = words.title_of(rows[0]) if rows and not several else "Estimates side by side"
    return f"Forest plot. {name}. {'; '.join(said)}{more}."


def _value(item: Shown) -> str:
    if item.value is None:
        return words.hidden(item)
    text = words.amount(item.value, item.unit)
    text += f" ({words.interval(item.ci, item.unit, item.level)})" if item.ci else ""
    line = line_of(item)
    return text + (f", {national_name([item])} {words.amount(line, item.unit)}" if line is not None else "")


def measure(item: Shown) -> str:
    """What was measured, whether before or after?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        For example ``Persistent absence``.
    """
    return words.title_of(item).removesuffix(", before").removesuffix(", after")


def alt_bars(
    title: str,
    parts: Sequence[str],
    rows: Sequence[tuple[str, Sequence[float] | None, int | None]],
    kind: str = "Stacked bars",
) -> str:
    """What do bars of shares say to someone who cannot see them?

    Parameters
    ----------
    title : str
        What they show.
    parts : sequence of str
        Names of the parts.
    rows : sequence of tuple
        Label, shares (None where hidden) and number counted.
    kind : str
        What kind of chart it is.

    Returns
    -------
    str
        Each row with its parts in per cent.
    """
    said = []
    for label, shares, n in rows:
        if shares is None:
            said.append(f"{label}: {words.HIDDEN['c']}")
            continue
        each = ", ".join(
            f"{name} {words.number(share, 'proportion', 0)}%" for name, share in zip(parts, shares, strict=True)
        )
        said.append(f"{label}{f' ({n:,})' if n is not None else ''}: {each}")
    return f"{kind}. {title}. {'; '.join(said)}."


def alt_flow(steps: Sequence[Stage]) -> str:
    """What does a flow diagram say to someone who cannot see it?

    Parameters
    ----------
    steps : sequence of Step
        In order.

    Returns
    -------
    str
        Each step with how many stayed and left.
    """
    said = []
    for step in steps:
        stayed = words.HIDDEN["c"] if step.rows_out is None else f"{step.rows_out:,}"
        text = f"{step.name}: {stayed}"
        if step.rows_in is not None and step.rows_out is not None and step.rows_in > step.rows_out:
            lost = f"{step.rows_in - step.rows_out:,}"
            text += f", {lost} left out ({step.reason})" if step.reason else f", {lost} fewer"
        said.append(text)
    return f"Flow diagram. {'; '.join(said)}."
