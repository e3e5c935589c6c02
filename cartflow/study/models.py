"""What the kinetics models of a study do: in the tumour, and in each organ that has some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cartflow.core.parameters import Parameter
from cartflow.coupling.happenings import Happenings, acting
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.files.local_model import LocalModel, local_model
from cartflow.kinetics.network import Network
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.study.schema import KineticsTable, StudyTable


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyModels:
    """The models that `table` names, by shipped names or files that start at `folder`.

    `known` are those read already, which studies that differ in numbers only may share.
    """

    table: StudyTable
    folder: Path
    known: dict[tuple[str, ...], LocalModel] = field(default_factory=dict, repr=False)
    _models: dict[int, LocalModel] = field(default_factory=dict, init=False, repr=False)

    def network(self, names: Sequence[str]) -> Network:
        """Return the reactions of some models, combined. Raises `InputError`."""
        return self._combined(names).network

    def model(self, table: KineticsTable) -> LocalModel:
        """Return what the models of a table do, with its parameters. Raises `InputError`."""
        if id(table) not in self._models:
            self._models[id(table)] = self._combined(table.models).with_parameters(table.parameters)
        return self._models[id(table)]

    def organs(self) -> dict[str, LocalModel]:
        """Return what the models do in each organ of the study."""
        return {name: self.model(organ.kinetics) for name, organ in self.table.organs.items()}

    def organ_numbers(self) -> dict[str, Parameter]:
        """Return the numbers of the organs' models beside their parameters, by dotted key."""
        return {
            f"organs.{name}.kinetics.{key}": number
            for name, model in self.organs().items()
            for key, number in model.numbers().items()
        }

    def happenings(self, kinetics: OrganKinetics | None) -> Happenings:
        """Return what the models do beside reactions; `kinetics` are those in organs."""
        names = () if kinetics is None else kinetics.network.species_names
        sites = tuple(acting(model, names) for model in self.organs().values())
        if self.table.kinetics is None:
            return Happenings(sites=sites)
        tumour = self.model(self.table.kinetics)
        return Happenings(tumour=acting(tumour, tumour.network.species_names), sites=sites)

    def _combined(self, names: Sequence[str]) -> LocalModel:
        key = tuple(names)
        if key not in self.known:
            self.known[key] = local_model([load_model(name, self.folder) for name in names])
        return self.known[key]
