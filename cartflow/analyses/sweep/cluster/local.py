"""A Dask cluster of this machine's processes, that nobody else can reach."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cartflow.core.outcome import InputError, RunStopped

LOOPBACK = "127.0.0.1"
# What a worker imports, from Dask to the compiled loops of most members.
_IMPORTED = (
    "distributed",
    "distributed.http.worker",
    "cartflow.analyses.sweep.cluster.worker",
    "cartflow.coupling.line.stepper",
    "cartflow.pbpk.organs.steps",
)
# What Dask writes into the environment beside what its configuration says: a seed for hashes, and
# whose children show what they are.
_WRITTEN = ("PYTHONHASHSEED", "__DASK_PARENT_PID")
_MOST_STARTS = 20  # of workers of which none came to work
_CONFIG = {
    # A death is told at once, and judged by `Batches`; no member waits at a worker that may die.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # Nobody looks at where a worker is every hundredth of a second.
    "distributed.worker.profile.enabled": False,
    # A worker that begins anew is waited for, however slow the machine.
    "distributed.deploy.lost-worker-timeout": "1 day",
}


# What it changes holds for the whole process: the environment, and Dask's configuration.
_ONE = threading.Lock()


class Nannies:
    """The processes that watch over workers, as many as were asked for.

    One begins its worker anew when that dies, but not its first if that dies as it begins: then
    another takes its place.
    """

    def __init__(self, cluster: Any, count: int) -> None:
        self._cluster, self._count = cluster, count
        self._suspects: set[int] = set()
        self._vain = 0
        self.keep(count)

    def keep(self, threads: int) -> None:
        """Replace those whose worker is gone at two looks; `threads` work. Raises `RunStopped`."""
        self._vain = 0 if threads else self._vain
        self._cluster.sync(self._keep)
        if self._vain > _MOST_STARTS:
            msg = (
                "sweep: workers end as they begin; a script that starts them needs "
                "`if __name__ == '__main__':`"
            )
            raise RunStopped(msg)

    async def _keep(self) -> None:
        without = {name: one for name, one in self._cluster.workers.items() if one.pid is None}
        for name, nanny in without.items():
            if id(nanny) in self._suspects:
                del self._cluster.workers[name]
                self._vain += 1
                await nanny.close()
        self._suspects = {id(one) for one in without.values()}
        self._cluster.scale(self._count)


@contextmanager
def only_one() -> Iterator[None]:
    """Hold that a process has one cluster of its own at a time; raise `InputError` for a second."""
    if not _ONE.acquire(blocking=False):
        msg = (
            "--scheduler local: another sweep of this process is at it, and what either changes "
            "holds for the whole process; wait for it, or run this one in a process of its own"
        )
        raise InputError(msg)
    try:
        yield
    finally:
        _ONE.release()


@contextmanager
def own_cluster(workers: int) -> Iterator[tuple[Any, Nannies]]:
    """Yield the client of a cluster of `workers` processes, and who watches over them.

    Within `only_one`, since it changes what holds for the whole process.

    All ports are bound to this machine alone, and what goes through them is encrypted with keys
    that only these processes have: whoever talks to a scheduler runs code as its user, and others
    may be at work here, too.
    """
    import dask
    from distributed import Client, LocalCluster

    folder = tempfile.mkdtemp(prefix="cartflow-sweep-")
    try:
        with (
            _environment_restored(),
            dask.config.set({**_CONFIG, "distributed.worker.multiprocessing-method": _beginning()}),
            LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                memory_limit=_share_of_memory(workers),
                processes=True,
                host=LOOPBACK,
                protocol="tls://",
                security=True,
                # Without a dashboard its port is opened all the same.
                scheduler_kwargs={"dashboard": False, "dashboard_address": f"{LOOPBACK}:0"},
                silence_logs=logging.CRITICAL,
                local_directory=folder,
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client, Nannies(cluster, workers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment_restored() -> Iterator[None]:
    """Give the environment back the values that Dask writes over for its workers to be.

    They tell OpenMP and its kin to use one thread, which holds for all that this process starts.
    """
    import dask

    names = {*dask.config.get("distributed.nanny.pre-spawn-environ"), *_WRITTEN}
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _beginning() -> str:
    """Return how worker processes begin: as copies of one that has imported all, where it can be.

    So they begin in a tenth of a second, which counts where they die often. A process that serves
    this already is taken as it is.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload(list(_IMPORTED))
    forkserver.ensure_running()
    return "forkserver"


def _share_of_memory(workers: int) -> int:
    """Return the bytes that a worker may take before it is ended, of those of the machine."""
    from distributed.system import MEMORY_LIMIT

    return int(0.9 * MEMORY_LIMIT / workers)
