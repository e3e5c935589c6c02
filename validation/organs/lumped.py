"""A well-mixed tumour in a body: the coupled run beside the exact solution of the lumped organ.

With a large diffusivity and no kinetics the tissue is one pool, and body and tumour together are
linear: cells are exp(M t) x, with M written down in `organ_equations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.linalg import expm

from cartflow.coupling.coupled import Coupled, State
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.study.study import Study
from cartflow.validation.organs.organ_equations import rate_matrix

Array = np.ndarray

_TEXT = """
title = "A well-mixed tumour"
[body]
name = "{body}"
[trafficking]
name = "{trafficking}"
{doses}
[tumour]
host = "flank"
{tumour}
[geometry]
shape = "ball"
radius = "{radius!r} mm"
cells = {cells}
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "{diffusivity!r} mm^2/day"
[time]
end = "{end!r} day"
save = [{save}]
[solver]
tolerance = {tolerance!r}
"""
BOLUS = '[[doses]]\ncells = "3e6 cells"'


@dataclass(frozen=True, kw_only=True)
class Lumped:
    """One study of a well-mixed tumour: how it is dosed and fed, and its exact solution."""

    body: str = "mouse_28g"
    trafficking: str = "khot2019"
    doses: str = BOLUS
    tumour: str = ""
    radius: float = 2.5
    cells: int = 3
    diffusivity: float = 1e3
    end: float = 1.0
    save: str = ""
    tolerance: float = 5e-6

    @cached_property
    def study(self) -> Study:
        """The study."""
        names = ("body", "trafficking", "doses", "tumour", "radius", "cells")
        more = ("diffusivity", "end", "save", "tolerance")
        return Study.from_text(_TEXT.format(**{n: getattr(self, n) for n in (*names, *more)}))

    @property
    def coupled(self) -> Coupled:
        """Body and tumour as the package couples them."""
        return self.study.simulation.coupled

    def start(self) -> State:
        """Return the state at time 0, with what is given at once there."""
        coupled = self.coupled
        state = coupled.start(self.study.simulation.initial, 0.0)
        for dose in coupled.doses:
            if dose.bolus and dose.time == 0.0:
                state = coupled.given(dose, state)
        return state

    def march(self, times: Array) -> State:
        """Return the state after one plain step between each two of `times` (days)."""
        state = self.start()
        for before, after in pairwise(times):
            state = self.coupled.step(state, float(after - before))
        return state

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Compartments of the exact solution: the network's, and the tumour's tissue."""
        return (*self.study.organs.names, "tumour_tissue")

    @cached_property
    def rates(self) -> Array:
        """The matrix of the exact solution, 1/day."""
        vessels = TumourVessels(
            volume=self.study.geometry.volume,
            host=host_organs("flank"),
            node=self.study.organs.names[self.study.organs.draining],
        )
        body, model = load_body(self.body), load_trafficking(self.trafficking)
        rates = rate_matrix(body, model, vessels, self.names)
        # Cells leave from a part of the tumour only, at the rate of the whole.
        place = self.study.geometry
        left_from = place.region(self.study.tumour.egress_region)
        rates[:, self.names.index("tumour_tissue")] *= left_from @ place.cell_volumes / place.volume
        return rates

    def exact(self, time: float) -> Array:
        """Return the cells in every compartment at `time`, dosed by one bolus or one infusion."""
        (dose,) = self.coupled.doses
        cells = np.zeros(len(self.names))
        venous = self.names.index("venous")
        if dose.bolus:
            cells[venous] = dose.cells
            return np.asarray(expm(self.rates * time) @ cells)
        # Once more cells, in a compartment that feeds the veins at the rate of the infusion.
        size = len(self.names)
        augmented = np.zeros((size + 1, size + 1))
        augmented[:size, :size] = self.rates
        augmented[venous, size] = dose.rate
        return np.asarray(expm(augmented * time)[:size, size])

    def found(self, state: State) -> Array:
        """Return the coupled state's cells in the order of `names`."""
        cells = np.zeros(len(self.names))
        cells[: len(state.body)] = state.body[:, 0]
        cells[self.names.index("lost")] = state.ledger.died[0]
        cells[self.names.index("tumour_tissue")] = self.coupled.in_tumour(state.tumour)[0]
        return cells

    def error(self, state: State, time: float) -> float:
        """Return the largest relative error of any organ that holds cells."""
        exact, found = self.exact(time), self.found(state)
        filled = exact > 1e-9 * exact.sum()
        return float(np.max(np.abs(found[filled] / exact[filled] - 1.0)))


def graded(steps: int, end: float, steepness: float = 9.0) -> Array:
    """Return times from 0 to `end` (days) whose steps grow by the same factor."""
    return np.asarray(
        end * np.expm1(steepness * np.linspace(0, 1, steps + 1)) / np.expm1(steepness)
    )
