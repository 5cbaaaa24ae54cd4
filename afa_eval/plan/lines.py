"""On which line of a plan file does a key stand? Neither tomllib nor pydantic says."""

from __future__ import annotations

import re
from collections.abc import Sequence

HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
INLINE_KEY = re.compile(r"""[{,]\s*([A-Za-z0-9_-]+|"[^"]*"|'[^']*')\s*=""")
STRINGS = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*$')
Location = tuple[str | int, ...]


def key_lines(text: str) -> dict[Location, int]:
    r"""On which line does each key and table of a TOML text stand?

    Parameters
    ----------
    text : str
        A TOML document that parses.

    Returns
    -------
    dict of tuple to int
        Location (keys, and positions in arrays of tables) to line, counted from 1.

    Examples
    --------
    >>> key_lines('[evaluation]\ntitle = "x"')[("evaluation", "title")]
    2
    """
    lines: dict[Location, int] = {}
    counts: dict[Location, int] = {}
    table: Location = ()
    depth, triple = 0, ""
    current: Location = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if triple:
            triple = "" if triple in line else triple
            continue
        if depth == 0 and (header := HEADER.match(line)):
            table = _table(header, counts)
            lines.setdefault(table, number)
            continue
        if depth == 0 and (key := KEY.match(line)):
            current = table + tuple(_bare(part) for part in key.group(1).split("."))
            lines.setdefault(current, number)
        for inner in INLINE_KEY.finditer(line):
            lines.setdefault((*current, _bare(inner.group(1))), number)
        triple = _opens_triple(line)
        depth += 0 if triple else _nesting(line)
    return lines


def line_of(location: Sequence[str | int], lines: dict[Location, int]) -> int | None:
    """On which line is a location, or the nearest table around it?

    Parameters
    ----------
    location : sequence of str and int
        As pydantic gives it.
    lines : dict
        From ``key_lines``.

    Returns
    -------
    int or None
        None where nothing around it stands in the file.
    """
    place = tuple(location)
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return None


def _table(header: re.Match[str], counts: dict[Location, int]) -> Location:
    """The location of a ``[table]`` or the next of ``[[tables]]``, inside the latest of its parents."""
    place: Location = ()
    parts = [_bare(part) for part in header.group(2).split(".")]
    for position, part in enumerate(parts):
        place = (*place, part)
        last = position == len(parts) - 1
        if last and header.group(1) == "[[":
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _bare(part: str) -> str:
    return part.strip().strip("\"'")


def _opens_triple(line: str) -> str:
    for mark in ('"""', "'''"):
        if line.count(mark) % 2:
            return mark
    return ""


def _nesting(line: str) -> int:
    bare = STRINGS.sub("", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
