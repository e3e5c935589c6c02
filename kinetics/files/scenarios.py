"""Scenarios of a kinetics file: starts, changed parameters, doses, switches and jumps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter, Standing, parameter
from cartflow.kinetics.files.context import Context
from cartflow.kinetics.files.schema import DoseTable, JumpTable, ScenarioTable, SwitchTable
from cartflow.kinetics.runs.timeline import require_end
from cartflow.kinetics.scenario import Dose, Event, Jump, Scenario, Switch


def scenario(context: Context, name: str, table: ScenarioTable, usual: str) -> Scenario:
    """Return a scenario; bare quantities take its source, or the `usual` one."""
    where = f"scenarios.{name}"
    source = table.source or usual

    def own(raw: Any, found: Parameter) -> Parameter:
        return found if isinstance(raw, dict) else replace(found, standing=table.standing)

    initial = {}
    for key, raw in table.initial.items():
        require_known(key, context.network.species_names, f"{where}.initial")
        initial[key] = own(raw, context.amount(raw, key, f"{where}.initial.{key}", source))
    changed = context.changed(table.parameters, f"{where}.parameters", source, table.standing)
    with named(f"{where}.end"):
        end = own(table.end, parameter(table.end, "day", source=source))
        require_end(end.value, f"'{end.stated}'")
    events: list[Event] = []
    for i, dose in enumerate(table.doses):
        events.append(_dose(context, dose, f"{where}.doses.{i}", source, table.standing))
    for i, change in enumerate(table.switches):
        events.append(switch(context, change, f"{where}.switches.{i}", source, table.standing))
    for i, leap in enumerate(table.jumps):
        events.append(jump(context, leap, f"{where}.jumps.{i}", source, table.standing))
    return Scenario(
        name=name,
        title=table.title,
        end=end,
        initial=initial,
        parameters=changed,
        events=tuple(events),
    )


def switch(
    context: Context, table: SwitchTable, where: str, source: str, standing: Standing
) -> Switch:
    """Return parameters that change at a time."""
    return Switch(
        moment=context.moment(table.time, where, source, standing),
        parameters=context.changed(table.parameters, f"{where}.parameters", source, standing),
    )


def _dose(context: Context, table: DoseTable, where: str, source: str, standing: Standing) -> Dose:
    require_known(table.species, context.network.species_names, f"{where}.species")
    amount = context.amount(table.amount, table.species, f"{where}.amount", source)
    if not isinstance(table.amount, dict):
        amount = replace(amount, standing=standing)
    duration = None
    if table.duration is not None:
        moment = context.moment(table.duration, where, source, standing)
        duration = moment.time
        if duration is None or duration.value == 0:
            msg = f"{where}.duration: '{table.duration}' is no length of time"
            raise InputError(msg)
    return Dose(
        species=table.species,
        amount=amount,
        moment=context.moment(table.time, where, source, standing),
        duration=duration,
    )


def jump(context: Context, table: JumpTable, where: str, source: str, standing: Standing) -> Jump:
    """Return species that are multiplied at a time."""
    for name in table.multiply:
        require_known(name, context.network.species_names, f"{where}.multiply")
    return Jump(
        moment=context.moment(table.time, where, source, standing), factors=dict(table.multiply)
    )
