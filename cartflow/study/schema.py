"""What may stand in a study file: the tables, their keys, and the dimension of every number."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import PositiveInt, Table, quantity
from cartflow.pbpk.doses import Route
from cartflow.pbpk.flows.tumour_like import Likeness
from cartflow.pbpk.scaling import Scaling
from cartflow.pbpk.sizes.size import SizeRule
from cartflow.study.most import LONGEST, MOST_CELLS
from cartflow.study.tables.cells import CellsTable
from cartflow.study.tables.circulating import CirculatingTable
from cartflow.study.tables.courses import BloodTable
from cartflow.study.tables.events import EventTable
from cartflow.study.tables.fields import (
    Duration,
    FieldTable,
    Fraction,
    MovingRegionTable,
    Number,
    TissueTable,
)
from cartflow.study.tables.geometry import GeometryTable
from cartflow.study.tables.population import PopulationTable

Time = Annotated[Parameter, quantity("day")]
Cells = Annotated[Parameter, quantity("cell", above=0, most=MOST_CELLS)]
DosedCells = Annotated[Parameter, quantity("cell", "cell/kg", above=0, most=MOST_CELLS)]
Diffusivity = Annotated[Parameter, quantity("mm^2/day")]
Rate = Annotated[Parameter, quantity("1/day")]


class NamedFile(Table):
    """Something by its shipped name, or a TOML file of the user's own."""

    name: str


class BodyFactorsTable(Table):
    """How a body differs from one of its size: factors on output, blood, tissues and flows."""

    cardiac_output: Fraction | None = None
    blood_volume: Fraction | None = None
    volume: dict[str, Fraction] = Field(default_factory=dict)
    blood_flow: dict[str, Fraction] = Field(default_factory=dict)


class BodyTable(NamedFile):
    """A body, its size if not its own, and what product cells stand in it at the start."""

    weight: Annotated[Parameter, quantity("kg", above=0)] | None = None
    height: Annotated[Parameter, quantity("m", above=0)] | None = None
    size_rule: SizeRule | None = None
    factors: BodyFactorsTable = BodyFactorsTable()
    initial: dict[str, Any] | None = None


class TraffickingTable(NamedFile):
    """The trafficking model, and the rule that carries it to another body."""

    scaling: Scaling = "capture_per_pass"
    exponent: Annotated[Parameter, quantity("1", minimum=None)] | None = None
    elimination_exponent: Annotated[Parameter, quantity("1", minimum=None)] | None = None


class DoseTable(Table):
    """One dose, or with `split` its parts, `interval` apart; `cells` may be per body weight.

    `maximum` is its cap. `shares` are those of several phenotypes, in proportion.
    """

    route: Route = "intravenous"
    cells: DosedCells
    maximum: Cells | None = None
    phenotype: str | None = None
    shares: dict[str, Number] | None = Field(default=None, min_length=1)
    time: Time | None = None
    duration: Time | None = None
    split: list[Fraction] | None = Field(default=None, min_length=2)
    interval: Duration | None = None
    tumour: str | None = None


class TumourTable(Table):
    """Host, vessels and feeding of the tumour; what is left out is as `like` says."""

    host: str | None = None
    like: Likeness = "default"
    feeding: Literal["vessels", "rim", "both"] = "vessels"
    rim_share: Fraction | None = None
    region: str | None = None
    boundary: str | None = None
    egress_region: str = "all"
    injection_region: str = "core"
    vessel_density: Any = None
    lymphatic_density: Any = None
    plasma_flow: Rate | None = None
    vascular_fraction: Fraction | None = None
    interstitial_fraction: Fraction | None = None
    lymph_fraction: Fraction | None = None
    retention: Fraction | None = None
    egress_rate: Rate | None = None
    cavity_entry_rate: Rate | None = None
    barrier_breakdown: Number | None = None
    portal_share: Number | None = None
    own_node: bool = False
    blood: BloodTable | None = None


def _different(models: list[str]) -> list[str]:
    twice = next((name for name in models if models.count(name) > 1), None)
    if twice is not None:
        msg = f"'{twice}' is named twice"
        raise ValueError(msg)
    return models


class KineticsTable(Table):
    """The kinetics models, combined by the names of their species, and changed parameters."""

    models: Annotated[list[str], Field(min_length=1), AfterValidator(_different)]
    parameters: dict[str, Any] = Field(default_factory=dict)


class OneOfSeveralTable(TumourTable):
    """One of several tumours: what [tumour] has, and its other tables, whole."""

    geometry: GeometryTable
    kinetics: KineticsTable
    fields: dict[str, FieldTable] = Field(default_factory=dict)
    tissue: TissueTable = TissueTable()


class OrganTable(Table):
    """An organ in which kinetics act: where in it, in what volume, and what stands there."""

    kinetics: KineticsTable
    space: Literal["tissue", "vascular"] = "tissue"
    volume: Annotated[Parameter, quantity("mm^3", above=0)] | None = None
    initial: dict[str, Any] = Field(default_factory=dict)


class TimeTable(Table):
    """The end of the run and the times to save: a list, or one interval."""

    end: Annotated[Parameter, quantity("day", above=0, most=LONGEST)]
    save: list[Time] | None = None
    every: Duration | None = None


class SaveTable(Table):
    """What of the saved times is kept: which fields, how often, as what, how hard compressed."""

    fields: list[str] | None = Field(default=None, min_length=1)
    every: Duration | None = None
    dtype: Literal["float64", "float32"] = "float64"
    compression: Annotated[int, Field(ge=0, le=9, strict=True)] = 0


class SolverTable(Table):
    """The engine and its steps."""

    engine: Literal["fast", "fipy"] = "fast"
    tolerance: Annotated[Parameter, quantity("1", above=0)] | None = None
    initial_step: Duration | None = None
    minimum_step: Duration | None = None
    maximum_step: Duration | None = None
    extrapolate: bool = True
    fixed_step: bool = False
    sweeps: PositiveInt = 1
    mesh_check: bool | Literal["auto"] = "auto"
    time_check: bool | Literal["auto"] = "auto"


class StudyTable(Table):
    """A whole study file: a tumour with its geometry and kinetics, organs with theirs, or both."""

    title: str
    references: list[str] = Field(default_factory=list)
    body: BodyTable | None = None
    trafficking: TraffickingTable | None = None
    doses: list[DoseTable] = Field(default_factory=list)
    events: list[EventTable] = Field(default_factory=list)
    organs: dict[str, OrganTable] = Field(default_factory=dict)
    circulating: dict[str, CirculatingTable] = Field(default_factory=dict)
    tumour: TumourTable | None = None
    tumours: dict[str, OneOfSeveralTable] = Field(default_factory=dict)
    geometry: GeometryTable | None = None
    kinetics: KineticsTable | None = None
    fields: dict[str, FieldTable] = Field(default_factory=dict)
    cells: CellsTable | None = None
    regions: dict[str, MovingRegionTable] = Field(default_factory=dict)
    tissue: TissueTable = TissueTable()
    time: TimeTable
    save: SaveTable = SaveTable()
    solver: SolverTable = SolverTable()
    population: PopulationTable | None = None

    @property
    def tumour_alone(self) -> bool:
        """Whether there is a tumour that no body is followed beside."""
        tumour = self.tumour
        return tumour is not None and (tumour.blood is not None or self.body is None)
