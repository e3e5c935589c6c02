"""Where an unfinished run stands, as a group of its result."""

from __future__ import annotations

import json
import platform

import numpy as np
import xarray as xr

from cartflow.core.outcome import Outcome
from cartflow.core.provenance import installed_version
from cartflow.coupling.growing.simulation import GrowingSimulation
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.results.checkpoint.marks import marks
from cartflow.results.counted import Counted, Shelved, counts

Array = np.ndarray
GROUP = "checkpoint"
SAVED = "saved_time"  # the times of a checkpoint that stands apart from its result
_UNFINISHED = ("running", "interrupted")


def checkpoint_group(record: Record, run: Run, study: str) -> xr.Dataset:
    """Return what a run needs to go on besides its saved fields: `restart` reads it.

    Body, residents, what circulates and ledger of every saved state, what the run remembers
    (`memory_NAME`), what died out, and marks of everything that the run rests on, among them the
    text `study`. Where saved fields are not in memory, also what they come to and those of the
    last state.
    """
    states = record.states
    columns: dict[str, tuple[tuple[str, ...], Array]] = {
        **_shelved(record, run),
        "body": (("time", "compartment", "product"), np.array([s.body for s in states])),
        "residents": (("time", "site", "other"), np.array([s.residents for s in states])),
        **_grown(record, run),
        "carried": (("time", "carried_place"), np.array([s.carried for s in states])),
        **{
            f"ledger_{name}": (
                ("time", f"{name}_place"),
                np.array([getattr(s.ledger, name) for s in states]),
            )
            for name in Ledger.__annotations__
        },
        **{f"memory_{n}": ((f"{n}_number",), np.asarray(v)) for n, v in record.memory.items()},
    }
    extinct = [[each.time, each.species, each.place] for each in record.extinct]
    return xr.Dataset(
        # An empty dimension is unlimited in netCDF; what has no numbers is left out.
        {n: xr.Variable(dims, v) for n, (dims, v) in columns.items() if v.size},
        attrs={
            "between": int(record.between),
            "extinct": json.dumps(extinct),
            "marks": json.dumps(marks(run, study)),
            "machine": machine(),
        },
    )


def _grown(record: Record, run: Run) -> dict[str, tuple[tuple[str, ...], Array]]:
    """Return of a tumour that grows how far it has, and its fields as they are counted."""
    if not isinstance(run, GrowingSimulation):
        return {}
    return {
        "expansion": (("time",), np.array([s.expansion for s in record.states])),
        "of_start": (("time", "species", "cell"), np.array([s.tumour for s in record.states])),
    }


def _shelved(record: Record, run: Run) -> dict[str, tuple[tuple[str, ...], Array]]:
    states = record.states
    if not isinstance(run, Simulation):
        return _several(record, run)
    if not any(isinstance(s, Shelved) for s in states):
        return {}
    assert record.reached is not None
    counted = counts(states, run)
    return {
        "tumour": (("species", "cell"), record.reached.tumour),
        **{
            f"counted_{name}": (
                ("time", f"{name}_place"),
                np.array([getattr(c, name) for c in counted]),
            )
            for name in Counted.__annotations__
        },
    }


def _several(record: Record, run: Run) -> dict[str, tuple[tuple[str, ...], Array]]:
    """Return the fields of several tumours at every saved time, one after the other."""
    if not isinstance(run, TumoursSimulation):
        return {}
    return {"tumours": (("time", "value"), np.array([s.tumour for s in record.states]))}


def apart(tree: xr.DataTree) -> xr.Dataset:
    """Return the checkpoint of `tree` with times of its own, as it stands apart from the tree."""
    group = tree.children[GROUP].to_dataset(inherit=False)
    group = group.drop_vars("time", errors="ignore").rename_dims({"time": SAVED})
    return group.assign({SAVED: (SAVED, np.asarray(tree["time"].values, dtype=float))})


def is_unfinished(outcome: Outcome) -> bool:
    """Return whether a run with this outcome can go on."""
    return outcome.status in _UNFINISHED


def machine() -> str:
    """Return what decides the last digit of numbers besides cartflow: processor and libraries."""
    names = ("numpy", "scipy", "numba")
    return "; ".join([platform.machine(), *(f"{n} {installed_version(n)}" for n in names)])


def machine_differs(tree: xr.DataTree) -> list[str]:
    """Return a line where a run was begun on another machine or with other libraries."""
    was = str(tree[GROUP].attrs.get("machine", "")) if GROUP in tree.children else machine()
    if was == machine():
        return []
    return [f"note          begun with {was}, gone on with {machine()}: last digits may differ"]
