"""Tasks in this process and in others: the same results in the same order, drawn as needed."""

import operator
import os

import pytest

from translation.preparation.process_pool import Workers


def test_one_process_draws_a_task_at_a_time():
    drawn = []

    def tasks():
        for number in range(3):
            drawn.append(number)
            yield number, 1

    with Workers(1) as workers:
        results = workers.map(operator.add, tasks())
        assert drawn == []
        assert [next(results), drawn] == [1, [0]]
        assert list(results) == [2, 3]


@pytest.mark.parametrize("tasks", [[], [()]])
def test_no_process_for_a_single_task(tasks):
    with Workers(8) as workers:
        assert list(workers.map(os.getpid, tasks)) == [os.getpid()] * len(tasks)


# Other processes load what they need anew, which takes seconds: all about them is one test.
def test_several_processes():
    drawn = []

    def tasks():
        for number in range(40):
            drawn.append(number)
            yield 10, number + 1

    with Workers(2) as workers:
        results = workers.map(operator.floordiv, tasks())
        assert next(results) == 10
        assert len(drawn) < 6
        assert list(results) == [10 // number for number in range(2, 41)]
        pids = set(workers.map(os.getpid, [()] * 4))
        assert os.getpid() not in pids and 1 <= len(pids) <= 2
        with pytest.raises(ZeroDivisionError):
            list(workers.map(operator.floordiv, [(1, 1), (1, 0), (1, 1)]))
