"""What a network must be, part by part: names once, signs, units of rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, Sign, signed
from cartflow.kinetics.expressions.dimensions import Dimension, check, dimension_of
from cartflow.kinetics.expressions.grammar import Expression, names
from cartflow.kinetics.species import Reaction, Species


def require_unique(what: str, found: Iterable[str]) -> None:
    """Raise `InputError` naming the first of some names that is used twice."""
    seen: set[str] = set()
    for name in found:
        if name in seen:
            msg = f"{what}.{name}: the name is used twice"
            raise InputError(msg)
        seen.add(name)


def of_sign(number: Parameter, sign: Sign) -> Parameter:
    """Return a number of a model file that has a sign; raise `InputError` where it has another."""
    try:
        return signed(number, sign)
    except InputError as error:
        msg = f"{error}; a parameter that may be says sign = 'any'"
        raise InputError(msg) from None


def require_reaction(
    reaction: Reaction,
    tree: Expression,
    species: Mapping[str, Species],
    dimensions: Mapping[str, Dimension],
) -> None:
    """Raise `InputError` unless a reaction names what there is, in units that fit."""
    where = f"reactions.{reaction.name}"
    for side in ("consumes", "produces"):
        for name in getattr(reaction, side):
            require_known(name, species, f"{where}.{side}")
    for name in sorted(names(tree)):
        require_known(name, dimensions, f"{where}.rate")
    changed = [s for n, s in species.items() if n in {*reaction.consumes, *reaction.produces}]
    units = {s.unit for s in changed}
    if len(units) > 1:
        msg = f"{where}: its species have the units {' and '.join(sorted(units))}; write one "
        raise InputError(msg + "reaction for each unit")
    if reaction.per == "pore" and {s.role for s in changed} != {"solute"}:
        msg = f"{where}.per: 'pore' is for a reaction that changes solutes alone"
        raise InputError(msg)
    try:
        check(tree, dimensions, dimension_of(f"{units.pop()}/day"))
    except InputError as error:
        msg = f"{where}.rate: {error}"
        raise InputError(msg) from None
