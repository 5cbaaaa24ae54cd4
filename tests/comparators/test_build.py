"""The store can be rebuilt from the published files, and its checks catch what is wrong with them."""

import os
import sqlite3
import zipfile
from pathlib import Path

import pytest

from afa_eval.comparators.build import STORE, build
from afa_eval.comparators.rows import Row, agrees, check, from_counts, number
from afa_eval.errors import ComparatorError

PUBLISHED = Path(__file__).parents[3] / "shared" / "national"
UNITS = {"persistent-absence": "proportion", "progress-8": "points"}


@pytest.mark.shared
def test_rebuilding_gives_the_same_store(tmp_path):
    if not PUBLISHED.exists():
        pytest.skip("the published files are not beside the checkout")
    if not os.environ.get("CI"):
        pytest.skip("half a minute of rebuilding: runs in CI, or with CI=true")
    copy = tmp_path / "national.sqlite"
    assert build(PUBLISHED, copy) > 100_000
    assert dump(copy) == dump(STORE)


def dump(path):
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3").fetchall() for name in names}


def test_the_store_is_small_in_the_wheel(tmp_path):
    wheel = tmp_path / "data.zip"  # a wheel is a zip
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in STORE.parent.iterdir():
            archive.write(file, file.name)
    assert wheel.stat().st_size < 3_000_000


def test_a_missing_file_leaves_the_store_alone(tmp_path):
    store = tmp_path / "national.sqlite"
    store.write_text("as it was")
    with pytest.raises((ComparatorError, FileNotFoundError)):
        build(tmp_path, store)
    assert store.read_text() == "as it was"


def test_symbols_are_no_numbers_and_words_are_refused():
    assert [number(cell) for cell in ("x", "c", "z", "-", ":", "~", ".", "", "NULL", None)] == [None] * 10
    assert number(" 0.57999999999999996 ") == 0.58
    with pytest.raises(ComparatorError, match="neither a number"):
        number("12%")


def test_a_changed_unit_is_caught_by_the_counts():
    assert from_counts(178, 1000, 0.178, digit=0.001, rounding=1, what="x") == 0.178
    for printed in (0.00178, 17.8, 0.187):
        with pytest.raises(ComparatorError, match="is not that"):
            from_counts(178, 1000, printed, digit=0.001, rounding=1, what="x")


def test_rounded_counts_are_given_their_slack():
    # 380 of 2,215 is 17.16 per cent and is printed 17.1: both counts are rounded to 5
    assert agrees(0.171, 380, 2215, digit=0.001, rounding=5)
    assert not agrees(0.171, 380, 2215, digit=0.001, rounding=1)


def test_impossible_unknown_and_contradicting_rows_are_refused_together():
    def row(**changes):
        usual = {"slug": "persistent-absence", "definition": "d", "year": "202324", "value": 0.2, "source": "s"}
        return Row(**{**usual, **changes})

    check([row(), row(year="202223")], UNITS)
    with pytest.raises(ComparatorError) as error:
        check([row(), row(value=0.3), row(year="202223", value=20.0), row(slug="nothing")], UNITS)
    for part in ("two different values", "20.0 is not a possible proportion", "no such measure"):
        assert part in str(error.value)
