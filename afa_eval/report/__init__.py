"""How is a release read by people? Pages, charts and a Jupyter Book, made from a Release alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from afa_eval.report.build import build_book

__all__ = ["build_book"]


def __getattr__(name: str) -> Any:
    """Load the builder when it is asked for: Sphinx loads this package for its extension alone."""
    if name == "build_book":
        from afa_eval.report.build import build_book

        return build_book
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
