"""From the tables of a study to fields, tissue and numbers with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter, Sign, parameter, signed
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import (
    BoundaryCondition,
    FixedValue,
    PrescribedFlux,
    RegionSource,
    Robin,
)
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import LAWS, Hindrance
from cartflow.pde.problem import DensityDependence, Field
from cartflow.pde.tissue import Tissue
from cartflow.study.earlier import field_of_earlier, is_earlier
from cartflow.study.fibres.numbers import directed
from cartflow.study.fibres.tables import has_directions
from cartflow.study.images.laws import RELATIVE
from cartflow.study.images.numbers import image_number, is_image
from cartflow.study.most import DENSEST, FASTEST, require_possible
from cartflow.study.profiles import field_of_profile, is_profile
from cartflow.study.schema import StudyTable
from cartflow.study.tables.fields import (
    ChemotaxisTable,
    FieldTable,
    FixedValueTable,
    FluxTable,
    HindranceTable,
    RobinTable,
    SourceTable,
)

Array = np.ndarray

# The unit of chi per concentration, by the attractant's unit.
_SENSITIVITY = {"ng/mm^3": "mm^5/ng/day", "cell/mm^3": "mm^5/cell/day", "1": "mm^2/day"}


def stated_parameters(table: Any, prefix: str = "") -> dict[str, Parameter]:
    """Return every `Parameter` in a validated table, by its dotted key."""
    if isinstance(table, Parameter):
        return {prefix: table}
    if isinstance(table, BaseModel):
        items = [(name, getattr(table, name)) for name in type(table).model_fields]
    elif isinstance(table, Mapping):
        items = list(table.items())
    elif isinstance(table, (list, tuple)):
        items = [(str(i), item) for i, item in enumerate(table)]
    else:
        return {}
    found: dict[str, Parameter] = {}
    for name, item in items:
        found |= stated_parameters(item, f"{prefix}.{name}" if prefix else str(name))
    return found


class Assembler:
    """Reads the parts of a study whose dimension depends on the species; keeps their numbers."""

    def __init__(
        self, file: str, geometry: Geometry, network: Network, folder: Path = Path()
    ) -> None:
        self.file = file
        self.folder = folder
        self.geometry = geometry
        self.network = network
        self.parameters: dict[str, Parameter] = {}
        self.images: dict[str, str] = {}  # what images and profiles gave, in words

    def number(self, raw: Any, like: str, key: str, *, sign: Sign = "not_negative") -> float:
        """Return one number in internal units and keep it under `key`."""
        try:
            result = signed(parameter(raw, like), sign)
        except InputError as error:
            msg = f"{self.file}: {key}: {error}"
            raise InputError(msg) from None
        self.parameters[key] = result
        return result.value

    def per_cell(self, raw: Any, like: str, key: str, *, solute: bool = False) -> Array:
        """Return one value per mesh cell: a quantity, an image, or a table of those by region."""
        if is_image(raw):
            return self._image(raw, like, key, solute)
        if not isinstance(raw, dict) or "value" in raw:
            return np.full(self.geometry.size, self.number(raw, like, key))
        values = np.full(self.geometry.size, np.nan)
        for region, item in raw.items():
            require_known(region, self.geometry.regions, f"{self.file}: {key}")
            inside, name = self.geometry.region(region), f"{key}.{region}"
            if is_image(item):
                values[inside] = self._image(item, like, name, solute)[inside]
            else:
                values[inside] = self.number(item, like, name)
        if np.isnan(values).any():
            msg = f"{self.file}: {key}: its regions leave {np.isnan(values).sum()} mesh cells out"
            raise InputError(msg)
        return values

    def _image(self, raw: Mapping[str, Any], like: str, key: str, solute: bool) -> Array:
        found = image_number(
            raw, like, key, self.geometry, self.folder, file=self.file, solute=solute
        )
        self.parameters |= found.numbers
        self.images[key] = found.words
        return found.values

    def tissue(self, study: StudyTable) -> Tissue:
        """Return the tissue; its porosity is 1 unless the study says otherwise."""
        table = study.tissue
        raw = table.porosity if table.porosity is not None else 1.0
        return Tissue(
            porosity=self.per_cell(raw, "1", "tissue.porosity"),
            hindrance=_hindrance(table.hindrance, "tissue."),
            open_porosity=_value(table.open_porosity),
            matrix=table.matrix,
        )

    def fields(self, tables: Mapping[str, FieldTable]) -> tuple[Field, ...]:
        """Return one field a species, in the network's order."""
        for name in tables:
            require_known(name, self.network.species_names, f"{self.file}: fields")
        return tuple(self._field(s, tables.get(s.name, FieldTable())) for s in self.network.species)

    def initial(self, tables: Mapping[str, FieldTable]) -> Array:
        """Return the state (species, mesh cells) at the start."""
        rows = []
        for s in self.network.species:
            raw = tables.get(s.name, FieldTable()).initial
            key = f"fields.{s.name}.initial"
            given: Any = raw if raw is not None else f"{s.initial} {s.unit}"
            if is_earlier(given):
                where = f"{self.file}: {key}"
                rows.append(field_of_earlier(given, s, self.geometry, self.folder, where))
            elif is_profile(given):
                where = f"{self.file}: {key}"
                found, words = field_of_profile(given, s, self.geometry, self.folder, where)
                self.images[key] = words
                rows.append(found)
            else:
                rows.append(self.per_cell(given, s.unit, key))
            if s.unit == "cell/mm^3":
                with named(f"{self.file}: {key}"):
                    require_possible(float(rows[-1].max(initial=0.0)), DENSEST, s.unit)
        return np.array(rows)

    def _field(self, species: Species, table: FieldTable) -> Field:
        key = f"fields.{species.name}"
        solute = species.role == "solute"
        if solute and (table.hindrance is not None or table.open_gain is not None):
            msg = f"{key}: a solute follows tissue.hindrance; hindrance and open_gain are for cells"
            raise InputError(msg)
        if table.diffusivity is None and (
            table.hindrance is not None or table.open_gain is not None
        ):
            msg = f"{key}: hindrance and open_gain need a diffusivity to act on"
            raise InputError(msg)
        diffusivity, anisotropy = self._diffusivity(table, f"{key}.diffusivity", solute)
        dependence = None
        if table.density_dependence is not None:
            law = table.density_dependence
            reference = self.number(
                law.reference, species.unit, f"{key}.density_dependence.reference"
            )
            dependence = DensityDependence(reference=reference, exponent=_value(law.exponent, 1.0))
        return Field(
            name=species.name,
            diffusivity=diffusivity,
            anisotropy=anisotropy,
            solute=solute,
            hindrance=None if table.hindrance is None else _hindrance(table.hindrance, f"{key}."),
            open_gain=_value(table.open_gain, 1.0),
            density_dependence=dependence,
            chemotaxis=self._chemotaxis(table.chemotaxis, f"{key}.chemotaxis"),
            boundaries={
                name: self._boundary(item, species.unit, f"{key}.boundaries.{name}")
                for name, item in table.boundaries.items()
            },
            sources=tuple(
                self._source(region, item, species.unit, f"{key}.regions.{region}")
                for region, item in table.regions.items()
            ),
        )

    def _diffusivity(
        self, table: FieldTable, key: str, solute: bool
    ) -> tuple[Array | None, Array | None]:
        """Return the diffusivity, on average over directions if it has any, and their shape."""
        raw = table.diffusivity
        if raw is None:
            return None, None
        values, anisotropy = self._read_diffusivity(raw, key, solute)
        with named(f"{self.file}: {key}"):
            require_possible(float(values.max(initial=0.0)), FASTEST, "mm^2/day")
        return values, anisotropy

    def _read_diffusivity(self, raw: Any, key: str, solute: bool) -> tuple[Array, Array | None]:
        if not has_directions(raw):
            return self.per_cell(raw, "mm^2/day", key, solute=solute), None
        found = directed(raw, key, self.geometry, self.folder, self.per_cell, file=self.file)
        self.parameters |= found.numbers
        self.images[key] = found.words
        return found.diffusivity, found.anisotropy

    def _chemotaxis(self, table: ChemotaxisTable | None, key: str) -> Chemotaxis | None:
        if table is None:
            return None
        require_known(table.attractant, self.network.species_names, f"{key}.attractant")
        unit = self.network.species[self.network.index(table.attractant)].unit
        like = "mm^2/day" if table.law == "logarithmic" else _SENSITIVITY[unit]
        half = 0.0
        if table.half_saturation is not None:
            half = self.number(table.half_saturation, unit, f"{key}.half_saturation")
        return Chemotaxis(
            attractant=table.attractant,
            law=table.law,
            sensitivity=self.number(table.sensitivity, like, f"{key}.sensitivity", sign="any"),
            half_saturation=half,
            maximal_speed=_value(table.maximal_speed, np.inf),
        )

    def _boundary(
        self, table: FluxTable | FixedValueTable | RobinTable, unit: str, key: str
    ) -> BoundaryCondition:
        if isinstance(table, FluxTable):
            return PrescribedFlux(flux=self.number(table.flux, f"{unit}*mm/day", f"{key}.flux"))
        if isinstance(table, FixedValueTable):
            return FixedValue(value=self.number(table.value, unit, f"{key}.value"))
        exterior = 0.0
        if table.exterior is not None:
            exterior = self.number(table.exterior, unit, f"{key}.exterior")
        return Robin(transfer_coefficient=table.transfer_coefficient.value, exterior=exterior)

    def _source(self, region: str, table: SourceTable, unit: str, key: str) -> RegionSource:
        return RegionSource(
            region=region,
            supply=self._rate(table.supply, f"{unit}/day", f"{key}.supply"),
            removal=self._rate(table.removal, "1/day", f"{key}.removal"),
        )

    def _rate(self, raw: Any, like: str, key: str) -> float | Array:
        if raw is None:
            return 0.0
        return self._image(raw, like, key, False) if is_image(raw) else self.number(raw, like, key)

    def vessels(self, raw: Any, key: str) -> Array | None:
        """Return how densely vessels stand in every mesh cell, of which ratios alone count."""
        if raw is None:
            return None
        return (
            self._image(raw, RELATIVE, key, False)
            if is_image(raw)
            else self.per_cell(raw, "1", key)
        )


def _hindrance(table: HindranceTable, key: str) -> Hindrance:
    require_known(table.law, LAWS, f"{key}hindrance.law")
    if table.law != "measured" and table.tortuosity is not None:
        msg = (
            f"{key}hindrance.tortuosity: law '{table.law}' finds it; only law 'measured' takes one"
        )
        raise InputError(msg)
    if table.law != "archie" and table.exponent is not None:
        msg = f"{key}hindrance.exponent: law '{table.law}' has none; only law 'archie' takes one"
        raise InputError(msg)
    return Hindrance(
        law=table.law,  # type: ignore[arg-type]  # Hindrance checks the name itself
        tortuosity=_value(table.tortuosity, 1.0),
        exponent=_value(table.exponent, 1.5),
        matrix_tortuosity=_value(table.matrix_tortuosity, 1.0),
    )


def _value(given: Parameter | None, default: Any = None) -> Any:
    return default if given is None else given.value
