"""SBML out and in: the same derivative and the same course; what is refused."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.files.load import load_model, names
from cartflow.kinetics.locality import in_tissue
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.kinetics.runs.stochastic import exact_runs
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.export import to_sbml, write_sbml
from cartflow.kinetics.sbml.reading import read_sbml
from cartflow.kinetics.scenario import Switch

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


SCENARIOS = [(name, scenario) for name, scenario, _ in COURSES]
SCENARIOS += [(name, next(iter(load_model(name).scenarios), None)) for name in names()]


@pytest.mark.parametrize(("name", "scenario"), SCENARIOS)
def test_written_sbml_is_consistent(name, scenario):
    text = to_sbml(load_model(name), scenario)
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    # Numbers without units within a formula are all that libsbml may warn of.
    if name == "chaudhury2020":
        assert document.getNumErrors(libsbml.LIBSBML_SEV_WARNING) == 0


def shared_names():
    """Return a model whose name, reaction and parameter are called alike, as the place is."""
    return Model(
        network=Network(
            name="decay",
            species=(Species(name="well_mixed", role="resident", initial=3.0),),
            parameters={"decay": parameter("0.5 1/day", "1/day")},
            reactions=(
                Reaction(name="decay", consumes={"well_mixed": 1.0}, rate="decay*well_mixed"),
            ),
        ),
        scaling=Scaling(),
    )


def test_names_that_are_shared(tmp_path):
    text = to_sbml(shared_names())
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    (tmp_path / "decay.xml").write_text(text)
    back = load_model("decay.xml", tmp_path)
    assert back.network.reaction_names == ("decay",)
    state = run(back, with_end(back.scenario(), 2.0)).at(2.0)[0]
    np.testing.assert_allclose(state, 3 * np.exp(-1.0), rtol=1e-8)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('size="1"', 'size="2"', "compartment well_mixed_2: a size that is not 1"),
        (
            'hasOnlySubstanceUnits="false"',
            'hasOnlySubstanceUnits="true"',
            "species well_mixed: not a concentration that reactions change",
        ),
        ("<times/>", "<sin/>", "reaction decay_3: a function that no model file has"),
        ('timeUnits="unit_0"', 'timeUnits="second"', "another unit of time or extent"),
    ],
)
def test_what_was_changed_beyond_our_own_form(tmp_path, old, new, what):
    text = to_sbml(shared_names())
    if new == "<sin/>":
        start, end = text.index("<apply>"), text.rindex("</apply>") + len("</apply>")
        text = f"{text[:start]}<apply><sin/><ci>decay</ci></apply>{text[end:]}"
    else:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "f.xml").write_text(text)
    model = read_sbml(tmp_path / "f.xml")
    assert any(what in flag for flag in model.flags), model.flags
    with pytest.raises(InputError, match="so it cannot stand in tissue; run it by cartflow sim"):
        in_tissue(model.network)
    with pytest.raises(InputError, match="it is not written as SBML again"):
        to_sbml(model)
    with pytest.raises(InputError, match="there are no random runs of it"):
        exact_runs(model, model.scenario(), np.array([0.0, 1.0]), 1, np.random.default_rng(1))


def test_a_switch_comes_back_as_one_of_the_model(tmp_path):
    model = load_model("stein2019")
    write_sbml(model, tmp_path / "m.xml", "typical")
    back = read_sbml(tmp_path / "m.xml")
    assert back.switches
    assert not any(isinstance(e, Switch) for e in back.scenario().events)


@pytest.mark.parametrize("size", ["338", "0.01"])
def test_the_size_of_its_compartment_changes_no_concentration(tmp_path, size):
    """The dose on day 42 begins a step shorter than a digit of the time."""
    own = load_model("barros2021")
    text = to_sbml(own)
    path = tmp_path / "sized.xml"
    assert ' size="1"' in text
    path.write_text(text.replace(' size="1"', f' size="{size}"'))
    found, expected = read_sbml(path), run(own, with_end(own.scenario(), 200.0))
    days = np.linspace(0.0, 200.0, 81)
    course = run(found, with_end(found.scenario(), 200.0))
    for name in own.network.species_names:
        here = course.at(days)[:, found.network.index(name)]
        there = expected.at(days)[:, own.network.index(name)]
        assert here == pytest.approx(there, rel=1e-6, abs=1e-9 * there.max())
