"""What may be said of a group set against a national line: one rule for every route.

A figure is a comparison where the line is about the same SEN group, about pupils who started at the
same point, or about all pupils where the figure is about all pupils too. Beside any other line it is a
description. So it is of pupils chosen for the programme by what the line does not hold constant, of
groups with too few scores, and of one school.
"""

from __future__ import annotations

from afa_eval.designs.groups import parse
from afa_eval.designs.progress_frame import Cohort
from afa_eval.designs.progress_lines import SEN_COLUMNS, Line
from afa_eval.designs.progress_question import ProgressQuestion
from afa_eval.estimate import Claim

SAME_START = (
    "Set against pupils nationally who started at the same point, with and without SEN. Pupils with SEN usually end "
    "below that line with no programme at all, because the average of their own group is lower."
)
BESIDE = "Beside all pupils of the same age, not against the same children: a yardstick, no comparison."
CHOSEN = (
    "These pupils were chosen for the programme by something the line does not hold constant, so part of their "
    "progress may come from the choice alone."
)
ANY_SEN = "Set against pupils with any SEN nationally, not with the same provision: support and plans are not told apart there."
ONLY_SEN = "Matched on SEN provision only: pupils of this group may differ nationally in what else it is made by."


def claim_of(
    question: ProgressQuestion,
    people: Cohort,
    line: Line,
    label: str,
    *,
    covered: bool = True,
    same_start: bool | None = None,
) -> tuple[Claim, tuple[str, ...]]:
    """May a group's figure against this line be called a comparison, and what must be said with it?

    Parameters
    ----------
    question : ProgressQuestion
        With how pupils were chosen.
    people : Cohort
        The pupils.
    line : Line
        The national line.
    label : str
        The group.
    covered : bool
        Whether enough of the group have scores.
    same_start : bool, optional
        Whether the figure holds the start constant; the line's own where not given.

    Returns
    -------
    tuple of (Claim, tuple of str)
        Comparison or description, and notes.
    """
    start = line.same_start if same_start is None else same_start
    everyone = label == "all" and not question.where
    coarser = line.same_children and _by_provision(question.where, label) and "sen_provision" not in line.matched
    alike = (line.same_children and not coarser) or start or everyone
    by_choice = was_chosen(question, people, label) and not (start and question.chosen_by_baseline)
    notes = []
    notes.extend([ANY_SEN] * coarser)
    if line.same_children and not _matched(line, question.where, label):
        notes.append(ONLY_SEN)
    elif not line.same_children and (start or not everyone):
        notes.append(SAME_START if start else BESIDE)
    notes.extend([CHOSEN] * by_choice)
    comparison = covered and alike and not by_choice
    return Claim.COMPARISON if comparison else Claim.DESCRIPTION, tuple(notes)


def was_chosen(question: ProgressQuestion, people: Cohort, label: str) -> bool:
    """Is this a group that was chosen for the programme, or held back from it?

    Parameters
    ----------
    question : ProgressQuestion
        With how pupils were chosen.
    people : Cohort
        The pupils.
    label : str
        The group.

    Returns
    -------
    bool
        False where all took part; true of every group where only the chosen were handed in.
    """
    if question.selection.how == "all":
        return False
    named = {column for part in (question.where, label) for column, _ in parse(part)}
    return "cohort" in named or not people.has_others


def _by_provision(where: str, label: str) -> bool:
    """Is it a group of SEN support or plans? No SEN is the same by either name."""
    return any(column == "sen_provision" and value != "N" for part in (where, label) for column, value in parse(part))


def _matched(line: Line, where: str, label: str) -> bool:
    return {column for part in (where, label) for column, _ in parse(part)} <= line.matched | SEN_COLUMNS
