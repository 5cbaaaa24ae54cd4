"""Is every answer one of those that the plan names?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np

from afa_eval.data.answers import NO_ANSWER, plain_answer
from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed


@check("AFA409")
def answers_are_among_the_levels(handed: Handed) -> Iterator[Problem]:
    """Is every answer one of those that the plan names?"""
    for table, column, known in _named(handed):
        if table not in handed.tables or not handed.tables[table].has(column):
            continue
        rows = handed.tables[table]
        texts = np.asarray(rows.frame[column].astype(object), dtype=object)
        answers = np.array(["" if text is None or text != text else plain_answer(text) for text in texts], dtype=object)
        for answer in sorted(set(answers) - known - NO_ANSWER - {""}):
            near = get_close_matches(answer, sorted(known), n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            yield Problem(
                message=f"{{value}} is none of the answers of {column}: {', '.join(sorted(known))}.",
                fix=f"{hint}Correct the answer, or name it under levels in the plan.",
                table=table,
                column=column,
                where=answers == answer,
            )


def _named(handed: Handed) -> Iterator[tuple[str, str, set[str]]]:
    """Columns with named answers; what several outcomes allow in one column is allowed in it."""
    known: dict[tuple[str, str], set[str]] = {}
    for need in handed.needs:
        if need.values:
            known.setdefault((need.table, need.column), set()).update(map(plain_answer, need.values))
    for (table, column), answers in known.items():
        yield table, column, answers
