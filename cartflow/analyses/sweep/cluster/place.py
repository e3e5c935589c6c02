"""Where a sweep's members run: in this machine's threads, on a cluster of its own, or elsewhere."""

from __future__ import annotations

import importlib.util
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.analyses.sweep.cluster.local import only_one, own_cluster
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}")
_WORTH = 10_000  # members; to begin a worker takes the time of hundreds
_PATIENCE = 15.0  # seconds in which a scheduler answers


@dataclass(frozen=True)
class Place:
    """``threads`` (and processes of this one), ``local`` (a Dask cluster of this machine), or the
    address or scheduler file of a Dask cluster that runs already."""

    scheduler: str


@dataclass(frozen=True)
class Cluster:
    """A Dask `client`; `keep(threads)` is called now and then with what is at work."""

    client: Any
    keep: Callable[[int], None]


THREADS, LOCAL = Place("threads"), Place("local")


def placed(scheduler: str | None) -> Place:
    """Return the place that `scheduler` names, ``threads`` for None. Raises `InputError`."""
    if scheduler is None:
        return THREADS
    text = arguments.text(scheduler, "--scheduler").strip()
    if text == "threads":
        return THREADS
    if text != "local" and not _ADDRESS.fullmatch(text) and not _is_file(text):
        msg = (
            f"--scheduler: {arguments.shown(text)} is none of threads, local, an address such as "
            "tcp://127.0.0.1:8786, or a scheduler file"
        )
        raise InputError(msg)
    if not installed():
        msg = "--scheduler: Dask is not installed; pip install 'cartflow[sweep]'"
        raise InputError(msg)
    return Place(text)


def by_default(members: int, workers: int) -> Place:
    """Return where a sweep runs of which nothing is said: ``local`` where that is worth it."""
    return LOCAL if members >= _WORTH and workers > 1 and installed() else THREADS


def installed() -> bool:
    """Return whether there is Dask's scheduler, and what it needs to encrypt."""
    return all(importlib.util.find_spec(name) for name in ("distributed", "cryptography"))


@contextmanager
def opened(place: Place, workers: int) -> Iterator[Cluster]:
    """Yield the Dask cluster of `place`, or one of `workers` made here, while it is needed.

    Raises `InputError` where no scheduler answers, and where this process has made one already.
    """
    if place == LOCAL:
        with only_one(), _quiet(), own_cluster(workers) as (client, nannies):
            yield Cluster(client, nannies.keep)
    else:
        with _quiet(), _elsewhere(place) as client:
            yield Cluster(client, lambda _: None)


@contextmanager
def _elsewhere(place: Place) -> Iterator[Any]:
    from distributed import Client

    text = place.scheduler
    # What the scheduler's protocol and keys are is said by Dask's own configuration.
    where = {"address": text} if _ADDRESS.fullmatch(text) else {"scheduler_file": text}
    try:
        client = Client(**where, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        msg = f"--scheduler {text}: no scheduler answers ({type(error).__name__}: {error})"
        raise InputError(msg) from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=_PATIENCE)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what Dask logs of workers that end, which `Batches` counts, and its warnings."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"distributed\..*")
            warnings.filterwarnings("ignore", message="Sending large graph")
            yield
    finally:
        logger.setLevel(before)


def _is_file(text: str) -> bool:
    with suppress(InputError):
        return kind_of(Path(text)) == "file"
    return False
