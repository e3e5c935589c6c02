"""Kinetics in organs: where in the body a reaction network acts, and what is counted there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.kinetics.network import Network
from cartflow.kinetics.pores import in_pores
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.flows.network import OrganNetwork

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A compartment in which cells divide, die and kill, such as ``bone_marrow_tissue``.

    `volume` (mm3) turns its cells into densities; it is the compartment's own (interstitial
    volume, or blood) unless given. `initial` holds densities of species at the start, in
    internal units, where they differ from the species' own; `parameters` what differs here
    from the network's, as text, number or `Parameter`.
    """

    compartment: str
    volume: float | None = None
    initial: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganKinetics:
    """An organ network with a reaction network that acts at some of its sites.

    Phenotypes travel between all compartments, each of the `circulating` species between its own;
    every other species stays at the sites, each of which has its own. Amounts are cells (ng for
    solutes), so that a site of volume V changes by ``V stoichiometry @ rates(amounts / V)``; of
    what circulates the rates see the amount / the volume of its compartment there, and reactions
    among solutes happen in that volume. Reactions of the scope ``exchange`` are left out, as the
    organ network does what they stand for. Raises `InputError`.
    """

    organs: OrganNetwork
    network: Network
    sites: tuple[Site, ...]
    circulating: tuple[Circulation, ...] = ()

    def __post_init__(self) -> None:
        """Check the sites, and leave out what stands for travelling."""
        object.__setattr__(self, "sites", tuple(self.sites))
        for reaction in self.network.reactions:
            if reaction.scope == "body":
                msg = f"kinetics '{self.network.name}': reaction '{reaction.name}' holds for the "
                raise InputError(msg + "whole body; in organs only local reactions can act")
        kept = tuple(r for r in self.network.reactions if r.scope == "local")
        if kept != self.network.reactions:
            object.__setattr__(self, "network", replace(self.network, reactions=kept))
        if not self.phenotypes:
            msg = f"kinetics '{self.network.name}': no species has the role phenotype, none travels"
            raise InputError(msg)
        if not self.sites and not self.circulating:
            raise InputError("organ kinetics: no site; name a compartment in which reactions act")
        names = [site.compartment for site in self.sites]
        if len(set(names)) < len(names):
            msg = f"organ kinetics: sites {', '.join(names)}: a compartment is named twice"
            raise InputError(msg)
        _ = self.volumes, self.parameters, self.densities, self.places

    @cached_property
    def phenotypes(self) -> tuple[str, ...]:
        """The species that travel, in the network's order."""
        return tuple(s.name for s in self.network.species if s.role == "phenotype")

    @cached_property
    def residents(self) -> tuple[str, ...]:
        """The species that stay at their site, in the network's order."""
        carried = {each.species for each in self.circulating}
        return tuple(
            s.name for s in self.network.species if s.role != "phenotype" and s.name not in carried
        )

    @cached_property
    def products(self) -> tuple[str, ...]:
        """The product species, travelling or not, in the network's order."""
        return tuple(s.name for s in self.network.species if s.role in ("phenotype", "product"))

    @property
    def size(self) -> int:
        """The number of values in a state."""
        return self.carried_from + sum(len(each.compartments) for each in self.circulating)

    @property
    def carried_from(self) -> int:
        """The place in a state from which on it is amounts of what circulates."""
        travelling = len(self.phenotypes) * len(self.organs.compartments)
        return travelling + len(self.residents) * len(self.sites)

    @cached_property
    def carried_rows(self) -> tuple[tuple[int, int], ...]:
        """First place and end of each circulating species in a state."""
        ends = np.cumsum([len(each.compartments) for each in self.circulating], dtype=int)
        edges = [self.carried_from, *(self.carried_from + ends)]
        return tuple((int(a), int(b)) for a, b in pairwise(edges))

    def row(self, species: str, compartment: str) -> int:
        """Return the place of a species in a compartment; raise `InputError` if it has none."""
        place = self.organs.index(compartment)
        if species in self.phenotypes:
            return self.phenotypes.index(species) * len(self.organs.compartments) + place
        for each, (first, _) in zip(self.circulating, self.carried_rows, strict=True):
            if each.species == species:
                return first + each.at(compartment)
        require_known(species, self.residents, "organ kinetics: species")
        names = [site.compartment for site in self.sites]
        require_known(compartment, names, f"organ kinetics: sites of '{species}'")
        first = len(self.phenotypes) * len(self.organs.compartments)
        return (
            first + names.index(compartment) * len(self.residents) + self.residents.index(species)
        )

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The place of each species at each site, shape (n_sites, n_species)."""
        rows = [
            [self.row(name, site.compartment) for name in self.network.species_names]
            for site in self.sites
        ]
        return np.array(rows, dtype=np.int64).reshape(-1, len(self.network.species))

    @cached_property
    def volumes(self) -> Array:
        """The volumes of the sites, mm3."""
        return self.volumes_in(self.organs)

    @cached_property
    def parameters(self) -> Array:
        """The parameters' values at each site, shape (n_sites, n_parameters)."""
        rows = []
        for site in self.sites:
            try:
                network = self.network.with_parameters(site.parameters)
            except InputError as error:
                msg = f"organ kinetics: site '{site.compartment}': {error}"
                raise InputError(msg) from None
            rows.append([p.value for p in network.parameters.values()])
        return np.array(rows).reshape(len(self.sites), len(self.network.parameters))

    def switched(self, parameters: Sequence[Mapping[str, Any]]) -> OrganKinetics:
        """Return the kinetics with other values of some parameters, a mapping for each site."""
        if not any(parameters):
            return self
        sites = tuple(
            replace(site, parameters={**site.parameters, **new})
            for site, new in zip(self.sites, parameters, strict=True)
        )
        return replace(self, sites=sites)

    @cached_property
    def densities(self) -> Array:
        """What stands at the sites before any dose, shape (n_sites, n_species)."""
        rows = []
        for site in self.sites:
            for name, density in site.initial.items():
                where = f"site '{site.compartment}': initial"
                require_known(name, self.network.species_names, where)
                if not 0 <= density < math.inf:
                    msg = f"{where}.{name}: {density:g} is not a density"
                    raise InputError(msg)
            rows.append([site.initial.get(s.name, s.initial) for s in self.network.species])
        found = np.array(rows, dtype=float).reshape(-1, len(self.network.species))
        carried = [each.species for each in self.circulating]
        found[:, [name in carried for name in self.network.species_names]] = 0.0
        return found

    @property
    def start(self) -> Array:
        """The state before any dose, shape (size,)."""
        return self.start_in(self.volumes)

    def start_in(self, volumes: Array) -> Array:
        """Return states before any dose (..., size) for sites of other volumes (..., sites)."""
        state = np.zeros((*volumes.shape[:-1], self.size))
        state[..., self.places] = self.densities * volumes[..., None]
        for each, (first, end) in zip(self.circulating, self.carried_rows, strict=True):
            state[..., first:end] = each.start
        return state

    def volumes_in(self, organs: OrganNetwork) -> Array:
        """Return the volumes of the sites in another body with the same compartments, mm3."""
        return np.array([_volume(site, organs) for site in self.sites])

    def travelling(self, states: Array) -> Array:
        """Return the cells (..., phenotypes, compartments) in states (..., size)."""
        shape = (len(self.phenotypes), len(self.organs.compartments))
        first = states[..., : shape[0] * shape[1]]
        return first.reshape(*states.shape[:-1], *shape)

    def staying(self, states: Array) -> Array:
        """Return the amounts (..., sites, residents) in states (..., size)."""
        first = len(self.phenotypes) * len(self.organs.compartments)
        shape = (len(self.sites), len(self.residents))
        return states[..., first : self.carried_from].reshape(*states.shape[:-1], *shape)

    @cached_property
    def fluid_volumes(self) -> Array:
        """The volume in which each species at each site is dissolved, (sites, species), mm3.

        It is the site's own, but for what circulates.
        """
        found = np.repeat(self.volumes[:, None], len(self.network.species), axis=1)
        for each in self.circulating:
            column = self.network.index(each.species)
            for site, place in enumerate(self.sites):
                found[site, column] = each.volumes[each.at(place.compartment)]
        return found

    @cached_property
    def event_volumes(self) -> Array:
        """The volume that each reaction's rate is per at each site, (sites, reactions), mm3.

        That of the fluid for reactions among what circulates alone.
        """
        found = np.repeat(self.volumes[:, None], len(self.network.reactions), axis=1)
        carried = {self.network.index(each.species) for each in self.circulating}
        for reaction in np.flatnonzero(in_pores(self.network)) if carried else ():
            changed = set(np.flatnonzero(self.network.stoichiometry[:, reaction]).tolist())
            if changed <= carried:
                found[:, reaction] = self.fluid_volumes[:, min(changed)]
        return found


def _volume(site: Site, organs: OrganNetwork) -> float:
    own = organs.compartments[organs.index(site.compartment)].volume
    volume = own if site.volume is None else site.volume
    if not 0 < volume < math.inf:
        msg = f"site '{site.compartment}': volume {volume:g} mm^3 must be above 0"
        raise InputError(msg)
    return volume
