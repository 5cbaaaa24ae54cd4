"""How did absence move against the national line?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from afa_eval.estimate import words
from afa_eval.estimate.charts import axis, paired, saying
from afa_eval.estimate.charts.canvas import (
    NATIONAL,
    OURS,
    PAD,
    QUIET,
    SIZES,
    Canvas,
    fitted,
    page_width,
    start,
    two_ends,
    width_of,
)
from afa_eval.estimate.charts.paired import Pair, drawable
from afa_eval.estimate.shown import Counted, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TALL, PANEL_HEAD, PANEL = 1.7, 0.56, 2.6  # inches: the drawing, the words above it, both with the years below
SCALE, GAP = 0.36, 0.3
BAND, EDGE, BAND_WORDS = "#d3dbe4", "#7b8896", "the middle half of local authorities, same group"


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


Band = tuple[Line, Line]


def absence_lines(
    items: Iterable[Shown],
    series: Counted | None = None,
    title: str = "",
    subtitle: str = "",
    *,
    band: Counted | None = None,
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
    band : Table or ReleasedTable, optional
        Between which shares areas or schools elsewhere lie: two rows for each group that has a
        band, the lower and the upper end, each labelled ``group: words``; a column for each year.
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
    found, years = drawable(items, "absence chart"), two_ends(years)
    first = [item for pair in found for item in (pair.before, pair.after)]
    lines = [national_line(pair, series, years) for pair in found]
    ranges = [band_of(pair, band) for pair in found]
    across = 1 if narrow else min(len(found), 3)
    down = -(-len(found) // across)
    keys = [axis.Mark("this evaluation, with its interval")]
    if any(line is not None for line in lines):
        keys.append(axis.Mark(saying.national_words(first), "D", NATIONAL, "-", hollow=True))
    if any(ranges):
        keys.append(axis.Mark(BAND_WORDS, "s", BAND, ""))
    rows = axis.key_rows(keys, page_width(narrow) - 2 * PAD)
    alt = paired.alt_slopes(first, years, kind="Line chart against the national line") + _band_said(found, ranges)
    canvas = start(
        title or paired.pair_title(first),
        subtitle or saying.units_line(first),
        down * PANEL + len(rows) * axis.KEY_LINE,
        note,
        narrow=narrow,
        alt=alt,
    )
    width = (canvas.width - 2 * PAD - SCALE - GAP * (across - 1)) / across
    ceiling = _ceiling(found, [*lines, *(end for ends in ranges if ends for end in ends)])
    for position, (pair, line, ends) in enumerate(zip(found, lines, ranges, strict=True)):
        left = PAD + SCALE + (position % across) * (width + GAP)
        panel = Panel(pair, line, years, left, canvas.top + (position // across) * PANEL, width, ceiling, ends)
        _draw_panel(canvas, panel, first=position % across == 0)
    axis.draw_key(canvas, keys, canvas.top + down * PANEL)
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


def band_of(pair: Pair, band: Counted | None) -> Band | None:
    """Between which lines do areas or schools elsewhere lie, for a group?

    Parameters
    ----------
    pair : Pair
        The group's before and after.
    band : Table or ReleasedTable, optional
        Two rows a group, the lower end first.

    Returns
    -------
    tuple of Line or None
        Lower and upper end; None where the group has none.
    """
    table = getattr(band, "table", band)
    if table is None:
        return None
    name = f"{words.label(pair.group)}: "
    rows = [Line(tuple(table.columns), tuple(cells)) for row, cells in _rows(table) if row.startswith(name)]
    return (rows[0], rows[1]) if len(rows) == 2 else None


def _rows(table: Counted) -> list[tuple[str, Sequence[float | None]]]:
    return list(zip(table.rows, table.cells, strict=True))


def _band_said(found: Sequence[Pair], ranges: Sequence[Band | None]) -> str:
    """The band of the last year, for each group that has one."""
    said = []
    for pair, ends in zip(found, ranges, strict=True):
        low, high = (None, None) if ends is None else (ends[0].values[-1], ends[1].values[-1])
        if low is not None and high is not None:
            span = f"{words.short(low, pair.before.unit)} to {words.short(high, pair.before.unit)}"
            said.append(f"{words.label(pair.group)} {span}")
    return f" {BAND_WORDS[:1].upper()}{BAND_WORDS[1:]}, last year: {'; '.join(said)}." if said else ""


def _ceiling(found: Sequence[Pair], lines: Sequence[Line | None]) -> float:
    values = [value for pair in found if pair.ends for value in pair.ends]
    values += [value for line in lines if line for value in line.values if value is not None]
    tops = [item.ci[1] for pair in found for item in (pair.before, pair.after) if item.ci is not None]
    return max([*values, *(min(top, 1.6 * max(values)) for top in tops)]) * 1.16


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn for one group, and where?

    Attributes
    ----------
    pair : Pair
        The group's before and after.
    line : Line or None
        The national line.
    years : tuple of str
        The two years that were evaluated.
    left, top, width : float
        Inches.
    ceiling : float
        Top of the scale.
    band : tuple of Line or None
        Between which lines others lie.
    """

    pair: Pair
    line: Line | None
    years: tuple[str, str]
    left: float
    top: float
    width: float
    ceiling: float
    band: Band | None = None

    @property
    def every(self) -> tuple[str, ...]:
        """All years on the axis, in order."""
        lines = [*(self.band or ()), *((self.line,) if self.line else ())]
        found = tuple(dict.fromkeys([*(year for line in lines for year in line.years), *self.years]))
        return tuple(sorted(found)) if all(year[:4].isdigit() for year in found) else found


def _draw_panel(canvas: Canvas, panel: Panel, *, first: bool) -> None:
    _panel_head(canvas, panel)
    top = panel.top + PANEL_HEAD
    axes = canvas.axes(panel.left, top, panel.width, TALL)
    axes.set_xlim(-0.3, len(panel.every) - 0.7)
    axes.set_ylim(0, panel.ceiling)
    place = (panel.left, top, TALL)
    axis.draw_heights(canvas, axes, place, panel.pair.before.unit, 4, null=0.0, numbers=first)
    step = panel.width / (len(panel.every) - 0.4)
    for position in labelled(panel.every, panel.years, step):
        half = width_of(panel.every[position], SIZES["small"]) / 2
        x = panel.left + step * (position + 0.3)
        x = min(max(x, panel.left + half), panel.left + panel.width - half)
        canvas.write(x, top + TALL + 0.12, panel.every[position], size="small", color=QUIET, ha="center")
    _lines(axes, panel)


def _panel_head(canvas: Canvas, panel: Panel) -> None:
    """The group, its two figures and England's: text above a panel never collides with lines."""
    pair, unit = panel.pair, panel.pair.before.unit
    name = fitted(words.label(pair.group, pair.before.base), panel.width, SIZES["text"], True)
    canvas.write(panel.left, panel.top + 0.08, name, bold=True)
    said = " → ".join(words.short(end, unit) for end in pair.ends) if pair.ends else pair.why
    canvas.write(panel.left, panel.top + 0.25, said, size="small", bold=pair.ends is not None, color=OURS)
    nationals = [_at(panel.line, year) for year in panel.years]
    known = [words.short(value, unit) for value in nationals if value is not None]
    if len(known) == len(panel.years):
        text = f"{saying.national_name([pair.before])} {' → '.join(known)}"
        canvas.write(panel.left, panel.top + 0.41, text, size="small", color=QUIET)


def labelled(every: Sequence[str], years: tuple[str, str], step: float) -> list[int]:
    """Which years are written under the axis?

    Parameters
    ----------
    every : sequence of str
        All years, in order.
    years : tuple of str
        The two years that were evaluated: they come first.
    step : float
        Inches from one year to the next.

    Returns
    -------
    list of int
        Positions, far enough apart to be read.
    """
    apart = max(width_of(year, SIZES["small"]) for year in every) + 0.1
    wanted = [every.index(years[1]), every.index(years[0]), 0, *range(len(every))]
    kept: list[int] = []
    for position in wanted:
        if all(abs(position - other) * step >= apart for other in kept):
            kept.append(position)
    return sorted(kept)


def _lines(axes: Axes, panel: Panel) -> None:
    where = {year: position for position, year in enumerate(panel.every)}
    if panel.band is not None:
        low, high = ([float("nan") if v is None else v for v in line.values] for line in panel.band)
        at = [where[year] for year in panel.band[0].years]
        axes.fill_between(at, low, high, color=BAND, lw=0, zorder=0.5)
        for end in (low, high):  # an edge that can be seen on paper of any shade
            axis.line(axes, at, end, color=EDGE, lw=0.8, zorder=0.6)
    if panel.line is not None:
        drawn = zip(panel.line.years, panel.line.values, strict=True)
        known = [(where[year], float("nan") if value is None else value) for year, value in drawn]
        look: dict[str, Any] = {"lw": 1.4, "marker": "D", "ms": 4.2, "mfc": "white", "mec": NATIONAL}
        axis.line(axes, [x for x, _ in known], [y for _, y in known], color=NATIONAL, zorder=2, **look)
    if panel.pair.ends is None:
        return
    xs = [where[year] for year in panel.years]
    axis.line(axes, xs, panel.pair.ends, color=OURS, lw=2.4, marker="o", ms=7, mec="white", mew=0.8, zorder=4)
    for x, item in zip(xs, (panel.pair.before, panel.pair.after), strict=True):
        if item.ci is not None:
            axis.line(axes, [x, x], item.ci, color=OURS, lw=1.4, zorder=3)


def _at(line: Line | None, year: str) -> float | None:
    if line is None or year not in line.years:
        return None
    return line.values[line.years.index(year)]
