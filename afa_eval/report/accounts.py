"""What a book gives account of: limitations, what was done to the files, and its manifest, as rows of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from afa_eval.disclosure.records import ReleasedStep
from afa_eval.estimate import Finding, words
from afa_eval.report.pieces import FileStep, Limitation

SEVERITY_WORDS = {
    "serious": "Serious: may change what a reader should conclude",
    "concern": "Concerns: mind these when you read the figures",
    "note": "Notes",
}
TOGETHER = "Rows were brought together; nobody was left out."


def limitations(findings: Sequence[Finding], labels: Mapping[str, str]) -> tuple[Limitation, ...]:
    """What must a reader mind, each once, with the outcomes it concerns?

    Parameters
    ----------
    findings : sequence of Finding
        In any order.
    labels : mapping of str to str
        Outcome ids to their labels.

    Returns
    -------
    tuple of Limitation
        Findings of the same words are one, which names all their outcomes.
    """
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for item in findings:
        key = (str(item.severity), words.true_minus(item.message), words.true_minus(item.fix), item.code)
        found.setdefault(key, []).extend(labels.get(name, name) for name in item.outcomes)
    return tuple(
        Limitation(severity, message, fix, tuple(dict.fromkeys(names)), code)
        for (severity, message, fix, code), names in found.items()
    )


def by_severity(found: Sequence[Limitation]) -> tuple[tuple[str, tuple[Limitation, ...]], ...]:
    """Which limitations are there, the gravest first?

    Parameters
    ----------
    found : sequence of Limitation
        In any order.

    Returns
    -------
    tuple
        Heading and limitations; headings without any are left out.
    """
    groups = ((text, tuple(one for one in found if one.severity == name)) for name, text in SEVERITY_WORDS.items())
    return tuple((text, some) for text, some in groups if some)


def manifest_rows(document: dict[str, Any]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """How is the manifest printed?

    Parameters
    ----------
    document : dict
        Of the release.

    Returns
    -------
    tuple
        Heading and rows of name and value.
    """
    single = tuple(
        (_heading(key), str(value)) for key, value in document.items() if not _is_group(value) and _said(value)
    )
    named = ((key, value) for key, value in document.items() if _is_group(value) and value)
    hashes = set(_values(document.get("files_sha256")))
    groups = tuple((_heading(key), _pairs(value, hashes)) for key, value in named)
    return ((("This evaluation", single),) if single else ()) + groups


def _said(value: object) -> bool:
    """Whether there is anything to print."""
    return value is not None and value != ""


def _values(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value.values()) if isinstance(value, dict) else ()


def _is_group(value: object) -> bool:
    return isinstance(value, dict | list | tuple)


def _heading(key: str) -> str:
    text = key.replace("_", " ").replace("sha256", "(SHA-256)")
    return text[:1].upper() + text[1:]


def _pairs(value: Any, hashes: set[str]) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return tuple((str(key), str(item)) for key, item in value.items() if _said(item))
    return tuple(_entry(position, item, hashes) for position, item in enumerate(value, start=1))


def _entry(position: int, item: Any, hashes: set[str]) -> tuple[str, str]:
    """A row of name and value; a file's hash that stands among the files' hashes is not said again."""
    if not isinstance(item, dict):
        return str(position), str(item)
    name = next((str(item[key]) for key in ("file", "name", "path", "table") if key in item), str(position))
    told = {key: str(value) for key, value in item.items() if _said(value) and str(value) not in {name, *hashes}}
    return name, "; ".join(f"{key.replace('sha256', 'SHA-256')}: {value}" for key, value in told.items())


def file_steps(flow: Sequence[ReleasedStep]) -> tuple[FileStep, ...]:
    """What was done to the files, in words?

    Parameters
    ----------
    flow : sequence of ReleasedStep
        Rows in and out of each step.

    Returns
    -------
    tuple of FileStep
        In the order they were done.
    """
    return tuple(
        FileStep(
            table=step.table[:1].upper() + step.table[1:],
            name=step.name,
            before=_rows(step.rows_in),
            after=_rows(step.rows_out),
            why=_why(step),
        )
        for step in flow
    )


def _rows(count: int | None) -> str:
    return "[c]" if count is None else f"{count:,}"


def _why(step: ReleasedStep) -> str:
    """Why there are fewer rows: only a step with a reason leaves anybody out."""
    fewer = step.rows_in is None or step.rows_out is None or step.rows_out < step.rows_in
    if not fewer:
        return "Every row was kept."
    return f"{step.reason[:1].upper()}{step.reason[1:]}." if step.reason else TOGETHER
