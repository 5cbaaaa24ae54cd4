"""The trust's own words: Markdown as written, its headings below the page's, nothing that runs or fetches."""

from __future__ import annotations

import re

from afa_eval.errors import ReportError
from afa_eval.report.pieces import Myst

ALLOWED = frozenset({"note", "tip", "important", "warning", "admonition", "epigraph", "pull-quote"})
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_DIRECTIVE = re.compile(r"^\s*(?:`{3,}|:{3,}|~{3,})\s*\{([\w:-]+)\}")
_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_ROLE = re.compile(r"\{([a-zA-Z][\w:-]*)\}`")
_IMAGE = re.compile(r"!\[[^\]]*\]\(")
_HTML = re.compile(r"<(?!https?://|mailto:)[A-Za-z!/?][^>]*>")


def own_words(text: str) -> Myst:
    """How do the trust's own words stand in the book?

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    Myst
        The first heading level becomes the third (a template puts its own heading, the second,
        above it); gaps between levels are closed.

    Raises
    ------
    ReportError
        Where a line would run, include or fetch something.

    Examples
    --------
    >>> own_words("# Why we did it")
    '### Why we did it'
    """
    lines, fenced, levels = [], "", list[int]()
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence and (not fenced or line.strip().startswith(fenced)):
            fenced = "" if fenced else fence[1]
        if not fenced or fence:
            _refuse(line, number)
        lines.append(line if fenced and not fence else _lowered(line, levels))
    return Myst("\n".join(lines).strip())


def _refuse(line: str, number: int) -> None:
    directive, role = _DIRECTIVE.match(line), _ROLE.search(line)
    name = directive[1] if directive else role[1] if role else ""
    if name and name not in ALLOWED:
        raise ReportError(f"The trust's own words, line {number}: '{{{name}}}' may not be used. Write plain Markdown.")
    if _IMAGE.search(line):
        raise ReportError(f"The trust's own words, line {number}: pictures cannot be carried over. Take it out.")
    if _HTML.search(line):
        raise ReportError(f"The trust's own words, line {number}: HTML may not be used. Write plain Markdown.")


def _lowered(line: str, levels: list[int]) -> str:
    """The heading two levels below the page's title, or below the heading it stands under."""
    heading = _HEADING.match(line)
    if heading is None:
        return line
    written = len(heading[1])
    while levels and levels[-1] >= written:
        levels.pop()
    levels.append(written)
    return "#" * min(6, len(levels) + 2) + f" {heading[2]}"
