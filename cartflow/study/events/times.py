"""The times at which the events of a study come to pass."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.units.fractions import rational
from cartflow.coupling.programme import Happened
from cartflow.study.events.entries import Entry
from cartflow.study.tables.events import EventTable

_MOST = 10_000


def timed_events(entries: Sequence[Entry], end: Parameter) -> tuple[Happened, ...]:
    """Return when which event comes to pass; of one time in the order of the file.

    Raises `InputError` naming the event's key.
    """
    found = [
        Happened(time=time, event=number)
        for number, entry in enumerate(entries)
        for time in _delayed(entry, end)
    ]
    if len(found) > _MOST:
        msg = f"events: more than {_MOST} events come to pass by time.end"
        raise InputError(msg)
    return tuple(sorted(found, key=lambda each: each.time))


def _delayed(entry: Entry, end: Parameter) -> list[float]:
    """Return the times of an event, later by what its intervention says; none after the end."""
    times = _times(entry.table, entry.key, end)
    if entry.after is None:
        return times
    later = rational(entry.after.value)
    return [t for time in times if (t := float(rational(time) + later)) < end.value]


def when(table: EventTable) -> str:
    """Return in words when an event comes to pass."""
    if table.when is not None:
        after = "" if table.after is None else f"{table.after.stated} after "
        since = "" if table.since is None else f", from {table.since.stated} on"
        return f"{after}when {table.when}{since}"
    first = "" if table.time is None else f"at {table.time.stated}"
    if table.every is None:
        return first
    until = "" if table.until is None else f" until {table.until.stated}"
    return f"{first}{', then ' if first else ''}every {table.every.stated}{until}"


def _times(table: EventTable, key: str, end: Parameter) -> list[float]:
    if table.when is not None:
        _refuse(table, key, ("time", "every", "until"), "beside 'when'")
        return []
    _refuse(table, key, ("after", "since"), "without 'when'")
    if table.every is None:
        _refuse(table, key, ("until",), "without 'every'")
        if table.time is None:
            msg = f"{key}: key 'time' is missing; an event has 'time', 'every' or 'when'"
            raise InputError(msg)
        _require_before(table.time, end, f"{key}.time")
        return [table.time.value]
    return _repeated(table, table.every, key, end)


def _repeated(table: EventTable, every: Parameter, key: str, end: Parameter) -> list[float]:
    """Return the first time (`time`, or one interval after the start) and those that follow."""
    first = every if table.time is None else table.time
    _require_before(first, end, f"{key}.{'every' if table.time is None else 'time'}")
    last = end.value
    if table.until is not None:
        if table.until.value > end.value:
            msg = f"{key}.until: '{table.until.stated}' is after time.end '{end.stated}'"
            raise InputError(msg)
        if table.until.value < first.value:
            msg = f"{key}.until: '{table.until.stated}' is before the first time '{first.stated}'"
            raise InputError(msg)
        last = table.until.value
    if (last - first.value) / every.value > _MOST:
        msg = f"{key}.every: '{every.stated}' comes to pass more than {_MOST} times"
        raise InputError(msg)
    start, step = rational(first.value), rational(every.value)
    count = int((rational(last) - start) // step) + 1
    times = [float(start + n * step) for n in range(count)]
    return [time for time in times if time < end.value]


def _require_before(time: Parameter, end: Parameter, key: str) -> None:
    if time.value >= end.value:
        msg = f"{key}: '{time.stated}' is not before time.end '{end.stated}', so nothing changes"
        raise InputError(msg)


def _refuse(table: EventTable, key: str, names: Sequence[str], where: str) -> None:
    for name in names:
        if getattr(table, name) is not None:
            msg = f"{key}.{name}: has no effect {where}"
            raise InputError(msg)
