"""pingouin's reliability without the rest of it, whose plots and tables take longer to import than all answers."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def _alone(package: str, name: str) -> ModuleType:
    """A module of a package that is not imported itself; one that imports the package later has all of it."""
    if package in sys.modules:
        return import_module(f"{package}.{name}")
    spec = find_spec(package)
    bare = sys.modules[package] = ModuleType(package)
    bare.__path__ = list(spec.submodule_search_locations or ()) if spec else []
    try:
        return import_module(f"{package}.{name}")
    finally:
        for known in [one for one in sys.modules if one.partition(".")[0] == package]:
            del sys.modules[known]


cronbach_alpha = _alone("pingouin", "reliability").cronbach_alpha
