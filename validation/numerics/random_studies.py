"""Studies drawn at random, with every kind of term, and what their balance leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.study.study import Study

Array = np.ndarray

_TEXT = """
title = "A study drawn at random"
[body]
name = "{body}"
[trafficking]
name = "{trafficking}"
[[doses]]
cells = "{first:.9g} cells"
[[doses]]
route = "{route}"
cells = "2e6 cells"
time = "{time!r} day"
duration = "{duration!r} day"
[tumour]
host = "flank"
injection_region = "all"
{feeding}
{geometry}
[kinetics]
models = {models}
[fields.cart]
diffusivity = "{motility!r} mm^2/day"
initial = "{initial!r} cells/mm^3"
{fields}
[tissue]
porosity = 0.3
[time]
end = "0.3 day"
save = ["1 min", "0.15 day"]
[solver]
tolerance = 1e-3
engine = "{engine}"
"""
_GEOMETRIES = {
    "rim": '[geometry]\nshape = "ball"\nradius = "2 mm"\ncells = 8',
    "right": '[geometry]\nshape = "slab"\nlength = "2 mm"\ncells = 8',
    "front": '[geometry]\nshape = "box"\nlengths = ["2 mm", "3 mm", "4 mm"]\ncells = [2, 3, 3]',
}
_MODELS = (
    '["none"]',
    '["predator_prey"]',
    '["predator_prey_exhaustion"]',
    '["predator_prey", "chemokine"]',
    '["predator_prey", "matrix_degradation"]',
    '["sahoo2020"]',
)
OPEN = """
[fields.cart.boundaries.{boundary}]
type = "robin"
transfer_coefficient = "0.2 mm/day"
exterior = "30 cells/mm^3"
"""
SOURCE = """
[fields.cart.regions.core]
supply = "200 cells/mm^3/day"
removal = "0.4 1/day"
"""
CLIMB = """
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "receptor"
sensitivity = "1e3 mm^5/ng/day"
half_saturation = "1e-3 ng/mm^3"
maximal_speed = "0.5 um/min"
[fields.chemokine]
diffusivity = "2 mm^2/day"
"""
_TUMOUR = """
[fields.tumour]
initial = "{tumour!r} cells/mm^3"
"""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One run: its largest residual over infused + born, and its least value of anything.

    `sinking` is the largest fall of a count that can only rise, over the same.
    """

    text: str
    engine: str
    residual: float
    lowest: float
    sinking: float


def draw(number: int, seed: int = 20) -> list[str]:
    """Return the texts of `number` studies, the same for the same seed; ``engine`` is open."""
    random = np.random.default_rng(seed)
    return [_draw(random) for _ in range(number)]


def _draw(random: np.random.Generator) -> str:
    def one(*choices: object) -> str:
        return str(choices[random.integers(len(choices))])

    boundary, models = one(*_GEOMETRIES), one(*_MODELS)
    fields = one("", OPEN.format(boundary=boundary)) + one("", SOURCE)
    fields += CLIMB if "chemokine" in models else ""
    if "predator" in models:
        fields += _TUMOUR.format(tumour=float(random.uniform(1e2, 9e4)))
    body = one("mouse_28g", "human_male")
    return _TEXT.format(
        body=body,
        trafficking=one("khot2019", "singh2020"),
        first=10.0 ** random.uniform(3, 8),
        route=one("intravenous", "intratumoural"),
        time=float(random.uniform(0.01, 0.2)),
        duration=float(one(0.0, 0.02, 0.1)),
        feeding=one("", f'feeding = "rim"\nboundary = "{boundary}"'),
        geometry=_GEOMETRIES[boundary],
        models=models,
        motility=float(one(0.0, 1e-3, 0.1, 2.0)),
        initial=float(one(0.0, 300.0)),
        fields=fields,
        engine="{engine}",
    )


def balance(text: str, engine: str) -> Balance:
    """Run a study and return its balance, added up here from states and ledger.

    A run that stopped early has nan for all of it.
    """
    simulation = Study.from_text(text.replace("{engine}", engine)).simulation
    record = simulation.run()
    if record.outcome.status != "finished":
        nothing = float("nan")
        return Balance(text=text, engine=engine, residual=nothing, lowest=nothing, sinking=nothing)
    network, problem = simulation.coupled.network, simulation.coupled.engine.problem
    product = problem.network.is_product
    held = [n not in ("lost", "handed_over") for n in network.names]
    worst, lowest, sinking, before = 0.0, np.inf, 0.0, None
    for state in record.states:
        ledger = state.ledger
        counted = ledger.infused + ledger.born - ledger.died + ledger.converted
        there = state.body[held].sum(axis=0)
        there = there + state.tumour[product] @ problem.geometry.cell_volumes
        turnover = float(ledger.infused.sum() + ledger.born.sum())
        gap = np.abs(counted - there)
        gaps = [gap.max(), abs(float((counted - there).sum())), abs(float(ledger.converted.sum()))]
        worst = max(worst, *(float(g) / turnover for g in gaps))
        lowest = min(lowest, float(state.body.min()), float(state.tumour.min()))
        if before is not None:
            for name in ("infused", "born", "died", "inflow", "egress"):
                fall = float(np.max(getattr(before, name) - getattr(ledger, name)))
                sinking = max(sinking, fall / turnover)
        before = ledger
    return Balance(text=text, engine=engine, residual=worst, lowest=lowest, sinking=sinking)
