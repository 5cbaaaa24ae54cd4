"""What stands in the build folder belongs to the plan and the files as they are now, or says that it does not."""

import json

import pytest

from afa_eval import workspace
from afa_eval.errors import DataError, PlanError, ReportError


def quiet(_words):
    """Say nothing."""


@pytest.fixture
def earlier(trust):
    """A trust with results and a book of an earlier run."""
    build = trust / "build"
    (build / "book" / "html").mkdir(parents=True)
    for name in ("estimates.csv", "evaluation.json", "manifest.json", "checks.html", "book/html/index.html"):
        (build / name).write_text("of an earlier run", encoding="utf-8")
    return trust


def told(trust, error, work=workspace.run_plan):
    with pytest.raises(error) as caught:
        work(trust, quiet)
    return getattr(caught.value, "__notes__", [])


def test_after_a_failed_run_nothing_older_passes_for_the_new(earlier):
    (earlier / "data" / "schools.csv").write_text("", encoding="utf-8")
    (note,) = told(earlier, DataError)
    assert "earlier run" in note
    assert str(earlier / "build" / "earlier") in note
    assert {item.name for item in (earlier / "build").iterdir()} == {
        "checks.html", "checks.json", "checks.xlsx", "earlier",
    }  # fmt: skip
    assert (earlier / "build" / "earlier" / "book" / "html" / "index.html").is_file()
    assert (earlier / "build" / "checks.html").read_text(encoding="utf-8") != "of an earlier run"
    assert told(earlier, DataError) == []


@pytest.mark.parametrize("work", [workspace.run_plan, workspace.book_plan])
def test_a_plan_that_cannot_be_read_leaves_nothing_older_either(earlier, work):
    (earlier / "plan.toml").write_text("[evaluation]\n", encoding="utf-8")
    assert told(earlier, PlanError, work)
    assert not (earlier / "build" / "estimates.csv").exists()


def test_a_plan_that_is_not_there_says_nothing_of_the_folder_beside_it(earlier):
    with pytest.raises(PlanError, match="There is no plan"):
        workspace.run_plan(earlier / "plam.toml", quiet)
    assert (earlier / "build" / "estimates.csv").is_file()


def test_a_run_puts_an_older_book_aside_and_a_failed_book_says_which_is_there(earlier, only, monkeypatch):
    only(earlier, "relationships")
    done = workspace.run_plan(earlier, quiet)
    assert "build/earlier" in done.stale_book
    assert not (earlier / "build" / "book").exists()
    assert done.as_dict()["without_figures"] == []
    again = workspace.run_plan(earlier, quiet)  # nothing changed, so a book built since would still hold
    assert again.stale_book == ""
    (earlier / "build" / "book" / "html").mkdir(parents=True)
    (earlier / "build" / "book" / "html" / "index.html").touch()

    def fail(*_args, **_more):
        raise ReportError("a figure could not be drawn")

    monkeypatch.setattr("afa_eval.report.build_book", fail)
    (note,) = told(earlier, ReportError, workspace.book_plan)
    assert "built before, from the same figures" in note
    assert workspace.without_figures(earlier) == ()


def test_what_was_found_stays_where_there_is_no_such_template(trust, only):
    only(trust, "relationships")
    with pytest.raises(ReportError, match="no template"):
        workspace.book_plan(trust, quiet, template="glossy")
    assert (trust / "build" / "evaluation.json").is_file()
    assert (trust / "build" / "estimates.csv").is_file()


def test_new_words_stand_in_all_that_is_published_without_a_new_run(trust, only, monkeypatch):
    only(trust, "relationships")
    workspace.run_plan(trust, quiet)
    seen = {}

    def build(release, folder, **more):
        seen.update(title=release.about["title"], plan=release.manifest["plan_sha256"])
        more["first"]()
        more["meanwhile"](folder)
        raise ReportError("stop")

    monkeypatch.setattr("afa_eval.report.build_book", build)
    monkeypatch.setattr(workspace, "_run", lambda *_: pytest.fail("was run again"))
    plan = trust / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("title = ", 'title = "New" # ', 1), encoding="utf-8")
    with pytest.raises(ReportError, match="stop"):
        workspace.book_plan(trust, quiet)
    stored = json.loads((trust / "build" / "manifest.json").read_text(encoding="utf-8"))
    assert seen == {"title": "New", "plan": workspace.load_plan(trust).digest}
    assert stored["plan_sha256"] == seen["plan"]
