"""Charts: what they draw, what they refuse, and that the SVG is accessible and repeatable."""

import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from afa_eval.data.tables import Step
from afa_eval.errors import ReportError
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Table, charts, words
from afa_eval.estimate.charts import axis, canvas, forest_plot, saying, stacked, timeline

SVG = "{http://www.w3.org/2000/svg}"
STEPS = (
    Step("Read from the pupils file", "pupils", 6053, 6040, "no school number"),
    Step("Pupils in Years 1 to 10", "pupils", 6040, 6021, "nursery <children> & others"),
)
GAPS = [(Estimand.GAP_BEFORE, -9.6, "reading"), (Estimand.GAP_AFTER, -8.1, "reading"),
        (Estimand.GAP_BEFORE, -8.0, "maths"), (Estimand.GAP_AFTER, -8.3, "maths")]  # fmt: skip

QUARTERS = Table(
    name="quarters-reading", title="Progress by national quarter", rows=("sen_provision=K", "Total"),
    columns=("Lowest quarter", "Second quarter", "Third quarter", "Highest quarter", "Total"),
    cells=((40.0, 30.0, 20.0, 10.0, 100.0), (100.0, 100.0, 100.0, 100.0, 400.0)),
)  # fmt: skip
GROWTH = Table(
    name="growth-maths", title="Growth in maths", rows=("autumn to spring", "spring to summer", "summer to autumn"),
    columns=("Figure", "Lower limit", "Upper limit"), cells=((3.1, 2.2, 4.0), (None, None, None), (-0.4, -1.2, 0.4)),
    kind="series", unit="points",
)  # fmt: skip
ROWS = (charts.Balance("SEN support", 0.21, 0.2, 0.126, after=0.02), charts.Balance("Girls", -0.01, 0.485, 0.489))
BAND = Table(
    name="authorities-absence", title="The middle half", columns=("2020/21", "2021/22", "2022/23"), kind="series",
    rows=("SEN support: a quarter of authorities are below", "SEN support: three quarters of authorities are below"),
    cells=((0.2, 0.3, 0.29), (0.26, 0.35, 0.34)), base="national", unit="proportion",
)  # fmt: skip


def sizes(*values: float) -> list[Estimate]:
    """Effect sizes whose intervals grow wider from one to the next."""
    common = {"outcome": "reading", "group": "all", "unit": "sd", "base": "pupils", "n_pupils": 100, "n_schools": 8}
    return [
        Estimate(
            estimand=Estimand.G_NATIONAL, value=value, interval=(value - half, value + half), claim=Claim.COMPARISON,
            method="", **common,
        )
        for value, half in zip(values or (0.05, 0.2, -0.1), (0.1, 0.15, 0.3, 0.4), strict=False)
    ]  # fmt: skip


@pytest.fixture
def gaps(make: Callable[..., Estimate]) -> list[Estimate]:
    group = "sen=any - sen=none"
    return [make(estimand, value, "points", outcome=outcome, group=group, se=1.1) for estimand, value, outcome in GAPS]


@pytest.fixture
def drawings(
    absence: list[Estimate], by_sen: list[Estimate], answers: Table, covered: Table, gaps: list[Estimate]
) -> dict[str, Callable[[bool], Figure]]:
    years = ("2021/22", "2022/23")
    return {
        "forest": lambda narrow: charts.forest(absence, narrow=narrow),
        "slopes": lambda narrow: charts.slopes(by_sen, labels=years, narrow=narrow),
        "absence_lines": lambda narrow: charts.absence_lines(by_sen, years=years, narrow=narrow),
        "likert": lambda narrow: charts.likert(answers, narrow=narrow),
        "coverage": lambda narrow: charts.coverage(covered, narrow=narrow),
        "dumbbell": lambda narrow: charts.dumbbell(gaps, narrow=narrow),
        "quarters": lambda narrow: charts.quarters(QUARTERS, narrow=narrow),
        "event_study": lambda narrow: charts.event_study(GROWTH, began=1, narrow=narrow),
        "love": lambda narrow: charts.love(ROWS, names=("pupils here", "England"), narrow=narrow),
        "funnel": lambda narrow: charts.funnel(sizes(), ["A", "B", "C"], narrow=narrow),
        "band": lambda narrow: charts.absence_lines(by_sen, band=BAND, years=years, narrow=narrow),
    }


NAMES = ["forest", "slopes", "absence_lines", "likert", "coverage", "dumbbell", "quarters", "event_study", "love",
         "funnel", "band"]  # fmt: skip


def texts(figure: Figure) -> list[str]:
    inside = [text for axes in figure.axes for text in axes.texts]
    return [text.get_text() for text in (*figure.texts, *inside)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_svg_is_accessible_and_whole(
    drawings: dict[str, Callable[[bool], Figure]], name: str, narrow: bool
) -> None:
    figure = drawings[name](narrow)
    svg = charts.to_svg(figure)
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert description.text == charts.alt(figure)
    assert len(description.text or "") > 40
    assert not re.search(r"<script|<metadata|<image|date|matplotlib", svg, re.IGNORECASE)
    assert not re.search(r"(?:href|src)=\"(?!#)", svg)  # nothing from outside


@pytest.mark.parametrize("name", NAMES)
def test_the_same_figure_is_the_same_bytes(drawings: dict[str, Callable[[bool], Figure]], name: str) -> None:
    assert charts.to_svg(drawings[name](False)) == charts.to_svg(drawings[name](False))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_no_words_run_off_the_paper(drawings: dict[str, Callable[[bool], Figure]], name: str, narrow: bool) -> None:
    figure = drawings[name](narrow)
    figure.canvas.draw() if hasattr(figure.canvas, "draw") else None
    width, height = figure.get_size_inches() * figure.dpi
    assert width == pytest.approx((canvas.NARROW if narrow else canvas.WIDE) * 96)
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()  # a pixel of slack: letters are measured unhinted
        assert box.x1 <= width + 1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_words_cover_each_other(drawings: dict[str, Callable[[bool], Figure]], name: str) -> None:
    for narrow in (False, True):
        boxes = [(text.get_text(), text.get_window_extent()) for text in drawings[name](narrow).texts]
        for i, (one, a) in enumerate(boxes):
            for other, b in boxes[i + 1 :]:
                across = min(a.x1, b.x1) - max(a.x0, b.x0)
                down = min(a.y1, b.y1) - max(a.y0, b.y0)
                assert across <= 1 or down <= 5, (
                    one,
                    other,
                )  # line boxes may touch: letters leave room above and below


def test_two_charts_in_one_page_share_no_identifier(drawings: dict[str, Callable[[bool], Figure]]) -> None:
    found = [set(re.findall(r' id="([^"]+)"', charts.to_svg(drawings[name](False)))) for name in ("forest", "likert")]
    assert found[0]
    assert not found[0] & found[1]


def test_settings_are_left_as_they_were(absence: list[Estimate]) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    charts.to_svg(charts.forest(absence))
    assert dict(matplotlib.rcParams) == before


def test_threads_draw_the_same(by_sen: list[Estimate]) -> None:
    made: list[str] = []
    jobs = [threading.Thread(target=lambda: made.append(charts.to_svg(charts.slopes(by_sen)))) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_a_forest_writes_values_intervals_and_who(absence: list[Estimate]) -> None:
    figure = charts.forest(absence[1:2], "Title", "Subtitle", note="Source: DfE")
    assert {"Title", "Subtitle", "Source: DfE", "SEN", "27.0% (23.4 to 30.6)"} <= set(texts(figure))


def test_a_hidden_row_is_written_and_not_drawn(absence: list[Estimate], hide: Callable[..., SimpleNamespace]) -> None:
    shown, gone = charts.forest(absence[:1]), charts.forest([absence[0], hide(replace(absence[0], group="sen=none"))])
    assert "hidden to protect people" in texts(gone)
    assert "hidden to protect people" in charts.alt(gone)
    assert _marks(gone, "o") == _marks(shown, "o") == 1


def _marks(figure: Figure, marker: str) -> int:
    return sum(line.get_marker() == marker for axes in figure.axes for line in axes.lines)


def test_a_national_figure_already_subtracted_is_not_drawn_again(absence: list[Estimate]) -> None:
    assert saying.line_of(absence[2]) == -0.004
    assert saying.line_of(absence[3]) is None
    assert _marks(charts.forest(absence[2:3]), "D") == 1
    assert _marks(charts.forest(absence[3:]), "D") == 0


def test_one_shared_national_value_is_a_line(make: Callable[..., Estimate], line: Callable[..., Comparator]) -> None:
    items = [make(Estimand.ABSENCE_RATE_AFTER, value, "proportion", group=group, comparator=line(0.1, "proportion"))
             for group, value in (("sex=F", 0.09), ("sex=M", 0.12))]  # fmt: skip
    assert _marks(charts.forest(items), "D") == 0
    assert _marks(charts.forest(items, comparator="marker"), "D") == 2
    assert _marks(charts.forest(items, comparator="none"), "D") == 0


def test_claims_are_told_by_shape(make: Callable[..., Estimate]) -> None:
    items = [make(Estimand.DIFFERENCE, 1.0, "points", claim=claim) for claim in Claim]
    said = texts(charts.forest(items, labels=list(Claim)))
    assert {
        "description, with its interval",
        "comparison, with its interval",
        "estimated effect, with its interval",
    } <= set(said)


def test_a_headline_admits_chance(absence: list[Estimate]) -> None:
    assert saying.forest_title(absence[3:]).endswith("; this could be chance")
    assert not saying.forest_title(absence[2:3]).endswith("chance")


def test_months_stand_above_the_axis(make: Callable[..., Estimate]) -> None:
    items = [make(Estimand.G_NATIONAL, 0.2, "sd", se=0.05)]
    said = texts(charts.forest(items, months=lambda g: round(g * 10)))
    assert "the same in months of progress" in said
    assert "2" in said


def test_ratios_are_spaced_by_their_logarithm(make: Callable[..., Estimate]) -> None:
    items = [make(Estimand.ODDS_RATIO, 1.4, "ratio", interval=(1.05, 1.9), null=1.0)]
    figure = charts.forest(items)
    assert figure.axes[0].get_xscale() == "log"
    assert "1" in texts(figure)


def test_one_very_wide_interval_does_not_press_the_others_flat(make: Callable[..., Estimate]) -> None:
    items = [make(Estimand.MEAN_GAIN, 1.0, "points", se=0.5) for _ in range(4)]
    wide = make(Estimand.MEAN_GAIN, 1.0, "points", se=500.0)
    low, high = charts.forest([*items, wide]).axes[0].get_xlim()
    assert high - low < 40
    assert _marks(charts.forest([*items, wide]), "<") == 1


def test_sections_of_one_unit_share_an_axis(absence: list[Estimate]) -> None:
    figure = charts.forest(absence)
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert figure.axes[2].get_xlim() == figure.axes[3].get_xlim()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.forest([]),
        lambda: charts.slopes([]),
        lambda: charts.absence_lines([]),
        lambda: charts.dumbbell([]),
        lambda: charts.flow([]),
        lambda: charts.likert(Table(name="t", title="T", rows=("a",), columns=("x", "y"), cells=((None, 3),))),
        lambda: charts.coverage(Table(name="t", title="T", rows=("a",), columns=("x", "y"), cells=((0, 0),))),
    ],
)
def test_nothing_to_draw_is_said_plainly(draw: Callable[[], object]) -> None:
    with pytest.raises(ReportError, match="There is nothing to draw"):
        draw()


def test_labels_must_fit_and_units_must_agree(absence: list[Estimate], gaps: list[Estimate]) -> None:
    with pytest.raises(ReportError, match="4 rows was given 1 labels"):
        charts.forest(absence, labels=["one"])
    with pytest.raises(ReportError, match="one unit only"):
        charts.slopes([*absence[:2], *gaps])


def test_slopes_write_both_ends_and_england(by_sen: list[Estimate]) -> None:
    said = texts(charts.slopes(by_sen, labels=("2021/22", "2022/23")))
    assert {"35.2%", "EHC plan 33.1%", "England 37.2%", "England 35.1%", "2021/22", "2022/23"} <= set(said)


def test_a_long_name_gives_way_to_its_figure(by_sen: list[Estimate]) -> None:
    need = [replace(item, group="primary_need=PMLD") for item in by_sen[:2]]
    for text in charts.slopes(need, narrow=True).figure.texts:
        assert text.get_window_extent().x1 <= canvas.NARROW * 96 + 1
    assert any(re.fullmatch(r"Profound.*… 19\.4%", text) for text in texts(charts.slopes(need, narrow=True)))


def test_alt_texts_name_those_who_were_counted_and_one_row_more_is_one_row(by_sen: list[Estimate]) -> None:
    parents = [replace(item, group="all", base="parents") for item in by_sen[:2]]
    assert "All parents: " in charts.alt(charts.slopes(parents))
    assert saying.alt_forest(by_sen[:1] * 13).endswith("and 1 more row, in the table beside it.")


def test_a_hidden_group_is_named_beside_the_slopes(
    by_sen: list[Estimate], hide: Callable[..., SimpleNamespace]
) -> None:
    items = [*by_sen[:5], hide(by_sen[5])]
    assert "EHC plan: hidden to protect people" in texts(charts.slopes(items))
    assert "hidden to protect people" in texts(charts.absence_lines(items))
    with pytest.raises(ReportError, match="nothing to draw"):
        charts.slopes(items[4:])


def test_the_national_series_is_found_by_group_by_label_or_alone(by_sen: list[Estimate]) -> None:
    from afa_eval.estimate.charts.paired import pairs

    pair, years = pairs(by_sen)[1], ("2021/22", "2022/23")
    for row in (pair.group, words.label(pair.group)):
        series = Table(name="s", title="S", rows=("other", row), columns=("2020/21", *years), cells=((0.1, 0.1, 0.1), (0.2, None, 0.3)), kind="series", unit="proportion")  # fmt: skip
        assert timeline.national_line(pair, series, years) == timeline.Line(("2020/21", *years), (0.2, None, 0.3))
    assert timeline.national_line(pair, None, years) == timeline.Line(years, pair.national or (0, 0))
    assert charts.absence_lines(by_sen, series, years=years).axes[1].get_ylim()[0] == 0


def test_years_under_an_axis_can_be_read() -> None:
    years = tuple(f"20{year}/{year + 1}" for year in range(12, 24))
    kept = timeline.labelled(years, years[-2:], 0.15)
    assert kept[-1] == 11
    assert all(b - a >= 4 for a, b in pairwise(kept))


def test_bars_are_shares_of_what_was_answered(answers: Table) -> None:
    names, found = stacked.bars(answers)
    assert names == ("Poor", "Fair", "Good", "Excellent")
    assert found[0].shares == pytest.approx((14 / 209, 60 / 209, 110 / 209, 25 / 209))
    assert [bar.n for bar in found] == [209, 255]
    assert "Answered “Excellent”: 12% before and 35% after" in texts(charts.likert(answers))


def test_the_headline_of_several_questions_counts_those_answered_better() -> None:
    rows = ("q1: before", "q1: after", "q2: before", "q2: after", "q3: before", "q3: after")
    cells = ((8, 2, 10), (5, 5, 10), (5, 5, 10), (6, 4, 10), (None, None, None), (5, 5, 10))
    items = Table(
        name="distribution-x-items", title="Answers, by question", rows=rows, columns=("1", "2", "Total"), cells=cells
    )
    assert "More answered “2” after than before in 1 of the 2 questions shown" in texts(charts.likert(items))
    groups = replace(items, rows=tuple(row.replace("q", "year_group=") for row in rows))
    assert "More answered “2” after than before in 1 of the 2 groups shown" in texts(charts.likert(groups))


def test_the_middle_of_the_scale_is_where_the_bars_meet(answers: Table) -> None:
    figure = charts.likert(answers)
    left = figure.axes[0].patches[0].get_x()
    assert left == pytest.approx(-(14 + 60) / 209)
    odd = Table(name="t", title="T", rows=("a",), columns=("1", "2", "3"), cells=((1, 2, 1),))
    assert charts.likert(odd).axes[0].patches[0].get_x() == pytest.approx(-0.5)


def test_a_bar_with_a_hidden_part_is_hidden_as_a_whole(answers: Table) -> None:
    part = replace(answers, cells=((14, None, 110, 25, 209), answers.cells[1]))
    figure = charts.likert(part)
    assert "hidden to protect people" in texts(figure)
    assert len(figure.axes[0].patches) == 4
    assert "Before: hidden to protect people" in charts.alt(figure)


def test_a_released_table_is_drawn_as_its_table(answers: Table) -> None:
    released = SimpleNamespace(table=answers, status=())
    assert charts.to_svg(charts.likert(released)) == charts.to_svg(charts.likert(answers))  # type: ignore[arg-type]


def test_coverage_headlines_who_is_measured_least(covered: Table) -> None:
    said = texts(charts.coverage(covered))
    assert "EHC plan: 50% with the scores needed" in said
    assert "All pupils" in said
    assert "80%: below it, progress is a description only" in said
    assert charts.alt_table(covered, totals=True) == charts.alt(charts.coverage(covered)).replace(
        "EHC plan: 50% with the scores needed. ", f"{covered.title}. "
    )


def test_rows_named_by_a_group_are_said_as_people_say_them(covered: Table) -> None:
    table = replace(covered, rows=("sen_provision=K", "sen_provision=E & fsm=yes", "Total"))
    assert [bar.label for bar in stacked.bars(table, totals=True)[1]] == [
        "SEN support",
        "EHC plan, free school meals",
        "All pupils",
    ]


def test_two_measurements_of_one_year_are_before_and_after(by_sen: list[Estimate]) -> None:
    assert {"Before", "After"} <= set(texts(charts.slopes(by_sen, labels=("2022/23", "2022/23"))))


def test_dumbbells_name_what_tells_rows_apart(gaps: list[Estimate]) -> None:
    said = texts(charts.dumbbell(gaps, outcomes={"maths": "Mathematics"}))
    assert {"Reading", "Mathematics", "−9.6 → −8.1", "no gap"} <= set(said)


@pytest.mark.parametrize("narrow", [False, True])
def test_the_flow_tells_who_left_and_why(narrow: bool) -> None:
    svg = charts.flow(STEPS, base="pupils", narrow=narrow)
    root = ET.fromstring(svg)
    said = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "6,021 of 6,053 pupils were counted" in said
    assert "13 left out: no school number" in said
    assert "nursery <children> & others" in said
    assert root.get("viewBox", "").split()[2] == ("350" if narrow else "662")
    right = max(float(box.get("x", 0)) + float(box.get("width", 0)) for box in root.iter(f"{SVG}rect") if box.get("x"))
    assert right <= float(root.get("viewBox", "").split()[2])
    assert svg == charts.flow(STEPS, base="pupils", narrow=narrow)


def test_a_hidden_step_says_so() -> None:
    steps = [STEPS[0], SimpleNamespace(name="Kept", table="pupils", rows_in=6040, rows_out=None, reason="too small")]
    svg = charts.flow(steps)
    assert "hidden to protect people" in svg
    assert "6,040 left out" not in svg


def test_a_flow_may_come_from_a_table() -> None:
    one = Table(name="flow", title="F", rows=("Invited", "Answered"), columns=("Parents",), cells=((300,), (212,)), base="parents")  # fmt: skip
    assert "88 fewer" in charts.flow(one)
    two = replace(one, columns=("in", "out"), cells=((300, 290), (290, 212)))
    assert "10 fewer" in charts.flow(two)
    assert "212 of 300 parents were counted" in charts.flow(two)


@pytest.mark.parametrize("colour", [canvas.OURS, canvas.NATIONAL, canvas.QUIET, canvas.INK, *(c for c, _ in canvas.SERIES), *(c for c, _ in canvas.GROUP_STYLE.values())])  # fmt: skip
def test_colours_of_lines_and_words_are_dark_enough(colour: str) -> None:
    assert _contrast(colour, "#ffffff") >= 4.5  # WCAG 2.2 AA for text; stricter than 3:1 for lines


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7])
def test_words_inside_bars_can_be_read(n: int) -> None:
    for colour in stacked.ramp(n):
        ink = "#ffffff" if stacked._dark(colour) else canvas.INK
        assert _contrast(colour, ink) >= 4.5


def test_groups_drawn_together_differ_by_mark_as_well() -> None:
    marks = [
        canvas.group_style(group, i)[1]
        for i, group in enumerate(("all", "sen=any", "sen_provision=N", "sen_provision=K", "sen_provision=E"))
    ]
    assert len(set(marks)) == 5


def test_labels_never_cover_each_other() -> None:
    placed = canvas.spread([1.0, 1.05, 1.1, 5.0], 0.3, 0.9, 5.0)
    assert all(b - a >= 0.3 - 1e-9 for a, b in pairwise(sorted(placed)))
    assert min(placed) >= 0.9 - 1e-9
    assert placed[3] == 5.0


def test_ticks_are_round_and_written_short() -> None:
    assert axis.ticks(0.0, 0.42, "proportion", 5) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert axis.tick_text(0.1, [0.1, 0.2], "proportion") == "10%"
    assert axis.tick_text(-2.5, [-5.0, -2.5], "points") == "−2.5"
    assert 1.0 in axis.ticks(0.3, 12.0, "ratio", 4)


def test_a_dollar_sign_is_no_formula(make: Callable[..., Estimate]) -> None:
    figure = charts.forest([make(Estimand.MEAN_GAIN, 1.0, "points", group="house=$x_1$ & $y^2$")])
    assert "$x_1$" in charts.to_svg(figure)


def test_quarters_say_the_ends_of_the_first_group_and_stand_beside_the_nation() -> None:
    figure = charts.quarters(QUARTERS)
    assert figure.get_label().startswith(
        "SEN support: 40% were in the lowest quarter of progress nationally, 10% in the highest quarter"
    )
    assert "Nationally: Lowest quarter 25%" in charts.alt(figure)
    assert "All pupils (400)" in charts.alt(figure)


def test_an_event_study_says_what_is_hidden_and_needs_its_columns() -> None:
    assert "spring to summer: hidden to protect people" in charts.alt(charts.event_study(GROWTH))
    with pytest.raises(ReportError, match="needs the columns Figure, Lower limit, Upper limit"):
        charts.event_study(QUARTERS)
    with pytest.raises(ReportError, match="every figure is hidden"):
        charts.event_study(replace(GROWTH, cells=((None, None, None),) * 3))


def test_a_love_plot_is_about_the_farthest_characteristic_or_says_that_none_is_far() -> None:
    unadjusted = [replace(row, after=None) for row in ROWS]
    assert (
        charts.love(unadjusted)
        .get_label()
        .startswith("Here and there differ most in: SEN support (20.0% against 12.6%)")
    )
    assert charts.love(ROWS).get_label().startswith("Much alike")  # after adjustment
    assert "0.02 after adjustment" in charts.alt(charts.love(ROWS))
    with pytest.raises(ReportError, match="nothing to draw"):
        charts.love([])


def test_a_funnel_counts_what_lies_outside_it_and_refuses_too_few() -> None:
    assert charts.funnel(sizes(0.05, 0.2, -0.1), "ABC").get_label().startswith("1 of 3 figures lies outside")
    assert "most precise figure first. A: 0.05" in charts.alt(charts.funnel(sizes(0.05, 0.2, -0.1), "ABC"))
    with pytest.raises(ReportError, match="at least 3 figures"):
        charts.funnel(sizes(0.05, 0.2), "AB")
    with pytest.raises(ReportError, match="one unit"):
        charts.funnel([*sizes(), replace(sizes()[0], unit="points")], "ABCD")


def test_the_band_of_authorities_is_drawn_where_a_group_has_one(by_sen: list[Estimate]) -> None:
    said = charts.alt(charts.absence_lines(by_sen, band=BAND, years=("2021/22", "2022/23")))
    assert "middle half of local authorities, same group, last year: SEN support 29.0% to 34.0%" in said
    assert "middle half" not in charts.alt(charts.absence_lines(by_sen, years=("2021/22", "2022/23")))


def test_sections_of_one_unit_share_an_axis_where_they_are_to_be_compared(make) -> None:
    items = [
        make(Estimand.MEAN_GAIN, value, "points", outcome=name, se=0.5) for value, name in ((1.0, "a"), (40.0, "b"))
    ]
    shared = [part.limits for part in forest_plot.sections(items, ["x", "y"], {})]
    apart = [part.limits for part in forest_plot.sections(items, ["x", "y"], {}, together=False)]
    assert shared[0] == shared[1]
    assert apart[0][1] < 10 < apart[1][1]


@pytest.mark.parametrize("bold", [False, True])
def test_lines_are_broken_where_measuring_each_longer_line_would_break_them(bold):
    text = "Pupils’ W. AVA fjord – 12.5% (To, 1–2) “Wavy” ill M @ Ty, of: £310 a year; Reading’s gap: −0.3"
    for room in (0.4, 0.9, 1.3, 2.2, 3.1, 6.7):
        lines: list[str] = []
        for word in text.split():
            if lines and canvas.width_of(f"{lines[-1]} {word}", 9.5, bold) <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        assert canvas.wrap(text, room, 9.5, bold) == lines
