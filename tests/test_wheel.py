"""The built wheel carries all it needs: its demo runs in an environment of its own, away from the checkout.

The dependencies are lent from this environment, so that no network is needed; an environment with nothing in it is
tried by `.ci/wheel`.
"""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*words, **kwargs):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """An environment with the wheel installed and the dependencies lent."""
    home = tmp_path_factory.mktemp("alone") / "env"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (packages,) = (home / "lib").glob("python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return home / "bin"


def test_the_wheel_holds_templates_and_figures_and_nothing_of_the_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "afa_eval/_templates/evaluation/index.md" in names
    assert "afa_eval/comparators/data/national.sqlite" in names
    assert "afa_eval/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "book/", "examples/"))]
    assert zipfile.ZipFile(wheel).getinfo("afa_eval/comparators/data/national.sqlite").compress_size < 3_000_000


def test_its_demo_makes_a_book_away_from_the_checkout(alone, tmp_path):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    where = run(alone / "python", "-c", "import afa_eval; print(afa_eval.__file__)", cwd=tmp_path, env=clean)
    assert str(ROOT) not in where
    out = run(alone / "afa-eval", "demo", "trust", "--schools", "8", cwd=tmp_path, env=clean)
    page = Path(out.splitlines()[-1])
    assert page == tmp_path / "trust" / "build" / "book" / "html" / "index.html"
    assert "Meadowbridge" in page.read_text(encoding="utf-8")
    assert str(tmp_path) not in page.read_text(encoding="utf-8")
