"""Small SBML files, written from infix formulas, and their courses."""

from types import SimpleNamespace

import numpy as np
import pytest

from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.reading import read_foreign

libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed")


def math(formula):
    node = libsbml.parseL3Formula(formula)
    assert node is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(node).split("?>")[1]


def place(name="c", size="1", constant="true", dimensions="3"):
    size = f"size='{size}'" if size else ""
    return (
        f"<compartment id='{name}' spatialDimensions='{dimensions}' {size} constant='{constant}'/>"
    )


def species(name, start="initialConcentration='1'", where="c", more="", **flags):
    given = {"hasOnlySubstanceUnits": "false", "boundaryCondition": "false", "constant": "false"}
    given |= flags
    text = " ".join(f"{key}='{value}'" for key, value in given.items())
    return f"<species id='{name}' compartment='{where}' {start} {text} {more}/>"


def parameter(name, value=None, constant="true"):
    value = "" if value is None else f"value='{value}'"
    return f"<parameter id='{name}' {value} constant='{constant}'/>"


def rate(name, formula):
    return f"<rateRule variable='{name}'>{math(formula)}</rateRule>"


def assignment(name, formula):
    return f"<assignmentRule variable='{name}'>{math(formula)}</assignmentRule>"


def start(name, formula):
    return f"<initialAssignment symbol='{name}'>{math(formula)}</initialAssignment>"


def side(tag, text, references=""):
    parts = [part.split() for part in text.split("+") if part.strip()]
    inner = references + "".join(
        f"<speciesReference species='{p[-1]}' stoichiometry='{p[0] if len(p) > 1 else 1}' "
        "constant='true'/>"
        for p in parts
    )
    return f"<listOf{tag}>{inner}</listOf{tag}>" if inner else ""


def reaction(name, change, law, more="", references=""):
    left, right = change.split("->")
    return (
        f"<reaction id='{name}' reversible='false' {more}>"
        f"{side('Reactants', left)}{side('Products', right, references)}"
        f"<kineticLaw>{math(law)}</kineticLaw></reaction>"
    )


def event(name, trigger, changes, *, delay="", priority="", before="true", **flags):
    changes = "".join(
        f"<eventAssignment variable='{n}'>{math(f)}</eventAssignment>" for n, f in changes.items()
    )
    delay = f"<delay>{math(delay)}</delay>" if delay else ""
    priority = f"<priority>{math(priority)}</priority>" if priority else ""
    persistent = flags.get("persistent", "true")
    return (
        f"<event id='{name}' useValuesFromTriggerTime='{flags.get('at_trigger', 'true')}'>"
        f"<trigger initialValue='{before}' persistent='{persistent}'>{math(trigger)}</trigger>"
        f"{priority}{delay}<listOfEventAssignments>{changes}</listOfEventAssignments></event>"
    )


LISTS = {
    "functions": "FunctionDefinitions",
    "units": "UnitDefinitions",
    "places": "Compartments",
    "species": "Species",
    "parameters": "Parameters",
    "starts": "InitialAssignments",
    "rules": "Rules",
    "reactions": "Reactions",
    "events": "Events",
}


def document(more="", version=2, **parts):
    """Return a file of level 3; parts by the names of `LISTS`, in a compartment c of 1."""
    parts.setdefault("places", place())
    inner = "".join(
        f"<listOf{tag}>{''.join(parts[key])}</listOf{tag}>"
        for key, tag in LISTS.items()
        if parts.get(key)
    )
    space = f"http://www.sbml.org/sbml/level3/version{version}/core"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="{space}" level="3" '
        f'version="{version}"><model id="model" {more}>{inner}</model></sbml>'
    )


@pytest.fixture(scope="session")
def sbml():
    """Return what writes small files."""
    return SimpleNamespace(
        document=document,
        place=place,
        species=species,
        parameter=parameter,
        rate=rate,
        assignment=assignment,
        start=start,
        reaction=reaction,
        event=event,
        math=math,
    )


@pytest.fixture
def course(tmp_path):
    """Return the values of names at times, in the file's own unit of time."""

    def values(text, times, *names):
        path = tmp_path / "file.xml"
        path.write_text(text, encoding="utf-8")
        found = read_foreign(path)
        days = np.atleast_1d(times) * found.days
        model = found.model
        done = run(model, with_end(model.scenario(), float(days[-1])))
        return np.column_stack([done.measure(found.meanings[name], days) for name in names])

    return values
