"""A model run for many values of its numbers: courses of quantities, in threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.observables import Observable
from cartflow.analyses.fit.sources.source import Runner
from cartflow.core.outcome import InputError, StepFailed

Array = np.ndarray
Watch = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A quantity that is looked at: an expression, and the internal units that one of its has."""

    quantity: Observable
    factor: float


def run_all(
    runner: Runner,
    values: Array,
    seen: Sequence[Seen],
    size: int,
    threads: int,
    watch: Watch | None = None,
) -> Array:
    """Return the courses (runs, seen, times) of `values` (runs, numbers); nan where a run fails.

    `size` is the number of times. Runs do not know of one another, so that the bits are the same
    for any number of threads.
    """
    found = np.full((len(values), len(seen), size), np.nan)

    def one(place: int) -> bool:
        with np.errstate(all="ignore"):
            try:
                run = runner.run(values[place], False)
            except (InputError, StepFailed):
                return False
            for k, each in enumerate(seen):
                found[place, k] = each.quantity.value(_named(run.values, each)) / each.factor
        return bool(np.isfinite(found[place]).all())

    failed = 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            for done, well in enumerate(pool.map(one, range(len(values))), start=1):
                failed += not well
                if watch is not None:
                    watch(done, failed)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    found[~np.isfinite(found).all(axis=(1, 2))] = np.nan
    return found


def _named(values: Mapping[str, Array], each: Seen) -> dict[str, Array]:
    return {name: values[name] for name in each.quantity.names}
