"""Is every yes or no, sex, cohort, phase, wave and respondent one that is known?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import misunderstood
from afa_eval.data.handed import Handed

FIX = {
    "fsm": "Write yes or no (Y, N, 1, 0 and true, false will do). Leave it blank if it is not known.",
    "eal": "Write yes or no, or the census language group. Leave it blank if it is not known.",
    "sex": "Write F or M, as the census does. Leave it blank if it is not known.",
    "cohort": "Write pilot (schools with the programme) or comparison.",
    "phase": "Write primary, secondary or special; leave it blank to derive it from the year group.",
    "wave": "Write before or after, or a number.",
    "respondent": "Write parent, teacher, school or pupil.",
}
NAMES = {"fsm": "free school meals", "eal": "English as an additional language"}


@check("AFA305")
def words_are_known(handed: Handed) -> Iterator[Problem]:
    """Is every yes or no, sex, cohort, phase, wave and respondent one that is known?"""
    for column, fix in FIX.items():
        message = f"{{value}} is no known entry for {NAMES.get(column, column)}."
        yield from misunderstood(handed, column, "unknown", message, fix)
