"""From the events of a study to what is done to its run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.programme import Happened, Programme
from cartflow.study.event_tables import EventTable
from cartflow.study.events.changes import Change, read_changes, values_after
from cartflow.study.events.times import timed_events
from cartflow.study.numbers import Numbered, StudyNumbers

Study = TypeVar("Study", bound=Numbered)
S = TypeVar("S")


@dataclass(frozen=True, kw_only=True, eq=False)
class Events(Generic[Study]):
    """The events of a study: what each changes of its `numbers`, and when (`timed`).

    The study of `numbers` is without them. Each other study is made once, when it is needed.
    """

    changes: tuple[Change, ...]
    timed: tuple[Happened, ...]
    numbers: StudyNumbers[Study]
    _made: dict[tuple[tuple[str, float], ...], Study] = field(default_factory=dict, repr=False)

    def stated(self) -> dict[str, Parameter]:
        """Return every number of the events, by dotted key."""
        return {
            f"events.{i}.{key}": number
            for i, change in enumerate(self.changes)
            for key, number in change.numbers().items()
        }

    def programme(self, system: Callable[[Study], S]) -> Programme[S]:
        """Return what is done to the run; `system` is what runs of a study.

        Raises `InputError` where a study cannot be after one of the events alone.
        """
        for number in range(len(self.changes)):
            try:
                system(self.after((number,)))
            except InputError as error:
                msg = f"events.{number}: {error}"
                raise InputError(msg) from None
        return Programme(system=lambda fired: system(self.after(fired)), timed=self.timed)

    def after(self, fired: tuple[int, ...]) -> Study:
        """Return the study after some events, by their numbers as they came to pass."""
        values = values_after(fired, self.changes, self.numbers.numbers)
        key = tuple(sorted(values.items()))
        if key not in self._made:
            self._made[key] = self.numbers.varied(values)
        return self._made[key]


def read_events(
    tables: Sequence[EventTable], end: Parameter, numbers: StudyNumbers[Study]
) -> Events[Study]:
    """Return the events of a study with these `numbers` that ends at `end`. Raises `InputError`."""
    return Events(
        changes=read_changes(tables, numbers.numbers),
        timed=timed_events(tables, end),
        numbers=numbers,
    )
