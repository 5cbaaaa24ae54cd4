"""Who answers what, where another process helps."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace

import pytest

from afa_eval import helped

PLAIN, SCALE = SimpleNamespace(), SimpleNamespace(items=("q1", "q2"))


def answer(place):
    return f"answer {place}"


@pytest.fixture
def process():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_without_another_process_nobody_helps():
    with helped.helper(None) as nobody:
        assert nobody is None


def test_a_scale_is_left_to_the_other_even_where_it_is_the_first(process):
    with helped.helper(process) as other:
        other.get_ready([PLAIN, SCALE])
        other.share([1], answer)
        assert not other.leaves(1)
        assert other.answer(1) == "answer 1"


def test_the_first_of_the_rest_is_done_here_and_what_the_other_has_not_come_to():
    free, asked = threading.Event(), []

    def slow(place):
        asked.append(place)
        free.wait(10)
        return answer(place)

    with ThreadPoolExecutor(1) as process, helped.helper(process) as other:
        other.get_ready([PLAIN] * 4)
        assert other.begun.wait(10)
        other.share([0, 1, 2, 3], slow)
        while not asked:
            pass
        assert [other.leaves(place) for place in range(4)] == [True, True, True, False]
        free.set()
        assert other.answer(3) == "answer 3"
    assert asked == [3]


def test_scales_come_before_all_others(process):
    asked = []
    with helped.helper(process) as other:
        other.get_ready([PLAIN, SCALE, PLAIN, SCALE, PLAIN])
        other.share([0, 1, 2, 3, 4], asked.append)
        assert other.answer(3) is None  # what append answers
        assert other.answer(1) is None
        other.hands.submit(int).result(10)
    assert asked[:2] == [3, 1]
    assert 0 not in asked


@pytest.mark.parametrize("fault", [BrokenProcessPool(), ConnectionRefusedError(), EOFError()])
def test_who_ends_before_its_time_is_not_waited_for(fault):
    class Broken(Executor):
        def submit(self, fn, /, *args, **named):
            job = Future()
            job.set_exception(fault)
            return job

    with helped.helper(Broken()) as other:
        other.get_ready([PLAIN, SCALE])
        other.share([0, 1], answer)
        assert other.answer(1) is None


def test_a_mistake_that_the_other_finds_is_told_here(process):
    def wrong(place):
        raise ValueError(place)

    with helped.helper(process) as other:
        other.get_ready([SCALE])
        other.share([0], wrong)
        with pytest.raises(ValueError, match="0"):
            other.answer(0)
