"""What was released before: a newer figure must not be the difference to an older one."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.disclosure import cells, policies
from afa_eval.disclosure.ledger import FILE, Ledger, fingerprint
from afa_eval.errors import DisclosureError, PlanError
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Table

PUBLISH = policies.find("publish")
ABOUT = {"outcomes": [{"id": "a", "before": "202122", "after": "202223"}]}


def figure(n, value=101.0, group="all", estimand=Estimand.MEAN_BEFORE, unit="points"):
    plain = {"base": "pupils", "n_schools": 8, "claim": Claim.DESCRIPTION, "method": "m"}
    return Estimate(outcome="a", group=group, estimand=estimand, value=value, unit=unit, n_pupils=n, **plain)


def share(n, count, group="all"):
    return figure(n, count / n, group, Estimand.STANDARD_SHARE_BEFORE, "proportion")


def counts(*values):
    total = float(sum(values))
    rows = (*(f"sen_provision={code}" for code in "NKE"[: len(values)]), "Total")
    cells = tuple((float(value),) for value in (*values, total))
    return Table(name="t", title="t", rows=rows, columns=("Pupils",), cells=cells)


def evaluation(*items, tables=(), files="one"):
    manifest = {"plan_sha256": "p", "files_sha256": {"pupils.csv": files}}
    return SimpleNamespace(estimates=Estimates(tuple(items), tables=tuple(tables)), about=ABOUT, manifest=manifest)


def released(found, ledger=None, policy=PUBLISH):
    """One release after another, as a workspace makes them."""
    ledger = ledger or Ledger()
    mark = fingerprint(found.manifest, policy)
    made = disclosure.release(found, policy, ledger.earlier(mark, found.about))
    return made, ledger.with_release(made, mark, policy.round_to)


def test_the_same_release_is_written_down_once() -> None:
    first, ledger = released(evaluation(figure(400)))
    again, same = released(evaluation(figure(400)), ledger)
    assert first.estimates == again.estimates
    assert same is ledger
    assert [entry.number for entry in ledger.entries] == [1]


def test_a_mean_of_three_pupils_more_is_hidden_and_a_finding_says_so() -> None:
    _, ledger = released(evaluation(figure(400)))
    later, ledger = released(evaluation(figure(403, 101.2), files="two"), ledger)
    (item,) = later.estimates
    assert item.value is None
    assert "earlier release" in item.reason
    (finding,) = later.findings
    assert finding.code == "earlier-release"
    assert "1 figure" in finding.message
    assert "here 1" in finding.fix
    assert len(ledger.entries) == 2


def test_a_mean_of_a_whole_class_more_is_shown() -> None:
    _, ledger = released(evaluation(figure(400)))
    later, _ = released(evaluation(figure(430, 101.2), files="two"), ledger)
    assert later.estimates[0].value == 101.2
    assert later.findings == ()


def test_the_same_pupils_of_whom_two_changed_are_hidden() -> None:
    _, ledger = released(evaluation(share(400, 100)))
    assert released(evaluation(share(400, 102), files="two"), ledger)[0].estimates[0].value is None
    assert released(evaluation(share(400, 120), files="two"), ledger)[0].estimates[0].value == 0.3


def test_another_year_is_of_other_pupils() -> None:
    _, ledger = released(evaluation(figure(400)))
    next_year = evaluation(figure(403), files="two")
    next_year.about = {"outcomes": [{"id": "a", "before": "202223", "after": "202324"}]}
    assert released(next_year, ledger)[0].estimates[0].value == 101.0


def test_cells_near_those_of_an_earlier_release_are_hidden_and_cannot_be_added_up() -> None:
    _, ledger = released(evaluation(figure(400), tables=[counts(300, 60, 40)]))
    later, _ = released(evaluation(figure(440), tables=[counts(300, 95, 43)], files="two"), ledger)
    (table,) = later.tables
    assert [row[0] for row in table.table.cells] == [300.0, None, None, 438.0]  # 43 less the earlier 40 are three
    assert "1 cell of a table" in later.findings[0].message


def test_a_cell_hidden_before_stays_hidden_beside_what_was_shown() -> None:
    # first the few went with the 60; a later choice of the 40 would tell both from the two releases
    few = counts(300, 60, 4)
    first, ledger = released(evaluation(figure(400), tables=[few]))
    hidden = [row[0] is None for row in first.tables[0].table.cells]
    later, _ = released(evaluation(figure(400), tables=[few], files="two"), ledger)
    assert [row[0] is None for row in later.tables[0].table.cells] == hidden == [False, True, True, False]


def test_a_release_nobody_saw_can_be_taken_back() -> None:
    _, ledger = released(evaluation(figure(400)))
    later, _ = released(evaluation(figure(403), files="two"), ledger.without(1))
    assert later.estimates[0].value == 101.0
    with pytest.raises(PlanError, match="There are: 1"):
        ledger.without(7)


def test_the_file_holds_released_numbers_alone_and_is_written_whole(tmp_path) -> None:
    made, ledger = released(evaluation(figure(400), figure(7, group="sen=any"), tables=[counts(300, 60, 4)]))
    file = ledger.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert Ledger.read(tmp_path) == ledger
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["releases"][0]["figures"] == [["a", "all", "mean_before", "pupils", 400, None, 101.0]]
    assert document["releases"][0]["tables"][0]["cells"] == [[300.0], [None], [None], [364.0]]
    assert made.profile == document["releases"][0]["profile"]


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "other", "releases": []}'])
def test_without_a_ledger_that_can_be_read_nothing_leaves(tmp_path, text) -> None:
    assert Ledger.read(tmp_path) == Ledger()
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DisclosureError, match="cannot be read"):
        Ledger.read(tmp_path)


def test_the_same_pupils_rounded_and_not_rounded_are_the_same_pupils() -> None:
    lab = policies.find("opensafely")
    items, tables = [share(403, 101)], [counts(301, 62, 40)]
    for first, second in ((PUBLISH, lab), (lab, PUBLISH), (lab, lab)):
        _, ledger = released(evaluation(*items, tables=tables), policy=first)
        later, _ = released(evaluation(*items, tables=tables, files="two"), ledger, second)
        assert later.estimates[0].value is not None
        assert None not in [row[0] for row in later.tables[0].table.cells]
        assert later.findings == ()
    _, ledger = released(evaluation(*items), policy=lab)
    assert released(evaluation(share(408, 130), files="two"), ledger, lab)[0].estimates[0].value is None


def test_another_figure_about_the_same_people_is_hidden_too() -> None:
    first = evaluation(figure(400), share(400, 5))  # the share is hidden: five reach the standard
    _, ledger = released(first)
    later, _ = released(evaluation(figure(403, 101.2), share(403, 20), files="two"), ledger)
    assert [item.value for item in later.estimates] == [None, None]  # 403 would stand under the share alone


def test_a_series_goes_with_the_figures_that_would_tell_beside_an_earlier_release() -> None:
    # a mean gap of 12.0 among 312, and of 12.1 among 313, is what the one who joined scored
    gap = Table(
        name="sen-gap-a", title="", rows=("SEN at baseline",), columns=("Gap",), cells=((-12.1,),), kind="series",
        unit="points", outcome="a", bases=((313,),),
    )  # fmt: skip
    grids = cells.alone([gap, replace(gap, name="sen-gap-b", outcome="b")], PUBLISH)
    grids.hide_series({"a"})
    assert [one.table.cells[0][0] for one in grids.released()] == [None, -12.1]


def test_bounds_go_with_the_reasons_whose_number_they_tell() -> None:
    labels, few = ("SEN support", "Total"), ("with the scores needed", "working below", "not recorded", "Total")
    reasons = Table(
        name="coverage-a", title="", rows=labels, columns=few, cells=((80, 4, 16, 100), (900, 24, 76, 1000))
    )
    bounds = Table(
        name="worst-rank-a", title="", rows=labels, columns=("Lowest", "Highest"), cells=((50.0, 66.0), (70.0, 77.6)),
        kind="series", unit="points", outcome="a", bases=((16, 16), (76, 76)),
    )  # fmt: skip
    grids = cells.alone([reasons, bounds], PUBLISH)
    assert grids.released()[1].table.cells == ((None, None), (70.0, 77.6))


@pytest.mark.parametrize(
    ("n", "value", "shown"),
    [
        (312, 101.0, True),  # nothing changed
        (312, 101.0 - 13 / 312, False),  # one score is 13 lower
        (312, 98.0, True),  # nine people cannot have moved it so far
        (340, 101.0 - 13 / 312, True),  # other people
    ],
)
def test_a_mean_of_the_same_people_that_changed_by_a_few_scores_is_hidden(n, value, shown) -> None:
    known = {"se": 0.8, "df": 7.0}
    _, ledger = released(evaluation(replace(figure(312), **known)))
    again, _ = released(evaluation(replace(figure(n, value), **known)), ledger)
    assert again.estimates[0].value == value  # the same files: another plan, no other score
    now, _ = released(evaluation(replace(figure(n, value), **known), files="mended"), ledger)
    assert (now.estimates[0].value is not None) == shown


@pytest.mark.parametrize(
    ("line", "difference", "standing"),
    [
        (0.13664, -0.03042, (True, True, True)),  # nothing changed
        (0.13669, -0.03047, (True, True, True)),  # not in what is printed
        (
            0.13676,
            -0.03054,
            (True, True, False),
        ),  # the difference prints as -0.031: who joined has a part of many absentees
        (0.13748, -0.03126, (True, True, False)),
        (0.13752, -0.03042, (True, False, False)),  # the line prints as 0.138
        (0.23664, -0.13042, (True, True, True)),  # nine people cannot have moved it so far
    ],
)
def test_a_line_of_a_mix_that_a_few_have_changed_goes_though_those_compared_are_the_same(line, difference, standing):
    def found(line, difference, files):
        england = Comparator(
            slug="pa", value=line, year="202223", population="England", definition="d", unit="proportion",
            mix=(400, 405, 200, 200),
        )  # fmt: skip
        known = {"comparator": england, "se": 0.0123, "df": 4.9}
        beside = replace(
            figure(1205, 128 / 1205, estimand=Estimand.PERSISTENT_ABSENCE_AFTER, unit="proportion"), **known
        )
        minus = figure(
            1205, difference, estimand=Estimand.PERSISTENT_ABSENCE_MINUS_NATIONAL, unit="proportion difference"
        )
        return evaluation(beside, replace(minus, **known), files=files)

    _, ledger = released(found(0.13664, -0.03042, "one"))
    now, _ = released(found(line, difference, "two"), ledger)
    share, minus = now.estimates
    assert (share.value is not None, share.comparator is not None, minus.value is not None) == standing


def test_figures_that_are_set_against_two_lines_stay_where_nothing_changed() -> None:
    def found(value, files):
        lines = [
            Comparator(slug="p", value=line, year="202223", population=whom, definition="d", unit="points")
            for whom, line in (("no SEN", 0.27), ("all", -0.11))
        ]
        known = {"estimand": Estimand.PROGRESS_MINUS_NATIONAL}
        items = [replace(figure(196, value - one.value, **known), comparator=one, se=0.4, df=4.9) for one in lines]
        return evaluation(*items, files=files)

    _, ledger = released(found(-0.48, "one"))
    same, _ = released(found(-0.48, "two"), ledger)
    assert [item.value for item in same.estimates] == pytest.approx([-0.75, -0.37])
    moved, _ = released(found(-0.48 - 1.3 / 196, "two"), ledger)
    assert [item.value for item in moved.estimates] == [None, None]
