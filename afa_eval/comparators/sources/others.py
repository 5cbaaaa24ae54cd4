"""LAIT's compiled series, exclusions by SEN and need, transition matrices, and hand-copied figures."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from afa_eval.codes import needs, years
from afa_eval.comparators.rows import PER_100, Row, about, from_counts, number, symbol
from afa_eval.comparators.sources.absence import AREAS
from afa_eval.comparators.sources.reading import table

_YEAR = re.compile(r"(20\d\d)(?: \((prov|Rev|Final)\))?")
GRADES = ("U", "1", "2", "3", "4", "5", "6", "7", "8", "9")
MATRICES = (
    "2021_Tidy_Data_Output_91_Scaled_Scores_Final.csv",
    "2022_Tidy_Data_Output_91_Scaled_Scores_Final.csv",
    "2023_Tidy_Data_Output_91_Scaled_Scores_Final.csv",
    "2024_Tidy_Data_Output_91_Scaled_Scores_Final_v2.csv",
)
MATRIX_SEN = {
    "All Pupils": "all",
    "Total": "all",
    "SEN Pupils": "any",
    "Any SEN": "any",
    "Non SEN Pupils": "none",
    "No identified SEN": "none",
}
MATRIX_NAMES = {
    "characteristic_type": "topic",
    "breakdown_topic": "topic",
    "characteristic_value": "group",
    "breakdown": "group",
    "subjects": "subject",
    "KS2_Prior": "band",
    "ks2_scaled_score_group": "band",
    "All_Grades": "all_grades",
}
CASELOAD = frozenset({"Total_EHC", "Total_ST", "Total"})
EXCLUSION_SEN = {
    "SEN Provision No SEN": "none",
    "SEN provision SEN with statement EHC": "ehcp",
    "SEN provision SEN without statement": "support",
}
EXCLUSIONS = {
    "suspension-rate": ("suspensions-per-headcount", "fixed_excl", "fixed_excl_rate", 0.01),
    "permanent-exclusion-rate": ("exclusions-per-headcount", "perm_excl", "perm_excl_rate", 0.01),
    "suspended-share": ("suspended-once-or-more", "one_plus_fixed", "one_plus_fixed_rate", 0.0001),
}


def lait(folder: Path, measures: Path, units: dict[str, str]) -> Iterator[Row]:
    """What does the Local Authority Interactive Tool hold for England, regions and authorities?

    Parameters
    ----------
    folder : Path
        Where the published files are.
    measures : Path
        Which of its codes is which measure, group and definition.
    units : dict
        Unit by slug.

    Yields
    ------
    Row
        One for each year and area that is printed.
    """
    import duckdb

    query = 'SELECT "Short Desc", "Years", "LA and Regions", "Values" FROM read_parquet(?) ORDER BY ALL'
    held: dict[str, list[tuple[str, str, str]]] = {}
    for code, year, area, value in duckdb.execute(query, [str(folder / "lait_bds_long_0.parquet")]).fetchall():
        held.setdefault(code, []).append((year, area, value))
    with measures.open(encoding="utf-8", newline="") as file:
        for spec in csv.DictReader(file):
            found: list[Row] = []
            for year, area, value in held[spec["code"]]:
                row = _lait_row(spec, year, area, value, units[spec["slug"]])
                if row is not None:
                    found.append(row)
            printed = {row.year for row in found if row.area == "England" and not row.symbol}
            yield from (row for row in found if not row.symbol or row.year in printed)  # else nobody has a figure


def _lait_row(spec: dict[str, str], label: str, area: str, text: str | None, unit: str) -> Row | None:
    found = _YEAR.fullmatch(label)
    year = years.parse(found[1], year_means="end") if found else years.parse(label)
    value, hidden = number(text), symbol(text)
    if not (spec["first_year"] or year) <= year <= (spec["last_year"] or year):
        return None
    if value is None and not hidden:
        return None
    value = math.nan if value is None else round(value / 100 if unit == "proportion" else value, 12)
    return Row(
        slug=spec["slug"],
        definition=spec["definition"],
        year=year,
        area=AREAS.get(area, area),
        sen=spec["sen"],
        phase=spec["phase"],
        fsm=spec["fsm"],
        value=value,
        printed=None if hidden else value,
        symbol=hidden,
        source="lait",
        note="Provisional." if found and found[2] == "prov" else spec["note"],
    )


def exclusions(folder: Path) -> Iterator[Row]:
    """What were suspensions and exclusions by SEN provision and primary need, 2011/12 to 2016/17?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        With counts and headcounts, all schools and by kind of school.
    """
    phases = {
        "total": "all",
        "state-funded primary": "primary",
        "state-funded secondary": "secondary",
        "special": "special",
    }
    frame = table(folder, "exclusions_by_characteristic.csv.gz")
    for record in frame.to_dict("records"):
        parts = _exclusion_parts(str(record["characteristic_group"]), str(record["characteristic"]))
        of = number(record["headcount"])
        if parts is None or not of:
            continue
        for slug, (definition, column, rate, digit) in EXCLUSIONS.items():
            above, printed, hidden = number(record[column]), number(record[rate]), symbol(record[rate])
            if not hidden and (above is None or printed is None):
                continue
            row = Row(
                slug=slug,
                definition=definition,
                year=str(record["time_period"]),
                phase=phases[str(record["school_type"]).lower()],
                value=math.nan,
                symbol=hidden,
                source="exclusions-characteristics",
            )
            if above is not None and printed is not None:
                what = f"{slug} {record['time_period']} {record['school_type']} {record['characteristic']}"
                share = from_counts(above, of, printed / 100, digit=0.0001, rounding=10, what=what)
                factor = 100 if digit == 0.01 else 1
                shown = printed * factor / 100
                row = replace(row, value=share * factor, printed=shown, numerator=above, denominator=of)
            yield about(row, parts)


def _exclusion_parts(group: str, characteristic: str) -> dict[str, str] | None:
    if group == "Total":
        return {}
    if group == "SEN provision" and characteristic in EXCLUSION_SEN:
        return {"sen": EXCLUSION_SEN[characteristic]}
    if group == "SEN primary need":
        return {"sen": "any", "need": needs.parse(characteristic.removeprefix("SEN primary need "))}
    return None


def published(path: Path, units: dict[str, str]) -> Iterator[Row]:
    """Which single published figures were copied by hand, with their source?

    Parameters
    ----------
    path : Path
        The file of them, in per cent where they are shares.
    units : dict
        Unit by slug.

    Yields
    ------
    Row
        Counts are checked against the printed figure.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for spec in csv.DictReader(file):
            above, of, printed = (number(spec[key]) for key in ("numerator", "denominator", "printed"))
            scale = 1.0 if units[spec["slug"]] in PER_100 else 100.0
            share = None if printed is None else round(printed / scale, 12)
            if above is not None and of:
                what = f"{spec['slug']} {spec['year']} {spec['sen']} {spec['need']}"
                value = from_counts(above, of, share, digit=0.001, rounding=1, what=what)
            elif share is not None:
                value = share
            else:
                continue
            yield Row(
                slug=spec["slug"],
                definition=spec["definition"],
                year=spec["year"],
                sen=spec["sen"],
                need=spec["need"],
                phase=spec["phase"],
                value=value,
                printed=share,
                numerator=above,
                denominator=of,
                source=spec["source"],
                note=spec["note"],
            )


def caseload(folder: Path) -> Iterator[Row]:
    """How many children and young people had an EHC plan or statement each January?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        England; a January belongs to the academic year it lies in. Where two files disagree, none.
    """
    totals: dict[str, float] = {}
    with (folder / "NATIONAL_KEY_FIGURES.csv").open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record["measure"] == "sen2_caseload" and record["sen_group"] in CASELOAD:
                year = years.parse(record["academic_year"], year_means="end")
                key = f"{year} {record['source_file']}"
                totals[key] = totals.get(key, 0.0) + float(record["value"])
    for year in sorted({key.split()[0] for key in totals}):
        counts = {total for key, total in totals.items() if key.startswith(year)}
        if len(counts) == 1:
            value = counts.pop()
            yield Row(
                slug="ehcp-count",
                definition="sen2-january",
                year=year,
                value=value,
                printed=value,
                source="sen2-caseload",
            )


def transitions(folder: Path) -> list[tuple[Any, ...]]:
    """Which GCSE grades did pupils of each key stage 2 band get, with and without SEN?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Returns
    -------
    list of tuple
        year, subject, sen, band, low, high, the counts of U and 1 to 9, no result, affected by
        COVID-19. ``low`` and ``high`` are scaled scores, empty where the band is open or no score.
    """
    found = []
    for name in MATRICES:
        frame = table(folder / "ks2_ks4_transition", name)
        frame = frame.rename(columns=MATRIX_NAMES)
        kept = frame[frame["group"].isin(list(MATRIX_SEN)) & (frame["band"] != "Total")]
        for record in kept.to_dict("records"):
            if record["group"] == "Total" and record["topic"] != "Total":
                continue
            counts = [int(record[f"num_{grade}"]) for grade in (*GRADES, "X")]
            covid = int(record.get("num_covid_impacted") or 0)
            if sum(counts) + covid != int(record["all_grades"]):
                counts = _refuse(record)
            found.append((*_who(record), *_score_ends(str(record["band"])), *counts, covid))
    return sorted(found, key=lambda row: (row[0], row[1], row[2], row[4] is None, row[4] or 0.0, row[3]))


def transition_means(counts: list[tuple[Any, ...]]) -> Iterator[Row]:
    """Which grade did those entered get on average, by subject and SEN, whatever their start?

    Parameters
    ----------
    counts : list
        What ``transitions`` gave.

    Yields
    ------
    Row
        Mean grade (U as 0), its standard deviation and how many got a grade.
    """
    totals: dict[tuple[str, str, str], list[int]] = {}
    for year, subject, sen, _, _, _, *grades, _, _ in counts:
        held = totals.setdefault((year, subject, sen), [0] * len(GRADES))
        totals[(year, subject, sen)] = [one + other for one, other in zip(held, grades, strict=True)]
    for (year, subject, sen), grades in totals.items():
        n = sum(grades)
        if not n:
            continue
        points = sum(grade * count for grade, count in enumerate(grades))
        squares = sum(count * (grade - points / n) ** 2 for grade, count in enumerate(grades))
        yield Row(
            slug="ks2-ks4-transition",
            definition=subject_id(subject),
            year=year,
            sen=sen,
            value=points / n,
            numerator=points,
            denominator=n,
            sd=round(math.sqrt(squares / n), 9),
            source="ks2-ks4-transition",
            note="Only pupils entered for this GCSE; U counts as 0, entries without a result are left out.",
        )


def subject_definitions(counts: list[tuple[Any, ...]]) -> list[tuple[str, str, str]]:
    """Which subjects do the matrices cover?

    Parameters
    ----------
    counts : list
        What ``transitions`` gave.

    Returns
    -------
    list of tuple
        Identifier, label and explanation, as in ``definitions.csv``.
    """
    subjects = sorted({str(row[1]) for row in counts})
    about_it = "Grades of those entered, by key stage 2 band, with and without SEN"
    return [(subject_id(subject), f"GCSE {subject}, grades 9 to 1", about_it) for subject in subjects]


def subject_id(subject: str) -> str:
    """How is a GCSE subject named among the definitions?

    Parameters
    ----------
    subject : str
        As the matrices print it.

    Returns
    -------
    str
        For example ``gcse-mathematics``.
    """
    return "gcse-" + re.sub(r"[^a-z0-9]+", "-", subject.casefold()).strip("-")


def _who(record: dict[Any, Any]) -> tuple[str, str, str, str]:
    subject = str(record["subject"]).replace("&", "and")
    return (str(record["time_period"]), subject, MATRIX_SEN[str(record["group"])], str(record["band"]))


def _score_ends(band: str) -> tuple[float | None, float | None]:
    if band == "No scaled score":
        return (None, None)
    if band == "Less than 80":
        return (0.0, 79.5)
    low, high = (float(end) for end in band.split(" - "))
    return (low, high)


def _refuse(record: dict[Any, Any]) -> list[int]:
    from afa_eval.errors import ComparatorError

    raise ComparatorError(f"A row of the transition matrices does not add up: {record}")
