"""What a head teacher reads: likely ranges, smallest changes, notes, hidden tables, labels, who is meant."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from afa_eval.disclosure.records import ReleasedEstimate, ReleasedTable
from afa_eval.estimate import Claim, Comparator, Estimand, Table, words
from afa_eval.estimate.words import plain, sentences
from afa_eval.report import layout, sphinx_build
from afa_eval.report.book import measures, programme
from afa_eval.report.lines import line
from afa_eval.report.numbers import labelled_csv
from afa_eval.report.pieces import Limitation


def figure(estimand=Estimand.CHANGE_MINUS_NATIONAL, group="sen=any", value=-0.042, **more):
    plain = {
        "outcome": "a", "base": "enrolments", "claim": Claim.COMPARISON, "method": "m", "unit": "proportion difference",
        "ci": (-0.091, 0.006), "n_pupils": 944, "n_schools": 20,
    }  # fmt: skip
    return ReleasedEstimate(estimand=estimand, group=group, value=value, **{**plain, **more})


def of(book, key):
    return next(one for one in book.outcomes if one.id == key)


def test_a_likely_range_is_said_with_and_without_signs() -> None:
    one = line(figure())
    assert one.likely_signed == "\u22129.1 to 0.6 (95% confidence interval)"
    assert one.likely == "from 9.1 lower to 0.6 higher (95% confidence interval)"
    assert line(figure(ci=None)).likely == ""


def test_a_card_says_the_smallest_change_of_its_own_group(book) -> None:
    absence = of(book, "absence")
    assert absence.smallest is None  # the fixture has it for all pupils only, and the card is about SEN
    whole = replace(absence, headline=absence.get("change_minus_national", "all"))
    assert whole.smallest.value == "2.8 percentage points"


def test_nothing_is_called_unlikely_to_be_chance_beside_a_serious_finding(book) -> None:
    reading = of(book, "reading")
    plain = replace(reading, findings=())
    assert "unlikely to be chance" in plain.sure
    assert reading.mind.startswith("Pupils were chosen for low scores")
    assert reading.sure == ""


def test_what_a_figure_allows_for_does_not_stand_beside_it(book) -> None:
    found = Limitation("serious", "Low scores rise.", "", code="regression-to-the-mean")
    adjusted = line(figure(Estimand.ADJUSTED_PROGRESS, unit="points", value=1.0, ci=(0.2, 1.8)))
    outcome = replace(of(book, "reading"), findings=(found,), headline=adjusted)
    assert outcome.mind == ""
    assert replace(outcome, findings=(replace(found, code="other"),)).mind == "Low scores rise."


@pytest.mark.parametrize(
    ("focus", "said"),
    [
        ("all", ""),
        ("", ""),
        (
            "sen_provision=E",
            "This is about all pupils: the figure for pupils with an EHC plan could not be worked out.",
        ),
    ],
)
def test_a_card_that_is_not_about_the_focus_says_so(book, focus, said) -> None:
    lines = (line(figure(group="all")),)
    assert replace(of(book, "absence"), focus=focus, headline=lines[0], lines=lines).about_all == said


def test_a_hidden_focus_is_said_to_be_too_small(book) -> None:
    lines = (line(figure(group="all")), line(figure(value=None, ci=None, n_pupils=None, n_schools=None, status="c")))
    said = replace(of(book, "absence"), focus="sen=any", headline=lines[0], lines=lines).about_all
    assert said == "This is about all pupils: the figure for pupils with SEN is too small to publish."


def test_notes_are_marked_where_they_belong_and_stand_once() -> None:
    few, norm = "No interval: fewer than 6 schools.", "The norm is about all pupils."
    month = "Equivalent to \u22121 months, not EEF additional progress."
    lines = [
        line(figure(Estimand.MEAN_GAIN, "all", 1.2, unit="points", base="pupils", notes=(norm,))),
        line(figure(Estimand.MEAN_GAIN, "sen=any", 1.2, unit="points", base="pupils", ci=None, notes=(norm, few))),
        line(figure(Estimand.MONTHS_PROGRESS, "all", -1.0, unit="months", base="pupils", notes=(month,))),
    ]
    (grid,) = layout.grids(lines[:2], "progress")
    assert grid.header == ("Group", "Average gain\n[note 1]", "Pupils", "Schools")
    assert [row[1] for row in grid.rows] == [f"+1.2 points\n{lines[0].ends}", "+1.2 points\n[note 2]"]
    assert grid.notes == (norm, few)
    (months,) = layout.grids(lines[2:], "progress")
    assert months.notes == ("An equivalent in months, not EEF additional progress.",)
    assert "not EEF additional progress" in months.header[1]


def test_a_table_that_is_hidden_as_a_whole_has_no_rows() -> None:
    gone = {"value": None, "ci": None, "n_pupils": None, "n_schools": None, "status": "c"}
    (grid,) = layout.grids([line(figure(Estimand.SEVERE_ABSENCE_AFTER, **gone))], "persistent-absence")
    assert (grid.title, grid.rows) == ("Severe absence", ())


def test_absentees_stand_beside_both_their_bases() -> None:
    before = line(figure(Estimand.PERSISTENT_ABSENTEES_BEFORE, value=303.0, unit="count", ci=None, n_pupils=879))
    after = line(figure(Estimand.PERSISTENT_ABSENTEES_AFTER, value=274.0, unit="count", ci=None))
    (grid,) = layout.grids([before, after], "persistent-absence")
    assert grid.header == ("Group", "Before", "After", "Enrolments, before", "Enrolments, after", "Schools")
    assert grid.rows == (("SEN", "303", "274", "879", "944", "20"),)


def test_where_schools_are_counted_they_are_counted_once() -> None:
    lines = [line(figure(Estimand.TOP_BOX_CHANGE, "all", 0.05, base="schools", n_pupils=18, n_schools=18))]
    (grid,) = layout.grids(lines, "parent-engagement")
    assert grid.header == ("Group", "Change (percentage points)", "Schools")


def test_a_bare_test_statistic_is_said_by_its_p_value() -> None:
    item = figure(Estimand.MARGINAL_HOMOGENEITY, "all", 1.68, unit="statistic", ci=None, p_adjusted=0.824)
    assert plain.amount(item) == "no clear shift (p = 0.82)"
    assert plain.shift(0.004) == "a shift (p = 0.004)"


def test_the_norm_of_a_test_is_called_the_national_average() -> None:
    norm = Comparator(slug="test-norm", value=0.0, year="2021", population="p", definition="d", unit="points")
    assert sentences.national(figure(comparator=norm)) == (
        "National average: no change on a score standardised for age (publisher's norm, 2021)."
    )
    assert "a gain of 2.0 points" in sentences.national(figure(comparator=replace(norm, value=2.0)))


def test_a_share_of_everybody_is_said_in_good_english() -> None:
    item = figure(Estimand.PERSISTENT_ABSENCE_AFTER, "all", 0.19, unit="proportion")
    assert plain.hundred(item) == "19 in every 100 pupils"


def test_absence_says_which_share_it_means() -> None:
    assert words.clause(figure()) == (
        "for pupils with SEN, the share persistently absent ended 4.2 percentage points lower than if it had changed "
        "as it did nationally"
    )


def test_the_file_of_a_table_says_its_groups_in_words() -> None:
    table = Table(name="t", title="T", rows=("sen_provision=K", "Total"), columns=("Pupils",), cells=((12.0,), (12.0,)), row_label="sen_provision")  # fmt: skip
    found = list(csv.reader(io.StringIO(labelled_csv(ReleasedTable(table=table, status=(("",), ("",)))))))
    assert found == [
        ["label", "sen_provision", "Pupils"],
        ["SEN support", "sen_provision=K", "12"],
        ["Total", "Total", "12"],
    ]


def test_what_pupils_were_chosen_by_is_said_by_the_outcomes_label() -> None:
    known = measures(
        '[[outcome]]\nid = "r"\nlabel = "Reading"\nbaseline = "reading_autumn"\noutcome = "reading_summer"'
    )
    told = programme({"selection": {"how": "low-baseline", "measure": "reading_autumn", "from": "sen"}}, known)
    said = "Pupils with low scores before it began, by the first score in reading, among pupils with SEN"
    assert dict(told)["How pupils were chosen"] == said
    assert measures("no plan [") == {}


def test_the_charts_of_an_outcome_are_about_its_focus(book) -> None:
    slopes = [chart for chart in of(book, "absence").charts if "lines" in chart.file]
    assert slopes[0].title.startswith("Pupils with SEN: ")


def test_a_link_that_leads_nowhere_is_told_as_one_would_say_it(tmp_path) -> None:
    said = f"{tmp_path}/index.md:79: WARNING: 'myst' cross-reference target not found: 'at-cost' [myst.xref_missing]"
    told = sphinx_build._told(f"reading sources\n{said}\n", tmp_path)
    assert told == "index.md:79: a link leads to #at-cost, and no page of this template has (at-cost)= above a heading."
