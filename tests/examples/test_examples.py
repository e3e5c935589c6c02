"""Each example runs its first days and gives the number that it gave when it was checked."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cartflow.study.study import Study

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _load(name):
    spec = importlib.util.spec_from_file_location(Path(name).name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mouse_flank_reached_by_the_cells_of_half_a_day():
    settings = {"time.end": "0.5 day", "time.every": "0.25 day", "solver.tolerance": 1e-4}
    numbers = Study.from_file(EXAMPLES / "mouse_flank.toml", settings).run().summary()
    assert numbers["reached_tumour"] == pytest.approx(518.07, rel=1e-4)
    assert numbers["relative_residual"] < 1e-10


@pytest.mark.parametrize(
    ("name", "dose", "days", "cells"),
    [("mouse_flank", 3e6, 0.5, 518.07), ("human_brain", 1e8, 2.0, 1089.50)],
)
def test_the_organ_network_alone_hands_over_as_much(name, dose, days, cells):
    # The matrix exponential of the network, without what the tumour gives back.
    organs = Study.from_file(EXAMPLES / f"{name}.toml").organs
    start = np.zeros(len(organs.compartments))
    start[organs.index("venous")] = dose
    handed_over = (expm(days * organs.rates) @ start)[organs.index("handed_over")]
    assert handed_over == pytest.approx(cells, rel=1e-4)


def test_human_brain_reached_by_the_cells_of_two_days():
    settings = {"time.end": "2 day", "time.every": "1 day", "solver.tolerance": 1e-3}
    numbers = Study.from_file(EXAMPLES / "human_brain.toml", settings).run().summary()
    assert numbers["reached_tumour"] == pytest.approx(1089.50, rel=1e-4)
    assert numbers["relative_residual"] < 1e-10


def test_marrow_leukaemia_of_ten_days():
    settings = {"time.end": "10 day", "time.every": "1 day"}
    result = Study.from_file(EXAMPLES / "marrow_leukaemia.toml", settings).run()
    body = result.tree["body"].to_dataset().isel(site=0)
    # The same organs and kinetics by SciPy's Radau.
    assert float(body["density_cart"][-1]) == pytest.approx(233.789048, rel=1e-5)
    assert float(body["density_tumour"][-1]) == pytest.approx(1.18028618, rel=1e-5)
    assert result.summary()["relative_residual"] < 1e-12


def test_flank_schedule_opens_the_matrix_as_its_enzyme_alone_would():
    settings = {"time.end": "12 days", "time.every": "1 day", "geometry.cells": 6}
    settings |= {"solver.tolerance": 1e-4}
    result = Study.from_file(EXAMPLES / "flank_schedule.toml", settings).run()
    assert [each.partition(" at ")[2] for each in result.tree.attrs["events"].split("; ")] == [
        "7 day",
        "7.25 day",
        "10 day",
    ]

    # Enzyme and matrix, the same everywhere: amounts per mm3, in pores that open.
    def slope(_time, state, supply):
        enzyme, matrix = state
        pores = 0.4 - 0.2 * matrix
        return [supply - enzyme, -2.0 * enzyme / pores * matrix]

    state = [0.0, 1.0]
    for span, supply in (((7.0, 7.25), 0.4), ((7.25, 12.0), 0.0)):
        state = solve_ivp(slope, span, state, args=(supply,), rtol=1e-10, atol=1e-14).y[:, -1]
    assert float(result.tree["tumour"]["ecm"][-1].mean()) == pytest.approx(state[1], rel=1e-4)
    assert result.summary()["relative_residual"] < 1e-12


def test_spheroid_cells_of_a_day():
    settings = {"time.end": "1 day", "time.every": "1 day"}
    result = Study.from_file(EXAMPLES / "spheroid_cells.toml", settings).run()
    # The nearest whole number to 2.8e5 cells/mm3 in a ball of 0.15 mm, and the five of the dose.
    assert result.summary()["residents_start"] == pytest.approx(3958, abs=1e-6)
    assert result.tree["cells"]["row_size"].values[0] == 3963
    assert result.summary()["relative_residual"] == 0.0


XENOGRAFT = _load("xenograft/measure")


@pytest.mark.parametrize("switch", XENOGRAFT.SWITCHES)
def test_every_switch_of_the_xenograft_is_a_study(switch):
    for body in XENOGRAFT.BODIES.values():
        study = Study.from_file(XENOGRAFT.STUDY, {**XENOGRAFT.SWITCHES[switch], **body})
        assert study.simulation.coupled.doses[0].cells == pytest.approx(
            float(body["doses.0.cells"].split()[0])
        )


def test_what_a_xenograft_is_spared_costs_delivery_or_tumour():
    short = {**XENOGRAFT.BODIES["mouse"], "time.end": "7 days", "solver.tolerance": 1e-5}
    found = {
        name: XENOGRAFT.measure({**XENOGRAFT.SWITCHES[name], **short})
        for name in (
            "as it is",
            "10 % of cells without antigen",
            "host clears the product from blood",
            "sink: antigen in marrow and spleen",
        )
    }
    plain, negative, cleared, sink = found.values()
    assert cleared[0] < 0.9 * plain[0]
    assert sink[0] < 0.95 * plain[0]
    assert negative[0] == pytest.approx(plain[0], rel=0.05)
    assert negative[1] > plain[1]


@pytest.mark.skipif(not DATA.is_dir(), reason="the tumour masks are not beside the repository")
def test_human_brain_in_a_real_mask():
    mask = DATA / "pyradiomics_tumours" / "brain1_label.nrrd"
    settings = {
        "geometry": {"shape": "mask", "file": str(mask)},
        "time.end": "0.5 day",
        "solver.tolerance": 1e-3,
    }
    study = Study.from_file(EXAMPLES / "human_brain.toml", settings)
    result = study.run()
    assert study.geometry.volume == pytest.approx(16412.658691, rel=1e-6)
    assert result.outcome.status == "finished"
    assert result.summary()["relative_residual"] < 1e-10


def test_infiltration_is_shallower_where_the_tissue_is_more_tortuous():
    script = _load("infiltration_depth")
    straight, tortuous = (script.depth("8 um^2/min", t, "1 day") for t in (1.0, 2.0))
    assert straight == pytest.approx(0.264, abs=0.005)
    assert tortuous < straight


def test_normal_b_cells_rest_without_cells_and_are_lost_where_these_go():
    settings = {"time.end": "10 days", "time.every": "5 days", "solver.tolerance": 1e-5}
    study = Study.from_file(EXAMPLES / "b_cell_aplasia.toml", settings)
    rest = study.with_settings({"doses": []}).run().tree["body"]["density_b_cell"]
    np.testing.assert_allclose(rest[-1], [2000.0, 200.0, 200.0], rtol=1e-12)
    result = study.run()
    cells = result.tree["body"]["density_b_cell"].values
    assert np.all(cells[-1] < 0.05 * cells[0])
    assert result.summary()["relative_residual"] < 1e-12


def test_interleukin_6_shows_in_blood_and_an_antibody_in_the_tumour():
    settings = {"time": {"end": "2.2 days", "every": "1.1 days"}, "solver.tolerance": 1e-2}
    settings["solver.time_check"] = False
    result = Study.from_file(EXAMPLES / "il6_and_antibody.toml", settings).run()
    group = result.tree["circulating"].to_dataset().isel(time=-1)
    assert float(group["plasma_il6"]) == pytest.approx(3.14e-9, rel=0.02)
    assert float(group["in_tumour_antibody"]) == pytest.approx(1016.6, rel=0.02)
    for name in ("il6", "antibody"):
        size = float(group[f"infused_{name}"] + group[f"made_{name}"])
        assert abs(float(group[f"residual_{name}"])) <= 1e-12 * size
