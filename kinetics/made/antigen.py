"""A kinetics file with antigen as a continuous trait: diffusion and drift along its logarithm."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from cartflow.core.outcome import InputError
from cartflow.kinetics.made.text import (
    MOST,
    Value,
    head,
    number_of,
    parameter,
    reaction,
    scenario,
    species,
)

_NOTES = (
    "Tumour cells lie along the natural logarithm x of their antigen, in classes of equal width h. "
    "Cells move to the next class at D/h^2 +- v/(2h), which gives the trait's mean v t and its "
    "variance 2 D t exactly; where drift is too strong for that (|v| h > 2 D) it goes upwind, and "
    "the variance is (2 D + |v| h) t. Nothing leaves at the ends. Killing and signal follow a Hill "
    "function of the antigen; what has lost it for good is one species more."
)


@dataclass(frozen=True, kw_only=True)
class Trait:
    """Antigen from `lowest` to `highest` (molecules a cell) in `classes`, and how it changes.

    `diffusivity` (1/day) and `drift` (1/day) are those of its natural logarithm.
    """

    lowest: float
    highest: float
    classes: int
    diffusivity: Value = 0.0
    drift: Value = 0.0

    def __post_init__(self) -> None:
        """Raise `InputError` for a range or a number of classes that cannot be."""
        if not 0 < self.lowest <= self.highest < math.inf:
            msg = f"antigen: got {self.lowest!r} to {self.highest!r}; allowed: above 0, rising"
            raise InputError(msg)
        if isinstance(self.classes, bool) or not 1 <= self.classes < MOST:
            msg = f"classes: got {self.classes!r}; allowed: 1 to {MOST - 1}"
            raise InputError(msg)

    @property
    def width(self) -> float:
        """The width of a class, in natural logarithms."""
        return math.log(self.highest / self.lowest) / self.classes

    @property
    def antigens(self) -> list[float]:
        """The antigen in the middle of each class, rising."""
        return [self.lowest * math.exp((n + 0.5) * self.width) for n in range(self.classes)]

    @property
    def steps(self) -> tuple[float, float]:
        """The rates (1/day) at which cells move to the next class up, and down.

        Raises `InputError` for a negative diffusivity, or motion within a single value.
        """
        spread = number_of(self.diffusivity, "1/day", "diffusivity")
        drift = number_of(self.drift, "1/day", "drift")
        if spread < 0:
            raise InputError("diffusivity: must not be negative")
        if spread == drift == 0 or self.classes == 1:
            return 0.0, 0.0
        if self.width == 0:
            raise InputError("antigen: a single value leaves no room for diffusion or drift")
        even = spread / self.width**2
        half = 0.5 * drift / self.width
        if even >= abs(half):
            return even + half, even - half
        return even + max(2 * half, 0.0), even + max(-2 * half, 0.0)


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """Rates (per day or text) of growth, killing and the like; all are assumed.

    Defaults are those of the model ``antigen_density``. `threshold` is the antigen at which half
    are killed, `steepness` the Hill function's power.
    """

    growth: Value = "0.00305 1/h"
    capacity: Value = "1e5 cell/mm^3"
    killing: Value = "0.0486 1/h"
    proliferation: Value = "0.0906 1/h"
    death: Value = "0.2 1/day"
    half_saturation: Value = "1e4 cell/mm^3"
    threshold: float = 1e4
    steepness: float = 2.0
    mutation: Value = "1e-5 1/day"


def antigen_toml(
    trait: Trait,
    start: dict[int, float],
    *,
    cart: float = 100.0,
    treatment: Treatment | None = None,
    end: str = "60 day",
) -> str:
    """Return the kinetics file of a continuous trait, with a scenario that begins with `start`.

    `start` holds cells per mm3 by class, from 0 for the lowest antigen; `cart` those of CAR T
    cells. Raises `InputError`.
    """
    given = treatment or Treatment()
    names = [f"tumour_{n}" for n in range(trait.classes)]
    if unknown := set(start) - set(range(trait.classes)):
        msg = f"start: no class {min(unknown)}; allowed: 0 to {trait.classes - 1}"
        raise InputError(msg)
    parts = [head(f"Antigen along a line of {trait.classes} classes", _NOTES)]
    parts.append(species("cart", "phenotype", "CAR T cells"))
    antigens = trait.antigens
    for name, antigen in zip(names, antigens, strict=True):
        parts.append(species(name, "resident", f"tumour cells with {antigen:.4g} molecules"))
    parts.append(species("tumour_negative", "resident", "tumour cells without antigen"))
    parts += _parameters(trait, given)
    for name, antigen in zip(names, antigens, strict=True):
        parts += _cells(name, antigen, names, given)
    parts += _growth("tumour_negative", names)
    parts += _moves(names, trait)
    parts.append(reaction("death", "death_rate*cart", consumes="cart"))
    initial = {"cart": float(cart), **{names[n]: float(v) for n, v in sorted(start.items())}}
    parts.append(scenario("treated", "As given", end, initial))
    return "".join(parts)


def _parameters(trait: Trait, given: Treatment) -> list[str]:
    rates = {
        "growth_rate": (given.growth, "1/day"),
        "carrying_capacity": (given.capacity, "cell/mm^3"),
        "killing_rate": (given.killing, "1/day"),
        "proliferation_rate": (given.proliferation, "1/day"),
        "death_rate": (given.death, "1/day"),
        "half_saturation": (given.half_saturation, "cell/mm^3"),
        "mutation_rate": (given.mutation, "1/day"),
        "step_up": (trait.steps[0], "1/day"),
        "step_down": (trait.steps[1], "1/day"),
    }
    return [
        parameter(name, f"{number_of(value, unit, name)!r} {unit}")
        for name, (value, unit) in rates.items()
    ]


def _growth(name: str, names: list[str]) -> list[str]:
    total = " + ".join([*names, "tumour_negative"])
    return [
        reaction(f"growth_{name}", f"growth_rate*{name}", produces=name),
        reaction(
            f"crowding_{name}", f"growth_rate*{name}*({total})/carrying_capacity", consumes=name
        ),
    ]


def _cells(name: str, antigen: float, names: list[str], given: Treatment) -> list[str]:
    """Return growth, killing, signal and mutation of one class."""
    ratio = (antigen / given.threshold) ** given.steepness
    seen = ratio / (1.0 + ratio)
    contact = f"cart*{name}/(half_saturation + {' + '.join([*names, 'tumour_negative'])})"
    share = f"seen_{name}"
    return [
        parameter(share, seen, f"share of the greatest signal at {antigen:.6g} molecules a cell"),
        *_growth(name, names),
        reaction(f"killing_{name}", f"killing_rate*{share}*{contact}", consumes=name),
        reaction(f"proliferation_{name}", f"proliferation_rate*{share}*{contact}", produces="cart"),
        reaction(
            f"mutation_{name}", f"mutation_rate*{name}", consumes=name, produces="tumour_negative"
        ),
    ]


def _moves(names: list[str], trait: Trait) -> list[str]:
    """Return the moves between neighbours."""
    moves = []
    for low, high in itertools.pairwise(names):
        moves.append(reaction(f"up_{low}", f"step_up*{low}", consumes=low, produces=high))
        moves.append(reaction(f"down_{high}", f"step_down*{high}", consumes=high, produces=low))
    return moves
