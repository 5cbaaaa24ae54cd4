"""The headline figures of a release as data, so that a site of many evaluations can show them side by side."""

from __future__ import annotations

import json
from typing import Any

from afa_eval.disclosure.records import Release
from afa_eval.estimate import Severity
from afa_eval.report.context import Book, Outcome, answered
from afa_eval.report.lines import Line, find_line

NAME = "headlines.json"
STORED = ("outcome", "group", "unit", "base", "method", "value", "level", "null", "n_pupils", "n_schools", "status")


def headlines(release: Release, book: Book) -> dict[str, Any]:
    """What did an evaluation find first and foremost?

    Parameters
    ----------
    release : Release
        For its findings.
    book : Book
        As templates see it.

    Returns
    -------
    dict
        ``title, organisation, period`` and ``outcomes``, one for each primary outcome: words for a
        table, and the released figures ``headline`` and ``size`` (in standard deviations, where there
        is one) for a chart.
    """
    return {
        "title": book.title,
        "organisation": book.organisation,
        "period": book.period,
        "outcomes": [_told(release, outcome) for outcome in book.primary],
    }


def headlines_json(release: Release, book: Book) -> str:
    """What stands in ``headlines.json``?

    Parameters
    ----------
    release : Release
        For its findings.
    book : Book
        As templates see it.

    Returns
    -------
    str
        ``headlines`` as JSON.
    """
    return json.dumps(headlines(release, book), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _told(release: Release, outcome: Outcome) -> dict[str, Any]:
    line = outcome.headline
    told = {"label": outcome.label, "design": design_words(outcome.design), "years": outcome.years or "[z]"}
    if line is None:
        gone = dict.fromkeys(("figure", "months", "claim", "counted"), "[x]")
        return {**told, **gone, "ends": "", "evidence": "No figure", "headline": None, "size": None}
    size = _shown(outcome, "g_national", line)
    months = _shown(outcome, "months_progress", line)
    return {
        **told,
        "figure": line.signed,
        "ends": line.ends,
        "months": "[z]" if months is None else months.signed,
        "claim": str(line.item.claim).capitalize(),
        "evidence": evidence(release, outcome),
        "counted": line.counted or "[c]",
        "headline": _stored(line),
        "size": None if size is None else _stored(size),
    }


def design_words(slug: str) -> str:
    """What is a design called where there is room for two words?

    Parameters
    ----------
    slug : str
        As the plan writes it.

    Returns
    -------
    str
        With a capital, without hyphens.
    """
    return slug.replace("-", " ").capitalize()


def evidence(release: Release, outcome: Outcome) -> str:
    """What speaks against a headline figure, in a word or two?

    Parameters
    ----------
    release : Release
        For its findings.
    outcome : Outcome
        Whose headline it is.

    Returns
    -------
    str
        ``Serious doubts``, ``Some concerns`` or ``No doubts raised``, by the gravest finding about
        the outcome or about the whole evaluation that the figure does not allow for already.
    """
    met = answered(outcome)
    about = [item for item in release.findings if not item.outcomes or outcome.id in item.outcomes]
    found = {item.severity for item in about if item.code not in met}
    if Severity.SERIOUS in found:
        return "Serious doubts"
    return "Some concerns" if Severity.CONCERN in found else "No doubts raised"


def _shown(outcome: Outcome, estimand: str, line: Line) -> Line | None:
    found = find_line(outcome.lines, estimand, (line.item.group,))
    return None if found is None or found.hidden else found


def _stored(line: Line) -> dict[str, Any]:
    item = line.item
    named = {name: getattr(item, name) for name in STORED}
    return {**named, "estimand": str(item.estimand), "claim": str(item.claim), "ci": item.ci}
