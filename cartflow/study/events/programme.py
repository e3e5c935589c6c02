"""From the events of a study to what is done to its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.programme import Happened, Programme
from cartflow.coupling.runs import Run, System
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import Simulation
from cartflow.study.composition import Composition
from cartflow.study.events.changeable import changeable
from cartflow.study.events.changes import Change, course_changes, read_changes, values_after
from cartflow.study.events.conditions import read_conditions
from cartflow.study.events.entries import Entries, Entry, read_entries
from cartflow.study.events.in_one_tumour import InOneTumour
from cartflow.study.events.jump_reading import numbers as numbers_at_once
from cartflow.study.events.jump_reading import read_jump
from cartflow.study.events.jumps import Jump
from cartflow.study.events.times import timed_events, when
from cartflow.study.numbers import Numbered, StudyNumbers, setting_key

Study = TypeVar("Study", bound=Numbered)
_KEPT = 32  # studies
_CHECKED = 64  # events that are tried before a run

S = TypeVar("S", Coupled, Tumours, BodyAlone)


@dataclass(frozen=True, kw_only=True, eq=False)
class Events(Generic[Study]):
    """The events of a study: what each changes of its `numbers`, and when (`timed`).

    The study of `numbers` is without them; `entries` are as read, and changes beyond them those of
    courses. Each other study is made when it is needed, and kept for a while.
    """

    changes: tuple[Change, ...]
    timed: tuple[Happened, ...]
    numbers: StudyNumbers[Study]
    entries: Entries
    _made: dict[tuple[tuple[str, float], ...], Study] = field(default_factory=dict, repr=False)

    def described(self) -> list[str]:
        """Return a sentence for each event of the study."""
        pairs = zip(self.entries.events, self.changes, strict=False)
        return [f"{change} {when(entry.table)}{_later(entry)}" for entry, change in pairs]

    def in_words(self, happened: Sequence[Happened]) -> list[str]:
        """Return a line for each event that came to pass."""
        own = (each for each in happened if each.event < len(self.entries.events))
        return [f"{self.changes[each.event]} at {each.time:.9g} day" for each in own]

    def stated(self, system: System) -> dict[str, Parameter]:
        """Return every number of the events of a run that begins with `system`, by dotted key."""
        found: dict[str, Parameter] = {}
        for entry, change in zip(self.entries.events, self.changes, strict=False):
            if entry.numbers is not None:
                numbers = {f"numbers.{name}": p for name, p in entry.numbers.items()}
            else:
                numbers = change.numbers() | numbers_at_once(entry.table, system, entry.key)
            found |= {f"{entry.key}.{key}": number for key, number in numbers.items()}
        return found

    def applied(
        self,
        run: Run,
        made: Callable[[Study], Run],
    ) -> Run:
        """Return `run` with the events; `made` gives what runs of another study without any."""
        if isinstance(run, Simulation):
            coupled = self.programme(run.coupled, lambda of: _coupled(made(of)))
            return replace(run, programme=coupled)
        if isinstance(run, TumoursSimulation):
            several = self.programme(run.tumours, lambda of: _several(made(of)))
            return replace(run, programme=several)
        return replace(run, programme=self.programme(run, lambda of: _alone(made(of))))

    def programme(self, start: S, system: Callable[[Study], S]) -> Programme[S]:
        """Return what is done to the run that begins with `start`; `system` makes it of a study.

        Raises `InputError` where a study cannot be after one of the events alone, or after some
        of those that have a time.
        """
        for fired in self._first():
            try:
                system(self.after(fired))
            except InputError as error:
                msg = f"{self.entries.events[fired[-1]].key}: {error}"
                raise InputError(msg) from None
        return Programme(
            system=lambda fired: system(self.after(fired)),
            timed=self.timed,
            conditions=read_conditions(
                self.entries.events, start, self.numbers.study.table.time.end.value
            ),
            jumps={i: jump for i, jump in self._jumps(start) if jump is not None},
            quiet=frozenset(i for i, change in enumerate(self.changes) if change.quiet),
            rests_on=repr((self.entries, self.timed, self.changes)),
        )

    def _jumps(self, system: S) -> Iterator[tuple[int, Jump | InOneTumour | None]]:
        """Yield what each event does at once, with its number."""
        for i, entry in enumerate(self.entries.events):
            yield i, read_jump(entry.table, system, entry.key)

    def _first(self) -> list[tuple[int, ...]]:
        """Return each event alone, and those that come first one after the other."""
        timed = (each.event for each in self.timed if not each.gentle)
        own = [event for event in timed if not self.changes[event].quiet]
        along = [tuple(own[: k + 1]) for k in range(min(len(own), _CHECKED))]
        alone = (i for i in range(len(self.entries.events)) if not self.changes[i].quiet)
        return [*((number,) for number in alone), *along]

    def after(self, fired: tuple[int, ...]) -> Study:
        """Return the study after some events, by their numbers as they came to pass."""
        values = values_after(fired, self.changes, self.numbers.numbers)
        key = tuple(sorted(values.items()))
        if key not in self._made:
            if len(self._made) >= _KEPT:
                self._made.pop(next(iter(self._made)))
            self._made[key] = self.numbers.varied(values)
        return self._made[key]


def read_events(study: Composition, numbers: StudyNumbers[Study]) -> Events[Study]:
    """Return the events and courses of a `study`, which has these `numbers` without them.

    A course is as many changes as it has pieces, after those of the events. Raises `InputError`.
    """
    table, fixed = study.table, _unchanging(study)
    entries = read_entries(table.events, study.folder)
    changes = read_changes(entries.events, numbers.numbers)
    for entry, change in zip(entries.events, changes, strict=True):
        for name in (*change.values, *change.factors):
            _refuse_fixed(name, fixed, entry.key)
    timed = list(timed_events(entries.events, table.time.end))
    for course in study.courses:
        name = changeable(course.key, numbers.numbers, course.key)
        _refuse_fixed(name, _unchanging(study, courses=False), course.key)
        pieces, times = course_changes(course, numbers.numbers[name], name, table.time.end.value)
        first = len(changes)
        timed += [Happened(time=t, event=first + k, gentle=True) for k, t in enumerate(times)]
        changes += pieces
    return Events(
        changes=changes,
        timed=tuple(sorted(timed, key=lambda each: each.time)),
        numbers=numbers,
        entries=entries,
    )


def _later(entry: Entry) -> str:
    return "" if entry.after is None else f", {entry.after.stated} later"


def _refuse_fixed(name: str, fixed: Mapping[str, str], where: str) -> None:
    for key, why in fixed.items():
        if name == key or name.startswith(f"{key}."):
            msg = f"{where}: {setting_key(name)} cannot change in a run: {why}"
            raise InputError(msg)


def _unchanging(study: Composition, courses: bool = True) -> dict[str, str]:
    """Return the numbers of a study that its events must leave alone, with the reason."""
    switched = study.models.switched()
    for name, one in study.tumours.items():
        switched |= {f"tumours.{name}.{key}" for key in one.models.switched()}
    fixed = dict.fromkeys(switched, "its model switches it, or by it")
    given = (f"fields.{field}.{what}" for field, what in study.given)
    fixed |= dict.fromkeys(given, "an array was given in its place")
    if courses:
        keys = (course.key for course in study.courses)
        named = (key.replace("kinetics.parameters.", "kinetics.") for key in keys)
        fixed |= dict.fromkeys(named, "it has a course")
    return fixed


def _several(run: Run) -> Tumours:
    assert isinstance(run, TumoursSimulation)
    return run.tumours


def _coupled(run: Run) -> Coupled:
    assert isinstance(run, Simulation)
    return run.coupled


def _alone(run: Run) -> BodyAlone:
    assert isinstance(run, BodyAlone)
    return run
