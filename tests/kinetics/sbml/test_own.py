"""SBML out and in: the same derivative and the same course; what is refused."""

import numpy as np
import pytest

from cartflow.kinetics.load import load_model, names
from cartflow.kinetics.sbml.export import to_sbml, write_sbml
from cartflow.kinetics.sbml.reading import read_sbml
from cartflow.kinetics.timeline import with_end
from cartflow.kinetics.trajectory import run
from cartflow.outcome import InputError

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed")


@pytest.mark.parametrize("name", names())
def test_round_trip(name, tmp_path):
    model = load_model(name)
    scenario = next(iter(model.scenarios), None)
    path = tmp_path / f"{name}.xml"
    write_sbml(model, path, scenario)
    back = read_sbml(path)
    assert back.name == name
    ours = model.network
    if scenario is not None:
        ours = model.with_parameters(model.scenarios[scenario].parameters).network
    assert back.network.species_names == ours.species_names
    assert [s.role for s in back.network.species] == [s.role for s in ours.species]
    assert [s.unit for s in back.network.species] == [s.unit for s in ours.species]
    assert {n: p.unit for n, p in back.network.parameters.items()} == {
        n: p.unit for n, p in ours.parameters.items()
    }
    state = 10 ** np.random.default_rng(4).uniform(-2, 4, (len(ours.species), 20))
    expected = ours.derivative(state)
    size = np.abs(ours.stoichiometry) @ np.abs(ours.rates(state)) + 1e-300
    assert (np.abs(back.network.derivative(state) - expected) <= 1e-10 * size).all()
    np.testing.assert_array_equal(back.network.born, ours.born)
    np.testing.assert_array_equal(back.network.converted, ours.converted)


COURSES = [
    ("chaudhury2020", None, 10.0),
    ("liu2022", None, 10.0),
    ("leon_triana2021_gbm", None, 10.0),
    ("kimmel2021", None, 10.0),
    # A switch; doses after the start, with extinction; boluses; infusions; both at once.
    ("stein2019", "typical", 40.0),
    ("barros2021", "hdlm2_challenge", 300.0),
    ("hardiansyah2019", "upn1", 10.0),
    ("owens2021", "patient_1", 12.0),
    ("swanson2022", "tang_two_doses", 20.0),
]


@pytest.mark.parametrize(("name", "scenario", "end"), COURSES)
def test_round_trip_of_a_course(name, scenario, end, tmp_path):
    model = load_model(name)
    write_sbml(model, tmp_path / "m.xml", scenario)
    back = read_sbml(tmp_path / "m.xml")
    times = np.linspace(0, end, 31)
    chosen = model.scenario(scenario)
    ours = run(model, with_end(chosen, end), accounts=True, rtol=1e-12)
    theirs = run(back, with_end(back.scenario(), end), accounts=True, rtol=1e-12)
    exact = ours.at(times)
    np.testing.assert_allclose(
        theirs.at(times), exact, rtol=1e-10, atol=1e-10 * np.abs(exact).max()
    )
    # What was infused is no birth, in the file as in the model.
    counted = ours.accounts(times)
    np.testing.assert_allclose(
        theirs.accounts(times), counted, rtol=1e-9, atol=1e-10 * max(counted.max(), 1.0)
    )
    assert {n: p.value for n, p in back.extinction.items()} == pytest.approx(
        {n: p.value for n, p in model.extinction.items()}
    )


@pytest.mark.parametrize(("name", "scenario"), [(name, scenario) for name, scenario, _ in COURSES])
def test_written_sbml_is_consistent(name, scenario):
    text = to_sbml(load_model(name), scenario)
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    # Numbers without units within a formula are all that libsbml may warn of.
    if name == "chaudhury2020":
        assert document.getNumErrors(libsbml.LIBSBML_SEV_WARNING) == 0
