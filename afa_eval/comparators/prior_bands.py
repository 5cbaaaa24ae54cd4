"""GCSE grades beside those of pupils with the same key stage 2 band and SEN status: value added, pupil by pupil.

The matrices are published with and without SEN only, one breakdown at a time, and cover pupils who
were entered: who was not entered is told beside every figure, and tried both ways.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from afa_eval.codes import years
from afa_eval.comparators.asking import parse_year
from afa_eval.comparators.lookup import find
from afa_eval.comparators.series_breaks import TEACHER_GRADES
from afa_eval.comparators.transitions import NO_SCORE, Transition, TransitionBand, transition
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Finding, Severity

ENTRIES_SOURCE = "send-dashboard"  # counts all pupils at the end of key stage 4, with and without SEN
GROUPS = ("any", "none", "all")


@dataclass(frozen=True, slots=True)
class PupilValueAdded:
    """How does one pupil's grade stand beside those of pupils with the same start and SEN status?

    Attributes
    ----------
    band : str
        Key stage 2 band, as DfE prints it.
    sen : str
        any, none or all.
    grade : float or None
        The pupil's own, U as 0; None where not entered.
    expected, sd : float
        Mean grade nationally and its standard deviation, of all entered in the band.
    value_added : float or None
        Grade minus expected.
    standardised : float or None
        ``value_added`` in national standard deviations of the band.
    national_share : float
        Share nationally that reached the expected grade or a higher one.
    """

    band: str
    sen: str
    grade: float | None
    expected: float
    sd: float
    value_added: float | None
    standardised: float | None
    national_share: float


@dataclass(frozen=True, slots=True)
class ValueAdded:
    """How do a cohort's grades stand beside those of pupils with the same start and SEN status?

    Attributes
    ----------
    subject, year : str
        The GCSE and when it was sat.
    pupils : tuple of PupilValueAdded or None
        In the order given; None where there is no band for a pupil.
    n, unmatched, not_entered : int
        With a grade and a band; without a band; with a band but no grade.
    mean, standardised : float
        Mean value added in grades, and in national standard deviations; NaN where n is 0.
    share_at_expected, national_share : float
        Share at or above the expected grade, here and nationally for the same bands.
    with_non_entrants : float
        Mean value added where those not entered count as U here, and England's share not entered
        (by SEN) counts as U there; where that is unknown, only those here: the lowest it can be.
    entry_share : tuple of (str, float or None)
        England's share entered for this GCSE by SEN group; None where it is unknown.
    findings : tuple of Finding
        What a reader must know.
    """

    subject: str
    year: str
    pupils: tuple[PupilValueAdded | None, ...]
    n: int
    unmatched: int
    not_entered: int
    mean: float
    standardised: float
    share_at_expected: float
    national_share: float
    with_non_entrants: float
    entry_share: tuple[tuple[str, float | None], ...]
    findings: tuple[Finding, ...]


def value_added(
    scores: Sequence[float | None],
    grades: Sequence[float | None],
    sen: Sequence[str | None],
    *,
    subject: str,
    year: object,
) -> ValueAdded:
    """How do these pupils' grades stand beside those of pupils with the same start and SEN status?

    Parameters
    ----------
    scores : sequence of float
        Mean of the reading and maths scaled scores at the end of key stage 2; None or NaN where there
        is none.
    grades : sequence of float
        GCSE grades 1 to 9, U as 0; None or NaN where not entered.
    sen : sequence of str
        ``any`` or ``none``; ``all`` (or None) compares with all pupils.
    subject : str
        The GCSE.
    year : object
        Academic year it was sat.

    Returns
    -------
    ValueAdded
        Each pupil and the cohort.

    Raises
    ------
    ComparatorError
        Where there is no such matrix, or the three sequences differ in length.

    Examples
    --------
    >>> found = value_added([97.5, 97.5], [4, None], ["any", "any"], subject="Mathematics", year="202223")
    >>> found.n, found.not_entered, round(found.mean, 2), [round(share, 2) for _, share in found.entry_share]
    (1, 1, 1.08, [0.83])
    """
    if not len(scores) == len(grades) == len(sen):
        raise ComparatorError(f"There are {len(scores)} scores, {len(grades)} grades and {len(sen)} SEN groups.")
    when = parse_year(year)
    groups = ["all" if _missing(group) else str(group) for group in sen]
    tables = {group: transition(subject, when, group) for group in dict.fromkeys(groups)}
    pupils = tuple(
        _pupil(tables[group], score, grade) for score, grade, group in zip(scores, grades, groups, strict=True)
    )
    shares = {group: entry_share(subject, when, group) for group in tables}
    return _cohort(subject, when, pupils, shares, findings(tables.values(), shares))


def entry_share(subject: str, year: object, sen: str = "all") -> float | None:
    """Which share of England's pupils was entered for a GCSE?

    Parameters
    ----------
    subject : str
        The GCSE.
    year : object
        Academic year.
    sen : str
        any, none or all.

    Returns
    -------
    float or None
        Entries of the matrix by all pupils at the end of key stage 4; None where their number is not
        published with SEN status that year.

    Raises
    ------
    ComparatorError
        Where there is no such matrix.
    """
    table = transition(subject, year, sen)
    entered = sum(band.n + band.no_result + band.covid for band in table.bands)
    groups = ("any", "none") if sen == "all" else (sen,)
    try:
        pupils = sum(find("attainment-8", year=year, sen=group, source=ENTRIES_SOURCE).n or 0 for group in groups)
    except ComparatorError:
        return None
    return min(1.0, entered / pupils) if pupils else None


def findings(tables: Iterable[Transition], shares: dict[str, float | None]) -> tuple[Finding, ...]:
    """What must a reader of these matrices know?

    Parameters
    ----------
    tables : iterable of Transition
        Those used.
    shares : dict
        England's share entered by SEN group.

    Returns
    -------
    tuple of Finding
        Who was entered, how wide the bands are, who has no scaled score, and who set the grades.
    """
    used = list(tables)
    return (_entry_finding(used[0], shares), _width_finding(used), *_score_finding(used), *_grade_finding(used[0]))


def _missing(value: object) -> bool:
    return value is None or value != value


def _pupil(table: Transition, score: float | None, grade: float | None) -> PupilValueAdded | None:
    band = table.band_of(None if _missing(score) else score)
    if band is None or band.n == 0:
        return None
    own = None if grade is None or math.isnan(grade) else float(grade)
    gain = None if own is None else own - band.mean
    apart = None if gain is None or not band.sd else gain / band.sd
    return PupilValueAdded(
        band.band, table.sen, own, band.mean, band.sd, gain, apart, band.share_at_least(math.ceil(band.mean))
    )


def _cohort(
    subject: str,
    year: str,
    pupils: tuple[PupilValueAdded | None, ...],
    shares: dict[str, float | None],
    said: tuple[Finding, ...],
) -> ValueAdded:
    known = [pupil for pupil in pupils if pupil is not None]
    graded = [pupil for pupil in known if pupil.grade is not None]
    apart = [pupil.standardised for pupil in graded if pupil.standardised is not None]
    reached = [(pupil.grade or 0.0) >= pupil.expected for pupil in graded]
    sensitive = [(pupil.grade or 0.0) - pupil.expected * (shares[pupil.sen] or 1.0) for pupil in known]
    return ValueAdded(
        subject=subject,
        year=year,
        pupils=pupils,
        n=len(graded),
        unmatched=len(pupils) - len(known),
        not_entered=len(known) - len(graded),
        mean=_mean([pupil.value_added or 0.0 for pupil in graded]),
        standardised=_mean(apart),
        share_at_expected=_mean([float(yes) for yes in reached]),
        national_share=_mean([pupil.national_share for pupil in graded]),
        with_non_entrants=_mean(sensitive),
        entry_share=tuple(shares.items()),
        findings=said,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _entry_finding(table: Transition, shares: dict[str, float | None]) -> Finding:
    names = {"any": "pupils with SEN", "none": "pupils without SEN", "all": "pupils"}
    known = [f"{100 * share:.0f}% of {names[sen]}" for sen, share in shares.items() if share is not None]
    told = (
        f"{' and '.join(known)} were entered for it"
        if known
        else f"which share was entered in {years.label(table.year)} is not published by SEN, so it is unknown here"
    )
    message = (
        f"England's figures for GCSE {table.subject} are of pupils who were entered: {told}. Those not entered have no "
        "grade in either, so a school that enters fewer looks better than it is."
    )
    fix = "Read it beside the share entered, and with those not entered counted as U."
    return Finding(code="only-entrants", severity=Severity.CONCERN, message=message, fix=fix)


def _width_finding(tables: Sequence[Transition]) -> Finding:
    step, low, high = max(_steps(tables))
    message = (
        f"Prior attainment is known in bands only. From the band {low} to {high} the expected grade rises by {step:.1f}, "
        "so a pupil at one end of a band is set against pupils up to about half a step apart; a cohort that sits at one "
        "end of its bands gains or loses by that alone."
    )
    fix = "Use a measure with each pupil's own score (Progress 8, a standardised test) where there is one."
    return Finding(code="wide-prior-bands", severity=Severity.NOTE, message=message, fix=fix)


def _steps(tables: Sequence[Transition]) -> list[tuple[float, str, str]]:
    found = []
    for table in tables:
        scored: list[TransitionBand] = [band for band in table.bands if band.band != NO_SCORE and band.n]
        found += [(after.mean - before.mean, before.band, after.band) for before, after in pairwise(scored)]
    return found or [(0.0, "", "")]


def _score_finding(tables: Sequence[Transition]) -> tuple[Finding, ...]:
    first = tables[0]
    both = {sen: transition(first.subject, first.year, sen).band_of(None) for sen in ("any", "none")}
    counted = {sen: band.n for sen, band in both.items() if band is not None}
    if len(counted) < 2 or not sum(counted.values()):
        return ()
    share = counted["none"] / sum(counted.values())
    message = (
        f"'{NO_SCORE}' is a band of its own: {100 * share:.0f}% of its entrants have no SEN, and many came from other "
        "countries or schools. They are not low attainers, and a pupil working below the test is not like them."
    )
    return (Finding(code="no-scaled-score", severity=Severity.NOTE, message=message),)


def _grade_finding(table: Transition) -> tuple[Finding, ...]:
    if table.year not in TEACHER_GRADES:
        return ()
    message = f"GCSE grades of {years.label(table.year)} were set by teachers, here and in England."
    return (Finding(code="grades-set-by-teachers", severity=Severity.CONCERN, message=message,
                    fix="Compare within this year only."),)  # fmt: skip
