"""Why there is no such figure, and which are nearest: the other years, groups and definitions."""

from __future__ import annotations

from afa_eval.codes import years
from afa_eval.comparators import areas, bands, store
from afa_eval.comparators.asking import PHASES, Request, candidates, population

SYMBOLS = {
    "z": "not applicable",
    "x": "not available, or about one or two children",
    "c": "confidential",
    "low": "rounds to 0 but is not",
    "k": "rounds to 0 but is not",
    "u": "low reliability",
    ":": "not available",
    "~": "rounds to 0 but is not",
    ".": "not applicable",
    "..": "not available",
    "-": "suppressed or not available",
    "*": "suppressed",
}


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
    lines += [
        _special(asked, year),
        _hidden(asked, year),
        _bands(asked),
        _other_years(asked),
        _other_groups(asked, year),
        _other_definitions(asked, year),
    ]
    if not any(lines[1:]):
        lines.append(_other_lines(asked))
    return " ".join(line for line in lines if line)


def _other_lines(asked: Request) -> str:
    """Where nothing is near: which definitions does the measure have, and for which years?"""
    told = definitions_held(asked.slug, asked.area)
    return f"For {asked.area} there is {asked.slug} as {told}." if told else ""


def definitions_held(slug: str, area: str = "England") -> str:
    """By which definitions is a measure held, for which years?

    Parameters
    ----------
    slug, area : str
        Measure and area.

    Returns
    -------
    str
        For example ``pa-15-standard (2008/09 to 2012/13)``; empty where there is none.

    Examples
    --------
    >>> definitions_held("eyfs-gld")
    'eyfs-2013 (2015/16 to 2018/19); eyfs-2021 (2021/22 to 2024/25)'
    """
    found: dict[str, set[str]] = {}
    for name in areas.members(area):
        for key, *_ in store.values(slug, name):
            found.setdefault(key[2], set()).add(key[0])
        for definition in bands.lines(slug):
            found.setdefault(definition, set()).update(
                year for year in bands.band_years() if bands.band_counts(definition, year, (), name)
            )
    held = sorted((min(each), max(each), name) for name, each in found.items() if each)
    spans = [f"{years.label(first)} to {years.label(last)}" if first != last else years.label(first)
             for first, last, _ in held]  # fmt: skip
    return "; ".join(f"{name} ({span})" for (_, _, name), span in zip(held, spans, strict=True))


def _special(asked: Request, year: str) -> str:
    """Why do the bands give nothing for special schools by SEN in their first years?"""
    by_sen = asked.by_name["phase"] == "special" and asked.by_name["sen"] in {"any", "none"}
    if not by_sen or year not in {"201617", "201718"} or not bands.counted(asked.slug, asked.definition):
        return ""
    return "The absence bands of 2016/17 and 2017/18 lack the SEN status of many special-school pupils, so they give no figure by SEN there."  # fmt: skip


def _hidden(asked: Request, year: str) -> str:
    """What does the source print instead of a figure?"""
    chosen = {"definition": asked.definition} if asked.definition else {}
    found = store.hidden(asked.slug, year, asked.area, **asked.by_name, **chosen)
    said = dict.fromkeys(f"{figure.source_title} prints '{figure.symbol}' ({SYMBOLS[figure.symbol]})." for figure in found)  # fmt: skip
    return " ".join(said)


def _bands(asked: Request) -> str:
    if asked.slug != bands.ABSENCE_BANDS or asked.definition:
        return ""
    return f"Name one band as definition: {', '.join(bands.lines(asked.slug))}."


def _held(asked: Request) -> set[str]:
    return {year for name in areas.members(asked.area) for held in store.held_years(asked.slug, name).values()
            for year in held}  # fmt: skip


def _other_years(asked: Request) -> str:
    known = [label for label in _all_years(asked) if candidates(asked, years.parse(label))]
    return f"This group has: {', '.join(known)}." if known else ""


def _all_years(asked: Request) -> list[str]:
    banded = set(bands.band_years()) if bands.counted(asked.slug, asked.definition) else set()
    return [years.label(year) for year in sorted(_held(asked) | banded)]


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
    known = {figure.definition for figure in store.stored(asked.slug, year, asked.area)} | set(bands.lines(asked.slug))
    for definition in sorted(known):
        other = Request(asked.slug, asked.area, definition, asked.parts, asked.source)
        if definition != asked.definition and candidates(other, year):
            found.append(definition)
    return f"Under another definition: {', '.join(found)}." if found and asked.definition else ""
