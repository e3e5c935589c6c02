"""What every part of a kinetics file is read with: its network, its scaling, errors with a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter, Standing, parameter, signed
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.expressions.dimensions import Dimension, unit_text
from cartflow.kinetics.network import Network
from cartflow.kinetics.network_checks import of_sign
from cartflow.kinetics.scenario import Moment


@dataclass(frozen=True, kw_only=True)
class Context:
    """The network of a file and how its numbers scale; reads what refers to them."""

    network: Network
    scaling: Scaling

    @cached_property
    def dimensions(self) -> Mapping[str, Dimension]:
        """The dimension of every species and parameter."""
        return self.network.dimensions()

    def amount(self, raw: Any, species: str, where: str, source: str) -> Parameter:
        """Return an amount of a species, not negative."""
        with named(where):
            found = self.network.species[self.network.index(species)]
            return signed(self.scaling.amount(raw, found, source), "not_negative")

    def changed(
        self, raw: Mapping[str, Any], where: str, source: str, standing: Standing
    ) -> dict[str, Parameter]:
        """Return changed parameters; bare quantities take `source` and `standing`."""
        result = {}
        for name, value in raw.items():
            require_known(name, self.network.parameters, where)
            with named(f"{where}.{name}"):
                stated = value
                if not isinstance(value, dict):
                    if not source:
                        msg = f"'{value}' has no source; give the scenario one"
                        raise InputError(msg)
                    stated = {"value": value, "source": source, "standing": standing}
                old = self.network.parameters[name]
                result[name] = of_sign(self.scaling.restated(name, stated, old.unit), old.sign)
        return result

    def moment(self, raw: Any, where: str, source: str, standing: Standing) -> Moment:
        """Return a time, or the parameter that states one."""
        with named(f"{where}.time"):
            if isinstance(raw, str) and raw in self.network.parameters:
                if unit_text(self.dimensions[raw]) != "day":
                    msg = f"the parameter '{raw}' is no time"
                    raise InputError(msg)
                return Moment(name=raw)
            found = signed(parameter(raw, "day", source=source), "not_negative")
            return Moment(
                time=found if isinstance(raw, dict) else replace(found, standing=standing)
            )
