"""The result of a run: an ``xarray.DataTree`` with fixed names, and its summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.bibliography import reference
from cartflow.core.dataset import parameter_group, read, without_fill, write
from cartflow.core.outcome import InputError, Outcome, RunStopped
from cartflow.core.parameters import Parameter
from cartflow.core.paths import as_path
from cartflow.core.provenance import installed_version, now
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run, system_of
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.results.checkpoint.group import GROUP as CHECKPOINT
from cartflow.results.checkpoint.group import checkpoint_group, is_unfinished
from cartflow.results.endpoint import all_phenotypes, endpoint_group, resident_courses
from cartflow.results.groups import balance_group, body_group, exchange_group, shared
from cartflow.results.one_tumour import SEVERAL, one_tumour, tumours_of
from cartflow.results.several import several_time_error, tumours_groups
from cartflow.results.shelf import Saving, Shelf
from cartflow.results.time_error import time_error
from cartflow.results.tumour import tumour_group

ONE_SYSTEM = "RODAS 4(3), body and tumour as one system of equations, limited drift"


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """A run that has ended: `tree` holds body, tumour, exchange, balance and parameters."""

    tree: xr.DataTree
    outcome: Outcome

    def __repr__(self) -> str:
        """Return title, outcome, groups and times in a line."""
        title = self.tree.attrs.get("title", "")
        times = np.asarray(self.tree.coords.get("time", []), dtype=float)
        span = f", {times.size} times to {times[-1]:.6g} day" if times.size else ""
        groups = ", ".join(self.tree.children)
        return f"<Result: {title}; {self.outcome}; {groups}{span}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary's numbers and the figure."""
        from cartflow.results.notebook import result_html

        return result_html(self.tree, str(self.outcome), self.summary())

    @property
    def derivatives(self) -> xr.Dataset:
        """The derivatives of what it comes to, by ``number`` (see `run_with_derivatives`)."""
        if "derivatives" not in self.tree.children:
            raise InputError("the result holds no derivatives; run_with_derivatives makes them")
        return self.tree["derivatives"].to_dataset()

    def plot(self, path: str | Path) -> None:
        """Draw the result as ``cartflow plot`` does, into a PNG. Raises `InputError`."""
        from cartflow.results.drawable import require_drawable
        from cartflow.results.figures.run import plot_result

        require_drawable(self.tree)
        plot_result(self.tree, as_path(path, "Result.plot"))

    def with_group(self, name: str, dataset: xr.Dataset) -> Result:
        """Return the result with another group."""
        tree = self.tree.copy()
        tree[name] = xr.DataTree(without_fill(dataset))
        return replace(self, tree=tree)

    def write(self, path: str | Path) -> None:
        """Write the tree as netCDF-4."""
        write(self.tree, as_path(path, "Result.write"))

    def require_finished(self) -> Result:
        """Return the result; raise `RunStopped` with the outcome's text if the run stopped."""
        if self.outcome.status != "finished":
            raise RunStopped(str(self.outcome))
        return self

    @property
    def tumours(self) -> dict[str, Result]:
        """Each of several tumours by name, as a result with that tumour alone; else none."""
        return {
            name: replace(self, tree=one_tumour(self.tree, name)) for name in tumours_of(self.tree)
        }

    def summary(self) -> dict[str, float]:
        """Return the numbers a reader asks for first; see `summarise`."""
        return summarise(self.tree)


def load_result(path: str | Path) -> Result:
    """Return the result in a file, which is closed; raise `InputError` if the file holds none.

    Fields of more than 16 MB are read a time at a time, when they are asked for, and not kept.
    Where the run goes on, they stand in the folder beside the file.
    """
    tree = read(as_path(path, "load_result"))
    try:
        outcome = Outcome.from_text(str(tree.attrs.get("outcome", "")))
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    return Result(tree=tree, outcome=outcome)


def summarise(tree: xr.DataTree) -> dict[str, float]:
    """Return the cells that reached the tumour, those there at the end, the depth, the residual.

    ``depth`` (mm) is how far below the rim 95 % of the tumour's product cells stay above;
    ``relative_residual`` is the largest |residual_total| / (infused + born) of any saved time.
    ``residents_start``, ``residents_end`` and ``residents_least`` count the tumour's own cells
    of all kinds, ``peak_in_tumour`` its product cells (saved times). Of several tumours each has
    its own, as ``left.reached_tumour``. Without a tumour there are only time, infused and the
    residual. Raises `InputError` for a kinetics model run alone.
    """
    if "balance" not in tree.children or "phenotype" not in tree["balance"].dims:
        raise InputError("the result is not that of a study, and has no such summary")
    balance = tree["balance"].variables
    infused = balance["infused"]
    turnover = all_phenotypes(infused + balance["born"])
    size = np.abs(balance["residual_total"].values) / np.where(turnover > 0, turnover, 1.0)
    return {
        "time": float(balance["time"].values[-1]),
        "infused": float(all_phenotypes(infused)[-1]),
        **(_in_tumour(tree) if "tumour" in tree.children else {}),
        **{
            f"{name}.{key}": value
            for name in tumours_of(tree)
            for key, value in _in_tumour(one_tumour(tree, name)).items()
        },
        "relative_residual": float(np.nanmax(size)),
    }


def _in_tumour(tree: xr.DataTree) -> dict[str, float]:
    tumour = tree["tumour"].variables
    inside = all_phenotypes(tree["balance"].variables["in_tumour"])
    reached = all_phenotypes(tree["exchange"].variables["cumulative_inflow"])
    residents = sum(resident_courses(tree.children["tumour"]).values(), np.zeros(inside.size))
    return {
        "reached_tumour": float(reached[-1]),
        "in_tumour": float(inside[-1]),
        "depth": float(tumour["penetration_depth_all"].values[-1]),
        "maximal_depth": float(np.nanmax(tumour["depth"].values)),
        "residents_start": float(residents[0]),
        "residents_end": float(residents[-1]),
        "residents_least": float(residents.min()),
        "peak_in_tumour": float(inside.max()),
    }


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
    shelf: Shelf | None = None,
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
        groups["exchange"] = exchange_group(record, run)
    several: dict[str, xr.Dataset] = {}
    if isinstance(run, TumoursSimulation):
        body = groups["body"].assign_coords(root.coords)
        several = tumours_groups(record, run, body, saving)
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


def _stepping(record: Record, run: Run) -> dict[str, Any]:
    """Return the attributes that say how the run was stepped."""
    counts = {"steps_accepted": record.accepted_steps, "steps_rejected": record.rejected_steps}
    if isinstance(run, BodyAlone):
        return counts if run.kinetics is None else {**counts, "step_tolerance": run.tolerance}
    one_system = isinstance(run, Simulation) and run.one_system
    return {
        **counts,
        **_in_time(record, run),
        "step_error_sum": record.error_sum,
        "step_tolerance": run.control.tolerance,
        "step_extrapolation": str(run.control.extrapolate and not one_system).lower(),
        "step_maximum": run.control.maximum_step,
        **_engine(run),
        **({"engine_scheme": ONE_SYSTEM} if one_system else {}),
    }
