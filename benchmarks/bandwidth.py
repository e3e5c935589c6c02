"""A 3-D stencil against the copy bandwidth of the same machine, two threads.

Bytes counted are the compulsory ones: each array once, read or written, 8 bytes a cell; the
line that a plain store reads before it overwrites it (write-allocate) is not counted. Runs of
all kernels take turns, so that a busy machine slows them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from cartflow.geometries.shapes.box import box
from cartflow.kinetics.network import Network
from cartflow.kinetics.species import Species
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

Array = np.ndarray
GOAL = 0.8


def run(*, cells: int = 160, copied: int = 8, repeats: int = 15) -> dict[str, Any]:
    """Return GB/s of copies (`copied` times the stencil's cells), stencils and the engine.

    `cells` along each axis must be a multiple of eight.
    """
    from numba import get_num_threads

    begin = time.perf_counter()
    kernels = _kernels(cells, copied)
    seconds = _take_turns({name: call for name, (call, _, _) in kernels.items()}, repeats)
    rates = {name: kernels[name][1] / seconds[name] / 1e9 for name in kernels}
    rows = [
        {
            "what": name,
            "milliseconds": 1e3 * seconds[name],
            "gigabytes_per_second": rates[name],
            "of_copy": rates[name] / rates[kernels[name][2]],
            "goal": GOAL if kernels[name][2] != name else None,
        }
        for name in kernels
    ]
    return {
        "title": f"Stencil against copy, {cells}^3 = {cells**3 / 1e6:.1f} million cells",
        "threads": get_num_threads(),
        "counted": "compulsory reads and writes, 8 bytes each; write-allocate not counted",
        "rows": rows,
        "seconds": time.perf_counter() - begin,
    }


def diffusion(cells: int) -> Problem:
    """Return one field that diffuses, and nothing else."""
    geometry = box([float(cells)] * 3, [cells] * 3)
    n = geometry.size
    return Problem(
        geometry=geometry,
        network=Network(name="diffusion", species=(Species(name="tumour", role="resident"),)),
        fields=(Field(name="tumour", diffusivity=np.ones(n)),),
        tissue=Tissue(porosity=np.ones(n), hindrance=Hindrance()),
        egress=np.zeros(n),
    )


def _kernels(cells: int, copied: int) -> dict[str, tuple[Callable[[], Any], float, str]]:
    """Return each kernel with the bytes it must move and the copy it is measured by."""
    from benchmarks import stencil

    rng = np.random.default_rng(1)
    size, shape = cells**3, (cells, cells, cells)
    u, plain, stream, *more = (stencil.aligned(size) for _ in range(6))
    for array in (u, *more):
        array[:] = rng.random(size)
    big, target = stencil.aligned(copied * size), stencil.aligned(copied * size)
    big[:] = 1.0
    box3, sizes = u.reshape(shape), np.array(shape)
    a, b, c = (array.reshape(shape) for array in more)
    rates, weights = np.full(3, 0.1), np.array([1.2, -0.3, 0.1, 0.01, 0.02])
    inner = 16.0 * (cells - 2) ** 2
    engine, state = FastEngine(diffusion(cells)), u.reshape(1, -1)
    right = stencil.aligned(size).reshape(1, -1)
    return {
        "copy": (lambda: stencil.copy(big, target), 16.0 * big.size, "copy"),
        "copy, streaming stores": (
            lambda: stencil.stream_copy(big, target),
            16.0 * big.size,
            "copy, streaming stores",
        ),
        "stencil": (
            lambda: stencil.plain(box3, plain.reshape(shape), 0.4, 0.1),
            inner * (cells - 2),
            "copy",
        ),
        "stencil, streaming stores": (
            lambda: stencil.stream(u, stream, sizes, 0.4, 0.1),
            inner * cells,
            "copy, streaming stores",
        ),
        "stage of five arrays": (
            lambda: stencil.stage(box3, a, b, c, plain.reshape(shape), rates, 1.0, weights),
            40.0 * size,
            "copy",
        ),
        "FastEngine, right-hand side": (
            lambda: engine.right_hand_side(state, right),
            16.0 * size,
            "copy",
        ),
    }


def _take_turns(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return the median seconds of each, run in turn after once to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            before = time.perf_counter()
            call()
            if turn > 0:
                taken[name].append(time.perf_counter() - before)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}
