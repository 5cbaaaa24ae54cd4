"""From a release to what the templates see, with its charts and public files written beside the pages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from afa_eval.disclosure import estimates_csv, refuse_unregistered, write
from afa_eval.disclosure.records import Release, ReleasedEstimate, ReleasedTable
from afa_eval.errors import ReportError
from afa_eval.estimate import Estimand, Finding, Severity, words
from afa_eval.estimate.words import plain, sentences
from afa_eval.report import accounts, figures, flows, layout
from afa_eval.report.arms import NAME as ARMS
from afa_eval.report.arms import arms_drawings
from afa_eval.report.context import PROGRAMME_HEADINGS, Book, Outcome
from afa_eval.report.costs import cost_band
from afa_eval.report.kept import Drawings
from afa_eval.report.likeness import likeness_drawings
from afa_eval.report.lines import ALL, line
from afa_eval.report.numbers import FILES, with_file
from afa_eval.report.own_words import own_words
from afa_eval.report.pieces import Chart, Grid, Limitation, page_name
from afa_eval.report.subgroups import by_breakdown

TOLD_ELSEWHERE = {"comparators", "steps"}  # on the methods page, and among who took part
GRAVITY = {Severity.SERIOUS: 0, Severity.CONCERN: 1, Severity.NOTE: 2}
SELECTED = {
    "low-baseline": "pupils with low scores before it began",
    "nominated": "pupils named by their teachers",
    "all": "everyone; no pupil was picked out",
}

FROM = {"sen": ", among pupils with SEN"}
Save = Callable[[figures.Drawing], Chart]


def assemble(release: Release, folder: Path, drawings: Drawings | None = None) -> Book:
    """What do the templates see?

    Parameters
    ----------
    release : Release
        What may leave.
    folder : Path
        The pages' folder; drawings go to ``charts``, CSV files to ``files`` in it.
    drawings : Drawings, optional
        Those of the last book.

    Returns
    -------
    Book
        Everything in words.

    Raises
    ------
    ReportError
        Where a chart cannot be drawn or the plan's words lack a title or outcomes.
    DisclosureError
        Where anything in it did not pass disclosure control.
    """
    refuse_unregistered(release)
    about = release.about
    if not about.get("title") or not about.get("outcomes"):
        raise ReportError("The book needs a title and at least one outcome in the plan's words.")
    write(release, folder / FILES)
    save = partial(figures.save, folder=folder, drawings=drawings)
    outcomes = tuple(_outcome(release, entry, folder, save) for entry in about["outcomes"])
    labels = {outcome.id: outcome.label for outcome in outcomes}
    return Book(
        title=str(about["title"]),
        organisation=str(about.get("organisation") or ""),
        period=_period(about.get("period")),
        n_schools=_schools(about.get("n_schools")),
        programme=programme(about.get("programme") or {}, measures(str(about.get("plan_text") or ""))),
        outcomes=outcomes,
        pupil_flows=pupil_flows(release, outcomes, save),
        participants=participants(release, folder),
        coverage=_tables(release, folder, "coverage"),
        coverage_charts=tuple(map(save, figures.coverage_drawings(release))),
        other=_tables(release, folder, ""),
        flow=accounts.file_steps(release.flow),
        faults=release.faults,
        subgroups=by_breakdown(outcomes),
        cost_band=cost_band(about.get("programme") or {}),
        findings=accounts.by_severity(accounts.limitations(release.findings, labels)),
        words=own_words(str(about.get("words") or "")),
        policy=release.policy,
        profile=release.profile,
        plan_text=str(about.get("plan_text") or ""),
        manifest=accounts.manifest_rows(
            {key: value for key, value in release.manifest.items() if key not in TOLD_ELSEWHERE}
        ),
        references=references({str(entry.get("design", "")) for entry in about["outcomes"]}),
        comparators=_comparators(release),
        cite=citation(about),
        likeness=tuple(map(save, [*likeness_drawings(release), *arms_drawings(release)])),
    )


def _period(period: Any) -> str:
    if not period:
        return ""
    return words.years(f"{period['before']}-{period['after']}")


def _schools(count: Any) -> str:
    return "" if not count else "1 school" if count == 1 else f"{count:,} schools"


def _outcome(release: Release, entry: dict[str, Any], folder: Path, save: Save) -> Outcome:
    key, design, focus = str(entry["id"]), str(entry.get("design", "")), str(entry.get("focus") or "")
    lines = tuple(line(item) for item in release.estimates if item.outcome == key and _tells(item))
    file = f"{FILES}/{page_name(key).removeprefix('outcome-')}.csv"
    (folder / file).write_text(estimates_csv(release, key), encoding="utf-8")
    return Outcome(
        id=key,
        page=page_name(key),
        label=str(entry.get("label") or key),
        design=design,
        question=str(entry.get("question") or ""),
        focus=focus,
        primary=bool(entry.get("primary")),
        before=words.years(str(entry.get("before") or "")),
        after=words.years(str(entry.get("after") or "")),
        lines=lines,
        headline=layout.headline(lines, design, focus, entry.get("headline") or ()),
        main=layout.main_section(lines, design, focus),
        sections=layout.other_sections(lines, design, focus),
        charts=tuple(map(save, figures.outcome_drawings(release, entry))),
        tables=_outcome_tables(release, key, folder),
        findings=_gravest_first([item for item in release.findings if key in item.outcomes], release),
        file=file,
    )


def _tells(item: ReleasedEstimate) -> bool:
    """Whether a page can say what it means: a bare test statistic says nothing."""
    return item.estimand != Estimand.MARGINAL_HOMOGENEITY or item.value is None or plain.p_value(item) is not None


def _gravest_first(findings: Sequence[Finding], release: Release) -> tuple[Limitation, ...]:
    labels = {str(entry["id"]): str(entry.get("label") or entry["id"]) for entry in release.about["outcomes"]}
    return accounts.limitations(sorted(findings, key=lambda item: GRAVITY[item.severity]), labels)


def pupil_flows(release: Release, outcomes: Sequence[Outcome], save: Save) -> tuple[Chart, ...]:
    """How did the pupils of each primary outcome come to be counted?

    Parameters
    ----------
    release : Release
        What may leave.
    outcomes : sequence of Outcome
        As pages know them.
    save : callable
        Writes a drawing beside the pages.

    Returns
    -------
    tuple of Chart
        Each says how many of them the headline is about.
    """
    known = {outcome.id: outcome for outcome in outcomes}
    return tuple(
        replace(save(drawing), note=_of_them(known[str(entry["id"])]))
        for entry, drawing in flows.flow_drawings(release)
    )


def _of_them(outcome: Outcome) -> str:
    found = outcome.headline
    if found is None or not found.counted or found.item.group == ALL:
        return ""
    return f"Of them, {found.counted} are in the headline of {outcome.label}: {found.who}."


def _place(released: ReleasedTable) -> str:
    """Where a table that belongs to no outcome's page stands."""
    return next((name for name in ("participants", "england", "coverage") if released.table.name.startswith(name)), "")


def participants(release: Release, folder: Path) -> tuple[Grid, ...]:
    """Who took part, beside England where England's figures are published?

    Parameters
    ----------
    release : Release
        With tables ``participants-...`` (counts) and ``england-...`` (shares of the same rows).
    folder : Path
        The pages' folder.

    Returns
    -------
    tuple of Grid
        A table for each characteristic; a share only where count and total are shown.
    """
    tables = {one.table.name: one for one in release.tables}
    made = []
    for name, released in tables.items():
        if name.startswith("participants"):
            england = tables.get(f"england-{name.removeprefix('participants-')}")
            made.append(_beside_england(with_file(released, folder), released, england))
    return tuple(made)


def _beside_england(plain: Grid, released: ReleasedTable, england: ReleasedTable | None) -> Grid:
    inner = released.table
    counts = [row[0] for row in inner.cells]
    total = counts[inner.rows.index("Total")] if "Total" in inner.rows else None
    national = {} if england is None else dict(zip(england.table.rows, england.table.cells, strict=True))
    rows = []
    for label, printed, count in zip(inner.rows, plain.rows, counts, strict=True):
        share = words.short(count / total, "proportion") if count is not None and total else "[c]"
        line = national.get(label, (None,))[0]
        there = (words.short(line, "proportion") if line is not None else "",) if national else ()
        rows.append((*printed, share, *there))
    topic = layout.BREAKDOWNS.get(inner.row_label, inner.row_label.replace("_", " "))
    title = f"{inner.title}, by {topic}" if topic else inner.title
    header = ("Group", *plain.header[1:], "Share", *(("England",) if national else ()))
    note = england.table.note if england is not None else plain.note
    note = _YEAR.sub(lambda code: words.years(code[0]), note)
    return replace(plain, title=title, header=header, rows=tuple(rows), note=f"England: {note}." if england else note)


def _tables(release: Release, folder: Path, place: str) -> tuple[Grid, ...]:
    found = [one for one in release.tables if _place(one) == place and (place or not one.table.outcome)]
    return tuple(with_file(one, folder) for one in found)


def _outcome_tables(release: Release, outcome: str, folder: Path) -> tuple[Grid, ...]:
    own = [one for one in release.tables if one.table.outcome == outcome and not _place(one)]
    found = [one for one in own if not one.table.name.startswith(ARMS)]  # told beside who took part
    return tuple(with_file(one, folder) for one in found)


def programme(told: dict[str, Any], measures: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """What was done, for whom, how much, as headings and texts?

    Parameters
    ----------
    told : dict
        The plan's ``[programme]``.
    measures : mapping of str to str, optional
        Columns of scores and the outcomes' labels that they belong to.

    Returns
    -------
    tuple of (str, str)
        In the plan's order; keys without text are left out.

    Examples
    --------
    >>> programme({"name": "Reading together", "start": "202209", "how_much": "30 minutes a day"})
    (('Programme', 'Reading together'), ('Began', 'September 2022'), ('How much', '30 minutes a day'))
    """
    said = []
    for key, value in told.items():
        text = (
            _selection(value, measures or {})
            if key == "selection"
            else _month(str(value))
            if key == "start"
            else str(value or "")
        )
        if text:
            heading = key.replace("_", " ")
            said.append((PROGRAMME_HEADINGS.get(key, heading[:1].upper() + heading[1:]), text))
    return tuple(said)


_YEAR = re.compile(r"\b20\d{4}\b")
YEAR = ("January", "February", "March", "April", "May", "June", "July")
MONTHS = (*YEAR, "August", "September", "October", "November", "December")


def _month(code: str) -> str:
    if len(code) == 6 and code.isdigit() and 1 <= int(code[4:]) <= 12:
        return f"{MONTHS[int(code[4:]) - 1]} {code[:4]}"
    return code


def measures(plan_text: str) -> dict[str, str]:
    r"""Which outcome does a column of scores belong to?

    Parameters
    ----------
    plan_text : str
        The plan, word for word.

    Returns
    -------
    dict
        Column to the first score's name in words; empty where the text is no plan.

    Examples
    --------
    >>> measures('[[outcome]]\nid = "reading"\nlabel = "Reading"\nbaseline = "read_1"\noutcome = "read_2"')
    {'read_1': 'the first score in reading', 'read_2': 'the last score in reading'}
    """
    try:
        plan = tomllib.loads(plan_text)
    except tomllib.TOMLDecodeError:
        return {}
    found: dict[str, str] = {}
    for entry in plan.get("outcome", []):
        label = sentences.lower(str(entry.get("label") or entry.get("id") or ""))
        for key, which in (("baseline", "first"), ("outcome", "last")):
            if isinstance(entry.get(key), str) and label:
                found.setdefault(entry[key], f"the {which} score in {label}")
    return found


def _selection(value: Any, measures: Mapping[str, str]) -> str:
    if not isinstance(value, dict):
        return str(value or "")
    how = SELECTED.get(str(value.get("how", "")), str(value.get("how", "")))
    column = str(value.get("measure") or "")
    measure = f", by {measures.get(column, column.replace('_', ' '))}" if column else ""
    among = FROM.get(str(value.get("from") or ""), "")
    return how[:1].upper() + how[1:] + measure + among


@cache
def _references() -> dict[str, Any]:
    return tomllib.loads(files("afa_eval.report").joinpath("data", "references.toml").read_text("utf-8"))


def references(designs: set[str]) -> tuple[str, ...]:
    """Which works does the methods page cite?

    Parameters
    ----------
    designs : set of str
        Slugs of the designs in the book.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    wanted = designs | {"all"}
    return tuple(sorted(entry["text"] for entry in _references().values() if wanted & set(entry["for"])))


def _comparators(release: Release) -> tuple[str, ...]:
    lines = [item.comparator for item in release.estimates if item.comparator is not None]
    told = []
    for one in lines:
        name = sentences.capital(one.slug.replace("-", " ")).replace("Ks", "KS").replace(" ks", " KS")
        defined = f" ({one.definition})" if one.definition else ""
        told.append(f"{name}{defined}: {', '.join(part for part in (one.source, one.release, one.licence) if part)}")
    return tuple(dict.fromkeys(told))


def citation(about: dict[str, Any]) -> str:
    """How is this book cited?

    Parameters
    ----------
    about : dict
        The plan's words.

    Returns
    -------
    str
        Author, title, what made it.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        made = f" Evaluation book made with afa_eval {version('afa-eval')}."
    except PackageNotFoundError:
        made = " Evaluation book made with afa_eval."
    author = str(about.get("organisation") or "").rstrip(".")
    return (f"{author}. " if author else "") + f"{str(about['title']).rstrip('.')}." + made


def charts_of(book: Book) -> tuple[Chart, ...]:
    """Which drawings does a book have?

    Parameters
    ----------
    book : Book
        As assembled.

    Returns
    -------
    tuple of Chart
        Of outcomes first.
    """
    inside = tuple(chart for outcome in book.outcomes for chart in outcome.charts)
    return inside + book.coverage_charts + book.pupil_flows + book.likeness
