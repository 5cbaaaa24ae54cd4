"""queries.toml is read like the plan: every mistake with its key and line, exit code 2."""

import pytest
from typer.testing import CliRunner

from afa_eval.cli import app
from afa_eval.data.records import Explanation
from afa_eval.errors import PlanError
from afa_eval.plan.queries import read_queries

IN_ORDER = """# what we looked at
[[query]]
code = "AFA601"
file = "attainment.csv"
column = "reading_autumn"
reason = "Joined in January."

[[query]]
code = "AFA602"
reason = "The trust has one school."
"""


def test_entries_are_read_in_order(tmp_path):
    assert read_queries(tmp_path) == ()
    (tmp_path / "queries.toml").write_text(IN_ORDER, encoding="utf-8-sig")
    assert read_queries(tmp_path) == (
        Explanation(code="AFA601", file="attainment.csv", column="reading_autumn", reason="Joined in January."),
        Explanation(code="AFA602", reason="The trust has one school."),
    )


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("not toml", 1, None, "not valid TOML"),
        ('[[query]]\ncode = "AFA601"\n', 1, "query.1", "reason is missing"),
        ('\n[[query]]\nreason = "x"\n', 2, "query.1", "code is missing"),
        ('[[query]]\ncode = "AFA602"\nreason = "x"\n[[query]]\ncode = "AFA6O1"\nreason = "x"', 5, "query.2.code",
         "there is no query 'AFA6O1'. Did you mean 'AFA601'?"),
        ('[[query]]\ncode = "AFA601"\nreason = "x"\ncolum = "a"', 4, "query.1.colum", "Did you mean 'column'?"),
        ('[[query]]\ncode = 601\nreason = "x"', 2, "query.1.code", "must be text in quotes, not 601"),
        ('[[query]]\ncode = "AFA601"\nreason = " "', 3, "query.1.reason", "must be text in quotes"),
        ("query = 3", 1, "query", "[[query]]"),
        ("query = [1]", 1, "query", "[[query]]"),
        ('[[queries]]\ncode = "AFA601"', 1, "queries.1", "unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_key_and_line(tmp_path, text, line, key, says):
    (tmp_path / "queries.toml").write_text(text)
    with pytest.raises(PlanError) as error:
        read_queries(tmp_path)
    assert (error.value.line, error.value.key) == (line, key)
    assert says in error.value.message
    assert "queries.toml" in error.value.message


def test_bytes_that_are_no_text_are_said_to_be(tmp_path):
    (tmp_path / "queries.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlanError, match="not UTF-8"):
        read_queries(tmp_path)


def test_several_mistakes_are_told_together(tmp_path):
    (tmp_path / "queries.toml").write_text('[[query]]\ncode = "AFA999"\n\n[[query]]\nreason = 3\n')
    with pytest.raises(PlanError) as error:
        read_queries(tmp_path)
    told = error.value.message.splitlines()
    assert told[0] == "4 mistakes in queries.toml"
    assert [line.split(":")[0].strip() for line in told[1:]] == ["line 1", "line 2", "line 4", "line 5"]


def test_the_command_ends_as_for_a_mistake_in_the_plan(tmp_path):
    (tmp_path / "plan.toml").write_text(
        '[evaluation]\ntitle = "x"\nperiod = { before = "202122", after = "202223" }\n[data]\npupils = "pupils.csv"\n'
        '[[outcome]]\nid = "absence"\ndesign = "persistent-absence"\n'
    )
    (tmp_path / "queries.toml").write_text("[[query]]\n")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "plan.toml")])
    assert isinstance(done.exception, PlanError)
    assert done.exception.exit_code == 2
