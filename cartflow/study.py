"""A study file in, a simulation out."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.assembly import Assembler, stated_parameters
from cartflow.bibliography import keys, references
from cartflow.coupled import Coupled
from cartflow.exchange import Door, rim_fed, vessel_fed
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.load import combine, load
from cartflow.kinetics.network import Network
from cartflow.outcome import InputError, require_known
from cartflow.parameters import Parameter
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.load import load_body, load_trafficking
from cartflow.pbpk.network import OrganNetwork, organ_network
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.pde.engine import Engine
from cartflow.pde.fast_engine import FastEngine
from cartflow.pde.fipy_engine import FipyEngine
from cartflow.pde.problem import Problem
from cartflow.result import Result, build_result
from cartflow.schema import StudyTable
from cartflow.shapes import build_geometry
from cartflow.simulation import Simulation
from cartflow.stepping import StepControl
from cartflow.tables import validate


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A validated study: `text` as written, `table` as read, `folder` that its paths start from.

    ``Study.from_file("study.toml").run()`` returns a `Result`.
    """

    name: str
    text: str
    table: StudyTable
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: str | Path, settings: Mapping[str, Any] | None = None) -> Study:
        """Read the study at `path`; `settings` replaces values by dotted key."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path}: cannot be read ({error})"
            raise InputError(msg) from None
        return cls.from_text(text, name=str(path), folder=path.parent, settings=settings)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        name: str = "study",
        folder: Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Study:
        """Read a study from its text. Raises `InputError` with file, key, value and remedy."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            msg = f"{name}: not a TOML file ({error})"
            raise InputError(msg) from None
        for key, value in (settings or {}).items():
            data = _replaced(data, key, value, name)
        table = validate(StudyTable, data, name)
        for key in table.references:
            require_known(key, keys(), f"{name}: references")
        return cls(
            name=name,
            text=text,
            table=table,
            folder=folder or Path(),
            settings=dict(settings or {}),
        )

    @cached_property
    def geometry(self) -> Geometry:
        """The tumour's geometry."""
        return build_geometry(self.table.geometry, self.folder, self.name)

    @cached_property
    def kinetics(self) -> Network:
        """The kinetics models, combined, with the study's parameters."""
        table = self.table.kinetics
        models = [load(name, self.folder) for name in table.models]
        network = models[0] if len(models) == 1 else combine("+".join(table.models), models)
        try:
            return network.with_parameters(table.parameters)
        except InputError as error:
            msg = f"{self.name}: {error}"
            raise InputError(msg) from None

    @cached_property
    def organs(self) -> OrganNetwork:
        """The body's organs with the tumour's vessels among them."""
        table = self.table
        with _named(self.name):
            return organ_network(
                load_body(table.body.name, self.folder),
                load_trafficking(table.trafficking.name, self.folder),
                scaling=table.trafficking.scaling,
                tumour=self._vessels(),
            )

    @cached_property
    def simulation(self) -> Simulation:
        """The coupled simulation, ready to run."""
        assembler, table = Assembler(self.name, self.geometry, self.kinetics), self.table
        with _named(self.name):
            self._check_unused()
            egress = self._egress_rate() * self.geometry.region(table.tumour.egress_region)
            problem = Problem(
                geometry=self.geometry,
                network=self.kinetics,
                fields=assembler.fields(table.fields),
                tissue=assembler.tissue(table),
                egress=egress,
            )
            initial = assembler.initial(table.fields)
            coupled = Coupled(
                network=self.organs,
                engine=self._engine(problem),
                door=Door(geometry=self.geometry, arrival=self._arrival(), egress=egress),
                doses=self._doses(),
                injection=vessel_fed(self.geometry, table.tumour.injection_region),
            )
            simulation = Simulation(
                coupled=coupled,
                initial=initial,
                save_times=self._save_times(),
                control=self._control(),
            )
        self.stated.update(assembler.parameters)
        return simulation

    @cached_property
    def stated(self) -> dict[str, Parameter]:
        """The numbers that the study states, by dotted key."""
        return stated_parameters(self.table)

    def parameters(self) -> dict[str, Parameter]:
        """Return every number that the run uses, with unit, source and standing."""
        _ = self.simulation
        kinetics = {f"kinetics.{k}": p for k, p in self.kinetics.described_parameters().items()}
        return {**self.stated, **self.organs.parameters, **kinetics}

    def references(self) -> list[str]:
        """Return the bibliography keys of everything that the study rests on."""
        sources = {p.source for p in self.parameters().values()}
        named = {*self.table.references, *self.kinetics.references, "guyer2009"}
        return references({*sources, *named} - {"study"})

    def run(self, watch: Callable[[float, float], None] | None = None) -> Result:
        """Run the study; `watch(time, step)` in days is called after every step.

        The result says in its `outcome` whether the run finished.
        """
        return build_result(
            self.simulation.run(watch),
            self.simulation,
            title=self.table.title,
            study=self.text,
            settings=self.settings,
            parameters=self.parameters(),
            references=self.references(),
        )

    def _engine(self, problem: Problem) -> Engine:
        table = self.table.solver
        if table.engine == "fipy":
            return FipyEngine(problem, sweeps=table.sweeps)
        return FastEngine(problem, sweeps=table.sweeps)

    def _vessels(self) -> TumourVessels:
        table = self.table.tumour
        names = (
            "plasma_flow",
            "vascular_fraction",
            "interstitial_fraction",
            "lymph_fraction",
            "retention",
        )
        given = {n: getattr(table, n) for n in names if getattr(table, n) is not None}
        return TumourVessels(volume=self.geometry.volume, host=host_organs(table.host), **given)

    def _egress_rate(self) -> float:
        given = self.table.tumour.egress_rate
        return self.organs.egress_rate if given is None else given.value

    def _arrival(self) -> np.ndarray:
        table = self.table.tumour
        if table.feeding == "vessels":
            return vessel_fed(self.geometry, table.region)
        outer = table.boundary or next(iter(self.geometry.boundaries))
        return rim_fed(self.geometry, outer)

    def _check_unused(self) -> None:
        """Refuse keys that would have no effect: a study should do what it says."""
        table = self.table
        if table.tumour.feeding == "vessels" and table.tumour.boundary is not None:
            raise InputError("tumour.boundary: only a tumour with feeding = 'rim' has one")
        if table.tissue.open_porosity is not None and table.tissue.matrix is None:
            raise InputError("tissue.open_porosity: needs tissue.matrix, the field it follows")
        for name, item in table.fields.items():
            if item.open_gain is not None and table.tissue.matrix is None:
                msg = f"fields.{name}.open_gain: needs tissue.matrix, the field it follows"
                raise InputError(msg)

    def _doses(self) -> tuple[Dose, ...]:
        travelling = [s.name for s in self.kinetics.species if s.role == "phenotype"]
        if not travelling:
            msg = "kinetics: no species has the role phenotype, so nothing can be infused"
            raise InputError(msg)
        doses = []
        for i, table in enumerate(self.table.doses):
            phenotype = table.phenotype or travelling[0]
            require_known(phenotype, travelling, f"doses.{i}.phenotype")
            doses.append(
                Dose(
                    route=table.route,
                    cells=table.cells.value,
                    phenotype=phenotype,
                    time=0.0 if table.time is None else table.time.value,
                    duration=0.0 if table.duration is None else table.duration.value,
                )
            )
        return tuple(doses)

    def _save_times(self) -> tuple[float, ...]:
        table, end = self.table.time, self.table.time.end.value
        if table.save is not None and table.every is not None:
            msg = "time: give either 'save' or 'every', not both"
            raise InputError(msg)
        if table.save is not None:
            chosen = [p.value for p in table.save]
        elif table.every is not None:
            if end / table.every.value > 1e5:
                msg = f"time.every: '{table.every.stated}' saves more than 100000 times"
                raise InputError(msg)
            chosen = list(np.arange(0.0, end, table.every.value))
        else:
            chosen = [*_EARLY, *np.linspace(0.0, end, 57)]
        return tuple(sorted({0.0, end, *(t for t in chosen if t < end)}))

    def _control(self) -> StepControl:
        table, default = self.table.solver, StepControl()
        names = ("tolerance", "initial_step", "minimum_step", "maximum_step")
        given = {n: getattr(table, n) or getattr(default, n) for n in names}
        return StepControl(
            **{n: float(v) for n, v in given.items()},
            extrapolate=table.extrapolate,
            fixed=table.fixed_step,
        )


# One, five and fifteen minutes, one, three, six and twelve hours, in days.
_EARLY = tuple(m / 1440.0 for m in (1, 5, 15, 60, 180, 360, 720))


class _named:  # reads as a word where it is used
    """Puts the study's name before the message of any `InputError` raised within."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, InputError) and not str(error).startswith(self.name):
            msg = f"{self.name}: {error}"
            raise InputError(msg) from None


def _replaced(data: dict[str, Any], key: str, value: Any, file: str) -> dict[str, Any]:
    """Return `data` with the value at a dotted key replaced or added."""
    result = copy.deepcopy(data)
    *parents, last = key.split(".")
    place: Any = result
    for part in parents:
        place = place[int(part)] if _is_index(place, part) else _child(place, part, key, file)
    if _is_index(place, last):
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        msg = f"{file}: --set {key}: there is no such key"
        raise InputError(msg)
    return result


def _is_index(place: Any, part: str) -> bool:
    return isinstance(place, list) and part.isdigit() and int(part) < len(place)


def _child(place: Any, part: str, key: str, file: str) -> Any:
    if not isinstance(place, dict):
        msg = f"{file}: --set {key}: there is no such key"
        raise InputError(msg)
    return place.setdefault(part, {})
