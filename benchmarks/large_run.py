"""Peak memory of one large run, and what it costs to save its fields.

    python -m benchmarks.large_run box 100 200       # a box of 100^3 voxels, 200 saved times
    python -m benchmarks.large_run mask 124 200      # a ball in an image of 124^3

Four fields, one step of a minute for each saved time, which is the most that saving can cost; with
`--steps N` so many steps of a minute for each. `saving` is the processor time of the thread that
writes and of what the run itself does for it; `bare` are the same steps without a saved time
(with `--bare`, which runs nothing else). Files go to the working folder and are removed.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cartflow import Study
from cartflow.core.saving.destination import Destination
from cartflow.results import writing
from cartflow.results.result import load_result

STUDY = """
title = "A large run"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{{ cells = "1e6 cells" }}]
geometry = {geometry}
tumour = {{ host = "flank" }}
kinetics.models = ["predator_prey_exhaustion", "chemokine"]
fields.cart.diffusivity = "2 um^2/min"
fields.chemokine.diffusivity = "{chemokine} um^2/min"
fields.tumour.initial = "2e4 cells/mm^3"
time = {{ end = "{minutes} min" }}
save.every = "{every} min"
solver = {solver}
"""
FIXED = """{ fixed_step = true, initial_step = "1 min", maximum_step = "1 min", \
mesh_check = false, extrapolate = false }"""


def study(given: argparse.Namespace) -> Study:
    """Return the study, whose image is written where it is needed."""
    n, minutes = given.size, given.saves * given.steps
    edge = f'"{n * 0.1} mm"'
    geometry = f'{{ shape = "box", lengths = [{edge}, {edge}, {edge}], cells = [{n}, {n}, {n}] }}'
    if given.shape == "mask":
        geometry = f'{{ shape = "mask", file = "{_ball(n).name}" }}'
    return Study.from_text(
        STUDY.format(
            geometry=geometry,
            minutes=minutes,
            every=minutes if given.bare else given.steps,
            chemokine=600 if given.adaptive else 1,
            solver="{ mesh_check = false }" if given.adaptive else FIXED,
        )
    )


def _ball(n: int) -> Path:
    import nibabel

    x = np.arange(n) - (n - 1) / 2
    inside = np.sqrt(x[:, None, None] ** 2 + x[:, None] ** 2 + x**2) <= n / 2
    image = nibabel.Nifti1Image(inside.astype(np.uint8), np.diag([0.1, 0.1, 0.1, 1.0]))
    nibabel.save(image, f"ball_{n}.nii")
    return Path(f"ball_{n}.nii")


class Spent:
    """Processor seconds of the thread that calls, summed over wrapped functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, whose time is counted."""

        def timed(*arguments: Any, **more: Any) -> Any:
            begun = time.thread_time()
            try:
                return function(*arguments, **more)
            finally:
                self.seconds += time.thread_time() - begun

        return timed


def main() -> None:
    """Read the command line, run, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shape", choices=["box", "mask"])
    parser.add_argument("size", type=int)
    parser.add_argument("saves", type=int)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--adaptive", action="store_true", help="adaptive steps, a stiff solute")
    given = parser.parse_args()
    asked = study(given)
    run = asked.prepared
    print(f"voxels        {run.initial.shape[1]}; {_peak()} MB when prepared", flush=True)
    if given.bare:
        begun = time.perf_counter(), time.process_time()
        run.unchecked().run()
        print(f"bare          {_since(begun)}; {_peak()} MB")
        return
    made = writing.writer(
        run, asked.saving, Destination(path=Path("large.nc"), force=True), anew=True
    )
    assert isinstance(made, writing.Written), "so few that they stay in memory"
    behind, called = Spent(), Spent()
    do = made.shelf._behind.do
    made.shelf._behind.do = lambda task: do(behind.of(task))  # type: ignore[method-assign]
    begun = time.perf_counter(), time.process_time()
    result = asked.run(keep=called.of(made), shelf=made.shelf, time_check=False)
    steps = result.tree.attrs["steps_accepted"], result.tree.attrs["steps_rejected"]
    print(f"run           {_since(begun)}; {_peak()} MB; {result.outcome}", flush=True)
    print(f"steps         {steps[0]} taken, {steps[1]} refused")
    saving = behind.seconds + called.seconds
    print(f"saving        {saving:.1f} s of a processor, {saving / (given.saves + 1):.3f} each")
    ended = time.perf_counter(), time.process_time()
    made.end(result)
    size = Path("large.nc").stat().st_size / 1e9
    print(f"one file      {_since(ended)}; {_peak()} MB; {size:.2f} GB")
    spent = time.process_time() - begun[1]
    writing_all = saving + time.process_time() - ended[1]
    print(f"writing       {writing_all / spent:.1%} of {spent:.1f} s of processors")
    _complete(Path("large.nc"), given.saves)
    Path("large.nc").unlink()


def _complete(path: Path, saves: int) -> None:
    """Read the file a time at a time, and print whether every field is there at every time."""
    tumour = load_result(path).tree["tumour"]
    fields = [tumour[name] for name in ("cart", "exhausted", "tumour", "chemokine")]
    there = sum(
        bool(np.isfinite(field[place].values).any())
        for field in fields
        for place in range(field.sizes["time"])
    )
    print(f"complete      {there} of {len(fields) * (saves + 1)} fields and times")


def _since(begun: tuple[float, float]) -> str:
    wall, spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
    return f"{wall:.1f} s, {spent:.1f} s of processors"


def _peak() -> int:
    # Linux counts in KiB.
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


if __name__ == "__main__":
    main()
