"""What was measured: values with unit and time, by subject and observable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurements:
    """One entry a value, in the order of the table.

    `time` is in days, `value`, `sd` and `lloq` in the `unit` of their row (nan where there is
    none); a `censored` value is known to lie below `lloq`. `depth` (mm) is where in the tumour it
    was measured, nan where the table does not say. `doses` are (subject, time, amount with unit,
    duration) that the table gives, `extras` further columns by subject; those that say two things
    of one are `changing`, with a message. `rows` are the numbers of the table's rows.
    """

    source: str
    subject: tuple[str, ...]
    time: Array
    observable: tuple[str, ...]
    value: Array
    unit: tuple[str, ...]
    sd: Array
    lloq: Array
    censored: Array
    replicate: tuple[str, ...]
    rows: tuple[int, ...]
    depth: Array
    doses: tuple[tuple[str, float, str, float], ...] = ()
    extras: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    changing: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.rows)

    @property
    def subjects(self) -> list[str]:
        """The subjects, in the order in which they appear."""
        return list(dict.fromkeys(self.subject))

    @property
    def observables(self) -> list[str]:
        """The observables, in the order in which they appear."""
        return list(dict.fromkeys(self.observable))

    def units_of(self, observable: str) -> list[str]:
        """Return the units in which an observable is given."""
        pairs = zip(self.observable, self.unit, strict=True)
        return list(dict.fromkeys(unit for name, unit in pairs if name == observable))

    def taken(self, which: Array) -> Measurements:
        """Return the entries for which `which` is true."""
        places = np.flatnonzero(which)

        def of(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[place] for place in places)

        return replace(
            self,
            subject=of(self.subject),
            time=self.time[places],
            observable=of(self.observable),
            value=self.value[places],
            unit=of(self.unit),
            sd=self.sd[places],
            lloq=self.lloq[places],
            censored=self.censored[places],
            replicate=of(self.replicate),
            rows=tuple(self.rows[place] for place in places),
            depth=self.depth[places],
        )


def checked(found: Measurements) -> Measurements:
    """Return `found`; raise `InputError` naming the row that cannot be as it is."""
    last: dict[tuple[str, str, str, str], tuple[float, int]] = {}
    places = [str(depth) for depth in found.depth]
    keys = zip(found.subject, found.observable, found.replicate, places, strict=True)
    for key, time, row in zip(keys, found.time, found.rows, strict=True):
        before = last.get(key)
        where = f"{found.source}: row {row}"
        if time < 0:
            msg = f"{where}: time {time:g} day is before the start, which is 0"
            raise InputError(msg)
        if before is not None and time < before[0]:
            msg = f"{where}: time {time:g} day comes after {before[0]:g} day (row {before[1]}) of "
            raise InputError(msg + f"the same subject '{key[0]}' and observable '{key[1]}'")
        if before is not None and time == before[0]:
            same = "observable, depth and time" if key[3] != "nan" else "observable and time"
            msg = f"{where}: repeats row {before[1]}: the same subject, {same}; "
            raise InputError(msg + "number what was measured again in a column 'replicate'")
        last[key] = (float(time), row)
    for name in found.observables:
        here = np.array([each == name for each in found.observable])
        if found.censored[here].all():
            msg = f"{found.source}: observable '{name}': all {int(here.sum())} values are below "
            raise InputError(msg + "quantification; nothing can be fitted to them")
    return found
