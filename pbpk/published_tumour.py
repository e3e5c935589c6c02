"""The tumour that a trafficking model was published with."""

from __future__ import annotations

from dataclasses import dataclass

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.checks import parameters_of, require_rates
from cartflow.pbpk.tumour import PLACES

# What is a part of what: each needs the other to be a number per volume, or a share.
_PARTS = {
    "blood_flow": "volume",
    "vascular_volume": "volume",
    "interstitial_volume": "volume",
    "lymph_flow": "blood_flow",
    "portal_flow": "blood_flow",
}


@dataclass(frozen=True, kw_only=True)
class PublishedTumour:
    """A tumour as its publication has it; what the publication does not say is None.

    Volumes in mm3, flows in mm3/day. `blood_flow` and `vascular_volume` are of what carries cells
    in the model (blood or plasma), `portal_flow` the part of that flow that comes by the portal
    vein. Cells leave at `lymph_flow` / (interstitium x `retention`), or at `egress_rate` (1/day).
    `host` is where the tumour stands. Raises `InputError`.
    """

    host: str
    volume: Parameter | None = None
    blood_flow: Parameter | None = None
    vascular_volume: Parameter | None = None
    interstitial_volume: Parameter | None = None
    lymph_flow: Parameter | None = None
    portal_flow: Parameter | None = None
    retention: Parameter | None = None
    egress_rate: Parameter | None = None

    def __post_init__(self) -> None:
        """Check the numbers, and that each has what it is a part of."""
        require_known(self.host, [*ORGANS, *PLACES], "tumour.published.host")
        require_rates(self, above_zero=("volume", "retention", *_PARTS))
        given = parameters_of(self)
        for name, whole in _PARTS.items():
            if name in given and whole not in given:
                msg = f"tumour.published: {name} needs {whole}"
                raise InputError(msg)
        if "egress_rate" in given and "retention" in given:
            raise InputError("tumour.published: give retention or egress_rate, not both")
        if "portal_flow" in given and self.host != "liver":
            raise InputError("tumour.published: portal_flow is for the host 'liver'")
        for part in ("lymph_flow", "portal_flow"):
            if part in given and given[part].value > given["blood_flow"].value:
                text, flow = given[part].stated, given["blood_flow"].stated
                msg = f"tumour.published: {part} '{text}' is more than the blood_flow '{flow}'"
                raise InputError(msg)

    def quantities(self) -> dict[str, Parameter]:
        """Return the numbers that the publication gives, by name."""
        return parameters_of(self)

    def per_volume(
        self, carried: float, haematocrit: float, lymph_flow_factor: float
    ) -> dict[str, Parameter]:
        """Return the numbers as `TumourVessels` takes them, by name: per volume, or as shares.

        `carried` is the share of blood that carries cells, `haematocrit` that of the body that
        the model was made for, `lymph_flow_factor` what the model multiplies a tumour's lymph by.
        """
        kept = {n: p for n, p in parameters_of(self).items() if n in ("retention", "egress_rate")}
        # Plasma per what carries cells: flows are given per volume as plasma, vessels as blood.
        plasma = (1 - haematocrit) / carried
        return kept | self._sizes(plasma, carried) | self._shares(plasma * lymph_flow_factor)

    def _sizes(self, plasma: float, carried: float) -> dict[str, Parameter]:
        found = {}
        for name, part, factor, unit, kind in (
            ("plasma_flow", self.blood_flow, plasma, "1/day", "plasma flow"),
            ("vascular_fraction", self.vascular_volume, 1 / carried, "1", "blood in vessels"),
            ("interstitial_fraction", self.interstitial_volume, 1.0, "1", "outside the vessels"),
        ):
            if part is not None and self.volume is not None:
                scaled = "" if factor == 1 else f" x {factor:.4g}"
                note = f"{kind} {part.stated}{scaled} in {self.volume.stated} of tumour"
                found[name] = part.times(factor / self.volume.value, unit, note)
        return found

    def _shares(self, draining: float) -> dict[str, Parameter]:
        found, flow = {}, self.blood_flow
        if flow is not None and self.lymph_flow is not None:
            note = f"lymph {self.lymph_flow.stated} / plasma flow, which is {flow.stated}"
            note += "" if draining == 1 else f" x {draining:.4g} (plasma, and the model's lymph)"
            found["lymph_fraction"] = self.lymph_flow.times(1 / (flow.value * draining), "1", note)
        if flow is not None and self.portal_flow is not None:
            note = f"portal vein {self.portal_flow.stated} of {flow.stated}"
            found["portal_share"] = self.portal_flow.times(1 / flow.value, "1", note)
        return found
