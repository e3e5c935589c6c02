"""A validated kinetics file to a model: nouns built, units checked, errors with their key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cartflow.core.outcome import InputError, named, suggest
from cartflow.core.parameters import Parameter
from cartflow.core.tables import parse_toml, read_text, validate
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.files.blocks import BLOCKS, block_reactions
from cartflow.kinetics.files.checks import check
from cartflow.kinetics.files.context import Context
from cartflow.kinetics.files.scenarios import jump, scenario, switch
from cartflow.kinetics.files.schema import KineticsTable, ReactionTable, SpeciesTable
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Reaction, Species


def read_model(path: Path, file: str, source: str) -> Model:
    """Return the model in the file at `path`, which errors call `file`.

    Bare quantities take `source` (empty: they need their own). Raises `InputError`.
    """
    return _model(read_text(path), path, file, source)


@lru_cache(maxsize=32)
def _model(text: str, path: Path, file: str, source: str) -> Model:
    table = validate(KineticsTable, parse_toml(text, str(path)), file, source=source)
    with named(file):
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
        self.context = Context(network=self.network, scaling=self.scaling)

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
            extinction_of_whole=self._whole_thresholds(),
            few=self._thresholds("stochastic_below"),
            switches=tuple(
                switch(self.context, s, f"switches.{i}", self.source, "assumed")
                for i, s in enumerate(self.table.switches)
            ),
            jumps=tuple(
                jump(self.context, j, f"jumps.{i}", self.source, "assumed")
                for i, j in enumerate(self.table.jumps)
            ),
            scenarios={
                n: scenario(self.context, n, s, self.source)
                for n, s in self.table.scenarios.items()
            },
            checks=tuple(
                check(self.context, c, self.table.scenarios.keys()) for c in self.table.checks
            ),
            flags=tuple(self.table.flags),
        )

    def _thresholds(self, key: str) -> dict[str, Parameter]:
        return {
            name: self.context.amount(
                getattr(table, key), name, f"species.{name}.{key}", self.source
            )
            for name, table in self.table.species.items()
            if getattr(table, key) is not None
        }

    def _whole_thresholds(self) -> dict[str, Parameter]:
        found = {}
        for species in self.network.species:
            raw = self.table.species[species.name].extinct_below
            whole = None if raw is None else self.scaling.whole(raw, species, self.source)
            if whole is not None:
                found[species.name] = whole
        return found

    def _parameters(self) -> dict[str, Parameter]:
        result = {}
        for name, entry in self.table.parameters.items():
            with named(f"parameters.{name}"):
                result[name] = self.scaling.scaled(entry.parameter, entry.density_exponent)
        return result

    def _range(self, bounds: tuple[float, float], name: str) -> tuple[float, float]:
        factor = 1.0
        if self.scaling.volume is not None:
            factor = self.scaling.volume.value ** self.scaling.exponents[name]
        low, high = bounds[0] * factor, bounds[1] * factor
        value, sign = self.network.parameters[name].value, self.network.parameters[name].sign
        if low < 0 and sign != "any":
            msg = f"parameters.{name}: its range begins below 0; one that may says sign = 'any'"
            raise InputError(msg)
        if not low * (1 - 1e-12) <= value <= high * (1 + 1e-12):
            msg = f"parameters.{name}: '{self.network.parameters[name].stated}' is not in its range"
            raise InputError(msg)
        return low, high


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
        per=table.per,
    )
