"""What figures and tables tell together: an intruder who takes one published number from another."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from afa_eval.disclosure import cells, joint, linked, policies
from afa_eval.disclosure.numbers import Numbers
from afa_eval.estimate import Claim, Estimand, Estimate, Estimates, Table

PUBLISH = policies.find("publish")
E = Estimand


def figure(group, n, value=101.0, estimand=E.MEAN_GAIN, base="pupils", unit="points", **more) -> Estimate:
    return Estimate(outcome="a", group=group, estimand=estimand, value=value, unit=unit, base=base, n_pupils=n,
                    n_schools=9, claim=Claim.DESCRIPTION, method="m", **more)  # fmt: skip


def share(group, n, count, estimand, base="enrolments") -> Estimate:
    return figure(group, n, count / n, estimand, base, "proportion")


def counts(name, rows, columns, *values, outcome="a") -> Table:
    cells_ = tuple(tuple(map(float, row)) for row in values)
    return Table(name=name, title=name, rows=rows, columns=columns, cells=cells_, outcome=outcome)


def close(items, tables=(), policy=PUBLISH):
    """What is still shown: figures by group and estimand, cells by table."""
    hiding, grids = linked.alone(items, policy), cells.alone(tables, policy)
    joint.close(hiding, grids)
    shown = {(item.group, str(item.estimand)) for item in items if linked.key_of(item) not in hiding.hidden}
    return shown, {one.table.name: one.table.cells for one in grids.released()}


def test_severely_absent_pupils_are_among_the_persistently_absent() -> None:
    both = [share("all", 400, 60, E.PERSISTENT_ABSENCE_AFTER), share("all", 400, 56, E.SEVERE_ABSENCE_AFTER)]
    shown, _ = close(both)
    assert len(shown) == 1  # 60 less 56 are four children absent a lot, but not half of their sessions
    shown, _ = close([both[0], share("all", 400, 40, E.SEVERE_ABSENCE_AFTER)])
    assert len(shown) == 2


@pytest.mark.parametrize(("there", "all_shown"), [(96, False), (85, True)])
def test_those_there_in_both_years_do_not_tell_the_few_who_left(there, all_shown) -> None:
    status = counts("sen-status", ("SEN support (K)", "Total"), ("SEN support (K)", "Total"),
                    (there, there), (there, there), outcome="")  # fmt: skip
    items = [figure("sen_provision=K", n, 0.1, e, "enrolments", "proportion difference") for n, e in (
        (100, E.ABSENCE_RATE_BEFORE), (120, E.ABSENCE_RATE_AFTER))]  # fmt: skip
    shown, tables = close(items, [status])
    told = ("sen_provision=K", "absence_rate_before") in shown and tables["sen-status"][0][1] is not None
    assert told == all_shown
    assert ("sen_provision=K", "absence_rate_after") in shown


def test_no_cell_is_told_by_groups_that_only_figures_are_about() -> None:
    balance = counts("balance-a", ("cohort=pilot", "cohort=pilot & fsm=no", "cohort=pilot & fsm=yes",
                     "cohort=other & fsm=no", "cohort=other & fsm=yes"), ("Pupils",), (40,), (36,), (4,), (60,), (80,))  # fmt: skip
    items = [figure("fsm=yes", 84), figure("fsm=no", 96), figure("all", 180)]
    shown, tables = close(items, [balance])
    others = tables["balance-a"][4][0]
    assert tables["balance-a"][2] == (None,)
    assert others is None or ("fsm=yes", "mean_gain") not in shown  # 84 less 80


def test_who_answered_once_is_not_told_by_who_answered_at_all() -> None:
    answers = counts("distribution-a-all", ("Before", "After"), ("poor", "good", "Total"), (30, 30, 60), (40, 40, 80))
    both = share("all", 56, 30, E.TOP_BOX_BEFORE, "parents")
    either = figure("all", 84, 0.1, E.TOP_BOX_CHANGE_UNPAIRED, "parents", "proportion difference")
    shown, tables = close([both, either], [answers])
    whole = tables["distribution-a-all"]
    assert whole[0][2] is None or ("all", "top_box_before") not in shown  # 60 less 56
    assert whole[1][2] is None or ("all", "top_box_change_unpaired") not in shown  # 84 less 80


def test_a_figure_hidden_beside_an_earlier_release_is_not_told_by_the_others() -> None:
    class Before:
        def reason(self, item, count, policy) -> str:
            return "told of three more" if item.group == "fsm=yes" else ""

        def changed(self, item, policy) -> str:
            return ""

        line_changed = changed

    items = [figure("all", 400), figure("fsm=yes", 103), figure("fsm=no", 297)]
    hiding, grids = linked.alone(items, PUBLISH, Before()), cells.alone([], PUBLISH)
    joint.close(hiding, grids)
    assert {key[1] for key in hiding.hidden} == {"fsm=yes", "fsm=no"}


def test_a_contrast_with_the_rest_tells_how_many_there_are_altogether() -> None:
    contrast = figure("fsm=yes - rest", 400, 1.0, arms=(100, 300))
    (number,) = Numbers.of([contrast]).sizes
    assert number == ("a", "people", "pupils", frozenset(), "400")


def test_an_intruder_finds_what_a_careless_release_tells(intruder, tmp_path) -> None:
    coverage = counts("coverage-a", ("sen_provision=K", "sen_provision=E", "Total"), ("with the scores needed", "absent",
                      "Total"), (40, 20, 60), (47, 3, 50), (87, 23, 110))  # fmt: skip
    items = [figure("all", 87), figure("sen_provision=K", 40), figure("sen_provision=E", 47)]
    found = SimpleNamespace(estimates=Estimates(tuple(items), tables=(coverage,)), about={}, manifest={})
    made = dict(intruder.folders(found, tmp_path, ["publish"]))
    assert intruder.attack(made["publish"], made["open"], 10, others=True).told == []
    careless = shutil.copytree(made["open"], tmp_path / "careless")
    for line, hidden in (("E,47,3,50", "E,47,,50"), ("87,23,110", "87,,110")):
        file = careless / "coverage-a.csv"
        file.write_text(file.read_text().replace(line, hidden))
    told = intruder.attack(careless, made["open"], 10).told
    assert [3, 3, 3] in [numbers for _, *numbers in told]  # 50 less 47
