"""A scenario with a user's changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import parameter, signed
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.scenario import Dose, Scenario


def chosen_scenario(model: Model, name: str | None, settings: Mapping[str, Any]) -> Scenario:
    """Return the scenario `name`, or the first, with `settings`; a model without any needs an end.

    Raises `InputError` naming the setting.
    """
    return _with_settings(model, _scenario(model, name, settings), settings)


def _scenario(model: Model, name: str | None, settings: Mapping[str, Any]) -> Scenario:
    if model.scenarios or name is not None or "end" not in settings:
        return model.scenario(name)
    days = replace(parameter("1 day", "day"), note="replaced by the setting")
    return Scenario(name="own", title="start and end from the settings", end=days)


def _with_settings(model: Model, scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    where = f"kinetics '{model.name}': --set"
    doses = [i for i, e in enumerate(scenario.events) if isinstance(e, Dose)]
    for key, value in settings.items():
        kind, _, rest = key.partition(".")
        try:
            if key == "end":
                scenario = with_end(scenario, parameter(value, "day").value)
            elif kind == "initial" and rest in model.network.species_names:
                model.require_free(rest)
                species = model.network.species[model.network.index(rest)]
                start = signed(model.scaling.amount(value, species), "not_negative")
                scenario = replace(scenario, initial={**scenario.initial, rest: start})
            elif key in model.network.parameters:
                model.require_free(key)
                old = model.network.parameters[key]
                changed = signed(model.scaling.restated(key, value, old.unit), old.sign)
                scenario = replace(scenario, parameters={**scenario.parameters, key: changed})
            elif kind == "doses":
                scenario = _with_dose(model, scenario, doses, rest, value)
            else:
                allowed = [*model.network.parameters, "end", "doses.0.amount"]
                allowed += [f"initial.{n}" for n in model.network.species_names]
                msg = f"unknown key; {suggest(key, allowed)}"
                raise InputError(msg)
        except InputError as error:
            msg = f"{where} {key}: {error}"
            raise InputError(msg) from None
    return scenario


def _with_dose(
    model: Model, scenario: Scenario, doses: list[int], rest: str, value: Any
) -> Scenario:
    number, _, key = rest.partition(".")
    if number not in map(str, range(len(doses))) or key not in {"amount", "time"}:
        msg = f"write doses.N.amount or doses.N.time; the scenario has {len(doses)} dose(s)"
        raise InputError(msg)
    place = doses[int(number)]
    old = scenario.events[place]
    assert isinstance(old, Dose)
    if key == "amount":
        species = model.network.species[model.network.index(old.species)]
        amount = signed(model.scaling.amount(value, species), "not_negative")
        new = replace(old, amount=amount)
    else:
        time = signed(parameter(value, "day"), "not_negative")
        moment = replace(old.moment, time=time, name="")
        new = replace(old, moment=moment)
    events = (*scenario.events[:place], new, *scenario.events[place + 1 :])
    return replace(scenario, events=events)
