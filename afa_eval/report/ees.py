"""A book's figures in the shape of Explore Education Statistics: one CSV, and the meta file that explains its columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from afa_eval.disclosure.files import digits
from afa_eval.disclosure.records import Release
from afa_eval.report.context import Book, Outcome
from afa_eval.report.lines import Line

NAME = "statistics"
# the level MAT has the columns trust_id and trust_name, and no row may leave either empty: the geography matrix of DfE's
# screener (dfe-published-data-qa, data/geography_matrix.csv); the trust writes its own number in before it hands the file over
TIME = ("time_period", "time_identifier", "geographic_level", "country_code", "country_name", "trust_id", "trust_name")
FILTERS = (
    ("outcome", "Outcome", "What was evaluated"),
    ("figure", "Figure", "What kind of figure it is"),
    ("unit", "Unit", "What the estimate is counted in"),
    ("pupil_group", "Group", "Who it is about"),
    ("set_against", "Set against", "The national value it is set against"),
    ("claim", "Claim", "What may be concluded: a change is not an effect"),
)
INDICATORS = (
    ("estimate", "Estimate", "Estimates", ""),
    ("conf_low", "Lower end of the 95% confidence interval", "Estimates", ""),
    ("conf_high", "Upper end of the 95% confidence interval", "Estimates", ""),
    ("number_counted", "Number counted", "Numbers counted", "0"),
    ("number_schools", "Number of schools", "Numbers counted", "0"),
)
META = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column",
)  # fmt: skip
HUNDREDFOLD = {"proportion": "Per cent", "relative change": "Per cent", "proportion difference": "Percentage points"}
YEAR = re.compile(r"^20\d{4}$")


def write_ees(release: Release, book: Book, folder: Path) -> tuple[Path, Path] | None:
    """Where are the figures as the statistics service takes them?

    Parameters
    ----------
    release : Release
        For the academic years of its outcomes.
    book : Book
        As templates see it.
    folder : Path
        Where the files go.

    Returns
    -------
    tuple of Path, or None
        ``statistics.csv`` and ``statistics.meta.csv``; None where no outcome has an academic year,
        without which the service takes no row.
    """
    periods = {str(entry["id"]): _periods(release, entry) for entry in release.about["outcomes"]}
    # a trust's figures are no national statistics; its number in the register of trusts is not known here
    place = ("Academic year", "MAT", "E92000001", "England", "", book.organisation or book.title)
    rows = [row for outcome in book.outcomes for row in _rows(outcome, periods[outcome.id], place)]
    if not rows:
        return None
    data, meta = folder / f"{NAME}.csv", folder / f"{NAME}.meta.csv"
    header = (*TIME, *(name for name, _, _ in FILTERS), *(name for name, _, _, _ in INDICATORS))
    data.write_text(_csv([header, *rows]), encoding="utf-8")
    meta.write_text(_csv([META, *_meta()]), encoding="utf-8")
    return data, meta


def _periods(release: Release, entry: dict[str, object]) -> tuple[str, str]:
    """The two academic years of an outcome, its own or the evaluation's; empty where there are none."""
    common = release.about.get("period") or {}
    before, after = (str(entry.get(end) or common.get(end) or "") for end in ("before", "after"))
    after = after or before
    return (before or after, after) if YEAR.match(after) else ("", "")


def _rows(outcome: Outcome, period: tuple[str, str], place: tuple[str, ...]) -> list[tuple[str, ...]]:
    before, after = period
    if not after:
        return []
    made: dict[tuple[str, ...], tuple[str, ...]] = {}
    for one in outcome.lines:
        year = before if str(one.item.estimand).endswith("_before") else after
        unit = HUNDREDFOLD.get(one.item.unit, one.item.unit.capitalize() or "Number")
        against = one.against if one.item.comparator is not None else "Nothing"
        key = (year, *place, outcome.label, one.title, unit, one.group, against, str(one.item.claim).capitalize())
        made.setdefault(key, _numbers(one))
    return [(*key, *numbers) for key, numbers in made.items()]


def _numbers(one: Line) -> tuple[str, ...]:
    """Numbers, or the service's symbol where there is none."""
    item, times = one.item, 100.0 if one.item.unit in HUNDREDFOLD else 1.0
    hidden = item.status or "x"
    low, high = item.ci or (None, None)
    ends = ("z" if not one.hidden else hidden) if item.ci is None else ""
    return (
        hidden if item.value is None else digits(item.value * times),
        *(ends or digits(end * times if end is not None else None) for end in (low, high)),
        *("c" if n is None else digits(n) for n in (item.n_pupils, item.n_schools)),
    )


def _meta() -> list[tuple[str, ...]]:
    filters: list[tuple[str, ...]] = [(name, "Filter", label, "", "", "", hint, "") for name, label, hint in FILTERS]
    return filters + [(name, "Indicator", label, kind, "", dp, "", "") for name, label, kind, dp in INDICATORS]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[_kept(cell) for cell in row] for row in rows])
    return stream.getvalue()


def _kept(text: str) -> str:
    """Text that a spreadsheet would take for a formula is kept as text; numbers stay numbers."""
    return f"'{text}" if re.match(r"^[=+@\t\r]|^-(?![\d.])", text) else text
