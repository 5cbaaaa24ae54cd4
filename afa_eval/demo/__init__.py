"""The demo trust: simulated with known truth from the national figures."""

from afa_eval.demo.parameters import NEED_YEARS
from afa_eval.demo.trust import DemoTrust, simulate, write
from afa_eval.demo.truth import Truth

__all__ = ["NEED_YEARS", "DemoTrust", "Truth", "simulate", "write"]
