"""Processes beside this one: they begin quietly, make the same bytes, and end with the one who began them."""

import os
import signal
import time
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context

import pytest

from afa_eval.errors import ReportError
from afa_eval.report import apart


@pytest.fixture
def spawned(monkeypatch):
    """New interpreters, which import nothing that they are not asked to."""
    monkeypatch.setattr(apart, "_how", lambda _: get_context("spawn"))


def interrupted(jobs):
    """Begin what never ends, and be stopped by the keyboard meanwhile."""
    with apart.builders(1) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN  # it does not hear for itself
        jobs.append(pool.submit(time.sleep, 3600))
        raise KeyboardInterrupt


def test_who_interrupts_waits_for_nobody(spawned):
    jobs = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(jobs)
    (asleep,) = jobs
    assert asleep.done()
    assert active_children() == []


def test_a_process_that_ended_before_its_time_is_said_in_a_sentence(spawned):
    with apart.builders(1) as pool, pytest.raises(ReportError, match="ended before its time"):
        apart.awaited(pool.submit(os._exit, 1))


@pytest.mark.parametrize("fault", [BrokenProcessPool("ended"), ConnectionRefusedError(111, "refused"), EOFError()])
def test_a_process_that_had_ended_when_it_was_asked_is_said_in_the_same_sentence(fault):
    class Ended(Executor):
        def submit(self, *_, **__):
            raise fault

    both = apart.Beside(Ended(), Ended())
    both.get_ready_to_write()
    both.get_ready_to_build()
    with pytest.raises(ReportError, match="ended before its time"):
        apart.awaited(apart.asked(both.builds, int))


def test_what_makes_the_same_bytes_is_told_to_them_and_not_left_here(spawned, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with apart.builders(1) as pool:
        assert pool.submit(os.getenv, "SOURCE_DATE_EPOCH").result() == apart.EPOCH
        assert pool.submit(os.getenv, "PYTHONHASHSEED").result() == "0"
    assert os.environ["SOURCE_DATE_EPOCH"] == "1"
    assert "PYTHONHASHSEED" not in os.environ


def test_the_keyboard_is_heard_again_when_all_have_begun():
    heard = signal.getsignal(signal.SIGINT)
    with apart._deaf():
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) == heard


def test_a_rehearsal_is_held_for_several_books_only(monkeypatch):
    told = []

    class How:
        def get_start_method(self):
            return "forkserver"

        def set_forkserver_preload(self, names):
            told.append(names)

    monkeypatch.setattr(apart, "get_context", lambda _: How())
    apart._how(1)
    apart._how(apart.MANY)
    assert [{apart.DRAWN, apart.BUILT} <= set(names) for names in told] == [False, True]


@pytest.mark.skipif(not apart.FORKS, reason="processes are not forked here")
def test_who_writes_has_what_this_process_has_and_ends_with_it(monkeypatch):
    monkeypatch.setattr(apart, "SCALES", ())
    monkeypatch.setattr(apart, "active_count", lambda: 1)
    with apart.beside(forked=True) as both:
        assert both.writes.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
        assert both.writes.submit(os.getppid).result() == os.getpid()
        assert both.writes.submit(os.getenv, "SOURCE_DATE_EPOCH").result() == apart.EPOCH
        both.writes.submit(time.sleep, 3600)  # nobody waits for what nobody asks about
    assert active_children() == []


@pytest.mark.parametrize(("threads", "forked"), [(2, True), (1, False)])
def test_no_process_is_forked_that_could_copy_what_is_open(monkeypatch, threads, forked):
    def refuse():
        raise AssertionError

    monkeypatch.setattr(apart, "_forked", refuse)
    monkeypatch.setattr(apart, "active_count", lambda: threads)
    with apart.beside(forked=forked):
        pass
