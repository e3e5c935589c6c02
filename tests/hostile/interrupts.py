"""Runs that are ended at random moments while they save: ``python tests/hostile/interrupts.py``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cartflow.core.saving.whole import remove_left_overs
from cartflow.results.result import load_result

STUDY = """
title = "saves often"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
{geometry}
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "{days} days"
every = "4 h"
[solver]
tolerance = {tolerance}
"""
# Four weeks take some seconds: a line is run compiled from save to save, voxels step by step.
STUDIES = {
    "line": {
        "geometry": 'shape = "ball"\nradius = "1 mm"\ncells = 1000',
        "tolerance": "1e-9",
    },
    "voxels": {
        "geometry": 'shape = "box"\nlengths = ["2 mm", "2 mm", "2 mm"]\ncells = [12, 12, 12]',
        "tolerance": "1e-6",
    },
}
# A run that saves every tenth of a second, where users' save once a minute.
CHILD = """
import sys
from cartflow.cli import main
from cartflow.core.saving.keeper import Keeper
from cartflow.coupling.simulation import Simulation
whole = Simulation.run
def begun(self, *given):
    print("the run begins", file=sys.stderr, flush=True)
    return whole(self, *given)
Simulation.run = begun
Keeper.__init__.__defaults__ = (0.1,)
sys.exit(main(["run", "study.toml", "--out", "out/run.nc"]))
"""
SIGNALS = {"int": signal.SIGINT, "term": signal.SIGTERM, "kill": signal.SIGKILL}
STALLED = 20.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended: seconds after the signal, its outcome in the file, and what is wrong."""

    after: float
    outcome: str
    faults: list[str]


def ended_run(folder: Path, study: str, number: signal.Signals, wait: float) -> Ended:
    """Send the signal `number` to a run `wait` seconds after it began, and look at what it left."""
    process = started(folder, study)
    time.sleep(wait)
    sent = time.monotonic()
    process.send_signal(number)
    faults = []
    try:
        _, err = process.communicate(timeout=STALLED)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        faults.append("stall")
    after = time.monotonic() - sent
    outcome, wrong = _left(folder / "out", number, began="the run begins" in err)
    faults += wrong
    # Python itself prints one if it is interrupted before the program begins.
    if "Traceback" in err and "saves often" in err:
        faults.append(f"traceback: {err[-2000:]}")
    return Ended(after=after, outcome=outcome, faults=faults)


def started(folder: Path, study: str) -> subprocess.Popen[str]:
    """Start a run of a study in `folder`."""
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(study)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *(p for p in sys.path if p)])
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _left(out: Path, number: signal.Signals, began: bool) -> tuple[str, list[str]]:
    """Return the outcome in the file, if there is one, and what is wrong with what is there."""
    faults = []
    if number == signal.SIGKILL:
        # What a killed process was writing goes when anything is next written there.
        remove_left_overs(out)
    strange = [p.name for p in out.iterdir() if p.name != "run.nc"]
    if strange:
        faults.append(f"left over: {strange}")
    if not (out / "run.nc").exists():
        if began and number != signal.SIGKILL:
            faults.append("the state is lost")
        return "no file", faults
    tree = load_result(out / "run.nc").tree
    outcome = str(tree.attrs["outcome"])
    kind = outcome.partition(":")[0]
    if kind not in ({"running", "finished"} if number == signal.SIGKILL else _STOPPED):
        faults.append(f"outcome: {outcome}")
    if kind in {"interrupted", "running"}:
        last = float(tree["time"][-1])
        if f"t = {last:.6g} day" not in outcome:
            faults.append(f"the last state, of day {last:g}, is not that of '{outcome}'")
    if float(abs(tree["balance"]["residual_total"]).max()) > 1e-4:
        faults.append("the balance does not hold")
    return kind, faults


_STOPPED = {"interrupted", "finished"}


def whole_run(folder: Path, study: str) -> float:
    """Return the seconds that a run takes that nobody ends."""
    begun = time.monotonic()
    started(folder, study).communicate()
    return time.monotonic() - begun


def ended_runs(
    name: str, study: str, number: int, length: float, random: Random, place: Path
) -> int:
    """End runs of a study at `number` moments by the signal `name`; return how many faults.

    A run that nobody ends takes `length` seconds.
    """
    counts, longest, wrong = Counter[str](), 0.0, 0
    for each in range(number):
        wait = random.uniform(0.0, length)
        ended = ended_run(place / f"{name}{each}", study, SIGNALS[name], wait)
        counts[ended.outcome] += 1
        longest = max(longest, ended.after)
        wrong += len(ended.faults)
        for fault in ended.faults:
            print(f"{name} {each}: {fault}", flush=True)
    found = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    print(
        f"{name:5} {found}; longest {longest:.1f} s after the signal, whole {length:.1f} s",
        flush=True,
    )
    return wrong


def main() -> int:
    """End runs at random moments, print how they ended; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signals", nargs="*", default=list(SIGNALS), help=", ".join(SIGNALS))
    parser.add_argument("--number", type=int, default=60, help="moments for each signal")
    parser.add_argument("--study", action="append", choices=STUDIES, help="all, unless named")
    parser.add_argument("--days", type=int, default=28, help="the length of a run")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random, wrong = Random(options.seed), 0
    for name in options.study or STUDIES:
        print(name, flush=True)
        study = STUDY.format(days=options.days, **STUDIES[name])
        with tempfile.TemporaryDirectory(prefix="interrupts") as folder:
            place = Path(folder)
            length = whole_run(place / "whole", study)
            for signalled in options.signals:
                wrong += ended_runs(signalled, study, options.number, length, random, place)
    print(f"{wrong} faults", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
