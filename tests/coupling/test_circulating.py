"""What circulates beside cells, with the tumour: one balance, lumped limits, a steady profile."""

from textwrap import dedent

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

UPTAKE = """
title = "A solute that tissue makes and takes up"
references = []
notes = "A test."
[species.cart]
role = "phenotype"
[species.drug]
role = "solute"
unit = "ng/mm^3"
[parameters.uptake]
value = "20 1/day"
source = "assumed"
standing = "assumed"
[parameters.making]
value = "0 ng/mm^3/day"
source = "assumed"
standing = "assumed"
[reactions.taken_up]
consumes = { drug = 1 }
rate = "uptake*drug"
[reactions.made]
produces = { drug = 1 }
rate = "making"
"""

STUDY = """
title = "A solute between blood and tissue"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[tumour]
host = "flank"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 4
[kinetics]
models = ["uptake.toml"]
[tissue]
porosity = "0.3"
[fields.drug]
diffusivity = "10 um^2/s"
[circulating.drug]
like = "protein"
numbers = { molar_mass = "21 kg/mol", elimination_rate = "2 1/day" }
[[circulating.drug.doses]]
amount = "1 mg/kg"
[solver]
tolerance = 1e-6
time_check = false
mesh_check = false
[time]
end = "1 day"
save = ["0.1 days", "0.5 days"]
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "uptake.toml").write_text(UPTAKE)

    def read(settings=None, text=STUDY):
        return Study.from_text(dedent(text), folder=tmp_path, settings=settings or {})

    return read


def balance(result, name="drug"):
    group = result.tree["circulating"]
    size = (group[f"infused_{name}"] + group[f"made_{name}"]).max()
    return float(abs(group[f"residual_{name}"]).max() / size)


def lumped(study, uptake, making):
    """Return amounts (compartments..., tissue) in time of the circulation with a mixed tissue."""
    coupled = study.prepared.coupled
    circulation = coupled.organs.circulating[0]
    way, volume = circulation.tumour, coupled.engine.problem.geometry.volume
    porosity, entered = 0.3, circulation.index(way.entered)
    start = np.append(circulation.start, 0.0)
    start[circulation.index("venous")] = sum(dose.amount for dose in coupled.solute_doses)

    def change(_, y):
        result = np.append(circulation.rates @ y[:-1], 0.0)
        concentration = y[-1] / (porosity * volume)
        into, result[entered] = result[entered], 0.0
        back = volume * concentration * np.array([way.to_vessels, way.to_node])
        result[circulation.index(way.vessels)] += back[0]
        result[circulation.index(way.node)] += back[1]
        # Both reactions are among solutes: per mm3 of pore fluid.
        fluid = porosity * volume * (making - uptake * concentration)
        result[-1] = into - back.sum() + fluid
        return result

    times = list(study.prepared.save_times)
    found = solve_ivp(
        change, (0, times[-1]), start, method="BDF", t_eval=times, rtol=1e-10, atol=1e-8
    )
    return found.y[circulation.index("venous")] / circulation.volumes[0], found.y[-1]


@pytest.mark.parametrize(("uptake", "making", "dosed"), [(20.0, 0.0, 1.0), (0.0, 50.0, 1e-9)])
def test_in_even_tissue_it_is_the_lumped_system(study, uptake, making, dosed):
    one = study(
        {
            "kinetics.parameters.uptake": f"{uptake} 1/day",
            "kinetics.parameters.making": f"{making} ng/mm^3/day",
            "circulating.drug.doses.0.amount": f"{dosed} mg/kg",
        }
    )
    result = one.run()
    plasma, inside = lumped(one, uptake, making)
    group = result.tree["circulating"]
    assert result.outcome.status == "finished"
    np.testing.assert_allclose(group["in_tumour_drug"][1:], inside[1:], rtol=1e-5)
    np.testing.assert_allclose(group["plasma_drug"][1:], plasma[1:], rtol=1e-5)
    assert balance(result) <= 1e-12


SPHEROID = {
    "tumour.feeding": "rim",
    "geometry": {"shape": "ball", "radius": "0.3 mm", "cells": 120},
    "circulating.drug.permeability": "0.1 mm/day",
    "circulating.drug.numbers.elimination_rate": "200 1/day",
    "circulating.drug.doses": [{"amount": "10 mg/kg", "duration": "2 days"}],
    "solver.tolerance": 1e-5,
    "time": {"end": "2 days"},
}


@pytest.mark.parametrize("uptake", [2.0, 60.0])
def test_steady_penetration_is_that_of_thiele(study, uptake):
    result = study({**SPHEROID, "kinetics.parameters.uptake": f"{uptake} 1/day"}).run()
    group, tumour = result.tree["circulating"], result.tree["tumour"]
    outside = float(group["concentration_drug"].sel(place="tumour")[-1, 0])
    r, radius, diffusivity = tumour["r"].values, 0.3, 10e-6 * 86400
    modulus = radius * np.sqrt(uptake / diffusivity)
    biot = 0.1 * radius / (0.3 * diffusivity)
    surface = outside * biot / (biot + modulus / np.tanh(modulus) - 1.0)
    exact = surface * radius * np.sinh(modulus * r / radius) / (r * np.sinh(modulus))
    np.testing.assert_allclose(tumour["drug"].isel(time=-1), exact, rtol=1e-3)
    assert balance(result) <= 1e-12


SHORT = {"solver.tolerance": 1e-3, "time": {"end": "0.1 day"}}


def test_voxels_close_the_balance(study):
    box = {"shape": "box", "lengths": ["1 mm", "1 mm", "1 mm"], "cells": [3, 3, 3]}
    result = study({**SHORT, "geometry": box}).run()
    assert result.outcome.status == "finished"
    assert balance(result) <= 1e-12


@pytest.mark.slow
def test_the_reference_engine_gives_the_same(study):
    results = [study({**SHORT, "solver.engine": engine}).run() for engine in ("fast", "fipy")]
    inside = [float(r.tree["circulating"]["in_tumour_drug"][-1]) for r in results]
    assert inside[0] == pytest.approx(inside[1], rel=2e-3)
    assert balance(results[1]) <= 1e-12


def test_a_run_goes_on_to_the_bit(study):
    one = study(SHORT)
    records = []
    one.run(keep=lambda make: records.append(make()))
    whole = one.run()
    again = one.run(since=records[len(records) // 2])
    for name, values in whole.tree["circulating"].data_vars.items():
        np.testing.assert_array_equal(values, again.tree["circulating"][name])


def test_what_events_take_out_of_the_tumour_is_counted(study):
    events = [{"time": "0.05 day", "remove": {"fraction": 0.5}}]
    result = study({**SHORT, "events": events}).run()
    assert float(result.tree["circulating"]["removed_drug"][-1]) > 0
    assert balance(result) <= 1e-12


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"permeability": "1 mm/day"}, "vessel_surface"), ({"vessel_surface": "20 1/mm"}, "permeab")],
)
def test_half_a_wall_of_the_vessels_is_refused(study, given, missing):
    settings = {f"circulating.drug.{key}": value for key, value in given.items()}
    with pytest.raises(InputError, match=rf"circulating\.drug\.{missing}.*is missing"):
        study(settings).run()
