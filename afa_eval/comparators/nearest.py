"""Why there is no such figure, and which are nearest: the other years, groups and definitions."""

from __future__ import annotations

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.asking import PHASES, Request, candidates, population


def explain(asked: Request, year: str) -> str:
    """Why is there no figure, and what is there instead?

    Parameters
    ----------
    asked : Request
        What was wanted.
    year : str
        Academic year.

    Returns
    -------
    str
        The reason where it is known, then the nearest that exist.
    """
    who = population(asked.by_name, asked.area, year)
    by = f" as {asked.definition}" if asked.definition else ""
    lines = [f"There is no {asked.slug}{by} for {who} in {years.label(year)}."]
    lines += store.notices("gap", asked.slug, year)
    lines += [_other_years(asked), _other_groups(asked, year), _other_definitions(asked, year)]
    return " ".join(line for line in lines if line)


def _held(slug: str) -> list[str]:
    starts = store.connect().execute(
        "SELECT DISTINCT f.year FROM series s JOIN figure f ON f.series = s.id WHERE s.slug = ? ORDER BY 1", [slug]
    )
    return sorted({years.label(f"{start}{(start + 1) % 100:02d}") for (start,) in starts})


def _other_years(asked: Request) -> str:
    known = [label for label in _all_years(asked) if candidates(asked, years.parse(label))]
    return f"This group has: {', '.join(known)}." if known else ""


def _all_years(asked: Request) -> list[str]:
    banded = {years.label(year) for year in store.band_years()}
    return sorted(set(_held(asked.slug)) | (banded if store.banded_definition(asked.slug, asked.definition) else set()))


def _other_groups(asked: Request, year: str) -> str:
    found = []
    for name, options in (("sen", ("all", "none", "any", "support", "ehcp")), ("phase", PHASES)):
        for option in options:
            parts = {**asked.by_name, name: option, **({"need": ""} if name == "sen" else {})}
            other = Request(asked.slug, asked.area, asked.definition, tuple(parts.values()), asked.source)
            if option != asked.by_name[name] and candidates(other, year):
                found.append(population(parts, asked.area, year))
    if not found and any(asked.parts[3:]):
        bare = {**asked.by_name, "year_group": "", "sex": "", "fsm": ""}
        other = Request(asked.slug, asked.area, asked.definition, tuple(bare.values()), asked.source)
        found += [population(bare, asked.area, year)] if candidates(other, year) else []
    return f"In {years.label(year)} there are: {'; '.join(dict.fromkeys(found))}." if found else ""


def _other_definitions(asked: Request, year: str) -> str:
    found = []
    for definition in store.definitions():
        other = Request(asked.slug, asked.area, definition, asked.parts, asked.source)
        if definition != asked.definition and candidates(other, year):
            found.append(definition)
    return f"Under another definition: {', '.join(found)}." if found and asked.definition else ""
