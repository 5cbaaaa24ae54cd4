"""What may not stand in a user's own comparator file: columns, areas and names that would pass unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from afa_eval.comparators import areas, store
from afa_eval.comparators.asking import ONE_SCHOOL_AREAS, YEAR_GROUPS
from afa_eval.errors import ComparatorError

ALIKE = 0.88  # above this a name is a known one mistyped, below it is the user's own
SYNONYMS = {  # what others call our columns
    **dict.fromkeys(("measure", "indicator"), "slug"),
    **dict.fromkeys(("academic_year", "time_period"), "year"),
    **dict.fromkeys(("figure", "percent", "percentage", "rate", "share"), "value"),
    **dict.fromkeys(("denominator", "base", "total", "pupils", "count"), "n"),
    **dict.fromkeys(("geography", "local_authority", "la_name", "region"), "area"),
    **dict.fromkeys(("sen_group", "sen_provision", "sen_status"), "sen"),
    "gender": "sex",
    "publication": "source",
}
Trouble = tuple[str, str, str, str]  # column, value, message, how to mend it


def no_commas(header: str) -> str:
    """Why is this the first line of no CSV with commas?

    Parameters
    ----------
    header : str
        The first line.

    Returns
    -------
    str
        A sentence and what to do; empty where nothing speaks against it.
    """
    if header.startswith("PK"):
        return "It is an Excel file, whatever its name ends in: open it and save it as 'CSV UTF-8'."
    found = [name for sign, name in ((";", "semicolons"), ("\t", "tabs")) if "," not in header and sign in header]
    return f"Its columns are separated by {found[0]}: save it with commas." if found else ""


def of_header(header: Sequence[str], needed: Sequence[str], optional: Sequence[str]) -> Iterator[Trouble]:
    """Which columns are missing, unknown or there twice?

    Parameters
    ----------
    header : sequence of str
        Column names.
    needed, optional : sequence of str
        What they may be.

    Yields
    ------
    tuple of str
        Column, value, message and how to mend it. An unknown column could narrow whom a figure is
        about, so it is not passed over.
    """
    known = (*needed, *optional)
    free = [name for name in known if name not in header]
    meant = {name: _meant(name, free) for name in dict.fromkeys(header) if name and name not in known}
    for name in needed:
        if name not in header:
            near = [word for word, column in meant.items() if column == name]
            fix = f"Rename '{near[0]}' to '{name}'." if near else f"Add a column '{name}'."
            yield name, "", f"There is no column '{name}'.", fix
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            yield name, "", f"The column '{name}' is there {header.count(name)} times.", "Keep one of them."
    for name, column in meant.items():
        if column not in needed:
            fix = f"Rename it to '{column}', or leave it out." if column else "Leave it out; words go into 'note'."
            yield name, "", f"The column '{name}' means nothing here.", fix


def _meant(name: str, free: Sequence[str]) -> str:
    """The column that a name may stand for, of those that are not there yet."""
    word = name.casefold()
    if (column := SYNONYMS.get(word.replace(" ", "_"))) in free:
        return column or ""
    return next(iter(get_close_matches(word, free, n=1, cutoff=0.6)), "")


def of_row(record: Mapping[str, str], extra: Sequence[str]) -> Iterator[Trouble]:
    """Which names of a row are mistyped, and what in it cannot be?

    Parameters
    ----------
    record : mapping
        The row.
    extra : sequence of str
        Cells beyond the last column.

    Yields
    ------
    tuple of str
        Column, value, message and how to mend it.
    """
    if any(extra):
        yield "", ",".join(extra), "The row has more cells than the header.", "Put a text with a comma between quotes."
    slug, definition, area = (record.get(name, "") for name in ("slug", "definition", "area"))
    if slug not in store.measures() and (near := get_close_matches(slug, store.measures(), n=1, cutoff=ALIKE)):
        yield "slug", slug, f"There is no measure '{slug}'.", f"Write {near[0]}, or a name of your own less like it."
    ours = slug in store.measures() and definition not in store.definitions()
    if ours and (near := get_close_matches(definition, store.definitions(), n=1, cutoff=ALIKE)):
        fix = f"Write {near[0]}, or a name of your own less like it."
        yield "definition", definition, f"There is no definition '{definition}'.", fix
    if area and area not in store.areas() and area not in ONE_SCHOOL_AREAS:
        yield from _area(area)
    group = record.get("year_group", "").removesuffix(".0")
    if group and group not in YEAR_GROUPS:
        yield "year_group", group, f"'{group}' is no year group.", "Write a number from 0 (Reception) to 13."
    if record.get("need") and record.get("sen") == "none":
        yield "sen", "none", "Pupils with a primary need have SEN.", "Write any, support or ehcp, or leave it empty."


def _area(area: str) -> Iterator[Trouble]:
    try:
        if area.startswith(areas.NEIGHBOURS_OF):
            areas.members(area)
            return
    except ComparatorError as error:
        yield "area", area, str(error), "Write it so."
        return
    near = get_close_matches(area, store.areas(), n=1, cutoff=0.6)
    fix = f"Did you mean {near[0]}?" if near else "Write England, a region or a local authority."
    yield "area", area, f"There is no area '{area}'.", fix


def of_interval(record: Mapping[str, str], numbers: Mapping[str, float | None]) -> Iterator[Trouble]:
    """Which interval cannot be?

    Parameters
    ----------
    record : mapping
        The row.
    numbers : mapping
        Its value, low and high.

    Yields
    ------
    tuple of str
        Column, value, message and how to mend it.
    """
    value, low, high = numbers["value"], numbers["low"], numbers["high"]
    if (low is None) != (high is None):
        name, other = ("low", "high") if high is None else ("high", "low")
        yield other, "", f"There is a {name} end of the interval and no {other} one.", "Give both ends, or neither."
    elif low is not None and high is not None and low > high:
        yield "low", record.get("low", ""), "It is above high.", "Exchange the two."
    elif low is not None and high is not None and value is not None and not low <= value <= high:
        yield "value", record.get("value", ""), f"It lies outside its interval, {low:g} to {high:g}.", "Mend whichever is wrong."  # fmt: skip
