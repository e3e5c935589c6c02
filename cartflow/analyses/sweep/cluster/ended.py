"""Members run on a Dask cluster, given back as they end, whatever becomes of its workers."""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from cartflow.analyses.sweep.cluster.batches import Batch, Batches
from cartflow.analyses.sweep.cluster.place import Cluster
from cartflow.analyses.sweep.cluster.worker import Done, Order, run_batch
from cartflow.analyses.sweep.identity import names_along, surroundings
from cartflow.analyses.sweep.members import Member, Runner
from cartflow.core.outcome import InputError, RunStopped

_EVERY = 0.5  # seconds between looks at the cluster
_COUNTED = 5.0  # between counts of its threads
_FETCHED = 10.0  # within which what a batch came to is fetched
_GRACE = 300.0  # beyond its limit, after which a member is given up that does not look at it


def ended_on(
    cluster: Cluster, runner: Runner, places: Sequence[int], grace: float = _GRACE
) -> Generator[list[Member], None, None]:
    """Yield members as they end on the workers of `cluster`, or none every half second.

    A worker that dies loses no member; a member that is alone at its worker and ends it again and
    again is marked. Raises `RunStopped` when the scheduler is gone, and `InputError` where a
    worker has another study, version or machine than this process.
    """
    crew = _Crew(cluster, runner, places, grace)
    try:
        while crew.send():
            yield crew.came()
    finally:
        crew.end()


class _Crew:
    """The batches under way on a cluster."""

    def __init__(
        self, cluster: Cluster, runner: Runner, places: Sequence[int], grace: float
    ) -> None:
        self._client, self._keep, self._plan = cluster.client, cluster.keep, runner.plan
        self._order = order_of(runner, grace)
        self._batches = Batches(places)
        self._waiting: dict[Any, Batch] = {}
        self._back: SimpleQueue[Any] = SimpleQueue()
        self._threads, self._counted = 1, -_COUNTED

    def send(self) -> bool:
        """Send as many batches as keep all at work; return whether any are under way."""
        self._count()
        while len(self._waiting) < 2 * self._threads and (
            batch := self._batches.next(self._threads)
        ):
            jobs = [(place, self._plan.assigned(place)) for place in batch]
            future = self._client.submit(run_batch, self._order, jobs, pure=False)
            self._waiting[future] = batch
            future.add_done_callback(self._take)
        return bool(self._waiting)

    def came(self) -> list[Member]:
        """Return the members that ended since, after half a second at most."""
        members: list[Member] = []
        with suppress(Empty):
            future, found = self._back.get(timeout=_EVERY)
            while True:
                members += self._of(self._waiting.pop(future), found)
                future, found = self._back.get_nowait()
        if self._client.status != "running":
            raise self._gone()
        return members

    def end(self) -> None:
        """Have what is under way no longer waited for."""
        with suppress(Exception):
            self._client.cancel(list(self._waiting), force=True)
        self._waiting.clear()

    def _take(self, future: Any) -> None:
        """Fetch what came of a batch, in the thread in which Dask calls back.

        Where a worker dies between its end and this, the batch is run once more, and called back
        for then: all clients of a process share the thread, which nobody may keep for himself.
        """
        try:
            found = future.result(timeout=_FETCHED)
        except TimeoutError:
            if self._client.status == "running":
                future.add_done_callback(self._take)
            return
        except BaseException as error:
            found = error
        self._back.put((future, found))

    def _of(self, batch: Batch, found: Done | BaseException) -> list[Member]:
        from distributed import CancelledError
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        if isinstance(found, Done):
            return self._ended(batch, found)
        if isinstance(found, KilledWorker):
            return self._given_up(self._batches.died(batch, found.allowed_failures + 1))
        if isinstance(found, (CancelledError, CommClosedError)):
            raise self._gone()
        raise found

    def _ended(self, batch: Batch, done: Done) -> list[Member]:
        if done.unlike:
            msg = f"sweep: the worker {done.address} cannot run it: {done.unlike}"
            raise InputError(msg)
        self._batches.ended(batch, [member.place for member in done.members], done.seconds)
        if done.stuck:
            # Without a nanny nobody can begin it anew; then it goes on as it is.
            with suppress(Exception):
                self._client.restart_workers([done.address], raise_for_error=False)
        return done.members

    def _given_up(self, batch: Batch) -> list[Member]:
        return [
            Member(
                place=place,
                status=f"stopped: its worker ended {self._batches.deaths(place)} times",
                values={},
            )
            for place in batch
        ]

    def _count(self) -> None:
        if time.monotonic() - self._counted > _COUNTED:
            try:
                threads = sum(self._client.nthreads().values())
            except (OSError, TimeoutError):
                raise self._gone() from None
            self._keep(threads)
            self._threads, self._counted = max(1, threads), time.monotonic()

    def _gone(self) -> RunStopped:
        return RunStopped("sweep: its scheduler is gone; the same command goes on from there")


def order_of(runner: Runner, grace: float) -> Order:
    """Return a sweep as its workers need it, wherever they were begun."""
    study = runner.plan.study
    names = tuple(names_along(runner.plan))
    wanted = tuple(surroundings(study, names).items())
    folder = study.folder.absolute()
    raw = pickle.dumps(runner.without_axes(folder))
    token = hashlib.sha256(repr((wanted, names, grace)).encode() + raw).hexdigest()
    return Order(
        token=token,
        runner=raw,
        names=names,
        wanted=wanted,
        grace=grace,
        folder=_prefix(folder),
        written=_prefix(study.folder),
    )


def _prefix(folder: Path) -> str:
    """Return what stands before a file's name in `folder`."""
    return str(folder / "x")[:-1]
