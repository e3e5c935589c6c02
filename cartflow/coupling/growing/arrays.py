"""The numbers of a coupled system whose tumour grows, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.growing.crossings import Crossings, crossings_of
from cartflow.coupling.growing.growth import Growth
from cartflow.coupling.line.arrays import Drift, Mesh
from cartflow.coupling.line.plan import plan
from cartflow.kinetics.network import Network

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """Species (S), mesh cells (C), products (P), compartments (K), reactions (R), faces (C - 1).

    `mesh` is that of the start, and `held` (S, C) the storage times the volumes there; `shares`
    (C - 1,) of the volume lie before each face. `weights` (R, C) turn rates into events. The
    body's rates (K, K; 1/day) are `body` + (expansion - 1) `vessels`; of the compartment `handed`
    a share `arrival` (C,) comes to each mesh cell, and `egress` (P, C; 1/day) goes to `node`.
    `infusion` (S, C; amount/day) is what enters all the time.
    """

    growth: Growth
    network: Network
    mesh: Mesh
    drift: Drift
    held: Array
    shares: Array
    weights: Array
    products: Array
    body: Array
    vessels: Array
    handed: int
    node: int
    arrival: Array
    egress: Array
    infusion: Array
    crossings: Crossings

    @property
    def shape(self) -> tuple[int, int]:
        """Species and mesh cells."""
        return self.held.shape[0], self.held.shape[1]

    @property
    def volumes(self) -> Array:
        """The volumes of the mesh cells at the start, mm^3."""
        return self.mesh.volumes

    @cached_property
    def expansion(self) -> int:
        """The place of the expansion among the unknowns, after the tumour's."""
        return self.held.size

    @cached_property
    def size(self) -> int:
        """How many unknowns there are: densities cell by cell, expansion, body by products."""
        return self.held.size + 1 + self.products.size * len(self.body)

    @cached_property
    def closed(self) -> Mesh:
        """The mesh with `held` such that slopes of the transport come as those of amounts."""
        return self.mesh._replace(held=-np.ones_like(self.held))

    def stretched(self, mesh: Mesh, expansion: float) -> Mesh:
        """Return `mesh` as it is where the volume is `expansion` times that of the start."""
        size = expansion ** (1.0 / self.growth.dimensions)
        wider = size ** (self.growth.dimensions - 1)
        return mesh._replace(
            volumes=mesh.volumes * expansion,
            areas=mesh.areas * wider,
            before=mesh.before * size,
            after=mesh.after * size,
            exchange=mesh.exchange * (wider / size),
        )


def arrays_of(coupled: Coupled, growth: Growth, vessels: Array) -> Arrays:
    """Return the arrays of a system on a line; `vessels` (K, K) is what grows of its rates."""
    problem, line = coupled.engine.problem, plan(coupled)
    volumes = line.mesh.volumes
    cumulated = np.cumsum(volumes)
    infusion = np.zeros_like(line.mesh.held) if problem.infusion is None else problem.infusion
    return Arrays(
        growth=growth,
        network=problem.network,
        mesh=line.mesh,
        drift=line.drift,
        held=line.mesh.held,
        shares=cumulated[:-1] / cumulated[-1],
        weights=line.kinetics.weight,
        products=line.body.products,
        body=line.body.rates,
        vessels=vessels,
        handed=coupled.network.index("handed_over"),
        node=line.body.node,
        arrival=line.body.arrival * volumes,
        egress=line.body.egress,
        infusion=infusion * volumes,
        crossings=crossings_of(problem, line.mesh.storage, growth.dimensions),
    )
