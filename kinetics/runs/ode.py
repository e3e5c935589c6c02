"""A network well mixed: ordinary differential equations of one point."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.network import Network


def initial_state(network: Network, initial: Mapping[str, float]) -> Array:
    """Return the state, shape (n_species,), that has `initial`, and elsewhere the species' own."""
    state = np.array([s.initial for s in network.species])
    for name, density in initial.items():
        row = network.index(name)
        signal = network.species[row].role == "signal"
        if not (np.isfinite(density) and (density >= 0 or signal)):
            msg = f"kinetics '{network.name}': initial.{name}: {density} is not a density"
            raise InputError(msg)
        state[row] = density
    return state


def integrate(
    network: Network,
    initial: Mapping[str, float],
    times: ArrayLike,
    rtol: float = 1e-9,
    atol: float = 1e-9,
) -> Array:
    """Return the densities at `times` (days), shape (n_times, n_species), by SciPy's LSODA.

    `initial` holds at the first time; a species not named starts at its own `initial`.
    Raises `InputError` for bad times or names, `StepFailed` where numbers grow out of bounds.
    """
    from scipy.integrate import solve_ivp

    when = _checked(times)
    state = initial_state(network, initial)

    def change(time: float, densities: Array) -> Array:
        result = network.derivative(densities)
        if not np.isfinite(result).all():
            species = network.species_names[int(np.argmin(np.isfinite(result)))]
            raise StepFailed(species, "its rate is not a finite number", time)
        return result

    # LSODA repeats as a warning what its status says.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        solution = solve_ivp(
            change, (when[0], when[-1]), state, "LSODA", t_eval=when, rtol=rtol, atol=atol
        )
    if not solution.success:
        raise StepFailed(network.name, solution.message, float(solution.t[-1]))
    result: Array = solution.y.T
    return result


def _checked(times: ArrayLike) -> Array:
    when = np.asarray(times, dtype=float)
    rising = when.ndim == 1 and when.size >= 2 and bool((np.diff(when) > 0).all())
    if not (rising and np.isfinite(when).all()):
        raise InputError("times: at least two finite numbers of days, rising, are needed")
    return when
