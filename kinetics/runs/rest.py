"""States of rest, and the fold where two of them meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.network import Network


def jacobian(network: Network, state: Array) -> Array:
    """Return d(derivative)/d(state), shape (n_species, n_species), exact where that is at hand."""
    return np.asarray(network.stoichiometry @ network.jacobian(state))


def equilibrium(network: Network, guess: Mapping[str, float]) -> Array:
    """Return the state of rest near `guess` (densities), by Newton's method in logarithms.

    Species not in the guess are zero and must be at rest there. Raises `InputError` if
    there is none.
    """
    from scipy.optimize import root

    kept = np.array([guess.get(n, 0.0) > 0 for n in network.species_names])
    start = np.array([guess.get(n, 0.0) for n in network.species_names])

    def state(x: Array) -> Array:
        result = np.zeros(kept.size)
        result[kept] = start[kept] * np.exp(x)
        return result

    def gap(x: Array) -> Array:
        here = state(x)
        return np.asarray(network.derivative(here)[kept] / here[kept])

    with np.errstate(all="ignore"):
        found = root(gap, np.zeros(int(kept.sum())), tol=1e-13)
        rest = state(found.x)
        turnover = np.abs(network.stoichiometry) @ np.abs(network.rates(rest))
        left = np.abs(network.derivative(rest))
    if not np.all(left <= 1e-9 * (turnover + rest)):
        msg = f"kinetics '{network.name}': no state of rest found near the guess"
        raise InputError(msg)
    return rest


def saddle_node(
    network: Network, name: str, bounds: tuple[float, float], guess: Mapping[str, float]
) -> float:
    """Return the value of the parameter `name` at which two states of rest meet.

    There the Jacobian is singular; solved for state and parameter together.
    """
    from scipy.optimize import root

    scale = _scale(network, guess)
    kept = np.array([guess.get(n, 0.0) > 0 for n in network.species_names])
    # The unknown parameter runs from 0 to 1 over its bounds.
    low, width = bounds[0], bounds[1] - bounds[0]
    unit = network.parameters[name].unit

    def parts(x: Array) -> tuple[Array, Array]:
        value = low + width * float(x[-1])
        changed = network.with_parameters({name: f"{value!r} {unit}"})
        state = np.zeros(kept.size)
        state[kept] = x[:-1] * scale[kept]
        inner = np.ix_(kept, kept)
        slope = jacobian(changed, state) * scale[None, :] / scale[:, None]
        return changed.derivative(state)[kept] / scale[kept], slope[inner]

    def gap(x: Array) -> Array:
        rest, slope = parts(x)
        # The determinant, each row taken relative to its size.
        sizes = np.abs(slope).sum(axis=1)
        return np.append(rest, np.linalg.det(slope / np.where(sizes > 0, sizes, 1.0)[:, None]))

    start = np.array([guess[n] for n in np.array(network.species_names)[kept]]) / scale[kept]
    found = root(gap, np.append(start, 0.5), tol=1e-12)
    if not found.success and np.abs(gap(found.x)).max() > 1e-8:
        msg = f"kinetics '{network.name}': no saddle-node of '{name}' found near the guess"
        raise InputError(msg)
    return float(low + width * found.x[-1])


def bisected(outcome: Callable[[float], bool], bounds: tuple[float, float]) -> float:
    """Return where `outcome` switches between the bounds, to a relative 1e-5 of their distance."""
    low, high = bounds
    at_low = outcome(low)
    if outcome(high) == at_low:
        raise InputError("the outcome is the same at both ends of the range")
    for _ in range(17):
        middle = 0.5 * (low + high)
        if outcome(middle) == at_low:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _scale(network: Network, guess: Mapping[str, float]) -> Array:
    values = np.array([guess.get(n, 0.0) for n in network.species_names])
    return np.where(values > 0, values, max(values.max(), 1e-300))
