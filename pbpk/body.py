"""A body: organs with their volumes, blood flow and lymph flow, checked to close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from cartflow.core.html_table import html_table
from cartflow.core.outcome import InputError, require_known, suggest
from cartflow.core.parameters import Parameter
from cartflow.pbpk.checks import parameters_of, require_positive, shown

# Every organ that a body has beside the pools of blood and lymph.
ORGANS = (
    "bone_marrow",
    "brain",
    "lung",
    "liver",
    "spleen",
    "kidney",
    "heart",
    "gut",
    "muscle",
    "skin",
    "adipose",
    "bone",
    "rest",
)
# What a body that is minimal may have beside them: parts of gut and rest, told apart.
FINER_ORGANS = ("small_intestine", "large_intestine", "pancreas", "thymus")
CLOSURE = 1e-3
# A minimal body lumps all organs that it does not list into ``rest``.
MINIMAL = ("lung", "rest")
_OF_ORGANS = {
    "volume": "volume",
    "vascular_volume": "of it vessels",
    "blood_flow": "blood flow",
    "lymph_flow": "lymph flow",
}
# The organ whose lymph each fluid-filled cavity is part of.
CAVITIES = {"pleura": "lung", "csf": "brain"}


def require_organ(name: str) -> None:
    """Raise `InputError` if the table `organs` of a file may not hold `name`."""
    if name not in (*ORGANS, *FINER_ORGANS):
        msg = f"organs: unknown organ '{name}'; {suggest(name, ORGANS)}"
        raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Organ:
    """One organ: volumes (mm3) with its vessels in, and flows (mm3/day).

    `blood_flow` is what the organ takes from the arteries (lung: the cardiac output; liver:
    without the portal vein). Raises `InputError` if the parts do not fit into the whole.
    """

    volume: Parameter
    vascular_volume: Parameter
    interstitial_volume: Parameter
    blood_flow: Parameter
    lymph_flow: Parameter

    def __post_init__(self) -> None:
        """Check that vessels and interstitium fit, and that lymph is part of the blood."""
        for part in fields(self):
            zero = part.name == "lymph_flow"
            require_positive(part.name, getattr(self, part.name), zero=zero)
        if self.vascular_volume.value + self.interstitial_volume.value > self.volume.value:
            msg = (
                f"vascular_volume {self.vascular_volume.stated} and interstitial_volume "
                f"{self.interstitial_volume.stated} are more than the volume {self.volume.stated}"
            )
            raise InputError(msg)
        if self.lymph_flow.value >= self.blood_flow.value:
            msg = (
                f"lymph_flow {self.lymph_flow.stated} is not below "
                f"blood_flow {self.blood_flow.stated}"
            )
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Cavity:
    """A cavity filled with fluid: volume (mm3) and the flow (mm3/day) that drains it."""

    volume: Parameter
    lymph_flow: Parameter

    def __post_init__(self) -> None:
        """Check that both are above 0."""
        for part in fields(self):
            require_positive(part.name, getattr(self, part.name))


@dataclass(frozen=True, kw_only=True)
class Body:
    """A body whose arterial flows add up to its cardiac output and whose blood is counted once.

    Volumes in mm3, flows in mm3/day, `body_weight` in ng, `haematocrit` as a fraction.
    `venous_volume` and `arterial_volume` are the central blood, outside the organs' vessels.
    A `minimal` body needs lung and rest only. `cavities` may hold pleura and csf. `height` (mm)
    and `sex` of an adult say how other sizes of it follow (`of_size`).
    Raises `InputError`, with the gap in percent, if flows or blood volumes do not close to 0.1 %.
    """

    name: str
    title: str
    species: str
    body_weight: Parameter
    haematocrit: Parameter
    cardiac_output: Parameter
    blood_volume: Parameter
    venous_volume: Parameter
    arterial_volume: Parameter
    lymph_node_volume: Parameter
    organs: Mapping[str, Organ]
    minimal: bool = False
    cavities: Mapping[str, Cavity] = field(default_factory=dict)
    height: Parameter | None = None
    sex: str = ""

    def __post_init__(self) -> None:
        """Check the organs, the flows and the volumes of blood."""
        object.__setattr__(self, "organs", dict(self.organs))
        object.__setattr__(self, "cavities", dict(self.cavities))
        for name, value in self.quantities().items():
            require_positive(name, value)
        if self.haematocrit.value >= 1:
            msg = f"haematocrit {self.haematocrit.stated} is not below 1"
            raise InputError(msg)
        self._check_organs()
        systemic = self.systemic_flow()
        lung = self.organs["lung"].blood_flow
        _closes("blood_flow of the organs", systemic, "cardiac_output", self.cardiac_output)
        _closes("organs.lung.blood_flow", lung.value, "cardiac_output", self.cardiac_output)
        _closes("blood of organs and pools", self._blood(), "blood_volume", self.blood_volume)

    def __repr__(self) -> str:
        """Return name, title and weight in a line."""
        return f"<Body: {self.name}; {self.title}; {self.body_weight.stated}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: volumes and flows of the organs, as they are stated."""
        header = ["", *_OF_ORGANS.values()]
        rows = [
            [name, *(getattr(self.organs[name], what).stated for what in _OF_ORGANS)]
            for name in self.organ_names()
        ]
        return html_table(f"{self.title}, {self.body_weight.stated}", rows, header)

    def quantities(self) -> dict[str, Parameter]:
        """Return the quantities of the body as a whole by name, but for its height."""
        # No run rests on a height: only bodies of another size do, by their own.
        return {name: value for name, value in parameters_of(self).items() if name != "height"}

    def organ_names(self) -> list[str]:
        """Return the organs that the body has, in the common order."""
        return [name for name in (*ORGANS, *FINER_ORGANS) if name in self.organs]

    def systemic_flow(self) -> float:
        """Return the sum of all flows that leave the arteries, in mm3/day."""
        return sum(o.blood_flow.value for name, o in self.organs.items() if name != "lung")

    def volume(self) -> float:
        """Return the volume of all organs and of the blood outside them, in mm3."""
        organs = sum(organ.volume.value for organ in self.organs.values())
        return organs + self.venous_volume.value + self.arterial_volume.value

    def _blood(self) -> float:
        vessels = sum(organ.vascular_volume.value for organ in self.organs.values())
        return vessels + self.venous_volume.value + self.arterial_volume.value

    def _check_organs(self) -> None:
        for name in self.organs:
            require_organ(name)
            if name in FINER_ORGANS and not self.minimal:
                msg = f"organs.{name}: only a body that is minimal tells it from gut or rest"
                raise InputError(msg)
        needed = MINIMAL if self.minimal else ORGANS
        missing = [name for name in needed if name not in self.organs]
        if missing:
            msg = f"organs: '{missing[0]}' is missing; needed: {', '.join(needed)}"
            raise InputError(msg)
        for name in self.cavities:
            require_known(name, CAVITIES, "cavities")


def _closes(what: str, total: float, name: str, wanted: Parameter) -> None:
    gap = total / wanted.value - 1
    if not abs(gap) <= CLOSURE:
        msg = (
            f"{what} do not close: {shown(total, wanted.unit)} against {name} "
            f"{shown(wanted.value, wanted.unit)}, a gap of {100 * gap:+.2f} %"
        )
        raise InputError(msg)
