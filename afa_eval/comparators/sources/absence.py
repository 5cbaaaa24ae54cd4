"""Absence: national characteristics 2012/13 to 2016/17, bands, and the SEND dashboard's two terms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afa_eval.codes import needs
from afa_eval.comparators.rows import Row, about, from_counts, number, symbol
from afa_eval.comparators.sources.reading import table

if TYPE_CHECKING:
    import pandas as pd

PHASES = {
    "Total": "all",
    "State-funded primary": "primary",
    "State-funded secondary": "secondary",
    "Special": "special",
}
PROVISION = {
    "SEN_provision_No_identified_SEN": "none",
    "SEN_provision_SEN_Support": "support",
    "SEN_provision_Statement_or_EHCP": "ehcp",
    "SEN_provision_With_statement": "ehcp",
}
PARTS: dict[str, dict[str, str]] = {
    "Total": {},
    "Gender_male": {"sex": "M"},
    "Gender_female": {"sex": "F"},
    "FSM_eligible": {"fsm": "yes"},
    "FSM_Not_eligible": {"fsm": "no"},
    **{f"NC_Year_{year}": {"year_group": str(year)} for year in range(2, 12)},
}
COLUMNS = {
    "persistent-absence": ("enrolments_PA_10_exact", "enrolments", "enrolments_pa_10_exact_percent"),
    "overall-absence": ("sess_overall", "sess_possible", "sess_overall_percent"),
    "authorised-absence": ("sess_authorised", "sess_possible", "sess_authorised_percent"),
    "unauthorised-absence": ("sess_unauthorised", "sess_possible", "sess_unauthorised_percent"),
}
DEFINITIONS = {"persistent-absence": "pa-10-percent"}
ROUNDED_TO = {"persistent-absence": 5.0}
DASHBOARD_SEN = {"All SEN": "any", "EHCP or Statement": "ehcp", "SEN support": "support", "No SEN": "none"}
AREAS = {
    "Inner London": "London (Inner)",
    "Outer London": "London (Outer)",
    "Yorkshire and The Humber": "Yorkshire and the Humber",
    "Bedford": "Bedford Borough",
    "County Durham": "Durham",
    "Herefordshire, County of": "Herefordshire",
    "Kingston upon Hull, City of": "Kingston upon Hull",
    "Kingston Upon Hull, City of": "Kingston upon Hull",
    "Bournemouth": "Bournemouth (Pre LG)",
    "Poole": "Poole (Pre LG)",
}


def characteristics(folder: Path) -> Iterator[Row]:
    """What was absence by SEN provision, need, year group, sex and FSM, 2012/13 to 2016/17?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        With numerators and denominators; any SEN is support and ehcp added up.
    """
    frame = table(folder, "absence_natcharacteristics_201213_201617.csv")
    for record in frame.to_dict("records"):
        parts = _parts(str(record["characteristic_breakdown"]))
        if parts is not None:
            yield from _measures(record, parts)
    yield from _any_sen(frame)


def _parts(breakdown: str) -> dict[str, str] | None:
    if breakdown in PROVISION:
        return {"sen": PROVISION[breakdown]}
    prefix = "SEN_primary_need_"
    if breakdown.startswith(prefix) and not breakdown.endswith("Unclassified"):
        return {"sen": "any", "need": needs.parse(breakdown.removeprefix(prefix))}
    return PARTS.get(breakdown)


def _measures(record: dict[Any, Any], parts: dict[str, str]) -> Iterator[Row]:
    for slug, columns in COLUMNS.items():
        above, of, printed = (number(record[column]) for column in columns)
        hidden = symbol(record[columns[2]])
        if above is not None and of:
            yield _row(slug, record, parts, above, of, None if printed is None else printed / 100)
        elif hidden:
            yield about(_of(slug, record, value=math.nan, symbol=hidden), parts)


def _row(
    slug: str, record: dict[Any, Any], parts: dict[str, str], above: float, of: float, printed: float | None
) -> Row:
    rounding = ROUNDED_TO.get(slug, 1.0)
    what = f"{slug} {record['time_period']} {record['school_type']} {parts}"
    row = _of(
        slug,
        record,
        value=from_counts(above, of, printed, digit=0.001, rounding=rounding, what=what),
        printed=printed,
        numerator=above,
        denominator=of,
        note="SEN support and EHC plans or statements added up." if parts.get("sen") == "any" and not printed else "",
    )
    return about(row, parts)


def _of(slug: str, record: dict[Any, Any], **numbers: Any) -> Row:
    return Row(
        slug=slug,
        definition=DEFINITIONS.get(slug, "absence-six-half-terms"),
        year=str(record["time_period"]),
        phase=PHASES[str(record["school_type"])],
        source="absence-characteristics",
        **numbers,
    )


def _any_sen(frame: pd.DataFrame) -> Iterator[Row]:
    with_sen = frame[frame["characteristic_breakdown"].map(PROVISION).isin(["support", "ehcp"])]
    for (year, phase), group in with_sen.groupby(["time_period", "school_type"], sort=True):
        for slug, (above, of, _) in COLUMNS.items():
            record = {"time_period": year, "school_type": phase}
            sums = (group[above].astype(float).sum(), group[of].astype(float).sum())
            yield _row(slug, record, {"sen": "any"}, float(sums[0]), float(sums[1]), None)


def one_point_bands(folder: Path) -> list[tuple[str, str, float, float, float, float, float]]:
    """How many enrolments lay in each one-point band of absence, 2012/13 to 2016/17?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Returns
    -------
    list of tuple
        year, phase, low, high, and enrolments by overall, authorised and unauthorised absence;
        low and high are per cent, the band runs from low to below high (0 stands alone, the last
        band goes up to and with 100).
    """
    frame = table(folder, "absence_rate_percent_bands.csv.gz")
    kinds = ("enrolments_overall", "enrolments_authorised", "enrolments_unauthorised")
    found = []
    for record in frame[frame["percent_bands"] != "Total"].to_dict("records"):
        low, high = _ends(str(record["percent_bands"]))
        overall, authorised, unauthorised = (number(record[kind]) or 0.0 for kind in kinds)
        phase = PHASES[str(record["school_type"])]
        found.append((str(record["time_period"]), phase, low, high, overall, authorised, unauthorised))
    return sorted(found)


def _ends(band: str) -> tuple[float, float]:
    if band.endswith("+"):
        return (float(band[:-1]), 100.0)
    ends = [float(end) for end in band.split(" - ")]
    return (ends[0], round(ends[-1] + 0.01, 2) if len(ends) == 2 else ends[0])


def from_one_point_bands(bands: list[tuple[str, str, float, float, float, float, float]]) -> Iterator[Row]:
    """What share of all pupils lay at or above 10, 15, 20 and 50 per cent of their own sessions?

    Parameters
    ----------
    bands : list
        What ``one_point_bands`` gave.

    Yields
    ------
    Row
        The same pupils under each definition.
    """
    lines = {10: "pa-10-percent", 15: "pa-15-percent", 20: "pa-20-percent", 50: "severe-50-percent"}
    for year, phase in sorted({band[:2] for band in bands}):
        inside = [band for band in bands if band[:2] == (year, phase)]
        total = sum(band[4] for band in inside)
        for line, definition in lines.items():
            above = sum(band[4] for band in inside if band[2] >= line)
            yield Row(
                slug="severe-absence" if line == 50 else "persistent-absence",
                definition=definition,
                year=year,
                phase=phase,
                value=above / total,
                numerator=above,
                denominator=total,
                source="absence-one-point-bands",
            )


def two_terms(folder: Path) -> Iterator[Row]:
    """What was absence in the autumn and spring terms by SEN group and area, 2016/17 to 2022/23?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        England, regions and local authorities; one definition of its own.
    """
    import pandas as pd

    england = table(folder, "eng_absence.csv").assign(la_name="")
    areas = table(folder, "absence.csv")
    columns = ["time_period", "characteristic", "region_name", "la_name", "Absence measure", "Percentage"]
    both = pd.concat([england[columns], areas[columns]]).drop_duplicates(columns[:-1])
    for record in both.to_dict("records"):
        value, hidden = number(record["Percentage"]), symbol(record["Percentage"])
        place = str(record["la_name"] or record["region_name"])
        if value is not None or hidden:
            yield Row(
                slug=f"{str(record['Absence measure']).lower()}-absence",
                definition="absence-autumn-spring",
                year=str(record["time_period"]),
                area=AREAS.get(place, place),
                sen=DASHBOARD_SEN[str(record["characteristic"])],
                value=math.nan if value is None else value / 100,
                printed=None if value is None else value / 100,
                symbol=hidden,
                source="send-dashboard",
            )


def week_30(folder: Path) -> Iterator[Row]:
    """What was persistent absence up to week 30 of 2025?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        England, regions and authorities by phase, from daily attendance.
    """
    frame = table(folder, "week_29_persistent_absence_2025.csv.gz")
    last = frame[frame["time_identifier"] == "Week 30"]
    phases = {"All schools": "all", "Primary": "primary", "Secondary": "secondary", "Special": "special"}
    for record in last.to_dict("records"):
        value, hidden = number(record["persistent_absence_percent"]), symbol(record["persistent_absence_percent"])
        share = math.nan if value is None else value / 100
        place = str(record["la_name"] or record["region_name"] or "England")
        yield Row(
            slug="persistent-absence",
            definition="pa-10-percent-year-to-date",
            year="202425",
            area=AREAS.get(place, place),
            phase=phases[str(record["education_phase"])],
            value=share,
            printed=None if hidden else share,
            symbol=hidden,
            source="attendance-week-30",
        )
