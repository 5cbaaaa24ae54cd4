"""From files as they are laid out to the canonical tables: long to wide, terms to years, census to baseline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.data.handed import STATUS, HandedTable, Part
from afa_eval.data.names import plain
from afa_eval.data.records import Step

WAVES = ("term", "wave", "year")
SESSIONS = ("sessions_possible", "sessions_authorised", "sessions_unauthorised")
ENROLMENT = ("pupil_id", "urn", "year")
SIXTH = "halfterm6"  # as the reader of marks names it
LAST_WITH_FIVE = 11  # 15-year-olds: their sixth half-term is not counted


def is_long(table: HandedTable) -> bool:
    """Has an attainment file one row a test instead of one column a test?

    Parameters
    ----------
    table : HandedTable
        The attainment table.

    Returns
    -------
    bool
        True where there are a test and a score column.
    """
    return table.table == "attainment" and table.has("test") and table.has("score") and table.has("pupil_id")


def long_key(table: HandedTable) -> list[str]:
    """Which columns besides the pupil name a row of the attainment table?

    Parameters
    ----------
    table : HandedTable
        The attainment table.

    Returns
    -------
    list of str
        Test, term, wave and year of a long file; those of term, wave and year that tell a pupil's
        rows apart in a wide one; empty where each pupil has one row.
    """
    if is_long(table):
        return ["test", *[name for name in WAVES if table.has(name)]]
    several = [name for name in WAVES if table.several(name)]
    return several if several and table.repeated("pupil_id") else []


def row_measures(table: HandedTable, wanted: Iterable[str] = ()) -> pd.Series | None:
    """Which score does each row of a long file hold?

    Parameters
    ----------
    table : HandedTable
        The attainment table.
    wanted : iterable of str
        Names that the plan uses.

    Returns
    -------
    pandas.Series or None
        Names such as ``reading_autumn``, shape (n,); None where the file is not long.
    """
    if not is_long(table):
        return None
    names = {plain(name): name for name in wanted}
    keys = long_key(table)
    codes, combinations = _combinations(table.frame, keys)
    several = {name for name in keys[1:] if table.several(name)}
    labels = []
    for values in combinations:
        filled = {name: value for name, value in zip(keys, values, strict=True) if not pd.isna(value)}
        labels.append(_label(filled, several, names))
    return pd.Series(pd.array(labels, dtype="str").take(codes))


def wave_suffixes(table: HandedTable) -> pd.Series | None:
    """Of which wave is each row of a file with several rows a pupil and one column a test?

    Parameters
    ----------
    table : HandedTable
        The attainment table.

    Returns
    -------
    pandas.Series or None
        Such as ``autumn``, shape (n,); None where each pupil has one row or the file is long.
    """
    keys = [] if is_long(table) or not table.has("pupil_id") else long_key(table)
    if not keys:
        return None
    codes, combinations = _combinations(table.frame, keys)
    labels = ["_".join(slug(str(value)) for value in values if not pd.isna(value)) for values in combinations]
    return pd.Series(pd.array(labels, dtype="str").take(codes))


def slug(text: str) -> str:
    """How is a test or term written as a name?

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Lower case, parts joined by underscores.

    Examples
    --------
    >>> slug("NFER Reading (A)")
    'nfer_reading_a'
    """
    return re.sub(r"[^0-9a-z]+", "_", text.casefold()).strip("_")


def attainment_frame(table: HandedTable, wanted: Iterable[str] = ()) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """What is the attainment table, one row a pupil?

    Parameters
    ----------
    table : HandedTable
        Checked.
    wanted : iterable of str
        Names that the plan uses.

    Returns
    -------
    tuple
        The table, and what happened to the rows.
    """
    layouts = _layouts(table)
    if len(layouts) > 1:
        frames = [attainment_frame(HandedTable("attainment", parts), wanted)[0] for parts in layouts]
        frame = _beside(*frames)
        return frame, (Step("Rows of one pupil brought together", "attainment", table.n, len(frame)),)
    frame = _with_reasons(table)
    measures, suffixes = row_measures(table, wanted), wave_suffixes(table)
    if measures is not None:
        scores = ["score", *[name for name in ("score_reason",) if name in frame.columns]]
        frame = _pivoted(frame, measures, scores, {"score": "{wave}", "score_reason": "{wave}_reason"})
    elif suffixes is not None:
        constant = {"pupil_id", "urn", *STATUS, *WAVES}
        scores = [name for name in frame.columns if name not in constant]
        named = {
            name: name.removesuffix("_reason") + "_{wave}" + "_reason" * name.endswith("_reason") for name in scores
        }
        frame = _respelt(_pivoted(frame, suffixes, scores, named), wanted)
    elif len(table.parts) > 1 and "pupil_id" in frame.columns and frame["pupil_id"].duplicated().any():
        frame = frame.groupby("pupil_id", sort=False, as_index=False).first()
    frame = frame.drop(columns=[name for name in WAVES if name in frame.columns])
    said = "Rows of one pupil brought together" if len(frame) < table.n else "Scores read"
    return frame, (Step(said, "attainment", table.n, len(frame)),)


def attendance_frame(table: HandedTable, pupils: pd.DataFrame | None = None) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """What is the attendance table, one row an enrolment and year?

    Parameters
    ----------
    table : HandedTable
        Checked.
    pupils : pandas.DataFrame, optional
        Gives the school where the attendance file does not.

    Returns
    -------
    tuple
        The table, and what happened to the rows.
    """
    frame = _as_dfe_counts(table.frame, pupils)
    frame = _with_school(frame.drop(columns=[name for name in ("term",) if table.has(name)]), pupils)
    known = frame[frame["sessions_possible"].notna()] if "sessions_possible" in frame.columns else frame
    steps = [Step("Rows without possible sessions left out", "attendance", len(frame), len(known), "sessions unknown")]
    key = [name for name in ENROLMENT if name in known.columns]
    summed = known
    if "pupil_id" in key and known.duplicated(key).any():
        summed = _summed(known, key)
        steps.append(Step("Terms summed to the year", "attendance", len(known), len(summed)))
    return summed.reset_index(drop=True), tuple(steps)


def _as_dfe_counts(frame: pd.DataFrame, pupils: pd.DataFrame | None) -> pd.DataFrame:
    """Marks counted by half-term, without the sixth of 15-year-olds and of whoever enrolled in it."""
    if "term" not in frame.columns or not (frame["term"] == SIXTH).any():
        return frame
    sixth = (frame["term"] == SIXTH).to_numpy(dtype=bool)
    key = [name for name in ENROLMENT if name in frame.columns]
    earlier = pd.MultiIndex.from_frame(frame.loc[~sixth, key])
    began = sixth & ~pd.MultiIndex.from_frame(frame[key]).isin(earlier)
    oldest = np.zeros(len(frame), dtype=bool)
    if pupils is not None and {"pupil_id", "year_group"} <= set(pupils.columns):
        known = pupils.drop_duplicates("pupil_id").set_index("pupil_id")
        group = frame["pupil_id"].map(known["year_group"]).astype("float64")
        if "baseline_year" in known.columns:
            group += frame["year"].str[:4].astype(float) - frame["pupil_id"].map(known["baseline_year"]).str[:4].astype(
                float
            )
        oldest = (group == LAST_WITH_FIVE).to_numpy(dtype=bool)
    return frame[~(began | (sixth & oldest))].reset_index(drop=True)


def pupils_frame(table: HandedTable, before: str = "") -> tuple[pd.DataFrame, pd.DataFrame | None, tuple[Step, ...]]:
    """What is each pupil's status at baseline, and in each year?

    Parameters
    ----------
    table : HandedTable
        Checked; one row a pupil, or one a pupil and year.
    before : str
        The baseline year; the earliest where empty.

    Returns
    -------
    tuple
        Pupils, census (None without a year), and what happened to the rows. The baseline is the
        latest census up to the baseline year; for a pupil who came later, the first one.
    """
    frame = _with_reasons(table)
    if "year" not in frame.columns or "pupil_id" not in frame.columns:
        census = frame.assign(year=before) if before and "pupil_id" in frame.columns else None
        pupils = frame.assign(baseline_year=before) if census is not None else frame
        return pupils, census, (Step("Pupils read", "pupils", table.n, len(frame)),)
    base = before or str(frame["year"].min())
    when = frame["year"].fillna(base)
    later = (when > base).to_numpy(dtype=bool)
    order = pd.DataFrame({"later": later, "rank": np.where(later, 1, -1) * when.str[:4].astype(int)})
    first = order.sort_values(["later", "rank"], kind="stable").index
    chosen = frame.loc[first].drop_duplicates("pupil_id").sort_index()
    pupils = chosen.rename(columns={"year": "baseline_year"}).reset_index(drop=True)
    return pupils, frame, (Step("Census of each pupil at baseline taken", "pupils", table.n, len(pupils)),)


def responses_frame(table: HandedTable, pupils: pd.DataFrame | None = None) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """What is the responses table, one row a respondent and wave?

    Parameters
    ----------
    table : HandedTable
        Checked.
    pupils : pandas.DataFrame, optional
        Gives the school where the file of answers names the pupil only.

    Returns
    -------
    tuple
        The table, and what happened to the rows.
    """
    return _with_school(table.frame.copy(), pupils), (Step("Responses read", "responses", table.n, table.n),)


def _layouts(table: HandedTable) -> list[tuple[Part, ...]]:
    """Files with one row a test, and files with one column a test: each kind is shaped by itself."""
    if not is_long(table):
        return [table.parts]
    long = tuple(part for part in table.parts if {"test", "score", "pupil_id"} <= set(part.columns))
    wide = tuple(part for part in table.parts if part not in long)
    return [parts for parts in (long, wide) if parts]


def _beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Pupils of both, the columns of both; where both have one, the first's values and then the second's."""
    left, right = first.set_index("pupil_id"), second.set_index("pupil_id")
    columns = [*left.columns, *right.columns.difference(left.columns, sort=False)]
    return (
        left.combine_first(right)
        .reindex(columns=columns, index=left.index.union(right.index, sort=False))
        .reset_index()
    )


def _with_school(frame: pd.DataFrame, pupils: pd.DataFrame | None) -> pd.DataFrame:
    """The school at baseline, where a file names the pupil but no school."""
    if pupils is None or "urn" in frame.columns or "pupil_id" not in frame.columns:
        return frame
    if not {"urn", "pupil_id"} <= set(pupils.columns):
        return frame
    return frame.assign(urn=frame["pupil_id"].map(pupils.set_index("pupil_id")["urn"]))


def _with_reasons(table: HandedTable) -> pd.DataFrame:
    """The frame with a column ``x_reason`` beside each score ``x`` that has any."""
    frame = table.frame.drop(columns=[name for name in ("former_upn",) if table.has(name)])  # only links files
    for name in list(frame.columns):
        parts = [part.columns[name].reasons if name in part.columns else None for part in table.parts]
        kinds = next((each.cat.categories for each in parts if each is not None), None)
        if kinds is not None:
            blank = [pd.Series(pd.Categorical.from_codes([-1] * part.n, categories=kinds)) for part in table.parts]
            columns = [blank[i] if each is None else each for i, each in enumerate(parts)]
            frame.insert(list(frame.columns).index(name) + 1, f"{name}_reason", pd.concat(columns, ignore_index=True))
    return frame


def _combinations(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[Any, ...]]]:
    """Which combination of the keys' values does each row have, and which are there?"""
    codes = np.zeros(len(frame), dtype=np.int64)
    for name in keys:
        each, values = pd.factorize(frame[name], use_na_sentinel=False)
        codes = codes * (len(values) + 1) + each
    joint, first = np.unique(codes, return_index=True)
    rows = frame[list(keys)].iloc[first]
    return np.searchsorted(joint, codes), [tuple(row) for row in rows.to_numpy(dtype=object)]


def _label(filled: dict[str, object], several: set[str], wanted: dict[str, str]) -> str:
    """The plan's own name where one fits; else the test and term, and the wave or year where they vary."""
    names = list(filled)
    usual = [name for name in names if name in {"test", "term"} or name in several]
    for choice in (usual, names, [name for name in names if name != "year"], ["test"]):
        label = "_".join(slug(str(filled[name])) for name in choice if name in filled)
        if plain(label) in wanted and (choice != ["test"] or not several):
            return wanted[plain(label)]
    return "_".join(slug(str(filled[name])) for name in usual)


def _pivoted(frame: pd.DataFrame, waves: pd.Series, scores: Sequence[str], named: dict[str, str]) -> pd.DataFrame:
    """One row a pupil, one column a score and wave, pupils in their first order."""
    pupils = frame["pupil_id"].drop_duplicates()
    wide = pd.DataFrame(index=pd.Index(pupils, name="pupil_id"))
    fixed = [name for name in ("urn", *STATUS) if name in frame.columns]
    wide[fixed] = frame.drop_duplicates("pupil_id").set_index("pupil_id")[fixed]
    for wave in dict.fromkeys(waves.dropna()):
        rows = frame[(waves == wave).to_numpy(dtype=bool)].drop_duplicates("pupil_id").set_index("pupil_id")
        for name in scores:
            column = rows[name].reindex(wide.index)
            if not name.endswith("_reason") or column.notna().any():
                wide[named[name].replace("{wave}", wave)] = column
    return wide.reset_index()


def _respelt(frame: pd.DataFrame, wanted: Iterable[str]) -> pd.DataFrame:
    names = {plain(name): name for name in wanted}
    return frame.rename(columns={name: names.get(plain(str(name)), str(name)) for name in frame.columns})


def _summed(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    numbers = [name for name in frame.columns if name not in key and pd.api.types.is_numeric_dtype(frame[name])]
    others = [name for name in frame.columns if name not in key and name not in numbers]
    groups = frame.groupby(key, sort=False, dropna=False, as_index=False)
    return groups.agg({**dict.fromkeys(numbers, "sum"), **dict.fromkeys(others, "first")})
