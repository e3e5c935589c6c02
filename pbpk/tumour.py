"""The vessels that a tumour brings along, and the organ that hosts it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cartflow.core.outcome import InputError, require_known, suggest
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import CAVITIES, ORGANS
from cartflow.pbpk.checks import parameters_of

_MINUTES = 24 * 60
# The stream of a tumour that is alone, and what those of several begin with.
ONE = "tumour"


def _default(value: float, unit: str, stated: str, note: str = "") -> Parameter:
    return Parameter(
        value=value, unit=unit, stated=stated, source="shah2012", standing="transcribed", note=note
    )


PLASMA_FLOW = _default(
    0.21 * _MINUTES, "1/day", "0.21 mL/min/mL", "tumour of the antibody model, 12.7 L/h per L"
)
VASCULAR_FRACTION = _default(
    0.07, "1", "0.07", "read as blood; a public transcription has 0.07 as plasma, 0.127 of blood"
)
INTERSTITIAL_FRACTION = _default(0.55, "1", "0.55")
LYMPH_FRACTION = _default(0.002, "1", "0.002", "lymph flow / plasma flow")
RETENTION = Parameter(
    value=1.0, unit="1", stated="1", source="assumed", standing="assumed", note="no retention"
)


# Numbers that may be 0, and are checked by what they mean.
_MAY_BE_ZERO = ("cavity_entry_rate", "barrier_breakdown", "portal_share", "egress_rate")

# Places that are no organ of the body: the organs that feed a tumour there.
PLACES = {"flank": ("skin", "muscle"), "pleura": ("rest",), "lymph_node": ("rest",)}
# The nodes that drain a host; other hosts drain to nodes without a name of their own.
NODES = {
    "flank": "inguinal_node",
    "brain": "deep_cervical_node",
    "lung": "mediastinal_node",
    "pleura": "mediastinal_node",
    "liver": "hepatic_node",
    "gut": "mesenteric_node",
}


def key_of(stream: str) -> str:
    """Return the key of a study for the tumour of a stream: ``tumour_left`` is tumours.left."""
    return stream if stream == ONE else f"tumours.{stream.removeprefix(ONE + '_')}"


def host_organs(host: str) -> tuple[str, ...]:
    """Return the organs of a named place: ``flank`` is skin and muscle, an organ is itself.

    A tumour in the ``pleura`` or in a ``lymph_node`` takes its blood from ``rest``.
    """
    if host in PLACES:
        return PLACES[host]
    if host not in ORGANS:
        msg = f"tumour.host: unknown organ '{host}'; {suggest(host, [*ORGANS, *PLACES])}"
        raise InputError(msg)
    return (host,)


def draining_node(host: str) -> str:
    """Return the name of the node that drains a host; a tumour in a node drains to them all."""
    return "" if host == "lymph_node" else NODES.get(host, "draining_node")


def host_cavity(host: str) -> str:
    """Return the cavity that a host is, or has beside it, or an empty text."""
    if host in CAVITIES:
        return host
    beside = [cavity for cavity, organ in CAVITIES.items() if organ == host]
    return beside[0] if beside else ""


@dataclass(frozen=True, kw_only=True)
class TumourVessels:
    """Vessels and lymph of a tumour of `volume` mm3 that takes its flow from `host`.

    `plasma_flow` in 1/day (mm3 per day and mm3 of tumour), `lymph_fraction` of the plasma flow;
    the other fractions are of the tumour's volume. `node` names the node that drains the host,
    a part of the lymph pool (empty: the pool itself). Cells in `cavity` enter the tumour at
    `cavity_entry_rate` (1/day). `barrier_breakdown` is the share of a brain tumour's vessels
    without barrier. Raises `InputError`.
    """

    volume: float
    host: tuple[str, ...]
    plasma_flow: Parameter = PLASMA_FLOW
    vascular_fraction: Parameter = VASCULAR_FRACTION
    interstitial_fraction: Parameter = INTERSTITIAL_FRACTION
    lymph_fraction: Parameter = LYMPH_FRACTION
    retention: Parameter = RETENTION
    node: str = ""
    cavity: str = ""
    cavity_entry_rate: Parameter | None = None
    barrier_breakdown: Parameter | None = None
    portal_share: Parameter | None = None
    egress_rate: Parameter | None = None
    published: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check numbers and host."""
        if not (0 < self.volume < math.inf):
            msg = f"tumour: volume {self.volume:g} mm^3 must be a finite number above 0"
            raise InputError(msg)
        self._check_ways()
        for name, value in self.quantities().items():
            if name in _MAY_BE_ZERO:
                continue
            upper = 1.0 if name.endswith("_fraction") else math.inf
            if not (0 < value.value < upper):
                bound = "between 0 and 1" if upper == 1 else "above 0"
                msg = f"tumour.{name}: '{value.stated}' must be {bound}"
                raise InputError(msg)
        self._check_fractions()
        if not self.host:
            msg = "tumour: no host organ"
            raise InputError(msg)
        for organ in self.host:
            require_known(organ, ORGANS, "tumour: host")
        if len(set(self.host)) < len(self.host):
            msg = f"tumour: host {', '.join(self.host)} names an organ twice"
            raise InputError(msg)

    def _check_fractions(self) -> None:
        """Raise `InputError` if blood and interstitium are more than the tumour.

        A publication whose vessels are plasma and whose tissue is all the rest comes to more,
        since the cells of the blood have no room there; it stands as published.
        """
        both = self.vascular_fraction.value + self.interstitial_fraction.value
        own = {"vascular_fraction", "interstitial_fraction"} <= set(self.published)
        if both > 1 + 1e-12 and not own:
            msg = "tumour: vascular_fraction and interstitial_fraction are more than 1 together"
            raise InputError(msg)

    def _check_ways(self) -> None:
        for name, organ in (("barrier_breakdown", "brain"), ("portal_share", "liver")):
            share = getattr(self, name)
            if share is None:
                continue
            if self.host != (organ,):
                msg = f"tumour.{name}: only a tumour in the {organ} has one"
                raise InputError(msg)
            if not 0 <= share.value <= 1:
                msg = f"tumour.{name}: '{share.stated}' is not in 0..1"
                raise InputError(msg)
        if self.egress_rate is not None and not 0 <= self.egress_rate.value < math.inf:
            msg = f"tumour.egress_rate: '{self.egress_rate.stated}' must be 0 or more"
            raise InputError(msg)
        if self.cavity_entry_rate is not None:
            require_known(self.cavity, CAVITIES, "tumour.cavity_entry_rate: cavity")

    def quantities(self) -> dict[str, Parameter]:
        """Return the numbers with a source, by name."""
        return parameters_of(self)

    def vascular_volume(self) -> float:
        """Return the blood in the tumour's vessels, mm3."""
        return self.volume * self.vascular_fraction.value

    def interstitial_volume(self) -> float:
        """Return the tumour's interstitial volume, mm3."""
        return self.volume * self.interstitial_fraction.value

    def blood_flow(self, haematocrit: float) -> float:
        """Return the tumour's blood flow, plasma flow / (1 - haematocrit), mm3/day."""
        return self.volume * self.plasma_flow.value / (1 - haematocrit)

    def turnover(self, haematocrit: float) -> float:
        """Return blood flow / vascular volume, 1/day."""
        return self.blood_flow(haematocrit) / self.vascular_volume()

    def lymph_flow(self) -> float:
        """Return the tumour's lymph flow, `lymph_fraction` of its plasma flow, mm3/day."""
        return self.volume * self.plasma_flow.value * self.lymph_fraction.value
