"""A rich evaluation, made by hand: three designs, hidden figures, findings, the trust's own words.

Its numbers are invented for the tests of pages and say nothing about any school.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from afa_eval import disclosure
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Fault, Finding, Severity, Table
from afa_eval.report.book import assemble

E = Estimand
SOURCE = {"source": "Pupil absence in schools in England", "release": "March 2024", "licence": "OGL v3"}
SIZES = {
    "all": 3200,
    "sen=any": 624,
    "sen_provision=N": 2576,
    "sen_provision=K": 512,
    "sen_provision=E": 112,
    "fsm=yes": 901,
    "fsm=no": 2299,
    "sex=F": 1570,
    "sex=M": 1630,
    "primary_need=SLCN": 214,
    "primary_need=ASD": 96,
    "primary_need=VI": 6,
    "sen_provision=K & fsm=yes": 231,
    "sen_provision=K & fsm=no": 281,
}
HARDER = {"sen=any": 0.14, "sen_provision=K": 0.12, "sen_provision=E": 0.22, "fsm=yes": 0.09, "sex=M": 0.01}


def national(slug: str, value: float, year: str, unit: str, population: str = "SEN, England") -> Comparator:
    return Comparator(
        slug=slug, value=value, year=year, population=population, definition="pa-10-percent", unit=unit, **SOURCE
    )


def estimate(outcome: str, group: str, estimand: Estimand, value: float, unit: str, **more: object) -> Estimate:
    plain = {
        "base": "pupils",
        "n_pupils": SIZES.get(group, 624),
        "n_schools": 18,
        "claim": Claim.DESCRIPTION,
        "method": "mean of pupils, CR2 standard error by school, t with Satterthwaite degrees of freedom",
        "se": abs(value) / 8 + 0.004,
        "df": 11.3,
    }
    return Estimate(outcome=outcome, group=group, estimand=estimand, value=value, unit=unit, **{**plain, **more})


def absence() -> list[Estimate]:
    rows = []
    for group, n in SIZES.items():
        high = 0.19 + HARDER.get(group, 0.02)
        common = {"base": "enrolments", "n_pupils": n}
        england = {"claim": Claim.COMPARISON}
        before = national("persistent-absence", high + 0.01, "202122", "proportion")
        after = national("persistent-absence", high - 0.004, "202223", "proportion")
        moved = national("persistent-absence", -0.014, "202122-202223", "proportion difference")
        rows += [
            estimate("absence", group, E.PERSISTENT_ABSENCE_BEFORE, high, "proportion", comparator=before, **common),
            estimate("absence", group, E.PERSISTENT_ABSENCE_AFTER, high - 0.033, "proportion", comparator=after, **common),
            estimate("absence", group, E.PERSISTENT_ABSENCE_CHANGE, -0.033, "proportion difference", se=0.01, **common),
            estimate(
                "absence", group, E.CHANGE_MINUS_NATIONAL, -0.019, "proportion difference",
                se=0.011 if group != "all" else 0.006, comparator=moved, **{**common, **england},
            ),
            estimate(
                "absence", group, E.PERSISTENT_ABSENCE_RELATIVE_CHANGE, -0.033 / high, "relative change",
                se=None, interval=(-0.2, -0.02), **common,
            ),
            estimate("absence", group, E.ABSENCE_RATE_AFTER, high / 3, "proportion", **common),
        ]  # fmt: skip
    rows.append(estimate("absence", "all", E.MDES, 0.028, "proportion difference", se=None, df=None, base="enrolments"))
    rows.append(estimate("absence", "all", E.ICC, 0.021, "statistic", se=None, df=None, base="enrolments"))
    rows.append(
        estimate(
            "absence",
            "sen_provision=K - rest",
            E.PERSISTENT_ABSENCE_CHANGE,
            -0.006,
            "proportion difference",
            base="enrolments",
        )
    )
    return rows


def reading() -> list[Estimate]:
    rows = []
    for group in SIZES:
        base = 100 - 60 * HARDER.get(group, 0.0)
        norm = national("reading-norm", 0.0, "2019", "points", "publisher's norm sample, Years 3 to 9")
        rows += [
            estimate("reading", group, E.MEAN_BEFORE, base, "points", se=0.9),
            estimate("reading", group, E.MEAN_AFTER, base + 2.4, "points", se=0.9),
            estimate("reading", group, E.MEAN_GAIN, 2.4, "points", se=0.4),
            estimate(
                "reading", group, E.PROGRESS_MINUS_NATIONAL, 1.9 + HARDER.get(group, 0), "points",
                se=0.55, comparator=norm, claim=Claim.COMPARISON,
            ),
            estimate("reading", group, E.G_NATIONAL, 0.127, "sd", se=0.04, claim=Claim.COMPARISON),
            estimate("reading", group, E.ABOVE_NATIONAL_AVERAGE_SHARE, 0.56, "proportion", se=0.02),
            estimate("reading", group, E.COVERAGE, 0.61 if group == "sen_provision=E" else 0.94, "proportion"),
        ]  # fmt: skip
    rows.append(
        estimate(
            "reading",
            "sen=any - sen=none",
            E.GAP_CHANGE,
            0.8,
            "points",
            se=0.9,
            n_pupils=3200,
            claim=Claim.COMPARISON,
            p_adjusted=0.4,
        )
    )
    rows.append(estimate("reading", "all", E.MDES, 1.4, "points", se=None, df=None))
    return rows


def belonging() -> list[Estimate]:
    few = {"base": "schools", "n_pupils": 18, "n_schools": 18, "se": None, "df": None}
    return [
        estimate("belonging", "all", E.TOP_BOX_BEFORE, 2 / 18, "proportion", **{**few, "interval": (0.01, 0.35)}),
        estimate("belonging", "all", E.TOP_BOX_AFTER, 8 / 18, "proportion", **{**few, "interval": (0.22, 0.69)}),
        estimate("belonging", "all", E.TOP_BOX_CHANGE, 6 / 18, "proportion difference", **{**few, "interval": (0.05, 0.6)}),
        estimate("belonging", "all", E.SCALE_BEFORE, 3.42, "points", base="parents", n_pupils=410, se=0.08),
        estimate("belonging", "all", E.SCALE_AFTER, 3.71, "points", base="parents", n_pupils=385, se=0.07),
        estimate("belonging", "all", E.SCALE_CHANGE, 0.27, "points", base="parents", n_pupils=290, se=0.08),
        estimate("belonging", "all", E.RELIABILITY_ALPHA, 0.84, "statistic", base="parents", n_pupils=410, se=None,
                 df=None, interval=(0.81, 0.87)),
        estimate("belonging", "sen=any", E.SCALE_CHANGE, 0.5, "points", base="parents", n_pupils=8, se=0.2),
    ]  # fmt: skip


TABLES = (
    Table(
        name="participants-sen_provision",
        title="Who took part",
        rows=("sen_provision=N", "sen_provision=K", "sen_provision=E", "Total"),
        columns=("Pupils",),
        cells=((2576.0,), (512.0,), (112.0,), (3200.0,)),
        row_label="sen_provision",
    ),
    Table(
        name="england-sen_provision",
        title="England",
        rows=("sen_provision=N", "sen_provision=K", "sen_provision=E"),
        columns=("England",),
        cells=((0.827,), (0.13,), (0.043,)),
        kind="series",
        base="national",
        unit="proportion",
        row_label="sen_provision",
        note="Special educational needs in England, 2022/23",
    ),
    Table(
        name="participants-primary_need",
        title="Who took part",
        rows=("primary_need=SLCN", "primary_need=ASD", "primary_need=VI", "Not recorded", "Total"),
        columns=("Pupils",),
        cells=((214.0,), (96.0,), (6.0,), (2884.0,), (3200.0,)),
        row_label="primary_need",
    ),
    Table(
        name="coverage-reading",
        title="Pupils with the scores needed, and why others have none",
        rows=("No SEN", "SEN support", "EHC plan"),
        columns=("With both scores", "working below", "absent", "Total"),
        cells=((2500.0, 12.0, 64.0, 2576.0), (470.0, 24.0, 18.0, 512.0), (68.0, 40.0, 4.0, 112.0)),
        outcome="reading",
    ),
    Table(
        name="distribution-belonging-all",
        title="How schools rate their relationship with parents",
        rows=("Autumn 2022", "Summer 2023"),
        columns=("Poor", "Fair", "Good", "Excellent"),
        cells=((1.0, 5.0, 10.0, 2.0), (0.0, 2.0, 8.0, 8.0)),
        base="schools",
        outcome="belonging",
    ),
    Table(
        name="counted-absence",
        title="Enrolments counted, by DfE's rules",
        rows=("Enrolments handed in", "Outside Years 1 to 11", "Counted"),
        columns=("Before", "After"),
        cells=((3320.0, 3340.0), (120.0, 140.0), (3200.0, 3200.0)),
        base="enrolments",
        outcome="absence",
    ),
)
FINDINGS = (
    Finding(
        code="regression-to-the-mean",
        severity=Severity.SERIOUS,
        message="Pupils were chosen for low scores, and low scores rise by themselves: between 1.1 and 2.0 points of the gain.",
        fix="Compare with pupils who scored as low and were not chosen.",
        outcomes=("reading",),
    ),
    Finding(
        code="coverage",
        severity=Severity.CONCERN,
        message="61% of pupils with an EHC plan have both scores. For 4 pupils the reason is not known.",
        fix="Report the share at the standard with all pupils in the denominator.",
        outcomes=("reading",),
    ),
    Finding(
        code="self-chosen-respondents",
        severity=Severity.CONCERN,
        message="Parents chose themselves whether to answer.",
        outcomes=("belonging",),
    ),
    Finding(code="few-schools", severity=Severity.NOTE, message="18 schools are few for a school-level interval."),
)
FAULTS = (
    Fault(severity="query", code="AFA210", file="pupils.csv", row=14, column="UPN", value="A12*",
          message="School number '123456.0' was read as 123456.", fix="Store it as text.", count=41),
    Fault(severity="query", code="AFA405", file="attainment.csv", rows=(3, 9), column="score",
          message="Score 161 lies outside the scale 69 to 141.", fix="Check the score.", count=2),
)  # fmt: skip
ABOUT = {
    "title": "Reading and belonging pilot",
    "organisation": "Example Academies Trust",
    "period": {"before": "202122", "after": "202223"},
    "programme": {
        "name": "Reading together",
        "start": "202209",
        "selection": {"how": "low-baseline", "measure": "reading_autumn", "from": "sen"},
        "who": "Pupils on the SEN register in Years 3 to 9",
        "how_much": "Thirty minutes a day, four days a week, for three terms",
        "cost_per_pupil": "\u00a3140",
    },
    "words": "# Why we did it\n\nReading opens every other lesson. We wanted *every* child to belong.\n\n### What surprised us\n\n- Parents came back.\n- It cost $2 a book & took 3_000 hours.\n",
    "plan_text": '[evaluation]\ntitle = "Reading and belonging pilot"\n\n[data]\npupils = "data/pupils.csv"\n',
    "n_schools": 18,
    "outcomes": [
        {"id": "reading", "label": "Reading", "design": "progress", "primary": True, "focus": "sen=any",
         "question": "Did pupils make more progress than pupils nationally?", "before": "", "after": ""},
        {"id": "absence", "label": "Persistent absence", "design": "persistent-absence", "primary": True,
         "focus": "sen=any", "question": "Did persistent absence fall, and more than nationally?",
         "before": "202122", "after": "202223"},
        {"id": "belonging", "label": "Belonging", "design": "parent-engagement", "primary": False, "focus": "sen=any",
         "question": "Do schools and parents work together more closely than before?", "before": "", "after": ""},
    ],
}  # fmt: skip
MANIFEST = {
    "plan_sha256": "3f5a" * 16,
    "inputs": [{"table": "pupils", "file": "pupils.csv", "sha256": "9c1d" * 16}],
    "steps": [
        ["pupils", "Read", 3260, 3260, ""],
        ["pupils", "Repeated pupils left out", 3260, 3214, "a pupil stood there twice"],
        ["pupils", "With a known SEN status", 3214, 3200, "no SEN status"],
    ],
    "versions": {"python": "3.12.3", "afa-eval": "0.1.0", "pandas": "3.1.1"},
    "comparators": ["Pupil absence in schools in England, March 2024"],
    "seed": None,
}


def evaluation() -> SimpleNamespace:
    return SimpleNamespace(
        estimates=Estimates(tuple(reading() + absence() + belonging()), FINDINGS, TABLES),
        faults=FAULTS,
        about=ABOUT,
        manifest=MANIFEST,
    )


@pytest.fixture(scope="session")
def rich() -> SimpleNamespace:
    """The evaluation before disclosure control."""
    return evaluation()


@pytest.fixture(scope="session")
def released() -> disclosure.Release:
    """The same evaluation, as it may be published."""
    return disclosure.release(evaluation())


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the pages' drawings and files are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def book(released, folder):
    """What the templates see."""
    return assemble(released, folder)
