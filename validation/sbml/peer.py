"""Models drawn at random, written as SBML and run by libRoadRunner beside our own run.

``python -m cartflow.validation.sbml.peer [NUMBER] [SEED]``; the peer comes with
``pip install cartflow[bench]``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.export import to_sbml
from cartflow.validation.sbml.random_models import END, draw

Array = NDArray[np.float64]
_POINTS = 41
AGREE = 1e-6


def difference(model: Model) -> float:
    """Return the largest difference of the two runs, relative to a species' largest value.

    Times within 1e-6 days of a moment at which a species dies out are left out: there the two
    differ by how finely the peer finds that moment.
    """
    times = np.linspace(0.0, END, _POINTS)
    course = run(model, model.scenario(), rtol=1e-11)
    ours = course.at(times)
    theirs = peer_course(to_sbml(model), times, model.network.species_names)
    moments = np.array([piece.end for piece in course.pieces[:-1]])
    far = np.array([(np.abs(moments - t) > 1e-6).all() for t in times]) | (times == 0.0)
    scale = np.maximum(np.abs(ours).max(axis=0), 1e-300)
    return float((np.abs(theirs - ours) / scale)[far].max())


def peer_course(text: str, times: Array, names: tuple[str, ...]) -> Array:
    """Return the concentrations of species at times, by libRoadRunner."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    peer: Any = roadrunner.RoadRunner(text)
    peer.integrator.setValue("relative_tolerance", 1e-11)
    peer.integrator.setValue("absolute_tolerance", 1e-13)
    peer.integrator.setValue("maximum_num_steps", 1_000_000)
    selections = ["time", *(f"[{name}]" for name in names)]
    found = np.array(peer.simulate(float(times[0]), float(times[-1]), len(times), selections))
    return found[:, 1:]


def main() -> int:
    """Print the largest difference of a number of models, and which it was; 1 if it is too large.

    Every model that is drawn counts. Which models are drawn is decided by their equations: none
    takes what is not there and none grows without bound (see `random_models`).
    """
    number, seed = (int(v) for v in (*sys.argv[1:3], *("200", "1")[len(sys.argv) - 1 :]))
    found = []
    for each in range(number):
        model = draw(np.random.default_rng((seed, each)))
        found.append(difference(model))
    worst = int(np.argmax(found))
    print(f"{number} models: largest relative difference {found[worst]:.2g} (number {worst})")
    return 0 if found[worst] <= AGREE else 1


if __name__ == "__main__":
    raise SystemExit(main())
