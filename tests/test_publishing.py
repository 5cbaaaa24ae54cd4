"""One site of many evaluations: what is due is built, the rest is kept, and nothing else in the folder is touched."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from afa_eval import publishing
from afa_eval.disclosure import ledger
from afa_eval.errors import PlanError, ReportError
from afa_eval.report import headlines, site

PLAN = """[evaluation]
title = "{title}"
period = {{ before = "202122", after = "202223" }}
[data]
pupils = "pupils.csv"
[[outcome]]
id = "a"
design = "persistent-absence"
"""


def figure(value=-0.02, estimand="change_minus_national", unit="proportion difference"):
    return {
        "outcome": "a", "group": "sen=any", "unit": unit, "base": "enrolments", "method": "m", "value": value, "level": 0.95,
        "null": 0.0, "n_pupils": 900, "n_schools": 20, "status": "" if value is not None else "c", "estimand": estimand,
        "claim": "comparison", "ci": None if value is None else [value - 0.04, value + 0.04],
    }  # fmt: skip


def told(title, **more):
    outcome = {
        "label": "Absence", "design": "Persistent absence", "years": "2021/22 to 2022/23", "figure": "x", "ends": "y",
        "months": "[z]", "claim": "Comparison", "evidence": "Some concerns", "counted": "900 enrolments in 20 schools",
        "headline": figure(), "size": None,
    }  # fmt: skip
    return {"title": title, "organisation": "T", "period": "", "outcomes": [{**outcome, **more}]}


@pytest.fixture
def plans(tmp_path):
    made = []
    for title in ("First <b>", "Second"):
        folder = tmp_path / title.split()[0].lower()
        folder.mkdir()
        (folder / "plan.toml").write_text(PLAN.format(title=title))
        (folder / "pupils.csv").write_text("UPN\n")
        made.append(folder)
    return made


@pytest.fixture
def stubbed(monkeypatch, tmp_path):
    """Books and index that cost nothing; which were asked for."""
    asked = []

    def build(due, folder, tell, beside, begin):
        for slug, path in due.items():
            asked.append(slug)
            html = folder / slug / "_downloads" / "0"
            html.mkdir(parents=True, exist_ok=True)
            (html.parents[1] / "index.html").write_text("book")
            (html / headlines.NAME).write_text(json.dumps(told(publishing.load_plan(path).evaluation.title)))
        return list(due), {}

    def index(title, entries, folder):
        asked.append(f"index of {len(entries)}")
        folder.mkdir()
        (folder / "index.html").write_text(title)
        return folder

    monkeypatch.setattr(publishing, "_build_all", build)
    monkeypatch.setattr(site, "write_index", index)
    monkeypatch.setattr(publishing.sphinx_build, "run", lambda work, here: work)
    monkeypatch.setattr(publishing.apart, "builders", lambda workers, **_: ThreadPoolExecutor(1))
    return asked


def publish(folder, plans, **more):
    return publishing.publish(folder, plans, lambda _: None, **more)


def test_only_what_changed_is_built_again(plans, stubbed, tmp_path) -> None:
    done = publish(tmp_path / "site", plans, title="Ours")
    assert done.built == ("first-b", "second")
    assert stubbed == ["first-b", "second", "index of 2"]
    stubbed.clear()
    assert publish(tmp_path / "site", plans).kept == ("first-b", "second")
    assert stubbed == []
    (plans[1] / "pupils.csv").write_text("UPN\nA\n")
    assert publish(tmp_path / "site", plans).built == ("second",)
    assert (tmp_path / "site" / "index.html").read_text() == "Ours"


def test_what_is_not_named_stays_unless_it_is_to_go(plans, stubbed, tmp_path) -> None:
    publish(tmp_path / "site", plans)
    assert publish(tmp_path / "site", plans[:1]).removed == ()
    assert (tmp_path / "site" / "second").is_dir()
    assert publish(tmp_path / "site", plans[:1], prune=True).removed == ("second",)
    assert not (tmp_path / "site" / "second").exists()
    assert stubbed[-1] == "index of 1"


def test_a_book_that_fails_is_said_and_the_others_are_there(plans, stubbed, tmp_path, monkeypatch) -> None:
    working = publishing._build_all

    def one_fails(due, folder, tell, beside, begin):
        made, _ = working({slug: path for slug, path in due.items() if slug != "second"}, folder, tell, beside, begin)
        return made, {"second": "no such file"}

    monkeypatch.setattr(publishing, "_build_all", one_fails)
    with pytest.raises(ReportError, match=r"1 of 2 books could not be built\.\nsecond: no such file"):
        publish(tmp_path / "site", plans)
    assert set(json.loads((tmp_path / "site" / site.STATE).read_text())["books"]) == {"first-b"}


def test_a_plan_with_a_mistake_is_said_and_the_others_are_there(plans, stubbed, tmp_path) -> None:
    publish(tmp_path / "site", plans)
    first = plans[0] / "plan.toml"
    first.write_text(first.read_text().replace("202122", "2021"))
    with pytest.raises(ReportError, match=r"1 of 2 books could not be built\.\n.*first: line 3: "):
        publish(tmp_path / "site", plans, prune=True, everything=True)
    assert stubbed[-1] == "second"
    assert (tmp_path / "site" / "first-b").is_dir()  # nobody can say that it is not wanted
    with pytest.raises(PlanError):
        publish(tmp_path / "site", plans[:1])


def test_a_folder_that_is_no_site_is_left_alone(plans, tmp_path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.docx").write_text("mine")
    with pytest.raises(ReportError, match="is not empty"):
        publish(tmp_path / "site", plans)
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["thesis.docx"]


def test_two_plans_of_one_title_are_refused(plans, tmp_path) -> None:
    (plans[1] / "plan.toml").write_text(PLAN.format(title="First <b>"))
    with pytest.raises(ReportError, match="the same title"):
        publish(tmp_path / "site", plans)


def test_where_a_book_comes_from_follows_the_plan_the_files_the_rules_and_the_templates(plans) -> None:
    first = publishing.source(plans[0])
    assert publishing.source(plans[0]) == first
    own = plans[0] / "ours"
    own.mkdir()
    (own / "cite.md").write_text("# A")
    ruled = '[book]\ntemplate = "ours"\n[disclosure]\nprofile = "rules.toml"\n'
    (plans[0] / "plan.toml").write_text(PLAN.format(title="First <b>") + ruled)
    second = publishing.source(plans[0])
    (own / "cite.md").write_text("# B")
    third = publishing.source(plans[0])
    (plans[0] / "rules.toml").write_text("threshold = 12")
    assert len({first, second, third, publishing.source(plans[0])}) == 4


def test_any_file_of_the_package_may_decide_what_a_book_hides(plans, monkeypatch) -> None:
    first = publishing.source(plans[0])
    monkeypatch.setattr(publishing.kept, "code", lambda: "another ledger.py")
    assert publishing.source(plans[0]) != first


def test_a_book_is_built_again_where_the_ledger_is_another(plans, stubbed, tmp_path) -> None:
    publish(tmp_path / "site", plans)
    (plans[1] / ledger.FILE).write_text("{}")
    assert publish(tmp_path / "site", plans).built == ("second",)
    assert publish(tmp_path / "site", plans).built == ()


def test_the_index_is_built_again_where_it_would_show_another(plans, stubbed, tmp_path) -> None:
    publish(tmp_path / "site", plans)
    stubbed.clear()
    (plans[1] / "pupils.csv").write_text("UPN\nA\n")
    publish(tmp_path / "site", plans)
    assert stubbed == ["second"]  # its headlines are the same
    publish(tmp_path / "site", plans, title="Another")
    assert stubbed == ["second", "index of 2"]


def test_an_index_begun_beside_a_book_is_put_there_where_the_book_says_what_was_expected(
    plans, stubbed, tmp_path
) -> None:
    publish(tmp_path / "site", plans)
    stubbed.clear()
    expected, other = tmp_path / "expected.json", tmp_path / "other.json"
    expected.write_text(json.dumps(told("Second")))
    other.write_text(json.dumps(told("Third")))
    working = publishing._build_all

    def beside_a_book(file):
        def build(due, folder, tell, beside, begin):
            begin({"second": file})
            return working(due, folder, tell, beside, begin)

        return build

    for file, built in ((expected, []), (other, ["index of 2", "second", "index of 2"])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(publishing, "_build_all", beside_a_book(file))
            (plans[1] / "pupils.csv").write_text(f"UPN\n{file.name}\n")
            publish(tmp_path / "site", plans)
        assert sorted(stubbed) == sorted(built or ["second"])
        stubbed.clear()


def test_the_index_names_every_headline_and_draws_those_that_are_shown(tmp_path) -> None:
    entries = [
        site.Entry("first-b", "First <b>", tuple(told("First <b>")["outcomes"])),
        site.Entry("second", "Second", tuple(told("Second", headline=figure(None))["outcomes"])),
    ]
    work = site.write_index("Ours", entries, tmp_path / "made")
    seen = {"text": (work / "index.md").read_text(), "svg": (work / "charts" / "headlines.svg").read_text()}
    assert '<a href="first-b/index.html">First \\<b\\></a>' in seen["text"]
    assert seen["text"].count("Some concerns") == 2
    assert "Headline figures of 1 evaluation" in seen["svg"]


def test_three_effect_sizes_make_a_funnel_and_two_do_not(tmp_path) -> None:
    sizes = [figure(value, "g_national", "sd") for value in (0.05, 0.3, -0.02)]
    entries = [site.Entry(f"e{at}", f"E{at}", tuple(told("E", size=size)["outcomes"])) for at, size in enumerate(sizes)]
    seen = []
    for some in (entries, entries[:2]):
        work = site.write_index("Ours", some, tmp_path / str(len(some)))
        seen.append((work / "index.md").read_text())
        seen.append((work / "files" / "chart-funnel.csv").read_text() if "funnel" in seen[-1] else "")
    assert "charts/funnel.svg" in seen[0]
    assert seen[1].splitlines()[1].startswith("E0: Absence,")
    assert len(seen[1].splitlines()) == 4
    assert "funnel" not in seen[2]


def test_a_book_without_headlines_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"has no headlines\.json"):
        site.read_entry("old", tmp_path)
