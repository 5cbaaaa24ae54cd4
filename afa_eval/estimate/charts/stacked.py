"""Shares of a whole: answers before and after, and who has a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import (
    INK,
    OURS,
    PAD,
    PAPER,
    QUIET,
    SIZES,
    Canvas,
    line_height,
    page_width,
    start,
    width_of,
    wrap,
)
from afa_eval.estimate.charts.shares import Bar, bars
from afa_eval.estimate.records import Interval
from afa_eval.estimate.shown import Counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# From disagreement to agreement: light in the middle, so that order shows without hue.
LOW, MIDDLE, HIGH = ("#8a3b12", "#cf8a5b"), "#d9dce1", ("#7fa8cf", "#12436d")
BAR, SWATCH_LINE = 0.28, 0.21  # inches: thickness of a bar, a line of the key
NO_SCORE = (("#c9ced6", ""), ("#e7c9a9", "////"), ("#a9b8c9", "...."), ("#d9b3bd", "xxxx"), ("#ececec", "----"))


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
    inner = getattr(table, "table", table)
    looks = tuple(Look(name, colour) for name, colour in zip(answers, ramp(len(answers)), strict=True))
    starts = tuple(-_below_middle(bar.shares) if bar.shares else 0.0 for bar in found)
    stack = Stack(tuple(found), looks, starts, inner.base, narrow)
    headline = title or _likert_title(answers, found) or _pairs_title(answers, found, inner.rows) or inner.title
    return _draw(stack, headline, subtitle or _rest(inner.title, headline), note, "Diverging bars")


def quarters(table: Counted, title: str = "", subtitle: str = "", *, note: str = "", narrow: bool = False) -> Figure:
    """How is pupils' progress spread over the national quarters?

    Parameters
    ----------
    table : Table or ReleasedTable
        A row for each group, the one the headline is about first; a column for each quarter from
        lowest to highest. Counts, with or without totals.
    title : str
        The finding, as a headline; the first row's ends where empty.
    subtitle : str
        Of which pupils, by which norm.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Bars around the national middle, below a bar of the quarters themselves.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    names, found = bars(table, totals=True)
    nation = Bar("Nationally", (1 / len(names),) * len(names), None)
    rows = (nation, *found)
    looks = tuple(Look(name, colour) for name, colour in zip(names, ramp(len(names)), strict=True))
    starts = tuple(-_below_middle(bar.shares) if bar.shares else 0.0 for bar in rows)
    inner = getattr(table, "table", table)
    stack = Stack(rows, looks, starts, inner.base, narrow)
    headline = title or _quarters_title(names, found) or inner.title
    return _draw(stack, headline, subtitle or _rest(inner.title, headline), note, "Bars by national quarter")


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
        without, by reason. A row of totals becomes "All pupils".
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
    reasons, found = bars(table, totals=True)
    inner = getattr(table, "table", table)
    paints = [(OURS, ""), *(NO_SCORE[i % len(NO_SCORE)] for i in range(len(reasons) - 1))]
    looks = tuple(Look(name, *paint) for name, paint in zip(reasons, paints, strict=True))
    stack = Stack(tuple(found), looks, (0.0,) * len(found), inner.base, narrow, scale=True, threshold=threshold)
    headline = title or _coverage_title(reasons, found)
    return _draw(stack, headline, subtitle or _rest(inner.title, headline), note, "Stacked bars")


def _likert_title(answers: Sequence[str], found: Sequence[Bar]) -> str:
    """How the highest answer moved, where there are two rounds and no more."""
    shown = [bar for bar in found if bar.shares]
    if len(shown) != len(found) or len(found) != 2:
        return ""
    said = [f"{_percent(bar.shares[-1])} {bar.label[:1].lower()}{bar.label[1:]}" for bar in shown if bar.shares]
    return f"Answered “{answers[-1]}”: {' and '.join(said)}"


def _pairs_title(answers: Sequence[str], found: Sequence[Bar], rows: Sequence[str]) -> str:
    """In how many questions or groups, of those shown before and after, the highest answer was given more often."""
    pairs = [
        (before.shares[-1], after.shares[-1])
        for before, after in pairwise(found)
        if before.shares and after.shares and before.label.removesuffix("before") == after.label.removesuffix("after")
    ]
    if len(pairs) < 2:
        return ""
    more, what = sum(after > before for before, after in pairs), "groups" if "=" in rows[-1] else "questions"
    count = f"{more} of the {len(pairs)}" if more < len(pairs) else "both" if more == 2 else f"all {more}"
    return f"More answered “{answers[-1]}” after than before in {count} {what} shown"


def _quarters_title(names: Sequence[str], found: Sequence[Bar]) -> str:
    """The first group's share in the lowest and in the highest quarter."""
    first = next(bar for bar in found if bar.shares)
    low, high = (_percent(first.shares[at]) if first.shares else "" for at in (0, -1))
    lowest, highest = (name[:1].lower() + name[1:] for name in (names[0], names[-1]))
    return f"{first.label}: {low} were in the {lowest} of progress nationally, {high} in the {highest}"


def _coverage_title(reasons: Sequence[str], found: Sequence[Bar]) -> str:
    """The group that is measured least."""
    least = min((bar for bar in found if bar.shares), key=lambda bar: bar.shares[0] if bar.shares else 1.0)
    share = least.shares[0] if least.shares else 0.0
    return f"{least.label}: {_percent(share)} {reasons[0][:1].lower()}{reasons[0][1:]}"


def _percent(share: float) -> str:
    return words.number(share, "proportion", 0) + "%"


def _rest(title: str, headline: str) -> str:
    return "" if title == headline else title


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


@dataclass(frozen=True, slots=True)
class Look:
    """How does one part of the bars look?

    Attributes
    ----------
    name : str
        What it stands for.
    colour : str
        Of its area.
    hatch : str
        Its pattern, so that it is told by more than colour.
    """

    name: str
    colour: str
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """Which bars are drawn, and how?

    Attributes
    ----------
    bars : tuple of Bar
        From the top down.
    looks : tuple of Look
        One per part.
    starts : tuple of float
        Where each bar begins.
    base : str
        What was counted.
    narrow : bool
        For a phone: labels above the bars.
    scale : bool
        Whether there is a scale from 0 to 100 per cent, instead of a middle line.
    threshold : float, optional
        A share to draw as a line.
    """

    bars: tuple[Bar, ...]
    looks: tuple[Look, ...]
    starts: tuple[float, ...]
    base: str
    narrow: bool
    scale: bool = False
    threshold: float | None = None

    @property
    def row(self) -> float:
        """Height of a row, inches."""
        return 0.6 if self.narrow else 0.44

    @property
    def tall(self) -> float:
        """Height of all rows, inches."""
        return self.row * len(self.bars)

    @property
    def limits(self) -> Interval:
        """Ends of the axis."""
        shown = [start for start, bar in zip(self.starts, self.bars, strict=True) if bar.shares]
        return min(shown), max(shown) + 1.0

    def counted(self, bar: Bar) -> str:
        """How many stand behind a bar, in words.

        Parameters
        ----------
        bar : Bar
            The bar.

        Returns
        -------
        str
            Empty where it is not told.
        """
        return f"{bar.n:,} {words.nouns(self.base)}" if bar.n is not None else ""


def _below_middle(shares: Sequence[float]) -> float:
    half = len(shares) // 2
    return sum(shares[:half]) + (shares[half] / 2 if len(shares) % 2 else 0.0)


def _draw(stack: Stack, title: str, subtitle: str, note: str, kind: str) -> Figure:
    key = _key_lines(stack.looks, page_width(stack.narrow) - 2 * PAD)
    key_height = len(key) * SWATCH_LINE + 0.1
    foot = 0.3 if stack.scale else 0.1
    foot += axis.KEY_LINE if stack.threshold is not None else 0.0
    names = [look.name for look in stack.looks]
    alt = saying.alt_bars(title, names, [(bar.label, bar.shares, bar.n) for bar in stack.bars], kind)
    canvas = start(title, subtitle, key_height + stack.tall + foot, note, narrow=stack.narrow, alt=alt)
    _draw_swatches(canvas, stack.looks, key)
    _draw_rows(canvas, stack, canvas.top + key_height)
    if stack.threshold is not None:
        share = words.number(stack.threshold, "proportion", 0)
        said = axis.Mark(f"{share}%: below it, progress is a description only", "", INK, "--")
        axis.draw_key(canvas, [said], canvas.top + key_height + stack.tall + 0.24)
    return canvas.figure


def _draw_rows(canvas: Canvas, stack: Stack, top: float) -> None:
    names = 0.0 if stack.narrow else min(max(width_of(bar.label, SIZES["text"]) for bar in stack.bars) + 0.15, 2.1)
    counts = 0.0 if stack.narrow else max(width_of(stack.counted(bar), SIZES["small"]) for bar in stack.bars) + 0.12
    left, width = PAD + names, canvas.width - 2 * PAD - names - counts
    axes = canvas.axes(left, top, width, stack.tall)
    axes.set_xlim(*stack.limits)
    axes.set_ylim(stack.tall, 0)  # inches, like the page
    inch = width / (stack.limits[1] - stack.limits[0])
    for step, (bar, begin) in enumerate(zip(stack.bars, stack.starts, strict=True)):
        _label_row(canvas, stack, bar, top + stack.row * step)
        middle = stack.row * (step + (0.66 if stack.narrow else 0.5))
        _draw_bar(axes, bar, begin, middle, stack.looks, inch)
        line = stack.threshold if stack.scale else 0.0
        if line is not None and bar.shares:
            style = (0, (4, 2)) if stack.scale else "-"
            ends = [middle - BAR / 2 - 0.05, middle + BAR / 2 + 0.05]
            axis.line(axes, [line, line], ends, color=INK, lw=1.3, ls=style, zorder=6 if stack.scale else 1)
    if stack.scale:
        _hundred(canvas, left, width, top + stack.tall)


def _label_row(canvas: Canvas, stack: Stack, bar: Bar, top: float) -> None:
    y = top + (0.13 if stack.narrow else stack.row / 2)
    size = "small" if stack.narrow else "text"
    lines = [bar.label] if stack.narrow else wrap(bar.label, 1.95, SIZES[size])[:2]
    for step, line in enumerate(lines):
        canvas.write(PAD, y + (step - (len(lines) - 1) / 2) * line_height(size), line, bold=stack.narrow, size=size)
    canvas.write(canvas.width - PAD, y, stack.counted(bar), size="small", color=QUIET, ha="right")


def _draw_bar(axes: Axes, bar: Bar, begin: float, y: float, looks: Sequence[Look], inch: float) -> None:
    from matplotlib.patches import Rectangle

    if bar.shares is None:
        axis.plain(axes, axes.get_xlim()[0] + 0.1 / inch, y, words.HIDDEN["c"], color=QUIET, size="small")
        return
    for share, look in zip(bar.shares, looks, strict=True):
        paint: dict[str, Any] = {"fc": look.colour, "hatch": look.hatch, "ec": PAPER, "lw": 1.0, "zorder": 2}
        axes.add_artist(Rectangle((begin, y - BAR / 2), share, BAR, **paint))
        text = words.number(share, "proportion", 0) + "%"
        if share * inch > width_of(text, SIZES["small"]) + 0.06:
            ink = PAPER if _dark(look.colour) else INK
            backing = {"boxstyle": "round,pad=0.12", "fc": look.colour, "ec": "none"} if look.hatch else None
            where: dict[str, Any] = {"ha": "center", "color": ink, "size": "small", "bbox": backing, "zorder": 5}
            axis.plain(axes, begin + share / 2, y, text, **where)
        begin += share


def _dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _hundred(canvas: Canvas, left: float, width: float, bottom: float) -> None:
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        ha = "left" if tick == 0 else "right" if tick == 1 else "center"
        text = words.number(tick, "proportion", 0) + "%"
        canvas.write(left + width * tick, bottom + 0.1, text, size="small", color=QUIET, ha=ha)


def _key_lines(looks: Sequence[Look], room: float) -> list[list[int]]:
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, look in enumerate(looks):
        need = 0.2 + width_of(look.name, SIZES["small"]) + 0.16
        if lines[-1] and used + need > room + 0.16:
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += need
    return lines


def _draw_swatches(canvas: Canvas, looks: Sequence[Look], key: Sequence[Sequence[int]]) -> None:
    from matplotlib.patches import Rectangle

    wide, tall = 0.13 / canvas.width, 0.13 / canvas.height
    for step, line in enumerate(key):
        x, y = PAD, canvas.top + 0.08 + step * SWATCH_LINE
        for i in line:
            paint: dict[str, Any] = {"fc": looks[i].colour, "hatch": looks[i].hatch, "ec": PAPER, "lw": 0.6}
            corner = (x / canvas.width, 1 - (y + 0.065) / canvas.height)
            box = Rectangle(corner, wide, tall, transform=canvas.figure.transFigure, **paint)
            canvas.figure.add_artist(box)
            canvas.write(x + 0.2, y, looks[i].name, size="small", color=QUIET)
            x += 0.2 + width_of(looks[i].name, SIZES["small"]) + 0.16
