"""What `make docs` writes before Jupyter Book runs, and what it says when that fails. (CI builds the whole.)"""

import json


def test_pages_and_reference_are_written_beside_each_other(builder, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "headlines", lambda folder: "- a headline")
    monkeypatch.setattr(parts.pages_tutorial, "shown", lambda: dict.fromkeys(parts.pages_tutorial.parts(), "output"))
    # every series is drawn in test_comparators_page; one picture stands for all of them here
    first = next(builder.pages_comparators.every("persistent-absence"))
    picture = builder.pages_comparators.chart(first)
    monkeypatch.setattr(builder.pages_comparators, "chart", lambda series: picture)
    builder.write_sources(tmp_path / "pages")
    contents = json.loads((tmp_path / "pages" / "_toc.yml").read_text(encoding="utf-8"))
    named = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    written = {
        path.relative_to(tmp_path / "pages").with_suffix("").as_posix()
        for path in (tmp_path / "pages").rglob("*")
        if path.suffix in {".md", ".rst"}
    }
    assert written == {*named, contents["root"]}
    assert not list((tmp_path / "pages").rglob("*.py"))


def test_code_runs_away_from_the_checkout_and_a_failing_cell_stops_the_build(builder):
    made = builder.configuration()
    assert made["execute"] == {"execute_notebooks": "force", "run_in_temp": True, "timeout": 120}
    assert made["sphinx"]["config"]["nb_execution_raise_on_error"] is True
    assert builder.MENDING in made["sphinx"]["extra_extensions"]
    assert "nitpick_ignore" not in made["sphinx"]["config"]


def test_a_failed_build_tells_its_warnings_without_the_machines_paths(builder, tmp_path):
    work = tmp_path / "pages"
    output = f"reading\n\x1b[91m{work}/index.md:3: WARNING: no such page\x1b[39;49;00m\nIPKernelApp] WARNING | noise\n"
    assert builder.told(output, work, tmp_path / "html") == "index.md:3: WARNING: no such page"
    assert builder.told("line one\nline two", work, tmp_path / "html") == "line one\nline two"
