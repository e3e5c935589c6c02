"""When a run saves, and that doses and saved times come before its end."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.units.fractions import rational
from cartflow.study.schema import TimeTable

# None, one, five and fifteen minutes, one, three, six and twelve hours, in days.
_EARLY = tuple(Fraction(m, 1440) for m in (0, 1, 5, 15, 60, 180, 360, 720))
_EVEN = 57
_MOST = 100_000


def save_times(
    table: TimeTable, doses: Sequence[float] = (), every: Parameter | None = None
) -> tuple[float, ...]:
    """Return the times to save in days, rising from 0 to the end.

    Without a list or an interval (`every`, that of the table or of ``[save]``): 57 even times,
    and some soon after the start and every dose at a time of `doses` (days). Raises `InputError`.
    """
    end = table.end.value
    if table.save is not None and table.every is not None:
        raise InputError("time: give either 'save' or 'every', not both")
    if every is not None:
        if table.save is not None or table.every is not None:
            raise InputError("save.every: give either this, 'time.every' or 'time.save'")
        table = table.model_copy(update={"every": every})
    for i, time in enumerate(table.save or ()):
        require_before_end(time, table.end, f"time.save.{i}")
    if table.every is not None and end / table.every.value > _MOST:
        key = "time.every" if every is None else "save.every"
        msg = f"{key}: '{table.every.stated}' saves more than {_MOST} times"
        raise InputError(msg)
    chosen = _chosen(table, end, doses)
    return tuple(sorted({0.0, end, *(t for t in chosen if t < end)}))


def even_times(end: float, number: int) -> list[float]:
    """Return `number` even times (days) from 0 to `end`, each rounded once."""
    return list(_even_times(end, number))


@lru_cache(maxsize=16)
def _even_times(end: float, number: int) -> tuple[float, ...]:
    return (*(float(rational(end) * i / (number - 1)) for i in range(number - 1)), end)


def require_before_end(time: Parameter | None, end: Parameter, key: str) -> None:
    """Raise `InputError` naming `key` if `time` comes after the run's end."""
    if time is not None and time.value > end.value:
        msg = f"{key}: '{time.stated}' is after time.end '{end.stated}'"
        raise InputError(msg)


def _chosen(table: TimeTable, end: float, doses: Sequence[float]) -> list[float]:
    if table.save is not None:
        return [p.value for p in table.save]
    if table.every is not None:
        step = rational(table.every.value)
        return [float(step * i) for i in range(ceil(rational(end) / step))]
    soon = [time for dose in {0.0, *doses} for time in _soon_after(dose)]
    return [*soon, *_even_times(end, _EVEN)]


@lru_cache(maxsize=256)
def _soon_after(dose: float) -> tuple[float, ...]:
    return tuple(float(rational(dose) + early) for early in _EARLY)
