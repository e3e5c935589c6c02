"""The layout of what is kept: names, dimensions, units and sizes, alike for every member."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.kept import COURSE, Kept, at_the_start, require_same_times
from cartflow.analyses.sweep.plan import Plan
from cartflow.core import arguments
from cartflow.core.outcome import InputError, require_known

Array = np.ndarray
MOST_BYTES = 4_000_000_000
_MOST_EXAMPLES = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """The variables that are kept, without values, and the coordinates that they have."""

    variables: Mapping[str, xr.Variable]
    coordinates: Mapping[str, xr.Variable]

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a variable of one member."""
        return tuple(self.coordinates[str(dim)].size for dim in self.variables[name].dims)

    @property
    def numbers(self) -> int:
        """How many numbers are kept of a member."""
        return sum(math.prod(self.shape(name)) for name in self.variables)

    def bytes(self, members: int) -> int:
        """Return what the outcomes of all members take in memory."""
        return 8 * self.numbers * members + 100 * members

    def aligned(self, found: Kept) -> dict[str, Array]:
        """Return the values of a member, nan for what it does not have. Raises `InputError`."""
        if any("time" in variable.dims for variable in self.variables.values()):
            require_same_times(found, np.asarray(self.coordinates["time"].values))
        return {
            name: self._placed(name, found) for name in self.variables if name in found.variables
        }

    def _placed(self, name: str, found: Kept) -> Array:
        variable = found.variables[name]
        values = np.asarray(variable.values, dtype=float)
        for axis, dim in enumerate(map(str, variable.dims)):
            own, all_names = found.coordinates[dim].values, self.coordinates[dim].values
            if dim != "time" and list(own) != list(all_names):
                values = _scattered(values, axis, list(own), list(all_names))
        return values


def _scattered(values: Array, axis: int, own: list[str], everywhere: list[str]) -> Array:
    if not set(own) <= set(everywhere):
        msg = f"it has {', '.join(set(own) - set(everywhere))}, which no other member has"
        raise InputError(msg)
    shape = [*values.shape[:axis], len(everywhere), *values.shape[axis + 1 :]]
    found = np.full(shape, np.nan)
    place = [slice(None)] * axis + [[everywhere.index(name) for name in own]]
    found[tuple(place)] = values
    return found


def layout(plan: Plan, outcomes: Sequence[str] | None, courses: Sequence[str]) -> Layout:
    """Return the layout of `outcomes` (None: all) and `courses` by name. Raises `InputError`.

    Where names vary, such as bodies, it holds the organs and species of every one of them.
    """
    examples = _examples(plan)
    variables = {name: v for each in examples for name, v in each.variables.items()}
    ends = [name for name in variables if not name.startswith(COURSE)]
    lines = [name.removeprefix(COURSE) for name in variables if name.startswith(COURSE)]
    wanted = ends if outcomes is None else arguments.names(outcomes, "outcomes")
    for name in wanted:
        require_known(name, ends, "--outcome")
    for name in arguments.names(courses, "courses"):
        require_known(name, lines, "--course")
    names = [*dict.fromkeys(wanted), *(f"{COURSE}{name}" for name in dict.fromkeys(courses))]
    if not names:
        raise InputError("sweep: no outcome is chosen; give --outcome or --course")
    if courses and any(c.key.startswith("time.") for axis in plan.axes for c in axis.choices):
        raise InputError("sweep: courses need the same times in every member; time.* varies")
    kept = {name: variables[name] for name in names}
    used = {str(dim) for variable in kept.values() for dim in variable.dims}
    found = Layout(
        variables=kept, coordinates={dim: _joined(examples, dim) for dim in sorted(used)}
    )
    _require_room(plan, found)
    return found


def _joined(examples: Sequence[Kept], dim: str) -> xr.Variable:
    """Return a coordinate with the names that any of the examples has, in their order."""
    first = next(e.coordinates[dim] for e in examples if dim in e.coordinates)
    if dim == "time":
        return first
    names = [n for e in examples if dim in e.coordinates for n in e.coordinates[dim].values]
    values = np.array(list(dict.fromkeys(names)), dtype=object)
    return xr.Variable(first.dims, values, first.attrs, first.encoding)


def _examples(plan: Plan) -> list[Kept]:
    """Return the start of a member with every set of names that vary, but for those refused."""
    named = [
        _distinct([{c.key: c.settings[place] for c in names} for place in range(axis.size)])
        for axis in plan.axes
        if (names := [each for each in axis.choices if each.numbers is None])
    ]
    found, refused = [], ""
    for parts in islice(product(*named), _MOST_EXAMPLES):
        assigned = {key: value for part in parts for key, value in part.items()}
        try:
            found.append(at_the_start(plan.varied(assigned).prepared))
        except InputError as error:
            refused = refused or str(error)
    if not found:
        msg = f"sweep: no member is possible; the first: {refused}"
        raise InputError(msg)
    return found


def _distinct(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [case for place, case in enumerate(cases) if case not in cases[:place]]


def _require_room(plan: Plan, found: Layout) -> None:
    size = found.bytes(plan.count)
    if size > MOST_BYTES:
        msg = (
            f"sweep: {plan.in_words()} members with {found.numbers} numbers each take "
            f"{size / 1e9:.3g} GB of memory; at most {MOST_BYTES / 1e9:g} GB are possible: keep "
            "fewer outcomes or courses, or fewer members"
        )
        raise InputError(msg)
