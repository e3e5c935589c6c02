"""Sobol indices of the logarithm of an outcome, by SALib."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cartflow.core import arguments
from cartflow.core.outcome import InputError

Array = np.ndarray
_MOST_SAMPLES = 2**20


def sobol_indices(
    outcome: Callable[[Mapping[str, float]], float],
    varied: Mapping[str, tuple[float, float]],
    samples: int,
    seed: int,
) -> tuple[dict[str, Array], Array]:
    """Return indices of first and all orders, with their error, of numbers drawn evenly in log.

    Second are the outcomes of all draws. `samples` is a power of 2. Raises `InputError` for
    another, and where a range has no width.
    """
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as sampling
    except ImportError:
        msg = "sensitivity: SALib is not installed; pip install 'cartflow[sensitivity]'"
        raise InputError(msg) from None
    samples = arguments.whole_number(samples, "samples", 8, _MOST_SAMPLES)
    if samples & (samples - 1):
        msg = f"--samples: {samples} must be a power of 2, 8 or more"
        raise InputError(msg)
    names = list(varied)
    flat = [name for name, (low, high) in varied.items() if not 0 < low < high]
    if flat:
        msg = f"sensitivity: the range of {flat[0]} must be above 0 and wider than a point"
        raise InputError(msg)
    bounds = [[float(np.log(low)), float(np.log(high))] for low, high in varied.values()]
    problem = {"num_vars": len(names), "names": names, "bounds": bounds}
    drawn = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    outputs = [np.log(outcome(dict(zip(names, np.exp(x).tolist(), strict=True)))) for x in drawn]
    found = analysis.analyze(
        problem, np.array(outputs), calc_second_order=False, seed=seed, print_to_console=False
    )
    keys = {"first_order": "S1", "total_order": "ST", "total_order_error": "ST_conf"}
    return {name: np.asarray(found[key]) for name, key in keys.items()}, np.exp(outputs)
