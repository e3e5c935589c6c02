"""The cells of an unfinished run in its checkpoint, beside what every run keeps there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
import xarray as xr

from cartflow.cells.contact.meeting import Tally
from cartflow.cells.hybrid.densities import Crossed
from cartflow.cells.population import COLUMNS, Population
from cartflow.cells.run.snapshot import Snapshot
from cartflow.cells.run.standing import Leg, Standing
from cartflow.cells.simulation import CellRecord, CellSimulation
from cartflow.core.outcome import InputError
from cartflow.coupling.record import Record
from cartflow.coupling.state import State

Array = np.ndarray
_NUMBERS = ("leg_start", "leg_steps", "steps", "parts", "unborn")
_OF_RUN = ("amounts", "many", "memory")
_OF_SHOTS = ("contacts", "whole", "dense", "living", "steepest", "remains")


def stored(record: CellRecord) -> dict[str, xr.Variable]:
    """Return where a run stands as variables of its checkpoint; `with_cells_of` reads them."""
    at, shots = record.standing, record.snapshots
    assert at is not None
    numbers = (at.leg.start, at.leg.steps, at.steps, at.parts, at.cells.unborn)
    found: dict[str, Array] = {
        "numbers": np.array(numbers, dtype=float),
        "given": np.array(at.given, dtype=np.int64),
        **{name: np.asarray(getattr(at, name)) for name in _OF_RUN},
        **{f"cell_{name}": getattr(at.cells, name) for name in COLUMNS},
        **{f"remains_{name}": getattr(at.remains, name) for name in COLUMNS},
        **{f"tally_{name}": getattr(at.tally, name) for name in Tally.__annotations__},
        **{f"crossed_{name}": getattr(at.crossed, name) for name in Crossed.__annotations__},
        "shot_size": np.array([shot.cells.size for shot in shots], dtype=np.int64),
        **{f"shot_{name}": _joined([getattr(s.cells, name) for s in shots]) for name in COLUMNS},
        **{f"shot_{name}": _stacked([getattr(s, name) for s in shots]) for name in _OF_SHOTS},
        **{
            f"shot_crossed_{name}": _stacked([getattr(s.crossed, name) for s in shots])
            for name in Crossed.__annotations__
        },
    }
    return {
        f"cells_{name}": xr.Variable(
            [f"cells_{name}_{axis}" for axis in range(values.ndim)],
            values.astype(np.int8) if values.dtype == bool else values,
        )
        for name, values in found.items()
        # An empty dimension is unlimited in netCDF; what has no numbers is left out.
        if values.size
    }


def with_cells_of(record: Record, group: xr.Dataset, simulation: CellSimulation) -> CellRecord:
    """Return the record with the cells of its checkpoint, so that a run goes on from there.

    Raises `InputError` where the numbers are not those of such a run.
    """
    try:
        return _with_cells_of(record, group, simulation)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
        name = type(error).__name__
        raise _damaged(name, str(error)) from None


def _with_cells_of(record: Record, group: xr.Dataset, simulation: CellSimulation) -> CellRecord:
    asked, states = simulation.asked, record.states
    kinds, mesh_cells = len(asked.kinds), simulation.coupled.volumes.size
    tally = Tally.none(len(asked.contacts), kinds)
    crossed = Crossed.none(kinds)
    start, steps, number, parts, unborn = _read(group, "numbers", np.zeros(len(_NUMBERS)))
    cells = _population(group, "cell", simulation, int(unborn))
    last, rest = states[-1], simulation.system.rest
    given = np.asarray(group["cells_given"].values if "cells_given" in group else [], dtype=int)
    if not set(given.tolist()) <= set(range(len(simulation.coupled.doses))):
        raise _damaged("given")
    memory = np.zeros(0) if rest is None else rest.memory()
    standing = Standing(
        time=last.time,
        leg=Leg(start=float(start), steps=int(steps)),
        given=tuple(given.tolist()),
        steps=int(number),
        parts=int(parts),
        cells=cells,
        tumour=last.tumour,
        body=last.body,
        ledger=last.ledger,
        tally=Tally(**_like(group, "tally", tally)),
        amounts=_read(group, "amounts", np.zeros((kinds, mesh_cells))),
        many=_read(group, "many", np.zeros((kinds, mesh_cells), dtype=np.int8)).astype(bool),
        crossed=Crossed(**_like(group, "crossed", crossed)),
        memory=_read(group, "memory", memory, finite=False),
        remains=_population(group, "remains", simulation, None),
    )
    return CellRecord(
        **{f.name: getattr(record, f.name) for f in fields(Record)},
        snapshots=_snapshots(group, simulation, states),
        standing=standing,
    )


def _snapshots(
    group: xr.Dataset, simulation: CellSimulation, states: Sequence[State]
) -> tuple[Snapshot, ...]:
    asked, count = simulation.asked, len(states)
    kinds = len(asked.kinds)
    sizes = _read(group, "shot_size", np.zeros(count, dtype=np.int64))
    if (sizes < 0).any():
        raise _damaged("shot_size")
    cells = _population(group, "shot", simulation, None)
    if cells.size != sizes.sum():
        raise _damaged("shot_size")
    ends = np.cumsum(sizes)
    contacts = _read(group, "shot_contacts", np.zeros((count, 4, len(asked.contacts)), np.int64))
    living = _read(group, "shot_living", np.zeros(count, np.int64))
    steepest = _read(group, "shot_steepest", np.zeros(count))
    remains = _read(group, "shot_remains", np.zeros((count, kinds), np.int64))
    whole = _read(group, "shot_whole", np.zeros((count, kinds)))
    dense = _read(group, "shot_dense", np.zeros((count, kinds))) if asked.dense else None
    like = Crossed(**dict.fromkeys(Crossed.__annotations__, np.zeros((count, kinds))))
    crossed = _like(group, "shot_crossed", like)
    return tuple(
        Snapshot(
            time=state.time,
            cells=replace(
                cells, **{n: getattr(cells, n)[ends[i] - sizes[i] : ends[i]] for n in COLUMNS}
            ),
            living=int(living[i]),
            contacts=contacts[i],
            steepest=float(steepest[i]),
            whole=whole[i],
            remains=remains[i],
            dense=None if dense is None else dense[i],
            crossed=Crossed(**{name: values[i] for name, values in crossed.items()}),
        )
        for i, state in enumerate(states)
    )


def _population(
    group: xr.Dataset, what: str, simulation: CellSimulation, unborn: int | None
) -> Population:
    """Return cells that are in the room; those that live have names below `unborn`."""
    asked, mesh_cells = simulation.asked, simulation.coupled.volumes.size
    item = group.get(f"cells_{what}_kind")
    like = Population.fresh(0 if item is None else item.size, asked.columns)
    found = {
        name: _read(group, f"{what}_{name}", getattr(like, name), finite=name != "clock")
        for name in COLUMNS
    }
    cells = Population(**found, unborn=unborn or 0)
    if not cells.size:
        return cells
    sound = [
        cells.kind.min() >= 0 and cells.kind.max() < len(asked.kinds),
        cells.place.min() >= 0 and cells.place.max() < mesh_cells,
        cells.mate.min() >= -1 and (unborn is None or cells.mate.max() < cells.size),
        unborn is None or cells.name.max() < unborn,
        simulation.system.room.holds(cells.position, cells.place),
    ]
    if not all(sound):
        raise _damaged("cells", what)
    return cells


def _like(group: xr.Dataset, what: str, one: Tally | Crossed) -> dict[str, Array]:
    return {
        name: _read(group, f"{what}_{name}", getattr(one, name))
        for name in type(one).__annotations__
    }


def _read(
    group: Mapping[str, xr.Variable] | xr.Dataset, name: str, like: Array, *, finite: bool = True
) -> Array:
    """Return numbers of the shape and kind of `like`; what is not in the file had none."""
    key = f"cells_{name}"
    if key not in group and like.size == 0:
        return like.copy()
    raw = np.asarray(group[key].values)
    if raw.shape != like.shape or raw.dtype.kind not in "iuf":
        raise _damaged(key)
    if finite and not np.isfinite(raw).all():
        raise _damaged(key)
    return raw.astype(like.dtype)


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts)


def _stacked(parts: Sequence[Array | int | None]) -> Array:
    return np.array([] if any(part is None for part in parts) else parts)


def _damaged(*what: str) -> InputError:
    return InputError(f"its checkpoint is damaged ({' '.join(what)}: not as it should be)")
