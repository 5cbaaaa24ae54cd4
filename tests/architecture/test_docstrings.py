"""Every public function says what it answers and what it returns; every function is typed."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "afa_eval"
FILES = sorted(PACKAGE.rglob("*.py"))
NO_RETURN = {"None", "NoReturn"}


def functions(tree):
    """Public functions and methods of a module, with whether each is a property."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            names = {ast.unparse(mark).partition("(")[0] for mark in node.decorator_list}
            is_rule = "check" in names  # a rule of the check: its docstring is the question it asks
            yield node, bool(names & {"property", "cached_property"}) or is_rule, "overload" in names


def nested(tree):
    """Functions inside functions and private classes: nobody outside calls them."""
    return {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef) or (isinstance(outer, ast.ClassDef) and outer.name.startswith("_"))
        for inner in ast.walk(outer)
        if isinstance(inner, ast.FunctionDef) and inner is not outer
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_functions_say_what_they_return(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = nested(tree)
    missing = []
    for node, is_property, is_overload in functions(tree):
        if node in inside or is_overload:
            continue
        text = ast.get_docstring(node) or ""
        returned = ast.unparse(node.returns) if node.returns else ""
        if not text or not returned:
            missing.append(f"{node.name}: no docstring or no return type")
        commands = path.name == "cli.py"
        if (
            not is_property
            and not commands
            and returned not in NO_RETURN
            and not {"Returns", "Yields"} & set(text.split())
        ):
            missing.append(f"{node.name}: no Returns")
    assert not missing, missing
