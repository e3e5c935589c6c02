"""A validated kinetics file to a model: nouns built, units checked, errors with their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cartflow.kinetics.blocks import BLOCKS, block_reactions
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.dimensions import expression_dimension, unit_text
from cartflow.kinetics.grammar import Expression, names, parse
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.scenario import (
    CHECK_KEYS,
    Check,
    Dose,
    Event,
    Jump,
    Moment,
    Scenario,
    Switch,
    require_check_keys,
)
from cartflow.kinetics.schema import (
    CheckTable,
    DoseTable,
    JumpTable,
    KineticsTable,
    ReactionTable,
    ScenarioTable,
    SpeciesTable,
    SwitchTable,
)
from cartflow.kinetics.species import Reaction, Species
from cartflow.outcome import InputError, require_known, suggest
from cartflow.parameters import Parameter, Standing, parameter
from cartflow.tables import read_toml, validate


def read_model(path: Path, file: str, source: str) -> Model:
    """Return the model in the file at `path`, which errors call `file`.

    Bare quantities take `source` (empty: they need their own). Raises `InputError`.
    """
    table = validate(KineticsTable, read_toml(path), file, source=source)
    with _named(file):
        return _Reader(table, path.stem, source).model()


class _Reader:
    """Builds the parts of one file, which refer to its network and scaling."""

    def __init__(self, table: KineticsTable, name: str, source: str) -> None:
        self.table = table
        self.source = source
        self.scaling = Scaling(
            volume=table.compartment_volume,
            exponents={n: s.density_exponent for n, s in table.parameters.items()},
            published={n: s.parameter.unit for n, s in table.parameters.items()},
        )
        self.network = Network(
            name=name,
            title=table.title,
            references=tuple(table.references),
            species=tuple(_species(n, s) for n, s in table.species.items()),
            parameters=self._parameters(),
            reactions=(
                *(_reaction(n, r) for n, r in table.reactions.items()),
                *(r for n, block in table.blocks.items() for r in _block(n, block)),
            ),
            notes=table.notes.strip(),
        )
        self.dimensions = self.network.dimensions()

    def model(self) -> Model:
        """Return the whole model."""
        stated = self.table.parameters
        bounds = {n: (s.range, s) for n, s in stated.items() if s.range is not None}
        return Model(
            network=self.network,
            scaling=self.scaling,
            ranges={n: self._range(r, n) for n, (r, _) in bounds.items()},
            inconsistencies={n: s.inconsistent for n, s in stated.items() if s.inconsistent},
            extinction=self._thresholds("extinct_below"),
            few=self._thresholds("stochastic_below"),
            switches=tuple(
                self._switch(s, f"switches.{i}", self.source, "assumed")
                for i, s in enumerate(self.table.switches)
            ),
            scenarios={n: self._scenario(n, s) for n, s in self.table.scenarios.items()},
            checks=tuple(self._check(c) for c in self.table.checks),
            flags=tuple(self.table.flags),
        )

    def _thresholds(self, key: str) -> dict[str, Parameter]:
        return {
            name: self._amount(getattr(table, key), name, f"species.{name}.{key}", self.source)
            for name, table in self.table.species.items()
            if getattr(table, key) is not None
        }

    def _parameters(self) -> dict[str, Parameter]:
        result = {}
        for name, entry in self.table.parameters.items():
            with _named(f"parameters.{name}"):
                result[name] = self.scaling.scaled(entry.parameter, entry.density_exponent)
        return result

    def _range(self, bounds: tuple[float, float], name: str) -> tuple[float, float]:
        factor = 1.0
        if self.scaling.volume is not None:
            factor = self.scaling.volume.value ** self.scaling.exponents[name]
        low, high = bounds[0] * factor, bounds[1] * factor
        value = self.network.parameters[name].value
        if not low * (1 - 1e-12) <= value <= high * (1 + 1e-12):
            msg = f"parameters.{name}: '{self.network.parameters[name].stated}' is not in its range"
            raise InputError(msg)
        return low, high

    def _amount(self, raw: Any, species: str, where: str, source: str) -> Parameter:
        with _named(where):
            found = self.network.species[self.network.index(species)]
            result = self.scaling.amount(raw, found, source)
            if result.value < 0:
                msg = f"'{result.stated}' is below 0"
                raise InputError(msg)
            return result

    def _scenario(self, name: str, table: ScenarioTable) -> Scenario:
        where = f"scenarios.{name}"
        source = table.source or self.source

        def own(raw: Any, found: Parameter) -> Parameter:
            return found if isinstance(raw, dict) else replace(found, standing=table.standing)

        initial = {}
        for key, raw in table.initial.items():
            require_known(key, self.network.species_names, f"{where}.initial")
            initial[key] = own(raw, self._amount(raw, key, f"{where}.initial.{key}", source))
        changed = self._changed(table.parameters, f"{where}.parameters", source, table.standing)
        with _named(f"{where}.end"):
            end = own(table.end, parameter(table.end, "day", source=source))
            if end.value <= 0:
                msg = f"'{end.stated}' must be greater than 0"
                raise InputError(msg)
        events: list[Event] = []
        for i, dose in enumerate(table.doses):
            events.append(self._dose(dose, f"{where}.doses.{i}", source, table.standing))
        for i, switch in enumerate(table.switches):
            events.append(self._switch(switch, f"{where}.switches.{i}", source, table.standing))
        for i, jump in enumerate(table.jumps):
            events.append(self._jump(jump, f"{where}.jumps.{i}", source, table.standing))
        return Scenario(
            name=name,
            title=table.title,
            end=end,
            initial=initial,
            parameters=changed,
            events=tuple(events),
        )

    def _changed(
        self, raw: Mapping[str, Any], where: str, source: str, standing: Standing
    ) -> dict[str, Parameter]:
        result = {}
        for name, value in raw.items():
            require_known(name, self.network.parameters, where)
            with _named(f"{where}.{name}"):
                stated = value
                if not isinstance(value, dict):
                    if not source:
                        msg = f"'{value}' has no source; give the scenario one"
                        raise InputError(msg)
                    stated = {"value": value, "source": source, "standing": standing}
                unit = self.network.parameters[name].unit
                result[name] = self.scaling.restated(name, stated, unit)
        return result

    def _moment(self, raw: Any, where: str, source: str, standing: Standing) -> Moment:
        with _named(f"{where}.time"):
            if isinstance(raw, str) and raw in self.network.parameters:
                if unit_text(self.dimensions[raw]) != "day":
                    msg = f"the parameter '{raw}' is no time"
                    raise InputError(msg)
                return Moment(name=raw)
            found = parameter(raw, "day", source=source)
            if found.value < 0:
                msg = f"'{found.stated}' is below 0"
                raise InputError(msg)
            return Moment(
                time=found if isinstance(raw, dict) else replace(found, standing=standing)
            )

    def _dose(self, table: DoseTable, where: str, source: str, standing: Standing) -> Dose:
        require_known(table.species, self.network.species_names, f"{where}.species")
        amount = self._amount(table.amount, table.species, f"{where}.amount", source)
        if not isinstance(table.amount, dict):
            amount = replace(amount, standing=standing)
        duration = None
        if table.duration is not None:
            moment = self._moment(table.duration, where, source, standing)
            duration = moment.time
            if duration is None or duration.value == 0:
                msg = f"{where}.duration: '{table.duration}' is no length of time"
                raise InputError(msg)
        return Dose(
            species=table.species,
            amount=amount,
            moment=self._moment(table.time, where, source, standing),
            duration=duration,
        )

    def _switch(self, table: SwitchTable, where: str, source: str, standing: Standing) -> Switch:
        return Switch(
            moment=self._moment(table.time, where, source, standing),
            parameters=self._changed(table.parameters, f"{where}.parameters", source, standing),
        )

    def _jump(self, table: JumpTable, where: str, source: str, standing: Standing) -> Jump:
        for name in table.multiply:
            require_known(name, self.network.species_names, f"{where}.multiply")
        return Jump(
            moment=self._moment(table.time, where, source, standing), factors=dict(table.multiply)
        )

    def _check(self, table: CheckTable) -> Check:
        where = f"checks.{table.name}"
        keys = {key for keys in CHECK_KEYS.values() for part in keys for key in part}
        require_check_keys(table.kind, {k for k in keys if getattr(table, k) is not None}, where)
        if (table.tolerance is None) == (table.absolute is None):
            msg = f"{where}: give one of 'tolerance' (relative) and 'absolute'"
            raise InputError(msg)
        of, unit = self._expression(table.of, f"{where}.of", species=table.kind != "formula")
        for scenario in filter(None, (table.scenario, table.relative_to, *table.median_over)):
            require_known(scenario, self.table.scenarios, f"{where}.scenario")
        if table.kind.startswith("time") or table.kind in {"half_life", "doubling_time"}:
            measured = "day"
        elif table.kind == "area":
            measured = f"{unit}*day"
        elif table.kind in {"saddle_node", "threshold"}:
            measured = self._unit_of(str(table.vary), where)
        else:
            plain = table.relative_to or table.kind in {"drift", "extinction_gap"}
            measured = "1" if plain else unit
        expected = self._number(table.expected, measured, f"{where}.expected")
        absolute = 0.0
        if table.absolute is not None:
            absolute = self._number(table.absolute, measured, f"{where}.absolute").value
        level = 0.0
        if table.level is not None:
            level = self._inside(table.level, unit, f"{where}.level")
        bounds = (0.0, 0.0)
        if table.range is not None:
            low, high = (self._inside(b, measured, f"{where}.range") for b in table.range)
            bounds = (low, high)
        guess = {}
        for name, raw in (table.guess or {}).items():
            require_known(name, self.network.species_names, f"{where}.guess")
            guess[name] = self._amount(raw, name, f"{where}.guess.{name}", "study").value
        of_minimum = None
        if table.of_minimum is not None:
            of_minimum, _ = self._expression(table.of_minimum, f"{where}.of_minimum")
        return Check(
            name=table.name,
            kind=table.kind,
            of=of,
            unit=measured,
            expected=expected,
            scenario=table.scenario or "",
            relative_to=table.relative_to or "",
            median_over=tuple(table.median_over),
            tolerance=table.tolerance or 0.0,
            absolute=absolute,
            standing=table.standing,
            source=table.source,
            note=table.note,
            at=_days(table.at, f"{where}.at") or 0.0,
            since=_days(table.since, f"{where}.since") or 0.0,
            until=_days(table.until, f"{where}.until"),
            level=level,
            of_minimum=of_minimum,
            vary=table.vary or "",
            range=bounds,
            guess=guess,
        )

    def _unit_of(self, vary: str, where: str) -> str:
        """Return the unit of a parameter, or of a species' start or dose."""
        kind, _, name = vary.partition(".")
        if kind in {"initial", "dose"}:
            require_known(name, self.network.species_names, f"{where}.vary")
            return self.network.species[self.network.index(name)].unit
        require_known(vary, self.network.parameters, f"{where}.vary")
        return self.network.parameters[vary].unit

    def _expression(self, text: str, where: str, species: bool = True) -> tuple[Expression, str]:
        with _named(where):
            tree = parse(text)
            known = self.dimensions if species else self.network.parameters
            for name in sorted(names(tree)):
                require_known(name, known, "expression")
            unit = unit_text(expression_dimension(tree, self.dimensions))
        return tree, "1" if unit == "a plain number" else unit

    def _number(self, raw: Any, unit: str, where: str) -> Parameter:
        """Return a number of the dimension of `unit`, or of whole cells where that is a density."""
        with _named(where):
            return self._either(raw, unit)

    def _inside(self, raw: Any, unit: str, where: str) -> float:
        """Return a number in `unit`, from one stated for it or for whole cells."""
        with _named(where):
            found = self._either(raw, unit)
            return self.scaling.like(found.value, found.unit, unit)

    def _either(self, raw: Any, unit: str) -> Parameter:
        from cartflow.units import split

        stated = split(raw)[1] if isinstance(raw, str) else "1"
        found = parameter(raw, stated)
        self.scaling.like(1.0, unit, found.unit)
        return found


def _days(raw: Any, where: str) -> float | None:
    if raw is None:
        return None
    with _named(where):
        return parameter(raw, "day").value


def _species(name: str, table: SpeciesTable) -> Species:
    return Species(
        name=name,
        role=table.role,
        unit=table.unit,
        long_name=table.long_name,
        initial=table.initial,
    )


def _block(name: str, table: Mapping[str, str]) -> list[Reaction]:
    if "kind" not in table:
        msg = f"blocks.{name}: key 'kind' is missing; {suggest('', BLOCKS)}"
        raise InputError(msg)
    keys = {key: value for key, value in table.items() if key != "kind"}
    return block_reactions(name, table["kind"], keys)


def _reaction(name: str, table: ReactionTable) -> Reaction:
    return Reaction(
        name=name,
        consumes=table.consumes,
        produces=table.produces,
        rate=table.rate,
        scope=table.scope,
    )


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Put `where` before the message of any `InputError` raised within."""
    try:
        yield
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
