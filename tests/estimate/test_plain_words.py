from __future__ import annotations

from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.estimate import Claim, Estimand
from afa_eval.estimate.words import plain

CHANGE = Estimand.PERSISTENT_ABSENCE_CHANGE


def figure(value=-0.031, estimand=CHANGE, unit="proportion difference", **more):
    plain = {"outcome": "a", "group": "sen=any", "base": "enrolments", "claim": Claim.DESCRIPTION, "method": "m"}
    return ReleasedEstimate(value=value, estimand=estimand, unit=unit, **{**plain, **more})


def test_a_rise_shows_its_sign_and_a_level_does_not() -> None:
    assert plain.amount(figure(0.031), sign=True) == "+3.1 percentage points"
    assert plain.amount(figure(0.031)) == "3.1 percentage points"
    share = figure(0.3, Estimand.PERSISTENT_ABSENCE_AFTER, "proportion")
    assert plain.amount(share, sign=True) == "30.0%"


def test_a_hidden_figure_is_its_symbol() -> None:
    assert plain.amount(figure(None, status="c")) == "[c]"
    assert "no child can be known" in plain.plainly(figure(None, status="c"))


def test_how_sure_the_direction_is_follows_from_the_interval() -> None:
    assert "could be chance" in plain.sure(figure(ci=(-0.06, 0.01)))
    assert "unlikely to be chance" in plain.sure(figure(ci=(-0.06, -0.01)))
    assert "too few schools" in plain.sure(figure())
    assert plain.sure(figure(None, status="c")) == ""
    assert plain.sure(figure(0.3, Estimand.PERSISTENT_ABSENCE_AFTER, "proportion", ci=(0.2, 0.4))) == ""


def test_a_share_is_said_in_every_hundred() -> None:
    share = figure(0.334, Estimand.PERSISTENT_ABSENCE_AFTER, "proportion")
    assert plain.hundred(share) == "33 in every 100 pupils with SEN"
    assert plain.hundred(figure()) == ""


def test_no_word_of_ours_says_significant() -> None:
    values = (-0.05, 0.0, 0.05)
    said = [plain.plainly(figure(v)) + plain.sure(figure(v, ci=(-0.06, -0.01))) for v in values]
    assert not any("significan" in text.lower() for text in said)
