"""A trafficking model: how fast cells leave the vessels of each organ, and by which way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import CAVITIES, Body, Organ, require_organ
from cartflow.pbpk.checks import require_positive, require_rates
from cartflow.pbpk.published_tumour import PublishedTumour

Carrier = Literal["blood", "plasma"]
# Which volume a model calls extravascular: what its lymph flow is divided by.
Extravascular = Literal["interstitium", "tissue_less_vessels"]


@dataclass(frozen=True, kw_only=True)
class OrganTrafficking:
    """How cells pass one organ; rates in 1/day, `retention` slows the way out of the tissue.

    Cells enter from the organ's vessels (`transmigration_rate`) or from all blood, wherever it
    is (`blood_entry_rate`); without either the organ has only its vessels. They leave with the
    lymph flow, or at `exit_rate` = 1 / residence time. Blood goes on to the veins or to the
    liver; tissue drains by the lymph or back into the blood that leaves the organ.
    """

    transmigration_rate: Parameter | None = None
    blood_entry_rate: Parameter | None = None
    retention: Parameter | None = None
    exit_rate: Parameter | None = None
    elimination_rate: Parameter | None = None
    lymph_flow_factor: Parameter | None = None
    blood_to: Literal["venous", "liver"] = "venous"
    tissue_to: Literal["lymph", "blood"] = "lymph"

    def __post_init__(self) -> None:
        """Check the numbers, and that no two say the same."""
        require_rates(self, above_zero=("retention", "lymph_flow_factor"))
        _one_at_most(self, "transmigration_rate", "blood_entry_rate")
        _one_at_most(self, "exit_rate", "retention")

    @property
    def has_tissue(self) -> bool:
        """Whether cells enter the organ's tissue."""
        return self.transmigration_rate is not None or self.blood_entry_rate is not None


@dataclass(frozen=True, kw_only=True)
class LymphTrafficking:
    """The lymph nodes as one pool: entry from all blood, ways out, loss (1/day)."""

    blood_entry_rate: Parameter | None = None
    retention: Parameter | None = None
    exit_rate: Parameter | None = None
    elimination_rate: Parameter | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_rates(self, above_zero=("retention",))
        _one_at_most(self, "exit_rate", "retention")


@dataclass(frozen=True, kw_only=True)
class BloodTrafficking:
    """Loss of cells from all blood, wherever it is (1/day), and what the model means by blood.

    Its central `pool` is the blood outside the organs' vessels, or all blood beside them, as some
    publications have it. A concentration is counted in whole blood, or in what the model's own
    pool holds, where a publication that carries cells with plasma compares that with blood.
    """

    elimination_rate: Parameter | None = None
    pool: Literal["outside_organs", "all_blood"] = "outside_organs"
    counted_in: Literal["whole_blood", "pool"] = "whole_blood"

    def __post_init__(self) -> None:
        """Check the number."""
        require_rates(self, above_zero=())


@dataclass(frozen=True, kw_only=True)
class CavityTrafficking:
    """How cells enter a cavity from the tissue beside it, and what slows their way out.

    With `entry_rate` (1/day, of the cells in the tissue of the cavity's organ), the part of that
    organ's lymph that drains the cavity no longer drains its tissue.
    """

    entry_rate: Parameter | None = None
    retention: Parameter | None = None
    elimination_rate: Parameter | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        require_rates(self, above_zero=("retention",))


@dataclass(frozen=True, kw_only=True)
class TumourTrafficking:
    """How cells enter a tumour; one of three.

    `transmigration_rate` (1/day) with the blood flow and vessels it was published with; or the
    chance of capture in one pass, 1 being the limit set by perfusion; or `blood_entry_rate`
    (1/day), from all blood, whatever the tumour's size. `published` is the tumour itself, as the
    publication has it. Raises `InputError`.
    """

    transmigration_rate: Parameter | None = None
    blood_flow: Parameter | None = None
    vascular_volume: Parameter | None = None
    capture: Parameter | None = None
    blood_entry_rate: Parameter | None = None
    published: PublishedTumour | None = None

    def __post_init__(self) -> None:
        """Check the numbers, and that exactly one way in is given."""
        require_rates(self, above_zero=("blood_flow", "vascular_volume", "capture"))
        ways = ("transmigration_rate", "capture", "blood_entry_rate")
        given = [name for name in ways if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"tumour: exactly one of {', '.join(ways)} is needed; got {len(given)}"
            raise InputError(msg)
        if self.capture is not None and self.capture.value > 1:
            msg = f"tumour.capture: '{self.capture.stated}' is above 1"
            raise InputError(msg)
        needed = self.transmigration_rate is not None
        for name in ("blood_flow", "vascular_volume"):
            if needed != (getattr(self, name) is not None):
                msg = f"tumour.{name}: goes with transmigration_rate, and with nothing else"
                raise InputError(msg)

    def turnover(self) -> float:
        """Return blood flow / vascular volume, in 1/day."""
        if self.blood_flow is None or self.vascular_volume is None:
            raise InputError("tumour: it has no vessels of its own publication")
        return self.blood_flow.value / self.vascular_volume.value

    def capture_probability(self) -> float:
        """Return the chance to be captured in one pass, `E = J/(J + Q/V)`."""
        if self.capture is not None:
            return self.capture.value
        if self.transmigration_rate is None:
            raise InputError("tumour: cells that enter from all blood have no capture in one pass")
        return self.transmigration_rate.value / (self.transmigration_rate.value + self.turnover())


@dataclass(frozen=True, kw_only=True)
class Trafficking:
    """A trafficking model and the body it was made for.

    `carrier` says whether cells travel with blood or with plasma flows and volumes;
    `lymph_flow_factor` multiplies the body's lymph flows, and `extravascular_volume` says which
    volume of an organ they empty (a tumour has its own `interstitial_fraction`). Organs that are
    not listed have vessels only, or with `others` ``as_rest`` take the ways of ``rest``. Raises
    `InputError` on unknown organs and on ways that do not exist.
    """

    name: str
    title: str
    made_for: Body
    carrier: Carrier = "blood"
    lymph_flow_factor: Parameter | None = None
    extravascular_volume: Extravascular = "interstitium"
    others: Literal["vessels_only", "as_rest"] = "vessels_only"
    organs: Mapping[str, OrganTrafficking]
    lymph: LymphTrafficking = field(default_factory=LymphTrafficking)
    blood: BloodTrafficking = field(default_factory=BloodTrafficking)
    cavities: Mapping[str, CavityTrafficking] = field(default_factory=dict)
    tumour: TumourTrafficking | None = None

    def __post_init__(self) -> None:
        """Check the organs' names and the ways of the blood."""
        object.__setattr__(self, "organs", dict(self.organs))
        object.__setattr__(self, "cavities", dict(self.cavities))
        for name in self.cavities:
            require_known(name, CAVITIES, "cavities")
        if self.others == "as_rest" and "rest" not in self.organs:
            raise InputError("others: 'as_rest' needs a table [organs.rest]")
        if self.lymph_flow_factor is not None:
            require_positive("lymph_flow_factor", self.lymph_flow_factor)
        for name, organ in self.organs.items():
            require_organ(name)
            if organ.blood_to == "liver" and name in ("liver", "lung"):
                msg = f"organs.{name}.blood_to: blood of the {name} cannot go to the liver"
                raise InputError(msg)

    def organ(self, name: str) -> OrganTrafficking:
        """Return how cells pass the organ `name`; one not listed has vessels, or goes as rest."""
        return self.organs.get(self.listed(name), _VESSELS_ALONE)

    def listed(self, name: str) -> str:
        """Return the organ whose ways hold for `name`: itself, or ``rest``."""
        return "rest" if self.others == "as_rest" and name not in self.organs else name

    def blood_inflow(self, body: Body, name: str) -> float:
        """Return all blood that enters an organ of `body` (liver: portal too), mm3/day."""
        require_known(name, body.organs, "organ")
        inflow = body.organs[name].blood_flow.value
        if name == "liver":
            portal = [n for n in body.organ_names() if self.organ(n).blood_to == "liver"]
            inflow += sum(body.organs[n].blood_flow.value for n in portal)
        return inflow

    def extravascular(self, organ: Organ) -> float:
        """Return the volume that holds the cells in an organ's tissue, V_e, mm3."""
        if self.extravascular_volume == "interstitium":
            return organ.interstitial_volume.value
        return organ.volume.value - organ.vascular_volume.value

    def turnover(self, body: Body, name: str) -> float:
        """Return inflow / vascular volume of an organ of `body`, in 1/day."""
        return self.blood_inflow(body, name) / body.organs[name].vascular_volume.value

    def capture_probability(self, name: str) -> float:
        """Return the chance to be captured in one pass, `E = J/(J + Q/V)`, as published."""
        rate = self.organ(name).transmigration_rate
        if rate is None:
            return 0.0
        return rate.value / (rate.value + self.turnover(self.made_for, self.listed(name)))


def _one_at_most(noun: object, first: str, second: str) -> None:
    if getattr(noun, first) is not None and getattr(noun, second) is not None:
        msg = f"give {first} or {second}, not both"
        raise InputError(msg)


_VESSELS_ALONE = OrganTrafficking()
