"""Values on paper: the range, the ticks, the grid and the key of a chart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from afa_eval.estimate import words
from afa_eval.estimate.charts.canvas import INK, NATIONAL, OURS, PAD, QUIET, RULE, SIZES, Canvas, font, width_of
from afa_eval.estimate.records import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TICK_ROOM, KEY_LINE = 0.55, 0.2  # inches along the axis for a tick, and of a line of the key
FINE_RATIOS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.75, 2.0)
WIDE_RATIOS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """How does one entry of the key look?

    Attributes
    ----------
    text : str
        What it stands for.
    marker : str
        matplotlib marker, empty for none.
    colour : str
        Of marker and line.
    line : str
        ``-``, ``--`` or empty for none.
    hollow : bool
        Whether the marker is white inside.
    """

    text: str
    marker: str = "o"
    colour: str = OURS
    line: str = "-"
    hollow: bool = False


def extent(values: Iterable[float], intervals: Sequence[Interval], *, unit: str) -> Interval:
    """Between which values does the axis run?

    Interval ends count, but not so far out that one very wide interval presses all others flat:
    what lies beyond is drawn with an arrow.

    Parameters
    ----------
    values : iterable of float
        Estimates, comparators and the line of no difference.
    intervals : sequence of tuple of float
        Intervals of the estimates.
    unit : str
        Ratios are spaced by their logarithm.

    Returns
    -------
    tuple of float
        Low and high end.
    """
    logs = unit == "ratio"
    points = [_log(value) if logs else value for value in values if math.isfinite(value)]
    ends = [(_log(low), _log(high)) if logs else (low, high) for low, high in intervals]
    ends = [pair for pair in ends if all(math.isfinite(end) for end in pair)]
    low, high = min(points), max(points)
    widths = sorted(right - left for left, right in ends)
    reach = max(4 * widths[len(widths) // 2], high - low) if widths else 0.0
    low = min([low, *(max(left, low - reach) for left, _ in ends)])
    high = max([high, *(min(right, high + reach) for _, right in ends)])
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    if unit == "proportion" and low >= 0:
        bottom, top = max(low - pad, 0.0), min(high + pad, 1.0) if high <= 1 else high + pad
        return bottom, top
    return (10 ** (low - pad), 10 ** (high + pad)) if logs else (low - pad, high + pad)


def _log(value: float) -> float:
    return math.log10(value) if value > 0 else float("-inf")


def ticks(low: float, high: float, unit: str, most: int) -> list[float]:
    """Which values are marked on the axis?

    Parameters
    ----------
    low, high : float
        The axis.
    unit : str
        Per cents get round per cents, ratios their own steps.
    most : int
        How many there is room for.

    Returns
    -------
    list of float
        In ``unit``.
    """
    if unit == "ratio":
        inside = [tick for tick in (WIDE_RATIOS if high / low > 4 else FINE_RATIOS) if low <= tick <= high]
        step = max(1, math.ceil(len(inside) / max(most, 2)))
        kept = [tick for i, tick in enumerate(inside) if tick == 1.0 or (i - _index_of_one(inside)) % step == 0]
        return kept or [low, high]
    from matplotlib.ticker import MaxNLocator

    scale = 100.0 if unit in words.PERCENT_UNITS else 1.0
    whole = unit in {"months", "count"}
    found = MaxNLocator(nbins=max(most, 2), steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(
        low * scale, high * scale
    )
    return [float(tick) / scale for tick in found if low * scale - 1e-9 <= tick <= high * scale + 1e-9]


def _index_of_one(values: Sequence[float]) -> int:
    return values.index(1.0) if 1.0 in values else 0


def tick_text(tick: float, every: Sequence[float], unit: str) -> str:
    """What is written at a tick?

    Parameters
    ----------
    tick : float
        In ``unit``.
    every : sequence of float
        All ticks, which decide how many digits are needed.
    unit : str
        Adds a per cent sign where due.

    Returns
    -------
    str
        As short as it can be.
    """
    scale = 100.0 if unit in words.PERCENT_UNITS else 1.0
    steps = [abs(b - a) * scale for a, b in pairwise(every)]
    digits = 2 if unit == "ratio" else max((_digits(step) for step in steps), default=0)
    text = words.number(tick, unit, digits)
    if unit == "ratio":
        text = text.rstrip("0").rstrip(".")
    return text + ("%" if unit in {"proportion", "relative change"} else "")


def _digits(step: float) -> int:
    return next((digits for digits in range(4) if abs(step - round(step, digits)) < 1e-9), 3)


def draw_scale(
    canvas: Canvas,
    axes: Axes,
    place: tuple[float, float, float],
    unit: str,
    *,
    null: float | None = None,
    spans: Sequence[Interval] | None = None,
) -> None:
    """Draw grid lines, the line of no difference and the numbers under a horizontal axis.

    Parameters
    ----------
    canvas : Canvas
        To write on.
    axes : matplotlib.axes.Axes
        With its limits set.
    place : tuple of float
        Left, width and bottom of the axes in inches.
    unit : str
        Unit of the axis.
    null : float, optional
        Where there is no difference.
    spans : sequence of tuple of float, optional
        Between which heights lines run; all the way where None.
    """
    left, width, bottom = place
    limits = axes.get_xlim()
    marks = ticks(*limits, unit, int(width / TICK_ROOM))
    lines = [(tick, RULE, 0.7, 0) for tick in marks if null is None or abs(tick - null) > 1e-12]
    if null is not None and limits[0] <= null <= limits[1]:
        lines.append((null, INK, 1.0, 1))
    for x, colour, heavy, order in lines:
        for y0, y1 in spans or [axes.get_ylim()]:
            line(axes, [x, x], [y0, y1], color=colour, lw=heavy, zorder=order)
    for tick in marks:
        x = left + width * share(tick, limits, unit)
        canvas.write(x, bottom + 0.12, tick_text(tick, marks, unit), size="small", color=QUIET, ha="center")


def draw_heights(
    canvas: Canvas,
    axes: Axes,
    place: tuple[float, float, float],
    unit: str,
    most: int,
    *,
    null: float | None = None,
    sign: str = "",
    numbers: bool = True,
) -> None:
    """Draw grid lines, the line of no difference and the numbers left of a vertical axis.

    Parameters
    ----------
    canvas : Canvas
        To write on.
    axes : matplotlib.axes.Axes
        With its limits set.
    place : tuple of float
        Left, top and height of the axes in inches.
    unit : str
        Unit of the axis.
    most : int
        As many lines at the most.
    null : float, optional
        Where there is no difference.
    sign : str
        Before each number.
    numbers : bool
        Whether they are written; panels beside the first share its.
    """
    left, top, tall = place
    below, above = axes.get_ylim()
    marks = ticks(min(below, above), max(below, above), unit, most)
    for tick in marks:
        line(axes, axes.get_xlim(), [tick, tick], color=RULE, lw=0.7, zorder=0)
        if numbers:
            y = top + tall * (above - tick) / (above - below)
            text = sign + tick_text(tick, marks, unit)
            canvas.write(left - 0.06, y, text, size="small", color=QUIET, ha="right")
    if null is not None:
        line(axes, axes.get_xlim(), [null, null], color=INK, lw=1.0, zorder=1)


def share(value: float, limits: Interval, unit: str) -> float:
    """How far along the axis does a value stand?

    Parameters
    ----------
    value : float
        In ``unit``.
    limits : tuple of float
        Ends of the axis.
    unit : str
        Ratios are spaced by their logarithm.

    Returns
    -------
    float
        0 at the low end, 1 at the high end.
    """
    low, high = limits
    if unit == "ratio":
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def key_rows(marks: Sequence[Mark], room: float) -> list[list[Mark]]:
    """How do the entries of a key fall into lines?

    Parameters
    ----------
    marks : sequence of Mark
        The entries.
    room : float
        Inches.

    Returns
    -------
    list of list of Mark
        One list a line.
    """
    rows: list[list[Mark]] = []
    used = room + 1
    for mark in marks:
        need = 0.42 + width_of(mark.text, SIZES["small"]) + 0.18
        if used + need > room + 0.18:
            rows.append([])
            used = 0.0
        rows[-1].append(mark)
        used += need
    return rows


def draw_key(canvas: Canvas, marks: Sequence[Mark], top: float) -> None:
    """Write the key: what each mark stands for.

    Parameters
    ----------
    canvas : Canvas
        To write on.
    marks : sequence of Mark
        The entries.
    top : float
        Inches from the top.
    """
    from matplotlib.lines import Line2D

    for step, row in enumerate(key_rows(marks, canvas.width - 2 * PAD)):
        x, y = PAD, top + 0.1 + step * KEY_LINE
        for mark in row:
            ends = [(x + shift) / canvas.width for shift in (0.0, 0.15, 0.3)]
            line = Line2D(
                ends,
                [1 - y / canvas.height] * 3,
                color=mark.colour,
                lw=1.6,
                ls=mark.line or "none",
                marker=mark.marker or "none",
                ms=11 if mark.marker == "|" else 6.5,
                markevery=[1],
                mfc="white" if mark.hollow else mark.colour,
                mew=1.3,
                transform=canvas.figure.transFigure,
            )
            canvas.figure.add_artist(line)
            canvas.write(x + 0.4, y, mark.text, size="small", color=QUIET)
            x += 0.42 + width_of(mark.text, SIZES["small"]) + 0.18


def national_mark(text: str) -> Mark:
    """How does the national figure look in the key?

    Parameters
    ----------
    text : str
        What it stands for.

    Returns
    -------
    Mark
        A hollow diamond.
    """
    return Mark(text, marker="D", colour=NATIONAL, line="", hollow=True)


def line(axes: Axes, xs: Sequence[float], ys: Sequence[float], **look: Any) -> None:
    """Draw a line or a mark at values; ``axes.plot`` would look for new limits each time, which are set already.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its limits set.
    xs, ys : sequence of float
        In data units.
    **look
        As ``matplotlib.lines.Line2D`` takes it.
    """
    from matplotlib.lines import Line2D

    axes.add_artist(Line2D(xs, ys, **look))


def plain(axes: Axes, x: float, y: float, text: str, **more: Any) -> None:
    """Write words at a value, never read as a formula.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where.
    x, y : float
        In data units.
    text : str
        One line.
    **more
        ``color``, ``ha``, ``va``, ``size`` (a key of ``SIZES``), ``bold``.
    """
    size, bold = str(more.pop("size", "text")), bool(more.pop("bold", False))
    look = {"color": INK, "ha": "left", "va": "center", **more}
    axes.text(x, y, text, fontproperties=font(SIZES[size], bold), parse_math=False, clip_on=False, **look)
