"""What is installed is told by its version, and this package by every byte of it."""

import hashlib

import afa_eval as ae
from afa_eval import installed


def test_versions_are_told_and_what_is_not_there_too():
    assert installed.version_of("afa-eval") == ae.__version__
    assert installed.version_of("no-such-package") == "not installed"


def test_a_file_is_known_by_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\n")
    assert installed.hash_of(tmp_path / "a") == hashlib.sha256(b"a\r\n").hexdigest()


def test_any_file_of_the_package_makes_it_another(tmp_path, monkeypatch):
    monkeypatch.setattr(installed, "__file__", str(tmp_path / "installed.py"))
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "figures.sqlite").write_bytes(b"1")
    first = installed.code.__wrapped__()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"1")
    assert installed.code.__wrapped__() == first
    (tmp_path / "room" / "figures.sqlite").rename(tmp_path / "figures.sqlite")
    second = installed.code.__wrapped__()
    (tmp_path / "figures.sqlite").write_bytes(b"2")
    assert len({first, second, installed.code.__wrapped__()}) == 3
