"""A well-mixed tumour in every body and host, by every route, beside the lumped organ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from cartflow.coupling.state import State
from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.files.load import load_body
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.routes import CAVITY_ROUTES, HOSTS_OF_ROUTES
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.tumour import PLACES
from cartflow.study.study import Study

Array = np.ndarray

BODIES = (
    "mouse_28g",
    "mouse_20g",
    "rat_250g",
    "child_1y",
    "child_5y",
    "child_10y",
    "child_15y",
    "human_female",
    "human_male",
    "human_71kg",
)
HOSTS = (*PLACES, *ORGANS)
ROUTES = ("intravenous", "intratumoural", "tumour_artery", *HOSTS_OF_ROUTES)
# Cells that begin in the tumour or beside it: all that organs hold has come through the door.
LOCAL = ("intratumoural", *CAVITY_ROUTES)
# Models in which no cell reaches the nodes but from the tumour.
TUMOUR_ALONE = ("brown2021", "leon_triana2021", "singh2021", "singh2021_effector")

_TEXT = """
title = "A well-mixed tumour"
[body]
name = "{body}"
[trafficking]
name = "{model}"
[[doses]]
cells = "1e6 cells"
route = "{route}"
[tumour]
host = "{host}"
like = "{like}"
{tumour}
[geometry]
shape = "ball"
radius = "{radius!r} mm"
cells = 3
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "1e3 mm^2/day"
[time]
end = "1 day"
save = ["1 min", "5 min", "1 hour", "6 hour"]
"""
_FED_BY_CAVITY = 'cavity_entry_rate = "0.5 1/h"'
_DOSE = 1e6
_LEAST = 1e-5  # of the dose; an organ that holds less is not compared, the tumour always


class Place(NamedTuple):
    """Which body, trafficking model, host and route, and whose vessels the tumour has."""

    body: str
    model: str
    host: str
    route: str
    like: str = "default"


class Measured(NamedTuple):
    """The largest relative error of any organ, and residual of the balance over the dose."""

    error: float
    residual: float


# Models with a tumour of their own, where they apply.
OTHERS = (
    *(Place("mouse_28g", "singh2020", h, "intravenous") for h in ("flank", "liver", "brain")),
    *(Place("human_male", "singh2020", h, "intravenous") for h in ("flank", "lung")),
    Place("mouse_28g", "singh2020", "flank", "intratumoural"),
    *(
        Place("mouse_tsai2022_liver", "tsai2022_liver", "liver", r)
        for r in ("intravenous", "hepatic_artery", "intratumoural")
    ),
    *(
        Place("mouse_tsai2022_liver", "tsai2022_liver", "liver", r, "published")
        for r in ("intravenous", "hepatic_artery", "portal_vein", "tumour_artery")
    ),
    Place("human_male", "tsai2022_liver", "liver", "hepatic_artery"),
    Place("human_male", "tsai2022_liver", "liver", "portal_vein", "published"),
    Place("mouse_28g", "singh2020", "flank", "intravenous", "published"),
    Place("mouse_28g", "brown2021", "flank", "intravenous"),
    Place("human_male", "brown2021", "brain", "carotid_artery"),
    Place("human_male", "leon_triana2021", "brain", "intravenous"),
    Place("human_male", "leon_triana2021", "brain", "intravenous", "published"),
    Place("human_male", "singh2021", "bone_marrow", "intravenous"),
    Place("human_male", "singh2021_effector", "bone_marrow", "intravenous"),
)


def ways() -> list[tuple[str, str]]:
    """Return every host with every route that leads there; its own artery leads to any tumour."""
    hosts = {**HOSTS_OF_ROUTES, "tumour_artery": ("flank",)}
    return [(h, r) for h in HOSTS for r in ROUTES if h in hosts.get(r, (h,))]


def places(every_body: bool) -> Iterator[Place]:
    """Yield every host and route in every body, or in one body after the other; then `OTHERS`."""
    for number, (host, route) in enumerate(ways()):
        for body in BODIES if every_body else (BODIES[number % len(BODIES)],):
            yield Place(body, "khot2019", host, route)
    yield from OTHERS


def study_of(place: Place, settings: Mapping[str, float] | None = None) -> Study:
    """Return the study of a place, with default settings but for those given."""
    tumour = _FED_BY_CAVITY if place.route in CAVITY_ROUTES else ""
    radius = _radius(load_body(place.body).body_weight.value)
    text = _TEXT.format(**place._asdict(), tumour=tumour, radius=radius)
    return Study.from_text(text, settings=settings)


def measured(place: Place, settings: Mapping[str, float] | None = None) -> Measured:
    """Return the errors of one coupled run, at five times of a day; see `study_of`."""
    study = study_of(place, settings)
    record = study.simulation.run()
    if record.outcome.status != "finished":
        return Measured(np.nan, np.nan)
    lumped = lumped_organ(study)
    start = start_of(lumped, place.route)
    stepper = NetworkStepper(network=lumped)
    errors, gaps = [], []
    for state in record.states[1:]:
        exact = stepper.step(start, state.time)[:, 0]
        found = cells_of(study, lumped, state)
        errors.append(largest_error(lumped, found, exact))
        gaps.append(abs(found.sum() - float(state.ledger.infused.sum())) / _DOSE)
    return Measured(float(max(errors)), float(max(gaps)))


def largest_error(lumped: OrganNetwork, found: Array, exact: Array) -> float:
    """Return the largest relative error of the tumour and all organs that hold some cells."""
    filled = exact > _LEAST * _DOSE
    filled[lumped.index("tumour_tissue")] = True
    return float(np.max(np.abs(found[filled] / exact[filled] - 1.0)))


def worst(found: Iterable[Measured]) -> Measured:
    """Return the largest error and the largest residual, or nan if a run did not finish."""
    errors, residuals = np.array(list(found)).T
    return Measured(float(np.max(errors)), float(np.max(residuals)))


def _radius(weight: float) -> float:
    """Return the radius, in mm, of a tumour of 0.015 % of the body's `weight` (ng)."""
    return float(np.cbrt(weight / 28e9))


def lumped_organ(study: Study) -> OrganNetwork:
    """Return the organ network with the tumour's tissue as a compartment."""
    return organ_network(
        study.body,
        study.trafficking,
        scaling=study.scaling(),
        tumour=study.vessels(),
        cavities=study.cavities(),
        lumped=True,
    )


def start_of(lumped: OrganNetwork, route: str) -> Array:
    """Return the lumped cells (compartments, 1) at the start."""
    if route != "intratumoural":
        return np.asarray(_DOSE * lumped.entry(route)[:, None])
    start = np.zeros((len(lumped.names), 1))
    start[lumped.index("tumour_tissue")] = _DOSE
    return start


def cells_of(study: Study, lumped: OrganNetwork, state: State) -> Array:
    """Return the coupled state's cells in the order of the lumped compartments."""
    own, coupled = study.organs, study.simulation.coupled
    special = {
        "lost": state.ledger.died[0],
        "handed_over": 0.0,
        "tumour_tissue": coupled.in_tumour(state.tumour)[0],
    }
    cells = [
        special[name] if name in special else state.body[own.index(name), 0]
        for name in lumped.names
    ]
    return np.array(cells, dtype=float)
