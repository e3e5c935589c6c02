"""What of a model jumps while its state is smooth: comparisons and roundings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.compile import Array, Function, to_function
from cartflow.kinetics.expressions.extra_functions import CHOOSING, JUMPING, jumps
from cartflow.kinetics.expressions.grammar import Call, Expression, Name, children, names
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network

_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What jumps, at some times: `values`, shape (n_parts, n_times), change at jumps alone.

    `gaps` are by how far each comparison is from its jump (nan for a rounding), and `noise`,
    shape (n_parts,), how large a gap of nothing may look.
    """

    values: Array
    gaps: Array
    noise: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditions:
    """The `parts` of rates and triggers that jump, with the functions of their arguments."""

    parts: tuple[Call, ...]
    arguments: tuple[tuple[Function, ...], ...]

    def seen(self, states: Array) -> Seen:
        """Return what jumps at each of several states, shape (n_species, n_times)."""
        shape = len(self.parts), states.shape[1]
        values, gaps, noise = np.empty(shape), np.full(shape, np.nan), np.zeros(shape[0])
        left, right = np.empty(shape[1]), np.empty(shape[1])
        for row, (part, functions) in enumerate(zip(self.parts, self.arguments, strict=True)):
            left[:] = functions[0](states)
            if len(functions) == 1:
                values[row] = JUMPING[part.function](left)
                continue
            right[:] = functions[1](states)
            values[row] = JUMPING[part.function](left, right)
            gaps[row] = left - right
            noise[row] = _ROUNDING * max(np.abs(left).max(), np.abs(right).max())
        return Seen(values=values, gaps=gaps, noise=noise)


def close_calls(seen: Seen) -> Array:
    """Return between which neighbouring times a comparison may have jumped forth and back.

    It may where the gap is smaller than it bends, and does not pass through. The shape is
    (n_times - 1,).
    """
    steps = np.diff(seen.gaps, axis=1)
    bends = np.abs(np.diff(steps, axis=1))
    if not (bends > seen.noise[:, None]).any():
        return np.zeros(steps.shape[1], dtype=bool)
    bend = np.empty(steps.shape)
    bend[:, 0], bend[:, -1] = bends[:, 0], bends[:, -1]
    bend[:, 1:-1] = np.maximum(bends[:, :-1], bends[:, 1:])
    size = np.abs(seen.gaps)
    near = np.minimum(size[:, 1:], size[:, :-1]) <= bend
    doubtful = near & (np.abs(steps) <= bend) & (bend > seen.noise[:, None])
    return np.asarray(doubtful.any(axis=0))


def conditions(model: Model, network: Network) -> Conditions:
    """Return what jumps in the rates and triggers of `model`, with the parameters of `network`."""
    found = dict.fromkeys(part for tree in _watched(model) for part in jumps(tree))
    return Conditions(
        parts=tuple(found),
        arguments=tuple(tuple(function_of(a, network) for a in part.arguments) for part in found),
    )


def function_of(tree: Expression, network: Network) -> Function:
    """Return the function of a state of `network` that a tree states."""
    rows = {name: row for row, name in enumerate(network.species_names)}
    values = {name: p.value for name, p in network.parameters.items()}
    return to_function(tree, rows, values)


def require_locatable(model: Model) -> None:
    """Raise `InputError` for a condition whose moment cannot be found.

    These are equality of what changes smoothly, which holds for no time, and conditions that
    are no comparison.
    """
    matrix = model.network.stoichiometry
    moving = {n for n, row in zip(model.network.species_names, matrix, strict=True) if row.any()}
    for trigger in model.triggers:
        _require_steps(trigger.trigger, moving, f"event {trigger.name}")
    where = {f"reactions.{r.name}": r.expression() for r in model.network.reactions}
    where |= {f"event {t.name}": t.trigger for t in model.triggers}
    for place, tree in where.items():
        for call in _calls(tree):
            if call.function == "equal" and names(call) & moving:
                msg = f"{place}: equality of what changes all the time is not read"
                raise InputError(msg)
            if call.function in CHOOSING:
                tested = call.arguments[:1] if call.function == "if" else call.arguments
                for part in tested:
                    _require_steps(part, moving, place)


def _require_steps(tree: Expression, moving: set[str], where: str) -> None:
    loose = sorted(_outside_jumps(tree) & moving)
    if loose:
        msg = f"{where}: '{loose[0]}' is taken as true or false; comparisons alone are read"
        raise InputError(msg)


def _outside_jumps(tree: Expression) -> set[str]:
    """Return the names in `tree` that are not within a part that jumps."""
    if isinstance(tree, Name):
        return {tree.name}
    if isinstance(tree, Call) and tree.function in JUMPING:
        return set()
    return set().union(*(_outside_jumps(child) for child in children(tree)))


def _watched(model: Model) -> Iterator[Expression]:
    yield from model.network.expressions
    yield from (trigger.trigger for trigger in model.triggers)


def _calls(tree: Expression) -> Iterator[Call]:
    level: list[Expression] = [tree]
    while level:
        yield from (node for node in level if isinstance(node, Call))
        level = [child for node in level for child in children(node)]


def is_watched(model: Model) -> bool:
    """Whether a run of `model` must look for moments that are not known beforehand."""
    return bool(model.triggers or model.clock or model.network.alone) or any(
        jumps(tree) for tree in _watched(model)
    )
