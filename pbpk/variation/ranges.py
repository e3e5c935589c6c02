"""Other values of the numbers behind a network: what may vary, how far, and the network then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels

N = TypeVar("N")
# Flows and blood volumes close, so a body's are varied all together.
_FLOWS, _BLOOD = "body.cardiac_output", "body.blood_volume"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Body, trafficking model, tumour if there is one, and rule: all that a network needs."""

    body: Body
    trafficking: Trafficking
    tumour: TumourVessels | None
    rule: ScalingRule
    cavities: tuple[str, ...] = ()

    def network(self) -> OrganNetwork:
        """Return the network, with the tumour's tissue as a compartment of it."""
        return organ_network(
            self.body,
            self.trafficking,
            scaling=self.rule,
            tumour=self.tumour,
            lumped=self.tumour is not None,
            cavities=self.cavities,
        )

    def numbers(self) -> dict[str, Parameter]:
        """Return what may vary, by name: ``trafficking.lung.transmigration_rate``, ...

        Of the body these are ``body.cardiac_output``, which carries all its flows along, and
        ``body.blood_volume``, which carries all its blood.
        """
        found = {_FLOWS: self.body.cardiac_output, _BLOOD: self.body.blood_volume}
        for name, part in _parts(self.trafficking).items():
            found |= {f"trafficking.{name}.{k}": v for k, v in _numbers(part).items()}
        if self.tumour is None:
            return found
        found |= {f"tumour.{k}": v for k, v in _numbers(self.tumour).items()}
        if self.tumour.egress_rate is not None:
            found.pop("tumour.retention")  # without effect beside it
        return found

    def varied(self, values: Mapping[str, float]) -> Setting:
        """Return the setting with other values, in internal units, of some of its numbers."""
        known = self.numbers()
        for name in values:
            require_known(name, known, "sensitivity: parameter")
        body = self.body
        if _FLOWS in values:
            body = _with_flows(body, values[_FLOWS] / known[_FLOWS].value)
        if _BLOOD in values:
            body = _with_blood(body, values[_BLOOD] / known[_BLOOD].value)
        return replace(
            self,
            body=body,
            trafficking=_with_rates(self.trafficking, values),
            tumour=None if self.tumour is None else _with(self.tumour, "tumour", values),
        )


def ranges(
    numbers: Mapping[str, Parameter], spread: float | None = None
) -> dict[str, tuple[float, float]]:
    """Return the range of each number: its own, or with `spread` the value / and x `spread`.

    Without `spread`, numbers without a range of their own do not vary. Raises `InputError` if
    nothing varies.
    """
    if spread is not None and not spread > 1:
        msg = f"--spread: {spread:g} must be above 1"
        raise InputError(msg)
    found = {}
    for name, number in numbers.items():
        if number.bounds is not None:
            found[name] = number.bounds
        elif spread is not None and number.value > 0:
            found[name] = _spread(name, number.value, spread)
    if not found:
        raise InputError("sensitivity: no number carries a range; give --spread, or ranges")
    return found


# Fractions of a volume stay below one together, whatever the spread.
_MOST = {"vascular_fraction": 0.3, "interstitial_fraction": 0.7, "capture": 1.0}
_MOST |= {"porosity": 1.0, "open_porosity": 1.0, "barrier_breakdown": 1.0, "rim_share": 0.99}
_MOST |= {"portal_share": 1.0}
_LEAST = {"tortuosity": 1.0, "matrix_tortuosity": 1.0, "open_gain": 1.0}


def _spread(name: str, value: float, spread: float) -> tuple[float, float]:
    last = name.rpartition(".")[2]
    most, least = _MOST.get(last, float("inf")), _LEAST.get(last, 0.0)
    return max(value / spread, least), max(value, min(value * spread, most))


def _parts(trafficking: Trafficking) -> dict[str, Any]:
    parts: dict[str, Any] = {**trafficking.organs, "lymph": trafficking.lymph}
    parts |= {"blood": trafficking.blood, **trafficking.cavities}
    return parts if trafficking.tumour is None else {**parts, "tumour": trafficking.tumour}


def _numbers(part: object) -> dict[str, Parameter]:
    return {name: value for name, value in vars(part).items() if isinstance(value, Parameter)}


def _with(part: N, prefix: str, values: Mapping[str, float]) -> N:
    changed = {
        name: _changed(number, values[f"{prefix}.{name}"])
        for name, number in _numbers(part).items()
        if f"{prefix}.{name}" in values
    }
    return replace(part, **changed) if changed else part  # type: ignore[type-var]


def _changed(number: Parameter, value: float) -> Parameter:
    if number.value:
        return number.times(value / number.value, number.unit, number.note)
    return replace(number, value=value, stated=f"{value:g} {number.unit}", standing="assumed")


def _with_rates(trafficking: Trafficking, values: Mapping[str, float]) -> Trafficking:
    def one(name: str, part: N) -> N:
        return _with(part, f"trafficking.{name}", values)

    return replace(
        trafficking,
        organs={name: one(name, part) for name, part in trafficking.organs.items()},
        cavities={name: one(name, part) for name, part in trafficking.cavities.items()},
        lymph=one("lymph", trafficking.lymph),
        blood=one("blood", trafficking.blood),
        tumour=None if trafficking.tumour is None else one("tumour", trafficking.tumour),
    )


def _with_flows(body: Body, factor: float) -> Body:
    return _scaled(body, factor, ("blood_flow", "lymph_flow"), ("cardiac_output",))


def _with_blood(body: Body, factor: float) -> Body:
    pools = ("blood_volume", "venous_volume", "arterial_volume")
    scaled = _scaled(body, factor, ("vascular_volume",), pools)
    # The organ grows by its blood: its tissue stays.
    organs = {
        name: replace(
            organ,
            volume=old.volume.times(
                1 + (factor - 1) * old.vascular_volume.value / old.volume.value, "mm^3", ""
            ),
        )
        for (name, organ), old in zip(scaled.organs.items(), body.organs.values(), strict=True)
    }
    return replace(scaled, organs=organs)


def _scaled(body: Body, factor: float, parts: tuple[str, ...], whole: tuple[str, ...]) -> Body:
    def times(noun: Any, names: tuple[str, ...]) -> dict[str, Any]:
        given = {name: getattr(noun, name) for name in names}
        return {name: p.times(factor, p.unit, p.note) for name, p in given.items()}

    # Volumes are checked organ by organ, so room is made before more blood is put in.
    room = {"volume": max(factor, 1.0)} if "vascular_volume" in parts else {}
    organs = {}
    for name, organ in body.organs.items():
        more = {key: organ.volume.times(by, "mm^3", "") for key, by in room.items()}
        organs[name] = replace(organ, **more, **times(organ, parts))
    return replace(body, organs=organs, **times(body, whole))
