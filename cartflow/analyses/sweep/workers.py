"""Who runs the members: threads for compiled runs, processes for the others."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context

from cartflow.analyses.sweep.members import Member, Runner, too_long
from cartflow.analyses.sweep.plan import Plan
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.simulation import Simulation

_AHEAD = 4  # members waiting for each worker
_GRACE = 300.0  # seconds beyond its limit after which a member's process is ended
_ATTEMPTS = 3  # processes in which a member is tried that ends them
_EVERY = 0.5  # seconds between looks at whether members end


def ended(
    runner: Runner, places: Sequence[int], workers: int
) -> Generator[list[Member], None, None]:
    """Yield members as they end, some at a time, or none every half second.

    Those of one system and of bodies alone run in threads, which the compiled loops let work side
    by side; with more than one worker others run in processes, and a member that ends its process
    is marked. When the caller stops, members under way stop between two steps.
    """
    stopping = threading.Event()
    rest = iter(places)
    in_threads = workers == 1 or _compiled(runner.plan)
    crew = None if in_threads else _Crew(runner)
    run = _in_thread(runner, stopping) if crew is None else crew.run
    with ThreadPoolExecutor(workers, "cartflow-sweep") as pool:
        try:
            if crew is None:
                # The first compiles, or reads from disk, what the others run.
                yield from _finished(pool, run, islice(rest, 1), 1)
            yield from _finished(pool, run, rest, _AHEAD * workers)
        finally:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if crew is not None:
                crew.end()


def _compiled(plan: Plan) -> bool:
    prepared = plan.study.prepared
    if isinstance(prepared, Simulation):
        return prepared.one_system
    return isinstance(prepared, BodyAlone)


def _in_thread(runner: Runner, stopping: threading.Event) -> Callable[[int], Member]:
    return lambda place: runner.run(place, stopping.is_set)


def _finished(
    pool: ThreadPoolExecutor, run: Callable[[int], Member], places: Iterator[int], ahead: int
) -> Iterator[list[Member]]:
    waiting: set[Future[Member]] = {pool.submit(run, place) for place in islice(places, ahead)}
    while waiting:
        done, waiting = wait(waiting, timeout=_EVERY, return_when=FIRST_COMPLETED)
        waiting |= {pool.submit(run, place) for place in islice(places, len(done))}
        yield [future.result() for future in done]


class _Crew:
    """Processes, one for each thread that asks, so that it is known which member ended one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner.sent()
        self._own = threading.local()
        self._pools: set[ProcessPoolExecutor] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, place: int) -> Member:
        """Return what a member came to in this thread's process.

        A process that is killed from outside loses no member; one that ends with each of a few
        processes is marked.
        """
        for _ in range(_ATTEMPTS):
            found = self._attempt(place)
            if found is not None:
                return found
        return Member(place=place, status="stopped: its process ended", values={})

    def _attempt(self, place: int) -> Member | None:
        if self._ended:
            return None
        pool = self._pool()
        limit = self._runner.limit
        try:
            sent = pool.submit(_run, place)
            return sent.result(None if limit is None else limit + _GRACE)
        except BrokenProcessPool:
            self._drop(pool)
            return None
        except TooLong:
            self._drop(pool)
            assert limit is not None
            return Member(place=place, status=f"stopped: member: {too_long(limit)}", values={})

    def end(self) -> None:
        """End all processes."""
        self._ended = True
        with self._lock:
            pools, self._pools = self._pools, set()
        for pool in pools:
            _kill(pool)

    def _pool(self) -> ProcessPoolExecutor:
        pool: ProcessPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None:
            pool = ProcessPoolExecutor(
                1, get_context("spawn"), initializer=_begin, initargs=(self._runner,)
            )
            with self._lock:
                self._pools.add(pool)
            self._own.pool = pool
        return pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        self._own.pool = None
        with self._lock:
            self._pools.discard(pool)
        _kill(pool)


def _kill(pool: ProcessPoolExecutor) -> None:
    # A process has no way to be told to stop; only its parent knows it.
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)


_RUNNER: list[Runner] = []
_PARENT: list[int] = []


def _begin(runner: Runner) -> None:
    """Begin a process: what its parent is interrupted by is the parent's to act on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _RUNNER[:], _PARENT[:] = [runner], [os.getppid()]


def _run(place: int) -> Member:
    # Of a parent that was killed nobody waits for an answer.
    return _RUNNER[0].run(place, lambda: os.getppid() != _PARENT[0])
