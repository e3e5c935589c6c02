"""Runs in processes of their own, which a test ends: told when they begin, and how far they are.

A process finds its target by the name of this module, which nothing that is installed has.
"""

import itertools
import multiprocessing
import os
import signal
import time
from contextlib import suppress

import netCDF4  # noqa: F401 - what each process would import anew

from cartflow.cli import main
from cartflow.core.saving.signals import Stopping
from cartflow.results import shelf as shelves
from cartflow.results import writing
from cartflow.study.study import Study

with suppress(ImportError):
    import dask.array  # noqa: F401 - which xarray imports where there is one


class Ended:
    """Processes that are begun, and ended by a signal when they have said a number of words."""

    def __init__(self) -> None:
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([__name__])

    def run(self, target, study, out, *, word=None, later=0.0, number=None):
        """Run `target` to its end; send it the signal `number` so many seconds after its `word`.

        Return its exit status, and when each word was heard and it had ended.
        """
        heard, told = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=target, args=(study, out, told))
        process.start()
        # With both ends held here, one would wait for ever for a process that could not begin.
        told.close()
        times = []
        with suppress(EOFError):
            while word is None or len(times) <= word:
                heard.recv()
                times.append(time.monotonic())
        assert times, "the process ended before its run began"
        if word is not None:
            time.sleep(later)
            # It may have ended by then.
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)
        process.join()
        heard.close()
        return process.exitcode, [*times, time.monotonic()]


def saving_often(study, out, told, *, every):
    """Run a study that writes at `every` so many opportunities, and says each step before."""
    with Stopping() as stop:
        study = Study.from_file(study)
        _ = study.prepared
        tell = teller(told)
        tell()
        watch = stop.watched(lambda time, step: tell())
        offers = itertools.cycle(range(every))
        study.run(watch, lambda make: next(offers) or make().write(out)).write(out)


def as_the_command(study, out, told):
    """Run a study as the command does, with all fields in files as they come."""
    shelves._MOST_IN_MEMORY, writing._SECONDS, writing._SHARE = 0, 0.0, 1e9
    tell, call = teller(told), writing.Written.__call__

    def told_too(self, make):
        tell()
        call(self, make)

    writing.Written.__call__ = told_too
    tell()
    options = ["--resume", "--quiet", "--set", "solver.mesh_check=false"]
    main(["run", str(study), "--out", str(out), *options])


def teller(told):
    """Return what says a word to whoever still listens, of a process that takes SIGINT.

    What a shell begins in the background ignores it, and so do its processes.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def tell():
        with suppress(OSError):
            told.send(None)

    return tell
