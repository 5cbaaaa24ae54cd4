"""A plan becomes its designs, or every mistake in it is named with key and line."""

from pathlib import Path

import pytest

from afa_eval.errors import PlanError
from afa_eval.plan import load_plan, parse_plan

GOOD = """[evaluation]
title = "Reading and belonging pilot"
period = { before = "2021/22", after = "202223" }
[programme]
name = "Reading together"
start = "202209"
cost_per_pupil = 120
selection = { how = "low-baseline", measure = "reading_autumn", from = "sen" }
[data]
attendance = "data/attendance.csv"
[[outcome]]
id = "absence"
design = "persistent-absence"
by = ["sen", "phase"]
"""


def parse(text, **kwargs):
    return parse_plan(text, folder=Path(), **kwargs)


def test_a_plan_becomes_its_designs():
    plan = parse(GOOD)
    (design,) = plan.designs
    assert (design.baseline_year, design.outcome_year) == ("202122", "202223")
    assert design.by == ("sen", "phase")
    assert design.selection.from_ == "sen"
    assert design.programme_start == "202209"
    assert plan.primary() == ("absence",)
    assert plan.data.files() == {"attendance": ("data/attendance.csv",)}
    assert plan.programme.model_dump()["cost_per_pupil"] == 120


def test_equal_plans_hash_alike_and_layout_does_not_count():
    other = parse("# a comment\n" + GOOD.replace('title = "R', 'title   =   "R'))
    assert hash(other) == hash(parse(GOOD))
    assert other.digest == parse(GOOD).digest
    assert parse(GOOD.replace("phase", "fsm")).digest != parse(GOOD).digest


def test_an_outcome_may_set_its_own_years():
    plan = parse(GOOD + 'baseline_year = "2020/21"\n')
    assert plan.designs[0].baseline_year == "202021"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('title = "Reading', 'titel = "Reading', 2, "Did you mean 'title'"),
        ('before = "2021/22"', 'before = "2021"', 3, "202122 if it is the year in which it starts"),
        ('how = "low-baseline"', 'how = "lowest"', 8, "low-baseline"),
        ('start = "202209"', 'start = "Sept"', 6, "programme.start"),
        ('design = "persistent-absence"', 'design = "persistant-absence"', 13, "Did you mean 'persistent-absence'"),
        ('design = "persistent-absence"', 'desgin = "persistent-absence"', 13, "Did you mean 'design'"),
        ('by = ["sen", "phase"]', 'bye = ["sen"]', 14, "Did you mean 'by'"),
        ('by = ["sen", "phase"]', 'population = "everyone"', 14, "each-year, followed"),
        ('by = ["sen", "phase"]', 'baseline_year = "2022"', 14, "academic year is two"),
        ('by = ["sen", "phase"]', "min_schools = true_", 14, "not valid TOML"),
        ('id = "absence"', 'id = "An absence"', 12, "small letters"),
        ('attendance = "data', 'attendence = "data', 10, "Did you mean 'attendance'"),
    ],
)
def test_each_mistake_names_key_and_line(old, new, line, said):
    assert old in GOOD
    with pytest.raises(PlanError) as caught:
        parse(GOOD.replace(old, new))
    assert f"line {line}" in str(caught.value)
    assert said in str(caught.value)


def test_all_mistakes_are_told_together():
    text = GOOD.replace("before =", "befor =").replace('"lowest"', "").replace("by =", "bye =")
    with pytest.raises(PlanError) as caught:
        parse(text)
    assert str(caught.value).count("line ") >= 3


def test_ids_are_unique_and_headlines_few():
    outcome = GOOD[GOOD.index("[[outcome]]") :]
    with pytest.raises(PlanError, match="given twice"):
        parse(GOOD + outcome)
    many = "".join(outcome.replace('"absence"', f'"a{n}"') + "primary = true\n" for n in range(4))
    with pytest.raises(PlanError, match="at most 3"):
        parse(GOOD[: GOOD.index("[[outcome]]")] + many)


def test_a_missing_file_and_a_strange_encoding_are_told_plainly(tmp_path):
    with pytest.raises(PlanError, match="afa-eval init"):
        load_plan(tmp_path / "none.toml")
    (tmp_path / "plan.toml").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(PlanError, match="UTF-8"):
        load_plan(tmp_path)


def test_a_plan_is_found_in_its_folder(tmp_path):
    (tmp_path / "plan.toml").write_text(GOOD, encoding="utf-8")
    assert load_plan(tmp_path) == load_plan(tmp_path / "plan.toml")
    assert load_plan(tmp_path).folder == tmp_path.resolve()


def test_a_column_spelt_otherwise_and_an_unknown_measure_are_told():
    with pytest.raises(PlanError, match="'yeargroup' is written 'year_group' here"):
        parse(GOOD + 'where = "yeargroup=6"\n')
    with pytest.raises(PlanError, match="Did you mean 'ks2-reading-progress'"):
        parse(GOOD + '[[outcome]]\nid = "k"\ndesign = "progress"\noutcome = "x"\ncomparator = "ks2-reading-progres"\n')


OUTCOME = '[[outcome]]\nid = "absence"\ndesign = "persistent-absence"\n'
HEAD = '[evaluation]\ntitle = "x"\nperiod = { before = "202122", after = "202223" }\n[data]\nattendance = "a.csv"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + OUTCOME + 'primary = "yes"\n', "line 9: outcome.1.primary: must be true or false, not 'yes'."),
        (HEAD + OUTCOME + "by = 3\n", "must be a list in square brackets"),
        (HEAD + OUTCOME + "label = 3\n", "must be text in quotes, not 3."),
        (HEAD + OUTCOME + 'outcome_year = "202021"\n', "the outcome (202021) lies before the baseline (202122)."),
        (HEAD.replace("202122", "202425") + OUTCOME, "the year after (202223) is earlier than the year before"),
        (HEAD + '[programme]\nstart = "Sept 2022"\n' + OUTCOME, "'Sept 2022' is not understood: write the month"),
        (
            HEAD + '[programme]\nselection = { from = "sem" }\n' + OUTCOME,
            "line 7: programme.selection.from: 'sem' is no",
        ),
        (HEAD.replace("title", "titel") + OUTCOME, "2 mistakes in plan.toml"),
        (HEAD, "outcome: there is no [[outcome]]: ask at least one question."),
        (HEAD + "[evaluation.x]\n" + OUTCOME, "evaluation.x: unknown key."),
    ],
)
def test_each_mistake_is_told_once_in_words_for_people(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text, folder=Path())
    assert said in str(caught.value)
    for jargon in ("tuple", "pattern", "parse", "needs two years"):
        assert jargon not in str(caught.value)
