"""What moved from before to after: slopes by group, and gaps as dumbbells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, paired, saying
from afa_eval.estimate.charts.canvas import (
    INK,
    NATIONAL,
    OURS,
    PAD,
    QUIET,
    SIZES,
    Canvas,
    fitted,
    group_style,
    page_width,
    spread,
    start,
    two_ends,
    width_of,
)
from afa_eval.estimate.charts.paired import Pair, drawable
from afa_eval.estimate.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGE = 0.08  # of the distance between both ends, beside each: room for the marks of several groups
MOVED_AWAY = 0.11  # inches between a mark and its words from which a thin line joins them


def slopes(
    items: Iterable[Shown],
    title: str = "",
    subtitle: str = "",
    *,
    labels: tuple[str, str] = ("Before", "After"),
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How did each group move from before to after, and how did England?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Before and after of one measure by group (estimands ending in ``_before`` and ``_after``);
        each comparator is the national figure of that group and year. Six groups at most read well.
    title : str
        The finding, as a headline; made from the estimands where empty.
    subtitle : str
        What was measured, of whom, when.
    labels : tuple of str
        What both ends are called, for example the academic years.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        Lines with intervals, labelled at both ends; the national line dashed with hollow diamonds.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    found, labels = drawable(items, "slope chart"), two_ends(labels)
    first = [item for pair in found for item in (pair.before, pair.after)]
    shown = [pair for pair in found if pair.ends]
    hidden = [pair for pair in found if not pair.ends]
    two_lines = any(pair.national for pair in shown)
    apart = 0.34 if two_lines else 0.2
    tall = max(2.3, apart * len(shown) + 0.7)
    keys = [axis.Mark("this evaluation, with its interval")] + (
        [axis.Mark(saying.national_words(first), "D", NATIONAL, "--", hollow=True)] if two_lines else []
    )
    rows = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    body = 0.25 + tall + 0.12 + len(rows) * axis.KEY_LINE + 0.2 * len(hidden)
    canvas = start(
        title or paired.pair_title(first),
        subtitle or saying.units_line(first),
        body,
        note,
        narrow=narrow,
        alt=paired.alt_slopes(first, labels),
    )
    _slope_body(canvas, shown, (canvas.top + 0.25, tall, apart), labels, narrow=narrow)
    for step, pair in enumerate(hidden):
        said = f"{words.label(pair.group, pair.before.base)}: {pair.why}"
        canvas.write(PAD, canvas.top + 0.25 + tall + 0.2 * step + 0.14, said, size="small", color=QUIET)
    axis.draw_key(canvas, keys, canvas.top + 0.25 + tall + 0.1 + 0.2 * len(hidden))
    return canvas.figure


def _slope_body(
    canvas: Canvas, shown: Sequence[Pair], place: tuple[float, float, float], labels: tuple[str, str], *, narrow: bool
) -> None:
    top, tall, apart = place
    unit = shown[0].before.unit
    lines = [f"England {words.short(pair.national[0], unit)}" for pair in shown if pair.national]
    lines += [f"{words.short(pair.ends[0], unit)}  " for pair in shown if pair.ends]
    left = PAD + max(width_of(line, SIZES["text"]) for line in lines) + 0.14
    wanted = max(width_of(_end_label(pair, 99.0), SIZES["text"], True) for pair in shown) + 0.24
    right = min(max(wanted, 1.0 if narrow else 2.0), canvas.width - left - 0.9)
    width = canvas.width - left - right
    axes = canvas.axes(left, top, width, tall)
    values = [value for pair in shown for both in (pair.ends, pair.national) if both for value in both]
    ends = [item.ci for pair in shown for item in (pair.before, pair.after) if item.ci is not None]
    axes.set_xlim(-EDGE, 1 + EDGE)
    axes.set_ylim(*axis.extent(values, ends, unit=shown[0].before.unit))
    for side, text in enumerate(labels):
        axes.axvline(side, color="#d5dae0", lw=0.8, zorder=0)
        canvas.write(left + width * (EDGE + side) / (1 + 2 * EDGE), top - 0.12, text, bold=True, ha="center")
    offsets = [(i - (len(shown) - 1) / 2) * 0.025 for i in range(len(shown))]
    for position, (pair, offset) in enumerate(zip(shown, offsets, strict=True)):
        _slope(axes, pair, group_style(pair.group, position)[0], group_style(pair.group, position)[1], offset)
    for side in (0, 1):
        _slope_labels(canvas, axes, shown, side, (left, width, top, tall, apart))


def _slope(axes: Axes, pair: Pair, colour: str, marker: str, offset: float) -> None:
    if pair.national:
        axis.line(axes, [0, 1], pair.national, color=colour, lw=1.1, ls=(0, (4, 3)), alpha=0.75, zorder=1)
        look: dict[str, Any] = {
            "marker": "D",
            "ms": 5,
            "mfc": "white",
            "mec": colour,
            "mew": 1.1,
            "ls": "none",
            "zorder": 2,
        }
        axis.line(axes, [0, 1], pair.national, **look)
    ends = pair.ends
    if ends is None:
        return
    axis.line(
        axes, [offset, 1 + offset], ends, color=colour, lw=2.2, zorder=3, marker=marker, ms=7, mec="white", mew=0.8
    )
    for side, item in enumerate((pair.before, pair.after)):
        if item.ci is not None:
            axis.line(axes, [side + offset] * 2, item.ci, color=colour, lw=1.2, zorder=2, clip_on=True)


def _slope_labels(
    canvas: Canvas, axes: Axes, shown: Sequence[Pair], side: int, place: tuple[float, float, float, float, float]
) -> None:
    left, width, top, tall, apart = place
    low, high = axes.get_ylim()
    wanted = [top + tall * (1 - (pair.ends[side] - low) / (high - low)) for pair in shown if pair.ends]
    heights = spread(wanted, apart, top + apart / 2, top + tall - apart / 2)
    x = left + width + 0.12 if side else left - 0.12
    for position, (pair, y) in enumerate(zip(shown, heights, strict=True)):
        if pair.ends is None:
            continue
        unit = pair.before.unit
        value = words.short(pair.ends[side], unit)
        text = _end_label(pair, canvas.width - x - PAD) if side else value
        lift = 0.075 if pair.national else 0.0
        colour = group_style(pair.group, position)[0]
        _leader(canvas, (left + width * (EDGE + side) / (1 + 2 * EDGE), wanted[position]), (x, y - lift), colour)
        canvas.write(x, y - lift, text, bold=True, color=colour, ha="left" if side else "right")
        if pair.national:
            said = f"{saying.national_name([pair.before])} {words.short(pair.national[side], unit)}"
            canvas.write(x, y + lift, said, size="small", color=QUIET, ha="left" if side else "right")


def _end_label(pair: Pair, room: float) -> str:
    """The group and where it ended; a long name gives way to its figure."""
    end = f" {words.short(pair.ends[1], pair.after.unit)}" if pair.ends else ""
    name = words.label(pair.group, pair.before.base)
    return fitted(name, room - width_of(end, SIZES["text"], True), SIZES["text"], True) + end


def _leader(canvas: Canvas, mark: tuple[float, float], words_at: tuple[float, float], colour: str) -> None:
    """A thin line from a mark to its words, where they had to move away from it."""
    from matplotlib.lines import Line2D

    if abs(mark[1] - words_at[1]) < MOVED_AWAY:
        return
    toward = 1 if words_at[0] > mark[0] else -1
    xs = [(mark[0] + 0.06 * toward) / canvas.width, (words_at[0] - 0.02 * toward) / canvas.width]
    ys = [1 - mark[1] / canvas.height, 1 - words_at[1] / canvas.height]
    canvas.figure.add_artist(Line2D(xs, ys, color=colour, lw=0.7, transform=canvas.figure.transFigure))


def dumbbell(
    items: Iterable[Shown],
    title: str = "",
    subtitle: str = "",
    *,
    labels: tuple[str, str] = ("Before", "After"),
    outcomes: Mapping[str, str] | None = None,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How wide was each gap before, and how wide is it after?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        ``gap_before`` and ``gap_after`` (or any pair of estimands ending so) by group or outcome.
    title : str
        The finding, as a headline; made from the estimands where empty.
    subtitle : str
        What was measured, of whom, when.
    labels : tuple of str
        What both ends are called.
    outcomes : mapping of str to str, optional
        What a reader calls each outcome id.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        A hollow mark for before, a filled one for after, an arrow between.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    found, labels = drawable(items, "dumbbell chart"), two_ends(labels)
    first = [item for pair in found for item in (pair.before, pair.after)]
    row = 0.52 if narrow else 0.36
    keys = [axis.Mark(labels[0], line="", hollow=True), axis.Mark(f"{labels[1]}, with its interval")]
    if any(pair.national for pair in found):
        keys.append(axis.national_mark(f"{saying.national_words(first)}, {labels[1].lower()}"))
    if saying.null_of(first[0]) is not None:
        keys.append(axis.Mark("no gap" if "gap" in first[0].estimand else "no difference", "|", INK, ""))
    rows = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    canvas = start(
        title or paired.pair_title(first),
        subtitle or saying.units_line(first),
        row * len(found) + 0.32 + len(rows) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=paired.alt_slopes(first, labels, kind="Dumbbell chart"),
    )
    _dumbbell_body(canvas, found, _names(found, outcomes or {}), row, narrow=narrow)
    axis.draw_key(canvas, keys, canvas.top + row * len(found) + 0.3)
    return canvas.figure


def _dumbbell_body(canvas: Canvas, found: Sequence[Pair], names: Sequence[str], row: float, *, narrow: bool) -> None:
    left = PAD + (0.12 if narrow else max(width_of(name, SIZES["text"]) for name in names) + 0.2)
    numbers = [_moved(pair) for pair in found]
    right = PAD + (0.12 if narrow else max(width_of(text, SIZES["text"]) for text in numbers) + 0.2)
    width, tall = canvas.width - left - right, row * len(found)
    axes = canvas.axes(left, canvas.top, width, tall)
    values = [value for pair in found for both in (pair.ends, pair.national) if both for value in both]
    null = saying.null_of(found[0].before)
    spans = [(step + 0.45, step + 0.95) for step in range(len(found))] if narrow else None
    ends = [pair.after.ci for pair in found if pair.after.ci is not None]
    axes.set_xlim(*axis.extent([*values, *([null] if null is not None else [])], ends, unit=found[0].before.unit))
    axes.set_ylim(len(found), 0)
    axis.draw_scale(canvas, axes, (left, width, canvas.top + tall), found[0].before.unit, null=null, spans=spans)
    for step, (pair, name, text) in enumerate(zip(found, names, numbers, strict=True)):
        y = canvas.top + row * step + (0.14 if narrow else row / 2)
        canvas.write(PAD, y, name, bold=narrow, size="small" if narrow else "text")
        canvas.write(canvas.width - PAD, y, text, ha="right", size="small" if narrow else "text")
        _dumbbell(axes, pair, step + (0.7 if narrow else 0.5))


def _names(found: Sequence[Pair], outcomes: Mapping[str, str]) -> list[str]:
    """Outcome, group, or both: whatever tells the rows apart."""
    said = [outcomes.get(pair.outcome, pair.outcome) for pair in found]
    said = [name[:1].upper() + name[1:] for name in said]
    groups = [words.label(pair.group, pair.before.base) for pair in found]
    if len(set(said)) == 1:
        return groups
    if len(set(groups)) == 1:
        return said
    return [f"{name}: {group}" for name, group in zip(said, groups, strict=True)]


def _moved(pair: Pair) -> str:
    if pair.ends is None:
        return pair.why
    first, last = (words.short(end, pair.before.unit) for end in pair.ends)
    return f"{first} → {last}"


def _dumbbell(axes: Axes, pair: Pair, y: float) -> None:
    if pair.ends is None:
        return
    first, last = pair.ends
    if pair.after.ci is not None:
        axis.line(axes, pair.after.ci, [y, y], color=OURS, lw=5, alpha=0.22, solid_capstyle="butt", zorder=1)
    axes.annotate(
        "", (last, y), (first, y), arrowprops={"arrowstyle": "-", "color": INK, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    )
    if pair.national:
        axis.line(axes, [pair.national[1]], [y], marker="D", ms=6, mfc="white", mec=NATIONAL, mew=1.3, zorder=3)
    axis.line(axes, [first], [y], marker="o", ms=7.5, mfc="white", mec=OURS, mew=1.7, zorder=4)
    axis.line(axes, [last], [y], marker="o", ms=7.5, mfc=OURS, mec=OURS, mew=1.7, zorder=5)
