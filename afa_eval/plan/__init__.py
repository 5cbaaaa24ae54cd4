"""plan.toml -> a frozen, hashable Plan, with the line of every mistake."""

from afa_eval.plan.load import load_plan, parse_plan
from afa_eval.plan.model import Plan

__all__ = ["Plan", "load_plan", "parse_plan"]
