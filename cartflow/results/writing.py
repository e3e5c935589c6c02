"""The result of a run, written as it comes: a small file often, its fields one by one beside it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from cartflow.core.dataset import netcdf, without_fill
from cartflow.core.large.beside import ATTRIBUTE, CHECKPOINT, described
from cartflow.core.large.given_back import give_back_large_arrays
from cartflow.core.large.taken_apart import take_apart
from cartflow.core.outcome import InputError
from cartflow.core.saving.destination import Destination
from cartflow.core.saving.keeper import Keeper
from cartflow.core.saving.whole import write_whole
from cartflow.core.terminal import say
from cartflow.coupling.growing.simulation import GrowingSimulation
from cartflow.coupling.runs import Run
from cartflow.coupling.simulation import Simulation
from cartflow.results.checkpoint.group import GROUP, apart, is_unfinished
from cartflow.results.result import Result
from cartflow.results.shelf import Beside, Saving, Shelf, worth_a_shelf

# The small file takes at most this share of the time, and is not written more often than that.
_SHARE = 0.03
_SECONDS = 1.0


class Whole:
    """Writes a run whose fields are in memory to `out`, all of it each time."""

    shelf = None

    def __init__(self, out: Destination) -> None:
        self.out = out
        self._keep = Keeper[Result](out, lambda result: netcdf(result.tree))

    def __call__(self, make: Callable[[], Result]) -> None:
        """Write what there is if the last writing is long enough ago."""
        self._keep(make)

    def end(self, result: Result, *, together: bool = True) -> Path:
        """Write the result, or where that fails to another place; return the file."""
        return self.out.settle(netcdf(result.tree))


@dataclass(kw_only=True, eq=False)
class Written:
    """Writes a run whose fields are on a `shelf` to `out`, so that all saved can always be read.

    `out` holds all but the fields while the run goes on, and everything at its end. The
    checkpoint is written every `seconds`; the former stands until the next is whole.
    """

    out: Destination
    shelf: Shelf
    seconds: float = 60.0
    saved: int = 0
    _due: float = 0.0
    _marked: float = -math.inf
    _said: str = ""

    def __call__(self, make: Callable[[], Result]) -> None:
        """Write what has been saved since the last time, if that is long enough ago.

        What `make` returns is taken apart then.
        """
        begun = time.monotonic()
        more = len(self.shelf.times) > self.saved and begun >= self._due
        mark = begun - self._marked >= self.seconds
        if not more and not mark:
            return
        try:
            # What the small file and the checkpoint speak of must stand there.
            self.shelf.settle()
            result = make()
            if mark:
                self._mark(result.tree)
            if more and len(self.shelf.times) == result.tree.sizes["time"]:
                self._so_far(result)
                self.saved = len(self.shelf.times)
            # It holds a whole state, and what of the mesh stands in every result.
            take_apart(result.tree)
            self._said = ""
        except (InputError, MemoryError) as error:
            self._say(str(error) or f"{self.out.path}: there is not enough memory to write it")
        ended = time.monotonic()
        self._due = ended + max(_SECONDS, (ended - begun) / _SHARE)
        if mark:
            self._marked = ended

    def end(self, result: Result, *, together: bool = False) -> Path:
        """Make one file of what has ended and remove the folder; return the file.

        Where there is no room for it, or the run was interrupted and may go on (and its file is
        not wanted `together` all the same), all stays as it is. Raises `RunStopped` where
        nothing can be written.
        """
        self.shelf.settle()
        try:
            if is_unfinished(result.outcome) and not together:
                self.shelf.give_up_ahead()
                self._mark(result.tree)
                self._so_far(result)
                return self.out.path
            begun = self.shelf.ahead(result.tree.coords["time"].values.tolist())
            self.out.save(netcdf(result.tree, begun))
        except InputError as error:
            self.shelf.give_up_ahead()
            say(f"cartflow: {error}")
            return self._settle_apart(result)
        self.shelf.beside.remove()
        return self.out.path

    def _settle_apart(self, result: Result) -> Path:
        try:
            self._so_far(result)
            # What has ended is not gone on with.
            (self.shelf.beside.folder / CHECKPOINT).unlink(missing_ok=True)
        except (InputError, OSError):
            return self.out.settle(netcdf(result.tree))
        say(
            f"note          the fields stay in {self.shelf.beside.folder}; "
            f"cartflow export --format netcdf {self.out.path} makes one file"
        )
        return self.out.path

    def _so_far(self, result: Result) -> None:
        small = without_fields(result.tree)
        self.out.save(netcdf(small))
        take_apart(small)

    def _mark(self, tree: xr.DataTree) -> None:
        marks = xr.DataTree(without_fill(apart(tree)))
        write_whole(self.shelf.beside.folder / CHECKPOINT, netcdf(marks))

    def _say(self, reason: str) -> None:
        if reason != self._said:
            say(f"note          {reason}; the run goes on and tries again")
        self._said = reason


def without_fields(tree: xr.DataTree) -> xr.DataTree:
    """Return `tree` without its fields and checkpoint, saying that these stand beside it."""
    tumour = tree.children["tumour"].to_dataset(inherit=False)
    fields = {str(n): v.variable for n, v in tumour.data_vars.items() if "role" in v.attrs}
    small = tumour.drop_vars(list(fields)).assign_attrs({ATTRIBUTE: described(fields)})
    kept = {node.path: node.to_dataset(inherit=False) for node in tree.subtree}
    kept.pop(f"/{GROUP}", None)
    return xr.DataTree.from_dict({**kept, "/tumour": small})


def writer(run: Run, saving: Saving, out: Destination, *, anew: bool) -> Whole | Written:
    """Return what writes `run` to `out`; `anew` gives up fields that an earlier run left beside.

    Fields go to files as they come where they take more than 128 MB, or are not all kept as they
    are, so that a state cannot be told from them.
    """
    # Those of several tumours stay in memory, and of one that grows, which are few.
    if not isinstance(run, Simulation) or isinstance(run, GrowingSimulation):
        return Whole(out)
    if not worth_a_shelf(run, saving):
        return Whole(out)
    give_back_large_arrays()
    beside = Beside(out.path)
    if anew:
        beside.remove()
    return Written(out=out, shelf=Shelf(beside=beside, simulation=run, saving=saving))
