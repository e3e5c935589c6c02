"""Different models in different organs, as one network of which each organ has its own part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.kinetics.expressions.grammar import Binary, Name
from cartflow.kinetics.network import Network, Reaction, Species

_MARK = "acts_here_"


def united(own: Mapping[str, Network]) -> Network:
    """Return the network of all organs, whose networks are `own`, by organ.

    Where they are the same it is that. Else every reaction has a factor that is 1 in the organs
    that have it and 0 elsewhere, so that what an organ's models do not say does not happen there.
    Raises `InputError` where a species or the unit of a parameter differs.
    """
    kinds = distinct(own)
    if len(kinds) == 1:
        return kinds[0]
    species: dict[str, Species] = {}
    parameters: dict[str, Parameter] = {}
    reactions: list[Reaction] = []
    for organ, network in own.items():
        for each in network.species:
            first = species.setdefault(each.name, replace(each, initial=0.0))
            if (first.role, first.unit) != (each.role, each.unit):
                msg = f"'{each.name}' is a {each.role} in {each.unit}, but a {first.role} in "
                msg += f"{first.unit} in another organ"
                where = f"organs.{organ}.kinetics"
                msg = f"{where}: {msg}"
                raise InputError(msg)
        for name, number in network.parameters.items():
            if parameters.setdefault(name, number).unit != number.unit:
                msg = (
                    f"'{name}' is in {number.unit}, but in {parameters[name].unit} in another organ"
                )
                where = f"organs.{organ}.kinetics"
                msg = f"{where}: {msg}"
                raise InputError(msg)
    for k, network in enumerate(kinds):
        parameters[f"{_MARK}{k}"] = _mark(0.0)
        reactions += [_marked(reaction, k) for reaction in network.reactions]
    return Network(
        name="; ".join(network.name for network in kinds),
        title="; ".join(network.title for network in kinds),
        references=tuple(dict.fromkeys(r for n in kinds for r in n.references)),
        species=tuple(species.values()),
        parameters=parameters,
        reactions=tuple(reactions),
    )


def distinct(own: Mapping[str, Network]) -> list[Network]:
    """Return the networks that differ, in order."""
    found: list[Network] = []
    for network in own.values():
        if network not in found:
            found.append(network)
    return found


def of_site(own: Mapping[str, Network], organ: str, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of an organ in the united network: its models', and those `changed`."""
    kinds, network = distinct(own), own[organ]
    if len(kinds) == 1:
        return dict(changed)
    mark = f"{_MARK}{kinds.index(network)}"
    return {**network.parameters, **changed, mark: _mark(1.0)}


def _marked(reaction: Reaction, kind: int) -> Reaction:
    rate = Binary("*", Name(f"{_MARK}{kind}"), reaction.expression())
    # What is per pore fluid or per tissue must not depend on the factor; there are no solutes.
    return replace(reaction, name=f"{reaction.name}_{kind}", rate=rate)


def _mark(value: float) -> Parameter:
    return Parameter(
        value=value,
        unit="1",
        stated=f"{value:g}",
        source="study",
        standing="derived",
        note="1 where an organ's models act",
    )
