"""How alike are two groups of pupils? Standardised differences side by side (a love plot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.balance import Balance
from afa_eval.estimate.charts import axis
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, NARROW_ROW, FOOT = 0.32, 0.5, 0.34  # inches
ALIKE = 0.1  # a rule of thumb: closer than this, groups are taken as alike (Austin 2009)
UNIT = "sd"
WIDEST = 2.3  # inches of a label before it is folded
EDGE = 1.06  # so that a mark at the end of the scale is drawn whole


def said(row: Balance) -> str:
    """Which shares or means does a row compare, in words?

    Parameters
    ----------
    row : Balance
        One characteristic.

    Returns
    -------
    str
        Empty where they are not given.
    """
    if row.here is None or row.there is None:
        return ""
    return f"{words.short(row.here, row.unit)} against {words.short(row.there, row.unit)}"


def love(
    rows: Sequence[Balance],
    title: str = "",
    subtitle: str = "",
    *,
    names: tuple[str, str] = ("here", "there"),
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How alike are two groups, characteristic by characteristic?

    Parameters
    ----------
    rows : sequence of Balance
        In order, from the top.
    title : str
        The finding, as a headline; the farthest characteristic where empty.
    subtitle : str
        Who is set against whom.
    names : tuple of str
        What both groups are called.
    note : str
        Below the chart.
    narrow : bool
        For a phone.

    Returns
    -------
    matplotlib.figure.Figure
        A mark for each characteristic, hollow before and filled after an adjustment where there is
        one, with the band inside which groups are taken as alike.

    Raises
    ------
    ReportError
        Where there is no row.
    """
    if not rows:
        raise ReportError("There is nothing to draw: no characteristic of both groups is known.")
    adjusted = any(row.after is not None for row in rows)
    keys = [axis.Mark("before adjustment" if adjusted else "standardised difference", line="", hollow=adjusted)]
    keys += [axis.Mark("after adjustment", line="")] if adjusted else []
    keys.append(axis.Mark(f"within {words.number(ALIKE, UNIT, 1)}: much alike", "", NATIONAL, "--"))
    lines = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    placed = _placed(rows, narrow=narrow)
    tall = placed[-1].top + placed[-1].tall
    canvas = start(
        title or _title(rows, names),
        subtitle or f"Standardised difference, {names[0]} minus {names[1]}",
        tall + FOOT + len(lines) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=_alt(rows, names),
    )
    _body(canvas, placed, tall, narrow=narrow)
    axis.draw_key(canvas, keys, canvas.top + tall + FOOT - 0.04)
    return canvas.figure


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with its label in lines, and where it stands in inches from the top."""

    row: Balance
    label: tuple[str, ...]
    top: float
    tall: float


def _placed(rows: Sequence[Balance], *, narrow: bool) -> list[_Placed]:
    """Rows from the top; one with a long label takes as many lines as it needs."""
    size, found, top = "small" if narrow else "text", [], 0.0
    for row in rows:
        beside = width_of(said(row), SIZES["small"]) + 0.15
        room = page_width(narrow=True) - 2 * PAD - beside if narrow else WIDEST
        label = tuple(wrap(row.label, room, SIZES[size], narrow))
        tall = (NARROW_ROW if narrow else ROW) + (len(label) - 1) * line_height(size)
        found.append(_Placed(row, label, top, tall))
        top += tall
    return found


def _last(row: Balance) -> float:
    return row.value if row.after is None else row.after


def _title(rows: Sequence[Balance], names: tuple[str, str]) -> str:
    far = max(rows, key=lambda row: abs(_last(row)))
    if abs(_last(far)) < ALIKE:
        return f"Much alike: {names[0]} and {names[1]} differ little in what is known of both"
    numbers = f" ({said(far)})" if said(far) else ""
    many = "in" if len(rows) == 1 else "most in"
    return f"{names[0][:1].upper()}{names[0][1:]} and {names[1]} differ {many}: {far.label}{numbers}"


def _alt(rows: Sequence[Balance], names: tuple[str, str]) -> str:
    told = []
    for row in rows:
        after = "" if row.after is None else f", {words.number(row.after, UNIT, 2)} after adjustment"
        shares = f" ({said(row)})" if said(row) else ""
        told.append(f"{row.label} {words.number(row.value, UNIT, 2)}{after}{shares}")
    return f"Love plot. Standardised differences, {names[0]} minus {names[1]}. {'; '.join(told)}."


def _body(canvas: Canvas, placed: Sequence[_Placed], tall: float, *, narrow: bool) -> None:
    rows = [one.row for one in placed]
    names = 0.12 if narrow else max(width_of(line, SIZES["text"]) for one in placed for line in one.label) + 0.2
    ends = 0.12 if narrow else max(width_of(said(row), SIZES["small"]) for row in rows) + 0.2
    left, width = PAD + names, canvas.width - 2 * PAD - names - ends
    axes = canvas.axes(left, canvas.top, width, tall)
    values = [value for row in rows for value in (row.value, row.after) if value is not None]
    reach = max(abs(end) for end in axis.extent([*values, 0.0, ALIKE * 1.4, -ALIKE * 1.4], [], unit=UNIT))
    axes.set_xlim(-reach * EDGE, reach * EDGE)
    axes.set_ylim(tall, 0)  # inches, like the page
    spans = [(one.top + one.tall - 0.25, one.top + one.tall - 0.03) for one in placed] if narrow else [(0.0, tall)]
    axis.draw_scale(canvas, axes, (left, width, canvas.top + tall), UNIT, null=0.0, spans=spans)
    for x in (-ALIKE, ALIKE):
        for span in spans:
            axis.line(axes, [x, x], span, color=NATIONAL, lw=1.1, ls=(0, (4, 2)), zorder=1)
    for one in placed:
        _row(canvas, axes, one, narrow=narrow)


def _row(canvas: Canvas, axes: Axes, one: _Placed, *, narrow: bool) -> None:
    row, size = one.row, "small" if narrow else "text"
    y = one.top + (one.tall - 0.14 if narrow else one.tall / 2)
    lines = line_height(size) * (len(one.label) - 1)
    first = canvas.top + one.top + (0.13 if narrow else (one.tall - lines) / 2)
    for step, line in enumerate(one.label):
        canvas.write(PAD, first + step * line_height(size), line, size=size, bold=narrow)
    beside = first if narrow else canvas.top + y
    canvas.write(canvas.width - PAD, beside, said(row), size="small", ha="right", color=INK if narrow else QUIET)
    axis.line(axes, axes.get_xlim(), [y, y], color=RULE, lw=0.6, zorder=0)
    inside = OURS if row.after is None else "white"
    axis.line(axes, [row.value], [y], marker="o", ms=7, mfc=inside, mec=OURS, mew=1.5, ls="none", zorder=4)
    if row.after is not None:
        axis.line(axes, [row.value, row.after], [y, y], color=OURS, lw=1.2, zorder=3)
        axis.line(axes, [row.after], [y], marker="o", ms=7, mfc=OURS, mec=OURS, ls="none", zorder=5)
