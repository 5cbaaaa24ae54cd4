"""Who a row of a statistics file is about: its filters, in all the words that DfE has used for them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from afa_eval.codes import needs
from afa_eval.data.ees import SYMBOLS
from afa_eval.errors import DataError

FILTERS = {  # column of a statistics file: which part of the population it narrows
    "sen_status": "sen",
    "sen_provision": "sen",
    "characteristic_sen_status": "sen",
    "sen_primary_need": "need",
    "primary_need": "need",
    "education_phase": "phase",
    "phase_type_grouping": "phase",
    "school_type": "phase",
    "establishment_type_group": "phase",
    "sex": "sex",
    "gender": "sex",
    "free_school_meals": "fsm",
    "fsm_eligible": "fsm",
    "fsm": "fsm",
    "fsm_status": "fsm",
    "fsm_eligibility": "fsm",
    "nc_year": "year_group",
    "ncyear": "year_group",
    "year_group": "year_group",
    "national_curriculum_year": "year_group",
}
BREAKDOWNS = {  # column of values: column of their topics, where the file has it
    "breakdown": "breakdown_topic",
    "characteristic_breakdown": "characteristic",
    "characteristic": "characteristic_group",
}
TOTALS = frozenset(
    {"total", "all", "all pupils", "all schools", "all primary need", "all state funded schools", "all state funded"}
)
TIME_AND_PLACE = frozenset(
    [
        "time_period",
        "time_identifier",
        "geographic_level",
        "level",
        "country_code",
        "country_name",
        "region_code",
        "region_name",
        "new_la_code",
        "old_la_code",
        "la_name",
        "lad_code",
        "lad_name",
        "pcon_code",
        "pcon_name",
        "school_urn",
        "school_laestab",
        "school_name",
        "version",
        "ward_code",
        "ward_name",
        "trust_id",
        "trust_name",
    ]
)
_PARTS = ("sen", "need", "phase", "year_group", "sex", "fsm")
_PREFIX = re.compile(
    r"^(sen provision|sen status|sen primary need|primary need|gender|sex|fsm status|nc year group|fsm|school type)\s+"
)
_YEAR = re.compile(r"(?:nc |national curriculum )?(?:year )?(?:group )?(\d{1,2})$")


def filters(header: Sequence[str]) -> tuple[str, ...]:
    """Which columns of a statistics file narrow the population, in words known here?

    Parameters
    ----------
    header : sequence of str
        Its column names.

    Returns
    -------
    tuple of str
        Those that are known; the topics of a breakdown are not among them.
    """
    topics = {BREAKDOWNS[name] for name in header if name in BREAKDOWNS}
    return tuple(name for name in header if name in FILTERS or (name in BREAKDOWNS and name not in topics))


def other_filters(records: Iterable[Mapping[str, str]], known: Sequence[str]) -> tuple[str, ...]:
    """By what else is a file broken down: which rows must be about the total of it?

    Parameters
    ----------
    records : iterable of mapping
        Rows about England, regions and authorities.
    known : sequence of str
        Columns that are understood.

    Returns
    -------
    tuple of str
        Columns with several values in words.
    """
    topics = {BREAKDOWNS[name] for name in known if name in BREAKDOWNS}
    aside = {*known, *topics, *TIME_AND_PLACE}
    first: dict[str, str] = {}
    several: set[str] = set()
    words: set[str] = set()
    for record in records:
        for name, value in record.items():
            if first.setdefault(name, value) != value:
                several.add(name)
            if name not in words and not _is_figure(value):
                words.add(name)
    return tuple(name for name in first if name in several & words - aside and not name.endswith("_label"))


def of_all(record: Mapping[str, str], columns: tuple[str, ...]) -> bool:
    """Is a row about the total of these columns?

    Parameters
    ----------
    record : mapping
        The row.
    columns : tuple of str
        What ``other_filters`` found.

    Returns
    -------
    bool
        False where it is about a part.
    """
    return all(not record[name] or _plain(record[name]) in TOTALS for name in columns)


def _is_figure(text: str) -> bool:
    if text in SYMBOLS:
        return True
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def population(record: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, str] | None:
    """Which of our groups is a row of a statistics file about?

    Parameters
    ----------
    record : mapping
        The row.
    columns : tuple of str
        What ``filters`` found.

    Returns
    -------
    dict or None
        sen, need, phase, year_group, sex, fsm as far as narrowed; None where the row is about a
        group that has no name here (ethnicity, for example).

    Examples
    --------
    >>> population({"sen_provision": "SEN support", "sex": "Total"}, ("sen_provision", "sex"))
    {'sen': 'support'}
    """
    found: dict[str, str] = {}
    for column in columns:
        topic = record.get(BREAKDOWNS.get(column, ""), "")
        part = FILTERS.get(column) or _part_of(topic)
        narrowed = _read(record[column], part)
        if not narrowed and part and topic:
            return None  # the total of one topic stands beside the total of all
        if narrowed is None or any(found.get(name, value) != value for name, value in narrowed.items()):
            return None
        found |= narrowed
    if found.get("need"):
        found.setdefault("sen", "any")
    return found


@cache
def _part_of(topic: str) -> str:
    words = _plain(topic)
    if "need" in words.split():
        return "need"
    return next(
        (part for word, part in (("sen", "sen"), ("sex", "sex"), ("gender", "sex"), ("free", "fsm"), ("fsm", "fsm"),
                                 ("year", "year_group")) if word in words.split()),
        "",
    )  # fmt: skip


@cache  # a file has many rows and few words
def _read(text: str, part: str) -> dict[str, str] | None:
    words = _plain(text)
    if words in TOTALS or not words:
        return {}
    bare = _PREFIX.sub("", words)
    if part in {"", "need"}:
        need = _need(bare)
        if need or part == "need":
            return {"need": need} if need else None
    if part in {"", "year_group"}:
        year = _year_group(words, loose=part == "year_group")
        if year or part == "year_group":
            return {"year_group": year} if year else None
    table = _groups()
    for wanted in (part,) if part else ("sen", "sex", "fsm"):
        for form in (words, bare):
            if (wanted, form) in table:
                return table[(wanted, form)]
    return None


def _need(words: str) -> str:
    try:
        return needs.parse(words)
    except DataError:
        return ""


def _year_group(words: str, *, loose: bool) -> str:
    if words in {"reception", "nc year reception", "year reception"}:
        return "0"
    found = _YEAR.match(words)
    known = found is not None and 0 <= int(found[1]) <= 13 and (loose or "year" in words)
    return str(int(found[1])) if found is not None and known else ""


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.casefold().replace("non-", "non ")).strip()


@cache
def _groups() -> dict[tuple[str, str], dict[str, str]]:
    path = Path(__file__).parent / "data" / "ees_groups.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["part"], row["value"]): {name: row[name] for name in _PARTS if row[name]}
            for row in csv.DictReader(file)
        }
