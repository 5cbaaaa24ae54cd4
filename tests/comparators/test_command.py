"""The command shows national figures as tables, and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from afa_eval import comparators as c
from afa_eval.cli import app
from afa_eval.errors import ComparatorError

WIDE = {"COLUMNS": "200"}


def run(*arguments):
    return CliRunner().invoke(app, ["comparators", *arguments], env=WIDE)


def test_list_is_a_table_of_every_measure():
    done = run("list")
    assert done.exit_code == 0
    assert done.output.startswith("National measures")
    for slug in c.slugs():
        assert slug in done.output
    assert [row["slug"] for row in json.loads(run("list", "--json").output)] == list(c.slugs())


def test_show_is_a_table_by_year_and_group():
    done = run("show", "persistent-absence", "--sen", "support")
    assert done.exit_code == 0
    assert done.output.startswith("persistent-absence, England")
    assert any({"SEN without a statement", "21.4% *", "absence-characteristics"} <= {cell.strip() for cell in line.split("\u2502")}
               for line in done.output.splitlines())  # fmt: skip
    assert "Break, 2014/15: School Action" in done.output
    assert "Definition pa-10-percent (the default): 10% or more" in done.output
    autism = run("show", "persistent-absence", "--need", "ASD", "--year", "202324")
    assert "30.8%" in autism.output
    assert "205,627" in autism.output
    assert "Source autism-permalink:" in autism.output
    assert (
        "School Action Plus"
        in json.loads(run("show", "persistent-absence", "--sen", "support", "--json").output)[0]["note"]
    )
    one = json.loads(
        run("show", "persistent-absence", "--year", "202223", "--sen", "any", "--area", "Gateshead", "--json").output
    )
    assert {row["group"] for row in one} == {"any SEN, Gateshead"}
    near = run("show", "persistent-absence", "--sen", "any", "--area", "neighbours of Gateshead")
    assert near.output.startswith("persistent-absence, neighbours of Gateshead")


def test_a_narrow_terminal_breaks_no_word():
    shown = CliRunner().invoke(
        app, ["comparators", "show", "persistent-absence", "--sen", "support"], env={"COLUMNS": "80"}
    )
    table = [line for line in shown.output.splitlines() if "\u2502" in line]
    assert max(map(len, table)) <= 80
    words = {word for line in table for cell in line.split("\u2502") for word in cell.split()}
    assert {"pa-10-percent", "characteristics", "statement"} <= words


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "persistant-absence"), "Nearest: persistent-absence"),
        (("show", "persistent-absence", "--year", "201920"), "schools closed"),
        (("show", "persistent-absence", "--sen", "send"), "There are: all, none, any, support, ehcp"),
        (
            ("show", "persistent-absence", "--sen", "support", "--area", "North East"),
            "any SEN, North East|all pupils, North East",
        ),
        (("show", "persistent-absence", "--area", "Gatehead"), "Nearest: Gateshead"),
        (("fetch", "persistant-absence"), "Nearest: persistent-absence"),
    ],
)
def test_what_there_is_not_is_told_with_the_nearest(arguments, says):
    done = run(*arguments)
    assert isinstance(done.exception, ComparatorError)
    assert any(part in str(done.exception) for part in says.split("|"))
    assert done.exception.exit_code == 2
