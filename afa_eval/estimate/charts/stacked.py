"""Shares of a whole: answers before and after, and who has a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import INK, PAD, PAPER, QUIET, SIZES, Canvas, start, width_of
from afa_eval.estimate.shown import Counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGINS = frozenset({"total", "all", "n", "answers", "eligible"})
# From disagreement to agreement: light in the middle, so that order shows without hue.
LOW, MIDDLE, HIGH = ("#8a3b12", "#cf8a5b"), "#d9dce1", ("#7fa8cf", "#12436d")
NO_SCORE = (("#c9ced6", ""), ("#e7c9a9", "////"), ("#a9b8c9", "...."), ("#d9b3bd", "xxxx"), ("#ececec", "----"))


@dataclass(frozen=True, slots=True)
class Bar:
    """What is one row made of?

    Attributes
    ----------
    label : str
        Name of the row.
    shares : tuple of float or None
        Adding to 1; None where hidden.
    n : int or None
        How many were counted.
    """

    label: str
    shares: tuple[float, ...] | None
    n: int | None


def bars(table: Counted) -> tuple[tuple[str, ...], list[Bar]]:
    """What are a table's rows as shares of their totals?

    Parameters
    ----------
    table : Table or ReleasedTable
        Counts, or a series of proportions; columns and rows named Total are margins. A row with a
        hidden cell is hidden as a whole: a bar without one part would be wrong.

    Returns
    -------
    tuple
        Names of the parts, and the bars.

    Raises
    ------
    ReportError
        Where no row has anything to show.
    """
    inner = getattr(table, "table", table)
    parts = [i for i, name in enumerate(inner.columns) if name.strip().lower() not in MARGINS]
    found = []
    for label, cells in zip(inner.rows, inner.cells, strict=True):
        counts = [cells[i] for i in parts]
        known = [count for count in counts if count is not None]
        total = sum(known)
        whole = len(known) == len(parts) and total > 0
        n = None if inner.unit == "proportion" or not whole else round(total)
        found.append(Bar(label, tuple(count / total for count in known) if whole else None, n))
    if not any(bar.shares for bar in found):
        raise ReportError(f"There is nothing to draw in '{inner.title}': no row has counts to show.")
    return tuple(inner.columns[i] for i in parts), found


def likert(table: Counted, title: str = "", subtitle: str = "", *, note: str = "", narrow: bool = False) -> Figure:
    """How did the answers shift from before to after?

    Parameters
    ----------
    table : Table or ReleasedTable
        A row for each wave (or group and wave), a column for each answer from lowest to highest;
        counts, with or without totals.
    title : str
        The finding, as a headline; the table's title where empty.
    subtitle : str
        The question, who answered and when.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Bars around a middle line: lower answers to the left, higher to the right.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    answers, found = bars(table)
    colours = [(colour, "") for colour in ramp(len(answers))]
    inner = getattr(table, "table", table)
    title = title or inner.title
    alt = saying.alt_bars(title, answers, [(bar.label, bar.shares, bar.n) for bar in found], kind="Diverging bars")
    offset = [_below_middle(bar.shares) if bar.shares else 0.0 for bar in found]
    return _stack(found, answers, colours, (title, subtitle, note, alt), offset, inner.base, narrow=narrow)


def coverage(
    table: Counted,
    title: str = "",
    subtitle: str = "",
    *,
    threshold: float | None = 0.8,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """Which pupils have a score, and why do the others have none?

    Parameters
    ----------
    table : Table or ReleasedTable
        A row for each group; the first column counts pupils with a score, each further one those
        without, by reason.
    title : str
        The finding, as a headline; the table's title where empty.
    subtitle : str
        Which test, whose pupils, when.
    threshold : float, optional
        Share below which a group's progress is a description only; drawn as a line.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Bars from 0 to 100 per cent.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    reasons, found = bars(table)
    looks = [("#12436d", ""), *(NO_SCORE[i % len(NO_SCORE)] for i in range(len(reasons) - 1))]
    inner = getattr(table, "table", table)
    title = title or inner.title
    alt = saying.alt_bars(title, reasons, [(bar.label, bar.shares, bar.n) for bar in found], kind="Stacked bars")
    texts = (title, subtitle, note, alt)
    return _stack(found, reasons, looks, texts, None, inner.base, narrow=narrow, threshold=threshold)


def ramp(n: int) -> list[str]:
    """Which colours go from the lowest to the highest of ``n`` answers?

    Parameters
    ----------
    n : int
        Number of answers.

    Returns
    -------
    list of str
        Dark at both ends, light in the middle.
    """
    half = n // 2
    low = _between(LOW[0], LOW[1], half)
    high = _between(HIGH[0], HIGH[1], half)
    return [*low, *([MIDDLE] if n % 2 else []), *high]


def _between(first: str, last: str, n: int) -> list[str]:
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, last)]
    shares = [0.0 if n == 1 else step / (n - 1) for step in range(n)]
    if n == 1:
        shares = [0.35 if first == LOW[0] else 0.65]
    mixed = [[round(a + (b - a) * share) for a, b in zip(*ends, strict=True)] for share in shares]
    return ["#" + "".join(f"{part:02x}" for part in parts) for parts in mixed]


def _below_middle(shares: Sequence[float]) -> float:
    half = len(shares) // 2
    return sum(shares[:half]) + (shares[half] / 2 if len(shares) % 2 else 0.0)


def _stack(
    found: Sequence[Bar],
    parts: Sequence[str],
    looks: Sequence[tuple[str, str]],
    texts: tuple[str, str, str, str],
    offset: Sequence[float] | None,
    base: str,
    *,
    narrow: bool,
    threshold: float | None = None,
) -> Figure:
    title, subtitle, note, alt = texts
    row = 0.6 if narrow else 0.44
    room = (3.65 if narrow else 6.9) - 2 * PAD
    key = _key_lines(parts, room)
    body = len(key) * 0.21 + 0.1 + row * len(found) + (0.3 if offset is None else 0.1)
    canvas = start(title, subtitle, body, note, narrow=narrow, alt=alt)
    _draw_swatches(canvas, parts, looks, key)
    top = canvas.top + len(key) * 0.21 + 0.1
    names = 0.0 if narrow else min(max(width_of(bar.label, SIZES["text"]) for bar in found) + 0.15, 2.1)
    counts = 0.0 if narrow else max(width_of(_n(bar, base), SIZES["small"]) for bar in found) + 0.12
    left, width = PAD + names, canvas.width - 2 * PAD - names - counts
    axes = canvas.axes(left, top, width, row * len(found))
    starts = [-value for value in offset] if offset is not None else [0.0] * len(found)
    ends = [begin + 1.0 for begin, bar in zip(starts, found, strict=True) if bar.shares]
    low = min([begin for begin, bar in zip(starts, found, strict=True) if bar.shares])
    axes.set_xlim(low, max(ends))
    axes.set_ylim(len(found), 0)
    for step, (bar, begin) in enumerate(zip(found, starts, strict=True)):
        y = top + row * step + (0.13 if narrow else row / 2)
        canvas.write(PAD, y, bar.label, bold=narrow, size="small" if narrow else "text")
        canvas.write(canvas.width - PAD, y, _n(bar, base), size="small", color=QUIET, ha="right")
        centre = step + (0.66 if narrow else 0.5)
        _draw_bar(axes, bar, begin, centre, looks, width / (max(ends) - low), (0.3 if narrow else 0.28) / row)
    if offset is not None:
        axes.axvline(0, color=INK, lw=0.9, zorder=4)
    else:
        _hundred(canvas, axes, (left, width, top + row * len(found)), threshold)
    return canvas.figure


def _n(bar: Bar, base: str) -> str:
    return f"{bar.n:,} {base}" if bar.n is not None else ""


def _draw_bar(
    axes: Axes, bar: Bar, begin: float, y: float, looks: Sequence[tuple[str, str]], inch: float, tall: float
) -> None:
    if bar.shares is None:
        axis.plain(axes, sum(axes.get_xlim()) / 2, y, "too few to publish", ha="center", color=QUIET, size="small")
        return
    for share, (colour, hatch) in zip(bar.shares, looks, strict=True):
        axes.barh(y, share, left=begin, height=tall, color=colour, hatch=hatch, edgecolor=PAPER, lw=1.0, zorder=2)
        text = words.number(share, "proportion", 0) + "%"
        if share * inch > width_of(text, SIZES["small"]) + 0.06:
            ink = PAPER if _dark(colour) else INK
            backing = {"boxstyle": "round,pad=0.12", "fc": colour, "ec": "none"} if hatch else None
            axis.plain(axes, begin + share / 2, y, text, ha="center", color=ink, size="small", bbox=backing, zorder=5)
        begin += share


def _dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _hundred(canvas: Canvas, axes: Axes, place: tuple[float, float, float], threshold: float | None) -> None:
    left, width, bottom = place
    low, high = axes.get_xlim()
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + width * (tick - low) / (high - low)
        ha = "left" if tick == 0 else "right" if tick == 1 else "center"
        canvas.write(x, bottom + 0.1, words.number(tick, "proportion", 0) + "%", size="small", color=QUIET, ha=ha)
    if threshold is not None:
        axes.axvline(threshold, color=INK, lw=1.3, ls=(0, (4, 2)), zorder=4)


def _key_lines(parts: Sequence[str], room: float) -> list[list[int]]:
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, name in enumerate(parts):
        need = 0.2 + width_of(name, SIZES["small"]) + 0.16
        if lines[-1] and used + need > room + 0.16:
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += need
    return lines


def _draw_swatches(
    canvas: Canvas, parts: Sequence[str], looks: Sequence[tuple[str, str]], key: Sequence[Sequence[int]]
) -> None:
    from matplotlib.patches import Rectangle

    for step, line in enumerate(key):
        x, y = PAD, canvas.top + 0.08 + step * 0.21
        for i in line:
            corner = (x / canvas.width, 1 - (y + 0.065) / canvas.height)
            size = (0.13 / canvas.width, 0.13 / canvas.height)
            colour, hatch = looks[i]
            box = Rectangle(
                corner, *size, fc=colour, hatch=hatch, ec=PAPER, lw=0.6, transform=canvas.figure.transFigure
            )
            canvas.figure.add_artist(box)
            canvas.write(x + 0.2, y, parts[i], size="small", color=QUIET)
            x += 0.2 + width_of(parts[i], SIZES["small"]) + 0.16
