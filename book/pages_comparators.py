"""The page that draws every national series by SEN group, its breaks marked, with its table and its CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from afa_eval.codes import sen as sen_codes
from afa_eval.codes import years
from afa_eval.comparators import bands, marks, store
from afa_eval.comparators.figure import Figure
from afa_eval.comparators.lookup import matching
from afa_eval.estimate.charts import axis, canvas
from afa_eval.estimate.words import number

PAGE, FOLDER = "comparators-series", "series"
TALL, LEFT, KEY = 2.1, 0.62, 0.42  # inches
STYLES = {group: canvas.group_style(name, 0) for group, name in (
    ("all", "all"), ("none", "sen=none"), ("any", "sen=any"), ("support", "sen_provision=K"), ("ehcp", "sen_provision=E"),
)}  # fmt: skip
SHORT = {**sen_codes.LABELS, "support": "SEN support (SEN without a statement before 2014/15)",
         "ehcp": "EHC plan (statement before 2014/15)"}  # fmt: skip
HEAD = """# National series

Every measure that is bundled, by SEN group, for England and all schools (or, where a source prints it so, one kind of
school). A dotted line marks where a series breaks: from there on it is another definition or another set of pupils,
and the two sides do not compare. A gap is a year without a figure. Under each chart stand its figures, and beside it
the same as CSV with counts, definition, source and release.

"""


@dataclass(frozen=True)
class Series:
    """One chart: a measure by one definition (or by each year's own), in one kind of school.

    Attributes
    ----------
    slug, name, phase : str
        Measure, name of the files, kind of school.
    definitions : tuple of str
        One, or each year's own.
    figures : dict
        Figure by SEN group and year.
    """

    slug: str
    name: str
    phase: str
    definitions: tuple[str, ...]
    figures: dict[str, dict[str, Figure]]

    @cached_property
    def years(self) -> tuple[str, ...]:
        """Every academic year from the first to the last."""
        held = sorted({year for group in self.figures.values() for year in group})
        return years.between(held[0], held[-1])

    @cached_property
    def breaks(self) -> tuple[tuple[str, str], ...]:
        """Where does it break, and why?"""
        found = {}
        for before, after in pairwise(sorted({year for group in self.figures.values() for year in group})):
            names = [{group[year].definition for group in self.figures.values() if year in group}
                     for year in (before, after)]  # fmt: skip
            if names[0] != names[1]:
                found[after] = store.definitions()[sorted(names[1])[0]][0]
        told = dict(marks(self.slug)).get(sen_codes.FIRST_YEAR_OF_SUPPORT)
        if told and any(
            self._spans(sen_codes.FIRST_YEAR_OF_SUPPORT, group) for group in self.figures if group != "all"
        ):
            found.setdefault(sen_codes.FIRST_YEAR_OF_SUPPORT, told)
        for group, held in self.figures.items():
            for before, after in pairwise(held.values()):
                if (
                    group != "all"
                    and self.slug in {"persistent-absence", "severe-absence"}
                    and before.source != after.source
                ):
                    found.setdefault(after.year, "another source, which counts SEN otherwise")
        return tuple(sorted(found.items()))

    def _spans(self, year: str, group: str) -> bool:
        held = self.figures[group]
        return min(held) < year <= max(held)


def write(folder: Path) -> None:
    """Put the page, its charts and its CSVs where Jupyter Book looks for them."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    text = [HEAD]
    for slug, measure in store.measures().items():
        text.append(f"## {measure.title}\n\n`{slug}`: {measure.about}.\n\n")
        text += [section(series, place) for series in every(slug)]
    (folder / f"{PAGE}.md").write_text("".join(text), encoding="utf-8")


def every(slug: str) -> Iterator[Series]:
    """Which charts has a measure?"""
    own = slug in {bands.ABSENCE_BANDS, "ks2-ks4-transition"} or store.measures()[slug].default_definition
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in matching(slug, phase=None, definition="any"):
        if figure.sen in sen_codes.GROUPS:
            found.setdefault((figure.phase, figure.definition if own else ""), []).append(figure)
    ordered = [name for name in store.definitions() if any(name == key[1] for key in found)] or [""]
    for definition in ordered:
        phases = [phase for phase, held in found if held == definition]
        phase = next(name for name in ("all", "secondary", "mainstream", "special", "primary") if name in phases)
        yield _series(slug, phase, definition, found[phase, definition])


def _series(slug: str, phase: str, definition: str, figures: list[Figure]) -> Series:
    best: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        held = best.setdefault(figure.sen, {}).get(figure.year)
        if held is None or (figure.priority, figure.source) < (held.priority, held.source):
            best[figure.sen][figure.year] = figure
    ordered = {group: dict(sorted(best[group].items())) for group in sen_codes.GROUPS if group in best}
    names = tuple(dict.fromkeys(figure.definition for group in ordered.values() for figure in group.values()))
    return Series(slug, f"{slug}-{definition}" if definition else slug, phase, names, ordered)


def section(series: Series, place: Path) -> str:
    """One chart with its words, table and CSV."""
    drawn = chart(series)
    (place / f"{series.name}.svg").write_text(canvas.to_svg(drawn), encoding="utf-8")
    _write_csv(series, place / f"{series.name}.csv")
    label = (
        store.definitions()[series.definitions[0]][0] if len(series.definitions) == 1 else "each year's own definition"
    )
    heading = f"### {label[0].upper()}{label[1:]}\n\n"
    alt = canvas.alt(drawn).replace("[", "(").replace("]", ")")
    return (
        f"{heading}![{alt}]({FOLDER}/{series.name}.svg)\n\n{table(series)}\n"
        f"{{download}}`CSV <{FOLDER}/{series.name}.csv>`\n\n"
    )


def chart(series: Series) -> canvas.Figure:
    """How did the groups run, and where does the series break?"""
    unit = store.measures()[series.slug].unit
    values = [figure.value for group in series.figures.values() for figure in group.values()]
    limits = _limits(values, unit)
    groups = [axis.Mark(text=SHORT[name], colour=STYLES[name][0], marker=STYLES[name][1], line="-", hollow=False)
              for name in series.figures]  # fmt: skip
    note = "; ".join(f"{years.label(year)}: {why}" for year, why in series.breaks)
    key = axis.KEY_LINE * len(axis.key_rows(groups, canvas.page_width(False) - 2 * canvas.PAD)) + 0.16
    paper = canvas.start(_headline(series), _subtitle(series, unit), key + TALL + KEY,
                         f"Dotted: {note}." if note else "", alt=_alt(series, unit))  # fmt: skip
    axis.draw_key(paper, groups, paper.top)
    _draw(paper, series, unit, limits, paper.top + key)
    return paper.figure


def _draw(paper: canvas.Canvas, series: Series, unit: str, limits: tuple[float, float], top: float) -> None:
    width = paper.width - LEFT - 2 * canvas.PAD
    axes = paper.axes(LEFT, top, width, TALL)
    axes.set_xlim(-0.5, len(series.years) - 0.5)
    axes.set_ylim(*limits)
    ticks = axis.ticks(*limits, unit, 5)
    for tick in ticks:
        axes.axhline(tick, color=canvas.INK if tick == 0 else canvas.RULE, lw=0.9 if tick == 0 else 0.7, zorder=0)
        y = top + TALL * (limits[1] - tick) / (limits[1] - limits[0])
        paper.write(LEFT - 0.06, y, axis.tick_text(tick, ticks, unit), size="small", color=canvas.QUIET, ha="right")
    where = {year: position for position, year in enumerate(series.years)}
    cuts = {year for year, _ in series.breaks}
    for year in cuts:
        axes.axvline(where[year] - 0.5, color=canvas.QUIET, lw=1.2, ls=":", zorder=1)
    for name, group in series.figures.items():
        colour, marker = STYLES[name]
        own = {year for year in cuts if name != "all" or not _of_sen_alone(series, year)}
        for part in _parts(group, series.years, own):
            axes.plot([where[year] for year in part], [group[year].value for year in part], color=colour, marker=marker,
                      lw=1.7, ms=5, mec="white", mew=0.6, zorder=3)  # fmt: skip
    apart = width / len(series.years)
    every_nth = max(1, -(-int(100 * (canvas.width_of("2020/21", canvas.SIZES["small"]) + 0.08)) // int(100 * apart)))
    for position in range(0, len(series.years), every_nth):
        x = LEFT + apart * (position + 0.5)
        text = years.label(series.years[position])
        paper.write(x, top + TALL + 0.13, text, size="small", color=canvas.QUIET, ha="center")


def _of_sen_alone(series: Series, year: str) -> bool:
    """Is a break one of the SEN groups only, so that all pupils' line runs on?"""
    whole = series.figures["all"]
    before = max((other for other in whole if other < year), default="")
    return bool(before) and year in whole and whole[before].definition == whole[year].definition


def _parts(group: dict[str, Figure], span: tuple[str, ...], cuts: set[str]) -> list[list[str]]:
    """Stretches without a gap or a break."""
    parts: list[list[str]] = [[]]
    for year in span:
        if year not in group:
            parts.append([])
            continue
        if year in cuts:
            parts.append([])
        parts[-1].append(year)
    return [part for part in parts if part]


def _limits(values: list[float], unit: str) -> tuple[float, float]:
    low, high = min(0.0, *values, 0.0), max(*values, 0.0)
    room = 0.08 * (high - low or 1.0)
    top = high + room
    return (low - room if low < 0 else 0.0, min(top, 1.0) if unit == "proportion" and high <= 1 else top)


def _headline(series: Series) -> str:
    return store.measures()[series.slug].title


def _subtitle(series: Series, unit: str) -> str:
    names = store.definitions()
    by = names[series.definitions[0]][0] if len(series.definitions) == 1 else "by each year's own definition"
    where = "" if series.phase == "all" else f", {series.phase} schools"
    return f"England{where}; {'per cent' if unit == 'proportion' else unit}; {by}"


def _alt(series: Series, unit: str) -> str:
    said = []
    for name, group in series.figures.items():
        first, last = min(group), max(group)
        start, end = shown(group[first].value, unit), shown(group[last].value, unit)
        said.append(
            f"{SHORT[name]}: {start} in {years.label(first)}"
            + (f", {end} in {years.label(last)}" if last != first else "")
        )
    breaks = "".join(f" Breaks in {years.label(year)}: {why}." for year, why in series.breaks)
    return f"{_headline(series)}, England. {'; '.join(said)}.{breaks}"


def shown(value: float, unit: str) -> str:
    """A figure as a reader reads it."""
    text = number(value, unit, None if unit in {"proportion", "count"} else 2)
    return f"{text}%" if unit == "proportion" else text


def table(series: Series) -> str:
    """The figures by year and group; a year after which the series breaks begins with a mark."""
    unit = store.measures()[series.slug].unit
    cuts = {year for year, _ in series.breaks}
    lines = ["| year | " + " | ".join(sen_codes.LABELS[name] for name in series.figures) + " |",
             "|---|" + "---:|" * len(series.figures)]  # fmt: skip
    for year in series.years:
        held = [group.get(year) for group in series.figures.values()]
        if any(held):
            cells = ["" if figure is None else shown(figure.value, unit) for figure in held]
            lines.append(f"| {'break, ' if year in cuts else ''}{years.label(year)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _write_csv(series: Series, path: Path) -> None:
    names = ("slug", "year", "area", "sen", "phase", "definition", "value", "unit", "numerator", "denominator",
             "source_title", "release", "licence", "status_timing", "note")  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            [{"denominator": "n", "source_title": "source"}.get(name, name) for name in names] + ["break_before"]
        )
        for group in series.figures.values():
            for year, figure in group.items():
                row = replace(figure, value=float(f"{figure.value:.12g}"))
                cells = ["" if getattr(row, name) is None else getattr(row, name) for name in names]
                writer.writerow([*cells, "yes" if year in dict(series.breaks) else ""])
