"""Which figures stand where: a design's layout, read from data, and the tables it makes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from afa_eval.estimate import words
from afa_eval.estimate.words.people import parts, sides
from afa_eval.report.context import ALL, Grid, Line, Section, find_line

SEN_COLUMNS = frozenset({"sen", "sen_provision"})
UNIT_HEADINGS = {"proportion difference": "percentage points", "sd": ""}  # the latter's names say it
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


def headline(lines: Sequence[Line], design: str, focus: str) -> Line | None:
    """Which figure is the headline?

    Parameters
    ----------
    lines : sequence of Line
        All of an outcome.
    design : str
        Its slug.
    focus : str
        The group that headlines are about.

    Returns
    -------
    Line or None
        The first of the layout's that is shown for the focus or all pupils, else the first that is
        hidden, else any figure there is; a contrast between groups only where there is nothing else.
    """
    names = [*layout(design)["headline"], *dict.fromkeys(str(one.item.estimand) for one in lines)]
    found = [one for name in names if (one := find_line(lines, name, (focus, ALL)))] or list(lines)
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
    for entry in layout(design)["tables"]:
        shown = {(one.item.group, str(one.item.estimand)): one for one in reversed(lines)}
        names = [name for name in entry["figures"] if any(estimand == name for _, estimand in shown)]
        if names:
            made.append(_side_by_side(entry, names, shown, lines))
            placed |= {id(one) for (_, estimand), one in shown.items() if estimand in names}
    rest = [one for one in lines if id(one) not in placed]
    return tuple(made) + ((_listed(rest),) if rest else ())


def _side_by_side(
    entry: dict[str, Any], names: Sequence[str], shown: dict[tuple[str, str], Line], lines: Sequence[Line]
) -> Grid:
    """A row a group, a column a figure, and who was counted in the last of them."""
    groups = dict.fromkeys(one.item.group for one in lines if str(one.item.estimand) in names)
    rows = []
    for group in groups:
        found = [shown.get((group, name)) for name in names]
        known = [one for one in found if one is not None]
        rows.append((known[0].group, *(cell(one) for one in found), *numbers(known)))
    header = ("Group", *_headings(names, shown, short=bool(entry.get("short"))), _base(lines, names), "Schools")
    return Grid(title=entry["title"], header=header, rows=tuple(dict.fromkeys(rows)))


def _headings(names: Sequence[str], shown: dict[tuple[str, str], Line], *, short: bool) -> list[str]:
    """What the columns are called: briefly where the table's title says the rest; a unit is said once."""
    said = []
    for name in names:
        one = next(one for (_, estimand), one in shown.items() if estimand == name)
        brief = one.title.rpartition(", ")[2] if short else one.title
        unit = UNIT_HEADINGS.get(one.item.unit, "")
        said.append(brief[:1].upper() + brief[1:] + (f" ({unit})" if unit else ""))
    return said


def _base(lines: Sequence[Line], names: Sequence[str]) -> str:
    """What was counted, as the heading of its column."""
    bases = {words.nouns(one.item.base) for one in lines if str(one.item.estimand) in names} - {"schools"}
    return bases.pop().capitalize() if len(bases) == 1 else "Counted"


def numbers(known: Sequence[Line]) -> tuple[str, str]:
    """How many were counted in the last figure of a row that is shown?

    Parameters
    ----------
    known : sequence of Line
        The figures of a row.

    Returns
    -------
    tuple of str
        Number of the base and of schools.
    """
    item = next((one.item for one in reversed(known) if one.item.n_pupils is not None), None)
    if item is None:
        return "[c]", "[c]"
    return f"{item.n_pupils:,}", f"{item.n_schools:,}"


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


def _listed(lines: Sequence[Line]) -> Grid:
    rows = tuple(
        (one.group, one.title, one.signed + (f"\n{one.ends}" if one.ends else ""), *numbers([one]), one.against)
        for one in lines
    )
    return Grid(
        title="Other figures", header=("Group", "Figure", "Value", "Counted", "Schools", "Set against"), rows=rows
    )
