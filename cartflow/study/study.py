"""A study file in, a simulation out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from cartflow.core import arguments
from cartflow.core.bibliography import keys, references
from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.paths import as_path
from cartflow.core.tables import parse_toml, read_text, validate
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.door import Door, vessel_fed
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.files.local_model import LocalModel
from cartflow.kinetics.network import Network
from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels
from cartflow.pde.problem import Problem
from cartflow.results.mesh_error.check import MeshCheck, mesh_errors
from cartflow.results.result import Result, build_result
from cartflow.results.tumour import require_free_names
from cartflow.study.assembly import Assembler, stated_parameters
from cartflow.study.checks import (
    refuse_tumour_keys,
    refuse_unused,
    require_parts,
    require_regions,
)
from cartflow.study.dosing import build_doses, cells_alone
from cartflow.study.events.programme import Events, read_events
from cartflow.study.given import (
    Given,
    in_words,
    on_cells,
    with_given_diffusivities,
    with_given_starts,
)
from cartflow.study.models import StudyModels
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import all_replaced, errors_named, without_folders
from cartflow.study.parts import (
    arrival,
    cavities,
    control,
    engine,
    scaling,
    suited,
    vessels,
    vessels_in_words,
)
from cartflow.study.schedule import save_times
from cartflow.study.schema import StudyTable, TumourTable
from cartflow.study.shapes import build_geometry
from cartflow.study.sites import organ_kinetics, site_parameters

Array = np.ndarray
S = TypeVar("S", Coupled, BodyAlone)


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A validated study: `text` as written, `table` as read, `folder` that its paths start from.

    ``Study.from_file("study.toml").run()`` returns a `Result`. `other_body` and
    `other_trafficking` stand in place of those that it names; `given` are arrays in place of
    numbers (see `with_field`).
    """

    name: str
    text: str
    table: StudyTable
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    other_body: Body | None = None
    other_trafficking: Trafficking | None = None
    given: Given = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        """Return name, title and body in a line."""
        changed = f", {len(self.settings)} settings" if self.settings else ""
        return f"<Study: {self.name}; {self.table.title}; {self.table.body.name}{changed}>"

    @classmethod
    def from_file(cls, path: str | Path, settings: Mapping[str, Any] | None = None) -> Study:
        """Read the study at `path`; `settings` replaces values by dotted key."""
        path = as_path(path, "Study.from_file")
        return cls.from_text(read_text(path), name=str(path), folder=path.parent, settings=settings)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        name: str = "study",
        folder: str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Study:
        """Read a study from its text. Raises `InputError` with file, key, value and remedy."""
        settings = arguments.table(settings, "settings")
        data = parse_toml(arguments.text(text, "text"), arguments.text(name, "name"))
        data = all_replaced(data, settings, name)
        table = validate(StudyTable, data, name)
        require_parts(table, name)
        for key in table.references:
            require_known(key, keys(), f"{name}: references")
        return cls(
            name=name,
            text=text,
            table=table,
            folder=Path() if folder is None else as_path(folder, "folder"),
            settings=settings,
        )

    def with_settings(self, settings: Mapping[str, Any]) -> Study:
        """Return the study with more `settings`; what they do not concern is not read anew."""
        new = Study.from_text(
            self.text,
            name=self.name,
            folder=self.folder,
            settings={**self.settings, **arguments.table(settings, "settings")},
        )
        new = replace(new, given=self.given)
        return new._like(self, self.other_body, self.other_trafficking)

    def in_body(self, body: Body, trafficking: Trafficking) -> Study:
        """Return the study with another body and trafficking model than those that it names."""
        return self._like(self, body, trafficking)

    def with_field(self, name: str, *, initial: Any = None, diffusivity: Any = None) -> Study:
        """Return the study with a field's start or diffusivity given for every mesh cell.

        `initial` is in the field's unit (cells/mm^3, ng/mm^3), `diffusivity` in mm^2/day; each is
        an array of one value a mesh cell, or on the grid of `Study.geometry`. The result's
        attribute `given_arrays` names them. Raises `InputError` for another field or shape.
        """
        with errors_named(self.name):
            require_known(name, self.kinetics.species_names, "with_field")
            found = {
                (name, what): on_cells(values, self.geometry, f"fields.{name}.{what}")
                for what, values in (("initial", initial), ("diffusivity", diffusivity))
                if values is not None
            }
        new = replace(self, given={**self.given, **found})
        return new._like(self, self.other_body, self.other_trafficking)

    def _like(self, base: Study, body: Body | None, trafficking: Trafficking | None) -> Study:
        """Return this study, with the parts of `base` that its own would equal."""
        new = replace(self, other_body=body, other_trafficking=trafficking)
        parts = vars(new)
        parts["models"] = replace(base.models, table=self.table)
        if self.table.geometry is not None and self.table.geometry == base.table.geometry:
            parts["geometry"] = base.geometry
        if body is base.other_body and self.table.body == base.table.body:
            parts["body"] = base.body
        if trafficking is base.other_trafficking and (
            self.table.trafficking.name == base.table.trafficking.name
        ):
            parts["trafficking"] = base.trafficking
        return new

    @cached_property
    def geometry(self) -> Geometry:
        """The tumour's geometry."""
        if self.table.geometry is None:
            raise self._without_tumour()
        return build_geometry(self.table.geometry, self.folder, self.name)

    @cached_property
    def models(self) -> StudyModels:
        """What the kinetics models of the study do."""
        return StudyModels(table=self.table, folder=self.folder)

    @property
    def kinetics(self) -> Network:
        """The reactions of the tumour's kinetics models, with the study's parameters."""
        return self.tumour_model.network

    @cached_property
    def tumour_model(self) -> LocalModel:
        """What the tumour's kinetics models do, combined, with the study's parameters."""
        with errors_named(self.name):
            model = self.models.tumour
        if model is None:
            raise self._without_tumour()
        return model

    @cached_property
    def organ_kinetics(self) -> OrganKinetics | None:
        """The kinetics in organs, if the study states any."""
        tumour = None if self.table.tumour is None else self.kinetics
        with errors_named(self.name):
            return organ_kinetics(self.table.organs, self.organs, self.models.network, tumour)

    @cached_property
    def body(self) -> Body:
        """The body that the study names, or the other one that it was given."""
        return self.other_body or load_body(self.table.body.name, self.folder)

    @cached_property
    def trafficking(self) -> Trafficking:
        """The trafficking model that the study names, or the other one that it was given."""
        name = self.table.trafficking.name
        return self.other_trafficking or load_trafficking(name, self.folder)

    @cached_property
    def organs(self) -> OrganNetwork:
        """The body's organs with the tumour's vessels among them."""
        table = self.table
        with errors_named(self.name):
            return organ_network(
                self.body,
                self.trafficking,
                scaling=self.scaling(),
                tumour=None if table.tumour is None else self.vessels(),
                cavities=self.cavities(),
            )

    @cached_property
    def prepared(self) -> Simulation | BodyAlone:
        """What runs: the coupled simulation, or without a tumour the body alone."""
        if self.table.tumour is not None:
            return self.simulation
        with errors_named(self.name):
            programme = self._programme(self._body_alone, lambda other: other._body_alone)
        return replace(self._body_alone, programme=programme)

    @cached_property
    def simulation(self) -> Simulation:
        """The coupled simulation, ready to run. Raises `InputError` without a tumour."""
        coupled, initial = self._start
        table = self.table
        with errors_named(self.name):
            simulation = Simulation(
                coupled=coupled,
                initial=initial,
                save_times=save_times(table.time, [dose.time for dose in coupled.doses]),
                control=control(table.solver),
                programme=self._programme(coupled, lambda other: other._start[0]),
            )
            return suited(simulation, table.solver)

    @cached_property
    def _events(self) -> Events[Study] | None:
        """The study's events, if it has any."""
        if not self.table.events:
            return None
        numbers = StudyNumbers(study=self.with_settings({"events": []}))
        with errors_named(self.name):
            fixed = dict.fromkeys(self.models.switched(), "its model switches it, or by it")
            for field, what in self.given:
                fixed[f"fields.{field}.{what}"] = "an array was given in its place"
            return read_events(self.table.events, self.table.time.end, numbers, fixed)

    def _programme(self, start: S, system: Callable[[Study], S]) -> Programme[S] | None:
        """Return what the study's events do to its run; `system` is what runs of a study."""
        return None if self._events is None else self._events.programme(start, system)

    @cached_property
    def _start(self) -> tuple[Coupled, Array]:
        """The coupled system and the tumour's state (species, mesh cells) at the start."""
        assembler, table = Assembler(self.name, self.geometry, self.kinetics), self.table
        tumour = self.tumour
        with errors_named(self.name):
            refuse_unused(table, tumour)
            require_regions(table, tumour, self.geometry)
            require_free_names(self.kinetics, self.geometry)
            egress = self.organs.egress_rate * self.geometry.region(tumour.egress_region)
            problem = Problem(
                geometry=self.geometry,
                network=self.kinetics,
                fields=with_given_diffusivities(assembler.fields(table.fields), self.given),
                tissue=assembler.tissue(table),
                egress=egress,
            )
            initial = with_given_starts(assembler.initial(table.fields), problem.fields, self.given)
            coupled = Coupled(
                network=self.organs,
                engine=engine(table.solver, problem),
                door=Door(
                    geometry=self.geometry, arrival=arrival(tumour, self.geometry), egress=egress
                ),
                doses=build_doses(table.doses, self.kinetics, table.time.end),
                injection=vessel_fed(self.geometry, tumour.injection_region),
                kinetics=self.organ_kinetics,
                happenings=self.models.happenings(self.organ_kinetics),
            )
        self.stated.update(assembler.parameters)
        return coupled, initial

    @cached_property
    def stated(self) -> dict[str, Parameter]:
        """The numbers that the study states, by dotted key."""
        return stated_parameters(self.table)

    def parameters(self) -> dict[str, Parameter]:
        """Return every number that the run uses, with unit, source and standing."""
        _ = self._body_alone if self.table.tumour is None else self._start
        events = {} if self._events is None else self._events.stated()
        found = {**self.stated, **self.organs.parameters, **events}
        if self.organ_kinetics is not None:
            found |= site_parameters(self.table.organs, self.organ_kinetics)
            found |= self.models.organ_numbers()
        if self.table.tumour is None:
            return found
        numbers = {**self.kinetics.described_parameters(), **self.tumour_model.numbers()}
        kinetics = {f"kinetics.{k}": p for k, p in numbers.items()}
        return {**found, **kinetics, **self._egress_used()}

    def _egress_used(self) -> dict[str, Parameter]:
        used = self.vessels()
        if used.egress_rate is not None:
            return {}
        rate = self.organs.egress_rate
        derived = Parameter(
            value=rate,
            unit="1/day",
            stated=f"{rate:g} 1/day",
            source=used.lymph_fraction.source,
            standing="derived",
            note="lymph flow / (interstitial volume x retention), with the model's lymph factor",
        )
        return {"tumour.egress_rate": derived}

    def references(self) -> list[str]:
        """Return the bibliography keys of everything that the study rests on."""
        sources = {p.source for p in self.parameters().values()}
        named = {*self.table.references}
        if self.organ_kinetics is not None:
            named |= set(self.organ_kinetics.network.references)
        if self.table.tumour is not None:
            named |= {*self.kinetics.references, "guyer2009"}
        return references({*sources, *named} - {"study", "assumed"})

    def run(
        self,
        watch: Callable[[float, float], None] | None = None,
        keep: Callable[[Callable[[], Result]], None] | None = None,
        mesh_check: MeshCheck | None = None,
        time_check: bool = True,
    ) -> Result:
        """Run the study; `watch(time, step)` in days is called after every step.

        `keep` is called at every saved time with a function that makes the result so far. The
        result says in its `outcome` whether the run finished. `mesh_check` says whether companion
        runs on coarser meshes follow (see `mesh_errors`); without it, if the study says true.
        Without `time_check` no companion tells the error in time, whatever the study says.
        """

        def offer(record: Record) -> None:
            if keep is not None:
                keep(lambda: self._result(record))

        run, start = self.prepared, perf_counter()
        if isinstance(run, Simulation) and not time_check:
            run = run.unchecked()
        record = run.run(watch, offer)
        result = self._result(record)
        wanted = self.table.solver.mesh_check is True if mesh_check is None else mesh_check
        if wanted is False or not isinstance(run, Simulation):
            return result
        seconds = perf_counter() - start
        return result.with_group("errors", mesh_errors(record, run, wanted, seconds, watch))

    def _result(self, record: Record) -> Result:
        return build_result(
            record,
            self.prepared,
            title=self.table.title,
            study=self.text,
            settings=without_folders(self.settings),
            parameters=self.parameters(),
            references=self.references(),
            vessels=self.vessels_in_words(),
            given=in_words(self.given),
            events=[] if self._events is None else self._events.in_words(record.happened),
        )

    @property
    def tumour(self) -> TumourTable:
        """The tumour's table; raises `InputError` in a study without one."""
        if self.table.tumour is None:
            raise self._without_tumour()
        return self.table.tumour

    def _without_tumour(self) -> InputError:
        return InputError(f"{self.name}: key 'tumour' is missing, which this needs")

    @cached_property
    def _body_alone(self) -> BodyAlone:
        table = self.table
        with errors_named(self.name):
            refuse_tumour_keys(table)
            kinetics = self.organ_kinetics
            carried = cells_alone(table.doses) if kinetics is None else kinetics.network
            doses = build_doses(table.doses, carried, table.time.end)
            return BodyAlone(
                network=self.organs,
                kinetics=kinetics,
                doses=doses,
                save_times=save_times(table.time, [dose.time for dose in doses]),
                tolerance=control(table.solver).tolerance,
                happenings=self.models.happenings(kinetics),
                travellers=carried.species_names,
            )

    def vessels(self) -> TumourVessels:
        """Return the tumour's vessels and where they are."""
        with errors_named(self.name):
            return vessels(self.tumour, self.geometry.volume, self.trafficking)

    def vessels_in_words(self) -> str:
        """Return whose vessels the tumour has, or nothing without one."""
        table = self.table.tumour
        if table is None:
            return ""
        return vessels_in_words(table, self.geometry.volume, self.trafficking)

    def scaling(self) -> ScalingRule:
        """Return the rule that carries rates to the study's body."""
        return scaling(self.table.trafficking)

    def cavities(self) -> list[str]:
        """Return the cavities that doses are given into."""
        return cavities(self.table.doses)
