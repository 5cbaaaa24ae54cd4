"""What every room hands on: records, words, charts and the collection of estimates."""

from afa_eval.estimate.collection import Estimates
from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Comparator, Estimate, Fault, Finding, Severity, Table

__all__ = ["Claim", "Comparator", "Estimand", "Estimate", "Estimates", "Fault", "Finding", "Severity", "Table"]
