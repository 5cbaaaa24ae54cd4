"""A data file of the statistics service as a user's own comparator."""

from __future__ import annotations

from pathlib import Path

from afa_eval.comparators.asking import population
from afa_eval.comparators.ees_csv import Mistake, read_ees, read_meta
from afa_eval.comparators.figure import PART_NAMES
from afa_eval.comparators.own_records import ComparatorFile, OwnComparator
from afa_eval.comparators.rows import Row
from afa_eval.comparators.store import measures
from afa_eval.data.ees import meta_file
from afa_eval.estimate.records import Comparator, Fault

LICENCE = "Open Government Licence v3.0"


def from_ees(path: Path, lines: list[str]) -> tuple[ComparatorFile, tuple[Fault, ...]]:
    """Which figures does a data file of the statistics service hold?

    Parameters
    ----------
    path : Path
        The data file; its meta file is looked for beside it.
    lines : list of str
        Its text.

    Returns
    -------
    tuple
        Figures (suppressed cells are left out), and all faults.

    Raises
    ------
    ComparatorError
        Where the meta file is none.
    """
    beside = meta_file(path)
    source = f"DfE, Explore Education Statistics, {path.name}"
    reading = read_ees(lines, source, meta=None if beside is None else read_meta(beside))
    rows = tuple(_own(line, row) for line, row in reading.rows if not row.symbol)
    return ComparatorFile(path.name, rows), tuple(_fault(path.name, mistake) for mistake in reading.mistakes)


def _own(line: int, row: Row) -> OwnComparator:
    parts = {name: str(getattr(row, name)) for name in PART_NAMES}
    comparator = Comparator(
        slug=row.slug,
        value=row.value,
        year=row.year,
        population=population(parts, row.area, row.year),
        definition=row.definition,
        unit=measures()[row.slug].unit,
        n=None if row.denominator is None else round(row.denominator),
        numerator=row.numerator,
        interval=None if row.low is None or row.high is None else (row.low, row.high),
        source=row.source,
        licence=LICENCE,
    )
    return OwnComparator(comparator=comparator, area=row.area, start_low=None, start_high=None, row=line, **parts)


def _fault(file: str, mistake: Mistake) -> Fault:
    return Fault(
        severity="error",
        code="AFA702",
        file=file,
        row=mistake.row,
        column=mistake.column,
        value=mistake.value,
        message=mistake.message,
        fix=mistake.fix,
    )
