"""Nothing is left out: every design, public name, plan key, check and room has its place in the book."""

import dataclasses
import re

import pytest

import afa_eval as ae
from afa_eval import robustness
from afa_eval.data.checks import CHECKS
from afa_eval.errors import PlanError
from afa_eval.estimate import Estimand
from afa_eval.plan import model
from afa_eval.plan.load import parse_plan


def test_every_design_has_a_methods_page_in_the_contents(book, builder, keys):
    pages = {page for names in builder.CONTENTS.values() for page in names}
    for slug, design in ae.DESIGNS.items():
        page = keys.method_page(slug)
        assert page in pages, slug
        text = (book / f"{page}.md").read_text(encoding="utf-8")
        assert f'design = "{slug}"' in text
        assert f"`{design.__name__}`" in text


def test_every_public_name_has_an_entry_in_the_reference(reference):
    assert reference.listed() == set(ae.__all__)


@pytest.mark.parametrize("name", ["Estimates", "PrePostProgress", "fit_mixed", "DESIGNS", "PlanError"])
def test_an_entry_is_a_directive_for_the_object(reference, name):
    pages = "\n".join(made() for made in reference.pages().values())
    assert re.search(rf"^\.\. auto(class|function|data):: afa_eval\.{name}$", pages, re.MULTILINE)


def test_modules_are_told_by_their_public_names(reference):
    page = reference.page("comparators")
    assert all(f"afa_eval.comparators.{name}" in page for name in ("find", "series", "weighted", "transition"))
    assert "_files" not in reference.page("codes")


def test_every_estimand_is_in_the_reference(reference):
    page = reference.page("results")
    assert all(f"``{item}``" in page and item.definition in page for item in Estimand)


def test_every_key_of_the_plan_is_told_with_its_meaning(keys):
    page = keys.keys()
    for kind in (model.EvaluationSection, model.Period, model.ProgrammeSection, model.DataSection):
        assert all(f"* - `{field.alias or name}`" in page for name, field in kind.model_fields.items())
    for design in ae.DESIGNS.values():
        for field in dataclasses.fields(design):
            if field.name not in keys.FROM_ELSEWHERE:
                assert f"* - `{field.name}`" in page, (design.slug, field.name)


@pytest.mark.parametrize("slug", ae.DESIGNS)
def test_the_keys_told_are_the_keys_that_a_plan_takes(keys, slug, tmp_path):
    text = f'[evaluation]\ntitle = "t"\n[data]\n[[outcome]]\nid = "x"\ndesign = "{slug}"\nzzzzzz = 1\n'
    with pytest.raises(PlanError) as told:
        parse_plan(text, folder=tmp_path)
    listed = re.search(r"There are: ([^.]+)\.", str(told.value)).group(1).split(", ")
    page = keys.keys()
    assert [name for name in listed if f"* - `{name}`" not in page] == []


def test_every_check_and_threat_is_told(parts):
    assert all(f"`{check.code}`" in parts.checks() for check in CHECKS)
    assert parts.threats().count("\n- ") == len(robustness.THREATS) - 1


def test_the_rooms_are_those_of_the_package(book, parts):
    package = book.parent / "afa_eval"
    rooms = {path.stem for path in package.iterdir() if path.is_dir() or path.suffix == ".py"}
    rooms = {name for name in rooms if not name.startswith("_") and name != "py"}
    assert set(parts.ROOMS) == set(parts.FOR) == rooms
