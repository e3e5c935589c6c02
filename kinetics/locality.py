"""What of a model can stand in tissue: rates that hold point by point."""

from __future__ import annotations

from dataclasses import replace

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.extra_functions import extra_functions
from cartflow.kinetics.expressions.grammar import names
from cartflow.kinetics.network import Network


def in_tissue(network: Network) -> Network:
    """Return what of `network` holds in each point of a tissue.

    Exchange between compartments is left out, since cells travel by trafficking there, and
    with it the species that only take part in exchange or in rates of the whole body. Raises
    `InputError` where a rate of the whole body would change a species that stays, or where
    product cells are in relative amounts.
    """
    where = f"kinetics '{network.name}'"
    if network.alone:
        msg = f"{where}: {network.alone}, so it cannot stand in tissue; run it by cartflow simulate"
        raise InputError(msg)
    local = [r for r in network.reactions if r.scope == "local"]
    if len(local) < len(network.reactions):
        kept = _kept(network)
        for reaction in network.reactions:
            changed = sorted({*reaction.consumes, *reaction.produces} & kept)
            if reaction.scope == "body" and not kept:
                changed = sorted({*reaction.consumes, *reaction.produces})
            if reaction.scope == "body" and changed:
                msg = (
                    f"{where}: reactions.{reaction.name}: its rate holds for the whole body, so "
                    f"'{changed[0]}' cannot stand in tissue; run the model by cartflow simulate"
                )
                raise InputError(msg)
        network = replace(
            network,
            species=tuple(s for s in network.species if s.name in kept),
            reactions=tuple(local),
        )
    for reaction, tree in zip(network.reactions, network.expressions, strict=True):
        extra = extra_functions(tree)
        if extra:
            msg = (
                f"{where}: reactions.{reaction.name}: '{extra[0]}' cannot stand in tissue; run the "
                "model by cartflow simulate"
            )
            raise InputError(msg)
    for species, product in zip(network.species, network.is_product, strict=True):
        if product and species.unit == "1":
            msg = (
                f"{where}: species.{species.name}: product cells in relative amounts cannot stand "
                "in tissue; run the model by cartflow simulate"
            )
            raise InputError(msg)
    return network


def _kept(network: Network) -> set[str]:
    """Return the species that local rates change or depend on, and those without reactions."""
    touched: set[str] = set()
    kept: set[str] = set()
    for reaction, tree in zip(network.reactions, network.expressions, strict=True):
        own = {*reaction.consumes, *reaction.produces}
        touched |= own
        if reaction.scope == "local":
            kept |= own | (names(tree) & set(network.species_names))
    return kept | (set(network.species_names) - touched)
