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


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditions:
    """The jumping parts of rates and triggers as functions of a state."""

    functions: tuple[Function, ...]

    def values(self, states: Array) -> Array:
        """Return the value of each part, shape (n_parts, n_times); they change at jumps alone."""
        result = np.empty((len(self.functions), states.shape[1]))
        with np.errstate(all="ignore"):
            for row, function in enumerate(self.functions):
                result[row] = function(states)
        return result


def conditions(model: Model, network: Network) -> Conditions:
    """Return what jumps in the rates and triggers of `model`, with the parameters of `network`."""
    parts = dict.fromkeys(part for tree in _watched(model) for part in jumps(tree))
    return Conditions(functions=tuple(function_of(part, network) for part in parts))


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
