"""What can be estimated: each name with its definition and what it is computed from."""

from __future__ import annotations

from enum import StrEnum


class Estimand(StrEnum):
    """What exactly does a figure mean?

    A member is its name; ``definition`` is one line of plain English, ``inputs`` the estimands of
    the same outcome and group that it is computed from: where one of them may not be published,
    neither may this.
    """

    definition: str
    inputs: tuple[str, ...]

    def __new__(cls, name: str, definition: str, inputs: tuple[str, ...] = ()) -> Estimand:
        """Make the member a string that carries its definition."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.definition = definition
        member.inputs = inputs
        return member

    @property
    def is_level(self) -> bool:
        """Is it a level, of which nobody asks whether it is nought?"""
        return str(self) in LEVELS

    # progress
    MEAN_BEFORE = "mean_before", "mean score at the first measurement"
    MEAN_AFTER = "mean_after", "mean score at the last measurement"
    MEAN_GAIN = "mean_gain", "mean of after minus before, among pupils with both", ("mean_before", "mean_after")
    ADJUSTED_PROGRESS = (
        "adjusted_progress",
        "mean outcome minus what the stated line (national relation, or the rest of the cohort) gives for the same start",
        ("mean_gain",),
    )
    MEAN_PROGRESS = "mean_progress", "mean of DfE's own pupil progress scores"
    EXPECTED_PROGRESS_SHARE = (
        "expected_progress_share",
        "share making DfE's expected progress (two levels KS1-2, three KS2-4; to 2015 only)",
    )
    ABOVE_NATIONAL_AVERAGE_SHARE = (
        "above_national_average_share",
        "share whose progress reached the average progress of pupils nationally of the same year group, in the same time, from the same start",
    )
    STANDARD_SHARE_BEFORE = "standard_share_before", "share at the standard before, of all eligible pupils"
    STANDARD_SHARE_AFTER = "standard_share_after", "share at the standard after, of all eligible pupils"
    STANDARD_SHARE_CHANGE = (
        "standard_share_change",
        "change in the share at the standard, of all eligible pupils",
        ("standard_share_before", "standard_share_after"),
    )
    PROGRESS_MINUS_NATIONAL = (
        "progress_minus_national",
        "mean progress minus the mean progress of the national line: the same SEN group's, or the flat average of all pupils",
        ("mean_gain", "mean_progress"),
    )
    SHARE_MINUS_NATIONAL = (
        "share_minus_national",
        "share minus the same share nationally",
        ("expected_progress_share", "above_national_average_share", "standard_share_after"),
    )
    BASELINE_DIFFERENCE = (
        "baseline_difference",
        "mean first score of one group minus another's, in standard deviations within both",
    )
    GAP_BEFORE = "gap_before", "mean of pupils with SEN minus mean of pupils without, before"
    GAP_AFTER = "gap_after", "mean of pupils with SEN minus mean of pupils without, after"
    GAP_CHANGE = "gap_change", "change in the gap, from one interaction model", ("gap_before", "gap_after")
    G_NATIONAL = (
        "g_national",
        "distance from the line that counts, or between two groups, in national standard deviations: for the same start where that is known",
        ("progress_minus_national", "adjusted_progress", "mean_gain", "mean_progress"),
    )
    G_TRUST = (
        "g_trust",
        "progress in standard deviations of the trust's own pupils, where no national one is known",
        ("adjusted_progress", "progress_minus_national", "mean_gain", "mean_progress"),
    )
    G_GAP_CHANGE = (
        "g_gap_change",
        "change in the gap in standard deviations: national ones, else those of the trust's own pupils",
        ("gap_change",),
    )
    HEDGES_G_TOTAL = "hedges_g_total", "difference in total standard deviations within arms", ("difference",)
    MONTHS_PROGRESS = (
        "months_progress",
        "a contrast in months of progress by a named table",
        ("g_national", "g_gap_change", "hedges_g_total"),
    )
    GROWTH_PER_WAVE = "growth_per_wave", "mean growth from one wave to the next, pupil effects held", ("mean_gain",)
    # absence
    PERSISTENT_ABSENCE_BEFORE = "persistent_absence_before", "share of enrolments persistently absent, before"
    PERSISTENT_ABSENCE_AFTER = "persistent_absence_after", "share of enrolments persistently absent, after"
    PERSISTENT_ABSENCE_CHANGE = (
        "persistent_absence_change",
        "change in that share, in points",
        ("persistent_absence_before", "persistent_absence_after"),
    )
    PERSISTENT_ABSENCE_RELATIVE_CHANGE = (
        "persistent_absence_relative_change",
        "change in that share as a proportion of where it began",
        ("persistent_absence_before", "persistent_absence_after"),
    )
    PERSISTENT_ABSENTEES_BEFORE = (
        "persistent_absentees_before",
        "number of enrolments persistently absent, before",
        ("persistent_absence_before",),
    )
    PERSISTENT_ABSENTEES_AFTER = (
        "persistent_absentees_after",
        "number of enrolments persistently absent, after",
        ("persistent_absence_after",),
    )
    PERSISTENT_ABSENCE_MINUS_NATIONAL = (
        "persistent_absence_minus_national",
        "share persistently absent after, minus the national share for the same mix of pupils",
        ("persistent_absence_after",),
    )
    CHANGE_MINUS_NATIONAL = (
        "change_minus_national",
        "change minus the national change over the same years, for the same mix of pupils",
        ("persistent_absence_change", "absence_rate_change"),
    )
    RELATIVE_CHANGE_RATIO = (
        "relative_change_ratio",
        "after/before here divided by after/before nationally (a ratio of ratios)",
        ("persistent_absence_relative_change",),
    )
    SEVERE_ABSENCE_BEFORE = "severe_absence_before", "share of enrolments missing half their sessions or more, before"
    SEVERE_ABSENCE_AFTER = "severe_absence_after", "share of enrolments missing half their sessions or more, after"
    SEVERE_ABSENCE_CHANGE = (
        "severe_absence_change",
        "change in that share, in points",
        ("severe_absence_before", "severe_absence_after"),
    )
    ABSENCE_RATE_BEFORE = "absence_rate_before", "sessions missed as a share of possible sessions, before"
    ABSENCE_RATE_AFTER = "absence_rate_after", "sessions missed as a share of possible sessions, after"
    ABSENCE_RATE_CHANGE = (
        "absence_rate_change",
        "change in that share, in points",
        ("absence_rate_before", "absence_rate_after"),
    )
    AUTHORISED_RATE_BEFORE = "authorised_rate_before", "authorised absence as a share of possible sessions, before"
    AUTHORISED_RATE_AFTER = "authorised_rate_after", "authorised absence as a share of possible sessions, after"
    AUTHORISED_RATE_CHANGE = (
        "authorised_rate_change",
        "change in that share, in points",
        ("authorised_rate_before", "authorised_rate_after"),
    )
    UNAUTHORISED_RATE_BEFORE = (
        "unauthorised_rate_before",
        "unauthorised absence as a share of possible sessions, before",
    )
    UNAUTHORISED_RATE_AFTER = "unauthorised_rate_after", "unauthorised absence as a share of possible sessions, after"
    UNAUTHORISED_RATE_CHANGE = (
        "unauthorised_rate_change",
        "change in that share, in points",
        ("unauthorised_rate_before", "unauthorised_rate_after"),
    )
    # engagement
    TOP_BOX_BEFORE = "top_box_before", "share giving the top answer, before"
    TOP_BOX_AFTER = "top_box_after", "share giving the top answer, after"
    TOP_BOX_CHANGE = "top_box_change", "change in that share, in points", ("top_box_before", "top_box_after")
    TOP_BOX_CHANGE_UNPAIRED = (
        "top_box_change_unpaired",
        "change in that share among all who answered in either wave",
        ("top_box_before", "top_box_after"),
    )
    SCALE_BEFORE = "scale_before", "mean scale score, before"
    SCALE_AFTER = "scale_after", "mean scale score, after"
    SCALE_CHANGE = "scale_change", "change in the mean scale score", ("scale_before", "scale_after")
    SCALE_CHANGE_UNPAIRED = (
        "scale_change_unpaired",
        "change in the mean scale score among all who answered in either wave",
        ("scale_before", "scale_after"),
    )
    SCALE_CHANGE_G = (
        "scale_change_g",
        "change in the mean scale score in standard deviations of the first wave",
        ("scale_change",),
    )
    PROBABILITY_OF_SUPERIORITY = (
        "probability_of_superiority",
        "chance that an answer from after is higher than one from before, ties counting half",
        ("top_box_before", "top_box_after"),
    )
    MARGINAL_HOMOGENEITY = (
        "marginal_homogeneity",
        "test whether the answers shifted between waves, paired by school",
        ("top_box_change",),
    )
    RELIABILITY_ALPHA = "reliability_alpha", "Cronbach's alpha of the scale's items"
    RELIABILITY_OMEGA = "reliability_omega", "McDonald's omega of the scale's items, one factor"
    RESPONSE_RATE_BEFORE = "response_rate_before", "share of those asked who answered, before"
    RESPONSE_RATE_AFTER = "response_rate_after", "share of those asked who answered, after"
    SHARE_PAIRED = "share_paired", "share of those who answered at all who answered in both waves"
    # any contrast
    DIFFERENCE = "difference", "difference between two groups or arms"
    RISK_DIFFERENCE = "risk_difference", "difference between two proportions"
    RISK_RATIO = "risk_ratio", "one proportion divided by another", ("risk_difference",)
    ODDS_RATIO = (
        "odds_ratio",
        "one odds divided by another; not a ratio of shares",
        ("risk_difference", "top_box_change"),
    )
    CACE = "cace", "effect among those who took part because they were offered it"
    # about the estimate itself
    COVERAGE = "coverage", "share of eligible pupils with a usable score"
    ICC = "icc", "share of the variance that lies between schools"
    DESIGN_EFFECT = "design_effect", "variance allowing for schools divided by variance ignoring them"
    MDES = "mdes", "smallest change this evaluation could have shown (80% power, 5% two-sided)"


# a mean score, a share, a rate or a variance is never "tested against 0"; contrasts of them are
LEVELS = frozenset(
    {
        *("mean_before", "mean_after", "scale_before", "scale_after"),
        *("expected_progress_share", "above_national_average_share", "standard_share_before", "standard_share_after"),
        *("persistent_absence_before", "persistent_absence_after"),
        *("persistent_absentees_before", "persistent_absentees_after"),
        *("severe_absence_before", "severe_absence_after", "absence_rate_before", "absence_rate_after"),
        *("authorised_rate_before", "authorised_rate_after", "unauthorised_rate_before", "unauthorised_rate_after"),
        *("top_box_before", "top_box_after", "response_rate_before", "response_rate_after", "share_paired"),
        *("reliability_alpha", "reliability_omega", "coverage", "icc", "design_effect", "mdes"),
    }
)
