"""From key stage 2 to GCSE: which grades did pupils with the same prior scores get nationally?

The matrices cover pupils entered for the GCSE in state-funded schools; they are published with
and without SEN, one breakdown at a time. ``No scaled score`` is its own band: mostly pupils
without SEN who never sat the tests, not low attainers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from afa_eval.codes import years
from afa_eval.comparators import store
from afa_eval.comparators.asking import parse_year
from afa_eval.errors import ComparatorError
from afa_eval.estimate.records import Comparator

if TYPE_CHECKING:
    import pandas as pd

GRADES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
NO_SCORE = "No scaled score"
_GROUPS = {"all": "all pupils", "any": "any SEN", "none": "no identified SEN"}


@dataclass(frozen=True, slots=True)
class TransitionBand:
    """Which grades did pupils of one key stage 2 band get?

    Attributes
    ----------
    band : str
        As DfE prints it, for example ``96 - 99.5``.
    low, high : float, optional
        Scaled scores, both counted; None for pupils without a scaled score.
    counts : tuple of int
        Pupils by grade, U (counted as 0) and 1 to 9, shape (10,).
    no_result : int
        Entered, but without a grade (X); not in ``n``.
    covid : int
        Result affected by COVID-19; not in ``n``.
    """

    band: str
    low: float | None
    high: float | None
    counts: tuple[int, ...]
    no_result: int
    covid: int

    @property
    def n(self) -> int:
        """How many pupils got a grade, U included?"""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Which grade did they get on average, U counted as 0? NaN where nobody got one."""
        total = sum(grade * count for grade, count in zip(GRADES, self.counts, strict=True))
        return total / self.n if self.n else math.nan

    @property
    def sd(self) -> float:
        """How far apart were their grades, in standard deviations of the whole band?"""
        centre = self.mean
        squares = sum(count * (grade - centre) ** 2 for grade, count in zip(GRADES, self.counts, strict=True))
        return math.sqrt(squares / self.n) if self.n else math.nan

    def share_at_least(self, grade: float) -> float:
        """Which share got this grade or a higher one?

        Parameters
        ----------
        grade : float
            0 to 9.

        Returns
        -------
        float
            A proportion of those with a grade; NaN where nobody got one.
        """
        above = sum(count for value, count in zip(GRADES, self.counts, strict=True) if value >= grade)
        return above / self.n if self.n else math.nan


@dataclass(frozen=True, slots=True)
class Transition:
    """Which grades followed which key stage 2 scores, in one subject, year and SEN group?

    Attributes
    ----------
    subject, year, sen : str
        The GCSE, the year it was sat, and all, any or none.
    bands : tuple of TransitionBand
        From the lowest; pupils without a scaled score last.
    source, release, licence : str
        Where it comes from.
    """

    subject: str
    year: str
    sen: str
    bands: tuple[TransitionBand, ...]
    source: str
    release: str
    licence: str

    def band_of(self, score: float | None) -> TransitionBand | None:
        """In which band does a prior score lie?

        Parameters
        ----------
        score : float or None
            Mean of the reading and maths scaled scores; None or NaN for no scaled score.

        Returns
        -------
        TransitionBand or None
            None where the year prints no such band. A score between two bands (99.75) belongs to
            the lower one.
        """
        if score is None or math.isnan(score):
            return next((band for band in self.bands if band.band == NO_SCORE), None)
        scored = [band for band in self.bands if band.low is not None and band.low <= score]
        return scored[-1] if scored and score <= 120 else None

    def expected(self, scores: Iterable[float | None]) -> list[tuple[float, float] | None]:
        """Which grade, and which standard deviation, is national for each of these pupils?

        Parameters
        ----------
        scores : iterable of float
            Prior scores, None or NaN for no scaled score.

        Returns
        -------
        list of tuple
            Mean grade and standard deviation nationally in the pupil's band; None where there is
            no such band.
        """
        found = (self.band_of(score) for score in scores)
        return [None if band is None or band.n == 0 else (band.mean, band.sd) for band in found]

    def frame(self) -> pd.DataFrame:
        """How does it look as a table?

        Returns
        -------
        pandas.DataFrame
            One row per band: band, low, high, n, mean, sd, no_result, covid, U, 1 to 9.
        """
        import pandas as pd

        rows = [
            {
                "band": band.band,
                "low": band.low,
                "high": band.high,
                "n": band.n,
                "mean": band.mean if band.n else None,
                "sd": band.sd if band.n else None,
                "no_result": band.no_result,
                "covid": band.covid,
                **{"U" if grade == 0 else str(grade): count for grade, count in zip(GRADES, band.counts, strict=True)},
            }
            for band in self.bands
        ]
        return pd.DataFrame(rows)

    def comparator(self, band: TransitionBand) -> Comparator:
        """How does one band travel with an estimate?

        Parameters
        ----------
        band : TransitionBand
            One of ``bands``.

        Returns
        -------
        Comparator
            The mean grade, its SD and n.
        """
        return Comparator(
            slug="ks2-ks4-transition",
            value=band.mean,
            year=self.year,
            population=f"{_GROUPS[self.sen]}, key stage 2 {band.band}, entered for GCSE {self.subject}, England",
            definition="ks2-ks4-transition-91",
            unit="grades",
            n=band.n,
            sd=band.sd,
            source=self.source,
            release=self.release,
            licence=self.licence,
            note="Only pupils entered for the GCSE; U counts as 0, pupils without a result are left out.",
        )


def subjects(year: object) -> tuple[str, ...]:
    """Which GCSE subjects have a matrix that year?

    Parameters
    ----------
    year : object
        Academic year of the GCSE.

    Returns
    -------
    tuple of str
        In alphabetical order; empty where there is no matrix.
    """
    found = store.connect().execute(
        "SELECT DISTINCT subject FROM transition WHERE year = ? ORDER BY 1", [years.start(parse_year(year))]
    )
    return tuple(subject for (subject,) in found)


def transition(subject: str, year: object, sen: str = "all") -> Transition:
    """Which GCSE grades did pupils with the same key stage 2 scores and SEN status get?

    Parameters
    ----------
    subject : str
        ``Mathematics``, ``English Language`` and so on; ``subjects(year)`` lists them.
    year : object
        Academic year in which the GCSE was sat: 2020/21 to 2023/24.
    sen : {"all", "any", "none"}
        SEN support and EHC plans are not published apart.

    Returns
    -------
    Transition
        Counts by band and grade.

    Raises
    ------
    ComparatorError
        Where there is no such matrix, naming those there are.

    Examples
    --------
    >>> band = transition("Mathematics", "202324", "any").band_of(97.5)
    >>> band.band, band.n, round(band.mean, 2)
    ('96 - 99.5', 12802, 2.95)
    """
    when = parse_year(year)
    if sen not in _GROUPS:
        raise ComparatorError(
            f"The matrices are published for all pupils, any SEN and no SEN, not for '{sen}': ask with sen=\"any\"."
        )
    known = subjects(when)
    if not known:
        raise ComparatorError(f"There are matrices for 2020/21 to 2023/24, not for {years.label(when)}.")
    if subject not in known:
        near = get_close_matches(subject, known, n=3, cutoff=0.4)
        raise ComparatorError(f"There is no matrix for '{subject}'. There are: {', '.join(near or known)}.")
    return _load(subject, when, sen)


@cache
def _load(subject: str, year: str, sen: str) -> Transition:
    rows = store.connect().execute(
        "SELECT band, low, high, gu, g1, g2, g3, g4, g5, g6, g7, g8, g9, no_result, covid FROM transition "
        "WHERE year = ? AND subject = ? AND sen = ? ORDER BY low IS NULL, low",
        [years.start(year), subject, sen],
    )
    bands = tuple(TransitionBand(row[0], row[1], row[2], tuple(row[3:13]), row[13], row[14]) for row in rows)
    source = store.sources()["ks2-ks4-transition"]
    return Transition(subject, year, sen, bands, source["title"], source["release"], source["licence"])
