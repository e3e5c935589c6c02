"""Everything that went into a network, by name, for the result and for ``cartflow show``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.checks import parameters_of
from cartflow.pbpk.scaling import ScalingRule, elimination_rate, organ_rate, tumour_rate
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels, key_of


class Used(Mapping[str, Parameter]):
    """Parameters by name that are gathered when they are first asked for."""

    def __init__(self, gather: Callable[[], Mapping[str, Parameter]]) -> None:
        self._gather = gather

    @cached_property
    def _found(self) -> Mapping[str, Parameter]:
        return self._gather()

    def __getitem__(self, name: str) -> Parameter:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def body_parameters(body: Body) -> dict[str, Parameter]:
    """Return the numbers of a body, such as ``body.lung.blood_flow``."""
    found = {f"body.{name}": value for name, value in body.quantities().items()}
    for name, organ in body.organs.items():
        found.update(_named(f"body.{name}", parameters_of(organ)))
    for name, cavity in body.cavities.items():
        found.update(_named(f"body.{name}", parameters_of(cavity)))
    return found


def trafficking_parameters(trafficking: Trafficking) -> dict[str, Parameter]:
    """Return the numbers of a trafficking model, such as ``trafficking.lung.retention``."""
    found = _named("trafficking", parameters_of(trafficking))
    parts: dict[str, object] = {
        **trafficking.organs,
        "lymph": trafficking.lymph,
        "blood": trafficking.blood,
        **trafficking.cavities,
    }
    for name, part in parts.items():
        found.update(_named(f"trafficking.{name}", parameters_of(part)))
    if trafficking.tumour is not None:
        found.update(_named("trafficking.tumour", parameters_of(trafficking.tumour)))
    return found


def published_tumour_parameters(trafficking: Trafficking) -> dict[str, Parameter]:
    """Return the numbers of the tumour that a model was published with, if there is one.

    A run does not rest on them: what it takes of them stands among the tumour's own numbers.
    """
    own = None if trafficking.tumour is None else trafficking.tumour.published
    if own is None:
        return {}
    numbers = {n: p for n, p in own.quantities().items() if n not in _SHARED}
    return _named("trafficking.published_tumour", numbers)


# A published tumour's flow and vessels are told as those that form the capture.
_SHARED = ("blood_flow", "vascular_volume")


def used_parameters(
    body: Body,
    trafficking: Trafficking,
    rule: ScalingRule,
    tumours: Mapping[str, TumourVessels],
) -> dict[str, Parameter]:
    """Return what a network rests on: body, trafficking, tumours, and the rates as scaled.

    `tumours` are by the names of their streams.
    """
    found = body_parameters(body) | trafficking_parameters(trafficking)
    for name in body.organ_names():
        rate = organ_rate(body, trafficking, rule, name)
        if rate is not None:
            found[f"network.{name}.transmigration_rate"] = rate
        loss = trafficking.organ(name).elimination_rate
        if loss is not None and rule.elimination_exponent != 0:
            scaled = elimination_rate(loss, body, trafficking, rule)
            found[f"network.{name}.elimination_rate"] = scaled
        if trafficking.organ(name).has_tissue:
            found |= _extravascular(body, trafficking, name)
    for stream, tumour in tumours.items():
        key = key_of(stream)
        found.update(_named(key, tumour.quantities()))
        own = trafficking.tumour
        if own is not None and own.blood_entry_rate is None:
            rate = tumour_rate(body, trafficking, rule, tumour)
            found[f"network.{key}.transmigration_rate"] = rate
    return found


def _extravascular(body: Body, trafficking: Trafficking, name: str) -> dict[str, Parameter]:
    """Return the volume that an organ's lymph empties, where it is not the interstitium."""
    if trafficking.extravascular_volume == "interstitium":
        return {}
    whole = body.organs[name].volume
    share = trafficking.extravascular(body.organs[name]) / whole.value
    volume = whole.times(share, "mm^3", "the organ less its vessels")
    return {f"network.{name}.extravascular_volume": volume}


def _named(prefix: str, values: Mapping[str, Parameter]) -> dict[str, Parameter]:
    return {f"{prefix}.{name}": value for name, value in values.items()}
