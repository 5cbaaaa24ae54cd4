"""Every key of a plan is found on its line, however the TOML is laid out."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from afa_eval.plan.lines import key_lines, line_of

TEXT = """# a plan
[evaluation]
title = "x = [ { not a key = 1 } # nor a comment"
period = { before = "202122", after = "202223" }
words = \"\"\"
title = "inside a long string"
[[outcome]]
\"\"\"
[programme]
sessions = [
    "one", # with a bracket ]
    "two",
]
cost.per_pupil = 12
"quoted key" = 1

[[outcome]]
id = "a"
norm = { mean = 100, sd = 15 }
[[outcome]]
id = "b"
[outcome.norm]
mean = 100
[columns.pupils]
urn = "School number"
"""


def test_each_key_is_on_its_line():
    lines = key_lines(TEXT)
    wanted = {
        ("evaluation",): "[evaluation]",
        ("evaluation", "title"): 'title = "x',
        ("evaluation", "period", "after"): "period",
        ("programme", "sessions"): "sessions",
        ("programme", "cost", "per_pupil"): "cost.per_pupil",
        ("programme", "quoted key"): '"quoted key"',
        ("outcome", 0, "norm", "sd"): "norm = {",
        ("outcome", 1): "[[outcome]]",
        ("outcome", 1, "id"): 'id = "b"',
        ("outcome", 1, "norm", "mean"): "mean = 100",
        ("columns", "pupils", "urn"): "urn",
    }
    rows = TEXT.splitlines()
    for place, start in wanted.items():
        assert rows[lines[place] - 1].startswith(start), place
    assert lines[("outcome", 1)] > lines[("outcome", 0)]


def test_nothing_inside_a_long_string_is_taken_for_a_key():
    lines = key_lines(TEXT)
    assert rows_of(lines, "title") == [3]
    assert len([place for place in lines if place[:1] == ("outcome",) and len(place) == 2]) == 2


def rows_of(lines, key):
    return [number for place, number in lines.items() if place[-1] == key]


def test_a_missing_key_is_told_at_the_table_around_it():
    lines = key_lines(TEXT)
    assert line_of(("outcome", 1, "design"), lines) == lines[("outcome", 1)]
    assert line_of(("nowhere", "at", "all"), lines) is None


names = st.text("abcdefgh_", min_size=1, max_size=6)


@given(st.dictionaries(names, st.dictionaries(names, st.integers(), max_size=4), max_size=4), st.integers(0, 3))
def test_every_key_of_any_flat_plan_is_found(tables, blanks):
    text = "\n" * blanks
    for table, keys in tables.items():
        text += f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) + "\n" * blanks
    assert tomllib.loads(text) == tables
    lines, rows = key_lines(text), text.splitlines()
    for table, keys in tables.items():
        assert rows[lines[(table,)] - 1] == f"[{table}]"
        for key, value in keys.items():
            assert rows[lines[(table, key)] - 1] == f"{key} = {value}"
