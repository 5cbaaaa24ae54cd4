r"""Tables of plain words, of which a book has a hundred, become HTML while their page is read.

A ``list-table`` is a list of lists to Sphinx: every cell is parsed as a page of its own, walked through
by every transform and written tag by tag, which is most of the time that a book takes. Where all cells are
plain words the same HTML is written here at once, as it stands after ``sphinx_mend``; any other table takes
Sphinx's own way. The page's source stays what every reader of MyST understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import count
from typing import Any

from docutils import nodes
from docutils.parsers.rst.directives.tables import ListTable
from docutils.utils import normalize_language_tag
from docutils.utils.smartquotes import educate_tokens, smartchars
from myst_parser.mocking import MockState

CELL = re.compile(r"(\* -|  -)(?: (.*))?")
MORE = re.compile(r"    (\S.*)")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# No character that could begin markup stands unescaped, and the first could begin no list, rule, comment or target.
FIRST = r"\\[!-/:-@\[-`{-~]|[^\W_]|[\u2212\u00a3\u20ac]|[+(](?=\w)"
PLAIN = re.compile(rf"(?:{FIRST})(?:\\[!-/:-@\[-`{{-~]|[^\\`*_{{}}\[\]<>&#$|~^@!]|&(?!#?\w+;))*(?<!=)")
LISTED = re.compile(r"\d+[.)](?:\s|$)")
CURLED = re.compile(r"['\"]|--|\.\.\.")
UNDERSTOOD = frozenset({"header-rows", "class"})
UNPLAIN = frozenset({"linkify", "replacements", "smartquotes"})  # ways of MyST to read more into words
BEGIN, END = "<!--afa-rows-->", "<!--/afa-rows-->"
HELD = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
Row = tuple[tuple[str, ...], ...]  # of cells, each of paragraphs


class Written(nodes.General, nodes.Element):  # type: ignore[misc,unused-ignore]
    """A finished table: its title, by which it is found, and its HTML."""


def write(translator: Any, node: Written) -> None:
    """How does a finished table come to its page? As it stands.

    Parameters
    ----------
    translator : object
        What writes the page.
    node : Written
        The table.

    Raises
    ------
    nodes.SkipNode
        Always: there is nothing more to write.
    """
    translator.body.append(node[-1].astext())
    raise nodes.SkipNode


class Rows(ListTable):  # type: ignore[misc,unused-ignore]  # docutils is typed in part
    """What does a ``list-table`` become: finished HTML where it is of plain words, else what it always was?"""

    def run(self) -> Sequence[Any]:
        """Which nodes stand for it?

        Returns
        -------
        sequence of nodes.Node
            One that is written, or those of ``ListTable``.
        """
        found = self._at_once()
        return [found] if found is not None else super().run()

    def _at_once(self) -> Written | None:
        settings = self.state.document.settings
        config = settings.env.config
        title = words(self.arguments[0]) if self.arguments else None
        if (
            title is None
            or not isinstance(self.state, MockState)
            or settings.env.app.builder.format != "html"
            or not UNDERSTOOD.issuperset(self.options)
            or UNPLAIN.intersection(config.myst_enable_extensions)
        ):
            return None
        rows = plain_rows(self.content)
        if rows is None or self.options.get("header-rows", 0) >= len(rows):
            return None
        node, said = Written(), curler(config, settings)
        mark, classes = self.state.document.set_id(node), self.options.get("class", [])
        html = table(said(title), rows, self.options.get("header-rows", 0), classes, mark, said)
        node += [nodes.title("", said(title)), nodes.raw("", html, format="html")]
        return node


def words(text: str) -> str | None:
    r"""What does a line of MyST say, where it is nothing but words?

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    str or None
        Without its escapes; None where anything in it could be markup.

    Examples
    --------
    >>> words(r"5 \< 6 \[c\]"), words("*five*"), words("")
    ('5 < 6 [c]', None, '')
    """
    text = text.strip()
    if not text:
        return ""
    if not PLAIN.fullmatch(text) or LISTED.match(text):
        return None
    return ESCAPED.sub(r"\1", text)


def plain_rows(lines: Iterable[str]) -> list[Row] | None:
    """Which rows has a list of lists, where every cell is nothing but words?

    Parameters
    ----------
    lines : iterable of str
        The content of a ``list-table``.

    Returns
    -------
    list of tuple or None
        Each row's cells, each cell's paragraphs; None where the rows differ in length or are more than words.

    Examples
    --------
    >>> plain_rows(["* - a", "  - b", "* - c", "  -", "", "    d"])
    [(('a',), ('b',)), (('c',), ('d',))]
    """
    rows: list[list[list[str]]] = []
    apart = True
    for line in lines:
        if not line.strip():
            apart = True
            continue
        begun, more = CELL.fullmatch(line), MORE.fullmatch(line)
        if begun and (begun[1] == "* -" or rows):
            if begun[1] == "* -":
                rows.append([])
            rows[-1].append([])
        elif more is None or not apart or not rows:
            return None
        said = words((begun[2] if begun else more[1] if more else "") or "")
        if said is None:
            return None
        if said:
            rows[-1][-1].append(said)
        apart = False
    if not rows or len({len(row) for row in rows}) > 1:
        return None
    return [tuple(tuple(cell) for cell in row) for row in rows]


def curler(config: Any, settings: Any) -> Callable[[str], str]:
    """How are straight quotation marks, dashes and dots printed? As in the rest of the book.

    Parameters
    ----------
    config, settings : object
        Of Sphinx, of the page.

    Returns
    -------
    callable
        From text to text.
    """
    if not config.smartquotes or settings.smart_quotes is False:
        return str
    tags = normalize_language_tag(settings.language_code)
    language = next((tag for tag in tags if tag in smartchars.quotes), "")
    if not language:
        return str

    def said(text: str) -> str:
        if not CURLED.search(text):
            return text
        return "".join(educate_tokens([("plain", text)], attr=config.smartquotes_action, language=language))

    return said


def table(
    title: str, rows: Sequence[Row], heads: int, classes: Sequence[str], mark: str, said: Callable[[str], str] = str
) -> str:
    """How is a table written for a browser, a keyboard and a screen reader?

    Parameters
    ----------
    title : str
        Its caption.
    rows : sequence of tuple
        As ``plain_rows``.
    heads : int
        How many rows are headers.
    classes : sequence of str
        ``afa-rows`` makes the first cell of each row its header.
    mark : str
        Its identifier on the page.
    said : callable
        What is done to each text before it is escaped.

    Returns
    -------
    str
        A box that scrolls, with the table in it.
    """

    def cell(paragraphs: Sequence[str]) -> str:
        made = [f"<p>{escape(said(text), quote=False)}</p>" for text in paragraphs]
        return made[0] if len(made) == 1 else "".join(f"{one}\n" for one in made)

    lines = []
    for number, row in enumerate(rows):
        head = number < heads
        kinds = [_kind(one, at, head=head, labelled="afa-rows" in classes) for at, one in enumerate(row)]
        inner = "\n".join(f"<{kind}>{cell(one)}</{kind[:2]}>" for kind, one in zip(kinds, row, strict=True))
        lines.append(f'<tr class="row-{"even" if number % 2 else "odd"}">{inner}\n</tr>')
    label, caption = escape(title), escape(title, quote=False)
    link = f'<a aria-hidden="true" aria-label="Link to this heading" class="headerlink" href="#{mark}" tabindex="-1"'
    body = "\n".join(
        [
            f'<table class="{" ".join([*classes, "table"])}" id="{mark}">',
            f'<caption><span class="caption-text">{caption}</span>{link} title="Link to this table">#</a></caption>',
            *(("<thead>", *lines[:heads], "</thead>") if heads else ()),
            *("<tbody>", *lines[heads:], "</tbody>", "</table>"),
        ]
    )
    box = f'<div aria-label="{label}" class="pst-scrollable-table-container afa-scroll" role="region" tabindex="0">'
    return f"{box}{BEGIN}{body}{END}\n</div>\n"


def _kind(cell: Sequence[str], at: int, *, head: bool, labelled: bool) -> str:
    """The tag of a cell with its attributes; a header that says nothing is none."""
    if head:
        return 'th class="head" scope="col"' if cell else 'td class="head"'
    return 'th scope="row"' if labelled and at == 0 else "td"


def taken_out(html: str) -> tuple[str, tuple[str, ...]]:
    """What is left of a page once its finished tables are out of the way?

    Parameters
    ----------
    html : str
        The page.

    Returns
    -------
    tuple
        The page with a comment in the place of each, and the tables.
    """
    found: list[str] = []
    numbers = count()

    def hold(table: re.Match[str]) -> str:
        found.append(table[0][len(BEGIN) : -len(END)])
        return f"<!--afa-rows {next(numbers)}-->"

    return HELD.sub(hold, html), tuple(found)


def put_back(html: str, tables: Sequence[str]) -> str:
    """What is a page with its finished tables?

    Parameters
    ----------
    html : str
        As ``taken_out`` left it, mended.
    tables : sequence of str
        As ``taken_out`` found them.

    Returns
    -------
    str
        The whole page.

    Raises
    ------
    ValueError
        Where a place is gone.
    """
    parts = re.split(r"<!--afa-rows (\d+)-->", html)
    if parts[1::2] != [str(number) for number in range(len(tables))]:
        raise ValueError("a table of the page was lost")
    return "".join(part if at % 2 == 0 else tables[int(part)] for at, part in enumerate(parts))
