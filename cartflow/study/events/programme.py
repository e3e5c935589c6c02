"""From the events of a study to what is done to its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.programme import Happened, Programme
from cartflow.study.event_tables import EventTable
from cartflow.study.events.changes import Change, read_changes, values_after
from cartflow.study.events.conditions import read_conditions
from cartflow.study.events.times import timed_events
from cartflow.study.numbers import Numbered, StudyNumbers, setting_key

Study = TypeVar("Study", bound=Numbered)
S = TypeVar("S", Coupled, BodyAlone)


@dataclass(frozen=True, kw_only=True, eq=False)
class Events(Generic[Study]):
    """The events of a study: what each changes of its `numbers`, and when (`timed`).

    The study of `numbers` is without them; `tables` are as read. Each other study is made once, when it is needed.
    """

    changes: tuple[Change, ...]
    timed: tuple[Happened, ...]
    numbers: StudyNumbers[Study]
    tables: tuple[EventTable, ...]
    _made: dict[tuple[tuple[str, float], ...], Study] = field(default_factory=dict, repr=False)

    def in_words(self, happened: Sequence[Happened]) -> list[str]:
        """Return a line for each event that came to pass."""
        return [f"{self.changes[each.event]} at {each.time:.9g} day" for each in happened]

    def stated(self) -> dict[str, Parameter]:
        """Return every number of the events, by dotted key."""
        return {
            f"events.{i}.{key}": number
            for i, change in enumerate(self.changes)
            for key, number in change.numbers().items()
        }

    def programme(self, start: S, system: Callable[[Study], S]) -> Programme[S]:
        """Return what is done to the run that begins with `start`; `system` makes it of a study.

        Raises `InputError` where a study cannot be after one of the events alone.
        """
        for number in range(len(self.changes)):
            try:
                system(self.after((number,)))
            except InputError as error:
                msg = f"events.{number}: {error}"
                raise InputError(msg) from None
        return Programme(
            system=lambda fired: system(self.after(fired)),
            timed=self.timed,
            conditions=read_conditions(self.tables, start),
        )

    def after(self, fired: tuple[int, ...]) -> Study:
        """Return the study after some events, by their numbers as they came to pass."""
        values = values_after(fired, self.changes, self.numbers.numbers)
        key = tuple(sorted(values.items()))
        if key not in self._made:
            self._made[key] = self.numbers.varied(values)
        return self._made[key]


def read_events(
    tables: Sequence[EventTable],
    end: Parameter,
    numbers: StudyNumbers[Study],
    fixed: Mapping[str, str],
) -> Events[Study]:
    """Return the events of a study with these `numbers` that ends at `end`.

    Of the numbers that are `fixed` it says why. Raises `InputError`.
    """
    changes = read_changes(tables, numbers.numbers)
    for number, change in enumerate(changes):
        for name in (*change.values, *change.factors):
            for key, why in fixed.items():
                if name == key or name.startswith(f"{key}."):
                    msg = f"events.{number}: {setting_key(name)} cannot change in a run: {why}"
                    raise InputError(msg)
    return Events(
        changes=changes,
        timed=timed_events(tables, end),
        numbers=numbers,
        tables=tuple(tables),
    )
