"""How alike are two groups of pupils? Standardised differences side by side (a love plot)."""

from __future__ import annotations

from collections.abc import Sequence
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
    page_width,
    start,
    width_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, NARROW_ROW, FOOT = 0.32, 0.5, 0.34  # inches
ALIKE = 0.1  # a rule of thumb: closer than this, groups are taken as alike (Austin 2009)
UNIT = "sd"


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
    tall = (NARROW_ROW if narrow else ROW) * len(rows)
    canvas = start(
        title or _title(rows, names),
        subtitle or f"Standardised difference, {names[0]} minus {names[1]}",
        tall + FOOT + len(lines) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=_alt(rows, names),
    )
    _body(canvas, rows, tall, narrow=narrow)
    axis.draw_key(canvas, keys, canvas.top + tall + FOOT - 0.04)
    return canvas.figure


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


def _body(canvas: Canvas, rows: Sequence[Balance], tall: float, *, narrow: bool) -> None:
    names = 0.12 if narrow else max(width_of(row.label, SIZES["text"]) for row in rows) + 0.2
    ends = 0.12 if narrow else max(width_of(said(row), SIZES["small"]) for row in rows) + 0.2
    left, width = PAD + names, canvas.width - 2 * PAD - names - ends
    axes = canvas.axes(left, canvas.top, width, tall)
    values = [value for row in rows for value in (row.value, row.after) if value is not None]
    reach = max(abs(end) for end in axis.extent([*values, 0.0, ALIKE * 1.4, -ALIKE * 1.4], [], unit=UNIT))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(tall, 0)  # inches, like the page
    each = tall / len(rows)
    spans = [(each * (step + 0.5), each * (step + 0.95)) for step in range(len(rows))] if narrow else [(0.0, tall)]
    axis.draw_scale(canvas, axes, (left, width, canvas.top + tall), UNIT, null=0.0, spans=spans)
    for x in (-ALIKE, ALIKE):
        for span in spans:
            axis.line(axes, [x, x], span, color=NATIONAL, lw=1.1, ls=(0, (4, 2)), zorder=1)
    for step, row in enumerate(rows):
        _row(canvas, axes, row, step * each, each, narrow=narrow)


def _row(canvas: Canvas, axes: Axes, row: Balance, top: float, tall: float, *, narrow: bool) -> None:
    y, size = top + tall * (0.72 if narrow else 0.5), "small" if narrow else "text"
    text = canvas.top + top + (0.13 if narrow else tall / 2)
    canvas.write(PAD, text, row.label, size=size, bold=narrow)
    canvas.write(canvas.width - PAD, text, said(row), size="small", ha="right", color=INK if narrow else QUIET)
    axis.line(axes, axes.get_xlim(), [y, y], color=RULE, lw=0.6, zorder=0)
    inside = OURS if row.after is None else "white"
    axis.line(axes, [row.value], [y], marker="o", ms=7, mfc=inside, mec=OURS, mew=1.5, ls="none", zorder=4)
    if row.after is not None:
        axis.line(axes, [row.value, row.after], [y, y], color=OURS, lw=1.2, zorder=3)
        axis.line(axes, [row.after], [y], marker="o", ms=7, mfc=OURS, mec=OURS, ls="none", zorder=5)
