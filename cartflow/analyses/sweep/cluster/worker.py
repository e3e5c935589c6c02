"""What a Dask worker does: a batch of members, and what it says of them."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cartflow.analyses.sweep.identity import surroundings
from cartflow.analyses.sweep.members import Member, Runner, too_long
from cartflow.core.outcome import InputError

_MOST_SECONDS = 2.0  # after which a batch comes back, perhaps with members that have not run
_RUNNERS: dict[str, Runner] = {}
_MOST_RUNNERS = 4
_LOCK = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Order:
    """A sweep as a worker needs it.

    The runner is pickled, under a `token` that tells it from others; `names` are texts that
    members are assigned, which may be files; `wanted` is what must be equal here and there. A
    member that does not look at its limit is given up `grace` seconds after it. Reasons name files
    by `folder`, from which the study's paths start, as it is `written` where the sweep began.
    """

    token: str
    runner: bytes
    names: tuple[str, ...]
    wanted: tuple[tuple[str, str], ...]
    grace: float
    folder: str
    written: str

    def told(self, member: Member) -> Member:
        """Return the member with its reason as it would be where the sweep began."""
        return replace(member, status=member.status.replace(self.folder, self.written))


@dataclass(frozen=True, kw_only=True)
class Done:
    """Members that have ended, in how many seconds, at which worker's address.

    `stuck` says that one was given up that the worker still has at work. `unlike` says in what
    the worker differs, for which it ran nothing.
    """

    members: list[Member]
    seconds: float
    address: str
    stuck: bool = False
    unlike: str = ""


class Cancelled(Exception):
    """Nobody waits any more for a batch."""


def run_batch(order: Order, jobs: Sequence[tuple[int, dict[str, Any]]]) -> Done:
    """Run members, given by place and what they are assigned, for some seconds at most."""
    from distributed import get_worker

    worker = get_worker()
    asked = _nobody_waits(worker)
    try:
        runner = _runner(order)
    except InputError as error:
        return Done(members=[], seconds=0.0, address=worker.address, unlike=str(error))
    begun, found, stuck = time.monotonic(), [], False
    for place, assigned in jobs:
        member = _one(partial(runner.run_with, place, assigned, asked), runner, order)
        stuck = member is None
        found.append(_given_up(place, runner) if member is None else order.told(member))
        if stuck or time.monotonic() - begun > _MOST_SECONDS:
            break
    seconds = time.monotonic() - begun
    return Done(members=found, seconds=seconds, address=worker.address, stuck=stuck)


def _one(run: Callable[[], Member], runner: Runner, order: Order) -> Member | None:
    """Return what a member came to; None if it is at work long after its limit."""
    if runner.limit is None:
        return _or_cancelled(run)
    found: list[Member | BaseException] = []
    thread = threading.Thread(target=lambda: found.append(_caught(run)), daemon=True)
    thread.start()
    thread.join(runner.limit + order.grace)
    if not found:
        return None
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


def _caught(run: Callable[[], Member]) -> Member | BaseException:
    try:
        return _or_cancelled(run)
    except BaseException as error:  # raised where it is waited for
        return error


def _or_cancelled(run: Callable[[], Member]) -> Member:
    try:
        return run()
    except KeyboardInterrupt:
        raise Cancelled from None


def _given_up(place: int, runner: Runner) -> Member:
    assert runner.limit is not None
    return Member(place=place, status=f"stopped: member: {too_long(runner.limit)}", values={})


def _nobody_waits(worker: Any) -> Callable[[], bool]:
    """Return what says whether the task that now runs was cancelled, as when its client is gone."""
    key = worker.get_current_task()

    def asked() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return asked


def _runner(order: Order) -> Runner:
    """Return the runner of a sweep, read once a process.

    Raises `InputError` where the study, its files, a version or the machine are others.
    """
    with _LOCK:
        found = _RUNNERS.get(order.token)
        if found is None:
            found = pickle.loads(order.runner)
            _require_alike(order, found)
            while len(_RUNNERS) >= _MOST_RUNNERS:
                del _RUNNERS[next(iter(_RUNNERS))]
            _RUNNERS[order.token] = found
        return found


def _require_alike(order: Order, runner: Runner) -> None:
    here = surroundings(runner.plan.study, order.names)
    told = [
        f"{name} differs" if name == "study" else f"{name} {here[name]}, not {wanted}"
        for name, wanted in order.wanted
        if here[name] != wanted
    ]
    if told:
        msg = f"{' and '.join(told)}"
        raise InputError(msg)
