"""Where a series is not what it was: what lies between two years, told as Findings, never passed over."""

from __future__ import annotations

from afa_eval.codes import sen as sen_codes
from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.asking import parse_year, request
from afa_eval.estimate.records import Finding, Severity

TEACHER_GRADES = frozenset({"201920", "202021"})
_GRADED = frozenset({"attainment-8", "ks2-ks4-transition", "progress-8"})


def breaks(slug: str, before: object, after: object, sen: str = "all") -> tuple[Finding, ...]:
    """What changed between two years that a difference of their figures would hide?

    Parameters
    ----------
    slug : str
        The measure.
    before, after : object
        Academic years.
    sen : str
        SEN group.

    Returns
    -------
    tuple of Finding
        The SEN categories of 2014/15, another definition, grades set by teachers.

    Raises
    ------
    ComparatorError
        Where the measure or a year does not exist.

    Examples
    --------
    >>> [found.code for found in breaks("persistent-absence", "201314", "201415", "support")]
    ['sen-categories-changed']
    """
    request(slug, sen=sen)
    first, last = sorted((parse_year(before), parse_year(after)))
    found = [_categories(first, last, sen)] if crosses_categories(first, last, sen) else []
    if slug in _GRADED and len(TEACHER_GRADES & {first, last}) == 1:
        found.append(_grades(first, last))
    found += _definitions(slug, first, last)
    return tuple(found)


def crosses_categories(before: str, after: str, sen: str) -> bool:
    """Does a SEN group change its meaning between two years?

    Parameters
    ----------
    before, after : str
        Academic years.
    sen : str
        SEN group.

    Returns
    -------
    bool
        True for any group but all pupils from before to after the start of 2014/15.
    """
    first = sen_codes.FIRST_YEAR_OF_SUPPORT
    return sen != "all" and before < first <= after


def marks(slug: str) -> tuple[tuple[str, str], ...]:
    """In which years does a series break, and why?

    Parameters
    ----------
    slug : str
        The measure.

    Returns
    -------
    tuple of (str, str)
        The first year of the new kind and a few words.
    """
    found: dict[str, str] = {}
    held = store.held_years(slug)
    if set(held) - {"all"} and min(set().union(*held.values())) < sen_codes.FIRST_YEAR_OF_SUPPORT:
        found[sen_codes.FIRST_YEAR_OF_SUPPORT] = "School Action, School Action Plus and statements end"
    if not store.measures()[slug].default_definition:
        names = store.definitions()
        seen = ""
        for year, definition in _definition_by_year(slug):
            if seen and definition != seen:
                found[year] = f"now: {names[definition][0]}"
            seen = definition
    return tuple(sorted(found.items()))


def _definition_by_year(slug: str) -> list[tuple[str, str]]:
    query = """SELECT f.year, MIN(s.definition) FROM series s JOIN figure f ON f.series = s.id JOIN area a ON a.id = f.area
        WHERE s.slug = ? AND a.name = 'England' AND typeof(f.printed) <> 'text'
        GROUP BY f.year HAVING COUNT(DISTINCT s.definition) = 1 ORDER BY f.year"""
    return [(store.year_of(start), name) for start, name in store.connect().execute(query, [slug])]


def _definitions(slug: str, first: str, last: str) -> list[Finding]:
    by_year = dict(_definition_by_year(slug))
    if store.measures()[slug].default_definition or not {first, last} <= set(by_year):
        return []
    names = store.definitions()
    one, other = by_year[first], by_year[last]
    if one == other:
        return []
    message = (
        f"{store.measures()[slug].title} of {years.label(first)} ({names[one][0]}) and of {years.label(last)} "
        f"({names[other][0]}) are not the same measure."
    )
    return [Finding(code="definition-changed", severity=Severity.SERIOUS, message=message,
                    fix="Compare each year with its own national figure, not one year with the other.")]  # fmt: skip


def _categories(first: str, last: str, sen: str) -> Finding:
    was, now = sen_codes.label(sen, first), sen_codes.label(sen, last)
    named = f"{was} became {now}" if was != now else f"{was} covers other pupils"
    message = (
        f"Between {years.label(first)} and {years.label(last)} the SEN categories changed (2014/15): {named}. "
        "School Action and School Action Plus ended, and fewer pupils were identified: 21.1% of all pupils had SEN in "
        "January 2010, 17.9% in January 2014. A change of the group's figure is in part a change of who is in it."
    )
    fix = "Compare years on one side of 2014/15, or the figure of all pupils."
    return Finding(code="sen-categories-changed", severity=Severity.SERIOUS, message=message, fix=fix)


def _grades(first: str, last: str) -> Finding:
    graded = next(year for year in (first, last) if year in TEACHER_GRADES)
    message = (
        f"GCSE grades of {years.label(graded)} were set by centres and teachers, those of the other year by "
        "examination: a difference between the two is no change in attainment."
    )
    return Finding(code="grades-set-by-teachers", severity=Severity.SERIOUS, message=message,
                   fix="Compare years with examined grades.")  # fmt: skip
