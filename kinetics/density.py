"""From numbers of a whole compartment to numbers per mm3, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.units.dimensions import dimension_name
from cartflow.core.units.quantities import split
from cartflow.kinetics.expressions.dimensions import dimension_of
from cartflow.kinetics.species import Species


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How numbers of a compartment of `volume` become densities n = N/V.

    A number with the exponent e is multiplied by V^e: capacities and half-saturations -1,
    mass-action constants 1, first-order rates 0. `published` holds the unit before scaling.
    """

    volume: Parameter | None = None
    exponents: Mapping[str, float] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)

    def scaled(self, original: Parameter, exponent: float) -> Parameter:
        """Return `original` times V^exponent; the text stated is kept."""
        if exponent == 0:
            return original
        if self.volume is None:
            msg = "density_exponent needs the key 'compartment_volume'"
            raise InputError(msg)
        size = f"mm^{3 * abs(exponent):g}"
        unit = f"{original.unit}*{size}" if exponent > 0 else f"{original.unit}/{size}"
        note = f"{original.note}; " if original.note else ""
        note += f"'{original.stated}' times ({self.volume.value:g} mm^3)^{exponent:g}"
        result = original.times(self.volume.value**exponent, unit, note)
        return replace(result, stated=original.stated)

    def restated(self, name: str, raw: Any, unit: str) -> Parameter:
        """Return the parameter `name` from text in its published unit or in the scaled `unit`."""
        published = self.published.get(name)
        if published is not None and _has_dimension(raw, published):
            return self.scaled(parameter(raw, published), self.exponents[name])
        return parameter(raw, unit)

    def amount(self, raw: Any, species: Species, source: str = "study") -> Parameter:
        """Return an amount of `species` as a density, from a density or from whole cells."""
        whole = self.whole(raw, species, source)
        return (
            parameter(raw, species.unit, source=source) if whole is None else self.scaled(whole, -1)
        )

    def whole(self, raw: Any, species: Species, source: str = "study") -> Parameter | None:
        """Return an amount of `species` in whole cells (or ng), or None if `raw` is a density."""
        unit = {"cell/mm^3": "cell", "ng/mm^3": "ng"}.get(species.unit)
        if unit is None or self.volume is None or not _has_dimension(raw, unit):
            return None
        return parameter(raw, unit, source=source)

    def like(self, value: float, unit: str, wanted: str) -> float:
        """Return `value` of a dimension per volume as one that has the dimension of `wanted`.

        Densities become whole cells (and their squares, squared ones) of the compartment.
        """
        if dimension_of(unit) == dimension_of(wanted):
            return value
        length = dimension_of(wanted)[2] - dimension_of(unit)[2]
        power = length / 3
        rest = [a - b for a, b in zip(dimension_of(wanted), dimension_of(unit), strict=True)]
        if self.volume is None or any(rest[i] for i in (0, 1, 3)):
            msg = f"has the dimension {dimension_name(unit)}, not {dimension_name(wanted)}"
            raise InputError(msg)
        return float(value * self.volume.value**power)


def _has_dimension(raw: Any, unit: str) -> bool:
    text = raw.get("value") if isinstance(raw, dict) else raw
    if isinstance(text, Parameter):
        return dimension_of(text.unit) == dimension_of(unit)
    if not isinstance(text, str):
        return dimension_of(unit) == dimension_of("1")
    try:
        return dimension_of(split(text)[1]) == dimension_of(unit)
    except InputError:
        return False
