"""Pages, links, plans and code of the project's book and of the README hold, without building the book."""

import ast
import doctest
import re
import tomllib
from functools import cache
from pathlib import Path

import matplotlib as mpl
import pytest

from afa_eval.plan.load import parse_plan

BOOK = Path(__file__).resolve().parents[2] / "book"
ROOT = BOOK.parent
PAGES = sorted(path for path in BOOK.rglob("*.md") if "_build" not in path.parts)
README = ROOT / "README.md"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
LARGEST_IMAGE = 250_000
NAMES = [path.relative_to(BOOK).as_posix() for path in PAGES]


@cache
def text(path):
    return path.read_text(encoding="utf-8")


def fences(path, kind):
    return [body for _, words, body in FENCE.findall(text(path)) if words.strip().startswith(kind)]


def cells(path):
    return fences(path, "{code-cell}")


def prose(path):
    return FENCE.sub("", text(path))


def anchors(path):
    """Headings as MyST makes them addresses, and targets set by hand."""
    named = re.findall(r"^\(([\w-]+)\)=$", prose(path), re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads} | set(named)


def test_the_contents_name_every_page_once_and_no_other(builder, reference):
    listed = [page for names in builder.CONTENTS.values() for page in names]
    made = {*reference.pages(), builder.pages_comparators.PAGE}
    assert len(listed) == len(set(listed))
    assert {f"{page}.md" for page in listed if page not in made} | {"index.md"} == set(NAMES)
    assert set(reference.pages()) <= set(listed)


@pytest.mark.parametrize("path", [*PAGES, README], ids=[*NAMES, "README.md"])
def test_links_lead_somewhere(path, builder, reference):
    made = {*reference.pages(), builder.pages_comparators.PAGE}
    for target in LINK.findall(prose(path)):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        file = (path.parent / name).resolve() if name else path
        generated = file.is_relative_to(BOOK) and file.relative_to(BOOK).with_suffix("").as_posix() in made
        assert generated or file.is_file(), target
        if anchor:
            assert anchor in anchors(file), target


@pytest.mark.parametrize("path", [*PAGES, README], ids=[*NAMES, "README.md"])
def test_images_are_there_small_and_described(path):
    for words, target in IMAGE.findall(prose(path)):
        image = path.parent / target
        assert image.is_file(), target
        assert image.stat().st_size < LARGEST_IMAGE
        assert len(words) > 40, "an image needs words that say what it shows"


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_code_is_python_and_plans_are_toml(path):
    for body in (*cells(path), *fences(path, "python")):
        ast.parse(body)
    for body in fences(path, "toml"):
        tomllib.loads(body)


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_a_page_with_cells_says_so_and_others_do_not(path):
    assert text(path).startswith("---\njupytext:") == bool(cells(path))


def test_marks_are_filled_and_each_has_its_place(parts, builder):
    for page, made in parts.PARTS.items():
        for name in made:
            assert text(BOOK / page).count(parts.mark(name)) == 1, (page, name)
    for path, name in zip(PAGES, NAMES, strict=True):
        marks = set(re.findall(r"<!-- (.+?) -->", text(path)))
        assert marks <= set(parts.PARTS.get(name, {})), name


@pytest.mark.parametrize("page", ["plan.md", "data.md", "disclosure.md", "statistics.md", "architecture.md"])
def test_what_follows_from_the_code_is_written_in(parts, page):
    filled = parts.filled(page, text(BOOK / page))
    assert "<!--" not in filled
    assert "{list-table}" in filled or "- " in filled


def test_the_plan_of_the_page_is_a_plan(tmp_path):
    plan = parse_plan(fences(BOOK / "plan.md", "toml")[0], folder=tmp_path)
    assert [design.slug for design in plan.designs] == ["progress", "persistent-absence", "parent-engagement"]


def test_the_commands_of_the_quick_start_exist():
    from typer.main import get_command

    from afa_eval.cli import app

    known = set(get_command(app).commands)
    named = set(re.findall(r"afa-eval ([a-z]+)", text(BOOK / "quick-start.md")))
    assert named <= known
    assert {"init", "check", "run", "book", "demo", "doctor"} <= named


def test_the_makefile_has_what_the_pages_tell_to_make():
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for path in (*PAGES, README, ROOT / "examples" / "london_exams" / "README.md"):
        assert set(re.findall(r"^make ([a-z]+)", text(path), re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", [name for name in NAMES if cells(BOOK / name)])
def test_the_cells_of_a_page_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    names = {"__name__": "page"}
    for number, body in enumerate(cells(BOOK / name), 1):
        exec(compile(body, f"{name}, cell {number}", "exec"), names)


def test_the_readme_runs():
    done = doctest.testfile(str(README), module_relative=False)
    assert done.attempted >= 6
    assert done.failed == 0


def test_the_readme_is_short():
    assert len(text(README).splitlines()) < 120
