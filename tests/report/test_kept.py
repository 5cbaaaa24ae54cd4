"""What is kept of the last book is taken only where the book would come out the same to the byte."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from afa_eval.estimate import Claim, Estimand
from afa_eval.report import kept, sphinx_build
from afa_eval.report.figures import Drawing, save

FIGURE = "```{image} charts/a.svg\n:alt: A\n```\n"
NOTES = "## Notes\n\nA section that nothing links to.\n"
SECOND = "# Second\n\n[The figures](files/a.csv) of [the first](#at-first).\n"


def drawn(value: float, *, narrow: bool) -> str:
    CALLS.append(value)
    return f"<svg><title>T</title><desc>{value} {narrow}</desc></svg>"


CALLS: list[float] = []


@pytest.fixture
def shelf(tmp_path):
    CALLS.clear()
    return kept.Drawings(tmp_path / "kept")


def test_a_drawing_is_drawn_once_for_as_long_as_it_says_the_same(shelf, tmp_path) -> None:
    first = save(Drawing("a", partial(drawn, 0.1)), tmp_path, shelf)
    assert save(Drawing("b", partial(drawn, 0.1)), tmp_path, shelf).alt == first.alt == "T. 0.1 False"
    assert len(CALLS) == 2  # wide and narrow, once
    assert (tmp_path / "charts/a-narrow.svg").read_text() == (tmp_path / "charts/b-narrow.svg").read_text()
    assert save(Drawing("a", partial(drawn, 0.1 + 1e-16)), tmp_path, shelf).alt != first.alt
    assert len(CALLS) == 4


def test_a_drawing_of_another_package_is_drawn_again(shelf, tmp_path, monkeypatch) -> None:
    save(Drawing("a", partial(drawn, 1)), tmp_path, shelf)
    monkeypatch.setattr(kept, "code", lambda: "another")
    save(Drawing("a", partial(drawn, 1)), tmp_path, shelf)
    assert len(CALLS) == 4


@pytest.mark.parametrize("damage", ["", "{}", '["0", ["a", "b", "c", "d"]]', '["0", 5]'])
def test_a_damaged_drawing_is_drawn_again(shelf, tmp_path, damage) -> None:
    save(Drawing("a", partial(drawn, 1)), tmp_path, shelf)
    (file,) = shelf.folder.iterdir()
    file.write_text(damage)
    assert save(Drawing("a", partial(drawn, 1)), tmp_path, shelf).alt == "T. 1 False"
    assert json.loads(file.read_text())[1][2] == "T"


def test_what_nobody_can_look_into_is_never_kept(shelf, tmp_path) -> None:
    save(Drawing("a", lambda narrow: drawn(1, narrow=narrow)), tmp_path, shelf)
    assert not shelf.folder.exists()


def test_what_a_book_no_longer_has_is_not_kept(shelf, tmp_path) -> None:
    save(Drawing("a", partial(drawn, 1)), tmp_path, shelf)
    later = kept.Drawings(shelf.folder)
    save(Drawing("a", partial(drawn, 2)), tmp_path, later)
    later.forget_others()
    assert [file.stem for file in shelf.folder.iterdir()] == list(later.used)


def test_records_that_differ_are_told_apart() -> None:
    told = [kept.told(one) for one in (1, "1", 1.0, True, None, (1,), {"a": 1}, Claim.EFFECT, Estimand.MEAN_GAIN)]
    assert len(set(told)) == len(told)


def test_every_chart_of_a_book_can_be_kept(released) -> None:
    from afa_eval.report import figures, flows, likeness

    every = [one for entry in released.about["outcomes"] for one in figures.outcome_drawings(released, entry)]
    every += [*figures.coverage_drawings(released), *(one for _, one in flows.flow_drawings(released))]
    every += likeness.likeness_drawings(released)
    assert len(every) > 5
    assert all(kept.told(one.make) for one in every)


def write(folder: Path, words: str = "one", title: str = "Home", second: str = SECOND, image: str = FIGURE) -> Path:
    """A book of three pages."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("charts", "files"):
        (folder / name).mkdir(parents=True)
    (folder / "charts" / "a.svg").write_text("<svg/>")
    (folder / "charts" / "a-narrow.svg").write_text("<svg></svg>")
    (folder / "files" / "a.csv").write_text("a\n1\n")
    (folder / "index.md").write_text(
        f"(at-first)=\n# {title}\n\n{words} words of *it*.\n\n```text\n# {words}\n```\n\n{image}"
    )
    (folder / "second.md").write_text(second)
    (folder / "third.md").write_text("# Third\n\nNothing changes here.\n")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": "second"}, {"file": "third"}]}
    (folder / "_toc.yml").write_text(json.dumps(toc))
    (folder / "_config.yml").write_text(json.dumps(sphinx_build.configuration("A", "A")))
    return folder


def built(html: Path) -> dict[str, bytes]:
    return {one.relative_to(html).as_posix(): one.read_bytes() for one in html.rglob("*") if one.is_file()}


def test_pages_built_on_the_last_ones_are_those_built_from_nothing(tmp_path) -> None:
    fresh = tmp_path / "fresh"
    with kept.place(tmp_path) as place:
        assert place is not None
        assert not place.take(write(fresh))
        sphinx_build.run(place.folder, here=True)
        place.note()
        third = place.folder / "_build" / "html" / "third.html"
        before = third.stat().st_mtime_ns
        assert place.take(write(fresh, words="two", image=NOTES))
        again = built(sphinx_build.run(place.folder, here=True))
        assert third.stat().st_mtime_ns == before  # it was not written again
    assert again == built(sphinx_build.run(write(tmp_path / "clean", words="two", image=NOTES), here=True))
    assert not any(name.endswith("a.svg") for name in again)  # shown nowhere now, offered nowhere now


@pytest.fixture
def noted(tmp_path):
    """A place whose last book was whole."""
    with kept.place(tmp_path) as place:
        place.take(write(tmp_path / "fresh"))
        (place.folder / "_build").mkdir()
        (place.folder / "_build" / "index.html").write_text("built")
        place.note()
        yield place


def test_a_word_leaves_what_was_built(noted, tmp_path) -> None:
    assert noted.take(write(tmp_path / "fresh", words="two"))
    assert "two words" in (noted.folder / "index.md").read_text()
    assert (noted.folder / "_build" / "index.html").is_file()


@pytest.mark.parametrize("change", ["title", "linked", "built", "seal", "code", "unfinished"])
def test_all_is_built_where_more_than_words_changed_or_anything_was_touched(
    noted, tmp_path, monkeypatch, change
) -> None:
    if change == "built":
        (noted.folder / "_build" / "index.html").write_text("built by somebody")
    elif change == "seal":
        monkeypatch.setattr(kept, "_key", lambda: b"another's")
    elif change == "code":
        monkeypatch.setattr(kept, "code", lambda: "another")
    elif change == "unfinished":
        noted.take(write(tmp_path / "fresh", words="two"))
    title, image = "Start" if change == "title" else "Home", "(b)=\n## B\n" if change == "linked" else FIGURE
    assert not noted.take(write(tmp_path / "fresh", title=title, image=image))
    assert not (noted.folder / "_build").exists()


def test_two_do_not_build_in_one_place(noted, tmp_path) -> None:
    with kept.place(tmp_path) as other:
        assert other is None


def test_a_book_that_may_not_be_published_leaves_nothing(noted, tmp_path) -> None:
    kept.forget(tmp_path)
    assert not (tmp_path / kept.FOLDER).exists()
