"""Check values of a kinetics file: what is measured, and what it should be."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.units.quantities import split
from cartflow.kinetics.expressions.dimensions import expression_dimension, unit_text
from cartflow.kinetics.expressions.grammar import Expression, names, parse
from cartflow.kinetics.files.context import Context
from cartflow.kinetics.files.schema import CheckTable
from cartflow.kinetics.scenario import CHECK_KEYS, Check, require_check_keys


def check(context: Context, table: CheckTable, scenarios: Collection[str]) -> Check:
    """Return a number that the model should give, from its table."""
    where = f"checks.{table.name}"
    keys = {key for keys in CHECK_KEYS.values() for part in keys for key in part}
    require_check_keys(table.kind, {k for k in keys if getattr(table, k) is not None}, where)
    if (table.tolerance is None) == (table.absolute is None):
        msg = f"{where}: give one of 'tolerance' (relative) and 'absolute'"
        raise InputError(msg)
    samples = _samples(table, f"{where}.samples")
    of, unit = _expression(context, table.of, f"{where}.of", species=table.kind != "formula")
    for scenario in filter(None, (table.scenario, table.relative_to, *table.median_over)):
        require_known(scenario, scenarios, f"{where}.scenario")
    measured = _measured_unit(context, table, unit, where)
    expected = _number(context, table.expected, measured, f"{where}.expected")
    absolute = 0.0
    if table.absolute is not None:
        absolute = _number(context, table.absolute, measured, f"{where}.absolute").value
    level = 0.0
    if table.level is not None:
        level = _inside(context, table.level, unit, f"{where}.level")
    bounds = (0.0, 0.0)
    if table.range is not None:
        low, high = (_inside(context, b, measured, f"{where}.range") for b in table.range)
        bounds = (low, high)
    guess = {}
    for name, raw in (table.guess or {}).items():
        require_known(name, context.network.species_names, f"{where}.guess")
        guess[name] = context.amount(raw, name, f"{where}.guess.{name}", "study").value
    of_minimum = None
    if table.of_minimum is not None:
        of_minimum, _ = _expression(context, table.of_minimum, f"{where}.of_minimum")
    return Check(
        name=table.name,
        kind=table.kind,
        of=of,
        unit=measured,
        expected=expected,
        scenario=table.scenario or "",
        relative_to=table.relative_to or "",
        median_over=tuple(table.median_over),
        tolerance=table.tolerance or 0.0,
        absolute=absolute,
        standing=table.standing,
        source=table.source,
        note=table.note,
        at=_days(table.at, f"{where}.at") or 0.0,
        since=_days(table.since, f"{where}.since") or 0.0,
        until=_days(table.until, f"{where}.until"),
        level=level,
        samples=samples,
        of_minimum=of_minimum,
        vary=table.vary or "",
        range=bounds,
        guess=guess,
    )


def _measured_unit(context: Context, table: CheckTable, unit: str, where: str) -> str:
    """Return the unit of what a check measures on an expression in `unit`."""
    if table.kind.startswith("time") or table.kind in {"half_life", "doubling_time"}:
        return "day"
    if table.kind == "area":
        return f"{unit}*day"
    if table.kind in {"saddle_node", "threshold"}:
        return _unit_of(context, str(table.vary), where)
    plain = table.relative_to or table.kind in {"drift", "extinction_gap"}
    return "1" if plain else unit


def _unit_of(context: Context, vary: str, where: str) -> str:
    """Return the unit of a parameter, or of a species' start or dose."""
    kind, _, name = vary.partition(".")
    if kind in {"initial", "dose"}:
        require_known(name, context.network.species_names, f"{where}.vary")
        return context.network.species[context.network.index(name)].unit
    require_known(vary, context.network.parameters, f"{where}.vary")
    return context.network.parameters[vary].unit


def _expression(
    context: Context, text: str, where: str, species: bool = True
) -> tuple[Expression, str]:
    with named(where):
        tree = parse(text)
        known = context.dimensions if species else context.network.parameters
        for name in sorted(names(tree)):
            require_known(name, known, "expression")
        unit = unit_text(expression_dimension(tree, context.dimensions))
    return tree, "1" if unit == "a plain number" else unit


def _number(context: Context, raw: Any, unit: str, where: str) -> Parameter:
    """Return a number of the dimension of `unit`, or of whole cells where that is a density."""
    with named(where):
        return _either(context, raw, unit)


def _inside(context: Context, raw: Any, unit: str, where: str) -> float:
    """Return a number in `unit`, from one stated for it or for whole cells."""
    with named(where):
        found = _either(context, raw, unit)
        return context.scaling.like(found.value, found.unit, unit)


def _either(context: Context, raw: Any, unit: str) -> Parameter:
    stated = split(raw)[1] if isinstance(raw, str) else "1"
    found = parameter(raw, stated)
    context.scaling.like(1.0, unit, found.unit)
    return found


def _samples(table: CheckTable, where: str) -> tuple[float, ...]:
    """Return the times (days) of an area's samples, which stand alone and rise."""
    if table.samples is None:
        return ()
    if table.since is not None or table.until is not None:
        msg = f"{where}: they say themselves from when to when; leave out since and until"
        raise InputError(msg)
    with named(where):
        days = tuple(parameter(time, "day").value for time in table.samples)
        if any(later <= earlier for earlier, later in pairwise(days)):
            msg = f"{table.samples!r}: times must rise"
            raise InputError(msg)
    return days


def _days(raw: Any, where: str) -> float | None:
    if raw is None:
        return None
    with named(where):
        return parameter(raw, "day").value
