"""A user's own comparator file: a small CSV, every fault of it named at once, then found like ours."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from afa_eval.codes import needs, years
from afa_eval.comparators import own_checks, store
from afa_eval.comparators.asking import PHASES, population
from afa_eval.comparators.ees_csv import series_mistakes
from afa_eval.comparators.own_ees import from_ees
from afa_eval.comparators.own_records import ComparatorFile, OwnComparator
from afa_eval.comparators.rows import Row
from afa_eval.data.ees import SYMBOLS, is_ees
from afa_eval.errors import AfaEvalError, ComparatorError
from afa_eval.estimate.records import Comparator, Fault

NEEDED = ("slug", "year", "value", "unit", "definition", "source")
OPTIONAL = (
    "sen",
    "need",
    "phase",
    "year_group",
    "sex",
    "fsm",
    "area",
    "start_low",
    "start_high",
    "numerator",
    "n",
    "sd",
    "reliability",
    "low",
    "high",
    "status_timing",
    "release",
    "licence",
    "note",
)
GROUPS = ("all", "none", "any", "support", "ehcp")
_CHOICES = {"sen": GROUPS, "phase": PHASES, "sex": ("F", "M"), "fsm": ("yes", "no")}
MOST_TOLD = 20  # faults in one message; ``check_file`` gives them all
_PER_CENT = frozenset({"%", "percent", "per cent", "percentage"})


def read(path: str | Path) -> ComparatorFile:
    """Which figures does a user's own comparator file hold?

    Parameters
    ----------
    path : str or Path
        A CSV with the columns ``slug, year, value, unit, definition, source`` and any of
        ``sen, need, phase, year_group, sex, fsm, area, start_low, start_high, numerator, n, sd,
        reliability, low, high, status_timing, release, licence, note``; or a data file of the
        statistics service as downloaded, with its ``name.meta.csv`` beside it.

    Returns
    -------
    ComparatorFile
        Its rows as comparators.

    Raises
    ------
    ComparatorError
        With everything that is wrong, by row and column, and how to mend it.
    """
    where = Path(path)
    if not where.is_file():
        raise ComparatorError(f"There is no comparator file {where}.")
    about = where.stat()
    return _read(where, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=8)  # a design asks once for every group
def _read(path: Path, _changed: int, _size: int) -> ComparatorFile:
    found, faults = check_file(path)
    if faults:
        told = [f"  row {fault.row}, {fault.column}: {fault.message} {fault.fix}" for fault in faults[:MOST_TOLD]]
        told += [f"  and {len(faults) - MOST_TOLD:,} more."] if len(faults) > MOST_TOLD else []
        listed = "\n".join(told)
        raise ComparatorError(f"{path.name} cannot be used as a comparator:\n{listed}")
    return found


def check_file(path: str | Path) -> tuple[ComparatorFile, tuple[Fault, ...]]:
    """What is in a user's comparator file, and what is wrong with it?

    Parameters
    ----------
    path : str or Path
        As ``read``.

    Returns
    -------
    tuple
        The rows that can be used, and all faults.

    Raises
    ------
    ComparatorError
        Where there is no such file.
    """
    where = Path(path)
    if not where.is_file():
        raise ComparatorError(f"There is no comparator file {where}.")
    try:
        lines = where.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ComparatorError(f"{where.name} is no CSV in UTF-8; save it as 'CSV UTF-8'.") from error
    if wrong := own_checks.no_commas(lines[0] if lines else ""):
        raise ComparatorError(f"{where.name}: {wrong}")
    if is_ees([name.strip().strip('"') for name in (lines[0] if lines else "").split(",")]):
        return from_ees(where, lines)
    return _small(where, lines)


def _small(where: Path, lines: list[str]) -> tuple[ComparatorFile, tuple[Fault, ...]]:
    reader = csv.DictReader(lines)
    header = [str(name).strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    records = [({key: str(value or "").strip() for key, value in row.items() if key}, row.get(None) or [])
               for row in reader]  # fmt: skip
    log = _Log(where.name)
    log.all(1, own_checks.of_header(header, NEEDED, OPTIONAL))
    rows: list[OwnComparator] = []
    if not log.faults:
        if not records:
            log.add(1, "", "", "The file has a header and no rows.", "Add one row for each figure.")
        for number, (record, extra) in enumerate(records, start=2):
            before = len(log.faults)
            log.all(number, own_checks.of_row(record, extra))
            item = _row(record, number, log)
            if item is not None and len(log.faults) == before:
                rows.append(item)
        _check_mixed(rows, log)
    return ComparatorFile(where.name, tuple(rows)), tuple(log.faults)


class _Log:
    """All faults so far of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def all(self, row: int, troubles: Iterable[own_checks.Trouble]) -> None:
        for trouble in troubles:
            self.add(row, *trouble)

    def add(self, row: int, column: str, value: str, message: str, fix: str) -> None:
        self.faults.append(
            Fault(
                severity="error",
                code="AFA701",
                file=self.file,
                row=row,
                column=column,
                value=value,
                message=message,
                fix=fix,
            )
        )


def _row(record: dict[str, str], number: int, log: _Log) -> OwnComparator | None:
    before = len(log.faults)
    year = _year(record, number, log)
    numbers = {
        name: _number(record, name, number, log) for name in ("value", "start_low", "start_high", "numerator", "n")
    }
    numbers |= {name: _number(record, name, number, log) for name in ("sd", "reliability", "low", "high")}
    parts = {name: _choice(record, name, number, log) for name in _CHOICES}
    parts["need"] = _need(record, number, log)
    parts["year_group"] = record.get("year_group", "").removesuffix(".0")
    for name in ("slug", "unit", "definition", "source"):
        if not record.get(name):
            log.add(number, name, "", "This is empty.", f"A comparator has its {name}; write it.")
    _check_unit(record, numbers, number, log)
    _check_counts(record, numbers, number, log)
    if len(log.faults) > before or year is None or numbers["value"] is None:
        return None
    return _own(record, year, numbers["value"], numbers, parts, number)


def _year(record: dict[str, str], number: int, log: _Log) -> str | None:
    try:
        return years.parse(record.get("year", ""))
    except AfaEvalError as error:
        log.add(number, "year", record.get("year", ""), str(error), "Write the academic year as 202324.")
    return None


def _number(record: dict[str, str], name: str, number: int, log: _Log) -> float | None:
    text = record.get(name, "")
    if not text:
        if name == "value":
            log.add(number, name, "", "There is no value.", "Write the figure, or leave the row out.")
        return None
    try:
        value = float(text)
    except ValueError:
        fix = "Write a plain number, without commas or signs."
        fix = f"Write {_proportion(text)}." if text.endswith("%") else fix
        fix = "Where a figure is hidden, leave the row out." if text in SYMBOLS else fix
        log.add(number, name, text, f"'{text}' is no number.", fix)
        return None
    if not math.isfinite(value):
        log.add(number, name, text, f"'{text}' is no number.", "Leave the cell empty where there is none.")
        return None
    return value


def _proportion(text: str) -> str:
    try:
        return f"{float(text.rstrip('% ')) / 100:.6g} as a proportion"
    except ValueError:
        return "a proportion between 0 and 1"


def _choice(record: dict[str, str], name: str, number: int, log: _Log) -> str:
    empty = "all" if name in {"sen", "phase"} else ""
    text = record.get(name, "") or empty
    known = _CHOICES[name]
    if text and text not in known:
        log.add(number, name, text, f"'{text}' is no {name}.", f"Write one of: {', '.join(known)}.")
    return text


def _need(record: dict[str, str], number: int, log: _Log) -> str:
    text = record.get("need", "")
    if not text:
        return ""
    try:
        return needs.parse(text)
    except AfaEvalError as error:
        log.add(number, "need", text, str(error), "Write a need code, for example ASD.")
    return ""


def _check_unit(record: dict[str, str], numbers: dict[str, float | None], number: int, log: _Log) -> None:
    slug, unit, value = record.get("slug", ""), record.get("unit", ""), numbers["value"]
    measure = store.measures().get(slug)
    if unit.lower() in _PER_CENT:
        shown = "" if value is None else f", and the value as {value / 100:.6g} if it is {value:g} per cent"
        log.add(
            number, "unit", unit, "Shares are proportions here, not per cent.", f"Write the unit as proportion{shown}."
        )
    elif measure is not None and unit and unit != measure.unit:
        log.add(
            number, "unit", unit, f"{slug} is in {measure.unit}.", f"Write {measure.unit}, or use a slug of your own."
        )
    if unit == "proportion" and value is not None and not 0 <= value <= 1:
        fix = (
            f"Write {value / 100:.6g} if it is {value:g} per cent."
            if 1 < value <= 100
            else "Write a number from 0 to 1."
        )
        log.add(number, "value", record.get("value", ""), f"{value:g} is no proportion.", fix)


def _check_counts(record: dict[str, str], numbers: dict[str, float | None], number: int, log: _Log) -> None:
    value, above, of = numbers["value"], numbers["numerator"], numbers["n"]
    if of is not None and (of <= 0 or of != int(of)):
        log.add(
            number, "n", record.get("n", ""), "The number counted must be a whole number above 0.", "Write it in full."
        )
    if above is not None and of is None:
        log.add(number, "n", "", "There is a numerator and no n.", "Write how many were counted, or leave both out.")
    if record.get("unit") == "proportion" and None not in (value, above, of) and of:
        share = float(above or 0) / of
        if abs(share - float(value or 0)) > 0.0051:
            message = f"The value is {value:g}, but {above:g} of {of:g} is {share:.4f}."
            log.add(number, "value", record.get("value", ""), message, "Mend whichever is wrong.")
    if numbers["sd"] is not None and numbers["sd"] <= 0:
        log.add(number, "sd", record.get("sd", ""), "A standard deviation is above 0.", "Leave it empty where unknown.")
    if numbers["reliability"] is not None and not 0 < numbers["reliability"] <= 1:
        log.add(number, "reliability", record.get("reliability", ""), "A reliability lies between 0 and 1.", "Mend it.")
    log.all(number, own_checks.of_interval(record, numbers))
    low, high = numbers["start_low"], numbers["start_high"]
    if low is not None and high is not None and low > high:
        log.add(number, "start_low", record.get("start_low", ""), "It is above start_high.", "Exchange the two.")


def _check_mixed(rows: list[OwnComparator], log: _Log) -> None:
    """One figure twice, or one measure in one year under several units, is a mistake."""
    first: dict[tuple[object, ...], int] = {}
    unit_of: dict[tuple[str, str], tuple[str, int]] = {}
    for item in rows:
        about = item.comparator
        key = (about.slug, about.year, about.definition, about.population, item.start_low, item.start_high)
        if key in first:
            message = f"The same figure stands in row {first[key]}."
            log.add(item.row, "slug", about.slug, message, "Keep one of them.")
        first.setdefault(key, item.row)
        unit, row = unit_of.setdefault((about.slug, about.definition), (about.unit, item.row))
        if unit != about.unit:
            message = f"{about.slug} is in {about.unit} here and in {unit} in row {row}."
            log.add(item.row, "unit", about.unit, message, "Write them in one unit.")
    for mistake in series_mistakes([(item.row, _as_row(item)) for item in rows]):
        log.add(mistake.row, mistake.column, mistake.value, mistake.message, mistake.fix)


def _as_row(item: OwnComparator) -> Row:
    about = item.comparator
    start = f"{item.start_low} {item.start_high}" if item.start_low is not None or item.start_high is not None else ""
    return Row(
        slug=about.slug,
        definition=about.definition,
        year=about.year,
        value=about.value if about.unit == "proportion" else math.nan,
        source=about.source,
        area=f"{item.area} {start}".strip(),
        sen=item.sen,
        need=item.need,
        phase=item.phase,
        year_group=item.year_group,
        sex=item.sex,
        fsm=item.fsm,
    )


def _own(
    record: dict[str, str],
    year: str,
    value: float,
    numbers: dict[str, float | None],
    parts: dict[str, str],
    number: int,
) -> OwnComparator:
    area = record.get("area", "") or "England"
    low, high = numbers["start_low"], numbers["start_high"]
    who = population(parts, area, year)
    if low is not None or high is not None:
        who += f", start {'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
    ends = (numbers["low"], numbers["high"])
    comparator = Comparator(
        slug=record["slug"],
        value=value,
        year=year,
        population=who,
        definition=record["definition"],
        unit=record["unit"],
        n=None if numbers["n"] is None else int(numbers["n"]),
        numerator=numbers["numerator"],
        sd=numbers["sd"],
        reliability=numbers["reliability"],
        interval=None if ends[0] is None or ends[1] is None else (ends[0], ends[1]),
        status_timing=record.get("status_timing") or None,
        source=record["source"],
        release=record.get("release", ""),
        licence=record.get("licence", ""),
        note=record.get("note", ""),
    )
    return OwnComparator(comparator=comparator, area=area, start_low=low, start_high=high, row=number, **parts)
