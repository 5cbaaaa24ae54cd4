"""Answers made ready: whose, from which school and wave, on which step of the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afa_eval.data.answers import NO_ANSWER, plain_answer
from afa_eval.data.tables import Tables
from afa_eval.designs.engagement_question import EngagementQuestion
from afa_eval.designs.groups import members, parse, texts, with_phase
from afa_eval.designs.progress_status import provision, with_status
from afa_eval.errors import ColumnNotFound, DataError, EstimationError
from afa_eval.models.paired import Pairs, pairs
from afa_eval.models.scales import Scored, score

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What did who answer, in which school and wave?

    Attributes
    ----------
    rows : pandas.DataFrame
        A row per answer sheet of the two waves: ``wave`` (before, after), ``urn``, ``key`` (who,
        missing where unknown), ``rating`` (0 for the worst answer), ``top`` (1 where the answer is
        the top one), ``scale`` (the score), and the columns of groups.
    items : pandas.DataFrame
        The items of the scale on the same index, reversed where asked; no column where none.
    levels : tuple of str
        The answers, worst to best.
    waves : tuple of str
        Which of before and after there are.
    scored : Scored or None
        How the scale was scored.
    no_school : int
        Answer sheets left out because nobody knows the school.
    """

    rows: pd.DataFrame
    items: pd.DataFrame
    levels: tuple[str, ...]
    waves: tuple[str, ...]
    scored: Scored | None
    no_school: int

    def pairs(self, columns: tuple[str, ...]) -> Pairs:
        """Who answered one of these in both waves?

        Parameters
        ----------
        columns : tuple of str
            Of ``rating`` and ``scale``.

        Returns
        -------
        Pairs
            On the index of ``rows``.
        """
        given = self.rows[list(columns)].notna().any(axis=1)
        return pairs(self.rows["key"], self.rows["wave"].where(given), BEFORE, AFTER)


def answers(design: EngagementQuestion, tables: Tables) -> Answers:
    """Which answers does the question concern?

    Parameters
    ----------
    design : EngagementQuestion
        Who answered, the rating or items, groups and filter.
    tables : Tables
        Responses, and pupils where groups are theirs.

    Returns
    -------
    Answers
        Of the first and the last wave.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    DataError
        Where an answer is not one of the levels, or the waves cannot be told apart.
    EstimationError
        Where nobody of this kind answered.
    """
    frame = _of_respondent(design, tables.require("responses"))
    if "wave" not in frame.columns:
        raise ColumnNotFound.of("wave", "the wave", "responses", frame.columns)
    frame = _with_school(frame, tables.pupils)
    frame = _counted_out(design, frame)
    frame = _with_groups(design, frame, tables)
    frame = frame[members(frame, design.where)]
    frame = _in_two_waves(design, frame)
    lost = frame["urn"].isna()
    frame = frame[~lost].reset_index(drop=True)
    if frame.empty:
        raise EstimationError(f"There is no answer of a {design.respondent} whose school is known.")
    return _assemble(design, frame, int(lost.sum()))


def _assemble(design: EngagementQuestion, frame: pd.DataFrame, no_school: int) -> Answers:
    rating, levels = _rating(design, frame)
    top = [levels.index(plain_answer(name)) for name in design.top] or [len(levels) - 1]
    scored = None
    if design.items:
        scored = score(
            frame,
            design.items,
            reverse=design.reverse,
            item_range=design.item_range,
            missing_under=design.missing_items,
        )
    rows = frame.assign(
        key=_key(design, frame),
        rating=rating,
        top=rating.isin(top).astype(float).where(rating.notna()),
        scale=np.nan if scored is None else scored.score,
    )
    if not rows[["rating", "scale"]].notna().any(axis=None):
        raise EstimationError("Nobody gave an answer that can be used.")
    waves = tuple(wave for wave in (BEFORE, AFTER) if (rows["wave"] == wave).any())
    names = tuple(design.levels) or tuple(levels)
    items = pd.DataFrame(index=frame.index) if scored is None else scored.items
    return Answers(rows, items, names if design.rating else (), waves, scored, no_school)


def _of_respondent(design: EngagementQuestion, frame: pd.DataFrame) -> pd.DataFrame:
    if "respondent" not in frame.columns:
        return frame
    kinds = texts(frame["respondent"]).str.strip().str.casefold().str.removesuffix("s")
    chosen = frame[kinds == design.respondent]
    if chosen.empty:
        there = ", ".join(sorted(kinds.dropna().unique())) or "nobody"
        raise EstimationError(f"There are no answers of a {design.respondent}; those who answered are: {there}.")
    return chosen


def _with_school(frame: pd.DataFrame, pupils: pd.DataFrame | None) -> pd.DataFrame:
    """The school of each answer: as it says, else that of the pupil it is about."""
    given = frame["urn"] if "urn" in frame.columns else pd.Series(None, index=frame.index, dtype=object)
    if pupils is not None and "pupil_id" in frame.columns and {"pupil_id", "urn"} <= set(pupils.columns):
        of_pupil = pupils.drop_duplicates("pupil_id").set_index("pupil_id")["urn"]
        given = given.where(given.notna(), frame["pupil_id"].map(of_pupil))
    elif "urn" not in frame.columns:
        raise ColumnNotFound.of("urn", "the school", "responses", frame.columns)
    return frame.assign(urn=given)


def _counted_out(design: EngagementQuestion, frame: pd.DataFrame) -> pd.DataFrame:
    """A row for each answer, where a file gives how many gave it."""
    if not design.count:
        return frame
    if design.count not in frame.columns:
        raise ColumnNotFound.of(design.count, "how many gave the answer", "responses", frame.columns)
    times = pd.to_numeric(frame[design.count], errors="coerce").fillna(0)
    if (times < 0).any() or (times % 1 != 0).any():
        raise DataError(f"Column '{design.count}' must hold whole numbers of answers, none below 0.")
    spread = frame.loc[frame.index.repeat(times.astype(int))].reset_index(drop=True)
    return spread.drop(columns=["pupil_id", "respondent_id"], errors="ignore")


def _with_groups(design: EngagementQuestion, frame: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The columns that groups need, from the answers, their pupils, or the pupils of their school."""
    pupils = tables.pupils
    frame = with_phase(frame)
    if pupils is not None and "pupil_id" in pupils.columns:
        pupils = with_status(with_phase(pupils), provision(tables, design.sen_status_at, design.outcome_year))
    asked = [part.strip() for spec in design.by for part in spec.split("&")]
    asked += [column for column, _ in parse(design.where)]
    wished = [column for column, _ in parse(design.focus)]
    for column in dict.fromkeys([*asked, *wished]):
        if column in frame.columns:
            continue
        found = None if pupils is None else _from_pupils(column, frame, pupils)
        if found is not None:
            frame = frame.assign(**{column: found})
        elif column in asked:
            existing = [*frame.columns, *(pupils.columns if pupils is not None else ())]
            raise ColumnNotFound.of(column, "a subgroup", "responses or pupils", existing)
    return frame


def _from_pupils(column: str, frame: pd.DataFrame, pupils: pd.DataFrame) -> pd.Series | None:
    if column not in pupils.columns:
        return None
    if "pupil_id" in frame.columns and frame["pupil_id"].notna().any():
        return frame["pupil_id"].map(pupils.drop_duplicates("pupil_id").set_index("pupil_id")[column])
    if "urn" not in pupils.columns:
        return None
    by_school = pupils.dropna(subset=[column]).groupby("urn")[column]
    if (by_school.nunique() > 1).any():  # not a trait of schools
        return None
    return frame["urn"].map(by_school.first())


def _in_two_waves(design: EngagementQuestion, frame: pd.DataFrame) -> pd.DataFrame:
    """The answers of the first and the last wave, called before and after."""
    names = texts(frame["wave"]).str.strip().str.casefold()
    there = sorted(names.dropna().unique())
    if design.waves:
        first, last = (name.strip().casefold() for name in design.waves)
    elif {BEFORE, AFTER} & set(there):
        first, last = BEFORE, AFTER
    elif there and all(_is_number(name) for name in there):
        ordered = sorted(there, key=float)
        first, last = ordered[0] if len(ordered) > 1 else "", ordered[-1]
    else:
        listed = ", ".join(there) or "none"
        raise DataError(f'Which wave came first? Those of the answers are: {listed}. Set waves = ["first", "last"].')
    called = names.map({first: BEFORE, last: AFTER})
    if called.isna().all():
        raise DataError(f"There are no answers of wave '{first}' or '{last}'. There are: {', '.join(there)}.")
    return frame.assign(wave=called)[called.notna()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _rating(design: EngagementQuestion, frame: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """The rating as steps from 0, missing where there is no answer; and the answers' names."""
    if not design.rating:
        return pd.Series(np.nan, index=frame.index), [""]
    if design.rating not in frame.columns:
        raise ColumnNotFound.of(design.rating, "the rating", "responses", frame.columns)
    given = texts(frame[design.rating]).map(plain_answer, na_action="ignore")
    given = given.where(~given.isin(NO_ANSWER))
    levels = [plain_answer(name) for name in design.levels] or _numbered(design, given)
    steps = given.map({name: float(step) for step, name in enumerate(levels)})
    strange = given[given.notna() & steps.isna()]
    if not strange.empty:
        shown = ", ".join(f"'{name}'" for name in strange.unique()[:3])
        raise DataError(
            f"{len(strange)} answers in column '{design.rating}' are none of its levels ({', '.join(levels)}): {shown}."
        )
    return steps.astype(float), levels


def _numbered(design: EngagementQuestion, given: pd.Series) -> list[str]:
    """Levels of a rating in numbers: those that occur, in order."""
    there = list(given.dropna().unique())
    if not all(_is_number(name) for name in there):
        raise DataError(
            f"Column '{design.rating}' holds words, whose order nobody can guess. "
            'Set levels = ["worst answer", ..., "best answer"].'
        )
    return sorted(there, key=float)


def _key(design: EngagementQuestion, frame: pd.DataFrame) -> pd.Series:
    """Who answered: an own number first, then the pupil; a school is known by itself."""
    nobody = pd.Series(None, index=frame.index, dtype=object)
    if design.anonymous:
        return nobody
    if design.respondent == "school":
        return frame["urn"].astype(object)
    for name in ("respondent_id", "pupil_id"):
        if name in frame.columns and frame[name].notna().any():
            return frame[name].astype(object)
    return nobody
