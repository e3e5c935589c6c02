"""A record of a run made into its result, with everything that the file should say of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from cartflow.core.bibliography import reference
from cartflow.core.dataset import parameter_group, without_fill
from cartflow.core.parameters import Parameter
from cartflow.core.provenance import installed_version, now
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.growing.simulation import SCHEME, GrowingSimulation
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run, system_of
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.voxels.run import SCHEME as ON_VOXELS
from cartflow.results.checkpoint.group import GROUP as CHECKPOINT
from cartflow.results.checkpoint.group import checkpoint_group, is_unfinished
from cartflow.results.circulating import GROUP as CIRCULATING
from cartflow.results.circulating import circulating_group
from cartflow.results.endpoint import endpoint_group
from cartflow.results.groups.balance import balance_group
from cartflow.results.groups.body import body_group
from cartflow.results.groups.coordinates import shared
from cartflow.results.groups.exchange import exchange_group
from cartflow.results.one_tumour import SEVERAL
from cartflow.results.only_counted import FieldsKept
from cartflow.results.result import Result
from cartflow.results.several import several_time_error, tumours_groups
from cartflow.results.shelf import Saving
from cartflow.results.time_error import time_error
from cartflow.results.tumour import tumour_group

ONE_SYSTEM = "RODAS 4(3), body and tumour as one system of equations, limited drift"


def build_result(
    record: Record,
    run: Run,
    *,
    title: str,
    study: str,
    settings: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    references: list[str],
    vessels: str = "",
    given: str = "",
    events: Sequence[str] = (),
    saving: Saving | None = None,
    shelf: FieldsKept | None = None,
) -> Result:
    """Return the result of a `Record` with everything that its file should say about itself.

    `vessels` says whose vessels the tumour has, if there is one; `given` which arrays a script
    gave in place of the study's numbers, `events` those of the study that came to pass. `saving`
    says how fields are kept; those of states on the `shelf` are read when they are asked for.
    """
    system = system_of(run)
    root = xr.Dataset(coords=shared(record, system))
    root.attrs = {
        "Conventions": "CF-1.11",
        "title": title,
        "source": f"cartflow {installed_version('cartflow')}",
        "history": f"{now()} cartflow run",
        "references": "; ".join(reference(key) for key in references),
        "reference_keys": " ".join(references),
        "study": study,
        "settings": json.dumps(dict(settings), default=str),
        "outcome": str(record.outcome),
        "extinct": "; ".join(str(each) for each in record.extinct),
        "trafficking_scaling": system.network.scaling,
        **({"tumour_vessels": vessels} if vessels else {}),
        **_fed(run),
        **({"given_arrays": given} if given else {}),
        **({"events": "; ".join(events)} if events else {}),
        **_stepping(record, run),
        "numpy_version": installed_version("numpy"),
        "scipy_version": installed_version("scipy"),
        "xarray_version": installed_version("xarray"),
    }
    groups = {"/": root, "body": body_group(record, system)}
    if isinstance(run, Simulation):
        groups["tumour"] = tumour_group(record, run, saving, shelf)
        groups["exchange"] = exchange_group(record, run, constant=run.programme is None)
    several: dict[str, xr.Dataset] = {}
    if isinstance(run, TumoursSimulation):
        body = groups["body"].assign_coords(root.coords)
        several = tumours_groups(record, run, body, saving)
    carried = circulating_group(record, system)
    groups |= {} if carried is None else {CIRCULATING: carried}
    groups |= {
        "balance": balance_group(record, system),
        "parameters": parameter_group(parameters),
    }
    if "tumour" in groups:
        groups["summary"] = endpoint_group(groups)
    # Without a shelf a state is told from what is saved of it; of several from the checkpoint.
    told = saving is None or saving.exact or shelf is not None or bool(several)
    if is_unfinished(record.outcome) and told:
        groups[CHECKPOINT] = checkpoint_group(record, run, identity(study, settings))
    return Result(tree=_tree(groups, several), outcome=record.outcome)


def _tree(groups: Mapping[str, xr.Dataset], several: Mapping[str, xr.Dataset]) -> xr.DataTree:
    """Return datasets as a tree, whose root is ``/``, with those of several tumours."""
    nodes = {name: xr.DataTree(without_fill(dataset)) for name, dataset in groups.items()}
    tree = nodes.pop("/")
    if several:
        own = {name: without_fill(dataset) for name, dataset in several.items()}
        nodes[SEVERAL] = xr.DataTree.from_dict(own)
    tree.children = nodes
    return tree


def identity(study: str, settings: Mapping[str, Any]) -> str:
    """Return the text by which a study is known again: as it is written, and what was changed."""
    return f"{study}\n{json.dumps(dict(settings), default=str)}"


def _fed(run: Run) -> dict[str, str]:
    """Return what feeds a tumour that no body is followed beside, in words."""
    if not isinstance(run, Simulation) or run.coupled.network.counted_in != "given":
        return {}
    return {"fed_by": "nothing" if run.coupled.feed is None else "blood as given"}


def _engine(run: Simulation | TumoursSimulation) -> dict[str, str]:
    if isinstance(run, Simulation):
        return run.coupled.engine.settings()
    # They are of one kind, and differ where one is on a line.
    found: dict[str, list[str]] = {}
    for part in run.parts.values():
        for key, text in part.coupled.engine.settings().items():
            found.setdefault(key, []).append(text)
    return {key: "; ".join(dict.fromkeys(texts)) for key, texts in found.items()}


def _in_time(record: Record, run: Simulation | TumoursSimulation) -> dict[str, Any]:
    """Return the error in time, or why there is none."""
    found = (
        time_error(record, run) if isinstance(run, Simulation) else several_time_error(record, run)
    )
    if found is not None:
        return {"time_error": found[0], "time_error_of": found[1]}
    unfinished = record.outcome.status != "finished"
    reason = "the run did not finish" if unfinished else record.unchecked
    return {"time_check": reason or "there is no number to tell it of"}


def _scheme(run: Run) -> str:
    if isinstance(run, GrowingSimulation):
        return SCHEME
    return ONE_SYSTEM if isinstance(run, Simulation) and run.one_system else ON_VOXELS


def _stepping(record: Record, run: Run) -> dict[str, Any]:
    """Return the attributes that say how the run was stepped."""
    counts = {"steps_accepted": record.accepted_steps, "steps_rejected": record.rejected_steps}
    if isinstance(run, BodyAlone):
        return counts if run.kinetics is None else {**counts, "step_tolerance": run.tolerance}
    one_system = isinstance(run, Simulation) and run.together
    return {
        **counts,
        **_in_time(record, run),
        "step_error_sum": record.error_sum,
        "step_tolerance": run.control.tolerance,
        "step_extrapolation": str(run.control.extrapolate and not one_system).lower(),
        "step_maximum": run.control.maximum_step,
        **_engine(run),
        **({"engine_scheme": _scheme(run)} if one_system else {}),
    }
