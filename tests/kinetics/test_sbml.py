"""SBML out and in: the same derivative and the same course; what is refused."""

import numpy as np
import pytest

from cartflow.kinetics.load import load_model, names
from cartflow.kinetics.sbml_export import to_sbml, write_sbml
from cartflow.kinetics.sbml_import import read_sbml
from cartflow.kinetics.timeline import with_end
from cartflow.kinetics.trajectory import run
from cartflow.outcome import InputError

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed")

LATER = {"stein2019", "barros2021", "owens2021", "hardiansyah2019"}


def exportable(model):
    """Return a scenario without events after its start, or None for a model without any."""
    for name in model.scenarios:
        try:
            to_sbml(model, name)
        except InputError:
            continue
        return name
    return None


@pytest.mark.parametrize("name", names())
def test_round_trip(name, tmp_path):
    model = load_model(name)
    scenario = exportable(model)
    if scenario is None and model.scenarios:
        # Its network all the same.
        model = type(model)(network=model.network, scaling=model.scaling)
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


@pytest.mark.parametrize("name", ["chaudhury2020", "liu2022", "leon_triana2021_gbm", "kimmel2021"])
def test_round_trip_of_a_course(name, tmp_path):
    model = load_model(name)
    write_sbml(model, tmp_path / "m.xml")
    back = read_sbml(tmp_path / "m.xml")
    times = np.linspace(0, 10, 11)
    ours = run(model, with_end(model.scenario(), 10.0), rtol=1e-12).at(times)
    theirs = run(back, with_end(back.scenario(), 10.0), rtol=1e-12).at(times)
    np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-10 * ours.max())


def test_written_sbml_is_consistent(tmp_path):
    text = to_sbml(load_model("chaudhury2020"))
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    assert document.getNumErrors(libsbml.LIBSBML_SEV_WARNING) == 0


def foreign(body, rules=""):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4">
<model id="lv"><listOfCompartments><compartment id="c" size="2"/></listOfCompartments>
<listOfSpecies><species id="u" compartment="c" initialConcentration="3"/></listOfSpecies>
<listOfParameters><parameter id="k" value="0.5"/><parameter id="v" value="1" constant="false"/>
</listOfParameters>{rules}
<listOfReactions><reaction id="decay"><listOfReactants><speciesReference species="u"/>
</listOfReactants><kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">{body}
</math></kineticLaw></reaction></listOfReactions></model></sbml>"""


LAW = "<apply><times/><ci>c</ci><ci>k</ci><ci>u</ci></apply>"


def read(tmp_path, text):
    (tmp_path / "f.xml").write_text(text)
    return read_sbml(tmp_path / "f.xml")


def test_a_file_of_others(tmp_path):
    rules = (
        '<listOfRules><rateRule variable="v"><math xmlns="http://www.w3.org/1998/Math/MathML">'
        "<apply><minus/><ci>v</ci></apply></math></rateRule></listOfRules>"
    )
    model = read(tmp_path, foreign(LAW, rules))
    state = run(model, with_end(model.scenario(), 2.0)).at(2.0)[0]
    np.testing.assert_allclose(state, [3 * np.exp(-1.0), np.exp(-2.0)], rtol=1e-8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no xml at all", r"f\.xml: not SBML"),
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        (foreign("<apply><sin/><ci>u</ci></apply>"), r"the formula part 'sin' is not read"),
        (foreign("<apply><times/><ci>u</ci><ci>__import__</ci></apply>"), "unknown name"),
        (
            foreign(
                '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">'
                "t</csymbol>"
            ),
            "is not read",
        ),
        (foreign("<apply><minus/>" * 300 + "<ci>u</ci>" + "</apply>" * 300), "nested deeper"),
        (
            foreign(
                LAW,
                '<listOfRules><assignmentRule variable="v"><math xmlns='
                '"http://www.w3.org/1998/Math/MathML"><cn>1</cn></math></assignmentRule>'
                "</listOfRules>",
            ),
            "assignment or algebraic rules, which are not read",
        ),
    ],
    ids=["text", "entity", "sin", "import", "time", "deep", "rule"],
)
def test_what_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_later_events_are_not_exported():
    with pytest.raises(InputError, match="has events after its start, which SBML export"):
        to_sbml(load_model("stein2019"))


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_sbml(tmp_path / "no.xml")
