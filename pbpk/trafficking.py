"""A trafficking model: how fast cells leave the vessels of each organ, and by which way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cartflow.outcome import InputError, require_known
from cartflow.parameters import Parameter
from cartflow.pbpk.body import ORGANS, Body, require_organ
from cartflow.pbpk.checks import require_positive, require_rates

Carrier = Literal["blood", "plasma"]


@dataclass(frozen=True, kw_only=True)
class OrganTrafficking:
    """How cells pass one organ; rates in 1/day, `retention` slows the way out of the tissue.

    Without `transmigration_rate` the organ has only its vessels. Blood goes on to the veins or
    to the liver; tissue drains by the lymph or back into the blood that leaves the organ.
    """

    transmigration_rate: Parameter | None = None
    retention: Parameter | None = None
    elimination_rate: Parameter | None = None
    lymph_flow_factor: Parameter | None = None
    blood_to: Literal["venous", "liver"] = "venous"
    tissue_to: Literal["lymph", "blood"] = "lymph"

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_rates(self, above_zero=("retention", "lymph_flow_factor"))


@dataclass(frozen=True, kw_only=True)
class LymphTrafficking:
    """The lymph nodes as one pool: entry straight from the blood, retention, loss (1/day)."""

    blood_entry_rate: Parameter | None = None
    retention: Parameter | None = None
    elimination_rate: Parameter | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_rates(self, above_zero=("retention",))


@dataclass(frozen=True, kw_only=True)
class TumourTrafficking:
    """Transmigration into a tumour (1/day) with the flow and vessels it was published with."""

    transmigration_rate: Parameter
    blood_flow: Parameter
    vascular_volume: Parameter

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_rates(self, above_zero=("blood_flow", "vascular_volume"))

    def turnover(self) -> float:
        """Return blood flow / vascular volume, in 1/day."""
        return self.blood_flow.value / self.vascular_volume.value

    def capture_probability(self) -> float:
        """Return the chance to be captured in one pass, `E = J/(J + Q/V)`."""
        return self.transmigration_rate.value / (self.transmigration_rate.value + self.turnover())


@dataclass(frozen=True, kw_only=True)
class Trafficking:
    """A trafficking model and the body it was made for.

    `carrier` says whether cells travel with blood or with plasma flows and volumes;
    `lymph_flow_factor` multiplies the body's lymph flows. Raises `InputError` on unknown organs
    and on ways that do not exist.
    """

    name: str
    title: str
    made_for: Body
    carrier: Carrier = "blood"
    lymph_flow_factor: Parameter | None = None
    organs: Mapping[str, OrganTrafficking]
    lymph: LymphTrafficking = field(default_factory=LymphTrafficking)
    tumour: TumourTrafficking | None = None

    def __post_init__(self) -> None:
        """Check the organs' names and the ways of the blood."""
        object.__setattr__(self, "organs", dict(self.organs))
        if self.lymph_flow_factor is not None:
            require_positive("lymph_flow_factor", self.lymph_flow_factor)
        for name, organ in self.organs.items():
            require_organ(name)
            if organ.blood_to == "liver" and name in ("liver", "lung"):
                msg = f"organs.{name}.blood_to: blood of the {name} cannot go to the liver"
                raise InputError(msg)

    def organ(self, name: str) -> OrganTrafficking:
        """Return how cells pass the organ `name`; one not listed has only its vessels."""
        return self.organs.get(name, OrganTrafficking())

    def blood_inflow(self, body: Body, name: str) -> float:
        """Return all blood that enters an organ of `body` (liver: portal too), mm3/day."""
        require_known(name, body.organs, "organ")
        inflow = body.organs[name].blood_flow.value
        if name == "liver":
            portal = [n for n in ORGANS if self.organ(n).blood_to == "liver"]
            inflow += sum(body.organs[n].blood_flow.value for n in portal)
        return inflow

    def turnover(self, body: Body, name: str) -> float:
        """Return inflow / vascular volume of an organ of `body`, in 1/day."""
        return self.blood_inflow(body, name) / body.organs[name].vascular_volume.value

    def capture_probability(self, name: str) -> float:
        """Return the chance to be captured in one pass, `E = J/(J + Q/V)`, as published."""
        rate = self.organ(name).transmigration_rate
        if rate is None:
            return 0.0
        return rate.value / (rate.value + self.turnover(self.made_for, name))
