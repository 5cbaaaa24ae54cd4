"""What is asked for, in the store's own terms, and which sources hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from afa_eval.codes import needs, years
from afa_eval.codes import sen as sen_codes
from afa_eval.comparators import areas, bands, store
from afa_eval.comparators.figure import PART_NAMES, Figure
from afa_eval.errors import AfaEvalError, ComparatorError

PHASES = ("all", "primary", "secondary", "special", "mainstream")
YEAR_GROUPS = tuple(str(year) for year in range(14))
ONE_SCHOOL_AREAS = frozenset({"City of London", "Isles of Scilly"})  # a figure there is about a child or two
SEXES = {"F": "girls", "M": "boys"}
FSM = {"yes": "eligible for free school meals", "no": "not eligible for free school meals"}


@dataclass(frozen=True, slots=True)
class Request:
    """Which figure is asked for, in the store's own terms?

    Attributes
    ----------
    slug, area : str
        Measure and area.
    definition : str
        Empty where each year has its own.
    parts : tuple of str
        sen, need, phase, year_group, sex, fsm.
    source : str
        Key of the one source wanted, empty for the default.
    """

    slug: str
    area: str
    definition: str
    parts: tuple[str, ...]
    source: str = ""

    @property
    def by_name(self) -> dict[str, str]:
        """Which part is which?"""
        return dict(zip(PART_NAMES, self.parts, strict=True))


def request(
    slug: str,
    *,
    sen: str = "all",
    phase: str = "all",
    area: str = "England",
    definition: str | None = None,
    need: str | None = None,
    year_group: object = None,
    sex: str | None = None,
    fsm: str | None = None,
    source: str | None = None,
) -> Request:
    """Is this something that could be asked for at all?

    Parameters
    ----------
    slug, sen, phase, area, definition, need, year_group, sex, fsm, source
        As ``find``.

    Returns
    -------
    Request
        In the store's own terms.

    Raises
    ------
    ComparatorError
        Where a word is unknown, with the nearest that exists.
    """
    measure = store.measures()[_one_of("measure", slug, slugs())]
    need_code = "" if need is None else _parse(needs.parse, need)
    parts = (
        _sen_group(sen, bool(need_code)),
        need_code,
        _one_of("phase", phase, PHASES),
        "" if year_group is None else _year_group(year_group),
        "" if sex is None else _one_of("sex", sex, tuple(SEXES)),
        "" if fsm is None else _one_of("fsm", fsm, tuple(FSM)),
    )
    if definition is not None:
        _one_of("definition", definition, tuple(store.definitions()))
    if source is not None:
        _one_of("source", source, tuple(store.sources()))
    named = _area(area)
    return Request(slug, named, measure.default_definition if definition is None else definition, parts, source or "")


def _sen_group(sen: str, with_need: bool) -> str:
    if not isinstance(sen, str):
        raise ComparatorError(_unknown("SEN group", sen, sen_codes.GROUPS))
    if with_need and sen == "all":
        return "any"
    if sen.upper() in {"N", "K", "E"}:
        return sen_codes.group(sen)
    if sen not in sen_codes.GROUPS and sen.upper() in needs.codes():
        raise ComparatorError(f"'{sen}' is a type of need, not a SEN group: ask with need=\"{sen.upper()}\".")
    return sen if sen in sen_codes.OLDER_GROUPS else _one_of("SEN group", sen, sen_codes.GROUPS)


def _year_group(year_group: object) -> str:
    text = str(year_group).removesuffix(".0")
    text = "0" if text.upper() in {"R", "RECEPTION"} else text
    if text not in YEAR_GROUPS:
        raise ComparatorError(f"There is no year group '{text}'. They run from 0 (Reception) to 13.")
    return text


def _area(area: str) -> str:
    if str(area).startswith(areas.NEIGHBOURS_OF):
        areas.members(area)  # raises, naming the nearest
        return area
    if area in ONE_SCHOOL_AREAS:
        raise ComparatorError(
            f"There is no area '{area}' here: its figures are about one school, at times about one child."
        )
    return _one_of("area", area, tuple(store.areas()))


def _one_of(what: str, word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise ComparatorError(_unknown(what, word, known))
    return word


def _unknown(what: str, word: object, known: tuple[str, ...]) -> str:
    by_case = {name.casefold(): name for name in known}
    near = [by_case[name] for name in get_close_matches(str(word).casefold(), by_case, n=3, cutoff=0.5)]
    hint = f"Nearest: {', '.join(near)}." if near else f"There are: {', '.join(known[:30])}."
    return f"There is no {what} '{word}'. {hint}"


def parse_year(year: object) -> str:
    """Which academic year is asked for?

    Parameters
    ----------
    year : object
        Any form that ``codes.years.parse`` reads.

    Returns
    -------
    str
        Six digits.

    Raises
    ------
    ComparatorError
        Where it is none.
    """
    return _parse(years.parse, year)


def _parse(reader: Callable[[object], str], text: object) -> str:
    try:
        return reader(text)
    except AfaEvalError as error:
        raise ComparatorError(str(error)) from error


def slugs() -> tuple[str, ...]:
    """Which measures are there?

    Returns
    -------
    tuple of str
        Their slugs.
    """
    return tuple(store.measures())


def candidates(asked: Request, year: str, *, all_sources: bool = True) -> list[Figure]:
    """Which sources hold this figure, the default first?

    Parameters
    ----------
    asked : Request
        What is wanted.
    year : str
        Academic year.
    all_sources : bool
        False leaves out printed figures that could not be the default, unread.

    Returns
    -------
    list of Figure
        Empty where none does.
    """
    parts = asked.by_name
    counted = _counted(asked, year)
    sources: tuple[str, ...] | None = (asked.source,) if asked.source else None
    if counted is not None and not (all_sources or asked.source):
        sources = store.sources_before(counted.source)
    chosen = {"definition": asked.definition or None, "source": sources}
    found = list(areas.figures(asked.slug, year, asked.area, **parts, **chosen))
    found += [] if counted is None else [counted]
    return sorted(found, key=lambda figure: (figure.priority, figure.source))


def _counted(asked: Request, year: str) -> Figure | None:
    """The figure that the absence bands give, if it is asked for."""
    if not asked.definition or asked.source not in {"", bands.source_of(asked.area)}:
        return None
    return areas.band_figure(asked.slug, asked.definition, year, asked.area, asked.by_name)


def population(parts: dict[str, str], area: str, year: str) -> str:
    """Who is a figure about, in words?

    Parameters
    ----------
    parts : dict
        sen, need, phase, year_group, sex, fsm.
    area, year : str
        Area; the year decides what a SEN group was called.

    Returns
    -------
    str
        For example ``SEN support, secondary, England``.
    """
    who = needs.label(parts["need"]) if parts["need"] else sen_codes.label(parts["sen"], year)
    phase = {"all": "", "special": "special schools", "mainstream": "mainstream schools"}
    words = (
        who,
        phase.get(parts["phase"], parts["phase"]),
        {"": "", "0": "Reception"}.get(parts["year_group"], f"Year {parts['year_group']}"),
        SEXES.get(parts["sex"], ""),
        FSM.get(parts["fsm"], ""),
        area,
    )
    return ", ".join(word for word in words if word)
