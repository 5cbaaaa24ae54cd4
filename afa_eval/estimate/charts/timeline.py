"""How did absence move against the national line?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, saying
from afa_eval.estimate.charts.canvas import INK, NATIONAL, OURS, PAD, QUIET, RULE, SIZES, Canvas, start, wrap
from afa_eval.estimate.charts.pairs import Pair, drawable, short_value
from afa_eval.estimate.shown import Counted, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Line:
    """How did one national series run?

    Attributes
    ----------
    years : tuple of str
        As the axis shows them, in order.
    values : tuple of float or None
        None where there is no figure.
    """

    years: tuple[str, ...]
    values: tuple[float | None, ...]


def absence_lines(
    items: Iterable[Shown],
    series: Counted | None = None,
    title: str = "",
    subtitle: str = "",
    *,
    years: tuple[str, str] = ("Before", "After"),
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """How did each group's absence move beside the national line?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Before and after by group, for example ``persistent_absence_before`` and ``_after``.
    series : Table or ReleasedTable, optional
        National figures: a row for each group (labelled by the group, ``sen_provision=K``, or as
        ``words.label`` says it; a single row serves all), a column for each year. Without it the
        line runs through the comparators of the items.
    title : str
        The finding, as a headline; made from the estimands where empty.
    subtitle : str
        What was measured, of whom, when.
    years : tuple of str
        The column labels of the two years that were evaluated.
    note : str
        Below the chart.
    narrow : bool
        For a phone: panels under each other.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each group, one scale from zero for all.

    Raises
    ------
    ReportError
        Where there is nothing to draw.
    """
    found = drawable(items, "absence chart")
    lines = [national_line(pair, series, years) for pair in found]
    across = 1 if narrow else min(len(found), 3)
    down = -(-len(found) // across)
    tall = 1.75 if narrow else 2.0
    keys = [axis.Mark("this evaluation, with its interval")]
    if any(line is not None for line in lines):
        keys.append(axis.Mark("England, same pupils", "D", NATIONAL, "-", hollow=True))
    rows = axis.key_rows(keys, (3.65 if narrow else 6.9) - 2 * PAD)
    first = [item for pair in found for item in (pair.before, pair.after)]
    canvas = start(
        title or saying.pair_title(found[0].before),
        subtitle or saying.forest_subtitle(first),
        down * (tall + 0.6) + len(rows) * axis.KEY_LINE + 0.05,
        note,
        narrow=narrow,
        alt=saying.alt_slopes(first, years, kind="Line chart against the national line"),
    )
    gap = 0.28
    width = (canvas.width - 2 * PAD - 0.36 - gap * (across - 1)) / across
    ceiling = _ceiling(found, lines)
    for position, (pair, line) in enumerate(zip(found, lines, strict=True)):
        left = PAD + 0.36 + (position % across) * (width + gap)
        top = canvas.top + (position // across) * (tall + 0.6)
        _panel(canvas, pair, line, years, (left, top, width, tall), ceiling, first=position % across == 0)
    axis.draw_key(canvas, keys, canvas.top + down * (tall + 0.6))
    return canvas.figure


def national_line(pair: Pair, series: Counted | None, years: tuple[str, str]) -> Line | None:
    """Which national line belongs to a group?

    Parameters
    ----------
    pair : Pair
        The group's before and after.
    series : Table, optional
        National figures by group and year.
    years : tuple of str
        The two years that were evaluated.

    Returns
    -------
    Line or None
        From the series, else through the comparators; None without either.
    """
    table = getattr(series, "table", series)
    if table is not None:
        names = {row: position for position, row in enumerate(table.rows)}
        here = names.get(pair.group, names.get(words.label(pair.group), 0 if len(table.rows) == 1 else None))
        if here is not None:
            return Line(tuple(table.columns), tuple(table.cells[here]))
    return Line(years, pair.national) if pair.national else None


def _ceiling(found: Sequence[Pair], lines: Sequence[Line | None]) -> float:
    values = [value for pair in found if pair.ends for value in pair.ends]
    values += [value for line in lines if line for value in line.values if value is not None]
    tops = [item.ci[1] for pair in found for item in (pair.before, pair.after) if item.ci is not None]
    return max([*values, *(min(top, 1.6 * max(values)) for top in tops)]) * 1.16


def _panel(
    canvas: Canvas,
    pair: Pair,
    line: Line | None,
    years: tuple[str, str],
    place: tuple[float, float, float, float],
    ceiling: float,
    *,
    first: bool,
) -> None:
    left, top, width, tall = place
    every = tuple(dict.fromkeys([*(line.years if line else ()), *years]))
    every = tuple(sorted(every)) if all(year[:4].isdigit() for year in every) else every
    where = {year: position for position, year in enumerate(every)}
    for step, text in enumerate(wrap(words.label(pair.group), width, SIZES["text"], True)[:2]):
        canvas.write(left, top + 0.08 + step * 0.16, text, bold=True)
    axes = canvas.axes(left, top + 0.22, width, tall)
    axes.set_xlim(-0.25, len(every) - 0.75)
    axes.set_ylim(0, ceiling)
    unit = pair.before.unit
    marks = axis.ticks(0, ceiling, unit, 4)
    for tick in marks:
        axes.axhline(tick, color=INK if tick == 0 else RULE, lw=0.9 if tick == 0 else 0.7, zorder=0)
        if first:
            y = top + 0.22 + tall * (1 - tick / ceiling)
            canvas.write(left - 0.06, y, axis.tick_text(tick, marks, unit), size="small", color=QUIET, ha="right")
    span = len(every) - 0.5
    for year in _labelled(every, years):
        x = left + width * (where[year] + 0.25) / span
        canvas.write(x, top + 0.22 + tall + 0.12, year, size="small", color=QUIET, ha="center")
    _lines(axes, pair, line, where, years)


def _labelled(every: Sequence[str], years: tuple[str, str]) -> list[str]:
    """The two years evaluated, and the first where there is room for it."""
    short = [year for year in every if year in years]
    first = every[0]
    return [first, *short] if every.index(short[0]) >= 2 else short


def _lines(axes: Axes, pair: Pair, line: Line | None, where: dict[str, int], years: tuple[str, str]) -> None:
    unit = pair.before.unit
    if line is not None:
        known = [(where[year], value) for year, value in zip(line.years, line.values, strict=True) if value is not None]
        xs, ys = [x for x, _ in known], [y for _, y in known]
        axes.plot(xs, ys, color=NATIONAL, lw=1.4, marker="D", ms=4, mfc="white", mec=NATIONAL, zorder=2)
    if pair.ends is None:
        axis.plain(axes, (len(where) - 1) / 2, axes.get_ylim()[1] * 0.5, "too few to publish", ha="center", color=QUIET)
        return
    xs = [where[year] for year in years]
    axes.plot(xs, pair.ends, color=OURS, lw=2.4, marker="o", ms=7, zorder=4)
    for x, item in zip(xs, (pair.before, pair.after), strict=True):
        if item.ci is not None:
            axes.plot([x, x], item.ci, color=OURS, lw=1.3, zorder=3)
    nationals = [_at(line, year) for year in years]
    for x, value, national, ha in zip(xs, pair.ends, nationals, ("right", "left"), strict=True):
        above = national is None or value >= national
        shift = axes.get_ylim()[1] * (0.075 if above else -0.075)
        nudge = -0.08 if ha == "right" else 0.08
        text = short_value(value, unit)
        axis.plain(
            axes,
            x + nudge * (len(where) > 2),
            value + shift,
            text,
            ha=ha if len(where) > 2 else "center",
            color=OURS,
            bold=True,
            size="small",
        )


def _at(line: Line | None, year: str) -> float | None:
    if line is None or year not in line.years:
        return None
    return line.values[line.years.index(year)]
