"""What may leave: an Evaluation in, a Release out, and nothing else reaches a page or a public file."""

from afa_eval.disclosure import policies
from afa_eval.disclosure.files import estimates_csv, table_csv, write
from afa_eval.disclosure.gate import release
from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.records import (
    Release,
    ReleasedEstimate,
    ReleasedFault,
    ReleasedStep,
    ReleasedTable,
    refuse_unregistered,
)
from afa_eval.disclosure.tables import ProtectedTable, audit, protect

__all__ = [
    "Policy",
    "ProtectedTable",
    "Release",
    "ReleasedEstimate",
    "ReleasedFault",
    "ReleasedStep",
    "ReleasedTable",
    "audit",
    "estimates_csv",
    "policies",
    "protect",
    "refuse_unregistered",
    "release",
    "table_csv",
    "write",
]
