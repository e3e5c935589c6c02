"""Parts of a kinetics file as text, for models of many like species that are made by number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

Value = float | str
# A species more costs a column of the Jacobian and seconds to compile.
MOST = 100


def numbers_of(values: Sequence[Value], unit: str, name: str) -> list[float]:
    """Return numbers in the internal unit of `unit`; those without a unit stand in it already.

    Raises `InputError` for none, or for more than `MOST`.
    """
    if not 1 <= len(values) <= MOST:
        msg = f"{name}: got {len(values)} numbers; allowed: 1 to {MOST}"
        raise InputError(msg)
    return [number_of(value, unit, name) for value in values]


def number_of(value: Value, unit: str, name: str) -> float:
    """Return a number in the internal unit of `unit`; one without a unit stands in it already."""
    try:
        return to_internal(value, unit if isinstance(value, str) else "1")
    except InputError as error:
        msg = f"{name}: {error}"
        raise InputError(msg) from None


def head(title: str, notes: str, flags: Sequence[str] = ()) -> str:
    """Return a file's first lines."""
    lines = [f"title = {json.dumps(title)}", "references = []"]
    lines += [f"flags = {json.dumps(list(flags))}"] if flags else []
    return "\n".join([*lines, f"notes = {json.dumps(notes)}", ""])


def species(name: str, role: str, long_name: str) -> str:
    """Return the table of a species in cells per mm3."""
    return (
        f"\n[species.{name}]\nrole = {json.dumps(role)}\n"
        f'unit = "cell/mm^3"\nlong_name = {json.dumps(long_name)}\n'
    )


def parameter(name: str, value: Value, note: str = "") -> str:
    """Return the table of a parameter, whose number is the caller's and so counts as assumed."""
    text = f"\n[parameters.{name}]\nvalue = {json.dumps(value)}\n"
    text += 'source = "assumed"\nstanding = "assumed"\n'
    return text + (f"note = {json.dumps(note)}\n" if note else "")


def reaction(name: str, rate: str, *, consumes: str = "", produces: str = "") -> str:
    """Return the table of a reaction of one cell to one, one to none, or none to one."""
    text = f"\n[reactions.{name}]\n"
    text += f"consumes = {{ {consumes} = 1 }}\n" if consumes else ""
    text += f"produces = {{ {produces} = 1 }}\n" if produces else ""
    return f"{text}rate = {json.dumps(rate)}\n"


def scenario(name: str, title: str, end: str, initial: Mapping[str, float]) -> str:
    """Return the table of a scenario that starts with `initial` cells per mm3."""
    start = ", ".join(f'{key} = "{value!r} cell/mm^3"' for key, value in initial.items())
    return (
        f"\n[scenarios.{name}]\ntitle = {json.dumps(title)}\n"
        f'source = "assumed"\nstanding = "assumed"\nend = {json.dumps(end)}\n'
        f"initial = {{ {start} }}\n"
    )
