"""Who came in, who stayed and why did the others not? A flow diagram drawn as SVG by ourselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import saying
from afa_eval.estimate.charts.canvas import INK, OURS, PAPER, QUIET, READER_FAMILY
from afa_eval.estimate.shown import Counted, Stage

LETTER, LINE = 13, 17  # CSS pixels
AVERAGE = 0.56  # letter width over letter size: a little more than common sans-serif fonts need


@dataclass(frozen=True, slots=True)
class Station:
    """What stands in one step of the diagram?

    Attributes
    ----------
    name : str
        What was done, or who it is.
    table : str
        Which table; a change begins a new chain.
    rows_in, rows_out : int or None
        Before and after, None where hidden.
    reason : str
        Why the others left.
    """

    name: str
    table: str
    rows_in: int | None
    rows_out: int | None
    reason: str = ""


def flow(
    source: Counted | Sequence[Stage],
    title: str = "",
    subtitle: str = "",
    *,
    base: str = "",
    narrow: bool = False,
) -> str:
    """How many came in, how many left at each step and why, as a diagram?

    Parameters
    ----------
    source : sequence of Step, Table or ReleasedTable
        Steps in order (those of one table make one chain); or a table with a row for each stage
        and its number in the first column, or numbers in and out in the first two.
    title : str
        The finding, as a headline; how many of how many were counted where empty.
    subtitle : str
        Who, when.
    base : str
        What is counted; the table's own, or ``rows``, where empty.
    narrow : bool
        For a phone: what left stands below, not beside.

    Returns
    -------
    str
        One ``<svg>`` element with ``<title>`` and ``<desc>``.

    Raises
    ------
    ReportError
        Where there is no step.
    """
    stations = _stations(source)
    if not stations:
        raise ReportError("There is nothing to draw: the flow has no step.")
    base = base or str(getattr(getattr(source, "table", source), "base", "")) or "rows"
    title = title or _headline(stations, base)
    width = 350 if narrow else 662
    pieces, height = _header(title, subtitle, width)
    for chain in _chains(stations):
        drawn, height = _chain(chain, base, width, height, heading=len(_chains(stations)) > 1, narrow=narrow)
        pieces += drawn
    return _document(pieces, width, height + 8, title, saying.alt_flow(stations))


def _headline(stations: Sequence[Station], base: str) -> str:
    chains = _chains(stations)
    first, last = chains[0][0].rows_in, chains[0][-1].rows_out
    if len(chains) > 1 or first is None or last is None:
        return "Who was counted"
    return f"{last:,} of {first:,} {base} were counted"


def _stations(source: Counted | Sequence[Stage]) -> list[Station]:
    table: Any = getattr(source, "table", source)
    if hasattr(table, "cells"):
        return _from_table(table)
    return [Station(s.name, s.table, s.rows_in, s.rows_out, s.reason) for s in source]  # type: ignore[union-attr]


def _from_table(table: Counted) -> list[Station]:
    whole = [[None if cell is None else round(cell) for cell in row] for row in table.cells]
    if len(table.columns) > 1:
        return [Station(name, "", row[0], row[1]) for name, row in zip(table.rows, whole, strict=True)]
    counts = [row[0] for row in whole]
    before = [counts[0], *counts[:-1]] if counts else []
    return [Station(*step) for step in zip(table.rows, [""] * len(counts), before, counts, strict=True)]


def _chains(stations: Sequence[Station]) -> list[list[Station]]:
    chains: list[list[Station]] = []
    for station in stations:
        if not chains or chains[-1][-1].table != station.table:
            chains.append([])
        chains[-1].append(station)
    return chains


def _header(title: str, subtitle: str, width: int) -> tuple[list[str], float]:
    pieces, y = [], 8.0
    for text, size, weight, ink in ((title, 16, 700, INK), (subtitle, LETTER, 400, QUIET)):
        for line in _wrap(text, width - 16, size):
            y += size * 1.3
            pieces.append(_text(8, y, line, size=size, weight=weight, fill=ink))
    return pieces, y + 14


def _wrap(text: str, room: float, size: float = LETTER) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and len(longer) * size * AVERAGE <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _chain(
    chain: Sequence[Station], base: str, width: int, y: float, *, heading: bool, narrow: bool
) -> tuple[list[str], float]:
    pieces: list[str] = []
    if heading and chain[0].table:
        y += LINE
        pieces.append(_text(8, y, chain[0].table[:1].upper() + chain[0].table[1:], weight=700))
        y += 10
    box = width - 16 if narrow else 330
    began = chain[0].rows_in
    if began is None or began != chain[0].rows_out:
        drawn, y = _box(["Received", _many(began, base)], 8, y, box)
        pieces += drawn
    elif chain:
        drawn, y = _box([chain[0].name, _many(began, base)], 8, y, box)
        pieces += drawn
        chain = chain[1:]
    for station in chain:
        drawn, y = _step(station, base, width, y, box, narrow=narrow)
        pieces += drawn
    return pieces, y + 10


def _step(station: Station, base: str, width: int, y: float, box: float, *, narrow: bool) -> tuple[list[str], float]:
    pieces: list[str] = []
    left = _left_out(station)
    middle = 8 + (24 if narrow else box / 2)
    aside = 8 + 48 if narrow else box + 48
    lines = [line for text in left for line in _wrap(text, width - aside - 16 - 16)]
    gap = 20.0 if not left else len(lines) * LINE + 14 + 24
    pieces.append(_arrow(middle, y, middle, y + gap))
    if left:
        top = y + 10
        tall = len(lines) * LINE + 14
        pieces.append(_arrow(middle, top + tall / 2, aside, top + tall / 2))
        pieces.append(_rect(aside, top, width - aside - 8, tall, stroke=QUIET, dashed=True))
        pieces += [_text(aside + 10, top + 6 + LINE * (i + 0.8), line, fill=QUIET) for i, line in enumerate(lines)]
    drawn, y = _box([station.name, _many(station.rows_out, base)], 8, y + gap, box)
    return pieces + drawn, y


def _left_out(station: Station) -> list[str]:
    if station.rows_in is None or station.rows_out is None:
        return [f"Left out ({words.HIDDEN['c']}): {station.reason}"] if station.reason else []
    lost = station.rows_in - station.rows_out
    if lost <= 0:
        return []
    # Rows also become fewer where they are joined or summed: only a reason says that somebody was left out.
    return [f"{lost:,} left out: {station.reason}" if station.reason else f"{lost:,} fewer"]


def _many(n: int | None, base: str) -> str:
    return words.HIDDEN["c"] if n is None else f"{n:,} {base}"


def _box(texts: Sequence[str], x: float, y: float, width: float) -> tuple[list[str], float]:
    name = _wrap(texts[0], width - 20)
    tall = (len(name) + 1) * LINE + 14
    pieces = [_rect(x, y, width, tall, stroke=OURS)]
    pieces += [_text(x + 10, y + 6 + LINE * (i + 0.8), line) for i, line in enumerate(name)]
    pieces.append(_text(x + 10, y + 6 + LINE * (len(name) + 0.8), texts[1], weight=700))
    return pieces, y + tall


def _rect(x: float, y: float, width: float, height: float, *, stroke: str, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{PAPER}" '
        f'stroke="{stroke}" stroke-width="1.3"{dash}/>'
    )


def _text(x: float, y: float, text: str, *, size: int = LETTER, weight: int = 400, fill: str = INK) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line with a small head at its end."""
    if x1 == x2:
        head = f"M{x2 - 4:g} {y2 - 7:g} L{x2:g} {y2:g} L{x2 + 4:g} {y2 - 7:g}"
    else:
        head = f"M{x2 - 7:g} {y2 - 4:g} L{x2:g} {y2:g} L{x2 - 7:g} {y2 + 4:g}"
    return f'<path d="M{x1:g} {y1:g} L{x2:g} {y2:g} {head}" fill="none" stroke="{QUIET}" stroke-width="1.3"/>'


def _document(pieces: Sequence[str], width: int, height: float, title: str, description: str) -> str:
    salt = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:10]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}px" height="{height:g}px" '
        f'viewBox="0 0 {width} {height:g}" role="img" aria-labelledby="t{salt} d{salt}" '
        f'style="max-width: 100%; height: auto" font-family="{READER_FAMILY}">'
    )
    named = f'<title id="t{salt}">{escape(title)}</title>\n<desc id="d{salt}">{escape(description)}</desc>'
    paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    return "\n".join([head, named, paper, *pieces, "</svg>"]) + "\n"
