"""The problem that an engine solves: fields on a geometry, how they move and react."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.totals import totals
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Network
from cartflow.kinetics.pores import in_pores, undecided
from cartflow.pde.anisotropic.sides import require_sides
from cartflow.pde.boundary import BoundaryCondition, Place, RegionSource, require_apart
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.following import FollowingRegion
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.tissue import Tissue

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class DensityDependence:
    """A diffusivity that grows with the unknown: D(u) = D0 (u / reference)^exponent.

    `reference` is in the field's unit.
    """

    reference: float
    exponent: float = 1.0

    def __post_init__(self) -> None:
        if not self.reference > 0:
            msg = f"density_dependence: reference {self.reference:g} must be greater than 0"
            raise InputError(msg)

    def factor(self, values: Array | float) -> Array:
        """Return D(u)/D0."""
        return (np.asarray(values) / self.reference) ** self.exponent


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """How one species moves. A `diffusivity` of None (mm^2/day per cell) means immobile.

    Cells: D = diffusivity x hindrance x open_gain^(1 - matrix density); solutes: the tissue's
    hindrance applies. With an `anisotropy` (cells, 6) that is the mean over the directions, and
    the tensor is it times the components xx, xy, xz, yy, yz, zz (see `anisotropic.shapes`).
    `sources` act in named regions, `boundaries` on named boundaries.
    """

    name: str
    diffusivity: Array | None = None
    anisotropy: Array | None = None
    solute: bool = False
    hindrance: Hindrance | None = None
    open_gain: float = 1.0
    density_dependence: DensityDependence | None = None
    chemotaxis: Chemotaxis | None = None
    boundaries: Mapping[str, BoundaryCondition] = field(default_factory=dict)
    sources: tuple[RegionSource, ...] = ()

    def __post_init__(self) -> None:
        if self.diffusivity is None:
            if self.boundaries or self.chemotaxis or self.density_dependence:
                msg = (
                    f"field '{self.name}' is immobile: boundaries and chemotaxis need a diffusivity"
                )
                raise InputError(msg)
        elif not np.all(np.isfinite(self.diffusivity) & (self.diffusivity >= 0)):
            msg = f"field '{self.name}': diffusivity {np.min(self.diffusivity):g} is negative"
            raise InputError(msg)

    @property
    def mobile(self) -> bool:
        """Whether the field moves at all."""
        return self.diffusivity is not None

    @property
    def places(self) -> tuple[Place, ...]:
        """The boundaries and regions through which it comes and goes."""
        return (
            *(Place(field=self.name, kind="boundary", name=n) for n in self.boundaries),
            *(Place(field=self.name, kind="region", name=s.region) for s in self.sources),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Fields in the order of the network's species, on a geometry, in a tissue.

    A state holds densities of cells per mm^3 of tissue and concentrations of solutes per mm^3 of
    pore fluid, and so do the rates see them; an amount is per mm^3 of tissue, storage x state.
    `egress` (1/day per cell) acts on the phenotypes: what leaves returns to the body; it may act in
    one of the regions that are `following` fields alone, `egress_region`. `infusion` (species,
    cells) in amount/mm^3/day is what enters all the time, if anything does. What reactions make and
    use of `counted` species that are no product cells is counted too.
    """

    geometry: Geometry
    network: Network
    fields: tuple[Field, ...]
    tissue: Tissue
    egress: Array
    infusion: Array | None = None
    following: tuple[FollowingRegion, ...] = ()
    egress_region: str = ""
    counted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = tuple(f.name for f in self.fields)
        if names != self.network.species_names:
            msg = f"problem: fields {names} do not match the species {self.network.species_names}"
            raise InputError(msg)
        regions = (*self.geometry.regions, *(region.name for region in self.following))
        if self.following and self.geometry.active.ndim == 1:
            msg = f"regions.{self.following[0].name}: regions that follow a field are for boxes "
            raise InputError(msg + f"and masks, and the {self.geometry.name} is neither")
        for item in self.fields:
            if item.anisotropy is not None:
                require_sides(item.name, self.geometry, item.boundaries)
            for boundary in item.boundaries:
                require_known(boundary, self.geometry.boundaries, f"fields.{item.name}.boundaries")
            require_apart(item.boundaries, self.geometry.boundaries, f"fields.{item.name}")
            for source in item.sources:
                require_known(source.region, regions, f"fields.{item.name}.regions")
            if item.chemotaxis is not None:
                require_known(item.chemotaxis.attractant, names, f"fields.{item.name}.chemotaxis")
        if self.tissue.matrix is not None:
            require_known(self.tissue.matrix, names, "tissue.matrix")
            unit = self.network.species[names.index(self.tissue.matrix)].unit
            if unit != "1":
                name = self.tissue.matrix
                msg = f"tissue.matrix: '{name}' is in {unit}; a relative density is needed"
                raise InputError(msg)
        self._require_decided()

    def _require_decided(self) -> None:
        """Raise `InputError` where it matters whose a rate is, and the model leaves it open."""
        open_porosity = self.tissue.open_porosity
        if np.all(self.tissue.porosity == 1.0) and open_porosity in (None, 1.0):
            return
        name = undecided(self.network)
        if name is not None:
            msg = (
                f"kinetics: reactions.{name}: it goes on without the cells that its rate names, so "
                "that in pores it is unsaid what its rate is per: write what cells do as a "
                "reaction of its own, or per = 'pore' or 'tissue'"
            )
            raise InputError(msg)

    @cached_property
    def travels(self) -> Array:
        """Which species are phenotypes, the product cells that travel (bool per species)."""
        return np.array([s.role == "phenotype" for s in self.network.species])

    @cached_property
    def counts(self) -> Array:
        """Which species are counted as they come and go: product cells, and those `counted`."""
        return self.network.is_product | np.isin(self.network.species_names, self.counted)

    @cached_property
    def solutes(self) -> Array:
        """Which species are stored in the pore fluid (bool per species)."""
        return np.array([f.solute for f in self.fields])

    @property
    def places(self) -> tuple[Place, ...]:
        """Where fields come and go, field by field."""
        return tuple(place for item in self.fields for place in item.places)

    @cached_property
    def in_pores(self) -> Array:
        """Which reactions have rates per mm^3 of pore fluid (bool per reaction)."""
        changed = self.network.stoichiometry != 0
        return in_pores(self.network) & np.all(self.solutes[:, None] | ~changed, axis=0)

    def region(self, name: str, state: Array) -> Array:
        """Return the share (cells,) of each cell in the region `name` at densities `state`."""
        for region in self.following:
            if region.name == name:
                return region.share(state)
        return self.geometry.region(name).astype(float)

    def whole_regions(self) -> Problem:
        """Return the problem with all that moving regions lie within, as if they filled it."""
        if not self.following:
            return self
        filled = tuple(replace(region, terms=()) for region in self.following)
        return replace(self, following=filled)

    def follows(self, item: Field) -> bool:
        """Return whether what leaves or enters a field is in a region that follows one."""
        moving = {region.name for region in self.following}
        travels = self.travels[self.network.index(item.name)] and self.egress_region in moving
        return bool(travels) or any(source.region in moving for source in item.sources)

    def egress_at(self, state: Array) -> Array:
        """Return the egress (cells,), 1/day, at densities `state`."""
        if not self.egress_region:
            return self.egress
        return self.egress * self.region(self.egress_region, state)

    def matrix_density(self, state: Array) -> Array | None:
        """Return the matrix field of `state` (species, cells), or None without one."""
        if self.tissue.matrix is None:
            return None
        return np.asarray(state[self.network.index(self.tissue.matrix)])

    def porosity(self, state: Array) -> Array:
        """Return the porosity per cell at the matrix of `state`."""
        return self.tissue.porosity_at(self.matrix_density(state))

    def storage(self, state: Array) -> Array:
        """Return the storage per species and cell: porosity for solutes, 1 for cells.

        Where it never changes it is worked out once, and is not written; where it is the same in
        all cells it takes no memory.
        """
        if self._steady_storage is not None:
            return self._steady_storage
        return self._storage(self.porosity(state))

    @cached_property
    def _steady_storage(self) -> Array | None:
        porosity = self.tissue.porosity
        if self.tissue.matrix is not None:
            return None
        if np.all(porosity == porosity[0]):
            each = np.where(self.solutes, porosity[0], 1.0)
            return np.broadcast_to(each[:, None], (each.size, porosity.size))
        storage = self._storage(porosity)
        storage.setflags(write=False)
        return storage

    def _storage(self, porosity: Array) -> Array:
        return np.where(self.solutes[:, None], porosity[None, :], 1.0)

    def place_diffusivity(self, item: Field, state: Array) -> Array:
        """Return the flux coefficient per cell, mm^2/day, without the part that depends on u."""
        if item.diffusivity is None:
            return np.zeros(self.geometry.size)
        matrix = self.matrix_density(state)
        porosity = self.tissue.porosity_at(matrix)
        if item.solute:
            return item.diffusivity * porosity * self.tissue.hindrance.factor(porosity)
        hindered = item.diffusivity.copy()
        if item.hindrance is not None:
            hindered = hindered * item.hindrance.factor(porosity)
        if matrix is not None:
            hindered = hindered * item.open_gain ** (1.0 - matrix)
        return hindered

    def totals(self, state: Array) -> Array:
        """Return the amount of every species in the tissue, sum(storage u V)."""
        return totals(self.storage(state) * state, self.geometry.cell_volumes)
