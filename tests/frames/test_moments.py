"""One pass to moments: the same numbers from every kind of table, and a record that is a value."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import ColumnNotFound, DataError, EstimationError
from afa_eval.frames import chunks, rows
from afa_eval.frames import moments as passes
from afa_eval.frames.moments import moments
from afa_eval.frames.numbering import together
from afa_eval.frames.record import read_moments, reshift
from afa_eval.kernels.moments import cluster_moments, stable_order

REFERENCE = Path(__file__).parents[1] / "reference"
SUM_ORDER = 1e-12  # engines add up in another order
TERMS = ["treated", "pre", "sen", "fsm", "treated:sen"]


@pytest.fixture
def pupils() -> pd.DataFrame:
    d = pd.read_csv(REFERENCE / "crt.csv")
    d.loc[3, "pre"] = np.nan
    d.loc[[5, 9], "sen"] = None
    return d


def plain(d):
    """Columns of plain values, None where there is none: polars' and Spark's own ways from pandas need pyarrow.

    Without it Spark would make the word "nan" of a text that is missing.
    """
    return {name: [None if pd.isna(v) else v for v in d[name].astype(object)] for name in d.columns}


def as_polars(d):
    return pytest.importorskip("polars").DataFrame(plain(d))


def as_spark(d):
    sql = pytest.importorskip("pyspark.sql")
    session = sql.SparkSession.builder.master("local[1]").getOrCreate()
    return session.createDataFrame([*zip(*plain(d).values(), strict=True)], schema=[*d.columns])


def as_duckdb(d):
    import duckdb

    return duckdb.from_df(d)


def as_narwhals(d):
    import narwhals as nw

    return nw.from_native(d)


def as_typed(d):
    return d.astype({"sen": "category", "treated": bool, "fsm": "Int64"})


TABLES = {
    "polars": as_polars,
    "polars lazy": lambda d: as_polars(d).lazy(),
    "duckdb": as_duckdb,
    "narwhals": as_narwhals,
    "narwhals polars": lambda d: as_narwhals(as_polars(d)),
    "pandas types": as_typed,
    "spark": as_spark,
}


def direct(d: pd.DataFrame) -> np.ndarray:
    """The model's columns, written out."""
    e, k = d.sen == "E", d.sen == "K"
    columns = [np.ones(len(d)), d.treated, d.pre, e, k, d.fsm, d.treated * e, d.treated * k, d.post]
    return np.column_stack(columns).astype(float)


def test_the_numbers_are_those_of_the_columns_written_out(pupils):
    found = moments(pupils, "post", TERMS, ["urn"], {"sen": "N"})
    whole = pupils.dropna()
    codes, keys = pd.factorize(whole.urn, sort=True)
    expected = cluster_moments(direct(whole), codes, found.shift)
    assert found.columns[:5] == ("Intercept", "treated", "pre", "sen[E]", "sen[K]")
    assert found.columns[5:] == ("fsm", "treated:sen[E]", "treated:sen[K]", "post")
    assert found.keys == tuple((key,) for key in keys)
    assert (found.n_rows, found.n_dropped, found.missing) == (len(whole), 3, (("pre", 1), ("sen", 2)))
    np.testing.assert_array_equal(found.clusters.n, expected.n)
    np.testing.assert_allclose(found.clusters.cross, expected.cross, rtol=SUM_ORDER, atol=1e-9)
    np.testing.assert_allclose(found.clusters.sums, expected.sums, rtol=SUM_ORDER, atol=1e-9)


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_gives_the_same(pupils, kind):
    one = moments(pupils, "post", TERMS, ["urn"], {"sen": "N"})
    other = moments(TABLES[kind](pupils), "post", TERMS, ["urn"], {"sen": "N"})
    assert (other.columns, other.keys, other.missing) == (one.columns, one.keys, one.missing)
    np.testing.assert_allclose(other.clusters.cross, one.clusters.cross, rtol=SUM_ORDER, atol=1e-9)


@pytest.mark.parametrize("kind", [as_duckdb, pd.DataFrame])
@pytest.mark.parametrize("groups", [[], ["urn"], ["sen", "urn"]])
def test_large_tables_in_pieces_give_the_same(pupils, monkeypatch, groups, kind):
    small = moments(pupils, "post", TERMS, groups)
    monkeypatch.setattr(passes, "AT_ONCE", 0)
    monkeypatch.setattr(chunks, "PIECE", 500)
    monkeypatch.setattr(chunks, "SLICE", 300)
    monkeypatch.setattr(rows, "VALUES", 9000)  # a thousand rows wait at most
    shuffled = pupils.sample(frac=1, random_state=1)
    large = moments(kind(pd.concat([shuffled] * 4)), "post", TERMS, groups)
    assert (large.columns, large.keys) == (small.columns, small.keys)
    assert (large.n_dropped, dict(large.missing)) == (12, {"pre": 4, "sen": 8})
    moved = reshift(large.clusters, small.shift)
    np.testing.assert_array_equal(moved.n, 4 * small.clusters.n)
    np.testing.assert_allclose(moved.cross, 4 * small.clusters.cross, rtol=1e-10, atol=1e-7)
    with pytest.raises(EstimationError, match="No row"):
        moments(pupils.assign(pre=np.nan), "post", TERMS, groups)


@pytest.mark.parametrize("kind", [as_duckdb, pd.DataFrame])
def test_groups_that_come_late_and_between_others(monkeypatch, kind):
    """Groups met later, with numbers between those met before, take nothing of theirs."""
    rng = np.random.default_rng(0)
    d = pd.DataFrame({"urn": np.repeat([907, 3, 40, 5, 906, 4, 3, 41], 40), "y": rng.normal(size=320)})
    small = moments(d, "y", [], ["urn"])
    monkeypatch.setattr(passes, "AT_ONCE", 0)
    monkeypatch.setattr(chunks, "PIECE", 80)
    monkeypatch.setattr(chunks, "PARTS", 1)  # what waits is added to its groups after each piece
    for table in (d, d.iloc[np.argsort(np.arange(320) % 40, kind="stable")]):  # side by side, and scattered
        for values in (100, 10**6):
            monkeypatch.setattr(rows, "VALUES", values)
            large = moments(kind(table), "y", [], ["urn"])
            assert large.keys == small.keys
            np.testing.assert_array_equal(large.clusters.n, small.clusters.n)
            cross = reshift(large.clusters, small.shift).cross
            np.testing.assert_allclose(cross, small.clusters.cross, rtol=1e-10, atol=1e-10)  # another shift first


@pytest.mark.parametrize("kind", [as_duckdb, pd.DataFrame])
@pytest.mark.parametrize("wide", [0, 5])
def test_columns_of_every_width_wait_together(monkeypatch, kind, wide):
    """Flags share bytes until one is no flag any more; narrow floats lose nothing when they are shifted."""
    rng, n = np.random.default_rng(2), 900
    d = pd.DataFrame({"urn": rng.permutation(np.arange(n) % 12), "y": rng.normal(1e4, 1, n).astype(np.float32)})
    for i in range(9):
        d[f"f{i}"] = rng.integers(0, 2, n).astype(np.int8)
    d["late"] = np.where(np.arange(n) < 600, d.f0, rng.integers(-128, 128, n)).astype(np.int8)
    d["yes"], d["age"] = d.f1 == 1, rng.integers(120, 140, n).astype(np.int16)
    for i in range(wide):  # more than one line holds
        d[f"w{i}"] = rng.normal(size=n)
    terms = [name for name in d.columns if name not in {"urn", "y"}]
    expected = moments(d.astype(np.float64), "y", terms, ["urn"])
    monkeypatch.setattr(passes, "AT_ONCE", 0)
    monkeypatch.setattr(chunks, "PIECE", 100)
    found = moments(kind(d), "y", terms, ["urn"])
    assert found.keys == expected.keys
    moved = reshift(found.clusters, expected.shift)
    np.testing.assert_allclose(moved.cross, expected.clusters.cross, rtol=1e-10, atol=1e-7)  # another shift first


@pytest.mark.parametrize("size", [1, 40, 400])
def test_runs_of_every_length_are_cut_where_a_group_begins(monkeypatch, size):
    """Runs longer than a slice stay whole; several short ones share it; the first goes on in the next piece."""
    rng = np.random.default_rng(4)
    d = pd.DataFrame({"urn": np.repeat(np.arange(60), rng.integers(1, 2 * size + 1, 60))})
    d["x"], d["y"] = rng.integers(0, 2, len(d)), rng.normal(1e8, 1, len(d))
    expected = cluster_moments(np.column_stack([np.ones(len(d)), d.x, d.y - 1e8]), d.urn.to_numpy())
    monkeypatch.setattr(passes, "AT_ONCE", 0)
    monkeypatch.setattr(chunks, "PIECE", 1000)
    monkeypatch.setattr(chunks, "SLICE", 150)
    monkeypatch.setattr(chunks, "PARTS", 20)  # parts are added several times: of groups met, and not met
    found = reshift(moments(d, "y", ["x"], ["urn"]).clusters, np.array([0, 0, 1e8]))
    np.testing.assert_array_equal(found.n, expected.n)
    np.testing.assert_allclose(found.cross, expected.cross, rtol=1e-10, atol=1e-7)  # another shift first


@pytest.mark.parametrize("keys", [[[7, 3]], [[7, 2**40]], [[7, 3], [1, 2]]], ids=["close", "wide", "two levels"])
def test_rows_of_a_group_are_brought_together_as_they_stood(keys):
    rng, n = np.random.default_rng(5), 400
    drawn = np.array([np.array(level)[rng.integers(0, 2, n)] for level in keys])
    kept = drawn.copy()
    order, starts = together(drawn)
    np.testing.assert_array_equal(drawn, kept)  # theirs is left alone
    groups = [tuple(one) for one in drawn[:, order].T]
    assert [i for i in range(n) if not i or groups[i] != groups[i - 1]] == starts.tolist()
    assert len(starts) == len(set(groups))
    for start, end in pairwise([*starts.tolist(), n]):
        assert (np.diff(order[start:end]) > 0).all()


@pytest.mark.parametrize("largest", [10, 65_536, 10_000_000])
def test_order_of_codes_is_stable(largest):
    codes = np.random.default_rng(0).integers(0, largest, 5000)
    order, found = stable_order(codes)
    np.testing.assert_array_equal(order, np.argsort(codes, kind="stable"))
    np.testing.assert_array_equal(found, codes[order])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_files(pupils, tmp_path, suffix):
    path = tmp_path / f"pupils.{suffix}"
    if suffix == "csv":
        pupils.to_csv(path, index=False)
    else:
        as_duckdb(pupils).write_parquet(str(path))
    one = moments(pupils, "post", TERMS, ["urn"])
    other = moments(path, "post", TERMS, ["urn"])
    assert other.keys == one.keys
    np.testing.assert_allclose(other.clusters.cross, one.clusters.cross, rtol=SUM_ORDER, atol=1e-9)


def test_whole_numbers_of_a_file_do_not_run_over(tmp_path):
    """They are read in as few bytes as hold them; their products are not."""
    d = pd.DataFrame(
        {
            "urn": [1, 1, 2, 2, 3, 3],
            "a": [100, -128, 127, 90, 3, 1],
            'b "x"': [120, 127, -100, 5, 2, 9],
            "c": [40_000, -1, 7, 2**31, 5, 2**40],
            "f": pd.array([1, None, 1, 0, 0, 1], dtype="Int64"),
            "empty": pd.array([None] * 6, dtype="Int64"),
            "y": [1.5, 2, 3, 4, 7, 5],
        }
    )
    path = tmp_path / "whole.parquet"
    as_duckdb(d).write_parquet(str(path))
    terms = ["a", 'b "x"', 'a:b "x"', "c", "f"]
    one, other = moments(d, "y", terms, ["urn"]), moments(path, "y", terms, ["urn"])
    assert (other.keys, other.columns, other.missing) == (one.keys, one.columns, (("f", 1),))
    np.testing.assert_allclose(other.shift, one.shift, rtol=SUM_ORDER)
    np.testing.assert_allclose(other.clusters.cross, one.clusters.cross, rtol=SUM_ORDER)
    with pytest.raises(EstimationError, match="empty in 6 rows"):
        moments(path, "y", ["empty"], ["urn"])


def test_a_table_without_rows_says_so():
    with pytest.raises(EstimationError, match="has no rows"):
        moments(pd.DataFrame({"y": [], "x": [], "urn": []}, dtype=float), "y", ["x"], ["urn"])


def test_nested_groups_text_keys_and_numbers_as_categories():
    d = pd.read_csv(REFERENCE / "pilot.csv")
    d["la"] = "LA" + d.la.astype(str)
    found = moments(d, "post", ["pre", "year_group"], ["la", "urn"], {"year_group": 1})
    assert found.columns == ("Intercept", "pre", "year_group[5]", "year_group[7]", "year_group[10]", "post")
    assert found.keys[0][0] == "LA801"
    assert len(found.keys) == 90
    assert found.codes(0).max() == 9
    alone = found.where(lambda key: key[0] == "LA801")
    assert {key[0] for key in alone.keys} == {"LA801"}
    assert alone.n_rows == (d.la == "LA801").sum()


def test_parts_add_up_to_the_whole(pupils):
    whole = moments(pupils, "post", TERMS, ["urn"])
    cut = [
        moments(pupils.iloc[start:stop], "post", TERMS, ["urn"]) for start, stop in ((0, 300), (300, 500), (500, 772))
    ]
    for order in ((0, 1, 2), (2, 0, 1)):
        total = cut[order[0]] + cut[order[1]] + cut[order[2]]
        assert total.keys == whole.keys
        assert (total.n_rows, total.n_dropped) == (whole.n_rows, whole.n_dropped)
        shifted = total.shift - whole.shift  # each part brought its own first rows' mean
        assert np.abs(shifted).max() < 5
        back = moments(pupils, "post", TERMS, ["urn"])
        again = (back.where(lambda key: False)) + total
        np.testing.assert_allclose(again.clusters.cross, whole.clusters.cross, rtol=1e-10, atol=1e-8)


def test_moments_of_other_columns_do_not_add(pupils):
    with pytest.raises(DataError, match="cannot be added"):
        moments(pupils, "post", ["pre"], ["urn"]) + moments(pupils, "post", ["fsm"], ["urn"])


@pytest.mark.parametrize("groups", [[], ["urn"], ["sen", "urn"]])
def test_stored_and_read_again(pupils, tmp_path, groups):
    found = moments(pupils, "post", ["treated", "pre"], groups)
    back = read_moments(found.write(tmp_path / "it's.parquet"))
    assert (back.columns, back.levels, back.keys, back.missing) == (
        found.columns,
        found.levels,
        found.keys,
        found.missing,
    )
    np.testing.assert_array_equal(back.clusters.cross, found.clusters.cross)
    np.testing.assert_array_equal(back.shift, found.shift)


def test_small_groups_can_stay_behind(pupils, tmp_path):
    found = moments(pupils, "post", ["pre"], ["urn"])
    back = read_moments(found.write(tmp_path / "m.parquet", least=20))
    assert back.clusters.n.min() >= 20
    assert 0 < len(back.keys) < len(found.keys)


def test_a_file_of_something_else_is_refused(pupils, tmp_path):
    path = tmp_path / "other.parquet"
    as_duckdb(pupils).write_parquet(str(path))
    with pytest.raises(DataError, match="no moments"):
        read_moments(path)
    with pytest.raises(DataError, match="no file"):
        read_moments(tmp_path / "gone.parquet")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "pots"}, "Did you mean 'post'"),
        ({"outcome": "sen"}, "not a number"),
        ({"fixed": ["pre:sex"]}, "Column 'sex' \\(a term\\)"),
        ({"reference": {"sen": "Q"}}, "no category 'Q'. It has: E, K, N"),
        ({"reference": {"fms": 1}}, "names 'fms'"),
    ],
)
def test_mistakes_are_named(pupils, change, message):
    asked = {"outcome": "post", "fixed": ["pre", "sen"], "groups": ["urn"], **change}
    with pytest.raises(DataError, match=message):
        moments(pupils, **asked)


@pytest.mark.parametrize("kind", ["pandas", "polars lazy", "duckdb"])
def test_an_infinite_value_is_refused_by_every_engine(pupils, kind):
    d = pupils.assign(post=pupils.post.where(pupils.index != 40, np.inf))
    with pytest.raises(EstimationError, match="infinite"):
        moments(TABLES.get(kind, pd.DataFrame)(d), "post", ["pre"], ["urn"])


def test_missing_column_has_its_own_error(pupils):
    with pytest.raises(ColumnNotFound):
        moments(pupils, "post", ["pre"], ["school"])


def test_a_column_that_is_there_twice(pupils):
    twice = pd.concat([pupils, pupils[["pre"]]], axis=1)
    with pytest.raises(DataError, match="'pre' \\(a term\\) is there 2 times"):
        moments(twice, "post", ["pre"], ["urn"])
    assert moments(twice, "post", ["fsm"], ["urn"]).n_rows == len(pupils)


def test_one_category_or_no_row_left(pupils):
    with pytest.raises(DataError, match="one category only"):
        moments(pupils.assign(sen="K"), "post", ["sen"], ["urn"])
    with pytest.raises(EstimationError, match="pre in 772 rows"):
        moments(pupils.assign(pre=np.nan), "post", ["pre"], ["urn"])


@pytest.mark.parametrize("name", ["pupils.xlsx", "pupils.csv"])
def test_files_that_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError, match=r"no file|neither Parquet nor CSV"):
        moments(tmp_path / name, "post", [])
    with pytest.raises(DataError, match="no table"):
        moments(42, "post", [])
