"""How do the groups compare, each with its interval and the line it is set against?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import (
    INK,
    NATIONAL,
    OURS,
    PAD,
    QUIET,
    RULE,
    SIZES,
    Canvas,
    line_height,
    page_width,
    start,
    width_of,
    wrap,
)
from afa_eval.estimate.records import Claim, Interval
from afa_eval.estimate.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, BAND, HEAD, FOOT, MONTHS_HEAD = 0.3, 0.3, 0.32, 0.34, 0.42  # inches; BAND is a phone's interval under its label
CLAIM_MARKS = {
    Claim.DESCRIPTION: axis.Mark("description, with its interval", hollow=True),
    Claim.COMPARISON: axis.Mark("comparison, with its interval"),
    Claim.EFFECT: axis.Mark("estimated effect, with its interval", marker="s"),
}
Months = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one row?

    Attributes
    ----------
    item : Estimate or ReleasedEstimate
        What is drawn.
    lines : tuple of str
        Its label, wrapped.
    top, height : float
        Inches from the top of its section, and how tall it is.
    """

    item: Shown
    lines: tuple[str, ...]
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Section:
    """Which rows share a heading and an axis?

    Attributes
    ----------
    heading : str
        What the rows measure; empty where there is one section only.
    rows : tuple of Row
        In order.
    limits : tuple of float
        Ends of the axis, the same for all sections of one unit that are drawn together.
    """

    heading: str
    rows: tuple[Row, ...]
    limits: Interval

    @property
    def unit(self) -> str:
        """Unit of the axis."""
        return self.rows[0].item.unit

    @property
    def tall(self) -> float:
        """Height of the rows together, inches."""
        return self.rows[-1].top + self.rows[-1].height

    @property
    def null(self) -> float | None:
        """Where there is no difference, None where the figures are levels."""
        return saying.null_of(self.rows[0].item)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where does everything stand across the page?

    Attributes
    ----------
    left, width : float
        Of the drawing, inches.
    comparator : str
        ``marker``, ``line``, ``none`` or ``auto``.
    months : callable, optional
        Months for a value of the axis.
    narrow : bool
        For a phone.
    """

    left: float
    width: float
    comparator: str
    months: Months | None
    narrow: bool

    def heading(self, part: Section) -> list[str]:
        """Which lines has the heading of a section?

        Parameters
        ----------
        part : Section
            The section.

        Returns
        -------
        list of str
            As wide as the paper; none where it has no heading.
        """
        return wrap(part.heading, page_width(self.narrow) - 2 * PAD - 0.1, SIZES["text"], True)

    def head(self, part: Section) -> float:
        """How tall is the heading of a section?

        Parameters
        ----------
        part : Section
            The section.

        Returns
        -------
        float
            Inches.
        """
        lines = len(self.heading(part))
        return HEAD + (lines - 1) * line_height("text") if lines else 0.0

    def height(self, part: Section) -> float:
        """How tall is a section with its heading and its axis?

        Parameters
        ----------
        part : Section
            The section.

        Returns
        -------
        float
            Inches.
        """
        return self.head(part) + (MONTHS_HEAD if self.months else 0.0) + part.tall + FOOT


def forest(
    items: Iterable[Shown],
    title: str = "",
    subtitle: str = "",
    *,
    comparator: str = "auto",
    months: Months | None = None,
    labels: Sequence[str] | None = None,
    outcomes: Mapping[str, str] | None = None,
    together: bool = True,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How do groups compare, each with its interval and its comparator?

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
        ``marker`` (a diamond in each row), ``line`` (dashed, where all rows share one value),
        ``none``, or ``auto``: a line where all rows share one value, else markers.
    months : callable, optional
        Months of progress for a value of the axis; written above it.
    labels : sequence of str, optional
        Row labels, instead of the groups' own.
    outcomes : mapping of str to str, optional
        What a reader calls each outcome id.
    together : bool
        Whether sections of one unit share one axis, to be compared by eye; else each outcome has its own.
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
    drawn = tuple(items)
    names = _checked_labels(drawn, labels)
    layout = _layout(drawn, names, comparator, months, narrow=narrow)
    parts = sections(drawn, names, outcomes or {}, together=together, narrow=narrow)
    keys = marks(parts, comparator)
    key_height = len(axis.key_rows(keys, page_width(narrow) - 2 * PAD)) * axis.KEY_LINE + 0.04
    body = sum(layout.height(part) for part in parts) + key_height
    title, subtitle = title or saying.forest_title(drawn), subtitle or saying.units_line(drawn)
    canvas = start(title, subtitle, body, note, narrow=narrow, alt=saying.alt_forest(drawn, names))
    top = canvas.top
    for part in parts:
        _draw_section(canvas, part, top, layout)
        top += layout.height(part)
    axis.draw_key(canvas, keys, top)
    return canvas.figure


def _checked_labels(drawn: Sequence[Shown], labels: Sequence[str] | None) -> tuple[str, ...]:
    if not any(item.value is not None for item in drawn):
        raise ReportError("There is nothing to draw: no estimate with a value to show.")
    if labels is None:
        return tuple(words.label(item.group, item.base) for item in drawn)
    if len(labels) != len(drawn):
        raise ReportError(f"A forest plot of {len(drawn)} rows was given {len(labels)} labels.")
    return tuple(labels)


def _layout(
    drawn: Sequence[Shown], names: Sequence[str], comparator: str, months: Months | None, *, narrow: bool
) -> Layout:
    page = page_width(narrow)
    if narrow:
        return Layout(PAD + 0.12, page - 2 * PAD - 0.24, comparator, months, narrow)
    left = PAD + min(max(width_of(name, SIZES["text"]) for name in names) + 0.2, LABEL_ROOM)
    right = max(width_of(figures(item), SIZES["text"]) for item in drawn) + PAD + 0.14
    return Layout(left, page - right - left, comparator, months, narrow)


LABEL_ROOM = 2.15


def sections(
    drawn: Sequence[Shown],
    names: Sequence[str],
    outcomes: Mapping[str, str],
    *,
    together: bool = True,
    narrow: bool = False,
) -> list[Section]:
    """Which rows belong under one heading?

    Parameters
    ----------
    drawn : sequence
        Estimates in order.
    names : sequence of str
        Their labels.
    outcomes : mapping of str to str
        What a reader calls each outcome id.
    together : bool
        Whether sections of one unit share one axis.
    narrow : bool
        For a phone.

    Returns
    -------
    list of Section
        By outcome, estimand and unit, in order of first appearance.
    """
    found: dict[tuple[str, str, str], list[tuple[Shown, str]]] = {}
    for item, name in zip(drawn, names, strict=True):
        found.setdefault((item.outcome, str(item.estimand), item.unit), []).append((item, name))
    several = len({outcome for outcome, _, _ in found}) > 1
    parts = []
    for (outcome, _, unit), part in found.items():
        measure = words.title(part[0][0].estimand)
        said = outcomes.get(outcome, outcome)
        heading = f"{said[:1].upper()}{said[1:]}: {measure[:1].lower()}{measure[1:]}" if several else measure
        limits = _limits([item for item in drawn if item.unit == unit and (together or item.outcome == outcome)])
        parts.append(Section(heading if len(found) > 1 else "", _rows(part, narrow=narrow), limits))
    return parts


def _rows(part: Sequence[tuple[Shown, str]], *, narrow: bool) -> tuple[Row, ...]:
    rows: list[Row] = []
    top = 0.0
    for item, name in part:
        room = (
            page_width(narrow) - 2 * PAD - width_of(figures(item), SIZES["small"]) - 0.1
            if narrow
            else LABEL_ROOM - 0.15
        )
        lines = tuple(wrap(name, room, SIZES["small" if narrow else "text"], narrow))
        tall = len(lines) * line_height("small" if narrow else "text")
        rows.append(Row(item, lines, top, tall + BAND + 0.06 if narrow else max(ROW, tall + 0.06)))
        top += rows[-1].height
    return tuple(rows)


def _limits(drawn: Sequence[Shown]) -> Interval:
    """One axis for all of these figures, so that sections can be compared by eye."""
    values = [item.value for item in drawn if item.value is not None]
    values += [line for item in drawn if item.value is not None and (line := saying.line_of(item)) is not None]
    values += [null for item in drawn if (null := saying.null_of(item)) is not None]
    return axis.extent(values or [drawn[0].null], [item.ci for item in drawn if item.ci], unit=drawn[0].unit)


def marks(parts: Sequence[Section], comparator: str) -> list[axis.Mark]:
    """Which entries does the key need?

    Parameters
    ----------
    parts : sequence of Section
        What is drawn.
    comparator : str
        How the comparator is drawn.

    Returns
    -------
    list of axis.Mark
        Only what occurs.
    """
    drawn = [row.item for part in parts for row in part.rows]
    claims = {item.claim for item in drawn if item.value is not None}
    found = [mark for claim, mark in CLAIM_MARKS.items() if claim in claims]
    name = saying.national_words(drawn)
    shared = [_shared(part, comparator) for part in parts]
    if any(line is not None for line in shared):
        found.append(axis.Mark(name, "", NATIONAL, "--"))
    single = [part for part, line in zip(parts, shared, strict=True) if line is None and comparator != "none"]
    if any(saying.line_of(row.item) is not None for part in single for row in part.rows):
        found.append(axis.national_mark(name))
    nulls = dict.fromkeys(saying.null_words(item) for item in drawn if saying.null_of(item) is not None)
    if nulls:
        found.append(axis.Mark(" or ".join(nulls), marker="|", colour=INK, line=""))
    return found


def _draw_section(canvas: Canvas, part: Section, top: float, layout: Layout) -> None:
    for step, line in enumerate(layout.heading(part)):
        canvas.write(PAD, top + HEAD / 2 + step * line_height("text"), line, bold=True)
    top += layout.head(part)
    top += MONTHS_HEAD if layout.months else 0.0
    axes = canvas.axes(layout.left, top, layout.width, part.tall)
    if part.unit == "ratio":
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xlim(*part.limits)
    axes.set_ylim(part.tall, 0)  # inches, like the page
    spans = [(row.top + row.height - BAND, row.top + row.height) for row in part.rows] if layout.narrow else None
    place = (layout.left, layout.width, top + part.tall)
    axis.draw_scale(canvas, axes, place, part.unit, null=part.null, spans=spans)
    if layout.months:
        _months(canvas, layout.months, part, (layout.left, layout.width, top))
    shared = _shared(part, layout.comparator)
    if shared is not None:
        for low, high in spans or [(0.0, part.tall)]:
            axis.line(axes, [shared] * 2, [low, high], color=NATIONAL, lw=1.3, ls=(0, (4, 2)), zorder=1)
    for row in part.rows:
        _draw_row(axes, row, layout, national=layout.comparator != "none" and shared is None)
        _label_row(canvas, row, top, layout)


def _shared(part: Section, comparator: str) -> float | None:
    """The one national value that all rows are set against, if there is one and it is drawn as a line."""
    if comparator not in {"auto", "line"}:
        return None
    lines = {saying.line_of(row.item) for row in part.rows if row.item.value is not None}
    return lines.pop() if len(lines) == 1 and len(part.rows) > 1 else None


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
        return words.hidden(item)
    text = words.short(item.value, item.unit)
    if item.ci is None:
        return text
    low, high = (words.number(end, item.unit) for end in item.ci)
    return f"{text} ({low} to {high})"


def _draw_row(axes: Axes, row: Row, layout: Layout, *, national: bool) -> None:
    item = row.item
    y = row.top + row.height - BAND / 2 - 0.01 if layout.narrow else row.top + row.height / 2
    if item.value is None:
        return
    mark = CLAIM_MARKS[item.claim]
    low, high = axes.get_xlim()
    if item.ci is not None:
        ends = [min(max(end, low), high) for end in item.ci]
        axis.line(axes, ends, [y, y], color=OURS, lw=2.0, solid_capstyle="butt", zorder=3)
        for beyond, edge, arrow in ((item.ci[0] < low, low, "<"), (item.ci[1] > high, high, ">")):
            if beyond:
                axis.line(axes, [edge], [y], marker=arrow, ms=5.5, color=OURS, clip_on=False, zorder=3)
    line = saying.line_of(item)
    if national and line is not None:
        axis.line(axes, [line], [y], marker="D", ms=6.5, mfc="white", mec=NATIONAL, mew=1.4, ls="none", zorder=4)
    inside = "white" if mark.hollow else OURS
    axis.line(axes, [item.value], [y], marker=mark.marker, ms=7, mfc=inside, mec=OURS, mew=1.5, ls="none", zorder=5)


def _label_row(canvas: Canvas, row: Row, top: float, layout: Layout) -> None:
    from matplotlib.lines import Line2D

    size = "small" if layout.narrow else "text"
    step = line_height(size)
    block = len(row.lines) * step
    first = top + row.top + (0.04 if layout.narrow else (row.height - block) / 2)
    for i, line in enumerate(row.lines):
        canvas.write(PAD, first + (i + 0.5) * step, line, size=size, bold=layout.narrow)
    middle = first + step / 2 if layout.narrow else top + row.top + row.height / 2
    colour = QUIET if row.item.value is None else INK
    canvas.write(canvas.width - PAD, middle, figures(row.item), size=size, ha="right", color=colour)
    if row.top:
        ends, level = [PAD / canvas.width, 1 - PAD / canvas.width], 1 - (top + row.top) / canvas.height
        rule = Line2D(ends, [level] * 2, color=RULE, lw=0.5, transform=canvas.figure.transFigure, zorder=0)
        canvas.figure.add_artist(rule)


def _months(canvas: Canvas, months: Months, part: Section, place: tuple[float, float, float]) -> None:
    left, width, top = place
    low, high = part.limits
    canvas.write(left + width / 2, top - 0.3, "the same in months of progress", size="small", color=QUIET, ha="center")
    for tick in axis.ticks(low, high, part.unit, int(width / axis.TICK_ROOM)):
        x = left + width * axis.share(tick, part.limits, part.unit)
        canvas.write(x, top - 0.1, words.number(months(tick), "months"), size="small", color=QUIET, ha="center")
