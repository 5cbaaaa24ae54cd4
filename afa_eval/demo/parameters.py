"""Every number of the demo trust that no national table gives: the modelling assumptions, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from afa_eval.errors import PlanError

YEARS = ("202122", "202223")
NEED_YEARS = ("201516", "201617")
"""The last two years with persistent absence published by SEN provision and primary need."""
PHASES = ("primary", "secondary")
PROVISIONS = ("N", "K", "E")
ARMS = ("comparison", "programme")
AREAS = ("991", "992", "993")
RATINGS = ("poor", "satisfactory", "good", "excellent")

EHCP_SHARE_OF_SEN = MappingProxyType(
    {
        "201516": {"primary": 1.3 / 13.4, "secondary": 1.75 / 12.75},
        "201617": {"primary": 1.3 / 13.5, "secondary": 1.67 / 12.37},
        "202122": {"primary": 2.3 / 15.3, "secondary": 2.15 / 14.05},
        "202223": {"primary": 2.5 / 16.0, "secondary": 2.4 / 14.8},
    }
)
"""Plans (or statements) as a share of pupils with SEN in mainstream schools: DfE, Special educational needs in
England, January of each year, as compiled in the Local Authority Interactive Tool."""

NEED_CODES = ("ASD", "HI", "MLD", "MSI", "NSA", "OTH", "PD", "PMLD", "SEMH", "SLCN", "SLD", "SPLD", "VI")
PLAN_TENDENCY = MappingProxyType(
    {
        "ASD": 3.0,
        "HI": 1.6,
        "MLD": 0.6,
        "MSI": 2.0,
        "NSA": 0.1,
        "OTH": 0.5,
        "PD": 2.5,
        "PMLD": 6.0,
        "SEMH": 0.9,
        "SLCN": 0.9,
        "SLD": 5.0,
        "SPLD": 0.25,
        "VI": 1.6,
    }
)
"""How much likelier a pupil with this need has a plan, relative to the others: an assumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolls:
    """How do pupils come, go and change status?

    Attributes
    ----------
    primary_share : float
        Share of the schools that are primary.
    primary_size, secondary_size : float
        Mean roll relative to ``pupils_per_school``; 0.7 x 0.7 + 0.3 x 1.7 = 1.
    size_sd : float
        Standard deviation of log school size.
    feeder_share : float
        Chance that a Year 6 pupil goes on to a secondary school of the trust.
    leave, move : float
        Chance to leave the trust, and to move within it, over the summer.
    move_in_year, leave_in_year : float
        Chance to change school, or to leave, after the autumn term of the second year.
    eal : float
        Share with English as an additional language.
    off_register, new_plan, plan_ceases, on_register : float
        Yearly chance of K to N, K to E, E to K and N to K.
    register_slope : float
        How much the register follows reading: a pupil one standard deviation lower is exp(slope)
        times likelier to be put on it, and to that degree less likely to be taken off.
    """

    primary_share: float = 0.7
    primary_size: float = 0.7
    secondary_size: float = 1.7
    size_sd: float = 0.15
    feeder_share: float = 0.5
    leave: float = 0.05
    move: float = 0.01
    move_in_year: float = 0.015
    leave_in_year: float = 0.01
    eal: float = 0.20
    off_register: float = 0.10
    new_plan: float = 0.04
    plan_ceases: float = 0.02
    on_register: float = 0.022
    register_slope: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How do pupils read in autumn and summer, in standard deviations of the national population?

    Attributes
    ----------
    reliability : float
        Of the test: error variance is one minus this.
    provision : tuple of float
        True mean by SEN provision (N, K, E); the mean of all is near nought.
    fsm, eal, girls : float
        Differences in the true mean.
    areas : tuple of float
        Fixed effect of each of the three areas.
    school_sd, growth_sd, effect_sd : float
        Between schools: of the level, of the growth from autumn to summer, of the programme's effect.
    stability : float
        Share of a pupil's own deviation (in autumn) that is still there in summer, before new variance
        brings its size back.
    growth : tuple of float
        Mean growth beyond the norm's, by provision.
    trust_growth : float
        Added to everybody's growth.
    effect : float
        Of the programme on the true score of those in it.
    cutoff : float
        Pupils with SEN whose autumn score is below it are in the programme's reach.
    below : tuple of float
        True score under which a pupil of that provision works below the test, on average.
    below_sd : float
        How fuzzy that line is.
    absent : float
        Chance to miss a sitting; doubled for pupils eligible for free school meals.
    not_recorded : float
        Chance that the score was taken but not recorded.
    """

    reliability: float = 0.90
    provision: tuple[float, float, float] = (0.16, -0.80, -1.45)
    fsm: float = -0.30
    eal: float = -0.05
    girls: float = 0.14
    areas: tuple[float, float, float] = (-0.06, 0.0, 0.06)
    school_sd: float = 0.22
    growth_sd: float = 0.07
    effect_sd: float = 0.04
    stability: float = 0.86
    growth: tuple[float, float, float] = (0.0, -0.03, -0.05)
    trust_growth: float = 0.02
    effect: float = 0.20
    cutoff: int = 90
    below: tuple[float, float, float] = (-9.0, -2.7, -1.75)
    below_sd: float = 0.25
    absent: float = 0.025
    not_recorded: float = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStage2:
    """What are the progress scores of Year 6, in DfE's points?

    Attributes
    ----------
    sd : float
        Pupils' standard deviation within a provision.
    school_sd : float
        Between schools.
    growth_share : float
        How much a year's growth in reading (in standard deviations) adds, in points.
    effect : float
        Of the programme, in points.
    no_score : tuple of float
        Chance of no score, by provision.
    """

    sd: float = 5.6
    school_sd: float = 0.9
    growth_share: float = 3.0
    effect: float = 1.0
    no_score: tuple[float, float, float] = (0.03, 0.06, 0.30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """How does absence vary about the national distribution of a pupil's cell?

    Attributes
    ----------
    school, school_year, pupil : float
        Shares of the variance (of the normal score) that lie between schools, between a school's
        years, and between pupils of a school; the rest is the pupil's year.
    trust : float
        Normal score of the trust beyond the national one, both years.
    trend : float
        Added in the second year.
    effect : float
        Of the programme, on the logit of the absence rate.
    possible : tuple of int
        Sessions in autumn, spring and summer term.
    possible_year_11 : int
        Of the summer term, Year 11.
    unauthorised : tuple of float
        Mean share of absence that is unauthorised, by phase.
    unauthorised_spread : float
        Concentration of the beta distribution of that share over pupils.
    """

    school: float = 0.03
    school_year: float = 0.006
    pupil: float = 0.55
    trust: float = 0.04
    trend: float = -0.03
    effect: float = -0.45
    possible: tuple[int, int, int] = (140, 122, 116)
    possible_year_11: int = 54
    unauthorised: tuple[float, float] = (0.26, 0.40)
    unauthorised_spread: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """What do schools and parents answer?

    Attributes
    ----------
    school_mean, school_change, school_effect : float
        Latent rating of relationships with parents before, its change without a programme, and
        what the programme adds.
    school_sd, school_wave_sd : float
        Between schools, and from one wave to the next.
    school_cuts : tuple of float
        Where the latent rating turns from one of the four words to the next.
    school_answers : float
        Chance that a school answers a wave.
    parent_change, parent_effect : float
        Latent experience of parents: change without a programme, and what it adds for those whose child is in it.
    parent_school_sd, parent_sd, parent_wave_sd : float
        Between schools, between parents, from one wave to the next.
    answers_twice, answers_before, answers_after : float
        Chance that a parent answers both waves, only the first, only the second.
    loadings : tuple of float
        Of the six items on the latent experience; the rest is noise.
    item_missing : float
        Chance that one item is left out.
    item_cuts, rating_cuts : tuple of float
        Where the latent answer turns from one point (of five; of the four words) to the next.
    """

    school_mean: float = 0.0
    school_change: float = 0.15
    school_effect: float = 0.90
    school_sd: float = 0.70
    school_wave_sd: float = 0.70
    school_cuts: tuple[float, float, float] = (-1.6, -0.4, 1.0)
    school_answers: float = 0.95
    parent_change: float = 0.08
    parent_effect: float = 0.35
    parent_school_sd: float = 0.20
    parent_sd: float = 0.75
    parent_wave_sd: float = 0.55
    answers_twice: float = 0.36
    answers_before: float = 0.14
    answers_after: float = 0.12
    loadings: tuple[float, ...] = (0.80, 0.75, 0.70, 0.60, 0.72, 0.66)
    item_missing: float = 0.02
    item_cuts: tuple[float, float, float, float] = (-1.7, -0.9, -0.1, 0.9)
    rating_cuts: tuple[float, float, float] = (-1.5, -0.6, 0.7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is the demo trust made from, besides the national figures?

    Attributes
    ----------
    schools : int
        How many, at least two.
    pupils_per_school : int
        Mean roll.
    years : tuple of str
        Before and after, as DfE writes them.
    rolls, reading, ks2, absence, voices
        The assumptions of each part.
    """

    schools: int = 20
    pupils_per_school: int = 300
    years: tuple[str, str] = YEARS
    rolls: Rolls = field(default_factory=Rolls)
    reading: Reading = field(default_factory=Reading)
    ks2: KeyStage2 = field(default_factory=KeyStage2)
    absence: Absence = field(default_factory=Absence)
    voices: Voices = field(default_factory=Voices)

    def __post_init__(self) -> None:
        """Refuse a trust that cannot be made."""
        if self.schools < 2:
            raise PlanError("The demo trust needs at least 2 schools: a primary and a secondary one.", key="schools")
        if self.pupils_per_school < 20:
            raise PlanError("The demo trust needs at least 20 pupils per school.", key="pupils_per_school")
        if self.years not in (YEARS, NEED_YEARS):
            known = " and ".join(" to ".join(pair) for pair in (YEARS, NEED_YEARS))
            raise PlanError(f"The demo trust is not made for {' to '.join(self.years)}, only for {known}.", key="years")

    @property
    def primaries(self) -> int:
        """How many of the schools are primary schools?"""
        return min(self.schools - 1, max(1, round(self.rolls.primary_share * self.schools)))
