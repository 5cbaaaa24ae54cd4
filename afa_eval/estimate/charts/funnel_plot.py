"""Do small evaluations find more than large ones? Every figure by its precision (a funnel plot)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import NATIONAL, OURS, PAD, QUIET, Canvas, page_width, start
from afa_eval.estimate.charts.forest_plot import CLAIM_MARKS
from afa_eval.estimate.records import Claim
from afa_eval.estimate.shown import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TALL, FOOT, SIDE = 2.6, 0.52, 0.62  # inches
FEWEST = 3  # two points make no funnel


@dataclass(frozen=True, slots=True)
class Place:
    """Where does one figure stand in the funnel?

    Attributes
    ----------
    label : str
        Whose figure it is.
    value, half : float
        The figure, and half the width of its interval.
    claim : Claim
        What a reader may conclude.
    """

    label: str
    value: float
    half: float
    claim: Claim


def places(items: Iterable[Shown], labels: Sequence[str]) -> list[Place]:
    """Which figures have an interval, and can so be placed by their precision?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        All in one unit, each about pupils of its own.
    labels : sequence of str
        Whose each is.

    Returns
    -------
    list of Place
        Those with a value and an interval.

    Raises
    ------
    ReportError
        Where they are of several units or levels, or the labels do not fit.
    """
    drawn = list(items)
    if len(labels) != len(drawn):
        raise ReportError(f"A funnel of {len(drawn)} figures was given {len(labels)} labels.")
    if len({(item.unit, item.level, item.null) for item in drawn}) > 1 or any(item.unit == "ratio" for item in drawn):
        raise ReportError("A funnel can show figures of one unit and level only, and no ratios.")
    return [
        Place(label, item.value, (item.ci[1] - item.ci[0]) / 2, item.claim)
        for item, label in zip(drawn, labels, strict=True)
        if item.value is not None and item.ci is not None
    ]


def funnel(
    items: Iterable[Shown],
    labels: Sequence[str],
    title: str = "",
    subtitle: str = "",
    *,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """Do figures scatter around no difference as chance would have them, and as widely on either side?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        One from each evaluation, or from each school where a policy releases schools; all in one unit.
    labels : sequence of str
        Whose each is, for the alt text.
    title : str
        The finding, as a headline; how many lie outside the funnel where empty.
    subtitle : str
        What is shown.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        The figure across, half the width of its interval down: the most precise on top. Inside the
        two slanting lines an interval includes no difference.

    Raises
    ------
    ReportError
        Where fewer than three figures have an interval, or units differ.
    """
    drawn = list(items)
    found = places(drawn, labels)
    if len(found) < FEWEST:
        raise ReportError(f"A funnel needs at least {FEWEST} figures with an interval; there are {len(found)}.")
    unit, null = drawn[0].unit, drawn[0].null
    claims = {place.claim for place in found}
    keys = [axis.Mark(mark.text.partition(",")[0], mark.marker, line="", hollow=mark.hollow)
            for claim, mark in CLAIM_MARKS.items() if claim in claims]  # fmt: skip
    keys.append(axis.Mark("inside these lines: could be chance", "", NATIONAL, "--"))
    rows = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    canvas = start(
        title or _title(found, null),
        subtitle or "Each figure by its precision: the narrower its interval, the higher it stands",
        TALL + FOOT + len(rows) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=_alt(found, unit),
    )
    _body(canvas, found, unit, null)
    axis.draw_key(canvas, keys, canvas.top + TALL + FOOT - 0.04)
    return canvas.figure


def _outside(place: Place, null: float) -> bool:
    return abs(place.value - null) > place.half


def _title(found: Sequence[Place], null: float) -> str:
    number = sum(_outside(place, null) for place in found)
    if not number:
        return f"None of {len(found)} figures lies outside what chance would give"
    lies = "lies" if number == 1 else "lie"
    return f"{number} of {len(found)} figures {lies} outside what chance would give"


def _alt(found: Sequence[Place], unit: str) -> str:
    said = (
        f"{place.label}: {words.amount(place.value, unit)}, give or take {words.amount(place.half, unit)}"
        for place in sorted(found, key=lambda place: place.half)
    )
    return f"Funnel plot, the most precise figure first. {'; '.join(said)}."


def _body(canvas: Canvas, found: Sequence[Place], unit: str, null: float) -> None:
    left, width = PAD + SIDE, canvas.width - 2 * PAD - SIDE
    axes = canvas.axes(left, canvas.top, width, TALL)
    deepest = max(place.half for place in found) * 1.12
    reach = max(deepest, *(abs(place.value - null) * 1.1 for place in found))
    axes.set_xlim(null - reach, null + reach)
    axes.set_ylim(deepest, 0)
    axis.draw_scale(canvas, axes, (left, width, canvas.top + TALL), unit, null=null)
    for side in (-1, 1):
        axis.line(axes, [null, null + side * deepest], [0, deepest], color=NATIONAL, lw=1.2, ls=(0, (4, 2)), zorder=1)
    axis.draw_heights(canvas, axes, (left, canvas.top, TALL), unit, 5, sign="± ")
    name = saying.UNIT_NAMES.get(unit, unit[:1].upper() + unit[1:])
    canvas.write(left + width / 2, canvas.top + TALL + 0.32, name, size="small", color=QUIET, ha="center")
    for place in found:
        mark = CLAIM_MARKS[place.claim]
        inside = "white" if mark.hollow else OURS
        axis.line(
            axes,
            [place.value],
            [place.half],
            marker=mark.marker,
            ms=7.5,
            mfc=inside,
            mec=OURS,
            mew=1.5,
            ls="none",
            zorder=4,
        )
