"""The middle half of authorities: against each authority's own comparator, and where there is none."""

import numpy as np
import pytest

from afa_eval import comparators
from afa_eval.comparators import store
from afa_eval.designs.absence_authorities import authorities_table, middle_half
from afa_eval.designs.persistent_absence import PersistentAbsence

ASKED = PersistentAbsence(id="absence", baseline_year="202122", outcome_year="202223")


def test_the_ends_are_quartiles_of_the_comparators_of_all_authorities() -> None:
    areas = [name for name, level in store.areas().items() if level == "Local authority"]
    found = []
    for area in areas:
        try:
            found.append(comparators.find("persistent-absence", year="202223", sen="any", area=area).value)
        except comparators.lookup.ComparatorError:
            continue
    assert len(found) >= 100
    # the same counts by another way: the last bits of a division
    assert middle_half("pa-10-percent", "202223")["any"] == pytest.approx(np.percentile(found, [25, 75]), rel=1e-12)


def test_the_table_runs_without_a_gap_up_to_the_year_evaluated() -> None:
    table = authorities_table(ASKED, ("all", "sen=any", "sen_provision=K"))
    assert table.columns == ("2020/21", "2021/22", "2022/23")  # 2019/20 was never published
    assert table.rows[2] == "SEN: a quarter of authorities are below"
    assert (table.base, table.unit) == ("national", "proportion")
    assert all(low < high for lower, upper in zip(table.cells[::2], table.cells[1::2], strict=True)
               for low, high in zip(lower, upper, strict=True))  # fmt: skip


def test_there_is_none_for_figures_of_ones_own_or_groups_that_are_not_told_apart(tmp_path) -> None:
    assert authorities_table(ASKED, ("sen_provision=K",)) is None
    own = PersistentAbsence(id="a", baseline_year="202122", outcome_year="202223", comparator="own.csv")
    assert authorities_table(own, ("all",)) is None
