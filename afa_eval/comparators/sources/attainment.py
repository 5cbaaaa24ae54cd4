"""Attainment by SEN: the SEND dashboard's key stages 2 and 4, and key stage 4 of 2017/18 by need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afa_eval.codes import needs
from afa_eval.comparators.rows import Row, from_counts, number
from afa_eval.comparators.sources.absence import AREAS
from afa_eval.comparators.sources.reading import table

KS2_SEN = {"All SEN": "any", "EHC plan": "ehcp", "SEN support": "support", "No SEN": "none"}
KS4_SEN = {"Any SEN": "any", "No identified SEN": "none"}
KS4_2018_SEN = {"No_Sen": "none", "Sen_Supp": "support", "SenStateEhc": "ehcp"}
KS4_2018_SCHOOLS = {
    "all_state_funded_schools": "all",
    "state_funded_mainstream": "mainstream",
    "state_funded_special": "special",
}
KS4_2018_NEEDS = {"SEN support but NSA": "NSA", "social emotional and mental health (SEMH)": "SEMH"}


def key_stage_2(folder: Path) -> Iterator[Row]:
    """Which share reached the expected standard in reading, writing and maths, by SEN and area?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        2018/19, 2021/22 and 2022/23, with the counts behind.
    """
    import pandas as pd

    files = [table(folder, name) for name in ("eng_ks2_attainment.csv", "ks2_attainment.csv")]
    keys = ["time_period", "characteristic", "region_name", "la_name", "geographic_level"]
    both = pd.concat(files).drop_duplicates(["time_period", "characteristic", "region_name", "la_name"])
    for record in both[both["geographic_level"].isin(["National", "Regional", "Local authority"])].to_dict("records"):
        above, of = (number(record[name]) for name in ("t_rwm_met_expected_standard", "t_rwm_eligible_pupils"))
        printed = number(record["Percent meeting expected standard"])
        if above is None or not of:
            continue
        what = " ".join(str(record[key]) for key in keys)
        place = str(record["la_name"] or record["region_name"] or "England")
        share = None if printed is None else printed / 100
        yield Row(
            slug="ks2-rwm-expected",
            definition="ks2-2018",
            year=str(record["time_period"]),
            area=AREAS.get(place, place),
            sen=KS2_SEN[str(record["characteristic"])],
            value=from_counts(above, of, share, digit=0.0001, rounding=1, what=what),
            printed=share,
            numerator=above,
            denominator=of,
            source="send-dashboard",
        )


def key_stage_4(folder: Path) -> Iterator[Row]:
    """What were Attainment 8 and Progress 8 with and without SEN in 2021/22 and 2022/23?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        England and regions, with the number of pupils and Progress 8's printed interval.
    """
    frame = table(folder, "eng_ks4_attainment.csv")
    for record in frame.to_dict("records"):
        place = str(record["region_name"])
        common: dict[str, Any] = {
            "year": str(record["time_period"]).removesuffix(".0"),
            "area": AREAS.get(place, place),
            "sen": KS4_SEN[str(record["characteristic_sen_description"])],
            "source": "send-dashboard",
        }
        attainment, progress = float(record["avg_att8"]), float(record["avg_p8score"])
        yield Row(
            slug="attainment-8",
            definition="attainment-8-2018",
            value=attainment,
            printed=attainment,
            denominator=float(record["t_pupils"]),
            **common,
        )
        yield Row(
            slug="progress-8",
            definition="progress-8",
            value=progress,
            printed=progress,
            low=float(record["p8score_ci_low"]),
            high=float(record["p8score_ci_upp"]),
            **common,
        )


def key_stage_4_2018(folder: Path) -> Iterator[Row]:
    """What were Attainment 8 and Progress 8 by SEN, primary need, sex and kind of school in 2017/18?

    Parameters
    ----------
    folder : Path
        Where the published files are.

    Yields
    ------
    Row
        Sums over pupils divided by pupils.
    """
    frame = table(folder, "KS4_2018_Nat_Char_Testdata.csv.gz")
    others = [
        f"characteristic_{name}"
        for name in (
            "admission_type",
            "religious_denomination",
            "free_school_meals",
            "disadvantage",
            "first_language",
            "ethnic_major",
            "ethnic_minor",
        )
    ]
    kept = frame[
        frame["breakdown"].isin(["PupilTotals", "SEN_status", "Primary_need"])
        & frame["school_characteristic"].isin(list(KS4_2018_SCHOOLS))
        & (frame[others] == "Total").all(axis=1)
        & (frame["characteristic_primary_need"] != "No primary need")
    ]
    for record in kept.to_dict("records"):
        yield from _scores_2018(record)


def _scores_2018(record: dict[Any, Any]) -> Iterator[Row]:
    need = str(record["characteristic_primary_need"])
    status = str(record["characteristic_sen_status"])
    common: dict[str, Any] = {
        "year": str(record["time_period"]),
        "phase": KS4_2018_SCHOOLS[str(record["school_characteristic"])],
        "sex": {"Boys": "M", "Girls": "F"}.get(str(record["characteristic_gender"]), ""),
        "sen": KS4_2018_SEN.get(status, "all"),
        "source": "ks4-characteristics-2018",
    }
    if need != "Total":
        common |= {"sen": "any", "need": KS4_2018_NEEDS.get(need) or needs.parse(need.replace("&", "and"))}
    for slug, definition, total, of in (
        ("progress-8", "progress-8", "t_p8score", "t_inp8calc"),
        ("attainment-8", "attainment-8-2018", "t_att8", "t_pupils"),
    ):
        above, pupils = number(record[total]), number(record[of])
        if above is not None and pupils:
            yield Row(
                slug=slug, definition=definition, value=above / pupils, numerator=above, denominator=pupils, **common
            )
