"""The demo trust: files as a trust would hand them in, the truth behind them, and the plan that evaluates them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import pandas as pd

from afa_eval.demo.files import all_files, file_year
from afa_eval.demo.parameters import NEED_YEARS, YEARS, Parameters
from afa_eval.demo.truth import Truth, truths
from afa_eval.demo.world import World, make_world
from afa_eval.errors import PlanError

SCHOOLS, SEED, PUPILS_PER_SCHOOL = 20, 20260901, 300


@dataclass(frozen=True, slots=True, eq=False)
class DemoTrust:
    """What does the demo trust hand in, and what is true of it?

    Attributes
    ----------
    files : mapping of str to pandas.DataFrame
        Path relative to the plan to the table, every cell text as in the CSV file.
    truth : tuple of Truth
        What each estimand is in this simulation, by outcome and group.
    plan_text : str
        ``plan.toml``.
    words : str
        The trust's own words, ``words.md``.
    parameters : Parameters
        What it was made from.
    seed : int
        Which trust of this kind it is.
    """

    files: Mapping[str, pd.DataFrame]
    truth: tuple[Truth, ...]
    plan_text: str
    words: str
    parameters: Parameters
    seed: int


def simulate(
    schools: int = SCHOOLS,
    seed: int = SEED,
    pupils_per_school: int = PUPILS_PER_SCHOOL,
    *,
    years: tuple[str, str] = YEARS,
) -> DemoTrust:
    """What would a trust with known truth hand in?

    Pupils, their SEN and their absence are drawn from England's published figures; how reading
    grows, what the programme does and what parents answer are stated assumptions
    (``afa_eval.demo.parameters``).

    Parameters
    ----------
    schools : int
        How many, at least 2; seven in ten are primary schools.
    seed : int
        The same seed gives the same trust.
    pupils_per_school : int
        Mean roll.
    years : tuple of str
        Before and after; ``NEED_YEARS`` for the plan by need.

    Returns
    -------
    DemoTrust
        Files, truth and plan.

    Raises
    ------
    PlanError
        Where no such trust can be made.

    Examples
    --------
    >>> trust = simulate(schools=2, pupils_per_school=40)
    >>> list(trust.files)[0], trust.files["data/schools.csv"].columns.tolist()
    ('data/pupils_2021-22.csv', ['respondent', 'urn', 'wave', 'relationship'])
    """
    parameters = Parameters(schools=schools, pupils_per_school=pupils_per_school, years=years)
    world = make_world(parameters, seed)
    by_need = years == NEED_YEARS
    return DemoTrust(
        files=all_files(world),
        truth=truths(parameters),
        plan_text=_plan_text("plan_need.toml" if by_need else "plan.toml", world),
        words=_text("words.md"),
        parameters=parameters,
        seed=seed,
    )


def write(
    folder: str | Path,
    schools: int = SCHOOLS,
    seed: int = SEED,
    pupils_per_school: int = PUPILS_PER_SCHOOL,
    *,
    years: tuple[str, str] = YEARS,
) -> Path:
    """Where is the demo trust's plan, once all its files are written?

    All or nothing: the files are made in a folder beside the target, which then takes its name.

    Parameters
    ----------
    folder : str or Path
        Must be empty or not exist.
    schools, seed, pupils_per_school, years
        As in ``simulate``.

    Returns
    -------
    Path
        ``plan.toml``, absolute.

    Raises
    ------
    PlanError
        Where the folder holds anything, is a file, or cannot be written.
    """
    target = Path(folder).absolute()
    _refuse_occupied(target)
    trust = simulate(schools, seed, pupils_per_school, years=years)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(trust, target)
    except OSError as error:
        raise PlanError(f"The demo trust could not be written to '{folder}': {error.strerror or error}.") from error
    return target / "plan.toml"


def _refuse_occupied(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise PlanError(f"'{target.name}' is a file. Name a folder that is empty or does not exist yet.")
    if target.is_dir() and any(target.iterdir()):
        raise PlanError(f"The folder '{target.name}' is not empty. Name one that is empty or does not exist yet.")


def _write_whole(trust: DemoTrust, target: Path) -> None:
    """Write beside the target, then rename: a reader sees all files or none."""
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        draft.chmod(0o755)
        for name, table in trust.files.items():
            path = draft / name
            path.parent.mkdir(exist_ok=True)
            table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        (draft / "plan.toml").write_text(trust.plan_text, encoding="utf-8")
        (draft / "words.md").write_text(trust.words, encoding="utf-8")
        (draft / "truth.json").write_text(truth_json(trust), encoding="utf-8")
        if target.is_dir():
            target.rmdir()
        draft.replace(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def truth_json(trust: DemoTrust) -> str:
    """How is the truth written beside the data?

    Parameters
    ----------
    trust : DemoTrust
        The simulated trust.

    Returns
    -------
    str
        JSON: seed, size, the programme's effects, and a record per estimand.
    """
    document = {
        "note": "Simulated. These are expectations in the simulation, not results; see afa_eval.demo.truth.",
        "seed": trust.seed,
        "parameters": asdict(trust.parameters),
        "truth": [asdict(record) for record in trust.truth],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _plan_text(name: str, world: World) -> str:
    parameters, asked = world.parameters, world.parents["wave"].value_counts()
    before, after = parameters.years
    words = {
        "@before@": before,
        "@after@": after,
        "@start@": f"{after[:4]}09",
        "@before_name@": file_year(before),
        "@after_name@": file_year(after),
        "@schools@": str(parameters.schools),
        "@asked_before@": str(asked[1]),
        "@asked_after@": str(asked[2]),
        "@primaries@": str(parameters.primaries),
        "@secondaries@": str(parameters.schools - parameters.primaries),
    }
    text = _text(name)
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def _text(name: str) -> str:
    return (resources.files("afa_eval.demo") / "data" / name).read_text(encoding="utf-8")
