"""A module of a package without the rest of the package."""

import sys

import pytest

from afa_eval.models import lone


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package whose own import takes longer than anybody has."""
    folder = tmp_path / "heavypackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise AssertionError")
    (folder / "settings.py").write_text("step = 2")
    (folder / "answers.py").write_text("from .settings import step\ndef double(x):\n    return step * x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_a_module_comes_alone_and_who_imports_the_package_later_has_all_of_it(package):
    assert lone._alone("heavypackage", "answers").double(4) == 8
    assert not [name for name in sys.modules if name.startswith("heavypackage")]
    (package / "__init__.py").write_text("from .answers import double\nwhole = True\n")
    import heavypackage

    assert heavypackage.whole
    assert lone._alone("heavypackage", "answers") is sys.modules["heavypackage.answers"]  # there already
    del sys.modules["heavypackage"], sys.modules["heavypackage.answers"], sys.modules["heavypackage.settings"]


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        lone._alone("no_such_package", "answers")


def test_what_is_used_is_that_of_pingouin():
    assert lone.cronbach_alpha.__module__ == "pingouin.reliability"
