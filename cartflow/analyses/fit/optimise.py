"""The best values: scoring steps from many starts, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.problem import Evaluation, Problem
from cartflow.core.outcome import RunStopped

Array = np.ndarray
_MOST_STEPS = 200
_REDRAWN = 20
# Half the drop of -2 ln L that is still hoped for, below which a search has ended.
_ENOUGH = 1e-8
_FIRST_DAMPING, _LEAST, _MOST_DAMPING = 1e-2, 1e-12, 1e12
_UNIT_ROUND_OFF = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """Where a search ended: `inner` values, what the data say there, steps, and if it converged."""

    inner: Array
    at: Evaluation
    steps: int
    converged: bool
    evaluations: int


def best_of(ended: Sequence[Found], name: str) -> Found:
    """Return the best end; raise `RunStopped`, with the `name` of what was run, if none ran."""
    best = min(ended, key=lambda found: found.at.loss)
    if not best.at.loss < float("inf"):
        msg = f"{name}: at none of {len(ended)} starts could it be run and compared to the data"
        raise RunStopped(msg)
    return best


def search(problem: Problem, start: Array, held: Sequence[int] = ()) -> Found:
    """Return where scoring steps from `start` end, `held` parameters staying where they are.

    Fisher's scoring with damping (Levenberg and Marquardt): SciPy's least squares know no errors
    whose size is estimated, and its L-BFGS-B takes many times as many runs. Bounds are kept by
    holding what would leave them. Where steps fail, L-BFGS-B goes on.
    """
    low, high = problem.bounds
    inner = np.clip(start, low, high)
    here = problem.evaluate(inner)
    damping, spent = _FIRST_DAMPING, 1
    movable = np.ones(len(inner), dtype=bool)
    movable[list(held)] = False
    for step in range(_MOST_STEPS):
        if not np.isfinite(here.loss):
            return Found(inner=inner, at=here, steps=step, converged=False, evaluations=spent)
        free = _free(inner, here.gradient, low, high) & movable
        drop = _hoped(here, free)
        if drop <= _ENOUGH:
            return Found(inner=inner, at=here, steps=step, converged=True, evaluations=spent)
        while True:
            tried = _stepped(inner, here, free, damping, low, high)
            there = problem.evaluate(tried)
            spent += 1
            if there.loss < here.loss:
                better = here.loss - there.loss
                inner, here = tried, there
                damping = max(0.2 * damping, _LEAST)
                if better < 1e-3 * _ENOUGH and damping < 1e-2:
                    return Found(
                        inner=inner, at=here, steps=step, converged=True, evaluations=spent
                    )
                break
            damping *= 4.0
            if damping > _MOST_DAMPING or np.all(np.abs(tried - inner) < _UNIT_ROUND_OFF):
                return _polished(problem, inner, here, movable, step, spent)
    return _polished(problem, inner, here, movable, _MOST_STEPS, spent)


def _free(inner: Array, gradient: Array, low: Array, high: Array) -> Array:
    """Return which parameters may move: not those at a bound that they would leave."""
    stuck = ((inner <= low) & (gradient > 0)) | ((inner >= high) & (gradient < 0))
    return np.asarray(~stuck)


def _hoped(here: Evaluation, free: Array) -> float:
    """Return by how much the loss may still fall, as if it were a parabola."""
    if not free.any():
        return 0.0
    information = here.rows[:, free].T @ here.rows[:, free]
    gradient = here.gradient[free]
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(size, size) + 1e-10 * np.eye(len(size))
    return float(0.5 * (gradient / size) @ np.linalg.solve(scaled, gradient / size))


def _stepped(
    inner: Array, here: Evaluation, free: Array, damping: float, low: Array, high: Array
) -> Array:
    information = here.rows.T @ here.rows
    size = np.sqrt(np.maximum(np.diag(information), 1e-10 * np.diag(information).max() + 1e-300))
    moving = free.copy()
    result = inner.copy()
    # What would leave its bounds stops there, and the others are sought again beside it.
    for _ in range(len(inner)):
        if not moving.any():
            break
        part = information[np.ix_(moving, moving)] / np.outer(size[moving], size[moving])
        part = part + damping * np.eye(int(moving.sum()))
        pull = here.gradient + information @ (result - inner) * ~moving
        step = -np.linalg.solve(part, pull[moving] / size[moving]) / size[moving]
        tried = inner[moving] + step
        outside = (tried < low[moving]) | (tried > high[moving])
        result[moving] = np.clip(tried, low[moving], high[moving])
        if not outside.any():
            break
        moving[np.flatnonzero(moving)[outside]] = False
    return result


def _polished(
    problem: Problem, inner: Array, here: Evaluation, movable: Array, steps: int, spent: int
) -> Found:
    """Go on with L-BFGS-B where scoring found no better step, and say if it ended well."""
    from scipy.optimize import minimize

    low, high = problem.bounds
    scale = 1.0 / np.sqrt(np.maximum((here.rows**2).sum(axis=0), 1e-12))
    scale = np.where(movable, scale, 1.0)[movable]
    base, start = here.loss, inner[movable]

    def loss(moved: Array) -> tuple[float, Array]:
        tried = inner.copy()
        tried[movable] = np.clip(moved * scale, low[movable], high[movable])
        found = problem.evaluate(tried)
        worst = 1e6 + abs(base)
        value = found.loss if np.isfinite(found.loss) else worst
        return value - base, found.gradient[movable] * scale

    ends = list(zip(low[movable] / scale, high[movable] / scale, strict=True))
    ended = minimize(
        loss, start / scale, jac=True, method="L-BFGS-B", bounds=ends, options={"maxiter": 200}
    )
    tried = inner.copy()
    tried[movable] = np.clip(ended.x * scale, low[movable], high[movable])
    there = problem.evaluate(tried)
    spent += int(ended.nfev) + 1
    if there.loss <= here.loss:
        inner, here = tried, there
    free = _free(inner, here.gradient, low, high) & movable
    good = _hoped(here, free) <= 1e-4
    return Found(
        inner=inner, at=here, steps=steps + int(ended.nit), converged=good, evaluations=spent
    )


def starts(problem: Problem, number: int, seed: int) -> Array:
    """Return so many starts: the stated values, then a Latin hypercube of the ranges."""
    from scipy.stats import qmc

    low, high = problem.bounds
    stated = np.array([p.inner(min(max(p.stated, p.low), p.high)) for p in problem.parameters])
    if number == 1:
        return stated[None]
    # SciPy renamed the argument; a generator means the same in both.
    drawn = qmc.LatinHypercube(len(low), seed=np.random.default_rng(seed)).random(number - 1)
    return np.concatenate([stated[None], low + drawn * (high - low)])


def with_errors(problem: Problem, start: Array) -> Array:
    """Return a start with the sizes of errors that its own residuals show."""
    result = start.copy()
    here = problem.evaluate(start, slopes=False)
    if not np.isfinite(here.loss):
        return result
    low, high = problem.bounds
    gaps: dict[int, list[Array]] = {}
    for each in problem.measured:
        for place in each.errors:
            name = problem.parameters[place].name.partition(" ")[0]
            if name != "size":
                gaps.setdefault(place, []).append(_gap(each, name, here))
    for place, found in gaps.items():
        guess = float(np.sqrt(np.mean(np.minimum(np.abs(np.concatenate(found)), 1e150) ** 2)))
        value = problem.parameters[place].inner(max(guess, 1e-300))
        result[place] = min(max(value, low[place]), high[place])
    return result


def _gap(each: Measured, name: str, here: Evaluation) -> Array:
    """Return how far values lie from what is predicted, as the error's number `name` counts it."""
    seen = ~each.data.censored
    near = here.predicted[each.entries][seen]
    gap = (each.data.value - here.predicted[each.entries])[seen]
    if name == "sd" and each.error.kind == "lognormal":
        return np.asarray(np.log(each.data.value[seen]) - np.log(np.maximum(near, 1e-300)))
    if name == "cv":
        return np.asarray(gap / np.maximum(np.abs(near), 1e-300))
    return np.asarray(gap / each.data.sd[seen] if name == "factor" else gap)


def _possible(problem: Problem, place: int, start: Array, seed: int) -> Array:
    """Return a start at which the model runs: this one, or others drawn in its place."""
    low, high = problem.bounds
    generator = np.random.default_rng([seed, place])
    tried = start
    for _ in range(_REDRAWN):
        sized = with_errors(problem, tried)
        if np.isfinite(problem.evaluate(sized, slopes=False).loss):
            return sized
        tried = generator.uniform(low, high)
    return start


def searched(
    problem: Problem,
    number: int,
    seed: int,
    threads: int,
    watch: Callable[[int, int], None] | None = None,
) -> list[Found]:
    """Return where each of `number` searches ended, in the order of the starts."""
    found: list[Found] = []
    failed = 0

    def one(numbered: tuple[int, Array]) -> Found:
        with np.errstate(all="ignore"):
            return search(problem, _possible(problem, *numbered, seed))

    with ThreadPoolExecutor(threads) as pool:
        try:
            for each in pool.map(one, enumerate(starts(problem, number, seed))):
                found.append(each)
                failed += not each.converged
                if watch is not None:
                    watch(len(found), failed)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found
