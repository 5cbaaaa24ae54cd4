"""An intruder with the released demo trust: every figure and table, one subtraction at a time.

Nothing here is taken from the disclosure room but its result. What may be subtracted is written
again, from what a reader sees: labels of rows, codes of groups, numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.estimate import Estimates, words

FEW = range(1, 10)
PAIRS = {"before": "top_box_before", "after": "top_box_after"}
RATES = ("absence_rate", "authorised_rate", "unauthorised_rate", "probability_of_superiority", "icc", "mdes")
ALPHA = ("reliability", "design_effect")


@pytest.fixture(scope="module")
def results(small_trust) -> Estimates:
    """The demo trust of eight schools: small enough that much must be hidden."""
    from afa_eval.evaluation import evaluate

    return evaluate(small_trust / "plan.toml").estimates


@pytest.fixture(scope="module")
def release(results):
    return disclosure.release(SimpleNamespace(estimates=results, about={}, manifest={}))


def few(number: float) -> bool:
    return round(number) in FEW


def figures(release) -> dict[str, dict[tuple[str, str], dict[str, int]]]:
    """For each outcome and estimand, whatever counts people: by quantity and group."""
    found: dict = defaultdict(lambda: defaultdict(dict))
    for item in release.estimates:
        if item.value is None or item.base == "schools" or " - " in item.group:
            continue
        where = found[item.outcome]
        where[str(item.estimand), "people"][item.group] = item.n_pupils
        if item.unit == "count":
            count = item.value
        elif item.unit == "proportion" and not str(item.estimand).startswith((*RATES, *ALPHA)):
            count = item.value * item.n_pupils
        else:
            continue
        where[str(item.estimand), "counted"][item.group] = round(count)
        where[str(item.estimand), "not counted"][item.group] = item.n_pupils - round(count)
    return found


def columns(groups) -> dict[tuple[str, str], list[str]]:
    """Groups by what they are part of: ``a=1 & b=2`` is a part of ``a=1`` by b, and of ``b=2`` by a."""
    split: dict = defaultdict(list)
    for group in groups:
        conditions = [part.strip() for part in group.split("&")]
        for own in conditions if group != "all" else []:
            rest = " & ".join(part for part in conditions if part != own) or "all"
            split[rest, own.partition("=")[0]].append(group)
    return split


def differences(sizes: dict[str, float], groups: Iterable[str]) -> Iterator[tuple[str, float]]:
    """The whole less all shown groups of a column, and less each of them."""
    for (whole, column), members in columns(groups).items():
        shown = [group for group in members if group in sizes]
        if whole in sizes and shown:
            yield f"{whole} less {column}: {shown}", sizes[whole] - sum(sizes[group] for group in shown)
            yield from ((f"{whole} less {group}", sizes[whole] - sizes[group]) for group in shown)


def test_no_figure_itself_counts_a_few(release) -> None:
    told = figures(release)
    assert [
        (key, group) for o in told.values() for key, sizes in o.items() for group, n in sizes.items() if few(n)
    ] == []
    assert sum(len(sizes) for outcome in told.values() for sizes in outcome.values()) > 200


def test_no_whole_less_its_shown_groups_leaves_a_few(release, results) -> None:
    all_of = figures(SimpleNamespace(estimates=results.items))
    bad = []
    for outcome, told in figures(release).items():
        for key, sizes in told.items():
            bad += [(outcome, key, what) for what, n in differences(sizes, all_of[outcome][key]) if few(n)]
    assert bad == []


def cells(table) -> Iterator[tuple[str, str, float]]:
    for row, values in zip(table.rows, table.cells, strict=True):
        yield from (
            (row, column, value) for column, value in zip(table.columns, values, strict=True) if value is not None
        )


def people_tables(release):
    return [one.table for one in release.tables if one.table.kind == "counts" and one.table.base != "schools"]


def test_no_total_less_its_shown_cells_leaves_a_few(release) -> None:
    bad = []
    for table in people_tables(release):
        grid = {(row, column): value for row, column, value in cells(table)}
        for row in table.rows:
            inner = [grid.get((row, column)) for column in table.columns if column != "Total"]
            if (row, "Total") in grid and few(grid[row, "Total"] - sum(value or 0 for value in inner)):
                bad.append((table.name, row))
        for column in table.columns:
            inner = [grid.get((row, column)) for row in table.rows if row != "Total"]
            if ("Total", column) in grid and few(grid["Total", column] - sum(value or 0 for value in inner)):
                bad.append((table.name, column))
    assert bad == []


def answers(tables, groups) -> dict[tuple[str, str, str], dict[str, dict[str, float]]]:
    """Answers by outcome, wave and answer: the table they stand in, and the group."""
    labels = {words.label(group): group for group in groups}
    found: dict = defaultdict(lambda: defaultdict(dict))
    for table in tables:
        if not table.name.startswith("distribution-") or table.name.endswith("-items"):
            continue
        for row, column, value in cells(table):
            who, _, wave = row.rpartition(": ")
            found[table.outcome, wave.lower(), column][table.name][labels[who] if who else "all"] = value
    return found


def test_no_answers_of_all_less_those_of_groups_leave_a_few(release, results) -> None:
    groups = {item.group for item in results}
    bad = []
    for key, by_table in answers(people_tables(release), groups).items():
        sizes = {group: n for found in by_table.values() for group, n in found.items()}
        bad += [(key, what) for what, n in differences(sizes, _asked(results, key[0])) if few(n)]
    assert bad == []


def _asked(results, outcome) -> set[str]:
    return {item.group for item in results if item.outcome == outcome and " - " not in item.group}


@pytest.fixture(scope="module")
def bases(release):
    """How many people stand behind published figures, by outcome and group."""
    found: dict = defaultdict(lambda: defaultdict(set))
    for outcome, told in figures(release).items():
        for (_, kind), sizes in told.items():
            for group, n in sizes.items() if kind == "people" else ():
                found[outcome][group].add(n)
    return found


def test_no_table_less_the_people_behind_a_figure_leaves_a_few(release, bases) -> None:
    bad = []
    for table in people_tables(release):
        for row, column, value in cells(table):
            group = row if "=" in row else "all"
            if table.name.startswith("coverage-") and column in (table.columns[0], "Total"):
                bad += [(table.name, row, n) for n in bases[table.outcome][group] if few(abs(value - n))]
            if table.name.startswith("counted-") and row in (table.rows[0], table.rows[-1]):
                bad += [(table.name, row, n) for n in bases[table.outcome]["all"] if few(abs(value - n))]
    assert bad == []


def test_no_pupils_who_took_part_less_those_behind_a_figure_are_a_few(release, results) -> None:
    sizes = {(table.name, row): value for table in results.tables for row, _, value in cells(table)}
    bad = []
    for table in people_tables(release):
        for row, _, value in cells(table) if table.name.startswith("participants-") else ():
            for outcome, n in _pupils(release, "all" if row == "Total" else row):
                # where one group of an outcome has more pupils than took part, no group is known to be part of it
                apart = any(
                    size > sizes[table.name, other]
                    for other in table.rows
                    for which, size in _pupils(release, "all" if other == "Total" else other)
                    if which == outcome
                )
                bad += [(table.name, row, n)] * (few(value - n) and (row == "Total" or not apart))
    assert bad == []


def test_no_answers_less_those_of_who_answered_twice_are_a_few(release, results, bases) -> None:
    told, bad = figures(release), []
    for (outcome, wave, column), tables in answers(people_tables(release), {item.group for item in results}).items():
        twice = told[outcome].get((PAIRS[wave], "counted"), {})
        for group, value in ((group, n) for found in tables.values() for group, n in found.items()):
            if column == "Total":
                bad += [(outcome, group, n) for n in bases[outcome][group] if few(abs(value - n))]
            if column == "excellent" and group in twice:
                bad += [(outcome, wave, group)] * few(abs(value - twice[group]))
    assert bad == []


def test_no_followed_pupils_less_those_of_a_year_are_a_few(release) -> None:
    told = figures(release)["absence"]
    (table,) = (one for one in people_tables(release) if one.name == "transition-absence")
    grid = {(row, column): value for row, column, value in cells(table)}
    for place, wave in (((table.rows[0], "Total"), "before"), (("Total", table.columns[0]), "after")):
        count = told[f"persistent_absence_{wave}", "counted"].get("all")
        assert count is None or place not in grid or not few(abs(count - grid[place]))


def _pupils(release, group) -> set[tuple[str, int]]:
    """Bases that are part of who took part: pupils, and enrolments of the first year."""
    return {
        (item.outcome, item.n_pupils)
        for item in release.estimates
        if item.value is not None
        and item.group == group
        and (item.base == "pupils" or (item.base == "enrolments" and str(item.estimand).endswith("_before")))
    }


def test_no_pupils_who_took_part_less_those_in_another_table_are_a_few(release) -> None:
    tables = {table.name: table for table in people_tables(release)}
    took_part = {row: n for name, t in tables.items() if name.startswith("participants-") for row, _, n in cells(t)}
    for name, table in tables.items():
        if name.startswith("coverage-") or name == "sen-status":
            for row, column, value in cells(table):
                code = re.sub(r".*\((\w)\)$", r"sen_provision=\1", row)
                assert column != "Total" or code not in took_part or not few(took_part[code] - value), (name, row)


def test_no_few_leavers_are_those_on_the_register_less_those_still_on_roll(release) -> None:
    tables = {one.table.name: one.table for one in release.tables}
    left = [name for name in tables if name.startswith("left-")]
    assert left
    for name in left:
        tested = {row: cells[-1] for row, cells in rows_of(tables.get(name.replace("left-", "coverage-")))}
        gone = [cells[1] for row, cells in rows_of(tables[name]) if row != "Total"]
        for row, (still, few_left, whole) in rows_of(tables[name]):
            on_roll = still if still is not None else tested.get(row)
            assert few_left is None or not few(few_left), (name, row)
            assert None in {whole, on_roll} or not few(whole - on_roll), (name, row)
            if row == "Total" and few_left is not None and gone.count(None) == 1:
                assert not few(few_left - sum(number for number in gone if number is not None)), name


def rows_of(table) -> list[tuple[str, tuple[float | None, ...]]]:
    return [] if table is None else list(zip(table.rows, table.cells, strict=True))


def test_no_programme_over_all_tables_of_one_outcome_places_a_hidden_cell_within_ten(release, reached) -> None:
    groups = {words.label(item.group): item.group for item in release.estimates if " - " not in item.group}
    number, equations, known, hidden = {}, [], {}, []

    def place(*key):
        return number.setdefault(key, len(number))

    for table in people_tables(release):
        if not table.name.startswith(("distribution-", "participants-")) or table.name.endswith("-items"):
            continue
        where: dict = {}
        for row, values in zip(table.rows, table.cells, strict=True):
            who, _, wave = row.rpartition(": ") if "distribution" in table.name else (row, "", "")
            group = groups.get(who, who) if who not in {"", "Total"} else "all"
            for column, value in zip(table.columns, values, strict=True):
                at = where[wave, group, column] = place(table.name.split("-")[0], table.outcome, wave, group, column)
                known |= {} if value is None else {at: value}
                hidden += [at] if value is None else []
        for (wave, group, column), whole in where.items():
            parts = [at for (w, g, c), at in where.items() if (w, g) == (wave, group) and c != "Total"]
            if column == "Total":
                equations.append([(whole, 1), *((at, -1) for at in parts)])
            if group == "all" and len(table.rows) > 2:
                parts = [at for (w, g, c), at in where.items() if (w, c) == (wave, column) and g != "all"]
                equations.append([(whole, 1), *((at, -1) for at in parts)])
    places = {at: at for at in number.values()}
    found = reached(places, equations, known)
    assert len(found) == len(set(hidden)) > 20
    assert [at for at, (low, high) in found.items() if high - low < 10 - 1e-6] == []  # the solver's own tolerance


def test_one_number_is_hidden_in_every_table_or_in_none(release) -> None:
    totals = [one.table.cells[-1] for one in release.tables if one.table.name.startswith("participants-")]
    assert len({total is None or total[0] for total in totals}) == 1


def test_children_whom_the_test_cannot_measure_stand_on_their_own(release) -> None:
    (coverage,) = (one.table for one in release.tables if one.table.name == "coverage-reading")
    assert "working below" in coverage.columns
    assert (coverage.cells[-1][coverage.columns.index("working below")] or 0) >= 10


def test_the_figures_that_matter_are_still_told(release) -> None:
    head = {
        str(item.estimand): item.value
        for item in release.estimates
        if item.group == "all" and item.outcome == "reading"
    }
    assert head["mean_gain"] is not None
    shown = [value is not None for table in people_tables(release) for row in table.cells for value in row]
    assert sum(shown) / len(shown) > 0.5


def test_an_intruder_with_a_solver_and_all_published_files_works_out_no_few(intruder, results, tmp_path) -> None:
    found = SimpleNamespace(estimates=results, about={}, manifest={})
    made = dict(intruder.folders(found, tmp_path, ["trust"]))
    told = intruder.attack(made["trust"], made["open"], *intruder.RULES["trust"])
    assert told.told == []
    assert told.hidden > 100
