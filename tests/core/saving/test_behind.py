"""Work beside its caller is done in order, is never far behind, and its errors are told."""

import threading

import pytest

from cartflow.core.saving.behind import Behind


def test_tasks_end_in_their_order_and_none_is_lost():
    behind, ended = Behind(), []
    found = [behind.do(lambda number=number: ended.append(number) or number) for number in range(9)]
    behind.settle()
    assert ended == list(range(9))
    assert [one.result() for one in found] == list(range(9))


def test_the_caller_waits_where_one_task_waits_already():
    behind, go, begun = Behind(), threading.Event(), []
    behind.do(go.wait)
    behind.do(lambda: begun.append("second"))
    third = threading.Thread(target=behind.do, args=(lambda: begun.append("third"),))
    third.start()
    third.join(0.2)
    assert third.is_alive()
    go.set()
    third.join()
    behind.settle()
    assert begun == ["second", "third"]


def test_what_a_task_raises_is_raised_when_it_is_waited_for():
    behind = Behind()
    behind.do(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        behind.settle()
    assert behind.do(lambda: 2).result() == 2
