from __future__ import annotations

import pytest

from afa_eval.errors import ReportError
from afa_eval.report.own_words import own_words
from afa_eval.report.pieces import Myst


def test_headings_begin_below_the_pages_and_leave_no_gap() -> None:
    assert own_words("# A\n\n#### B\n\n## C\n\n# D") == "### A\n\n#### B\n\n#### C\n\n### D"


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    assert own_words("```\n# not a heading\n```\n# One") == "```\n# not a heading\n```\n### One"


def test_plain_markdown_stays_as_it_is() -> None:
    text = "We *hoped*.\n\n- one\n- two\n\n> quoted\n\n[a link](https://example.org)"
    assert own_words(text) == text
    assert isinstance(own_words(text), Myst)


def test_a_note_may_be_used() -> None:
    assert ":::{note}" in own_words(":::{note}\nRead this.\n:::")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("fine\n```{include} /etc/passwd\n```", 2),
        ("```{code-cell} python\n1\n```", 1),
        (":::{raw} html\n:::", 1),
        ("fine\n\nsee {download}`x <secret.csv>`", 3),
        ("![a face](https://example.org/x.png)", 1),
        ("<script>alert(1)</script>", 1),
        ("text <img src=x>", 1),
    ],
)
def test_nothing_runs_includes_or_fetches(text, line) -> None:
    with pytest.raises(ReportError, match=f"own words, line {line}:"):
        own_words(text)
