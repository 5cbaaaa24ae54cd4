"""Which charts does a release make? Drawn from what was released, in two widths, with the finding in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from afa_eval.disclosure.records import Release, ReleasedEstimate, ReleasedTable
from afa_eval.errors import AfaEvalError, ReportError
from afa_eval.estimate import words
from afa_eval.estimate.words import sentences
from afa_eval.estimate.words.people import parts, sides
from afa_eval.report import numbers
from afa_eval.report.kept import Drawings, Drawn
from afa_eval.report.layout import SEN_COLUMNS, columns_of, layout
from afa_eval.report.lines import ALL
from afa_eval.report.pieces import Chart, Grid, page_name

MOST_ROWS, MOST_PANELS = 18, 6
FARTHEST = 0.9  # an effect size; the table of months ends at 1.0, and an axis reaches beyond its figures
SIZES = (
    "National standard deviations, with 95% confidence intervals; months are an equivalent, not EEF additional progress"
)
RANK = {name: at for at, name in enumerate(("cohort", "phase", "fsm", "eal", "sex", "primary_need", "year_group"))}
Draw = Callable[..., Any]  # a figure or SVG text
FOLDER = "charts"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn, how, and where does it go?

    Attributes
    ----------
    name : str
        File name without its ending.
    make : callable
        Returns a figure, or SVG text; takes ``narrow``. A ``partial`` of a module's function and of records is
        drawn again only where they have changed.
    title : str
        Its headline; the chart's own where empty.
    below : callable or None
        Returns the table of the numbers drawn and writes its file; takes the book's pages.
    """

    name: str
    make: Draw
    title: str = ""
    below: Callable[[Path], Grid] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """How is a chart of figures drawn, and of which?

    Attributes
    ----------
    draw : callable
        Returns a figure; takes ``narrow``.
    items : tuple of ReleasedEstimate
        The figures drawn.
    """

    draw: Draw
    items: tuple[ReleasedEstimate, ...]

    def drawing(self, name: str) -> Drawing:
        """What is drawn under this name, with its figures below it?

        Parameters
        ----------
        name : str
            File name without its ending.

        Returns
        -------
        Drawing
            Ready to be saved.
        """
        return Drawing(name, self.draw, below=partial(numbers.of_figures, f"chart-{name}", self.items))


def save(drawing: Drawing, folder: Path, drawings: Drawings | None = None) -> Chart:
    """Where is the drawing, and what does it say?

    Parameters
    ----------
    drawing : Drawing
        What to draw.
    folder : Path
        The book's pages; drawings go to ``charts`` in it.
    drawings : Drawings, optional
        Those of the last book; what has not changed is taken from there.

    Returns
    -------
    Chart
        The wide drawing; the narrow one stands beside it as ``name-narrow.svg``.

    Raises
    ------
    ReportError
        Where it cannot be drawn.
    """
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    try:
        draw = partial(_drawn, drawing)
        wide, narrow, title, alt = draw() if drawings is None else drawings.drawn(drawing.make, draw)
    except AfaEvalError as error:
        raise ReportError(f"The chart '{drawing.name}' could not be drawn: {error}") from error
    except Exception as error:
        raise ReportError(f"The chart '{drawing.name}' could not be drawn: {type(error).__name__}: {error}") from error
    (target / f"{drawing.name}.svg").write_text(wide, encoding="utf-8")
    (target / f"{drawing.name}-narrow.svg").write_text(narrow, encoding="utf-8")
    below = None if drawing.below is None else drawing.below(folder)
    rest = alt.replace(f"{title}. ", "", 1)  # some name the finding themselves
    said = f"{title}. {rest}" if title else alt  # first what was found: who listens may go on before the end
    return Chart(file=f"{FOLDER}/{drawing.name}.svg", alt=said, title=drawing.title or title, grid=below)


def _drawn(drawing: Drawing) -> Drawn:
    wide, title, alt = _svg(drawing.make(narrow=False))
    narrow, _, _ = _svg(drawing.make(narrow=True))
    return wide, narrow, title, alt


def _svg(made: Any) -> tuple[str, str, str]:
    """SVG, headline and alt text of a figure, or of SVG text that carries both."""
    from afa_eval.estimate import charts

    if isinstance(made, str):
        from bs4 import BeautifulSoup

        soup = BeautifulSoup(made, "html.parser")
        title, alt = (tag.get_text(" ", strip=True) if (tag := soup.find(name)) else "" for name in ("title", "desc"))
        return made, title, alt
    title, _, alt = str(made.get_label()).partition("\n")
    return charts.to_svg(made), title, alt


def outcome_drawings(release: Release, outcome: dict[str, Any]) -> list[Drawing]:
    """Which charts belong to an outcome's page?

    Parameters
    ----------
    release : Release
        What may leave.
    outcome : dict
        Its entry in ``about["outcomes"]``.

    Returns
    -------
    list of Drawing
        Those of its layout that have something to show, then its answers' bars.
    """
    items = [item for item in release.estimates if item.outcome == outcome["id"]]
    found = []
    for number, entry in enumerate(layout(str(outcome.get("design", "")))["charts"], start=1):
        made = KINDS[entry["kind"]](items, entry, outcome | {"tables": release.tables})
        if made is not None:
            found.append(made.drawing(f"{outcome['id']}-{number}-{entry['kind']}"))
    if not found and (made := _forest(items, {"figures": _estimands(items), "groups": "single"}, outcome)):
        found.append(made.drawing(f"{outcome['id']}-1-forest"))
    bars = [one for one in release.tables if one.table.outcome == outcome["id"] and _is_answers(one)]
    for name, chart in (("quarters", "quarters"), ("growth", "event_study"), ("years", "event_study")):
        drawn = [one for one in release.tables if _is_of(one, name, str(outcome["id"])) and has_whole_row(one)]
        found += [of_table(one, chart, **(_of_years(one, outcome) if name == "years" else {})) for one in drawn]
    return found + [of_table(one, "likert") for one in bars if has_whole_row(one)]


def _is_of(released: ReleasedTable, kind: str, outcome: str) -> bool:
    """Whether it is this outcome's table of a kind, or that of one of its groups."""
    name, whole = released.table.name, f"{kind}-{outcome}"
    return name == whole or (released.table.outcome == outcome and name.startswith(f"{whole}-"))


def _of_years(released: ReleasedTable, outcome: dict[str, Any]) -> dict[str, Any]:
    """When the programme began, among years of which some lie before the first one evaluated."""
    rows, after = released.table.rows, words.years(str(outcome.get("after") or ""))
    return {"began": rows.index(after) if after in rows else None, "null_words": ""}


def _is_answers(released: ReleasedTable) -> bool:
    """Whether it counts answers of everybody, from lowest to highest."""
    return released.table.name.startswith("distribution-") and released.table.name.endswith(("-all", "-items"))


def _estimands(items: Sequence[ReleasedEstimate]) -> list[str]:
    return list(dict.fromkeys(str(item.estimand) for item in items))


def _chosen(items: Sequence[ReleasedEstimate], groups: str, focus: str) -> list[ReleasedEstimate]:
    """Figures of the groups that a chart shows: no pairs, no contrasts; by SEN only where asked.

    A group that is another under a second name (without SEN by either column) is drawn once.
    """
    kept: dict[tuple[str, str], ReleasedEstimate] = {}
    for item in items:
        single = sides(item.group) is None and len(parts(item.group)) <= 1
        by_sen = item.group in {ALL, focus} or columns_of(item.group) <= SEN_COLUMNS
        if single and (by_sen or groups == "single"):
            kept.setdefault((words.label(item.group), str(item.estimand)), item)
    return list(kept.values())


def _forest(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> Made | None:
    from afa_eval.estimate import charts

    focus = str(outcome.get("focus", ""))
    for name in _headline_first(entry["figures"], outcome):
        rows = _first_each([item for item in items if item.estimand == name])
        shown = _that_fit(_chosen(rows, entry["groups"], focus), focus)
        if any(item.value is not None for item in shown):
            return Made(partial(_draw_forest, charts.forest, shown, _finding(shown, focus)), tuple(shown))
    return None


def _sizes(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> Made | None:
    """Effect sizes with a scale of months above them, as far as the table of months reaches."""
    from afa_eval.estimate import charts

    focus = str(outcome.get("focus", ""))
    chosen = _chosen(_first_each([item for item in items if item.estimand in entry["figures"]]), entry["groups"], focus)
    shown = [replace(item, comparator=None) for item in chosen]  # its line is in points, the axis is not
    ends = [end for item in shown for end in (item.value, *(item.ci or ())) if end is not None]
    if not ends or max(map(abs, ends)) > FARTHEST:
        return None
    draw = partial(charts.forest, months=_months, subtitle=SIZES)
    return Made(partial(_draw_forest, draw, shown, _finding(shown, focus)), tuple(chosen))


def _months(size: float) -> float:
    """Months of progress for an effect size; beyond the table's last band there is no number."""
    from afa_eval.codes import months

    return months.months(size)


def _headline_first(figures: Sequence[str], outcome: dict[str, Any]) -> list[str]:
    """The card's figures first, where the design names them: the chart is about what the card says."""
    return list(dict.fromkeys([*(outcome.get("headline") or ()), *figures]))


def _draw_forest(forest: Draw, shown: Sequence[ReleasedEstimate], title: str, narrow: bool) -> Any:
    return forest(shown, title, narrow=narrow)


def _that_fit(items: Sequence[ReleasedEstimate], focus: str) -> list[ReleasedEstimate]:
    """As many breakdowns as a chart can hold, each whole: SEN first, year groups and needs last."""
    columns: dict[frozenset[str], list[ReleasedEstimate]] = {}
    for item in items:
        key = frozenset[str]() if item.group in {ALL, focus} else columns_of(item.group)
        columns.setdefault(key - SEN_COLUMNS, []).append(item)
    kept: list[ReleasedEstimate] = []
    for key in sorted(
        columns, key=lambda names: (len(names), min((RANK.get(n, len(RANK)) for n in names), default=-1))
    ):
        if len(kept) + len(columns[key]) <= MOST_ROWS or not kept:
            kept += columns[key]
    return kept


def _finding(items: Sequence[ReleasedEstimate], focus: str) -> str:
    """The focus group's figure as a headline; the chart's own headline where that is hidden."""
    item = next((one for group in (focus, ALL) for one in items if one.group == group and one.value is not None), None)
    if item is None:
        return ""
    chance = "; this could be chance" if sentences.doubt(item) else ""
    return sentences.capital(sentences.clause(item)) + chance


def _first_each(items: Sequence[ReleasedEstimate]) -> list[ReleasedEstimate]:
    """One figure a group: a second one is the same against another line."""
    return list({item.group: item for item in reversed(items)}.values())[::-1]


def _pairs(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> list[ReleasedEstimate]:
    """Before and after of the first groups that have both to show; none where they are on two scales."""
    chosen = []
    for name in entry["figures"]:
        chosen += _first_each([item for item in items if item.estimand == name])
    focus = str(outcome.get("focus", ""))
    chosen = sorted(_chosen(chosen, entry["groups"], focus), key=lambda item: item.group != focus)
    shown = [item for item in chosen if item.value is not None]
    counts = {item.group: sum(other.group == item.group for other in shown) for item in shown}
    groups = [group for group, count in counts.items() if count == len(entry["figures"])][:MOST_PANELS]
    kept = [item for item in chosen if item.group in groups]
    return kept if len({item.unit for item in kept}) == 1 else []


def _ends(outcome: dict[str, Any]) -> tuple[str, str]:
    before, after = str(outcome.get("before") or ""), str(outcome.get("after") or "")
    return (words.years(before), words.years(after)) if before and after and before != after else ("Before", "After")


def _slopes(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> Made | None:
    from afa_eval.estimate import charts

    kept = _pairs(items, entry, outcome)
    title = _moved(kept, str(outcome.get("focus", "")))
    if not kept:
        return None
    return Made(partial(charts.slopes, kept, title, labels=_ends(outcome)), tuple(kept))


def _gaps(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> Made | None:
    """How wide the gaps between groups were before and after: contrasts, which other charts leave out."""
    from afa_eval.estimate import charts

    both = [_first_each([item for item in items if item.estimand == name]) for name in entry["figures"]]
    shown = [{item.group for item in found if item.value is not None} for found in both]
    kept = [item for found in both for item in found if all(item.group in groups for groups in shown)]
    if not kept:
        return None
    kept = kept[:MOST_ROWS]
    return Made(partial(charts.dumbbell, kept, labels=_ends(outcome)), tuple(kept))


def _lines(items: Sequence[ReleasedEstimate], entry: dict[str, Any], outcome: dict[str, Any]) -> Made | None:
    from afa_eval.estimate import charts

    kept = _pairs(items, entry, outcome)
    title = _moved(kept, str(outcome.get("focus", "")))
    named = f"authorities-{outcome['id']}"
    band = next((one.table for one in outcome.get("tables", ()) if one.table.name == named), None)
    if not kept:
        return None
    draw = partial(charts.absence_lines, kept, title=title, band=band, years=_ends(outcome))
    return Made(draw, tuple(kept))


def _moved(kept: Sequence[ReleasedEstimate], focus: str) -> str:
    """Where the focus group began and ended, or all pupils; the chart's own headline where neither is shown."""
    for group in (focus, ALL):
        pair = [item for item in kept if item.group == group and item.value is not None]
        if len(pair) == 2:
            return words.before_after(pair[0], pair[1])
    return ""


KINDS: dict[str, Callable[[Sequence[ReleasedEstimate], dict[str, Any], dict[str, Any]], Made | None]] = {
    "forest": _forest,
    "slopes": _slopes,
    "gaps": _gaps,
    "sizes": _sizes,
    "lines": _lines,
}


def has_whole_row(released: ReleasedTable) -> bool:
    """Is there a row with nothing hidden, so that bars can be drawn?

    Parameters
    ----------
    released : ReleasedTable
        A table of counts.

    Returns
    -------
    bool
        False where every row has a hidden cell.
    """
    return any(all(value is not None for value in row) for row in released.table.cells)


def of_table(released: ReleasedTable, chart: str, **look: Any) -> Drawing:
    """How is a table drawn?

    Parameters
    ----------
    released : ReleasedTable
        What may leave.
    chart : str
        A function of ``estimate.charts`` that takes a table.
    **look
        What else it takes.

    Returns
    -------
    Drawing
        With the table below it.
    """
    from afa_eval.estimate import charts

    draw = getattr(charts, chart)
    return Drawing(
        page_name(released.table.name).removeprefix("outcome-"),
        partial(draw, released.table, **look),
        below=partial(numbers.with_file, released),
    )


def coverage_drawings(release: Release) -> list[Drawing]:
    """Which drawings show the children that these tests cannot measure?

    Parameters
    ----------
    release : Release
        What may leave.

    Returns
    -------
    list of Drawing
        One for each coverage table with a row to draw.
    """
    tables = [one for one in release.tables if one.table.name.startswith("coverage") and has_whole_row(one)]
    return [of_table(one, "coverage") for one in tables]
