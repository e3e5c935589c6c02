"""What a solute is: the numbers by which vessels, cells and kidneys tell it from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.pbpk.checks import parameters_of, require_positive


@dataclass(frozen=True, kw_only=True)
class Antibody:
    """An antibody after Shah and Betts 2012: convection, endosomal uptake, recycling by FcRn.

    Per mm3 of endosomes `uptake` mm3 of plasma and of interstitial fluid are taken up a day.
    Of what is there, free antibody is degraded (1/day) and binds (`on_rates`, mm3/nmol/day, and
    `off_rates`, 1/day, by species) to `receptor` nmol/mm3; what is bound goes back, the
    `recycled_share` into the vessels and the rest into the interstitium. Endosomes are
    `endosomal_fraction` of an organ. `vascular_reflection` by organ (``others`` for those that are
    not named, ``tumour``) and `lymphatic_reflection` hold back what is convected. The nodes empty
    into the veins at `node_flow` x the plasma flow of the lung.
    """

    molar_mass: Parameter
    uptake: Parameter
    degradation_rate: Parameter
    receptor: Parameter
    on_rates: Mapping[str, Parameter]
    off_rates: Mapping[str, Parameter]
    recycled_share: Parameter
    endosomal_fraction: Parameter
    lymphatic_reflection: Parameter
    vascular_reflection: Mapping[str, Parameter]
    node_flow: Parameter

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in self.quantities().items():
            require_positive(name, value, zero=name in ("degradation_rate", "receptor"))
            share = "share" in name or "fraction" in name or "reflection" in name
            if share and value.value > 1:
                msg = f"{name}: '{value.stated}' is above 1"
                raise InputError(msg)
        if "others" not in self.vascular_reflection:
            raise InputError("vascular_reflection: key 'others' is missing")

    def reflection(self, organ: str) -> float:
        """Return the vascular reflection coefficient of an organ."""
        known = self.vascular_reflection
        return known.get(organ, known["others"]).value

    def of_species(self, rates: Mapping[str, Parameter], what: str, species: str) -> Parameter:
        """Return the rate of a species of body. Raises `InputError` where there is none."""
        if species not in rates:
            msg = f"{what}: none for the species '{species}'; it has: {', '.join(rates)}"
            raise InputError(msg)
        return rates[species]

    def quantities(self) -> dict[str, Parameter]:
        """Return the numbers with a source, by dotted name."""
        found = parameters_of(self)
        for name in ("on_rates", "off_rates", "vascular_reflection"):
            found |= {f"{name}.{key}": value for key, value in getattr(self, name).items()}
        return found


@dataclass(frozen=True, kw_only=True)
class Protein:
    """A protein that passes vessel walls by two kinds of pores, as its `molar_mass` lets it.

    Lymph comes through large and small pores by their `conductances`, and `circular_flow` of it
    flows in by the large and back by the small ones. `permeability` (nm3) over radius and squared
    `pore_radii` (nm) is what diffuses, per lymph flow. The kidneys filter `filtration_share` of
    their plasma, of which what passes the sieve and is not reabsorbed is lost.
    `elimination_rate` (1/day) is lost from all plasma beside that.
    """

    molar_mass: Parameter
    conductance_large: Parameter
    conductance_small: Parameter
    circular_flow: Parameter
    permeability: Parameter
    radius_large: Parameter
    radius_small: Parameter
    lymphatic_reflection: Parameter
    filtration_share: Parameter
    reabsorbed_share: Parameter
    elimination_rate: Parameter

    def __post_init__(self) -> None:
        """Check the numbers."""
        zero = ("elimination_rate", "reabsorbed_share", "filtration_share", "circular_flow")
        for name, value in self.quantities().items():
            require_positive(name, value, zero=name in zero)
            if "share" in name and value.value > 1:
                msg = f"{name}: '{value.stated}' is above 1"
                raise InputError(msg)

    def quantities(self) -> dict[str, Parameter]:
        """Return the numbers with a source, by name."""
        return parameters_of(self)


@dataclass(frozen=True, kw_only=True)
class SmallMolecule:
    """A drug that organs take up as fast as blood brings it.

    `partition` is the concentration in an organ over that in the blood that leaves it, by organ
    (``others`` for those that are not named). `hepatic_clearance` and `renal_clearance` (mm3 of
    blood a day) take it out of liver and kidneys, `elimination_rate` (1/day) out of all blood.
    """

    partition: Mapping[str, Parameter]
    hepatic_clearance: Parameter
    renal_clearance: Parameter
    elimination_rate: Parameter
    molar_mass: Parameter | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in self.quantities().items():
            zero = not name.startswith("partition") and name != "molar_mass"
            require_positive(name, value, zero=zero)
        if "others" not in self.partition:
            raise InputError("partition: key 'others' is missing")

    def quantities(self) -> dict[str, Parameter]:
        """Return the numbers with a source, by dotted name."""
        found = {f"partition.{key}": value for key, value in self.partition.items()}
        return {**parameters_of(self), **found}


@dataclass(frozen=True, kw_only=True)
class TumourWall:
    """What lets a solute pass between the tumour's vessels and its tissue.

    With a `permeability` (mm/day) and the vessels' `surface` (mm2 per mm3 of tumour, or the area
    of the rim that feeds it, over the volume) that product, both ways; else what the solute passes
    of walls elsewhere. What lymph convects comes beside it.
    """

    permeability: Parameter | None = None
    surface: Parameter | None = None
    given: Mapping[str, Parameter] = field(default_factory=dict)
