"""Sums from which every estimand of the demo trust follows: by group and by kind of school.

A kind of school (stratum) is its phase and whether it has the programme. What is expected of one school
of each kind, times how many there are, gives what is expected of any trust; an estimand is computed from
those sums. The sums come from one long simulation (``by_simulation``), done once and kept with the
package: nothing enters it but the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from afa_eval.demo.attendance import make_enrolments
from afa_eval.demo.national import calibration
from afa_eval.demo.parameters import NEED_CODES, NEED_YEARS, PROVISIONS, RATINGS, YEARS, Parameters
from afa_eval.demo.people import LAST_PRIMARY, NOWHERE
from afa_eval.demo.reading import KS2_YEAR, TAKEN
from afa_eval.demo.source import key_stage_2_means
from afa_eval.demo.voices import REVERSED_ITEM
from afa_eval.demo.world import World, make_world

NORM_MEAN, NORM_CORRELATION = 100.0, 0.81
OUTCOMES = ("reading", "ks2-reading", "absence", "belonging")
ITEM_NAMES = tuple(f"item_{item}" for item in range(6))
Ints = npt.NDArray[np.int64]


def by_simulation(parameters: Parameters, *, trusts: int, seed: int) -> dict[str, pd.DataFrame]:
    """What is expected of one school of each kind?

    Parameters
    ----------
    parameters : Parameters
        The trust; sums are means over ``trusts`` of them.
    trusts : int
        How many to simulate. With 20 schools each, 1,000 leave a standard error of about a thirtieth of
        one trust's.
    seed : int
        Of the first; each trust has its own.

    Returns
    -------
    dict of str to pandas.DataFrame
        Outcome id to sums per school: index ``stratum`` (2 x secondary + programme) and ``group``.
    """
    totals: dict[str, pd.DataFrame] = {}
    counts = np.zeros(4)
    for number in range(trusts):
        world = make_world(parameters, seed + number)
        counts += np.bincount(_kinds(world), minlength=4)
        for outcome, table in tally(world).items():
            totals[outcome] = table if outcome not in totals else totals[outcome].add(table, fill_value=0.0)
    number_of = dict(enumerate(counts.tolist()))
    return {
        name: table.div(table.index.get_level_values("stratum").map(number_of), axis=0)
        for name, table in totals.items()
    }


def rebuild(folder: Path, *, trusts: int = 200, schools: int = 200, seed: int = 1000) -> None:
    """How were the sums kept with the package made?

    By this, in about ten minutes; needed again whenever a parameter or a national figure changes.

    Parameters
    ----------
    folder : Path
        Takes a file per first year and outcome: ``afa_eval/demo/data/truth``.
    trusts, schools, seed : int
        How many trusts of how many schools, from which seed on; half as many for the plan by need,
        which asks about absence only.
    """
    for years, n, kept in ((YEARS, trusts, OUTCOMES), (NEED_YEARS, trusts // 2, ("absence",))):
        tables = by_simulation(Parameters(schools=schools, years=years), trusts=n, seed=seed)
        for outcome in kept:
            path = folder / f"{years[0]}_{outcome}.csv"
            tables[outcome].reset_index().to_csv(path, index=False, float_format="%.9g", lineterminator="\n")


def tally(world: World) -> dict[str, pd.DataFrame]:
    """Which sums do the groups of one trust have?

    Parameters
    ----------
    world : World
        One simulated trust.

    Returns
    -------
    dict of str to pandas.DataFrame
        Outcome id to sums, index ``stratum`` and ``group``.
    """
    made: tuple[Callable[[World], pd.DataFrame], ...] = (_reading, _ks2, _absence, _belonging)
    return {name: make(world) for name, make in zip(OUTCOMES, made, strict=True)}


def _kinds(world: World) -> Ints:
    """The stratum of each school."""
    schools = world.roster.schools
    kinds: Ints = 2 * schools["phase"].to_numpy() + schools["arm"].to_numpy()
    return kinds


def labels(world: World, rows: Ints, which: int) -> pd.DataFrame:
    """Which groups are pupils in, in one of the years, by the plan's columns?

    Parameters
    ----------
    world : World
        The simulated trust.
    rows : ndarray of int
        Which pupils.
    which : int
        Year 1 or 2.

    Returns
    -------
    pandas.DataFrame
        One row per pupil asked for; missing where in no group.
    """
    pupils = world.roster.pupils.iloc[rows]
    provision = pupils[f"provision_{which}"].to_numpy()
    year_group = pupils[f"year_group_{which}"].to_numpy()
    cohort, need = world.cohort[rows], np.array(NEED_CODES, dtype=object)[pupils["need"]]
    cohort[cohort == ""], need[provision == 0] = None, None
    yes_no = np.array(["no", "yes"], dtype=object)
    return pd.DataFrame(
        {
            "sen": np.where(provision > 0, "any", "none"),
            "sen_provision": np.array(PROVISIONS, dtype=object)[provision],
            "phase": np.where(year_group > LAST_PRIMARY, "secondary", "primary"),
            "year_group": year_group.astype(str),
            "fsm": yes_no[pupils["fsm"]],
            "eal": yes_no[pupils["eal"]],
            "sex": np.array(["F", "M"], dtype=object)[pupils["sex"]],
            "primary_need": need,
            "cohort": cohort,
        },
        dtype=object,
    )


def _sums(values: pd.DataFrame, labels: pd.DataFrame, stratum: Ints, by: Iterable[str]) -> pd.DataFrame:
    """Sums of all columns, for all and for every value (or pair of values) of each of ``by``."""
    parts = [_grouped(values, stratum, pd.Series("all", index=values.index))]
    for spec in by:
        columns = [part.strip() for part in spec.split("&")]
        named = [(column + "=" + labels[column]).astype(object) for column in columns]
        label = named[0] if len(named) == 1 else named[0] + " & " + named[1]
        parts.append(_grouped(values, stratum, label))
    return pd.concat(parts)


def _grouped(values: pd.DataFrame, stratum: Ints, label: pd.Series) -> pd.DataFrame:
    keys = [pd.Series(stratum, index=values.index, name="stratum"), label.rename("group")]
    return values.groupby(keys, dropna=True).sum()


def _reading(world: World) -> pd.DataFrame:
    """Pupils on roll when the first test is sat; usable where both scores are there."""
    rows = np.flatnonzero(world.roster.pupils["school_2"].to_numpy() != NOWHERE)
    scores = world.scores.iloc[rows].reset_index(drop=True)
    both = ((scores["autumn_why"] == TAKEN) & (scores["summer_why"] == TAKEN)).astype(float)
    before, after = scores["autumn"].fillna(0.0) * both, scores["summer"].fillna(0.0) * both
    line = NORM_MEAN + NORM_CORRELATION * (before - NORM_MEAN)
    values = pd.DataFrame(
        {
            "eligible": 1.0,
            "n": both,
            "before": before,
            "after": after,
            "before2": before**2,
            "cross": before * after,
            "reached": (after >= line - 1e-9) * both,
        }
    )
    by = ("sen", "sen_provision", "year_group", "fsm", "eal", "sex", "primary_need", "cohort", "sen_provision & fsm")
    return _sums(values, labels(world, rows, 2), _stratum_of(world, rows, 2), by)


def _stratum_of(world: World, rows: Ints, which: int) -> Ints:
    school = world.roster.pupils[f"school_{which}"].to_numpy(dtype=np.int64)[rows]
    stratum: Ints = _kinds(world)[school]
    return stratum


def _ks2(world: World) -> pd.DataFrame:
    """Pupils in Year 6 in the second year; DfE's national means by the provision of that year."""
    pupils = world.roster.pupils
    due = (pupils["school_2"] != NOWHERE) & (pupils["year_group_2"] == LAST_PRIMARY)
    rows = np.flatnonzero(due)
    scores = world.scores.iloc[rows].reset_index(drop=True)
    taken = (scores["ks2_why"] == TAKEN).astype(float)
    national = np.array(key_stage_2_means(KS2_YEAR))[pupils["provision_2"].to_numpy()[rows]] * taken
    values = pd.DataFrame({"eligible": 1.0, "n": taken, "score": scores["ks2"].fillna(0.0), "national": national})
    return _sums(
        values, labels(world, rows, 2), _stratum_of(world, rows, 2), ("sen", "sen_provision", "fsm", "sex", "cohort")
    )


def _absence(world: World) -> pd.DataFrame:
    """Enrolments of each year with that year's status; England's shares for the first year's enrolments."""
    untreated = _without_programme(world)
    parts = []
    for which in (1, 2):
        chosen = (world.enrolments["year"] == which).to_numpy()
        rows = world.enrolments.loc[chosen, "pupil"].to_numpy()
        stratum = _kinds(world)[world.enrolments.loc[chosen, "school"].to_numpy()]
        values = _flags(world.enrolments[chosen]).assign(without=_flags(untreated[chosen])["persistent"])
        if which == 1:
            values = values.assign(**_england(world, rows))
        values.columns = [name if name.startswith("england") else f"{name}_{which}" for name in values.columns]
        by = ("sen", "sen_provision", "phase", "year_group", "fsm", "sex", "primary_need", "cohort", "sen & phase")
        parts.append(_sums(values, labels(world, rows, which), stratum, by))
    return parts[0].join(parts[1], how="outer").fillna(0.0)


def _without_programme(world: World) -> pd.DataFrame:
    """The same sessions had there been no programme: the same draws, nobody taking part."""
    sessions = np.random.default_rng(world.seed).spawn(5)[2]
    nobody = np.zeros(len(world.roster.pupils), dtype=bool)
    return make_enrolments(world.roster, nobody, world.parameters, sessions)


def _flags(rows: pd.DataFrame) -> pd.DataFrame:
    possible = rows[["possible_0", "possible_1", "possible_2"]].sum(axis=1)
    authorised = rows[["authorised_0", "authorised_1", "authorised_2"]].sum(axis=1)
    unauthorised = rows[["unauthorised_0", "unauthorised_1", "unauthorised_2"]].sum(axis=1)
    absent = authorised + unauthorised
    return pd.DataFrame(
        {
            "n": 1.0,
            "persistent": (absent * 10 >= possible).astype(float),
            "severe": (absent * 2 >= possible).astype(float),
            "possible": possible.astype(float),
            "absent": absent.astype(float),
            "authorised": authorised.astype(float),
            "unauthorised": unauthorised.astype(float),
        }
    ).reset_index(drop=True)


def _england(world: World, rows: Ints) -> dict[str, npt.NDArray[np.float64]]:
    """England's share persistently absent in both years for pupils of the same cell."""
    from scipy.special import ndtr

    pupils = world.roster.pupils.iloc[rows]
    cell = 4 * (pupils["provision_1"].to_numpy() > 0) + 2 * pupils["fsm"].to_numpy() + pupils["sex"].to_numpy()
    year_group = pupils["year_group_1"].to_numpy() - 1
    first, last = (calibration(year).knots[year_group, cell, 0] for year in world.parameters.years)
    return {"england_1": 1 - ndtr(first), "england_2": 1 - ndtr(last)}


def _belonging(world: World) -> pd.DataFrame:
    """Parents asked, whether they answer or not: who answers is settled by lot."""
    parts = []
    for which in (1, 2):
        asked = world.parents[world.parents["wave"] == which].reset_index(drop=True)
        rows = asked["pupil"].to_numpy()
        scale = _scale(asked)
        values = pd.DataFrame({"n": 1.0, "top": (asked["rating"] == len(RATINGS) - 1).astype(float)})
        values = values.assign(scale=scale, scale2=scale**2).add_suffix(f"_{which}")
        stratum = _kinds(world)[asked["school"].to_numpy()]
        parts.append(_sums(values, labels(world, rows, 1), stratum, ("sen_provision", "phase", "cohort")))
    return parts[0].join(parts[1], how="outer").fillna(0.0)


def _scale(asked: pd.DataFrame) -> pd.Series:
    """Mean of the items answered, the reversed one turned."""
    items = asked[list(ITEM_NAMES)].astype(float)
    items = items.where(items > 0)
    turned = ITEM_NAMES[REVERSED_ITEM]
    return items.assign(**{turned: 6 - items[turned]}).mean(axis=1).fillna(3.0)
