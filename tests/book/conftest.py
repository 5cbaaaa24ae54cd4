"""What tests of the project's book share: its pages, and the script that builds it."""

import importlib.util
import sys
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"


@pytest.fixture(scope="session")
def book():
    """The folder of the pages."""
    return BOOK


@pytest.fixture(scope="session")
def builder():
    """book/build.py, under a name that no package has."""
    sys.path.insert(0, str(BOOK))
    try:
        spec = importlib.util.spec_from_file_location("project_book", BOOK / "build.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BOOK))
    return module


@pytest.fixture(scope="session")
def parts(builder):
    """What fills the marks of pages."""
    return builder.pages_parts


@pytest.fixture(scope="session")
def reference(builder):
    """What writes the reference."""
    return builder.pages_api


@pytest.fixture(scope="session")
def keys(parts):
    """What writes the plan's keys."""
    return parts.pages_plan
