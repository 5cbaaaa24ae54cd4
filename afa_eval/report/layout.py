"""Which figures stand where: a design's layout, read from data, and the tables it makes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from afa_eval.estimate import words
from afa_eval.estimate.words import plain
from afa_eval.estimate.words.people import parts, sides
from afa_eval.report.lines import ALL, Line, find_line
from afa_eval.report.pieces import Grid, Section

SEN_COLUMNS = frozenset({"sen", "sen_provision"})
UNIT_HEADINGS = {"proportion difference": "percentage points", "sd": ""}  # the latter's names say it
AGAIN = "The same figures, set against another line"
BREAKDOWNS = {
    "fsm": "free school meals",
    "eal": "first language",
    "sex": "sex",
    "year_group": "year group",
    "primary_need": "primary need",
    "phase": "phase",
    "cohort": "cohort",
    "sen": "SEN",
    "sen_provision": "SEN provision",
}


@cache
def layouts() -> dict[str, Any]:
    """Which layouts are there?

    Returns
    -------
    dict
        By design, as ``data/layouts.toml`` has them.
    """
    return tomllib.loads(files("afa_eval.report").joinpath("data", "layouts.toml").read_text("utf-8"))


def layout(design: str) -> dict[str, Any]:
    """How is a page of this design laid out?

    Parameters
    ----------
    design : str
        Its slug.

    Returns
    -------
    dict
        ``headline``, ``tables`` and ``charts``; a design without a layout shows every figure.
    """
    return {"headline": [], "tables": [], "charts": [], **layouts().get(design, layouts()["default"])}


def headline(lines: Sequence[Line], design: str, focus: str, preferred: Sequence[str] = ()) -> Line | None:
    """Which figure is the headline?

    Parameters
    ----------
    lines : sequence of Line
        All of an outcome.
    design : str
        Its slug.
    focus : str
        The group that headlines are about.
    preferred : sequence of str
        Figures that the design puts before the layout's, where the usual one would mislead.

    Returns
    -------
    Line or None
        The first of the preferred, then of the layout's that is shown for the focus, then for all pupils, else the first that is
        hidden, else any figure there is; a contrast between groups only where there is nothing else.
    """
    proper = [*preferred, *layout(design)["headline"]]
    others = dict.fromkeys(str(one.item.estimand) for one in lines)
    # a yardstick that only all pupils have is no headline of the group asked about: the group goes before the name
    asked: list[tuple[str, tuple[str, ...]]] = [
        (name, (group,)) for group in dict.fromkeys((focus, ALL)) for name in proper
    ]
    asked += [(name, (focus, ALL)) for name in others]
    found = [one for name, groups in asked if (one := find_line(lines, name, groups))] or list(lines)
    return next((one for one in found if not one.hidden), found[0] if found else None)


def is_main(group: str, focus: str) -> bool:
    """Does a group belong to the main tables?

    Parameters
    ----------
    group, focus : str
        Group labels.

    Returns
    -------
    bool
        All pupils, the focus and groups by SEN alone.
    """
    if group in {ALL, focus}:
        return True
    columns = columns_of(group)
    return bool(columns) and columns <= SEN_COLUMNS


def columns_of(group: str) -> frozenset[str]:
    """Which columns is a group, or either side of a contrast, made of?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``.

    Returns
    -------
    frozenset of str
        Names of columns.
    """
    found = sides(group) or (group,)
    return frozenset(part.partition("=")[0] for side in found for part in parts(side) if "=" in part)


def main_section(lines: Sequence[Line], design: str, focus: str) -> Section:
    """Which tables show all pupils, the focus and the SEN groups?

    Parameters
    ----------
    lines : sequence of Line
        All of an outcome.
    design, focus : str
        Its slug, and the group that headlines are about.

    Returns
    -------
    Section
        A table for each of the layout's that has figures, then one of all others.
    """
    return Section("", grids([one for one in lines if is_main(one.item.group, focus)], design))


def other_sections(lines: Sequence[Line], design: str, focus: str) -> tuple[Section, ...]:
    """Which tables show the other breakdowns?

    Parameters
    ----------
    lines : sequence of Line
        All of an outcome.
    design, focus : str
        Its slug, and the group that headlines are about.

    Returns
    -------
    tuple of Section
        One for each column or pair of columns, with the figures that the layout keeps for
        subgroups; every other figure is in the CSV.
    """
    kinds: dict[frozenset[str], list[Line]] = {}
    for one in lines:
        if not is_main(one.item.group, focus):
            kinds.setdefault(columns_of(one.item.group), []).append(one)
    made = (Section(_by(columns), _for_subgroups(found, design)) for columns, found in kinds.items())
    return tuple(section for section in made if section.grids)


def _for_subgroups(lines: Sequence[Line], design: str) -> tuple[Grid, ...]:
    """The layout's tables for subgroups; every table of a design whose layout names none."""
    chosen = [entry for entry in layout(design)["tables"] if entry.get("subgroups")]
    names = {name for entry in chosen for name in entry["figures"]}
    return grids([one for one in lines if not names or str(one.item.estimand) in names], design)


def _by(columns: frozenset[str]) -> str:
    names = [BREAKDOWNS.get(name, name.replace("_", " ")) for name in sorted(columns)]
    return f"By {' and '.join(names)}" if names else "Other comparisons"


def grids(lines: Sequence[Line], design: str) -> tuple[Grid, ...]:
    """Which tables do these figures make?

    Parameters
    ----------
    lines : sequence of Line
        Figures of one breakdown.
    design : str
        Its slug.

    Returns
    -------
    tuple of Grid
        Side by side where the layout says so, a last one for the rest.
    """
    made, placed = [], set[int]()
    shown = {(one.item.group, str(one.item.estimand)): one for one in reversed(lines)}
    for entry in layout(design)["tables"]:
        fitting = {key: one for key, one in shown.items() if _fits(entry, *key) and id(one) not in placed}
        names = [name for name in entry["figures"] if any(estimand == name for _, estimand in fitting)]
        if names:
            here = {id(one) for one in fitting.values()}
            made.append(_side_by_side(entry, names, fitting, [one for one in lines if id(one) in here]))
            placed |= here
    rest = [one for one in lines if id(one) not in placed]
    kinds = {str(one.item.estimand) for one in lines if id(one) in placed}
    again = all(str(one.item.estimand) in kinds for one in rest)
    return tuple(made) + ((_listed(rest, AGAIN if again else "Other figures"),) if rest else ())


def _fits(entry: dict[str, Any], group: str, estimand: str) -> bool:
    """Does a figure belong to a table: of a group or of a contrast between two, as the layout asks?"""
    contrast = sides(group) is not None
    kept_out = estimand in entry.get("groups_only", ()) if contrast else bool(entry.get("contrasts_only"))
    return estimand in entry["figures"] and not kept_out


Shown = dict[tuple[str, str], Line]


def _side_by_side(entry: dict[str, Any], names: Sequence[str], shown: Shown, lines: Sequence[Line]) -> Grid:
    """A row a group, a column a figure, and who was counted in the last of them; no row where all is hidden."""
    groups = dict.fromkeys(one.item.group for one in lines if str(one.item.estimand) in names)
    known = {group: [one for name in names if (one := shown.get((group, name))) is not None] for group in groups}
    if all(one.hidden for found in known.values() for one in found):
        return Grid(title=entry["title"], header=(), rows=())
    notes = Notes([one for found in known.values() for one in found])
    counts = _counts(entry, [one for found in known.values() for one in found])
    heads = _headings(names, shown, short=bool(entry.get("short")))
    header = ("Group", *map(notes.above, heads, names), *(head for head, _, _ in counts))
    rows = []
    for group, found in known.items():
        cells = (notes.beside(shown.get((group, name))) for name in names)
        rows.append((found[0].group, *cells, *(_number(found, end, of) for _, end, of in counts)))
    return Grid(title=entry["title"], header=header, rows=tuple(dict.fromkeys(rows)), notes=tuple(notes.numbered))


class Notes:
    """Which notes stand below a table, and where in it are they marked?

    Parameters
    ----------
    lines : sequence of Line
        The figures of the table: a note that all shown figures of a kind have is marked in their
        column's heading, any other in its cell.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        """Find what all figures of a kind have in common."""
        self.numbered: dict[str, int] = {}
        by: dict[str, list[set[str]]] = {}
        for one in lines:
            if not one.hidden:
                by.setdefault(str(one.item.estimand), []).append(set(_noted(one)))
        self._common = {name: set.intersection(*sets) for name, sets in by.items()}

    def above(self, heading: str, estimand: str) -> str:
        """What is the heading of a column, with its marks?

        Parameters
        ----------
        heading, estimand : str
            The words, and what stands below them.

        Returns
        -------
        str
            A line each for the words and the marks.
        """
        return "\n".join([heading, *self._marks(sorted(self._common.get(estimand, ())))])

    def beside(self, one: Line | None) -> str:
        """What stands in a cell, with its marks?

        Parameters
        ----------
        one : Line or None
            The figure.

        Returns
        -------
        str
            A line each for the figure and the marks it has for itself.
        """
        if one is None or one.hidden:
            return cell(one)
        common = self._common.get(str(one.item.estimand), set())
        return "\n".join([cell(one), *self._marks([text for text in _noted(one) if text not in common])])

    def _marks(self, texts: Sequence[str]) -> list[str]:
        found = [self.numbered.setdefault(text, len(self.numbered) + 1) for text in texts]
        return [f"[note {' and '.join(map(str, found))}]"] if found else []


def _noted(one: Line) -> tuple[str, ...]:
    return tuple(plain.note(text) for text in one.item.notes)


Count = tuple[str, str, str]


def _counts(entry: dict[str, Any], lines: Sequence[Line]) -> list[Count]:
    """Which numbers close a row: heading, which end of the period they are of, and of what."""
    base = _base(lines)
    both = [("before", "_before"), ("after", "_after")] if entry.get("both") else [("", "")]
    people = [(f"{base}, {name}" if name else base, end, "n_pupils") for name, end in both] if base else []
    return [*people, ("Schools", "", "n_schools")]


def _number(found: Sequence[Line], end: str, of: str) -> str:
    """How many were counted in the last figure of a row that is shown, or in the last of one end."""
    some = [one.item for one in found if str(one.item.estimand).endswith(end)]
    count = next((getattr(item, of) for item in reversed(some) if item.n_pupils is not None), None)
    return "[c]" if count is None else f"{count:,}"


def _headings(names: Sequence[str], shown: dict[tuple[str, str], Line], *, short: bool) -> list[str]:
    """What the columns are called: briefly where the table's title says the rest; a unit is said once."""
    said = []
    for name in names:
        one = next(one for (_, estimand), one in shown.items() if estimand == name)
        brief = one.title.rpartition(", ")[2] if short else one.title
        unit = UNIT_HEADINGS.get(one.item.unit, "")
        said.append(brief[:1].upper() + brief[1:] + (f" ({unit})" if unit else ""))
    return said


def _base(lines: Sequence[Line]) -> str:
    """What was counted, as the heading of its column; empty where schools are all that was."""
    bases = {one.item.base for one in lines} - {"schools"}
    return "" if not bases else bases.pop().capitalize() if len(bases) == 1 else "Counted"


def cell(one: Line | None) -> str:
    """What stands in a cell?

    Parameters
    ----------
    one : Line or None
        None where it was not estimated.

    Returns
    -------
    str
        The value, on a second line its interval; a symbol, or nothing.
    """
    if one is None:
        return ""
    value = one.signed
    if one.item.unit in UNIT_HEADINGS:
        value = value.removesuffix(words.suffix(one.item.unit, one.item.value or 0.0))
    return f"{value}\n{one.ends}" if one.ends else value


def _listed(lines: Sequence[Line], title: str) -> Grid:
    notes = Notes(lines)
    against = any(one.against for one in lines)
    rows = []
    for one in lines:
        named = notes.above(one.title, str(one.item.estimand))
        last = (one.against,) if against else ()
        rows.append((one.group, named, notes.beside(one), *numbers(one), *last))
    header = ("Group", "Figure", "Value", "Counted", "Schools", *(("Set against",) if against else ()))
    return Grid(title=title, header=header, rows=tuple(rows), notes=tuple(notes.numbered))


def numbers(one: Line) -> tuple[str, str]:
    """How many were counted?

    Parameters
    ----------
    one : Line
        Any figure.

    Returns
    -------
    tuple of str
        Number of the base and of schools.
    """
    return _number([one], "", "n_pupils"), _number([one], "", "n_schools")
