"""Refreshing one measure from the statistics service into the user's own store, and what changed by it."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from afa_eval.codes import years
from afa_eval.comparators import bands, lookup, mix, store
from afa_eval.comparators.asking import population
from afa_eval.comparators.build import DRAFT, TABLES, level, write_figures
from afa_eval.comparators.ees_csv import Mistake, read_ees
from afa_eval.comparators.figure import PART_NAMES
from afa_eval.comparators.rows import Row
from afa_eval.comparators.service.cache import Kept
from afa_eval.comparators.service.client import Service
from afa_eval.errors import ComparatorError

LICENCE = "Open Government Licence v3.0"
FIRST = 5  # before every bundled source
_SETS = Path(__file__).parents[1] / "data" / "service_sets.csv"


@dataclass(frozen=True, slots=True)
class Change:
    """Which figure is new, other than before, or gone?

    Attributes
    ----------
    kind : str
        ``new``, ``changed`` or ``gone``.
    year, group : str
        Academic year and population in words.
    definition : str
        By which definition.
    before, after : float or None
        In the measure's unit.
    """

    kind: str
    year: str
    group: str
    definition: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What did a refresh bring?

    Attributes
    ----------
    slug, source, release : str
        Measure, publication, and which release: version or file, when it was fetched, and its hash.
    figures, hidden : int
        Figures, and cells with a symbol instead.
    skipped : int
        Rows about groups that have no name here.
    changes : tuple of Change
        Against the figures that ``find`` gave before.
    path : Path
        The user's record set.
    """

    slug: str
    source: str
    release: str
    figures: int
    hidden: int
    skipped: int
    changes: tuple[Change, ...]
    path: Path


def fetchable() -> tuple[str, ...]:
    """Which measures can be fetched?

    Returns
    -------
    tuple of str
        Their slugs.
    """
    return tuple(_sets())


def fetch(slug: str, service: Service | None = None) -> Fetched:
    """Which figures of a measure does the statistics service print now, and what changed?

    Parameters
    ----------
    slug : str
        The measure.
    service : Service, optional
        Who is asked; the Department where None.

    Returns
    -------
    Fetched
        The figures are in the user's own store, and ``find`` takes them first from now on.

    Raises
    ------
    ComparatorError
        Where the measure cannot be fetched, the service cannot be had, or its file has a mistake
        (all of them, by row); what was fetched before is then left alone.
    """
    chosen = _chosen(slug)
    if service is None:
        with Service(refresh=True) as opened:
            kept, version, units = _download(chosen, opened)
    else:
        kept, version, units = _download(chosen, service)
    release = f"{version}, fetched {kept.fetched[:10]}, sha256 {kept.sha256[:12]}"
    reading = read_ees(kept.body.decode("utf-8-sig").splitlines(), chosen["source"], meta=units, slug=slug)
    if reading.mistakes:
        raise ComparatorError(_refused(slug, reading.mistakes))
    rows = [row for _, row in reading.rows]
    changes = tuple(_changes(_now(slug), rows, chosen["source"]))
    known = {"release": release, "sha256": kept.sha256, "printed_to": str(10.0 ** -reading.decimals[slug])}
    path = _write(slug, rows, {**chosen, **known})
    forget()
    hidden = sum(1 for row in rows if row.symbol)
    return Fetched(slug, chosen["title"], release, len(rows) - hidden, hidden, reading.skipped, changes, path)


def forget() -> None:
    """Look again at what the user fetched."""
    store.forget()
    lookup.forget()
    mix.forget()


def _sets() -> dict[str, dict[str, str]]:
    with _SETS.open(encoding="utf-8", newline="") as file:
        return {row["slug"]: {**row, "source": f"{row['source']}-{row['slug']}"} for row in csv.DictReader(file)}


def _chosen(slug: str) -> dict[str, str]:
    sets = _sets()
    if slug not in sets:
        near = get_close_matches(slug, sets, n=3, cutoff=0.5)
        hint = f"Nearest: {', '.join(near)}." if near else f"There are: {', '.join(sets)}."
        raise ComparatorError(f"'{slug}' cannot be fetched. {hint}")
    return sets[slug]


def _download(chosen: Mapping[str, str], service: Service) -> tuple[Kept, str, dict[str, str] | None]:
    """The file, its release, and the unit of each indicator where the service tells it."""
    if chosen["kind"] == "file":
        return service.file(chosen["id"]), f"file {chosen['id']}", None
    about = service.data_set(chosen["id"])
    if about.status.casefold() == "withdrawn":
        instead = f" Use {about.superseded_by}." if about.superseded_by else ""
        raise ComparatorError(f"The Department withdrew the data set '{about.title}'.{instead}")
    version = about.latest.version
    units = {item.column: item.unit for item in service.meta(about.id, version).indicators}
    old = f" (deprecated, replaced by {about.superseded_by})" if about.superseded_by else ""
    return service.csv(about.id, version), f"data set {about.id}{old} version {version}", units


def _refused(slug: str, mistakes: Sequence[Mistake]) -> str:
    listed = "\n".join(f"  row {item.row}, {item.column}: {item.message} {item.fix}" for item in mistakes[:20])
    more = f"\n  and {len(mistakes) - 20} more" if len(mistakes) > 20 else ""
    return f"The statistics service's file cannot be used for {slug}; nothing was changed:\n{listed}{more}"


def _write(slug: str, rows: Sequence[Row], about: Mapping[str, str]) -> Path:
    path = store.user_folder() / f"{slug}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    areas = {name: number for number, name in enumerate(sorted({row.area for row in rows}))}
    connection = sqlite3.connect(draft)
    try:
        connection.executescript(DRAFT + TABLES)
        connection.execute(
            "INSERT INTO source VALUES (?,?,?,?,?,?,?,?,?,?)",
            (about["source"], about["title"], about["id"], about["address"], about["release"], LICENCE, FIRST,
             about["status_timing"], about["printed_to"], about["sha256"]),
        )  # fmt: skip
        connection.executemany("INSERT INTO area VALUES (?,?,?)", [(k, name, level(name)) for name, k in areas.items()])
        units = {name: measure.unit for name, measure in store.measures().items()}
        write_figures(connection, rows, areas, units)
        connection.commit()
    finally:
        connection.close()
    draft.replace(path)
    return path


Key = tuple[str, ...]  # year, area, definition and the six parts
Held = dict[str, tuple[int, float]]  # priority and value by source


def _now(slug: str) -> dict[Key, Held]:
    """Every source's value of a year, area, definition and group."""
    found: dict[Key, Held] = {}
    for key, source, priority, value in store.values(slug):
        found.setdefault(key, {})[source] = (priority, value)
    for figure in lookup.matching(slug, phase=None, definition="any", source=bands.FIVE_POINT_BANDS):
        key = (figure.year, figure.area, figure.definition, *figure.parts.values())
        found.setdefault(key, {})[figure.source] = (figure.priority, figure.value)
    return found


def _changes(before: Mapping[Key, Held], rows: Sequence[Row], source: str) -> Iterator[Change]:
    """What is new, other than before, or gone, once these rows come first?"""
    now = {_key(row): row.value for row in rows if not row.symbol}
    last = {key for key, by in before.items() if source in by}
    for key in sorted({*now, *last}):
        by = before.get(key, {})
        was = min(by.values())[1] if by else None
        if key not in now:
            others = [held for name, held in by.items() if name != source]
            yield _change("gone", key, was, min(others)[1] if others else None)
        elif was is None:
            yield _change("new", key, None, now[key])
        elif _differ(was, now[key]):
            yield _change("changed", key, was, now[key])


def _key(row: Row) -> Key:
    return (row.year, row.area, row.definition, *(str(getattr(row, name)) for name in PART_NAMES))


def _differ(one: float, other: float) -> bool:
    """By more than the last digit that any source prints."""
    return abs(one - other) > 0.0006 * max(1.0, abs(one))


def _change(kind: str, key: Key, before: float | None, after: float | None) -> Change:
    year, area, definition, *parts = key
    group = population(dict(zip(PART_NAMES, parts, strict=True)), area, year)
    return Change(kind, years.label(year), group, definition, before, after)
