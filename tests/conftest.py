"""What several rooms' tests share: the demo trust on disk, and its results."""

import importlib.util
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["AFA_EVAL_DATA"] = tempfile.mkdtemp()  # what a developer fetched must not change a test
# a busy machine is no fault of the code: no deadline, and no complaint that examples come slowly
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
LONGEST = ("test_wheel.py", "test_build.py")  # begin with these, so that both workers end together
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items):
    """Put the longest files first; all else stays in its order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def shared():
    """The reference folder beside the checkout, where there is one."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "national").is_dir():
        pytest.skip("needs the reference folder beside the checkout")
    return folder


@pytest.fixture(scope="session")
def chromium():
    """A browser, where there is one."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs Chromium")
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    """A headless browser that shows pages, presses keys and takes pictures."""
    with browsers().Browser(chromium) as found:
        yield found


@pytest.fixture(scope="session")
def axe():
    """The script of axe-core, where npm has put it (`make setup` does where there is npm)."""
    found = browsers().axe_script()
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs axe-core: npm install --prefix .venv axe-core")
    return found


@cache
def browsers():
    """tests/browser.py, which is no package."""
    spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def small_trust(tmp_path_factory):
    """The demo trust of eight schools, written as a trust hands it in. Do not change it: copy it."""
    from afa_eval import demo

    return demo.write(tmp_path_factory.mktemp("trust") / "small", schools=8, seed=3).parent


@pytest.fixture
def trust(small_trust, tmp_path):
    """A copy of the small demo trust that a test may damage."""
    return Path(shutil.copytree(small_trust, tmp_path / "trust"))


@pytest.fixture(scope="session")
def only():
    """A way to keep some outcomes of a trust's plan, so that a test asks no more than it needs."""

    def keep(folder, *ids):
        plan = folder / "plan.toml"
        head, *outcomes = plan.read_text(encoding="utf-8").split("[[outcome]]")
        kept = [part for part in outcomes if any(f'id = "{name}"' in part for name in ids)]
        assert len(kept) == len(ids)
        plan.write_text("[[outcome]]".join([head, *kept]), encoding="utf-8")
        return folder

    return keep
