"""Paper, ink and letters that every chart shares, and the way from a figure to an SVG.

One visual language: this evaluation is a filled mark with its interval, England a hollow diamond
or a dashed line; nothing is told by colour alone. Sizes are in inches from the top left, as a
page is read; letters are measured in DejaVu Sans (it comes with matplotlib, so every machine
measures alike) and shown in the reader's own sans-serif, which is never wider.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from html import escape
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

WIDE, NARROW = 6.9, 3.65  # inches: 662 and 350 CSS pixels, a text column on a desk and on a phone
PAD = 0.08
FAMILY = "DejaVu Sans"
READER_FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
SIZES = {"title": 12.5, "subtitle": 9.5, "text": 9.5, "small": 8.5}
LEADING = 1.32  # line height over letter height
INK, QUIET, RULE, PAPER = "#1f2630", "#525b66", "#d5dae0", "#ffffff"
NATIONAL = "#4a4a4a"
OURS = "#12436d"
# Dark enough on white (3:1 or more) and apart in lightness as well as in hue; each has its own mark.
SERIES = (("#12436d", "o"), ("#b8461b", "s"), ("#801650", "^"), ("#1b7f79", "v"), ("#5b3f99", "P"), ("#3d3d3d", "X"))
GROUP_STYLE = {
    "all": ("#12436d", "o"),
    "sen=any": ("#b8461b", "P"),
    "sen=none": ("#5f6b7a", "v"),
    "sen_provision=N": ("#5f6b7a", "v"),
    "sen_provision=K": ("#1b7f79", "s"),
    "sen_provision=E": ("#801650", "^"),
    "cohort=pilot": ("#5b3f99", "X"),
    "cohort=comparison": ("#3d3d3d", "<"),
}
_GAP, _NEAR = (
    1 / 3,
    0.1,
)  # of letter size: a space (0.318, bold 0.348), and three times what any letters beside it change
_lock = Lock()  # matplotlib's settings are global: only one thread may set them at a time


def page_width(narrow: bool) -> float:
    """How wide is the paper?

    Parameters
    ----------
    narrow : bool
        For a phone.

    Returns
    -------
    float
        Inches.
    """
    return NARROW if narrow else WIDE


def group_style(group: str, position: int) -> tuple[str, str]:
    """Which colour and mark does a group have?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``.
    position : int
        Its place among the groups drawn, for groups without a mark of their own.

    Returns
    -------
    tuple of str
        Colour and matplotlib marker.
    """
    return GROUP_STYLE.get(group, SERIES[position % len(SERIES)])


@lru_cache(maxsize=64)
def font(size: float, bold: bool = False) -> FontProperties:
    """Which letters are these?

    Parameters
    ----------
    size : float
        In points.
    bold : bool
        Heavy or not.

    Returns
    -------
    matplotlib.font_manager.FontProperties
        The same object each time.
    """
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, bold: bool = False) -> float:
    """How wide is a text, in inches?

    Parameters
    ----------
    text : str
        One line.
    size : float
        Letter size in points.
    bold : bool
        Heavy or not.

    Returns
    -------
    float
        Inches.
    """
    return _ink(text or " ", bold)[0] * (size / 100) / 72


@lru_cache(maxsize=16384)
def _ink(text: str, bold: bool) -> tuple[float, float, float]:
    """Width, height and depth of a text at 100 points: matplotlib would shape it anew for each size and each drawing."""
    from matplotlib.textpath import TextToPath

    return _measure()(TextToPath(), text, font(100, bold), False)


@cache
def _measure() -> Callable[..., tuple[float, float, float]]:
    """How matplotlib measures, kept for ``_ink`` to ask it."""
    from matplotlib.textpath import TextToPath

    return TextToPath.get_text_width_height_descent


@contextmanager
def _measured_once() -> Iterator[None]:
    """While a figure is drawn, its texts in our own letters are measured by ``_ink``."""
    from matplotlib.textpath import TextToPath

    measure = _measure()

    def quick(self: TextToPath, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        size, bold = prop.get_size_in_points(), prop.get_weight() == "bold"
        if ismath or prop != font(size, bold):
            return measure(self, s, prop, ismath)
        wide, high, deep = _ink(s, bold)
        return wide * (size / 100), high * (size / 100), deep * (size / 100)

    TextToPath.get_text_width_height_descent = quick  # type: ignore[method-assign]
    try:
        yield
    finally:
        TextToPath.get_text_width_height_descent = measure  # type: ignore[method-assign]


@cache
def _bare() -> type[Axes]:
    """Axes without grid and ticks: to say that there are none, or how far one may reach, matplotlib would make every one."""
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis

    without = {"majorTicks": (), "minorTicks": ()}
    across, upright = type("Across", (XAxis,), dict(without)), type("Upright", (YAxis,), dict(without))

    class Bare(Axes):
        def grid(self, *_: Any, **__: Any) -> None:
            """Say nothing."""

        def _init_axis(self) -> None:
            super()._init_axis()  # type: ignore[misc]
            self.xaxis.__class__, self.yaxis.__class__ = across, upright

    return Bare


def wrap(text: str, room: float, size: float, bold: bool = False) -> list[str]:
    """Which lines does a text make in the room there is?

    Parameters
    ----------
    text : str
        Words.
    room : float
        Inches.
    size : float
        Letter size in points.
    bold : bool
        Heavy or not.

    Returns
    -------
    list of str
        At least one line unless the text is empty; a word that is too long stands alone.
    """
    lines: list[list[str]] = []
    about, loose = 0.0, _NEAR * size / 72  # how wide the line is by its words, and how far a gap may be from that
    for word in text.split():
        wide = width_of(word, size, bold)
        about += wide + size / 72 * _GAP
        doubt = loose * len(lines[-1]) if lines else 0.0
        if lines and (about + doubt <= room or (about - doubt <= room and _fits([*lines[-1], word], room, size, bold))):
            lines[-1].append(word)
        else:
            lines.append([word])
            about = wide
    return [" ".join(line) for line in lines]


def _fits(line: list[str], room: float, size: float, bold: bool) -> bool:
    return width_of(" ".join(line), size, bold) <= room


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """What of a text fits on one line?

    Parameters
    ----------
    text : str
        Words.
    room : float
        Inches.
    size : float
        Letter size in points.
    bold : bool
        Heavy or not.

    Returns
    -------
    str
        The text, or its beginning and an ellipsis.
    """
    if width_of(text, size, bold) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…", size, bold) > room:
        kept = kept[:-1]
    return kept.rstrip(" ,") + "…"


@dataclass(slots=True)
class Canvas:
    """What is drawn on, from the top down?

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    width, height : float
        Inches.
    top : float
        Where the chart itself begins, in inches from the top.
    """

    figure: Figure
    width: float
    height: float
    top: float
    panels: list[Axes] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, *, size: str = "text", bold: bool = False, **more: Any) -> None:
        """Put words at a place, in inches from the top left.

        Parameters
        ----------
        x, y : float
            Where the text is anchored; vertically its middle unless ``va`` says otherwise.
        text : str
            One line, never read as a formula.
        size : str
            A key of ``SIZES``.
        bold : bool
            Heavy or not.
        **more
            ``color``, ``ha``, ``va``.
        """
        look = {"color": INK, "ha": "left", "va": "center", **more}
        place = (x / self.width, 1 - y / self.height)
        self.figure.text(*place, text, fontproperties=font(SIZES[size], bold), parse_math=False, **look)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Where are values drawn?

        Parameters
        ----------
        left, top, width, height : float
            Inches from the top left.

        Returns
        -------
        matplotlib.axes.Axes
            Bare: no frame, ticks or labels.
        """
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(place, axes_class=_bare())
        axes.set_axis_off()  # ticks that nobody sees cost a third of the drawing
        self.panels.append(axes)
        return axes


def line_height(size: str) -> float:
    """How tall is a line of this size?

    Parameters
    ----------
    size : str
        A key of ``SIZES``.

    Returns
    -------
    float
        Inches.
    """
    return SIZES[size] * LEADING / 72


def two_ends(labels: tuple[str, str]) -> tuple[str, str]:
    """What are both ends called, where they might be called the same?

    Parameters
    ----------
    labels : tuple of str
        Often two academic years.

    Returns
    -------
    tuple of str
        Before and after where both lie in one year.
    """
    return labels if labels[0] != labels[1] else ("Before", "After")


def block(lines: Sequence[str], size: str) -> float:
    """How tall are these lines?

    Parameters
    ----------
    lines : sequence of str
        Wrapped text.
    size : str
        A key of ``SIZES``.

    Returns
    -------
    float
        Inches.
    """
    return len(lines) * line_height(size)


def start(title: str, subtitle: str, body: float, note: str = "", *, narrow: bool = False, alt: str = "") -> Canvas:
    """What does a chart begin with: paper, headline, what is shown, and a note below?

    Parameters
    ----------
    title : str
        The finding, as a headline.
    subtitle : str
        What was measured, of whom, when.
    body : float
        Height of the chart itself, inches.
    note : str
        Below the chart: source, what to mind.
    narrow : bool
        For a phone.
    alt : str
        The finding in words, kept with the figure for ``to_svg``.

    Returns
    -------
    Canvas
        With headline and note written.
    """
    from matplotlib.figure import Figure

    width = page_width(narrow)
    room = width - 2 * PAD
    heads = [("title", wrap(title, room, SIZES["title"], True)), ("subtitle", wrap(subtitle, room, SIZES["subtitle"]))]
    foot = wrap(note, room, SIZES["small"])
    top = PAD + sum(block(lines, size) for size, lines in heads) + 0.14
    height = top + body + (block(foot, "small") + 0.06 if foot else 0) + PAD
    canvas = Canvas(Figure(figsize=(width, height), dpi=96, facecolor=PAPER), width, height, top)
    canvas.figure.set_label("\n".join((title, alt)))
    y = PAD
    for size, lines in (*heads, ("small", foot)):
        y = top + body + 0.06 if lines is foot else y
        for line in lines:
            colour = INK if size == "title" else QUIET
            canvas.write(PAD, y + line_height(size) / 2, line, size=size, bold=size == "title", color=colour)
            y += line_height(size)
    return canvas


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Where do labels go so that none covers another?

    Parameters
    ----------
    wanted : sequence of float
        Where each label would stand.
    apart : float
        Least distance of two labels.
    low, high : float
        The room there is.

    Returns
    -------
    list of float
        In the order given, as near to where they belong as they can be.

    Examples
    --------
    >>> spread([1.0, 1.0], 1.0, 0.0, 10.0)
    [0.5, 1.5]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    clusters: list[tuple[float, list[int]]] = []
    for i in order:
        clusters.append((wanted[i], [i]))
        while len(clusters) > 1 and _bottom(clusters[-1], apart) < _top(clusters[-2], apart) + apart - 1e-12:
            (_, ours), (_, theirs) = clusters.pop(), clusters.pop()
            both = theirs + ours
            clusters.append((sum(wanted[j] for j in both) / len(both), both))
    places = [0.0] * len(wanted)
    for middle, members in clusters:
        half = (len(members) - 1) * apart / 2
        for step, i in enumerate(members):
            places[i] = middle - half + step * apart
    floor = low
    for i in order:  # push down what stands too high, then up what stands too low
        places[i] = max(places[i], floor)
        floor = places[i] + apart
    roof = max(high, low + (len(order) - 1) * apart)
    for i in reversed(order):
        places[i] = min(places[i], roof)
        roof = places[i] - apart
    return places


def _bottom(cluster: tuple[float, list[int]], apart: float) -> float:
    return cluster[0] - (len(cluster[1]) - 1) * apart / 2


def _top(cluster: tuple[float, list[int]], apart: float) -> float:
    return cluster[0] + (len(cluster[1]) - 1) * apart / 2


def alt(figure: Figure) -> str:
    """What does a chart say to someone who cannot see it?

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From a function of this package.

    Returns
    -------
    str
        Plain sentences with the figures drawn.
    """
    return str(figure.get_label()).partition("\n")[2]


def to_svg(figure: Figure, *, title: str = "", description: str = "") -> str:
    """What is a figure as SVG text: the same bytes each time, readable by people and machines?

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From any function of this package, or any other figure.
    title : str
        Read out first; the chart's headline where empty.
    description : str
        Read out next; the chart's own alt text where empty.

    Returns
    -------
    str
        One ``<svg>`` element with ``<title>`` and ``<desc>``, text as text, no date, no script, no
        outside reference; it may stand in a file or inside a page.
    """
    import matplotlib

    headline, _, alt = str(figure.get_label()).partition("\n")
    title, description = title or headline, description or alt
    salt = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:10]
    out = BytesIO()
    with _lock, matplotlib.rc_context({"svg.hashsalt": salt, "svg.fonttype": "none"}), _measured_once():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor=PAPER)
    return dressed(out.getvalue().decode("utf-8"), title, description, salt)


def dressed(svg: str, title: str, description: str, salt: str) -> str:
    """What is an SVG once machines can read it out and pages can hold several?

    Parameters
    ----------
    svg : str
        As matplotlib writes it.
    title, description : str
        To be read out.
    salt : str
        Makes its identifiers its own.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r' id="[a-z][a-z0-9.]*_\d+"', "", body)  # figure_1, axes_1, text_12: never referred to
    body = body.replace(f"'{FAMILY}'", READER_FAMILY)
    head, tail = body.split(">", 1)
    roles = f' role="img" aria-labelledby="t{salt} d{salt}" style="max-width: 100%; height: auto"'
    words = f'<title id="t{salt}">{escape(title)}</title>\n <desc id="d{salt}">{escape(description)}</desc>'
    return f"{head}{roles}>\n {words}{tail}"
