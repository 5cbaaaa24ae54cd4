"""How do the groups compare, each with its interval and the line it is set against?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import INK, NATIONAL, OURS, PAD, QUIET, RULE, SIZES, Canvas, start, width_of, wrap
from afa_eval.estimate.records import Claim
from afa_eval.estimate.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

ROW, ROW_NARROW, HEAD, FOOT = 0.3, 0.5, 0.32, 0.3
CLAIM_MARKS = {
    Claim.DESCRIPTION: axis.Mark("description, with its interval", hollow=True),
    Claim.COMPARISON: axis.Mark("comparison with England, with its interval"),
    Claim.EFFECT: axis.Mark("estimated effect, with its interval", marker="s"),
}
Months = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Section:
    """Which rows share a heading and an axis?

    Attributes
    ----------
    heading : str
        What the rows measure; empty where there is one section only.
    items : tuple
        One row each.
    """

    heading: str
    items: tuple[Shown, ...]

    @property
    def unit(self) -> str:
        """Unit of the axis."""
        return self.items[0].unit


def forest(
    items: Iterable[Shown],
    title: str = "",
    subtitle: str = "",
    *,
    comparator: str = "auto",
    months: Months | None = None,
    labels: Sequence[str] | None = None,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How do groups compare, each with its interval, its comparator and its number of pupils?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        A row each, in this order; rows of another estimand, outcome or unit get their own heading
        and axis. A hidden value is written as hidden.
    title : str
        The finding, as a headline; made from the estimands where empty.
    subtitle : str
        What was measured, of whom, when; unit and level of the intervals where empty.
    comparator : str
        ``marker`` (a diamond in each row), ``line`` (one dashed line, needs one value), ``none``,
        or ``auto``: a line where all rows share one value, else markers.
    months : callable, optional
        Months of progress for a value of the axis; written above it.
    labels : sequence of str, optional
        Row labels, instead of the groups' own.
    note : str
        Below the chart: source, what to mind.
    narrow : bool
        For a phone: labels above their intervals.

    Returns
    -------
    matplotlib.figure.Figure
        Its label carries headline and alt text; see ``to_svg``.

    Raises
    ------
    ReportError
        Where there is nothing to draw, or the labels do not fit the rows.
    """
    rows = tuple(items)
    if not any(item.value is not None for item in rows):
        raise ReportError("There is nothing to draw: no estimate with a value to show.")
    names = list(labels) if labels is not None else [words.label(item.group) for item in rows]
    if len(names) != len(rows):
        raise ReportError(f"A forest plot of {len(rows)} rows was given {len(names)} labels.")
    named = dict(zip(map(id, rows), names, strict=True))
    parts = sections(rows)
    keys = marks(rows, comparator)
    room = (NARROW_ROOM if narrow else WIDE_ROOM) - 2 * PAD
    key_height = len(axis.key_rows(keys, room)) * axis.KEY_LINE + 0.08
    body = sum(height(part, narrow=narrow, months=months) for part in parts) + key_height
    canvas = start(
        title or saying.forest_title(rows),
        subtitle or saying.forest_subtitle(rows),
        body,
        note,
        narrow=narrow,
        alt=saying.alt_forest(rows),
    )
    top = canvas.top
    for part in parts:
        _draw_section(canvas, part, top, named, comparator, months, narrow=narrow)
        top += height(part, narrow=narrow, months=months)
    axis.draw_key(canvas, keys, top)
    return canvas.figure


WIDE_ROOM, NARROW_ROOM = 6.9, 3.65


def sections(rows: Sequence[Shown]) -> list[Section]:
    """Which rows belong under one heading?

    Parameters
    ----------
    rows : sequence
        In order.

    Returns
    -------
    list of Section
        By outcome, estimand and unit, in order of first appearance.
    """
    found: dict[tuple[str, str, str], list[Shown]] = {}
    for item in rows:
        found.setdefault((item.outcome, str(item.estimand), item.unit), []).append(item)
    if len(found) == 1:
        return [Section("", tuple(rows))]
    several = len({outcome for outcome, _, _ in found}) > 1
    heads = [
        f"{outcome}: {words.title(part[0].estimand)}" if several else words.title(part[0].estimand)
        for (outcome, _, _), part in found.items()
    ]
    return [Section(head, tuple(part)) for head, part in zip(heads, found.values(), strict=True)]


def height(part: Section, *, narrow: bool, months: Months | None) -> float:
    """How tall is a section?

    Parameters
    ----------
    part : Section
        Its rows.
    narrow : bool
        For a phone.
    months : callable, optional
        Takes a line above.

    Returns
    -------
    float
        Inches.
    """
    head = (HEAD if part.heading else 0.0) + (0.42 if months else 0.0)
    return head + len(part.items) * (ROW_NARROW if narrow else ROW) + FOOT


def marks(rows: Sequence[Shown], comparator: str) -> list[axis.Mark]:
    """Which entries does the key need?

    Parameters
    ----------
    rows : sequence
        What is drawn.
    comparator : str
        How the comparator is drawn.

    Returns
    -------
    list of axis.Mark
        Only what occurs.
    """
    claims = {item.claim for item in rows if item.value is not None}
    found = [mark for claim, mark in CLAIM_MARKS.items() if claim in claims]
    if comparator != "none" and any(saying.line_of(item) is not None for item in rows):
        found.append(axis.national_mark())
    return found


def _draw_section(
    canvas: Canvas,
    part: Section,
    top: float,
    names: dict[int, str],
    comparator: str,
    months: Months | None,
    *,
    narrow: bool,
) -> None:
    if part.heading:
        canvas.write(PAD, top + HEAD / 2, part.heading, bold=True)
        top += HEAD
    top += 0.42 if months else 0.0
    row = ROW_NARROW if narrow else ROW
    tall = row * len(part.items)
    left, width = (PAD + 0.1, canvas.width - 2 * PAD - 0.2) if narrow else _middle(canvas, part, names)
    axes = canvas.axes(left, top, width, tall)
    _scale(axes, part)
    axes.set_ylim(len(part.items), 0)
    null = part.items[0].null if saying.is_contrast(part.items[0]) else None
    axis.draw_scale(canvas, axes, (left, width, top + tall), part.unit, null=null)
    if months:
        _months(canvas, axes, months, (left, width, top), part.unit)
    shared = _shared(part) if comparator in {"auto", "line"} else None
    if shared is not None:
        axes.plot([shared] * 2, [0, len(part.items)], color=NATIONAL, lw=1.2, ls=(0, (4, 2)), zorder=1)
    for step, item in enumerate(part.items):
        _draw_row(axes, item, step + (0.72 if narrow else 0.5), national=comparator != "none" and shared is None)
        middle = top + row * step + (0.17 if narrow else row / 2)
        _label_row(canvas, item, names[id(item)], middle, narrow=narrow)
        if step:
            canvas.figure.add_artist(_hairline(canvas, top + row * step))


def _middle(canvas: Canvas, part: Section, names: dict[int, str]) -> tuple[float, float]:
    """Left edge and width of the drawing between the labels and the figures."""
    wanted = max(width_of(names[id(item)], SIZES["text"]) for item in part.items) + 0.15
    left = PAD + min(wanted, 2.1)
    right = max(width_of(figures(item), SIZES["text"]) for item in part.items) + 0.12
    return left, canvas.width - PAD - right - left


def figures(item: Shown) -> str:
    """What stands at the end of a row?

    Parameters
    ----------
    item : Estimate or ReleasedEstimate
        The row.

    Returns
    -------
    str
        Value and interval, or that it is hidden.
    """
    if item.value is None:
        return "hidden"
    sign = "%" if item.unit in {"proportion", "relative change"} else ""
    text = words.number(item.value, item.unit) + sign
    if item.ci is None:
        return text
    low, high = (words.number(end, item.unit) for end in item.ci)
    return f"{text} ({low} to {high})"


def _scale(axes: Axes, part: Section) -> None:
    shown = [item for item in part.items if item.value is not None]
    values = [float(item.value) for item in shown if item.value is not None]
    values += [line for item in shown if (line := saying.line_of(item)) is not None]
    values += [item.null for item in shown if saying.is_contrast(item)]
    if not values:
        values = [part.items[0].null]
    low, high = axis.extent(values, [item.ci for item in shown if item.ci is not None], unit=part.unit)
    if part.unit == "ratio":
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xlim(low, high)


def _shared(part: Section) -> float | None:
    """The one national value that all rows are set against, if there is one."""
    lines = {saying.line_of(item) for item in part.items if item.value is not None}
    return lines.pop() if len(lines) == 1 and len(part.items) > 1 else None


def _draw_row(axes: Axes, item: Shown, y: float, *, national: bool) -> None:
    if item.value is None:
        return
    mark = CLAIM_MARKS[item.claim]
    low, high = axes.get_xlim()
    if item.ci is not None:
        ends = [min(max(end, low), high) for end in item.ci]
        axes.plot(ends, [y, y], color=OURS, lw=2.0, solid_capstyle="butt", zorder=3)
        for end, edge, arrow in ((item.ci[0], low, "<"), (item.ci[1], high, ">")):
            if end < low or end > high:
                axes.plot([edge], [y], marker=arrow, ms=5, color=OURS, clip_on=False, zorder=3)
    line = saying.line_of(item)
    if national and line is not None:
        axes.plot([line], [y], marker="D", ms=6.5, mfc="white", mec=NATIONAL, mew=1.4, ls="none", zorder=4)
    inside = "white" if mark.hollow else OURS
    axes.plot([item.value], [y], marker=mark.marker, ms=7, mfc=inside, mec=OURS, mew=1.5, ls="none", zorder=5)


def _label_row(canvas: Canvas, item: Shown, name: str, y: float, *, narrow: bool) -> None:
    numbers, hidden = figures(item), item.value is None
    colour = QUIET if hidden else INK
    edge = canvas.width - PAD
    if narrow:
        room = edge - PAD - width_of(numbers, SIZES["small"]) - 0.1
        canvas.write(PAD, y, shortened(name, room, "small"), size="small", bold=True)
        canvas.write(edge, y, numbers, size="small", ha="right", color=colour)
        return
    lines = wrap(name, 2.0, SIZES["small" if width_of(name, SIZES["text"]) > 2.0 else "text"])
    size = "text" if len(lines) == 1 else "small"
    for step, line in enumerate(lines[:2]):
        canvas.write(PAD, y + (step - (min(len(lines), 2) - 1) / 2) * 0.145, line, size=size)
    canvas.write(edge, y, numbers, ha="right", color=colour)


def shortened(text: str, room: float, size: str) -> str:
    """What of a label fits on one line?

    Parameters
    ----------
    text : str
        The label.
    room : float
        Inches.
    size : str
        A key of ``SIZES``.

    Returns
    -------
    str
        The label, or its beginning and an ellipsis.
    """
    if width_of(text, SIZES[size], True) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…", SIZES[size], True) > room:
        kept = kept[:-1]
    return kept.rstrip(" ,") + "…"


def _hairline(canvas: Canvas, y: float) -> Line2D:
    from matplotlib.lines import Line2D

    height = 1 - y / canvas.height
    ends = [PAD / canvas.width, 1 - PAD / canvas.width]
    return Line2D(ends, [height, height], color=RULE, lw=0.4, transform=canvas.figure.transFigure, zorder=0)


def _months(canvas: Canvas, axes: Axes, months: Months, place: tuple[float, float, float], unit: str) -> None:
    left, width, top = place
    low, high = axes.get_xlim()
    found = axis.ticks(low, high, unit, int(width / 0.62))
    canvas.write(left + width / 2, top - 0.3, "the same in months of progress", size="small", color=QUIET, ha="center")
    for tick in found:
        text = words.number(months(tick), "months")
        canvas.write(
            left + width * (tick - low) / (high - low), top - 0.1, text, size="small", color=QUIET, ha="center"
        )
