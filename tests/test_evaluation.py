"""A plan and its files become an Evaluation, or a list of what is wrong."""

import dataclasses
import pickle
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
import pytest

import afa_eval as ae
from afa_eval import evaluation, helped, installed
from afa_eval.errors import DataError, EstimationError, PlanError
from afa_eval.plan import load_plan


@pytest.fixture(scope="module")
def told():
    """What the one evaluation of ``found`` said while it ran."""
    return []


@pytest.fixture(scope="module")
def found(small_trust, told):
    return ae.evaluate(small_trust, progress=told.append)


def test_every_outcome_of_the_plan_is_answered(found):
    asked = {design.id for design in found.plan.designs}
    assert {item.outcome for item in found.estimates} == asked
    assert not [finding for finding in found.findings if finding.code == evaluation.NO_FIGURE]


def test_the_evaluation_keeps_what_a_reader_must_mind(found):
    codes = {finding.code for finding in found.findings}
    assert {"regression-to-the-mean", "low-coverage", "self-chosen-respondents"} <= codes
    assert len(found.findings) == len(set(found.findings))


def test_who_took_part_stands_beside_england(found):
    names = {table.name for table in found.tables}
    assert {"participants-sen_provision", "england-sen_provision"} <= names


def test_the_manifest_can_repeat_it_and_names_no_path(found, small_trust):
    manifest = found.manifest
    assert len(manifest["plan_sha256"]) == 64
    assert {item["table"] for item in manifest["inputs"]} == {"pupils", "attainment", "attendance", "responses"}
    assert all(len(item["sha256"]) == 64 for item in manifest["inputs"])
    assert manifest["steps"]
    assert manifest["versions"]["afa-eval"] == ae.__version__
    assert str(small_trust.parent) not in str(manifest)


def test_it_is_stored_and_read_back_whole(found):
    text = evaluation.to_json(found)
    again = evaluation.from_json(text, found.plan)
    assert again.estimates == found.estimates
    assert again.faults == found.faults
    assert evaluation.to_json(again) == text
    with pytest.raises(ValueError, match="expected afa_eval"):
        evaluation.from_json("{}", found.plan)


class Beside(Executor):
    """What a process of its own would be handed and hand back, in this one; some end before their time, some never begin."""

    def __init__(self, *broken, begins=True):
        self.handed_on, self.broken, self.begins, self.waiting = [], broken, begins, []

    def submit(self, fn, /, *args, **named):
        job = Future()
        job.set_running_or_notify_cancel()
        if fn is not evaluation._seen_answers:  # whether it has begun, and what it imports meanwhile
            if self.begins:
                job.set_result(0)
            self.waiting.append(job)
            return job
        self.handed_on.append(position := args[-1])
        if position in self.broken:
            job.set_exception(BrokenProcessPool())
            return job
        fn, args = pickle.loads(pickle.dumps((fn, args)))
        job.set_result(pickle.loads(pickle.dumps(fn(*args))))
        return job


def test_the_same_plan_and_files_give_the_same_bytes_whoever_answers(found, small_trust, told):
    last = len(found.plan.designs) - 1
    beside, said = Beside(last), []
    again = ae.evaluate(small_trust, progress=said.append, beside=beside)
    assert evaluation.to_json(again) == evaluation.to_json(found)
    assert said == told
    assert beside.handed_on[0] == last
    assert beside.handed_on == list(range(last, last - len(beside.handed_on), -1))
    assert 0 not in beside.handed_on


def test_outcomes_are_asked_again_only_where_a_table_changed_that_they_read(only, trust):
    only(trust, "reading", "relationships")
    first, said = ae.evaluate(trust), []
    stored = evaluation.from_json(evaluation.to_json(first), load_plan(trust))
    assert evaluation.to_json(ae.evaluate(trust, earlier=stored, progress=said.append)) == evaluation.to_json(first)
    assert said == ["Reading and checking the data"]
    schools = trust / "data" / "schools.csv"
    schools.write_text("".join(schools.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    again = ae.evaluate(trust, earlier=stored, progress=said.append)
    assert [text for text in said if text.startswith("Estimating")] == [
        "Estimating Schools' relationships with parents"
    ]
    assert again.estimates != first.estimates
    assert evaluation.to_json(again) == evaluation.to_json(ae.evaluate(trust))


def test_an_outcome_about_some_pupils_reads_no_table_but_its_own(found):
    (about_year_6,) = (part for part, design in zip(found.parts, found.plan.designs, strict=True) if design.where)
    assert set(about_year_6.read) == {"pupils", "census", "attainment"}


def test_outcomes_are_asked_again_where_question_own_files_or_code_changed(trust, monkeypatch):
    def asked(nobody=""):
        plan = load_plan(trust)
        return evaluation._asked_of_each(plan, [nobody] * len(plan.designs))

    plan = trust / "plan.toml"
    first = asked()
    (trust / "words.md").write_text("# Another text\n", encoding="utf-8")
    assert asked() == first
    plan.write_text(plan.read_text(encoding="utf-8").replace('id = "absence"', 'id = "absences"', 1), encoding="utf-8")
    again = asked()
    assert [now == before for now, before in zip(again, first, strict=True)].count(False) == 1
    assert not set(asked("year_group=6")) & set(again)
    monkeypatch.setattr(installed, "code", lambda: "other")
    assert not set(asked()) & {*first, *again}


def test_nobody_waits_for_a_process_that_has_not_begun(only, trust, monkeypatch):
    monkeypatch.setattr(helped, "PATIENCE", 0.0)
    only(trust, "relationships", "belonging")
    beside = Beside(begins=False)
    ae.evaluate(trust, beside=beside)
    assert beside.handed_on == []
    for job in beside.waiting:  # too late for this evaluation
        job.set_result(0)


def test_a_mistake_that_another_process_finds_is_told_as_if_found_here():
    error = PlanError("No such score.", key="outcome.1.measure", line=7)
    error.add_note("See the plan.")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.key, again.line, again.__notes__) == (str(error), error.key, 7, ["See the plan."])


def test_a_fingerprint_follows_plan_and_files(trust):
    first = evaluation.fingerprint(load_plan(trust))
    assert evaluation.fingerprint(load_plan(trust)) == first
    with (trust / "data" / "schools.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert evaluation.fingerprint(load_plan(trust)) != first


def now(found, folder, old="", new=""):
    """What is left of stored results once a line of the plan is another."""
    plan = folder / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    assert old in text
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    return evaluation.as_of_now(evaluation.from_json(evaluation.to_json(found), load_plan(plan)))


def test_results_hold_where_only_words_change_that_no_figure_comes_from(found, trust):
    same = now(found, trust)
    assert same is not None
    assert same.manifest["plan_sha256"] == found.manifest["plan_sha256"]
    (trust / "words.md").write_text("# Another text\n", encoding="utf-8")
    held = now(found, trust, "[evaluation]\ntitle = ", '[book]\ntemplate = "trust"\n[evaluation]\ntitle = "A: " #')
    assert held.estimates == found.estimates
    assert (held.about["title"], held.about["words"]) == ("A: ", "# Another text\n")
    assert held.about["n_schools"] == found.about["n_schools"]
    assert {key: held.manifest[key] for key in evaluation.fingerprint(held.plan)} == evaluation.fingerprint(held.plan)
    (trust / "words.md").unlink()
    assert now(found, trust) is None  # a run says that they are gone


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("standard = 85", "standard = 86"),
        ('sen_status_at = "baseline"', "min_schools = 7"),
        ('label = "Reading"', 'label = "Reading aloud"'),
        ('start = "202209"', 'start = "202210"'),
    ],
)
def test_results_fall_where_anything_is_asked_otherwise(found, trust, old, new):
    assert now(found, trust, old, new) is None


@pytest.mark.parametrize("maker", ["version_of", "code"])
def test_results_fall_where_a_version_or_the_code_is_another(found, trust, monkeypatch, maker):
    monkeypatch.setattr(installed, maker, lambda *_: "0.0.1")
    assert now(found, trust, "[evaluation]\ntitle = ", '[evaluation]\ntitle = "A: " #') is None


def test_results_fall_where_a_file_is_another(found, trust):
    with (trust / "data" / "schools.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert now(found, trust) is None


def test_errors_stop_it_before_it_starts_and_all_are_listed(trust):
    path = trust / "data" / "pupils_2021-22.csv"
    pupils = pd.read_csv(path, dtype=str, keep_default_na=False)
    pupils.loc[3, "sen_provision"] = "Q"
    pupils.loc[7, "pupil_id"] = pupils.loc[6, "pupil_id"]
    pupils.to_csv(path, index=False)
    faults = [fault for fault in ae.check(trust) if fault.severity == "error"]
    assert {5, 9} <= {fault.row for fault in faults} | {row for fault in faults for row in fault.rows}
    with pytest.raises(DataError, match="afa-eval check") as caught:
        ae.evaluate(trust)
    assert caught.value.faults


LONELY = """
[[outcome]]
id = "never"
design = "persistent-absence"
baseline_year = "200102"
outcome_year = "200203"
definition = "pa-10-percent"
[[outcome]]
id = "sixth-form"
design = "persistent-absence"
where = "year_group=13"
[[outcome]]
id = "nobody-scored"
design = "progress"
outcome = "READPROGSCORE_EM"
comparator = "ks2-reading-progress"
where = "year_group=3"
"""


def test_outcomes_that_cannot_be_answered_do_not_stop_the_others(trust, only):
    only(trust, "relationships", "belonging")
    plan = trust / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace('focus = "all"', 'focus = "phase=special"')
    plan.write_text(text + LONELY, encoding="utf-8")
    found = ae.evaluate(trust)
    assert found.estimates.filter(outcome="relationships").items
    said = {item.outcomes[0]: item.message for item in found.findings if item.code == evaluation.NO_FIGURE}
    assert set(said) == {"never", "sixth-form", "nobody-scored"}
    assert "2001/02" in said["never"]
    assert said["sixth-form"] == "No figure for sixth-form, because the data hold no pupils in Year 13."
    assert said["nobody-scored"].startswith("No figure for nobody-scored (pupils in Year 3 only), because no pupil has")
    (focus,) = [item for item in found.findings if item.code == evaluation.NO_FOCUS]
    assert focus.message.startswith("No figure for pupils in special schools, whom the headline")


def test_a_slip_in_a_group_is_the_plans_mistake_and_tells_the_datas_faults_too(trust):
    plan = trust / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace('by = ["sen", "sen_provision",', 'by = ["sen", "sen_provison",', 1)
    plan.write_text(text, encoding="utf-8")
    (trust / "data" / "schools.csv").write_text("", encoding="utf-8")
    with pytest.raises(PlanError, match="Did you mean 'sen_provision'") as caught:
        ae.check(trust)
    assert caught.value.line == text[: text.index("sen_provison")].count("\n") + 1
    errors = [fault for fault in caught.value.faults if fault.severity == "error"]
    assert [fault.code for fault in errors] == ["AFA102"]


def test_where_nothing_can_be_answered_it_says_so(trust):
    (trust / "plan.toml").write_text(
        '[evaluation]\ntitle = "x"\n[data]\nattendance = "data/attendance.csv"\n[[outcome]]\nid = "never"\n'
        'design = "persistent-absence"\nbaseline_year = "200102"\noutcome_year = "200203"\n'
        'definition = "pa-10-percent"\n',
        encoding="utf-8",
    )
    with pytest.raises(EstimationError, match="2001/02"):
        ae.evaluate(trust)


def test_progress_is_told_in_words(found, told):
    assert told[0] == "Reading and checking the data"
    assert any("Reading" in line for line in told[1:])


def test_needs_are_named_once(found):
    needed = evaluation.needs(found.plan.designs)
    assert len(needed) == len(set(needed))
    assert all(dataclasses.is_dataclass(need) for need in needed)
