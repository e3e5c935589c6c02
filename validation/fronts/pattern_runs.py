"""The model of Brennan et al. in a slab and linearised: modes that grow, means over space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from cartflow.coupling.alone import evolve
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.locality import in_tissue
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.rest import equilibrium, jacobian
from cartflow.kinetics.runs.trajectory import Trajectory, run
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Field
from cartflow.validation.problems import problem_of

Array = np.ndarray

LENGTH = 300.0
MODE = 14.0 * np.pi / LENGTH
_MODEL = "brennan2025"
_MOVING = ("effector", "tumour", "il2")
_WAVES = np.linspace(0.0, 0.4, 2001)
_BRACKET = (50.0, 80.0)  # days between which a mode begins to grow
_SIDE, _SIDE_CELLS, _SEED = 100.0, 34, 1
_REST = {"effector": 0.3, "tumour": 0.45, "il2": 0.02}


@dataclass(frozen=True, kw_only=True, eq=False)
class Treatment:
    """A treatment (`scenario`) with diffusivities of effectors and IL-2 in mm2/day (tumour: 1)."""

    scenario: str
    effectors: float = 100.0
    il2: float = 100.0

    @cached_property
    def network(self) -> Network:
        """The reactions of the treatment."""
        model = load_model(_MODEL)
        changed = model.scenario(self.scenario).parameters
        return in_tissue(model.with_parameters(changed).network)

    def well_mixed(self, time: float) -> Array:
        """Return the state (species,) of the well-mixed run at `time` (days)."""
        return np.asarray(self._course.at(time)[0])

    def frozen(self, day: float) -> Array:
        """Return the state (species,) at rest when effectors come as they do on `day`, for good.

        Follows the state from before treatment.
        """
        value = {name: p.value for name, p in self.network.parameters.items()}
        state = dict(_REST)
        for part in np.linspace(0.0, day, 1 + int(day)):
            supply = float(value["effector_supply"] + value["effector_ramp"] * part)
            still = {"effector_supply": f"{supply!r} cell/mm^3/day"}
            still |= {"effector_ramp": "0 cell/mm^3/day", "clock": "0 1/day"}
            found = equilibrium(self.network.with_parameters(still), state)
            state = dict(zip(_MOVING, (found[self.network.index(n)] for n in _MOVING), strict=True))
        return found

    def growth(self, state: Array) -> tuple[Array, Array]:
        """Return wave numbers (1/mm) and the growth rate (1/day) of each mode around `state`."""
        rows = [self.network.index(name) for name in _MOVING]
        reactions = jacobian(self.network, state)[np.ix_(rows, rows)]
        spread = np.diag([self.effectors, 1.0, self.il2])
        modes = reactions - _WAVES[:, None, None] ** 2 * spread
        return _WAVES, np.linalg.eigvals(modes).real.max(axis=1)

    def onset(self, states: Callable[[float], Array]) -> tuple[float, float]:
        """Return when, around `states` of a day, a mode first grows, and its wave number."""
        day = brentq(lambda t: self.growth(states(t))[1].max(), *_BRACKET, xtol=1e-3)
        waves, rates = self.growth(states(day))
        return float(day), float(waves[rates.argmax()])

    def in_slab(self, times: Array, cells: int) -> tuple[Array, Array]:
        """Return the tumour's mean and its share in the cosine that it starts with, at `times`."""
        geometry = slab(LENGTH, cells)
        wave = np.cos(MODE * geometry.centres[:, 0])
        course = self._tumour(geometry, times, {"tumour": 1.0 + 0.2 * wave}, 1e-6)
        return course.mean(axis=1), 2.0 * (course * wave).mean(axis=1)

    def in_strip(self, times: Array, cells: int) -> Array:
        """Return the tumour's mean in a box as long as the slab and four cells wide."""
        geometry = box((LENGTH, 4.0 * LENGTH / cells), (cells, 4))
        wave = np.cos(MODE * geometry.centres[:, 0])
        return self._tumour(geometry, times, {"tumour": 1.0 + 0.2 * wave}, 1e-5).mean(axis=1)

    def in_square(self, times: Array) -> Array:
        """Return the tumour (times, cells) in a square of 100 mm that starts with noise on all."""
        random = np.random.default_rng(_SEED)
        geometry = box((_SIDE, _SIDE), (_SIDE_CELLS, _SIDE_CELLS))
        noise = {n: 1.0 + 0.2 * random.standard_normal(geometry.size) for n in _MOVING}
        return self._tumour(geometry, times, noise, 1e-4)

    def in_disc(self, times: Array, diameter: float, across: int) -> Array:
        """Return the tumour (times, cells) in a disc that starts with noise on all.

        One voxel thick, `across` square cells over its `diameter` (mm).
        """
        random = np.random.default_rng(_SEED)
        width = diameter / across
        middle = (np.arange(across) + 0.5) * width - 0.5 * diameter
        inside = np.hypot(middle[:, None], middle) <= 0.5 * diameter
        affine = np.diag([width, width, width, 1.0])
        geometry = voxel_mask(inside[..., None].astype(np.int16), affine, source="disc")
        noise = {n: 1.0 + 0.2 * random.standard_normal(geometry.size) for n in _MOVING}
        return self._tumour(geometry, times, noise, 1e-4)

    def _tumour(
        self, geometry: Geometry, times: Array, factors: dict[str, Array], tolerance: float
    ) -> Array:
        """Return the tumour (times, cells) from the uniform start times `factors`."""
        spread = {"effector": self.effectors, "tumour": 1.0, "il2": self.il2}
        fields = tuple(
            Field(
                name=s.name,
                solute=s.role == "solute",
                diffusivity=np.full(geometry.size, spread[s.name]) if s.name in spread else None,
            )
            for s in self.network.species
        )
        engine = FastEngine(problem_of(geometry, self.network, fields))
        state = np.repeat(self.well_mixed(0.0)[:, None], geometry.size, axis=1)
        for name, factor in factors.items():
            state[self.network.index(name)] *= factor
        course = evolve(engine, state, [0.0, *times], tolerance=tolerance)
        return course.states[1:, self.network.index("tumour")]

    @cached_property
    def _course(self) -> Trajectory:
        model = load_model(_MODEL)
        return run(model, model.scenario(self.scenario))
