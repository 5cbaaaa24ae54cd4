"""Parts of pages that follow from the code or from a run of it, each put where its mark stands."""

from __future__ import annotations

import contextlib
import io
import runpy
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pages_plan
import pages_tutorial
from pages_plan import listed

from afa_eval import robustness
from afa_eval.codes import _files as code_files
from afa_eval.codes import years
from afa_eval.data.checks import CHECKS

CHECKOUT = Path(__file__).resolve().parents[1]
LONDON = CHECKOUT / "examples" / "london_exams"
ROOMS = [
    "errors",
    "installed",
    "estimate",
    "kernels",
    "frames",
    "models",
    "codes",
    "data",
    "comparators",
    "demo",
    "designs",
    "robustness",
    "plan",
    "answered",
    "helped",
    "evaluation",
    "disclosure",
    "report",
    "workspace",
    "publishing",
    "cli",
]
FOR = {
    "errors": "what can go wrong, as one tree",
    "installed": "versions, and a hash of the code itself",
    "estimate": "what every room hands on: records, words, charts",
    "kernels": "arrays in, frozen records out; numpy and scipy only",
    "frames": "any table in, moments out",
    "models": "named columns to kernels; the adapters of other packages",
    "codes": "dated code sets, academic years, definitions",
    "data": "what a trust hands in: readers, checks, the four tables",
    "comparators": "England's figures and how they are matched",
    "demo": "the demo trust, with known truth",
    "designs": "one file for each evaluation question",
    "robustness": "what else could explain an answer: one file for each threat",
    "plan": "plan.toml to a frozen plan, with the line of every mistake",
    "answered": "which tables each outcome was answered from",
    "helped": "outcomes that another process answers",
    "evaluation": "plan and data in, every answer out",
    "disclosure": "evaluation in, release out",
    "report": "release in, pages and book out; computes no statistic",
    "workspace": "what stands in a plan's build folder, and when it is out of date",
    "publishing": "many plans in, one site of their books out",
    "cli": "the command",
}


RULES = (
    ("title", "For"),
    ("threshold", "Fewest people"),
    ("residual_df", "Fewest people minus parameters"),
    ("hide_zeros", "None and all hidden"),
    ("round_to", "Counts rounded to"),
    ("min_schools", "Fewest schools that answered"),
    ("dominance", "Hidden where one school has this share"),
    ("source", "Where the numbers come from"),
)


def threats() -> str:
    """What every evaluation is searched for: the first line of each threat's module."""
    modules = [import_module(threat.__module__) for threat in robustness.THREATS]
    return "\n".join(f"- {(module.__doc__ or '').strip().splitlines()[0]}" for module in modules)


def policies() -> str:
    """The policies that ship, from the file that holds them: a column each."""
    text = files("afa_eval.disclosure").joinpath("data", "policies.toml").read_text(encoding="utf-8")
    shipped = tomllib.loads(text)
    rows = [(worded(key, words), *(policy_value(key, rule[key]) for rule in shipped.values())) for key, words in RULES]
    return listed(("Rule", *(f"`{name}`" for name in shipped)), rows)


def worded(key: str, words: str) -> str:
    """A rule with the key that a policy of one's own gives it."""
    return f"{words} (`{key}`)"


def policy_value(key: str, value: Any) -> str:
    """A rule's number as a reader says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not rounded" if key == "round_to" and value == 0 else str(value)


def checks() -> str:
    """Every rule that data are checked against."""
    rows = []
    for rule in CHECKS:
        question = (import_module(rule.find.__module__).__doc__ or "").strip().splitlines()[0]
        rows.append((f"`{rule.code}`", question, rule.severity))
    return listed(("Code", "Question", "If not"), rows)


def span(first: str, last: str) -> str:
    """From when to when a code was used."""
    if first and last:
        return f"{years.label(first)} to {years.label(last)}"
    return f"since {years.label(first)}" if first else f"to {years.label(last)}" if last else "all years"


def sen() -> str:
    """The codes of SEN provision with their dates."""
    rows = [
        (f"`{row['code']}`", row["label"], span(row["first_year"], row["last_year"]))
        for row in code_files.rows("sen_provision")
    ]
    return listed(("Code", "Means", "Years"), rows)


def need_codes() -> str:
    """The codes of primary need with their dates."""
    rows = [
        (f"`{row['code']}`", row["label"], span(row["first_year"], row["last_year"]))
        for row in code_files.rows("needs")
    ]
    return listed(("Code", "Means", "Years"), rows)


def reasons() -> str:
    """Which words in a score's cell mean which reason."""
    found: dict[str, list[str]] = {}
    for row in code_files.rows("no_score"):
        found.setdefault(row["reason"], []).append(f"`{row['code']}`" if row["code"] else "blank")
    return listed(("Reason", "Written as (capitals or small)"), [(reason, ", ".join(c)) for reason, c in found.items()])


def rooms() -> str:
    """The rooms in the order in which they may import each other."""
    return listed(("Room", "For"), [(f"`{name}`", FOR[name]) for name in ROOMS])


def headlines(folder: Path) -> str:
    """What the command prints of a plan."""
    from afa_eval.workspace import run_plan

    done = run_plan(folder / "plan.toml", lambda _: None)
    return quoted(done.headlines)


def quoted(lines: Iterable[str]) -> str:
    """Sentences as a list."""
    from afa_eval.report.pages import escaped

    return "\n".join(f"- {escaped(line)}" for line in lines)


def demo_trust() -> str:
    """Headlines of the demo trust."""
    from afa_eval import demo

    with tempfile.TemporaryDirectory() as folder:
        return headlines(demo.write(Path(folder) / "demo").parent)


def london() -> str:
    """Headlines of the London example, from a copy of its folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in LONDON.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(folder / "prepare.py"), run_name="__main__")
        return headlines(folder)


def london_plan() -> str:
    """The plan of the London example."""
    return f"```toml\n{(LONDON / 'plan.toml').read_text(encoding='utf-8').rstrip()}\n```"


PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "plan.md": {"keys": pages_plan.keys},
    "data.md": {"sen": sen, "needs": need_codes, "reasons": reasons, "checks": checks},
    "disclosure.md": {"policies": policies},
    "statistics.md": {"threats": threats},
    "examples.md": {"demo": demo_trust, "london": london, "london-plan": london_plan},
    "architecture.md": {"rooms": rooms},
    "tutorial.md": pages_tutorial.parts(),
}


def mark(name: str) -> str:
    """How does a page say where a part belongs?"""
    return f"<!-- {name} -->"


def filled(page: str, text: str) -> str:
    """The page with its parts in their places."""
    for name, made in PARTS.get(page, {}).items():
        if mark(name) not in text:
            raise ValueError(f"{page} has no place for '{name}'")
        text = text.replace(mark(name), made())
    return text
