"""The public names are all there, typed, and listed."""

import afa_eval as ae


def test_every_public_name_can_be_had():
    assert [name for name in ae.__all__ if not hasattr(ae, name)] == []


def test_the_names_others_hold_on_to_are_public():
    promised = {
        "PrePostProgress",
        "PersistentAbsence",
        "ParentEngagement",
        "fit_mixed",
        "fit_ols",
        "fit_mixed_logistic",
        "Estimate",
        "Estimates",
        "Table",
        "Finding",
        "Fault",
        "Comparator",
        "Claim",
        "Plan",
        "Evaluation",
        "evaluate",
        "check",
        "attendance",
        "read",
        "comparators",
        "disclosure",
        "codes",
        "AfaEvalError",
        "PlanError",
        "DataError",
        "ComparatorError",
        "EstimationError",
        "DisclosureError",
        "ReportError",
        "ColumnNotFound",
    }
    assert promised <= set(ae.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    assert getattr(ae, "nothing_of_the_kind", None) is None
