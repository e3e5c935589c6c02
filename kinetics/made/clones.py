"""A kinetics file with one phenotype a clone: rates of their own, one capacity for all."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.core.outcome import InputError
from cartflow.kinetics.made.text import (
    Value,
    head,
    number_of,
    numbers_of,
    parameter,
    reaction,
    scenario,
    species,
)

_NOTES = (
    "Each clone grows, or shrinks, at its own rate and is crowded at one rate common to all, so "
    "that shares are those of growth without bounds."
)


def clones_toml(
    barcodes: Sequence[str],
    densities: Sequence[Value],
    rates: Sequence[Value],
    *,
    capacity: Value,
    turnover: Value = 1.0,
    end: str = "60 day",
) -> str:
    """Return a kinetics file of clones: dn_i/dt = r_i n_i - turnover n_i sum(n) / capacity.

    `densities` (cell/mm^3) are the scenario's start, `rates` and `turnover` are per day. At most
    100 clones. Raises `InputError` for lengths that differ or numbers that cannot be.
    """
    start = numbers_of(densities, "cell/mm^3", "densities")
    growth = numbers_of(rates, "1/day", "rates")
    if not len(barcodes) == len(start) == len(growth):
        msg = f"clones: {len(barcodes)} barcodes, {len(start)} densities, {len(growth)} rates"
        raise InputError(msg)
    if min(start) < 0:
        raise InputError("densities: must not be negative")
    names = [f"clone_{n}" for n in range(1, len(start) + 1)]
    total = " + ".join(names)
    parts = [head(f"{len(names)} clones that share one capacity", _NOTES)]
    parts += [species(n, "phenotype", str(b)) for n, b in zip(names, barcodes, strict=True)]
    room = number_of(capacity, "cell/mm^3", "capacity")
    parts.append(parameter("carrying_capacity", f"{room!r} cell/mm^3", "of all clones together"))
    common = number_of(turnover, "1/day", "turnover")
    parts.append(parameter("turnover_rate", f"{common!r} 1/day", "loss at the capacity, of all"))
    for name, rate in zip(names, growth, strict=True):
        verb = "growth" if rate >= 0 else "loss"
        parts.append(parameter(f"{verb}_rate_{name}", f"{abs(rate)!r} 1/day"))
        made = {"produces": name} if rate >= 0 else {"consumes": name}
        parts.append(reaction(f"{verb}_{name}", f"{verb}_rate_{name}*{name}", **made))
        crowded = f"turnover_rate*{name}*({total})/carrying_capacity"
        parts.append(reaction(f"crowding_{name}", crowded, consumes=name))
    parts.append(
        scenario("bag", "All clones as in the bag", end, dict(zip(names, start, strict=True)))
    )
    return "".join(parts)
