"""What a parent reads: short sentences and plain words, measured; never a word that claims too much."""

from __future__ import annotations

import re

import pytest

from afa_eval.report import pages

SIGN = re.compile(r"\\(.)")


def syllables(word: str) -> int:
    """Groups of vowels, a silent e left out: within a tenth of a dictionary's count over a page."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    found = len(re.findall(r"[aeiouy]+", letters))
    silent = (letters.endswith("e") and not letters.endswith(("le", "ee"))) or re.search(r"[^aeioutd]ed$", letters)
    return max(1, found - bool(silent and found > 1))


def grade(text: str) -> float:
    """Flesch-Kincaid: the American school grade whose pupils read it with ease; five less than their age."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text) if re.search("[A-Za-z]", part)]
    words = re.findall(r"[A-Za-z][A-Za-z'\u2019-]*|\d[\d.,/%]*", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def prose(text: str) -> str:
    """A page's paragraphs, without headings, links' addresses and marks."""
    kept = [line for line in text.splitlines() if not re.match(r"[#(:`]", line)]
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", SIGN.sub(r"\1", "\n".join(kept)))
    blocks = [" ".join(block.split()) for block in plain.replace("*", "").split("\n\n")]
    return " ".join(block if block.endswith((".", "?", "!")) else f"{block}." for block in blocks if block)


@pytest.fixture(scope="module")
def texts(book, tmp_path_factory):
    """Every page of every template, as MyST."""
    found = {}
    for name in pages.shipped():
        folder = tmp_path_factory.mktemp(name)
        pages.write_pages(book, folder, pages.template(name))
        found |= {(name, path.stem): path.read_text("utf-8") for path in folder.glob("*.md")}
    return found


def test_the_measure_agrees_with_its_authors_scale() -> None:
    # counted by hand: 10 words, 2 sentences, 11 syllables; 12 words, 1 sentence, 27 syllables
    assert grade("The cat sat on the mat. It was a tabby.") == pytest.approx(0.39 * 5 + 11.8 * 1.1 - 15.59)
    hard = (
        "Interpretation of educational interventions necessitates considerable methodological preparation throughout."
    )
    assert grade(hard) > 20


def test_a_child_of_twelve_can_read_the_summary(texts) -> None:
    assert grade(prose(texts["evaluation", "summary"])) <= 7  # grade 7: twelve years old


@pytest.mark.parametrize("page", [("evaluation", "index"), ("trust", "index"), ("afa", "index")])
def test_first_pages_are_no_harder_than_a_newspaper(texts, page) -> None:
    assert grade(prose(texts[page])) <= 9.5


def test_no_page_says_significant_or_a_bare_p_value(texts) -> None:
    for page, text in texts.items():
        assert "significan" not in text.lower(), page
        for found in re.finditer(r"p (?:\\?<|=) 0\.\d+", text):
            before = text[max(0, found.start() - 20) : found.start()]
            assert re.search(r"shift \\?\($|the test's \($", before), (page, before)
