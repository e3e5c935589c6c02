"""A kinetics model well mixed as what data are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.alone.forward.run import Forward, forward
from cartflow.alone.settings import chosen_scenario
from cartflow.analyses.fit.sources.differenced import Differenced
from cartflow.analyses.fit.sources.source import NOWHERE, Courses, Runner, Stated, origin_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.provenance import installed_version
from cartflow.core.units.conversion import to_internal
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.scenario import Dose, Moment, Scenario

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelSource:
    """A kinetics model in a `scenario` (the first, if None), with `settings` of ``--set``.

    Quantities are its species, ``NAME_total`` in cells where it has a compartment, its parameters,
    and what its file works out. With `differences` slopes are not exact but differences.
    """

    model: Model
    scenario: str | None
    settings: Mapping[str, Any]
    text: str = ""
    differences: bool = False

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.model.name

    @cached_property
    def units(self) -> dict[str, str]:
        """The internal unit of every quantity, by name."""
        species = self.model.network.species
        found: dict[str, str] = {s.name: s.unit for s in species}
        if self.model.volume is not None:
            whole = [s for s in species if s.unit == "cell/mm^3"]
            found |= {f"{s.name}_total": "cell" for s in whole}
        found |= {n: p.unit for n, p in self.model.network.parameters.items()}
        return found

    def keys(self) -> list[str]:
        """Return the keys that may vary."""
        found = [*self.model.network.parameters]
        found += [f"initial.{name}" for name in self.model.network.species_names]
        for k in range(len(self._doses)):
            found += [f"doses.{k}.amount", f"doses.{k}.time"]
        return found

    @cached_property
    def _chosen(self) -> Scenario:
        settings = dict(self.settings)
        if not self.model.scenarios:
            settings.setdefault("end", "1 day")
        return chosen_scenario(self.model, self.scenario, settings)

    @property
    def _doses(self) -> list[Dose]:
        return [event for event in self._chosen.events if isinstance(event, Dose)]

    def stated(self, key: str, unit: str) -> Stated | None:
        """Return what is known of the number `key`; None for what may not vary."""
        if key not in self.keys():
            return None
        network, scenario = self.model.network, self._chosen
        kind, _, rest = key.partition(".")
        if key in network.parameters:
            number = scenario.parameters.get(key, network.parameters[key])
            bounds = self.model.ranges.get(key) or number.bounds
            scaling = self.model.scaling
            one = scaling.restated(key, f"1 {unit}", number.unit).value if unit else None
            # A range is that of the model's file, whatever value a scenario takes.
            stating = network.parameters[key] if key in self.model.ranges else number
            return _in_unit(number.value, stating, bounds, one, unit)
        if kind == "initial":
            species = network.species[network.index(rest)]
            start = scenario.initial.get(rest)
            value = species.initial if start is None else start.value
            one = self.model.scaling.amount(f"1 {unit}", species).value if unit else None
            return _in_unit(value, start or species.unit, None, one, unit)
        dose = self._doses[int(rest.partition(".")[0])]
        if key.endswith("time"):
            values = {n: p.value for n, p in network.parameters.items()}
            days = to_internal(f"1 {unit}", "day") if unit else None
            return _in_unit(dose.moment.at(values), "day", None, days, unit)
        species = network.species[network.index(dose.species)]
        one = self.model.scaling.amount(f"1 {unit}", species).value if unit else None
        return _in_unit(dose.amount.value, dose.amount, None, one, unit)

    @property
    def texts(self) -> frozenset[str]:
        """Nothing beside numbers."""
        return frozenset()

    @property
    def profiles(self) -> frozenset[str]:
        """Nothing: what is well mixed is as much at every depth."""
        return frozenset()

    def runner(
        self,
        settings: Mapping[str, Any],
        numbers: Sequence[Number],
        times: Array,
        depths: Array | None = None,
    ) -> Runner:
        """Return the run of a subject; its scenario ends with the last of its times."""
        end = max(float(times[-1]), 1e-6)
        given = {**self.settings, **settings, "end": f"{end!r} day"}
        try:
            found = None if self.differences else forward(self.model, self.scenario, given, numbers)
        except InputError as error:
            if "derivative" not in str(error):
                raise
            found = None
        if found is None:
            return Differenced(_Stepped(self, given, numbers, times), numbers)
        return _Exact(self, found, numbers, times)

    def dosed(self, data: Measurements, subject: str, into: str | None) -> ModelSource:
        """Return it with a subject's doses of the table, given into the species `into`."""
        if not data.doses or into == NOWHERE:
            return self
        names = self.model.network.species_names
        if into is None:
            msg = f"{data.source}: has doses; say into which species: --dose-into NAME "
            msg += f"({', '.join(names)}), or '{NOWHERE}' to leave them out"
            raise InputError(msg)
        require_known(into, names, "--dose-into")
        species = self.model.network.species[self.model.network.index(into)]
        events = tuple(
            Dose(
                species=into,
                amount=self.model.scaling.amount(amount, species),
                moment=Moment(time=parameter(f"{time!r} day", "day")),
                duration=parameter(f"{days!r} day", "day") if days > 0 else None,
            )
            for who, time, amount, days in data.doses
            if who == subject
        )
        kept = tuple(e for e in self._chosen.events if not isinstance(e, Dose))
        scenario = replace(self._chosen, events=(*kept, *events))
        model = replace(self.model, scenarios={scenario.name: scenario})
        return replace(self, model=model, scenario=scenario.name)

    def identity(self) -> dict[str, str]:
        """Return the model's name, scenario and version, and the text of a file of one's own."""
        return {
            "model": self.model.name,
            "scenario": self._chosen.name,
            "model_text": self.text,
            "source": f"cartflow {installed_version('cartflow')}",
        }


def model_source(
    name: str | Path, scenario: str | None, settings: Mapping[str, Any], differences: bool
) -> ModelSource:
    """Return a shipped model, or one from a file. Raises `InputError`."""
    model = load_model(name)
    path = Path(name)
    text = path.read_text(encoding="utf-8") if path.suffix and path.is_file() else ""
    source = ModelSource(
        model=model, scenario=scenario, settings=settings, text=text, differences=differences
    )
    _ = source._chosen
    return source


def _in_unit(
    value: float,
    stating: Parameter | str,
    bounds: tuple[float, float] | None,
    one: float | None,
    unit: str,
) -> Stated:
    """Return a value as stated by a number, or by nothing that has a source, in internal units."""
    internal, origin = (
        (stating, "") if isinstance(stating, str) else (stating.unit, origin_of(stating))
    )
    if one is None:
        return Stated(unit=internal, value=value, bounds=bounds, origin=origin)
    scaled = None if bounds is None else (bounds[0] / one, bounds[1] / one)
    return Stated(unit=unit, value=value / one, bounds=scaled, origin=origin)


def _quantities(source: ModelSource, states: Array) -> dict[str, Array]:
    """Return the quantities of states (times, species), or of their derivatives."""
    volume = source.model.volume
    found = {}
    for row, species in enumerate(source.model.network.species):
        found[species.name] = states[..., row]
        if f"{species.name}_total" in source.units and volume is not None:
            found[f"{species.name}_total"] = states[..., row] * volume
    return found


class _Exact:
    """A run with exact derivatives."""

    def __init__(
        self, source: ModelSource, found: Forward, numbers: Sequence[Number], times: Array
    ) -> None:
        self._source, self._forward, self._times = source, found, times
        self._parameters = list(found.plan.network.parameters)

    def run(self, values: Array, slopes: bool) -> Courses:
        states, tangents = self._forward.run(values, self._times, slopes)
        _, stretches = self._forward.plan.at(values)
        _, directions = self._forward.plan.directions()
        found = _quantities(self._source, states)
        moves = _quantities(self._source, tangents)
        for row, name in enumerate(self._parameters):
            found[name] = np.full(len(self._times), stretches[0].parameters[row])
            own = directions[0].parameters[: len(tangents), row]
            moves[name] = np.repeat(own[:, None], len(self._times), axis=1)
        return Courses(values=found, slopes=moves)


class _Stepped:
    """A run by LSODA, whose slopes are differences."""

    def __init__(
        self,
        source: ModelSource,
        given: Mapping[str, Any],
        numbers: Sequence[Number],
        times: Array,
    ) -> None:
        self._source, self._given, self._numbers, self._times = source, given, numbers, times

    def __call__(self, values: Array) -> dict[str, Array]:
        source = self._source
        varied = {n.key: n.setting(float(v)) for n, v in zip(self._numbers, values, strict=True)}
        scenario = chosen_scenario(source.model, source.scenario, {**self._given, **varied})
        course = run(source.model, scenario)
        found = _quantities(source, course.at(self._times))
        for name, number in course.network.parameters.items():
            found[name] = np.full(len(self._times), number.value)
        for name, tree in source.model.quantities.items():
            found[name] = np.array(course.measure(tree, self._times))
        return found
