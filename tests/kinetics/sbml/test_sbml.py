"""SBML out and in: the same derivative and the same course; what is refused."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load_model, names
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.export import to_sbml, write_sbml
from cartflow.kinetics.sbml.reading import read_sbml

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


@pytest.mark.lowest
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


TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'


def event(trigger, change, variable="u", more=""):
    """Return a foreign file with one event."""
    entry = (
        f"<listOfEvents><event id='e'><trigger>{MATH.format(trigger)}</trigger>{more}"
        f"<listOfEventAssignments><eventAssignment variable='{variable}'>{MATH.format(change)}"
        "</eventAssignment></listOfEventAssignments></event></listOfEvents></model>"
    )
    return foreign(LAW).replace("</model>", entry)


def since(time):
    return f"<apply><geq/>{TIME}<cn>{time}</cn></apply>"


HALF_AND_TWO = "<apply><plus/><apply><divide/><ci>u</ci><cn>2</cn></apply><cn>2</cn></apply>"


def test_events_of_others(tmp_path):
    model = read(tmp_path, event(since(1), HALF_AND_TWO))
    state = run(model, with_end(model.scenario(), 3.0)).at(3.0)[0, 0]
    before = 3 * np.exp(-0.5)
    np.testing.assert_allclose(state, (before / 2 + 2) * np.exp(-1.0), rtol=1e-8)
    model = read(tmp_path, event(since(2), "<cn>0</cn>", variable="k"))
    state = run(model, with_end(model.scenario(), 9.0)).at(9.0)[0, 0]
    np.testing.assert_allclose(state, 3 * np.exp(-1.0), rtol=1e-8)
    low = "<apply><lt/><ci>u</ci><cn>0.5</cn></apply>"
    model = read(tmp_path, event(low, "<cn>0</cn>"))
    course = run(model, with_end(model.scenario(), 9.0))
    gone = 2 * np.log(6.0)
    assert course.at(gone - 0.01)[0, 0] > 0.5
    assert course.at(gone + 0.01)[0, 0] == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (event(since(1), "<apply><times/><ci>u</ci><ci>u</ci></apply>"), "only numbers, and"),
        (event(since(1), "<ci>k</ci>"), "only numbers, and factor x"),
        (event(since(1), "<cn>-1</cn>"), "less than nothing"),
        (event(since(1), "<cn>1</cn>", variable="c"), "'c' cannot be changed so"),
        (event(f"<apply><lt/>{TIME}<cn>1</cn></apply>", "<cn>0</cn>"), "only 'time >= number'"),
        (event("<apply><lt/><ci>u</ci><cn>1</cn></apply>", "<cn>2</cn>"), "only its own species"),
        (
            event(since(1), "<cn>1</cn>", more=f"<delay>{MATH.format('<cn>1</cn>')}</delay>"),
            "delays and priorities",
        ),
    ],
    ids=["square", "parameter", "negative", "size", "until", "below", "delay"],
)
def test_events_that_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_sbml(tmp_path / "no.xml")
