"""A tumour whose volume follows its cells: exact courses, invariants, observed orders."""

import numpy as np
import pytest
from growth_studies import IN_MOUSE, STUDY, growing_study
from scipy.integrate import cumulative_simpson

from cartflow.coupling.ledger import residual
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.study import Study

BALL = 'shape = "ball"\nradius = "1 mm"'
SHAPES = {
    "slab": 'shape = "slab"\nlength = "1 mm"',
    "cylinder": 'shape = "cylinder"\nradius = "1 mm"',
    "ball": BALL,
}
DIMENSIONS = {"slab": 1, "cylinder": 2, "ball": 3}


def ran(study):
    simulation = study.simulation
    record = simulation.run()
    assert record.outcome.status == "finished", str(record.outcome)
    return simulation.coupled, record.states


def rows(coupled, *names):
    return [coupled.engine.problem.network.index(name) for name in names]


def filled(coupled, states):
    return np.array([coupled.growth.filled(coupled.densities(state)) for state in states])


@pytest.mark.parametrize("shape", SHAPES)
def test_even_growth_is_exponential(shape, tmp_path):
    # Food is carried along and thinned, so that d(volume)/dt = growth_rate x food x volume is even.
    study = growing_study(
        tmp_path, STUDY.replace(BALL, SHAPES[shape]), **{"fields__food__initial": "2"}
    )
    coupled, states = ran(study)
    times = np.array([state.time for state in states])
    volumes = np.array([state.expansion for state in states])
    assert volumes == pytest.approx(1.0 + 0.3 * 2.0 * times, rel=1e-6)
    (marker,) = rows(coupled, "marker")
    for state in states:
        assert coupled.densities(state)[marker] == pytest.approx(1.0 / state.expansion, rel=1e-12)
    assert coupled.stretch(states[-1]) == pytest.approx(volumes[-1] ** (1.0 / DIMENSIONS[shape]))


def core_and_rim(study):
    radii = study.geometry.coordinates[study.geometry.dims[0]]
    return study.with_field("food", initial=np.where(radii > 0.7, 3.0, 0.0))


def test_even_fields_stay_even_where_the_mesh_moves_through_them(tmp_path):
    """Living and dead cells are uneven, and are made unevenly; together they fill the tissue."""
    settings = {"kinetics__parameters__killing_rate": "1e-3 mm^3/cell/day"}
    settings["fields__cart__initial"] = "500 cells/mm^3"
    coupled, states = ran(core_and_rim(growing_study(tmp_path, **settings)))
    (marker,) = rows(coupled, "marker")
    last = coupled.densities(states[-1])
    assert states[-1].expansion > 1.1
    assert np.ptp(last[marker]) > 0.3
    assert filled(coupled, states) == pytest.approx(1.0, abs=1e-12)
    # What only moves is as much as it was.
    amounts = [float(state.tumour[marker] @ coupled.volumes) for state in states]
    assert np.array(amounts) == pytest.approx(amounts[0], rel=1e-13)


def manufactured(study, cells):
    """Return a study with smooth food and marker, and what they come to, by exact integrals.

    Food goes with the tissue, so that a piece of tissue X becomes 1 + s f0(X) t times as large.
    """
    study = study.with_settings({"geometry.cells": cells})
    radii = study.geometry.coordinates[study.geometry.dims[0]]
    food, marker = (lambda x: 1.0 + np.cos(np.pi * x)), (lambda x: 2.0 + np.cos(2.0 * np.pi * x))
    mine = study.with_field("food", initial=food(radii)).with_field("marker", initial=marker(radii))
    fine = np.linspace(0.0, 1.0, 20001)

    def exact(at, time, dimensions=3):
        larger = 1.0 + 0.3 * food(fine) * time
        place = cumulative_simpson(
            larger * dimensions * fine ** (dimensions - 1), x=fine, initial=0.0
        ) ** (1.0 / dimensions)
        return place[-1], np.interp(at, place, marker(fine) / larger)

    return mine, exact


def test_second_order_in_space_against_an_exact_course(tmp_path):
    errors, sizes = [], []
    for cells in (20, 40, 80):
        study, exact = manufactured(growing_study(tmp_path, solver__tolerance=1e-7), cells)
        coupled, states = ran(study)
        last, (marker,) = states[-1], rows(coupled, "marker")
        radii = coupled.engine.problem.geometry.coordinates["r"] * coupled.stretch(last)
        radius, wanted = exact(radii, last.time)
        found = coupled.densities(last)[marker]
        errors.append(float(np.abs(found - wanted) @ coupled.volumes) / coupled.volumes.sum())
        sizes.append(abs(coupled.stretch(last) / radius - 1.0))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert orders.min() > 1.6, (errors, orders)
    # The volume is that of sums, whatever the scheme: the error is that of the start's midpoints.
    assert sizes[-1] < 2e-4
    assert sizes[0] / sizes[-1] > 10.0


def test_third_order_in_time(tmp_path):
    """Steps of one length each, as maximum_step with a loose tolerance makes them."""
    ends = []
    for step in ("0.2 day", "0.1 day", "0.05 day", "0.0125 day"):
        study = growing_study(
            tmp_path,
            solver__tolerance=0.1,
            solver__initial_step=step,
            solver__maximum_step=step,
            solver__minimum_step="1e-6 day",
            kinetics__parameters__killing_rate="1e-3 mm^3/cell/day",
            fields__cart__initial="500 cells/mm^3",
        )
        ends.append(ran(core_and_rim(study))[1][-1].expansion)
    errors = np.abs(np.array(ends[:-1]) - ends[-1])
    assert np.log2(errors[:-1] / errors[1:]).min() > 2.7, errors


def test_cells_are_counted_with_a_body_beside(tmp_path):
    settings = {
        "kinetics__parameters__killing_rate": "1e-2 mm^3/cell/day",
        "fields__cart__diffusivity": "2 um^2/min",
    }
    coupled, states = ran(core_and_rim(growing_study(tmp_path, IN_MOUSE, **settings)))
    last = states[-1]
    inside = coupled.in_tumour(last.tumour)
    gap = residual(last.ledger, in_body(coupled.network, last.body), inside, 0.0 * inside)
    assert float(inside[0]) > 1.0
    assert abs(gap[0]) <= 1e-12 * last.ledger.infused[0]
    assert last.ledger.inflow[0] > inside[0]
    assert filled(coupled, states) == pytest.approx(1.0, abs=1e-11)


def test_vessels_follow_the_volume(tmp_path):
    """The body's rates at any volume are those of a network made for a tumour of that volume."""
    study = growing_study(tmp_path, IN_MOUSE)
    arrays = study.simulation.coupled.arrays
    vessels = study.vessels()
    for times in (0.3, 4.0):
        of_size = organ_network(
            study.body,
            study.trafficking,
            scaling=study.scaling(),
            tumour=type(vessels)(**{**vars(vessels), "volume": times * vessels.volume}),
        )
        rates = arrays.body + (times - 1.0) * arrays.vessels
        assert rates == pytest.approx(of_size.rates, rel=1e-9, abs=1e-9)


STILL = '[geometry.growth]\ncells = ["stroma"]\n'
MOUSE = """
title = "as it was"
body.name = "mouse_28g"
trafficking.name = "khot2019"
[[doses]]
cells = "1e6 cells"
[tumour]
host = "flank"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 10
{growth}
[kinetics]
models = ["predator_prey", "chemokine", "stroma.toml"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "logarithmic"
sensitivity = "0.2 mm^2/day"
half_saturation = "1e-4 ng/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.stroma]
initial = "1e4 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
boundaries.rim = {{ type = "fixed_value", value = "0 ng/mm^3" }}
[time]
end = "1 day"
every = "1 day"
[solver]
time_check = false
"""


def test_a_tumour_that_does_not_grow_is_as_one_that_stays(tmp_path):
    (tmp_path / "stroma.toml").write_text(
        'title = "s"\n[species.stroma]\nrole = "resident"\nunit = "cell/mm^3"\n', encoding="utf-8"
    )
    grown, plain = (
        ran(Study.from_text(MOUSE.format(growth=growth), folder=tmp_path))[1][-1]
        for growth in (STILL, "")
    )
    assert grown.expansion == 1.0
    assert grown.tumour == pytest.approx(plain.tumour, rel=5e-4)
    assert grown.body == pytest.approx(plain.body, rel=5e-4, abs=1e-3)
