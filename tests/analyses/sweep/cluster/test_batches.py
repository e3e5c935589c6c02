"""Which members go together, and who is blamed for a worker that died: by a cluster played here."""

import random

import pytest

from cartflow.analyses.sweep.cluster.batches import Batches


def played(count, threads, dies, *, at_once=1, seed=1, deaths=1):
    """Play a cluster; `dies(batch, drawn)` says whether its worker does. Return ended and marked.

    As on a cluster of others, `at_once` batches wait at a worker and die with it.
    """
    draw = random.Random(seed)
    batches, ended, marked = Batches(range(count)), [], []
    waiting = []
    while True:
        while len(waiting) < threads * at_once and (batch := batches.next(threads)):
            waiting.append(batch)
        if not waiting:
            return ended, marked
        draw.shuffle(waiting)
        together, waiting = waiting[:at_once], waiting[at_once:]
        if any(dies(batch, draw.random()) for batch in together):
            for batch in together:
                marked += batches.died(batch, deaths)
        else:
            for batch in together:
                ended += batch
                batches.ended(batch, batch, 0.01 * len(batch))


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_every_member_runs_once(threads):
    ended, marked = played(1000, threads, lambda *_: False)
    assert sorted(ended) == list(range(1000))
    assert marked == []


def test_deaths_from_outside_lose_no_member_and_blame_none():
    for seed in range(20):
        ended, marked = played(2000, 2, lambda _, drawn: drawn < 0.1, seed=seed)
        assert sorted(ended) == list(range(2000))
        assert marked == []


@pytest.mark.parametrize(("at_once", "deaths"), [(1, 1), (2, 4)])
def test_members_that_end_their_worker_are_marked_alone(at_once, deaths):
    killers = {5, 6, 700, 999}
    ended, marked = played(
        1000, 2, lambda batch, _: bool(killers & set(batch)), at_once=at_once, deaths=deaths
    )
    assert sorted(marked) == sorted(killers)
    assert sorted(ended + marked) == list(range(1000))


def test_batches_take_about_a_second_and_the_last_are_shared():
    batches = Batches(range(10_000))
    assert batches.next(2) == (0,)
    batches.ended((0,), (0,), 0.01)
    batch = batches.next(2)
    assert len(batch) == 100
    # A first that compiles, or one odd member, does not set the size of all.
    for seconds in (0.5, 0.01, 0.01):
        batches.ended(batch, batch, seconds * len(batch))
        batch = batches.next(2)
    assert 90 <= len(batch) <= 110
    batches = Batches(range(21))
    batches.ended(batches.next(2), (0,), 0.001)
    assert len(batches.next(2)) == 5


def test_what_came_back_without_having_run_comes_again():
    batches = Batches(range(4))
    batches.ended(batches.next(1), (0,), 0.1)
    batch = batches.next(1)
    batches.ended(batch, batch[:1], 2.5)
    rest = []
    while batch := batches.next(1):
        rest += batch
    assert sorted(rest) == [2, 3]
