"""Limitations, file steps and manifest in words."""

from __future__ import annotations

from afa_eval.disclosure.records import ReleasedStep
from afa_eval.estimate import Finding, Severity
from afa_eval.report import accounts


def finding(message: str, *outcomes: str) -> Finding:
    return Finding(code="c", severity=Severity.NOTE, message=message, outcomes=outcomes)


def test_the_same_words_are_one_limitation_of_several_outcomes() -> None:
    found = accounts.limitations([finding("No figure.", "a"), finding("Other."), finding("No figure.", "b")], {"a": "A", "b": "B"})  # fmt: skip
    assert [(one.message, one.outcomes) for one in found] == [("No figure.", ("A", "B")), ("Other.", ())]


def test_typed_minus_signs_become_true_ones() -> None:
    (found,) = accounts.limitations([finding("From -0.23 SD, not +0.03 SD, in 2021-22 (KS1-2).")], {})
    assert found.message == "From \u22120.23 SD, not +0.03 SD, in 2021-22 (KS1-2)."


def test_bringing_rows_together_leaves_nobody_out() -> None:
    steps = (
        ReleasedStep(name="Terms summed", table="attendance", rows_in=300, rows_out=100),
        ReleasedStep(name="Repeats", table="pupils", rows_in=100, rows_out=80, reason="a pupil stood there twice"),
        ReleasedStep(name="Read", table="pupils", rows_in=80, rows_out=80, reason="never used"),
    )
    assert [one.why for one in accounts.file_steps(steps)] == [
        accounts.TOGETHER,
        "A pupil stood there twice.",
        "Every row was kept.",
    ]


def test_the_manifest_says_no_hash_twice_and_nothing_empty() -> None:
    document = {
        "plan_sha256": "aa",
        "seed": None,
        "files_sha256": {"a.csv": "bb", "gone.csv": ""},
        "inputs": [{"table": "pupils", "file": "a.csv", "sheet": "", "sha256": "bb"}],
    }
    assert accounts.manifest_rows(document) == (
        ("This evaluation", (("Plan (SHA-256)", "aa"),)),
        ("Files (SHA-256)", (("a.csv", "bb"),)),
        ("Inputs", (("a.csv", "table: pupils"),)),
    )
