"""One species' implicit stage: (1 - g h A) k = R, solved for and made to close its balance."""

from __future__ import annotations

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.pde.operators.links import read_links
from cartflow.pde.problem import Problem
from cartflow.pde.voxels.implicit.conjugate import BoxSystem
from cartflow.pde.voxels.implicit.faces_system import (
    FacesSystem,
    arms_matrix,
    faces_matrix,
)
from cartflow.pde.voxels.implicit.runs import held, put, runs
from cartflow.pde.voxels.implicit.system import ConjugateGradients
from cartflow.pde.voxels.laid_out import Fields

Array = np.ndarray

# Shares of the right-hand side: left when the change can be told, and what rounding leaves.
_ROUGH, _ROUND_OFF = 1e-2, 1e-14
_POOR = 100.0  # times what was wanted, beyond which a solution is refused


class Solute:
    """A holds diffusion, first-order losses and what kinetics take away, of one species.

    Amounts are per mm^3 of tissue; the system is solved for densities, for which it is symmetric,
    in the box around the mesh's cells, or by their faces where these have unlike widths, and by
    their arms where those exchange along such.
    """

    def __init__(self, problem: Problem, species: int, fields: Fields) -> None:
        self._name = problem.fields[species].name
        self.species = species
        self._volumes = fields.volumes
        place, self._system = _system(problem, species, fields)
        self._rows = runs(place)
        self._step = 0.0
        self._storage, self._solved = np.ones(0), np.empty(fields.volumes.size)

    @property
    def iterations(self) -> int:
        """How many iterations there have been."""
        return self._system.iterations

    def set_step(self, step: float, storage: Array, loss: Array | None, taking: Array) -> None:
        """Begin a step with g h = `step`, day; `taking` (cells), 1/day, is what kinetics take.

        `loss` is that of densities.
        """
        self._step, self._storage = step, np.broadcast_to(storage, taking.shape).copy()
        rates = self._storage * (1.0 / step + taking)
        if loss is not None:
            rates += loss
        put(rates, self._volumes, self._rows, self._system.local)
        self._system.set_local()

    def solve(self, right: Array, amount: float, exactness: float, dt: float) -> Array:
        """Return what solves for `right` (cells), and make `right` the slope that closes.

        What is returned stands until the next solution. The slope is R + g h A of the solution:
        its sum over the mesh is what A's losses say, to round-off, however exact the solution is.
        What the difference makes in `dt` days is at most the share `exactness` of the `amount`
        there is and of what the solution changes.
        """
        system, rows, volumes = self._system, self._rows, self._volumes
        norm = begun = system.begin_with(right, volumes, 1.0 / self._step, rows)
        share = exactness / (self._step * dt)
        norm = system.solve(norm, max(share * amount, _ROUGH * begun))
        if norm > share * amount:
            changed = dt * held(system.x, rows, self._storage, volumes)
            wanted = max(share * (amount + changed), _ROUND_OFF * begun)
            norm = system.solve(norm, wanted)
            if not norm <= _POOR * wanted:
                raise StepFailed(self._name, "its implicit step was not solved")
        system.close(rows, self._storage, volumes, self._step, self._solved, right)
        return self._solved


def _system(problem: Problem, species: int, fields: Fields) -> tuple[Array, ConjugateGradients]:
    """Return each cell's place in the system, and the system with the exchange of a species."""
    size = problem.geometry.size
    if fields.way[species] == 3:
        return np.arange(size), FacesSystem(arms_matrix(fields, species), size)
    if not problem.geometry.listed:
        place, exchange = on_box(problem, species, fields)
        return place, BoxSystem(exchange)
    faces = problem.geometry.connectivity
    links = read_links(problem.geometry)
    passes = np.zeros(faces.owner.size)
    if fields.way[species] != 0:
        passes = fields.exchange[fields.row[species]][links.axis, links.first]
    return np.arange(size), FacesSystem(faces_matrix(faces, passes, size), size)


def on_box(problem: Problem, species: int, fields: Fields) -> tuple[Array, Array]:
    """Return each cell's place in the padded box, and the exchange (3, *shape) there, mm^3/day."""
    active = problem.geometry.active
    # A rectangle's slabs are its rows.
    along = {3: [0, 1, 2], 2: [0, 2], 1: [2]}[active.ndim]
    shape = np.ones(3, dtype=int)
    shape[along] = active.shape
    inside = np.flatnonzero(active)
    exchange = np.zeros((3, active.size))
    if fields.way[species] == 1:
        rates = fields.uniform[species][3 - active.ndim :, None]
        exchange[along] = rates * fields.volumes[0]
    elif fields.way[species] == 4:
        rates = fields.placed[fields.row[species]][along, -active.size :]
        exchange[along] = rates * fields.volumes[0]
    elif fields.way[species] == 2:
        exchange[np.array(along)[:, None], inside] = fields.exchange[fields.row[species]]
    box = exchange.reshape(3, *shape)
    if fields.way[species] == 1:
        for axis in range(3):
            # Nothing lies ahead of the last voxels.
            np.moveaxis(box[axis], axis, 0)[-1] = 0.0
    return inside + shape[1] * shape[2], box
