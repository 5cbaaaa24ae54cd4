"""What may be asked about progress: the plan's keys, their rules and the columns they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

from afa_eval.codes.months import DEFAULT_TABLE, tables
from afa_eval.data.tables import Need
from afa_eval.designs.base import Design
from afa_eval.designs.groups import parse
from afa_eval.errors import PlanError

DFE_PROGRESS = "dfe-progress"
TRANSITION = "ks2-ks4-transition"
PROGRESS_8 = "progress-8"
EXPECTED = "expected-progress"
SHARES = ("-expected", f"{EXPECTED}-english", f"{EXPECTED}-maths")
ASSESSORS = ("test", "teacher", "teacher-delivering")
SHORT_SCALE = 20.0  # scales this short are told to two decimals
FURTHEST_SD = 4.0  # beyond four standard deviations a standardised score is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class Scale:
    """Between which scores does a scale run, and what are they called?

    Attributes
    ----------
    unit : str
        What a difference on it is counted in.
    ends : tuple of float, optional
        Lowest and highest score; None where it has no fixed ends.
    """

    unit: str
    ends: tuple[float, float] | None


SCALES = {
    "standardised": Scale("points", (40.0, 160.0)),
    "ks-scaled": Scale("points", (80.0, 120.0)),
    "nc-points": Scale("points", (0.0, 60.0)),
    "p-scale": Scale("points", None),
    "grade-9-1": Scale("grades", (0.0, 9.0)),
    DFE_PROGRESS: Scale("points", None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What did the test's publisher find among pupils in general?

    Nothing is assumed: what is not named here is not known, and what needs it is not estimated.

    Attributes
    ----------
    test : str
        The test, as printed.
    publisher, year, source : str
        Who standardised it, when, and where that is written.
    mean, sd : float, optional
        Of the standardisation sample, on the scale of the scores.
    reliability : float, optional
        Of the test: share of its variance that is not error.
    correlation : float, optional
        Between the first and the last measurement among pupils in general.
    gain : float, optional
        National mean gain over the same window; 0 on a scale standardised for age.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}  # a plan's unknown key is a mistake

    test: str
    publisher: str = ""
    year: str = ""
    mean: float | None = None
    sd: float | None = None
    reliability: float | None = None
    correlation: float | None = None
    gain: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be: a spread of nothing, a correlation over 1."""
        if self.sd is not None and not self.sd > 0:
            raise PlanError(f"sd must be over 0, not {self.sd}.", key="norm")
        for name in ("reliability", "correlation"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise PlanError(f"{name} must lie between 0 and 1, not {value}.", key="norm")

    @property
    def slope(self) -> float | None:
        """By how much does the expected last score rise with the first?"""
        return self.correlation if self.correlation is not None else self.reliability


@dataclass(frozen=True, kw_only=True)
class ProgressQuestion(Design):
    """What is asked about pupils' progress?

    Parameters
    ----------
    outcome, baseline : str
        Columns of the last and the first score. DfE's own progress scores need no baseline.
    waves : tuple of str
        Columns of more than two measurements, in order of time; first and last then stand for
        baseline and outcome where these are not named.
    scale : str or (float, float)
        ``standardised``, ``ks-scaled``, ``nc-points``, ``p-scale``, ``grade-9-1``,
        ``dfe-progress``, or the lowest and highest possible score.
    baseline_scale : str or (float, float)
        The first score's scale, where it is another.
    assessor : str
        ``test``; ``teacher``; ``teacher-delivering``: a teacher who also delivers the programme.
    comparator : str
        A national series (``ks2-reading-progress``, ``progress-8``, ``ks2-ks4-transition``), or
        the path of a table of national gains.
    subject : str
        For ``ks2-ks4-transition``: the GCSE subject.
    norm : Norm
        The publisher's norm of a standardised test.
    standard : float, optional
        A pupil at or above this score is at the standard.
    months_table : str
        Which table turns effect sizes into months.
    covariates : tuple of str
        Columns held constant besides the baseline where groups are contrasted.
    expected_progress : bool
        Whether DfE's expected progress is asked for (National Curriculum points, to 2014/15).
    min_coverage : float
        Below this share of pupils with scores, a group's progress is a description.
    """

    slug: ClassVar[str] = "progress"
    question: ClassVar[str] = "How much progress did pupils make, and how does it compare with pupils nationally?"

    outcome: str = ""
    baseline: str = ""
    waves: tuple[str, ...] = ()
    scale: str | tuple[float, float] = "standardised"
    baseline_scale: str | tuple[float, float] = ""
    assessor: str = "test"
    comparator: str = ""
    subject: str = ""
    norm: Norm | None = None
    standard: float | None = None
    months_table: str = DEFAULT_TABLE
    covariates: tuple[str, ...] = ()
    expected_progress: bool = False
    min_coverage: float = 0.8

    def __post_init__(self) -> None:
        """Fill in what follows from other keys, then refuse what makes no question."""
        super().__post_init__()
        _settle(self)
        _check(self)

    @property
    def is_dfe_progress(self) -> bool:
        """Is the outcome DfE's own pupil progress score?"""
        return self.scale == DFE_PROGRESS

    @property
    def has_gain(self) -> bool:
        """Are both scores on one scale, so that after minus before means something?"""
        return bool(self.baseline) and self.baseline_scale in ("", self.scale)

    @property
    def unit(self) -> str:
        """What are differences of the outcome counted in?"""
        if self.is_dfe_progress and self.comparator == PROGRESS_8:
            return "grades"  # of a GCSE, on average over the subjects that count
        if isinstance(self.scale, str):
            return SCALES[self.scale].unit
        return "scale points" if self.scale[1] - self.scale[0] <= SHORT_SCALE else "points"

    @property
    def own_table(self) -> bool:
        """Does the plan name a table of its own rather than a bundled series?"""
        return self.comparator.lower().endswith(".csv") or "/" in self.comparator

    @property
    def asks_for_share(self) -> bool:
        """Is the national figure that the plan names a share of pupils, and so no line for progress?"""
        return not self.own_table and self.comparator.endswith(SHARES)

    @property
    def share_is_expected(self) -> bool:
        """Is the national share that the plan names DfE's expected progress, not the share at a standard?"""
        in_points = self.scale == "nc-points" and self.standard is None
        return in_points if self.own_table else self.comparator.startswith(EXPECTED)

    @property
    def chosen_by_baseline(self) -> bool:
        """Were pupils chosen because their first score was low, so that they would rise by themselves?"""
        return bool(self.baseline) and self.selection.how == "low-baseline" and self.selection.measure == self.baseline

    @property
    def headline(self) -> tuple[str, ...]:
        """Which figures may be the headline, best first, where the usual one would mislead?

        Returns
        -------
        tuple of str
            Of pupils chosen by a low first score the progress for the same start; where that is not known the bare
            gain, never its distance from a line that does not know the start. Where the plan names a national share,
            the share. Else empty.
        """
        if self.chosen_by_baseline and self.has_gain:
            return ("adjusted_progress", "mean_gain")
        return (
            ("share_minus_national", "expected_progress_share", "standard_share_change") if self.asks_for_share else ()
        )

    def needs(self) -> tuple[Need, ...]:
        """Which columns must the data have?

        Returns
        -------
        tuple of Need
            School, scores with their range, covariates and groups.
        """
        first = _ends(self.baseline_scale or self.scale, self.norm)
        middle = [column for column in self.waves if column not in (self.baseline, self.outcome)]
        scores = [("the baseline", self.baseline, first), ("the outcome", self.outcome, _ends(self.scale, self.norm))]
        scores += [("a wave", column, first) for column in middle]
        return (
            Need(table="pupils", column="urn", role="the school", kind="id"),
            *(
                Need(table="attainment", column=column, role=role, kind="score", scale=ends, year=self.baseline_year)
                if role == "the baseline"
                else Need(table="attainment", column=column, role=role, kind="score", scale=ends)
                for role, column, ends in scores
                if column
            ),
            *(Need(table="pupils", column=column, role="a covariate") for column in self.covariates),
            *(Need(table="pupils", column=column, role="a subgroup") for column in group_columns(self)),
        )


def group_columns(question: Design) -> tuple[str, ...]:
    """Which columns do the groups asked for need?

    Parameters
    ----------
    question : Design
        With ``by`` and ``where``.

    Returns
    -------
    tuple of str
        Each once; the check knows that phase and sen follow from others where they are absent.
    """
    named = [part.strip() for spec in question.by for part in spec.split("&")]
    named += [column for column, _ in parse(question.where)]
    return tuple(dict.fromkeys(named))


def _ends(scale: str | tuple[float, float], norm: Norm | None) -> tuple[float, float] | None:
    if not isinstance(scale, str):
        return scale
    if scale == "standardised" and norm is not None and norm.mean is not None and norm.sd is not None:
        return (norm.mean - FURTHEST_SD * norm.sd, norm.mean + FURTHEST_SD * norm.sd)
    return SCALES[scale].ends


def _settle(question: ProgressQuestion) -> None:
    """Fill in what follows; a frozen record is set through object."""

    def put(name: str, value: object) -> None:
        object.__setattr__(question, name, value)

    for name in ("waves", "covariates"):
        put(name, tuple(getattr(question, name)))
    for name in ("scale", "baseline_scale"):
        if not isinstance(getattr(question, name), str):
            put(name, tuple(float(end) for end in getattr(question, name)))
    given: object = question.norm
    if isinstance(given, Mapping):
        put("norm", _norm(given))
    if question.waves:
        put("baseline", question.baseline or question.waves[0])
        put("outcome", question.outcome or question.waves[-1])
    if not question.baseline and (question.comparator.endswith("-progress") or question.comparator == PROGRESS_8):
        put("scale", DFE_PROGRESS)
    if question.comparator.startswith(TRANSITION):
        put("baseline_scale", question.baseline_scale or "ks-scaled")


def _norm(given: Mapping[str, object]) -> Norm:
    known = {field.name for field in fields(Norm)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise PlanError(f"norm has no '{unknown[0]}'. There are: {', '.join(sorted(known))}.", key="norm")
    if "test" not in given:
        raise PlanError('norm needs the name of the test: test = "...".', key="norm")
    return Norm(**given)  # type: ignore[arg-type]  # the values come from a plan and are checked by Norm


def _check(question: ProgressQuestion) -> None:
    if not question.outcome:
        raise PlanError('Name the column of the last score: outcome = "...".', key="outcome")
    if question.assessor not in ASSESSORS:
        raise PlanError(f"'{question.assessor}' is none of {', '.join(ASSESSORS)}.", key="assessor")
    for key in ("scale", "baseline_scale"):
        _check_scale(getattr(question, key), key)
    if not question.baseline and not question.is_dfe_progress:
        raise PlanError('Name the column of the first score: baseline = "...".', key="baseline")
    if question.baseline and question.baseline == question.outcome:
        raise PlanError(f"'{question.outcome}' is both baseline and outcome.", key="outcome")
    if not 0 <= question.min_coverage <= 1:
        raise PlanError(f"must lie between 0 and 1, not {question.min_coverage}.", key="min_coverage")
    if question.months_table not in (known := [table.name for table in tables()]):
        raise PlanError(f"'{question.months_table}' is none of {', '.join(known)}.", key="months_table")
    if question.comparator == TRANSITION and not question.subject:
        raise PlanError('Name the GCSE subject of the transition table: subject = "...".', key="subject")


def _check_scale(scale: str | Sequence[float], key: str) -> None:
    if isinstance(scale, str):
        if scale and scale not in SCALES:
            raise PlanError(f"'{scale}' is no scale. There are: {', '.join(SCALES)}, or [lowest, highest].", key=key)
    elif len(scale) != 2 or not scale[0] < scale[1]:
        raise PlanError(f"a scale's ends are [lowest, highest], not {list(scale)}.", key=key)
