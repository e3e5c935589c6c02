"""What of kinetics models acts point by point: reactions, switches, jumps and extinction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.kinetics.files.load import combine
from cartflow.kinetics.locality import in_tissue
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.scenario import Jump, Switch, event_numbers


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens at `time` (days): parameters take other values, species are multiplied."""

    time: float
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """A network, and what happens to it: in tissue, or in an organ.

    `events` are switches and jumps. `extinction` holds by species the amount below which it dies
    out: in cells (or ng) those of the whole tissue or organ, in the species' unit their mean.
    """

    network: Network
    events: tuple[Switch | Jump, ...] = ()
    extinction: Mapping[str, Parameter] = field(default_factory=dict)

    def with_parameters(self, overrides: Mapping[str, Any]) -> LocalModel:
        """Return the model with some parameters replaced, as `Network.with_parameters` does."""
        return replace(self, network=self.network.with_parameters(overrides))

    def changes(self) -> tuple[Change, ...]:
        """Return what happens, by rising time; a time may be a parameter's value at the start.

        Raises `InputError` where one parameter is switched to two values at one time.
        """
        values = {name: p.value for name, p in self.network.parameters.items()}
        found: dict[float, Change] = {}
        for event in self.events:
            time = event.moment.at(values)
            here = found.get(time, Change(time=time))
            found[time] = self._with(here, event)
        return tuple(found[time] for time in sorted(found))

    def numbers(self) -> dict[str, Parameter]:
        """Return every number beside the network's parameters, by a dotted key."""
        extinction = {f"extinction.{name}": p for name, p in self.extinction.items()}
        return extinction | event_numbers(self.events, "")

    def _with(self, change: Change, event: Switch | Jump) -> Change:
        if isinstance(event, Jump):
            factors = dict(change.factors)
            for name, factor in event.factors.items():
                if name in self.network.species_names:
                    factors[name] = factors.get(name, 1.0) * factor
            return replace(change, factors=factors)
        for name, new in event.parameters.items():
            old = change.parameters.get(name, new)
            if old.value != new.value:
                msg = (
                    f"kinetics '{self.network.name}': switches: '{name}' becomes '{old.stated}' "
                    f"and '{new.stated}' on day {change.time:g}"
                )
                raise InputError(msg)
        return replace(change, parameters={**change.parameters, **event.parameters})


def local_model(models: Sequence[Model]) -> LocalModel:
    """Return what of some models holds point by point, combined.

    Raises `InputError` as `in_tissue` and `combine` do, and where two models differ in the amount
    below which a species is extinct.
    """
    networks = [in_tissue(model.network) for model in models]
    name = "+".join(model.name for model in models)
    network = networks[0] if len(networks) == 1 else combine(name, networks)
    extinction: dict[str, Parameter] = {}
    for model in models:
        for species, threshold in {**model.extinction, **model.extinction_of_whole}.items():
            first = extinction.setdefault(species, threshold)
            if (first.value, first.unit) != (threshold.value, threshold.unit):
                msg = (
                    f"kinetics '{name}': species.{species}: extinct_below '{first.stated}' in one "
                    f"network, '{threshold.stated}' in another"
                )
                raise InputError(msg)
    return LocalModel(
        network=network,
        events=tuple(event for model in models for event in model.events),
        extinction={k: p for k, p in extinction.items() if k in network.species_names},
    )
