"""Which SEN status counts: at baseline, each year or ever; and how pupils moved between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.data.tables import Tables
from afa_eval.designs.groups import factorize
from afa_eval.estimate import Table

ORDER = ("N", "A", "K", "P", "S", "E")  # from no provision to the most
NOW = {"A": "K", "P": "K", "S": "E"}
SHOWN = ("N", "K", "E")
LABELS = {"N": "No SEN (N)", "K": "SEN support (K)", "E": "EHC plan (E)"}


def provision(tables: Tables, when: str, year: str = "") -> pd.Series | None:
    """Which SEN provision did each pupil have, by the rule that the plan names?

    Parameters
    ----------
    tables : Tables
        Pupils, and the census where statuses have a history.
    when : str
        ``baseline``, ``each-year`` or ``ever``.
    year : str
        For ``each-year`` the academic year; for ``ever`` the last year that counts. Without it
        every census counts.

    Returns
    -------
    pandas.Series or None
        Provision by ``pupil_id``; None where no table has ``sen_provision``.
    """
    pupils = tables.pupils
    if pupils is None or "sen_provision" not in pupils.columns or "pupil_id" not in pupils.columns:
        return None
    if when == "each-year" and year:
        now = tables.in_year(year)
        if now is None:
            return None
        return pd.Series(now["sen_provision"].to_numpy(), index=now["pupil_id"])
    baseline = pd.Series(pupils["sen_provision"].to_numpy(), index=pupils["pupil_id"])
    if when != "ever" or tables.census is None or "sen_provision" not in tables.census.columns:
        return baseline
    census = tables.census if not year else tables.census[tables.census["year"] <= year]
    stacked = pd.concat([baseline, census.set_index("pupil_id")["sen_provision"]])
    rank = stacked.map({code: float(place) for place, code in enumerate(ORDER)}).dropna()
    highest = rank.groupby(level=0, sort=False).max().map(dict(enumerate(ORDER)))
    return highest.reindex(baseline.index)


def with_status(frame: pd.DataFrame, status: pd.Series | None) -> pd.DataFrame:
    """What does the pupil table say once this status counts?

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per pupil.
    status : pandas.Series or None
        What ``provision`` gave.

    Returns
    -------
    pandas.DataFrame
        With ``sen_provision`` and ``sen`` by that status; as it was where there is none.
    """
    if status is None or "pupil_id" not in frame.columns:
        return frame
    codes = frame["pupil_id"].map(status)
    return frame.assign(sen_provision=codes, sen=sen_of(codes))


def sen_of(codes: pd.Series) -> pd.Series:
    """Does each pupil have SEN, by the provision code?

    Parameters
    ----------
    codes : pandas.Series
        N, K, E or the older A, P, S.

    Returns
    -------
    pandas.Series
        ``none`` or ``any``, missing where the code is.
    """
    known = codes.dropna().unique()
    return codes.map({code: "none" if code == "N" else "any" for code in known})


def moves(tables: Tables, before: str, after: str) -> pd.DataFrame | None:
    """How many pupils moved from which SEN provision to which?

    Parameters
    ----------
    tables : Tables
        With a census.
    before, after : str
        Academic years.

    Returns
    -------
    pandas.DataFrame or None
        Counts, status before by status after, of pupils with a census record in both years (the
        pupils table standing in for a first year without one); None where there is no second year.
    """
    first, last = _in_census(tables, before), _in_census(tables, after)
    if first is None:
        first = provision(tables, "baseline")
    if first is None or last is None or before == after:
        return None
    later = last.index.get_indexer(first.index)  # a pupil is once in a census
    was, now = _shown(first)[later >= 0], _shown(last)[later[later >= 0]]
    both = (was >= 0) & (now >= 0)
    counts = np.bincount(len(SHOWN) * was[both] + now[both], minlength=len(SHOWN) ** 2)
    return pd.DataFrame(counts.reshape(len(SHOWN), len(SHOWN)), index=list(SHOWN), columns=list(SHOWN))


def _shown(status: pd.Series) -> npt.NDArray[np.int64]:
    """Place in ``SHOWN`` of each pupil's provision by today's names, -1 where it has none."""
    codes, names = factorize(status)
    places = [SHOWN.index(code) if (code := NOW.get(name, name)) in SHOWN else -1 for name in names]
    return np.array([*places, -1], dtype=np.int64)[codes]


def _in_census(tables: Tables, year: str) -> pd.Series | None:
    census = tables.census
    if census is None or "sen_provision" not in census.columns:
        return None
    rows = census[census["year"] == year]
    return None if rows.empty else rows.drop_duplicates("pupil_id").set_index("pupil_id")["sen_provision"]


def moves_table(counts: pd.DataFrame, before: str, after: str) -> Table:
    """How is the table of moves printed?

    Parameters
    ----------
    counts : pandas.DataFrame
        What ``moves`` gave.
    before, after : str
        Academic years.

    Returns
    -------
    Table
        ``sen-status``, with totals.
    """
    full = counts.assign(Total=counts.sum(axis=1))
    full.loc["Total"] = full.sum(axis=0)
    names = tuple(LABELS.get(code, code) for code in full.index)
    return Table(
        name="sen-status",
        title=f"SEN status of the same pupils in {_label(before)} (rows) and {_label(after)} (columns)",
        rows=names,
        columns=tuple(LABELS.get(str(code), str(code)) for code in full.columns),
        cells=tuple(tuple(float(cell) for cell in row) for row in full.to_numpy()),
        row_label=f"Status in {_label(before)}",
        note="Pupils on the register in both years. Moves on and off the register change who is counted as having SEN.",
    )


def _label(year: str) -> str:
    return f"{year[:4]}/{year[4:]}"
