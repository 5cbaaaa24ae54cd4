"""A data file of the statistics service, with its meta file, as figures after the same checks as ours.

Every mistake is told with its row: a unit that changed, a percentage given as a fraction, a count
without its denominator, two definitions in one series.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.ees_groups import filters, of_all, other_filters, population
from afa_eval.comparators.rows import PER_100, Row, about, agrees
from afa_eval.comparators.sources.absence import AREAS
from afa_eval.data import ees
from afa_eval.data.ees import SYMBOLS
from afa_eval.errors import AfaEvalError, ComparatorError, DataError

PERIODS = {  # time identifier: what an absence definition becomes for it
    "academic year": "",
    "six half terms": "",
    "autumn term": "autumn",
    "autumn and spring term": "autumn-spring",
    "autumn and spring terms": "autumn-spring",
}
_SHORTER = {
    ("pa-10-percent", "autumn"): "pa-10-percent-autumn",
    ("absence-six-half-terms", "autumn"): "absence-autumn",
    ("absence-six-half-terms", "autumn-spring"): "absence-autumn-spring",
}
_LEVELS = {"National": "country_name", "Regional": "region_name", "Local authority": "la_name"}
_COUNT = 1e-9
VERSIONS = {"provisional": 0, "revised": 1, "final": 2}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in which cell?

    Attributes
    ----------
    row : int
        The header is row 1.
    column, value, message, fix : str
        Where it stands, what stands there, what is wrong, how to mend it.
    """

    row: int
    column: str
    value: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Which figures does a statistics file hold, and what is wrong with it?

    Attributes
    ----------
    rows : tuple of (int, Row)
        Row of the file and figure.
    mistakes : tuple of Mistake
        All of them.
    skipped : int
        Rows about groups, areas or periods that have no name here.
    decimals : mapping of str to int
        How many decimals each measure is printed with, by slug.
    """

    rows: tuple[tuple[int, Row], ...]
    mistakes: tuple[Mistake, ...]
    skipped: int
    decimals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Indicator:
    slug: str
    definition: str
    where: tuple[str, str]  # only rows with this value in this column, where one column holds several measures
    value: str
    numerator: str
    denominator: str
    low: str
    high: str
    rounding: float

    @property
    def unit(self) -> str:
        return store.measures()[self.slug].unit

    def is_in(self, record: Mapping[str, str]) -> bool:
        column, value = self.where
        return not column or record[column].casefold() == value.casefold()


def read_ees(text: Sequence[str], source: str, *, meta: Mapping[str, str] | None = None, slug: str = "") -> Reading:
    """Which figures does a statistics file hold?

    Parameters
    ----------
    text : sequence of str
        Its lines.
    source : str
        Key or name of the publication.
    meta : mapping, optional
        Unit of each indicator, from the meta file; without one, the counts must prove the unit.
    slug : str
        Only this measure; all that are known where empty.

    Returns
    -------
    Reading
        Figures and mistakes; a file with mistakes is not to be used.
    """
    named = [str(name).strip() for name in csv.DictReader(text).fieldnames or ()]
    header = ["geographic_level" if name == "level" else name for name in named]
    known = [item for item in _indicators(header) if slug in {"", item.slug}]
    mistakes = list(_header_mistakes(header, known, meta, slug))
    if mistakes:
        return Reading((), tuple(mistakes), 0)
    found: list[tuple[int, Row]] = []
    versions: dict[int, str] = {}
    digits = {item.value: 0 for item in known}
    skipped = 0
    columns = filters(header)
    measured = {
        name
        for item in known
        for name in (item.where[0], item.value, item.numerator, item.denominator, item.low, item.high)
    }
    broken_down = other_filters(_here(text, header, digits), (*columns, *measured))
    for line, record in _records(text, header):
        base = _base(record, columns, source) if of_all(record, broken_down) else None
        if base is None:
            skipped += 1
            continue
        for item in known:
            row = _figure(base, record, item, digits[item.value], line, mistakes) if item.is_in(record) else None
            found += [(line, row)] if row is not None else []
        versions[line] = record.get("version", "")
    found = _newest(found, versions)
    mistakes += [*_twice(found), *series_mistakes(found)]
    found += _any_sen(found)
    if not found and not mistakes:
        mistakes.append(_nothing(skipped))
    return Reading(tuple(found), tuple(mistakes), skipped, {item.slug: digits[item.value] for item in known})


def _records(text: Sequence[str], header: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """A file can have several hundred thousand rows: one at a time."""
    reader = csv.DictReader(text, fieldnames=header)
    next(reader, None)
    for line, row in enumerate(reader, start=2):
        yield line, {key: str(value or "").strip() for key, value in row.items() if key}


def _here(text: Sequence[str], header: list[str], digits: dict[str, int]) -> Iterator[dict[str, str]]:
    """Rows about England, regions and authorities; on the way, with how many decimals each indicator is printed."""
    for _, record in _records(text, header):
        for name, most in digits.items():
            digits[name] = max(most, len(record[name].partition(".")[2]))
        if record["geographic_level"] in _LEVELS:
            yield record


def read_meta(path: Path) -> dict[str, str]:
    """Which unit has each indicator, by a meta file?

    Parameters
    ----------
    path : Path
        A file with the columns ``col_name, col_type, indicator_unit`` and others.

    Returns
    -------
    dict
        ``%``, ``pp``, or an empty string by column.

    Raises
    ------
    ComparatorError
        Where it is no meta file.
    """
    try:
        told = ees.read_meta(path)
    except DataError as error:
        raise ComparatorError(str(error)) from error
    return {name: item.unit for name, item in told.items() if item.kind == "Indicator"}


def _indicators(header: list[str]) -> Iterator[_Indicator]:
    lower = {name.casefold(): name for name in header}

    def column(names: str) -> str:
        return next((lower[name] for name in names.split("|") if name in lower), "")

    path = Path(__file__).parent / "data" / "ees_indicators.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            value, (by, _, of) = column(row["value"]), row["where"].partition("=")
            if value and (not by or by in lower):
                rest = {name: column(row[name]) for name in ("numerator", "denominator", "low", "high")}
                where = (lower[by], of) if by else ("", "")
                yield _Indicator(row["slug"], row["definition"], where, value, rounding=float(row["rounding"]), **rest)


def _header_mistakes(
    header: list[str], known: list[_Indicator], meta: Mapping[str, str] | None, slug: str
) -> Iterator[Mistake]:
    for name in ees.MANDATORY:
        if name not in header:
            yield Mistake(1, name, "", f"There is no column '{name}', which every data file of the service has.",
                          "Download the file again, whole.")  # fmt: skip
    if not known:
        wanted = f" for {slug}" if slug else ""
        yield Mistake(1, "", "", f"No indicator of this file is known here{wanted}.",
                      "Use a small CSV with the columns slug, year, value, unit, definition, source.")  # fmt: skip
    for item in known:
        if item.numerator and not item.denominator:
            yield Mistake(1, item.value, "", f"The denominator of {item.slug} is missing.",
                          "Download the file with all its indicators.")  # fmt: skip
        unit = None if meta is None else meta.get(item.value)
        yield from _unit_mistakes(item, meta, unit)


def _unit_mistakes(item: _Indicator, meta: Mapping[str, str] | None, unit: str | None) -> Iterator[Mistake]:
    share = item.unit == "proportion"
    if meta is not None and unit is None:
        yield Mistake(
            1, item.value, "", "The meta file does not name this indicator.", "Use the meta file it came with."
        )
    elif unit is not None and share and unit not in {"%", ""}:
        yield Mistake(1, item.value, unit, f"Its unit is '{unit}', not per cent: the unit changed.",
                      "Check what the service now prints.")  # fmt: skip
    elif unit == "%" and item.unit == "points":
        yield Mistake(1, item.value, unit, f"{item.slug} is in points, not per cent: the unit changed.",
                      "Check what the service now prints.")  # fmt: skip
    elif meta is None and share and not item.numerator:
        yield Mistake(1, item.value, "", "Nothing proves that this is per cent: no counts and no meta file.",
                      "Put the meta file (name.meta.csv) beside it.")  # fmt: skip


def _base(record: Mapping[str, str], columns: tuple[str, ...], source: str) -> Row | None:
    """Year, area and group of a row, or None where they have no name here."""
    level = _LEVELS.get(record["geographic_level"])
    period = PERIODS.get(record["time_identifier"].casefold())
    parts = population(record, columns)
    if level is None or period is None or parts is None:
        return None
    try:
        year = years.parse(record["time_period"])
    except AfaEvalError:
        return None
    place = record[level]
    row = Row(slug="", definition=period, year=year, value=math.nan, source=source, area=AREAS.get(place, place))
    return about(row, parts)


def _figure(
    base: Row, record: Mapping[str, str], item: _Indicator, digits: int, line: int, mistakes: list[Mistake]
) -> Row | None:
    text = record[item.value]
    definition = item.definition if not base.definition else _SHORTER.get((item.definition, base.definition), "")
    if not definition:
        return None
    row = replace(base, slug=item.slug, definition=_dated(item.slug, definition, base.year))
    if text in SYMBOLS:
        return replace(row, symbol=text) if text else None
    numbers = {name: _number(record, getattr(item, name), line, mistakes)
               for name in ("value", "numerator", "denominator", "low", "high")}  # fmt: skip
    printed, above, of = numbers["value"], numbers["numerator"], numbers["denominator"]
    if printed is None:
        return None
    scale = 100.0 if item.unit == "proportion" else 1.0
    if above is not None and not of:
        message = f"{item.slug} has a numerator and no denominator."
        mistakes.append(Mistake(line, item.denominator, record[item.denominator], message, "Leave the row out."))
        return None
    if not _right(item, printed, above, of, digits):
        mistakes.append(_disagrees(item, printed, above, of, line))
        return None
    exact = printed / scale
    if above is not None and of:
        share = above / of * (100.0 if item.unit in PER_100 else 1.0)
        exact = share if abs(share - exact) <= 10.0**-digits / scale * 0.5000001 else exact  # counts may be rounded
    ends = [None if end is None else end / scale for end in (numbers["low"], numbers["high"])]
    return replace(
        row, value=exact, printed=printed / scale, numerator=above, denominator=of, low=ends[0], high=ends[1]
    )


def _dated(slug: str, definition: str, year: str) -> str:
    if slug == "eyfs-gld":
        return definition if year >= "202122" else "eyfs-2013"
    if slug == "attainment-8":
        return {"201516": "attainment-8-2016", "201617": "attainment-8-2017"}.get(
            year, "attainment-8-teacher-assessed" if year in {"201920", "202021"} else definition
        )
    return "ks2-2016" if definition == "ks2-2018" and year < "201718" else definition


def _number(record: Mapping[str, str], column: str, line: int, mistakes: list[Mistake]) -> float | None:
    text = record.get(column, "") if column else ""
    if text in SYMBOLS:
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        message = f"'{text}' is neither a number nor a symbol of the statistics service."
        mistakes.append(Mistake(line, column, text, message, "Write a plain number."))
        return None
    return value if math.isfinite(value) else None


def _right(item: _Indicator, printed: float, above: float | None, of: float | None, digits: int) -> bool:
    """Does what is printed follow from its own counts, in per cent (or per 100, or points)?"""
    if item.unit == "proportion" and not 0 <= printed <= 100:
        return False
    if above is None or not of:
        return True
    hundred = item.unit == "proportion" or item.unit in PER_100
    digit, shown = 10.0**-digits, printed
    if hundred:
        digit, shown = digit / 100, printed / 100
    return agrees(shown, above, of, digit=digit + _COUNT, rounding=item.rounding)


def _disagrees(item: _Indicator, printed: float, above: float | None, of: float | None, line: int) -> Mistake:
    if above is None or not of:
        return Mistake(line, item.value, f"{printed:g}", f"{printed:g} is no percentage.", "Check the unit.")
    share = above / of * (1.0 if item.unit == "points" else 100.0)
    message = f"{item.slug} is printed {printed:g}, but {above:g} of {of:g} is {share:.4g}."
    fraction = item.unit == "proportion" and math.isclose(printed * 100, share, rel_tol=0.02, abs_tol=0.006)
    fix = "The percentage is given as a fraction: multiply by 100." if fraction else "The unit or a column changed."
    return Mistake(line, item.value, f"{printed:g}", message, fix)


def series_mistakes(found: Sequence[tuple[int, Row]]) -> list[Mistake]:
    """Which series mix two definitions, or change their unit from one year to the next?

    Parameters
    ----------
    found : sequence of (int, Row)
        Row of the file and figure.

    Returns
    -------
    list of Mistake
        One for each series, at its first wrong row.
    """
    series: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for line, row in found:
        key = (row.slug, row.area, row.sen, row.need, row.phase, row.year_group, row.sex, row.fsm)
        series.setdefault(key, []).append((line, row))
    return [mistake for group in series.values() for mistake in (*_mixed(group), *_jumped(group))]


def _newest(found: list[tuple[int, Row]], versions: Mapping[int, str]) -> list[tuple[int, Row]]:
    """Of a figure that a file prints in several versions (provisional, revised, final) the last."""
    best: dict[tuple[str, ...], int] = {}
    ranks = {line: VERSIONS.get(version.casefold(), -1) for line, version in versions.items()}
    for line, row in found:
        key = (*row.series, row.year, row.area)
        best[key] = max(best.get(key, -1), ranks[line])
    kept = [(line, row) for line, row in found if ranks[line] == best[(*row.series, row.year, row.area)]]
    return [(line, replace(row, note="Provisional.") if ranks[line] == 0 else row) for line, row in kept]


def _twice(found: Sequence[tuple[int, Row]]) -> Iterator[Mistake]:
    seen: dict[tuple[str, ...], tuple[int, float]] = {}
    for line, row in found:
        if row.symbol:
            continue
        first, value = seen.setdefault((*row.series, row.year, row.area), (line, row.value))
        if first != line:
            same = "again" if value == row.value else f"again, as {row.value:g} after {value:g}"
            message = f"The figure of row {first} ({row.slug}, {row.year}, {row.area}) stands here {same}."
            yield Mistake(line, "", "", message, "Keep one group of pupils in each row, named by its filters.")


def _any_sen(found: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Support and plans added up, where both counts are printed and any SEN is not."""
    by: dict[tuple[str, ...], dict[str, tuple[int, Row]]] = {}
    for line, row in found:
        if not row.need:
            key = (*row.series[:2], *row.series[4:], row.year, row.area)
            by.setdefault(key, {})[row.sen] = (line, row)
    made = []
    for groups in by.values():
        parts = [groups[name][1] for name in ("support", "ehcp") if name in groups]
        if "any" in groups or len(parts) < 2 or any(part.numerator is None or not part.denominator for part in parts):
            continue
        above = sum(part.numerator or 0.0 for part in parts)
        of = sum(part.denominator or 0.0 for part in parts)
        per = 100.0 if store.measures()[parts[0].slug].unit in PER_100 else 1.0
        note = "SEN support and EHC plans or statements added up."
        whole = replace(parts[0], sen="any", value=above / of * per, printed=None, numerator=above, denominator=of,
                        low=None, high=None, note=note)  # fmt: skip
        made.append((groups["support"][0], whole))
    return made


def _mixed(group: list[tuple[int, Row]]) -> Iterator[Mistake]:
    by: dict[str, set[str]] = {}
    for _, row in group:
        by.setdefault(row.definition, set()).add(row.year)
    every = set().union(*by.values())
    if len(by) < 2 or any(held == every for held in by.values()) or group[0][1].slug in DATED_SERIES:
        return
    first = min(group, key=lambda item: item[1].year)[1].definition
    line, row = next(item for item in group if item[1].definition != first)
    message = f"This series of {row.slug} mixes two definitions: {first} and {row.definition}."
    yield Mistake(line, "definition", row.definition, message, "Keep each definition in a file of its own.")


DATED_SERIES = frozenset({"attainment-8", "ks2-rwm-expected", "eyfs-gld"})  # each year has its own, in the store too


def _jumped(group: list[tuple[int, Row]]) -> Iterator[Mistake]:
    """A share that is 50 times last year's is the same share in another unit."""
    shown = sorted(
        ((row.year, line, row) for line, row in group if not row.symbol and row.value > 0), key=lambda x: x[0]
    )
    for (_, _, before), (_, line, after) in pairwise(shown):
        ratio = after.value / before.value
        if before.definition == after.definition and not 0.02 < ratio < 50 and before.year != after.year:
            message = f"{after.slug} goes from {before.value:g} in {before.year} to {after.value:g} in {after.year}: "
            yield Mistake(
                line, "value", f"{after.value:g}", message + "the unit changed.", "Write all years in one unit."
            )
            return


def _nothing(skipped: int) -> Mistake:
    message = f"None of its {skipped} rows is about England, a region or an authority and a group that is known here."
    return Mistake(1, "", "", message, "Check that it is the file you meant.")
