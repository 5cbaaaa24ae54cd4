"""What happened in each stretch of time? A figure for each with its interval (an event study)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import axis
from afa_eval.estimate.charts.canvas import (
    INK,
    NATIONAL,
    OURS,
    PAD,
    QUIET,
    SIZES,
    Canvas,
    page_width,
    start,
    width_of,
    wrap,
)
from afa_eval.estimate.records import Interval
from afa_eval.estimate.shown import Counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TALL, FOOT, BESIDE = 2.3, 0.3, 0.1  # inches
ABOVE = 0.02  # of the height
VALUE, LOW, HIGH = "Figure", "Lower limit", "Upper limit"
COLUMNS = (VALUE, LOW, HIGH)


@dataclass(frozen=True, slots=True)
class Point:
    """What happened in one stretch of time?

    Attributes
    ----------
    label : str
        The stretch.
    value : float or None
        None where hidden.
    ci : tuple of float or None
        Its interval.
    """

    label: str
    value: float | None
    ci: Interval | None


def points(table: Counted) -> list[Point]:
    """Which figures does a table hold, one for each stretch of time?

    Parameters
    ----------
    table : Table or ReleasedTable
        A row for each stretch, in order; columns ``Figure``, ``Lower limit`` and ``Upper limit``.

    Returns
    -------
    list of Point
        In order.

    Raises
    ------
    ReportError
        Where the columns are others, or no figure is shown.
    """
    inner = getattr(table, "table", table)
    if tuple(inner.columns) != COLUMNS:
        raise ReportError(f"An event study needs the columns {', '.join(COLUMNS)}, not {', '.join(inner.columns)}.")
    found = []
    for label, (value, low, high) in zip(inner.rows, inner.cells, strict=True):
        found.append(Point(label, value, None if low is None or high is None or value is None else (low, high)))
    if not any(point.value is not None for point in found):
        raise ReportError(f"There is nothing to draw in '{inner.title}': every figure is hidden.")
    return found


def event_study(
    table: Counted,
    title: str = "",
    subtitle: str = "",
    *,
    began: int | None = None,
    null: float = 0.0,
    null_words: str = "no growth",
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """What happened in each stretch of time, before and after something began?

    Parameters
    ----------
    table : Table or ReleasedTable
        A row for each stretch, in order; columns ``Figure``, ``Lower limit`` and ``Upper limit``.
    title : str
        The finding, as a headline; the table's title to its first comma, and the first and the last figure, where empty.
    subtitle : str
        What was measured, of whom.
    began : int, optional
        Before which row, from 0, something began; drawn as a line.
    null : float
        Where nothing happened.
    null_words : str
        What that means; not in the key where empty.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Marks with intervals from left to right.

    Raises
    ------
    ReportError
        Where the columns are others, or nothing is shown.
    """
    inner, found = getattr(table, "table", table), points(table)
    keys = [axis.Mark("figure, with its 95% confidence interval")]
    keys += [axis.Mark(null_words, "", INK, "-")] if null_words else []
    keys += [axis.Mark("the programme began", "", NATIONAL, "--")] if began is not None else []
    rows = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    heads = max(len(_head(point.label, len(found), narrow=narrow)) for point in found)
    foot = FOOT + (heads - 1) * 0.16
    canvas = start(
        title or _title(found, inner),
        subtitle or inner.title,
        TALL + foot + len(rows) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=_alt(found, inner),
    )
    _body(canvas, found, inner.unit, null, began, narrow=narrow)
    axis.draw_key(canvas, keys, canvas.top + TALL + foot - 0.04)
    return canvas.figure


def _title(found: Sequence[Point], inner: Counted) -> str:
    shown = [point for point in found if point.value is not None]
    said = [
        f"{words.amount(point.value, inner.unit)} {'in' if point.label[:1].isdigit() else 'from'} {point.label}"
        for point in shown
        if point.value is not None
    ]
    what = inner.title.partition(",")[0]
    return f"{what}: {said[0]}" if len(said) == 1 else f"{what}: {said[0]}, and {said[-1]}"


def _alt(found: Sequence[Point], inner: Counted) -> str:
    said = []
    for point in found:
        if point.value is None:
            said.append(f"{point.label}: {words.HIDDEN['c']}")
            continue
        ends = f" ({words.interval(point.ci, inner.unit)})" if point.ci else ""
        said.append(f"{point.label}: {words.amount(point.value, inner.unit)}{ends}")
    return f"Event study. {inner.title}. {'; '.join(said)}."


def _width(narrow: bool) -> float:
    return page_width(narrow) - 2 * PAD - 0.5


def _head(label: str, number: int, *, narrow: bool) -> list[str]:
    return wrap(label, _width(narrow) / number - 0.08, SIZES["small"])


def _body(canvas: Canvas, found: Sequence[Point], unit: str, null: float, began: int | None, *, narrow: bool) -> None:
    left, width = PAD + 0.5, _width(narrow)
    axes = canvas.axes(left, canvas.top, width, TALL)
    low, high = axis.extent(
        [null, *(point.value for point in found if point.value is not None)],
        [point.ci for point in found if point.ci is not None],
        unit=unit,
    )
    axes.set_xlim(-0.5, len(found) - 0.5)
    axes.set_ylim(low, high)
    axis.draw_heights(canvas, axes, (left, canvas.top, TALL), unit, 6, null=null)
    if began is not None:
        axis.line(axes, [began - 0.5] * 2, [low, high], color=NATIONAL, lw=1.2, ls=(0, (4, 2)), zorder=1)
    for at, point in enumerate(found):
        _point(axes, at, point, unit, width / len(found))
        for line, text in enumerate(_head(point.label, len(found), narrow=narrow)):
            x, y = left + width * (at + 0.5) / len(found), canvas.top + TALL + 0.12 + 0.16 * line
            canvas.write(x, y, text, size="small", color=QUIET, ha="center")


def _point(axes: Axes, at: int, point: Point, unit: str, room: float) -> None:
    """A mark with its number beside it, or above it where a stretch of time has too little room."""
    if point.value is None:
        low, _ = axes.get_ylim()
        axis.plain(axes, at, low, "hidden", size="small", color=QUIET, ha="center", va="bottom")
        return
    if point.ci is not None:
        axis.line(axes, [at, at], point.ci, color=OURS, lw=2.0, solid_capstyle="butt", zorder=3)
    axis.line(axes, [at], [point.value], marker="o", ms=7, mfc=OURS, mec=OURS, ls="none", zorder=4)
    text = words.short(point.value, unit)
    if BESIDE + width_of(text, SIZES["small"]) < room / 2:
        axis.plain(axes, at + BESIDE / room, point.value, text, size="small", zorder=5)
        return
    top = point.value if point.ci is None else point.ci[1]
    low, high = axes.get_ylim()
    axis.plain(axes, at, top + ABOVE * (high - low), text, size="small", ha="center", va="bottom", zorder=5)
