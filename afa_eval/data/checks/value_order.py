"""Is it known in which order the answers stand?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.answers import NO_ANSWER, plain_answer
from afa_eval.data.cells import as_number
from afa_eval.data.checks.base import EXAMPLES, Problem, check, shown
from afa_eval.data.columns import Column
from afa_eval.data.handed import Handed

FIX = {
    "rating": 'Name all answers under the outcome in the plan, the worst first: levels = ["worst", ..., "best"].',
    "item": "Write numbers instead, such as 1 to 5: the items of a scale are added up.",
}


@check("AFA410")
def answers_have_an_order(handed: Handed) -> Iterator[Problem]:
    """Is it known in which order the answers stand?"""
    asked = {(need.table, need.column, need.kind) for need in handed.needs if need.kind in FIX and not need.values}
    for table, name, kind in sorted(asked):
        for part in handed.tables[table].parts if table in handed.tables else ():
            column = part.columns.get(name)
            words = _words(column) if column else []
            if column and words:
                more = f" and {len(words) - EXAMPLES:,} more" if len(words) > EXAMPLES else ""
                some = ", ".join(f"'{word}'" for word in words[:EXAMPLES])
                yield Problem(
                    message=f"The answers are words ({some}{more}), whose order nobody can guess.",
                    fix=FIX[kind],
                    table=table,
                    part=part,
                    header=column.header,
                    rows=(part.raw.header_row,),
                )


def _words(column: Column) -> list[str]:
    """Answers that are no numbers. A column of numbers with a slip among them is a score: each slip is told there."""
    if column.kind != "word":
        return []
    given = dict.fromkeys(plain_answer(text) for text in column.meanings if text is not None)
    return [shown(text) for text in given if text not in NO_ANSWER and as_number(text) is None]
