"""Imports point one way only: each room may import what stands before it."""

import subprocess
import sys

import grimp
import pytest

ROOMS = (
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
)


@pytest.fixture
def graph():
    return grimp.build_graph("afa_eval", include_external_packages=True, cache_dir=None)


def room(module):
    return module.split(".")[1] if module.startswith("afa_eval.") else None


def arrows(graph):
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            if module.startswith("afa_eval") and imported.startswith("afa_eval"):
                yield module, imported


def test_every_room_stands_in_the_order(graph):
    found = {room(module) for module in graph.modules if room(module)}
    assert found <= set(ROOMS), found - set(ROOMS)


def test_no_arrow_points_the_other_way(graph):
    wrong = [
        f"{module} imports {imported}"
        for module, imported in arrows(graph)
        if room(module) and room(imported) and ROOMS.index(room(imported)) > ROOMS.index(room(module))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_in_a_circle(graph):
    for room_of_the_front_door in sorted(graph.find_modules_directly_imported_by("afa_eval")):
        graph.remove_import(importer="afa_eval", imported=room_of_the_front_door)  # lazy, for type checkers only
    assert len(graph.modules) > 100
    circles = []
    for module in sorted(graph.modules):
        if not module.startswith("afa_eval."):
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            if imported.startswith("afa_eval.") and graph.find_shortest_chain(importer=imported, imported=module):
                circles.append(f"{module} <-> {imported}")
    assert not circles, "\n".join(circles)


def test_kernels_know_numbers_only(graph):
    allowed = {"numpy", "scipy", "afa_eval"}
    kernels = [module for module in graph.modules if room(module) == "kernels"]
    outside = {
        imported.split(".")[0]
        for module in kernels
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] not in sys.stdlib_module_names
    }
    assert kernels
    assert outside <= allowed, outside - allowed


def test_designs_do_not_know_the_report_nor_the_report_the_designs(graph):
    for module, imported in arrows(graph):
        assert not (room(module) == "designs" and room(imported) == "report")
        assert not (room(module) == "report" and room(imported) in {"designs", "kernels", "models", "evaluation"}), (
            module
        )


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"pandas", "numpy", "scipy", "duckdb", "pydantic", "matplotlib", "linearmodels", "pingouin", "narwhals"}
    code = f"import sys, afa_eval; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_heavy_libraries_are_imported_where_used():
    """Importing the designs and the command costs none of these."""
    heavy = {"linearmodels", "pingouin", "statsmodels", "scipy.stats", "matplotlib", "duckdb"}
    code = f"import sys, afa_eval.cli, afa_eval.designs, afa_eval.evaluation; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
