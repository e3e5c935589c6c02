"""Chains of samples by the No-U-Turn sampler, each of its own seed, in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.bayes.chain import Chain, Length
from cartflow.analyses.fit.bayes.density import Sampled
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz

Array = np.ndarray
_OFTEN = 0.5  # seconds between words of progress


@dataclass(frozen=True, kw_only=True, eq=False)
class Chains:
    """Samples of inner values (chain, draw, parameter) with what the sampler says of each."""

    inner: Array
    log_density: Array
    diverging: Array
    deepest: Array
    steps: Array


def sampled(
    density: Sampled,
    begin: Sequence[Array],
    length: Length,
    threads: int,
    watch: Callable[[int, int], None] | None = None,
) -> Chains:
    """Return the samples of all chains; the same bits for any number of threads.

    `watch` is told draws, warm-up among them, and runs that failed, as they come. Raises
    `RunStopped` where the sampler finds no way to begin.
    """
    nutpie_and_arviz()  # before threads, which must not import at once
    many = [Chain(density, begin[k], length, k) for k in range(length.chains)]
    stop = threading.Event()
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(each.run, stop) for each in many]
        try:
            _awaited(waiting, many, watch)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    ended = [each.result() for each in waiting]
    return Chains(
        inner=np.array([one["inner"] for one in ended]),
        log_density=np.array([one["logp"] for one in ended]),
        diverging=np.array([one["diverging"] for one in ended], dtype=bool),
        deepest=np.array([one["maxdepth_reached"] for one in ended], dtype=bool),
        steps=np.array([one["n_steps"] for one in ended], dtype=np.int64),
    )


def _awaited(
    waiting: Sequence[Future[Any]],
    many: Sequence[Chain],
    watch: Callable[[int, int], None] | None,
) -> None:
    """Wait for all, telling how far they are; the first that fails ends it."""
    left = set(waiting)
    while left:
        done, left = wait(left, timeout=_OFTEN, return_when=FIRST_COMPLETED)
        for each in done:
            each.result()
        if watch is not None:
            watch(sum(each.drawn for each in many), many[0].density.counter.failed)
