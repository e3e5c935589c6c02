"""Axes: what varies along each dimension of a sweep, from texts or from tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartflow.analyses.sweep.choices import MOST_VALUES, Choice, Interval, choice
from cartflow.analyses.sweep.grammar import (
    FORMS,
    parts_of,
    read_item,
    read_key,
    read_labels,
    read_values,
)
from cartflow.core import arguments
from cartflow.core.outcome import InputError

Over = Mapping[str, Any] | Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A dimension: `choices` vary together along it, under `labels` if it has some.

    `name` is empty where the key names it.
    """

    name: str
    choices: tuple[Choice, ...]
    labels: tuple[str, ...] | None = None

    @property
    def size(self) -> int:
        """How many values there are along it."""
        return len(self.choices[0].settings)


def read_over(over: Over | None) -> list[Axis | Interval]:
    """Return the axes and ranges that `over` states; see `sweep`. Raises `InputError`."""
    if over is None:
        return []
    if isinstance(over, str):
        return [read_text(over)]
    if isinstance(over, Mapping):
        return [_given(arguments.text(key, "over: key"), value) for key, value in over.items()]
    return [read_text(text) for text in arguments.names(over, "over")]


def read_text(text: str) -> Axis | Interval:
    """Return what a text of ``--over`` states. Raises `InputError`."""
    parts = parts_of(text, "--over")
    if not parts:
        msg = f"--over: is empty; written is {FORMS}"
        raise InputError(msg)
    named = read_labels(parts[0])
    items = [read_item(part, "--over") for part in parts[named is not None :]]
    if len(items) == 1 and named is None and isinstance(items[0], Interval):
        return items[0]
    choices = tuple(item for item in items if isinstance(item, Choice))
    if len(choices) < len(items) or not items:
        msg = f"--over {text[:60]}: keys that vary together need values, not ranges"
        raise InputError(msg)
    if named is None:
        return _together("", choices, None)
    return _together(named[0], choices, tuple(named[1]) or None)


def _given(key: str, value: Any) -> Axis | Interval:
    """Return what a key and its value from Python state."""
    what = f"over: {key}"
    if isinstance(value, Mapping):
        return _labelled(key, value, what)
    key = read_key(key, "over")
    if value is None:
        return Interval(key=key)
    if isinstance(value, str):
        found = read_values(key, value, what)
        return found if isinstance(found, Interval) else _together("", (found,), None)
    values = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(values, (list, tuple)):
        msg = f"{what}: got {arguments.shown(value)}; it must be a list of values or text"
        raise InputError(msg)
    return _together("", (choice(key, values, what),), None)


def _labelled(name: str, cases: Mapping[Any, Any], what: str) -> Axis:
    """Return the axis of cases by label, each a table of values by key."""
    labels = [arguments.text(label, f"{what}: label") for label in cases]
    tables = [arguments.table(case, f"{what}: {label}") for label, case in cases.items()]
    if not tables:
        msg = f"{what}: has no case; give tables of values by label"
        raise InputError(msg)
    keys = list(tables[0])
    for label, table in zip(labels, tables, strict=True):
        if set(table) != set(keys) or not keys:
            msg = f"{what}: {label} must give a value to the keys {', '.join(keys) or '(none)'}"
            raise InputError(msg)
    choices = [choice(read_key(key, what), [t[key] for t in tables], what) for key in keys]
    return _together(name, tuple(choices), tuple(labels))


def _together(name: str, choices: tuple[Choice, ...], labels: tuple[str, ...] | None) -> Axis:
    counts = {each.key: len(each.settings) for each in choices}
    if labels is not None:
        counts = {name: len(labels), **counts}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{key} has {count}" for key, count in counts.items())
        msg = f"--over: what varies together must have as many values: {told}"
        raise InputError(msg)
    if len({each.key for each in choices}) < len(choices):
        msg = f"--over: {choices[0].key}: a key is given twice"
        raise InputError(msg)
    if labels is not None:
        _require_labels(labels, name)
    return Axis(name=name, choices=choices, labels=labels)


def _require_labels(labels: tuple[str, ...], name: str) -> None:
    bad = [label for label in labels if not label.strip() or not label.isprintable()]
    if bad or len(set(labels)) < len(labels) or len(labels) > MOST_VALUES:
        msg = f"--over {name}: labels must be different words, got {arguments.shown(list(labels))}"
        raise InputError(msg)
