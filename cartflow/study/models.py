"""What the kinetics models of a study do: in the tumour, and in each organ that has some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from cartflow.core.parameters import Parameter
from cartflow.core.remembered import Same
from cartflow.coupling.happenings import Happenings, acting
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.files.local_model import LocalModel, local_model
from cartflow.kinetics.network import Network
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.study.schema import KineticsTable, StudyTable


@lru_cache(maxsize=32)
def _local(*models: Same) -> LocalModel:
    return local_model([model.value for model in models])


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyModels:
    """The models that `table` names, by shipped names or files that start at `folder`.

    `known` are those read already, which studies that differ in numbers only may share.
    """

    table: StudyTable
    folder: Path
    known: dict[tuple[str, ...], LocalModel] = field(default_factory=dict, repr=False)

    def network(self, names: Sequence[str]) -> Network:
        """Return the reactions of some models, combined. Raises `InputError`."""
        return self._combined(names).network

    @cached_property
    def tumour(self) -> LocalModel | None:
        """What the models do in the tumour, if it has any. Raises `InputError`."""
        return None if self.table.kinetics is None else self._model(self.table.kinetics)

    @cached_property
    def organs(self) -> dict[str, LocalModel]:
        """What the models do in each organ of the study. Raises `InputError`."""
        return {name: self._model(organ.kinetics) for name, organ in self.table.organs.items()}

    def organ_numbers(self) -> dict[str, Parameter]:
        """Return the numbers of the organs' models beside their parameters, by dotted key."""
        return {
            f"organs.{name}.kinetics.{key}": number
            for name, model in self.organs.items()
            for key, number in model.numbers().items()
        }

    def switched(self) -> set[str]:
        """Return the names of the numbers that models switch themselves, or time that by."""
        inside = {} if self.tumour is None else {"kinetics": self.tumour}
        places = inside | {f"organs.{name}.kinetics": model for name, model in self.organs.items()}
        return {
            f"{place}.{name}"
            for place, model in places.items()
            for event in model.events
            for name in (*getattr(event, "parameters", ()), event.moment.name)
            if name
        }

    def happenings(self, kinetics: OrganKinetics | None) -> Happenings:
        """Return what the models do beside reactions; `kinetics` are those in organs."""
        names = () if kinetics is None else kinetics.network.species_names
        sites = tuple(acting(model, names) for model in self.organs.values())
        if self.tumour is None:
            return Happenings(sites=sites)
        inside = acting(self.tumour, self.tumour.network.species_names)
        return Happenings(tumour=inside, sites=sites)

    def _model(self, table: KineticsTable) -> LocalModel:
        return self._combined(table.models).with_parameters(table.parameters)

    def _combined(self, names: Sequence[str]) -> LocalModel:
        key = tuple(names)
        if key not in self.known:
            self.known[key] = _local(*(Same(load_model(name, self.folder)) for name in names))
        return self.known[key]
