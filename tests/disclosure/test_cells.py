"""Tables, cell by cell, and an intruder who subtracts."""

from __future__ import annotations

import numpy as np
import pytest

from afa_eval.disclosure import cells, joint, linked, policies
from afa_eval.disclosure.between import Known
from afa_eval.estimate import Claim, Estimand, Estimate, Table

PUBLISH = policies.find("publish")


def counts(cells, rows=None, columns=None, **more):
    rows = rows or tuple(f"r{i}" for i in range(len(cells)))
    columns = columns or tuple(f"c{i}" for i in range(len(cells[0])))
    return Table(name=more.pop("name", "t"), title="t", rows=rows, columns=columns, cells=cells, **more)


def with_totals(inner: np.ndarray, **more) -> Table:
    full = np.vstack([np.column_stack([inner, inner.sum(axis=1)]), np.append(inner.sum(axis=0), inner.sum())])
    names = [(*(f"{axis}{i}" for i in range(size)), "Total") for axis, size in zip("rc", inner.shape, strict=True)]
    return counts(tuple(tuple(map(float, row)) for row in full), *names, **more)


def protected(tables, policy, items=(), known=None):
    """All tables, beside figures and beside what is out already."""
    hiding, grids = linked.alone(items, policy), cells.alone(tables, policy)
    joint.close(hiding, grids, known)
    return grids.released(item for item in items if linked.key_of(item) not in hiding.hidden)


def protect(table: Table, policy):
    (released,) = protected([table], policy)
    return released


def shown(table: Table) -> list[list[float | None]]:
    return [list(row) for row in protect(table, PUBLISH).table.cells]


def test_small_cells_are_hidden_with_a_symbol() -> None:
    released = protect(counts(((3.0, 40.0), (None, 50.0))), PUBLISH)
    assert released.table.cells == ((None, 40.0), (None, 50.0))
    assert released.status == (("c", ""), ("z", ""))


def test_noughts_are_hidden_unless_they_say_only_that_a_rule_left_nobody_out() -> None:
    assert shown(counts(((0.0, 40.0),))) == [[None, 40.0]]
    assert shown(counts(((0.0, 40.0),), name="counted-absence")) == [[0.0, 40.0]]
    assert protect(counts(((0.0, 40.0),)), policies.find("trust")).table.cells == ((0.0, 40.0),)


def test_schools_are_no_people() -> None:
    assert shown(counts(((1.0, 0.0, 17.0),), base="schools")) == [[1.0, 0.0, 17.0]]


def test_a_hidden_cell_is_never_one_subtraction_from_a_total() -> None:
    assert shown(counts(((3.0, 40.0, 50.0, 93.0),), columns=("a", "b", "c", "Total"))) == [[None, None, 50.0, 93.0]]


def test_a_table_of_which_too_few_can_be_worked_out_from_published_figures_is_hidden_whole() -> None:
    table = counts(((86.0, 7.0, 93.0), (80.0, 20.0, 100.0)), columns=("with a score", "without", "Total"))
    (released,) = protected([table], PUBLISH, known=Known(frozenset({("t", 0, 0), ("t", 0, 2)})))
    assert released.status == (("c", "c", "c"), ("c", "c", "c"))


def test_where_no_one_cell_will_do_a_little_of_several_does() -> None:
    trust = policies.find("trust")  # hides fewer than five, and shows noughts: a hidden cell is one or more
    table = counts(((7.0, 5.0, 2.0),), columns=("Total", "a", "b"))
    (released,) = protected([table], trust, known=Known(frozenset({("t", 0, 0)})))
    assert released.status == (("", "c", "c"),)  # each is 1 to 6: five away from being told


def test_a_column_that_is_the_sum_of_the_others_is_a_total_whatever_its_name() -> None:
    table = counts(((3.0, 40.0, 43.0), (30.0, 40.0, 70.0)), columns=("a", "b", "All pupils"))
    assert shown(table)[0] == [None, None, 43.0]


def single_subtractions(table, hidden) -> list[tuple[int, int]]:
    """Hidden cells that are the only hidden one of a line with a shown total."""
    rows, columns = len(table), len(table[0])
    found = []
    for i, j in hidden:
        row = [table[i][c] for c in range(columns)]
        column = [table[r][j] for r in range(rows)]
        found += [(i, j)] * (row.count(None) == 1) + [(i, j)] * (column.count(None) == 1)
    return found


def test_no_random_table_gives_a_hidden_cell_away_by_one_subtraction() -> None:
    rng = np.random.default_rng(11)
    for _ in range(15):
        inner = rng.poisson(rng.choice([4, 12, 60]), size=(int(rng.integers(2, 6)), int(rng.integers(2, 6))))
        table = with_totals(inner)
        cells = shown(table)
        hidden = [(i, j) for i, row in enumerate(cells) for j, value in enumerate(row) if value is None]
        assert single_subtractions(cells, hidden) == []
        assert all(value is None or value >= 10 for row in cells for value in row)


def test_hidden_cells_of_a_line_are_ten_or_more_together() -> None:
    rng = np.random.default_rng(12)
    for _ in range(8):
        inner = rng.poisson(9, size=(4, 4))
        table = with_totals(inner)
        for row, values in zip(shown(table)[:-1], inner, strict=False):
            lost = [v for v, cell in zip(values, row[:-1], strict=True) if cell is None]
            assert row[-1] is None or not lost or sum(lost) >= 10


def test_small_reasons_are_put_together_before_anything_is_hidden() -> None:
    table = counts(
        ((500.0, 60.0, 4.0, 8.0, 572.0), (90.0, 40.0, 6.0, 12.0, 148.0)),
        columns=("With a score", "working below", "left", "absent", "Total"),
        name="coverage-reading",
    )
    released = protect(table, PUBLISH)
    assert released.table.columns == ("With a score", "working below", "other reasons", "Total")
    assert released.table.cells == ((500.0, 60.0, 12.0, 572.0), (90.0, 40.0, 18.0, 148.0))


def test_a_series_is_shown_where_its_bases_allow() -> None:
    table = counts(
        ((0.5, 0.02, 0.3), (0.5, None, 0.97)),
        kind="series",
        unit="proportion",
        bases=((100, 100, 9), (100, 0, 100)),
    )
    released = protect(table, PUBLISH)
    assert released.table.cells == ((0.5, None, None), (0.5, None, None))
    assert released.status == (("", "c", "c"), ("", "z", "c"))
    assert released.table.bases is None


def test_a_series_without_bases_stays_inside_unless_it_is_national() -> None:
    assert shown(counts(((0.5,),), kind="series", unit="proportion")) == [[None]]
    assert shown(counts(((0.02,),), kind="series", unit="proportion", base="national")) == [[0.02]]


@pytest.mark.parametrize(("value", "rounded"), [(12.0, 10.0), (12.6, 15.0), (13.0, 15.0), (8.0, 10.0), (7.0, None)])
def test_opensafely_rounds_cells(value, rounded) -> None:
    assert protect(counts(((value,),)), policies.find("opensafely")).table.cells == ((rounded,),)


def quarters(*rows: tuple[float, ...]) -> Table:
    names = ("cohort=pilot", "Other pupils", "Total")
    full = [(*row, sum(row)) for row in (*rows, tuple(map(sum, zip(*rows, strict=True))))]
    columns = ("Lowest quarter", "Second quarter", "Third quarter", "Highest quarter", "Total")
    return counts(tuple(full), names, columns, name="quarters-reading", outcome="reading")


def reaching(group: str, count: float, of: int) -> Estimate:
    return Estimate(
        outcome="reading", group=group, estimand=Estimand.ABOVE_NATIONAL_AVERAGE_SHARE, value=count / of,
        unit="proportion", base="pupils", n_pupils=of, n_schools=9, claim=Claim.DESCRIPTION, method="",
    )  # fmt: skip


def test_the_share_that_reaches_the_average_tells_no_hidden_quarter() -> None:
    table = quarters((30.0, 30.0, 4.0, 36.0), (200.0, 210.0, 190.0, 205.0))
    shares = [reaching("all", 435, 905), reaching("cohort=pilot", 40, 100)]
    (alone,) = protected([table], PUBLISH)
    (beside,) = protected([table], PUBLISH, shares)
    assert alone.table.cells[0][2] is None
    third, highest = beside.table.cells[0][2:4]
    assert third is None
    assert highest is None  # else 40 of 100 who reach the average, minus those of the highest quarter, tells the 4
    assert None in (beside.table.cells[1][2], beside.table.cells[2][2])  # nor does its column
    assert None in (beside.table.cells[1][3], beside.table.cells[2][3])


def test_quarters_of_a_group_do_not_tell_its_hidden_share() -> None:
    table = quarters((14.0, 14.0, 14.0, 14.0), (200.0, 210.0, 190.0, 205.0))
    # 28 of 33: five do not reach the average; the table says that 28 of its 56 do not, so it is of others
    few, most = reaching("cohort=pilot", 28, 33), reaching("all", 423, 861)
    (beside,) = protected([quarters((3.0, 2.0, 14.0, 14.0), (200.0, 210.0, 190.0, 205.0))], PUBLISH, [few, most])
    assert beside.table.cells[0][:2] == (None, None)
    assert None in beside.table.cells[0][2:4]  # else the pilot's 33 less those of the upper half
    (both,) = protected([table], PUBLISH, [reaching("all", 423, 861), reaching("cohort=pilot", 28, 56)])
    assert all(value is not None for row in both.table.cells for value in row)


def years(group: str, bases: tuple[int, ...]) -> Table:
    cells = tuple((0.3, 0.2, 0.4) for _ in bases)
    more = {"kind": "series", "unit": "proportion", "base": "enrolments", "outcome": "a"}
    return counts(cells, columns=("Figure", "Lower limit", "Upper limit"), name=f"years-a{group}",
                  bases=tuple((base, base - 1, base - 1) for base in bases), **more)  # fmt: skip


def of_group(group: str, wave: Estimand) -> Estimate:
    return Estimate(outcome="a", group=group, estimand=wave, value=0.3, unit="proportion", base="enrolments",
                    n_pupils=200, n_schools=9, claim=Claim.DESCRIPTION, method="m")  # fmt: skip


def test_a_year_hidden_of_one_group_is_hidden_of_all_but_not_of_everybody() -> None:
    groups = ("sen_provision=N", "sen_provision=E")
    tables = [years("", (900, 900)), years(f"-{groups[0]}", (880, 800)), years(f"-{groups[1]}", (20, 100))]
    waves = (Estimand.PERSISTENT_ABSENCE_BEFORE, Estimand.PERSISTENT_ABSENCE_AFTER)
    known = [of_group(group, wave) for group in groups for wave in waves]
    everybody, without, plans = protected(tables, PUBLISH, known)
    assert everybody.status == (("", "", ""),) * 2
    assert without.status == plans.status == (("c", "c", "c"), ("", "", ""))  # of 20 enrolments 6 would be told
    _, *beside = protected(tables, PUBLISH, known[:-1])  # a figure of one group is hidden, so its years are
    assert all(mark == "c" for one in beside for row in one.status for mark in row)
