"""A network with what its paper says about it: scenarios, switches, check values, flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.network import Network
from cartflow.kinetics.scenario import Check, Jump, Scenario, Switch, event_numbers
from cartflow.kinetics.triggered import Triggered
from cartflow.kinetics.typeset import typeset


class Inconsistency(Table):
    """Why the unit that a paper prints for a number cannot be the one it is used with."""

    published: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """A network, how its numbers scale with the compartment's volume, and how it was run.

    `ranges` are the published bounds of parameters (internal units), `extinction` the density
    below which a species is set to zero, `extinction_of_whole` those of them that the file states
    in whole cells (or ng), `few` that below which a hybrid run treats it as a birth-death process,
    `flags` what is inconsistent in or between sources. `switches` and `jumps` act in every
    scenario, and wherever else the model acts. `triggers` are events by condition, `quantities`
    are worked out from species, `clock` is the species that is the time; what is `fixed` has been
    used in other numbers and cannot be set.
    """

    network: Network
    scaling: Scaling
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    inconsistencies: Mapping[str, Inconsistency] = field(default_factory=dict)
    extinction: Mapping[str, Parameter] = field(default_factory=dict)
    extinction_of_whole: Mapping[str, Parameter] = field(default_factory=dict)
    few: Mapping[str, Parameter] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()
    jumps: tuple[Jump, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    flags: tuple[str, ...] = ()
    triggers: tuple[Triggered, ...] = ()
    quantities: Mapping[str, Expression] = field(default_factory=dict)
    clock: str = ""
    fixed: Collection[str] = ()

    def __repr__(self) -> str:
        """Return name and title in a line."""
        return f"<Model: {self.name}; {self.network.title}>"

    def _repr_latex_(self) -> str:
        """Return the equations as notebooks typeset them."""
        return typeset(self.network)

    @property
    def name(self) -> str:
        """The name of the network."""
        return self.network.name

    @property
    def events(self) -> tuple[Switch | Jump, ...]:
        """What happens in every scenario, and wherever else the model acts."""
        return (*self.switches, *self.jumps)

    @property
    def volume(self) -> float | None:
        """The volume of the compartment (mm3), or None for a model in densities."""
        return None if self.scaling.volume is None else self.scaling.volume.value

    def scenario(self, name: str | None = None) -> Scenario:
        """Return the scenario `name`, or the first one; raise `InputError` if there is none."""
        where = f"kinetics '{self.name}'"
        if not self.scenarios:
            msg = f"{where}: has no scenario; state one in its file ([scenarios.NAME])"
            raise InputError(msg)
        if name is None:
            return next(iter(self.scenarios.values()))
        require_known(name, self.scenarios, f"{where}: scenarios")
        return self.scenarios[name]

    def with_parameters(self, overrides: Mapping[str, Any]) -> Model:
        """Return the model with some parameters replaced, in their published or density unit."""
        changed = {}
        for name, raw in overrides.items():
            where = f"kinetics '{self.name}': parameters"
            require_known(name, self.network.parameters, where)
            self.require_free(name)
            try:
                unit = self.network.parameters[name].unit
                changed[name] = self.scaling.restated(name, raw, unit)
            except InputError as error:
                msg = f"{where}.{name}: {error}"
                raise InputError(msg) from None
        return replace(self, network=self.network.with_parameters(changed))

    def require_free(self, name: str) -> None:
        """Raise `InputError` if other numbers were worked out from the number `name`."""
        if name in self.fixed:
            msg = f"kinetics '{self.name}': {name}: other numbers of the file rest on it; change "
            raise InputError(msg + "it in the file")

    def require_countable(self) -> None:
        """Raise `InputError` if no number of cells is behind the model's amounts."""
        if self.network.alone:
            msg = f"kinetics '{self.name}': {self.network.alone}, so nothing in it can be counted "
            raise InputError(msg + "as cells; there are no random runs of it")

    def numbers(self) -> dict[str, Parameter]:
        """Return every number of the file but its check values, by a dotted key."""
        found = dict(self.network.parameters)
        if self.scaling.volume is not None:
            found["compartment_volume"] = self.scaling.volume
        found |= {f"extinction.{k}": p for k, p in self.extinction.items()}
        found |= {f"few.{k}": p for k, p in self.few.items()}
        found |= event_numbers(self.events, "")
        for scenario in self.scenarios.values():
            found |= {f"scenarios.{k}": p for k, p in scenario.numbers().items()}
        return found
