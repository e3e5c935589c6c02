"""What may stand in a solute's file, with the dimension of every number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

MolarMass = Annotated[Parameter, quantity("g/mol", above=0)]
Rate = Annotated[Parameter, quantity("1/day")]
Share = Annotated[Parameter, quantity("1")]
Number = Annotated[Parameter, quantity("1", above=0)]
Length = Annotated[Parameter, quantity("nm", above=0)]
Clearance = Annotated[Parameter, quantity("mL/h")]


class _SoluteTable(Table):
    name: str = ""
    title: str = ""
    references: list[str] = Field(default_factory=list)


class AntibodyTable(_SoluteTable):
    """An antibody; see `cartflow.pbpk.circulation.solutes.Antibody`."""

    kind: Literal["antibody"]
    molar_mass: MolarMass
    uptake: Rate
    degradation_rate: Rate
    receptor: Annotated[Parameter, quantity("mol/L")]
    on_rates: dict[str, Annotated[Parameter, quantity("L/mol/h")]]
    off_rates: dict[str, Rate]
    recycled_share: Share
    endosomal_fraction: Number
    lymphatic_reflection: Share
    vascular_reflection: dict[str, Share]
    node_flow: Number


class ProteinTable(_SoluteTable):
    """A protein; see `cartflow.pbpk.circulation.solutes.Protein`."""

    kind: Literal["protein"]
    molar_mass: MolarMass
    conductance_large: Number
    conductance_small: Number
    circular_flow: Share
    permeability: Annotated[Parameter, quantity("nm^3", above=0)]
    radius_large: Length
    radius_small: Length
    lymphatic_reflection: Share
    filtration_share: Share
    reabsorbed_share: Share
    elimination_rate: Rate


class SmallMoleculeTable(_SoluteTable):
    """A small molecule; see `cartflow.pbpk.circulation.solutes.SmallMolecule`."""

    kind: Literal["small_molecule"]
    partition: dict[str, Number]
    hepatic_clearance: Clearance
    renal_clearance: Clearance
    elimination_rate: Rate
    molar_mass: MolarMass | None = None


class EverywhereTable(_SoluteTable):
    """What stands everywhere alike, in some volume."""

    kind: Literal["everywhere"]
    volume: Annotated[Parameter, quantity("mL", above=0)] | None = None
    elimination_rate: Rate | None = None


class CellsTable(_SoluteTable):
    """Cells that travel as the product does, and are none."""

    kind: Literal["cells"]


SOLUTE_TABLES: dict[str, type[Table]] = {
    "antibody": AntibodyTable,
    "protein": ProteinTable,
    "small_molecule": SmallMoleculeTable,
    "everywhere": EverywhereTable,
    "cells": CellsTable,
}
