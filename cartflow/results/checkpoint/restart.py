"""From the file of an unfinished run back to where it stood."""

from __future__ import annotations

import json
from collections.abc import Collection

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError, Outcome
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.extinction import Extinct
from cartflow.coupling.growing.simulation import GrowingSimulation
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.results.checkpoint.group import GROUP, SAVED, is_unfinished
from cartflow.results.checkpoint.marks import marks, require_same
from cartflow.results.counted import Counted, Shelved, counts

Array = np.ndarray
_MOST_STEPS = 100_000_000


def restart(tree: xr.DataTree, run: Run, study: str) -> Record:
    """Return the record of the unfinished run in `tree`, from which `run` of `study` goes on.

    Raises `InputError` where it holds no such run, that of another study or version, or numbers
    that do not fit.
    """
    outcome = Outcome.from_text(str(tree.attrs.get("outcome", "")))
    if GROUP not in tree.children or not is_unfinished(outcome):
        msg = f"cannot be gone on with: its run is '{outcome}'"
        raise InputError(msg)
    try:
        require_same(json.loads(str(tree[GROUP].attrs["marks"])), marks(run, study))
        return _restart(tree, run, outcome)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        msg = f"its checkpoint is damaged ({type(error).__name__}: {error})"
        raise InputError(msg) from None


def _restart(tree: xr.DataTree, run: Run, outcome: Outcome) -> Record:
    group = tree[GROUP].to_dataset()
    held = group if SAVED in group.variables else tree
    times = np.asarray(held[SAVED if held is group else "time"].values, dtype=float)
    between = bool(group.attrs["between"])
    saved = times[:-1] if between else times
    if not np.array_equal(saved, run.save_times[: saved.size]) or not np.all(np.diff(times) > 0):
        raise InputError("its checkpoint is damaged (its times are not those saved)")
    return Record(
        states=_states(tree, group, run, times),
        outcome=outcome,
        accepted_steps=0,
        rejected_steps=0,
        error_sum=0.0,
        extinct=tuple(
            Extinct(time=float(time), species=str(species), place=str(place))
            for time, species, place in json.loads(str(group.attrs["extinct"]))
        ),
        between=between,
        memory=_memory(group, run),
    )


def _states(tree: xr.DataTree, group: xr.Dataset, run: Run, times: Array) -> list[State]:
    if isinstance(run, BodyAlone):
        first = run.start()
    else:
        system = run.coupled if isinstance(run, Simulation) else run.tumours
        first = system.start(run.initial, float(times[0]))
    body = _like(group, "body", times.size, first.body)
    residents = _like(group, "residents", times.size, first.residents)
    carried = _like(group, "carried", times.size, first.carried)
    counts = {
        name: _like(group, f"ledger_{name}", times.size, getattr(first.ledger, name))
        for name in Ledger.__annotations__
    }
    tumour = _tumour(tree, group, run, first.tumour, times.size)
    expansion = np.ones(times.size)
    if isinstance(run, GrowingSimulation):
        expansion = _like(group, "expansion", times.size, np.ones(()))
    states = [
        State(
            time=float(time),
            body=body[i].copy(),
            tumour=tumour[i],
            ledger=Ledger(**{name: values[i].copy() for name, values in counts.items()}),
            residents=residents[i].copy(),
            expansion=float(expansion[i]),
            carried=carried[i].copy(),
        )
        for i, time in enumerate(times)
    ]
    if "tumour" not in group or not isinstance(run, Simulation):
        return states
    return [*_shelved(group, run, states[:-1], first), states[-1]]


def _shelved(group: xr.Dataset, run: Simulation, states: list[State], first: State) -> list[State]:
    """Return states whose fields stand in files, with what was counted of them."""
    one, times = counts([first], run)[0], len(states) + 1
    # There is no depth of no cells.
    found = {
        name: _like(group, f"counted_{name}", times, getattr(one, name), finite=name != "depths")
        for name in Counted.__annotations__
    }
    return [
        Shelved(state, Counted(**{name: values[i].copy() for name, values in found.items()}))
        for i, state in enumerate(states)
    ]


def _like(group: xr.Dataset, name: str, times: int, one: Array, *, finite: bool = True) -> Array:
    """Return a variable of finite numbers that has the shape of `one` at every time."""
    shape = (times, *one.shape)
    if name not in group and 0 in shape:
        return np.zeros(shape)
    return _sound(name, np.asarray(group[name].values, dtype=float), shape, finite=finite)


def _tumour(tree: xr.DataTree, group: xr.Dataset, run: Run, one: Array, times: int) -> list[Array]:
    """Return the fields of every state, of all but the last none where they stand in files."""
    if isinstance(run, BodyAlone):
        return [one] * times
    if isinstance(run, TumoursSimulation):
        return list(_like(group, "tumours", times, one))
    if isinstance(run, GrowingSimulation):
        return list(_like(group, "of_start", times, one))
    if "tumour" in group:
        last = _sound("tumour", np.asarray(group["tumour"].values, dtype=float), one.shape)
        return [np.zeros((0, 0))] * (times - 1) + [last]
    problem, tumour = run.coupled.engine.problem, tree["tumour"].to_dataset()
    active = problem.geometry.active
    rows = []
    for name in problem.network.species_names:
        values = np.asarray(tumour[name].values, dtype=float)
        if values.shape != (times, *active.shape):
            msg = f"its checkpoint is damaged ({name} does not fit the mesh)"
            raise InputError(msg)
        rows.append(_sound(name, problem.geometry.gather(values), (times, one.shape[1])))
    return [np.ascontiguousarray(each) for each in np.stack(rows, axis=1)]


def _sound(name: str, values: Array, shape: tuple[int, ...], *, finite: bool = True) -> Array:
    if values.shape != shape or (finite and not np.isfinite(values).all()):
        msg = f"its checkpoint is damaged ({name} has not the numbers that it should)"
        raise InputError(msg)
    return values


def _memory(group: xr.Dataset, run: Run) -> dict[str, Array]:
    """Return what the run remembered; what is not in the file had no numbers."""
    found = {}
    for name, sizes in _remembered(run).items():
        item = group.get(f"memory_{name}")
        values = np.zeros(0) if item is None else np.asarray(item.values, dtype=float)
        # The engine's may hold nan for what it does not know yet.
        sound = name == "engine" or np.isfinite(values).all()
        if values.ndim != 1 or values.size not in sizes or not sound:
            msg = f"its checkpoint is damaged (memory_{name} has not the numbers that it should)"
            raise InputError(msg)
        found[name] = values
    return found


def _remembered(run: Run) -> dict[str, Collection[int]]:
    """Return the names of what a run remembers, and how many numbers each may have."""
    if isinstance(run, Simulation) and run.by_chance:
        return {}
    conditions = () if run.programme is None else run.programme.conditions
    # A time and a number for each that was met.
    events = range(0, 2 * len(conditions) + 1, 2)
    if isinstance(run, BodyAlone):
        return {"steps": [3], "events": events}
    system = run.coupled if isinstance(run, Simulation) else run.tumours
    shared = {
        "events": events,
        "most": [len(system.field_names)],
        "given": range(len(system.doses) + 1),
    }
    if isinstance(run, Simulation) and run.together:
        return {"going": [5], **shared}
    engine = [system.memory().size]
    return {"steps": [4], "engine": engine, "stations": range(1, _MOST_STEPS), **shared}
