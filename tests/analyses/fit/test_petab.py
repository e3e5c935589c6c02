"""PEtab problems: a small one against closed forms, and fits written and read again."""

import importlib.util

import numpy as np
import pytest
from scipy import stats

from cartflow.analyses.fit.petab.likelihood import log_likelihood
from cartflow.analyses.fit.petab.run import fit_petab
from cartflow.analyses.fit.petab.simulate import nominal, simulated
from cartflow.analyses.fit.petab.tables import read_tables
from cartflow.analyses.fit.petab.writing import write_petab
from cartflow.analyses.fit.run import fit
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.kinetics.sbml.library import libsbml

needed = ("petab", "libsbml")
pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in needed),
    reason="petab, or python-libsbml, is not installed",
)
# S fed at a constant rate k and lost at the rate a*S, in a compartment of 2.
MODEL = """
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="fed"><listOfCompartments>
<compartment id="c" size="2" constant="true" spatialDimensions="3"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="c" initialConcentration="1" constant="false"
 boundaryCondition="false" hasOnlySubstanceUnits="false"/></listOfSpecies>
<listOfParameters><parameter id="a" value="1" constant="true"/>
<parameter id="k" value="1" constant="true"/></listOfParameters>
<listOfInitialAssignments><initialAssignment symbol="S">
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><cn>2</cn><ci>k</ci></apply></math>
</initialAssignment></listOfInitialAssignments>
<listOfReactions>
<reaction id="in" reversible="false"><listOfProducts>
<speciesReference species="S" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><times/><ci>c</ci><ci>k</ci></apply></math></kineticLaw></reaction>
<reaction id="out" reversible="false"><listOfReactants>
<speciesReference species="S" stoichiometry="1" constant="true"/></listOfReactants>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><times/><ci>c</ci><ci>a</ci><ci>S</ci></apply></math></kineticLaw></reaction>
</listOfReactions></model></sbml>
"""
YAML = """
format_version: 1
parameter_file: parameters.tsv
problems:
- condition_files: [conditions.tsv]
  measurement_files: [measurements.tsv]
  observable_files: [observables.tsv]
  sbml_files: [model.xml]
"""
FILES = {
    "parameters.tsv": """
parameterId parameterScale lowerBound upperBound nominalValue estimate
a log10 1e-2 1e2 0.5 1
feed lin 0 10 3 1
gain log 1e-2 1e2 2 1
noise log10 1e-3 1e2 0.2 1
""",
    "conditions.tsv": """
conditionId k S
low 1 .
high feed .
given feed 5
""",
    "observables.tsv": """
observableId observableFormula noiseFormula observableTransformation noiseDistribution
plain S noiseParameter1_plain lin normal
scaled observableParameter1_scaled*S+observableParameter2_scaled noise log10 normal
heavy S noise*S lin laplace
""",
    "measurements.tsv": """
observableId PRE SIM measurement time observableParameters noiseParameters
plain . low 1.9 1 . noise
plain . low 1.8 2 . 0.3
plain low high 3.1 1.5 . noise
plain low given 4.1 1.5 . noise
scaled . high 11.0 1.5 gain;0.5 .
heavy . high 6.5 inf . .
""",
}


@pytest.fixture
def problem(tmp_path):
    for name, text in FILES.items():
        lines = [
            "\t".join("" if cell == "." else cell for cell in line.split(" "))
            for line in text.strip().splitlines()
        ]
        for short, long in (("PRE", "preequilibration"), ("SIM", "simulation")):
            lines[0] = lines[0].replace(short, f"{long}ConditionId")
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    (tmp_path / "model.xml").write_text(MODEL.strip())
    (tmp_path / "fed.yaml").write_text(YAML)
    return tmp_path / "fed.yaml"


def worked_out(problem):
    tables = read_tables(problem)
    return log_likelihood(tables, simulated(tables, nominal(tables)))


def test_predictions_and_likelihood_are_those_in_closed_form(problem):
    def course(start, feed, time, loss=0.5):
        return feed / loss + (start - feed / loss) * np.exp(-loss * time)

    tables = read_tables(problem)
    found = simulated(tables, nominal(tables))
    # Starts are 2 k; at rest in the condition low S is k/a = 2; the last is at rest.
    expected = [
        course(2, 1, 1),
        course(2, 1, 2),
        course(2, 3, 1.5),
        course(5, 3, 1.5),
        2 * course(6, 3, 1.5) + 0.5,
        6,
    ]
    np.testing.assert_allclose(found.predicted, expected, rtol=1e-8)
    np.testing.assert_allclose(found.noise, [0.2, 0.3, 0.2, 0.2, 0.2, 1.2], rtol=1e-8)
    plain = stats.norm(expected[:4], [0.2, 0.3, 0.2, 0.2]).logpdf([1.9, 1.8, 3.1, 4.1]).sum()
    log10 = stats.norm(np.log10(expected[4]), 0.2).logpdf(np.log10(11)) - np.log(11 * np.log(10))
    laplace = stats.laplace(6, 1.2).logpdf(6.5)
    assert log_likelihood(tables, found) == pytest.approx(plain + log10 + laplace, abs=1e-7)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("fed.yaml", "format_version: 1", "format_version: 2", "format_version 2; read is 1"),
        ("fed.yaml", "model.xml", "../model.xml", "does not lie beside the file"),
        ("fed.yaml", "model.xml", "https://x.org/m.xml", "does not lie beside the file"),
        ("fed.yaml", "model.xml", "other.xml", "no such file"),
        ("fed.yaml", "problems:", "problems: [", "is no YAML"),
        ("conditions.tsv", "\tk\t", "\tq\t", "'q' is nothing in the model that can be set"),
        ("conditions.tsv", "feed", "food", "unknown name 'food'"),
        ("observables.tsv", "laplace", "cauchy", "cauchy"),
        ("observables.tsv", "noise*S", "noise*T", "nothing is called 'T'"),
        ("measurements.tsv", "\tlow\t1.9", "\tlost\t1.9", "unknown name 'lost'"),
        (
            "model.xml",
            "<apply><times/><ci>c</ci><ci>k</ci></apply>",
            "<ci>q</ci>",
            "fed: model: not SBML",
        ),
    ],
)
def test_what_is_not_read_is_said_in_a_line(problem, file, old, new, said):
    place = problem.parent / file
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=said) as raised:
        worked_out(problem)
    assert "\n" not in str(raised.value)


def test_a_problem_is_fitted(problem, tmp_path, monkeypatch, capsys):
    # Many values of S alone, made with a = 0.8.
    times = np.linspace(0.5, 6, 12)
    random = np.random.default_rng(2)
    rows = ["observableId\tsimulationConditionId\tmeasurement\ttime\tnoiseParameters"]
    truth = 1 / 0.8 + (2 - 1 / 0.8) * np.exp(-0.8 * times)
    for time, value in zip(times, truth + 0.01 * random.standard_normal(12), strict=True):
        rows.append(f"plain\tlow\t{value:.6g}\t{time:.6g}\tnoise")
    (problem.parent / "measurements.tsv").write_text("\n".join(rows))
    parameters = problem.parent / "parameters.tsv"
    parameters.write_text(
        parameters.read_text().replace("10\t3\t1", "10\t3\t0").replace("\t2\t1", "\t2\t0")
    )
    found = fit_petab(problem, starts=1)
    assert found.estimates["a"] == pytest.approx(0.8, abs=0.03)
    assert abs(found.estimates["a"] - 0.8) < 3 * float(found.dataset["standard_error"][0])
    assert found.estimates["noise"] == pytest.approx(0.01, rel=0.6)
    monkeypatch.chdir(tmp_path)
    command = ["fit", str(problem), "--starts", "1", "--no-profiles", "-o", "out.nc"]
    assert main([*command, "--vary", "a"]) == 2
    assert "--vary is not known beside a PEtab problem" in capsys.readouterr().err
    assert main(command) == 0
    assert "12 values of 1 subject" in capsys.readouterr().out


def assay(times, error):
    columns = {k: [] for k in ("subject", "time [day]", "observable", "value", "unit", "sd")}
    random = np.random.default_rng(3)
    for subject, start in (("one", 0.46), ("two", 0.3)):
        for time in times:
            for name in ("tumour", "signal"):
                value = start * np.exp(0.3 * time + 0.1 * random.standard_normal())
                row = (subject, time, name, float(value), "1", 0.1)
                for column, cell in zip(columns.values(), row, strict=True):
                    column.append(cell)
    columns["initial.tumour"] = [0.46 if s == "one" else 0.3 for s in columns["subject"]]
    return columns


@pytest.mark.parametrize("error", ["lognormal", "combined", "measured"])
def test_a_fit_that_is_written_comes_back(tmp_path, error):
    found = fit(
        "brummer2022",
        assay([0.5, 1.0, 2.0, 3.0], error),
        ["growth_rate=[0.02, 2] 1/h", "initial.cart=[0.01, 1]", "gain=[0.1, 10]"],
        scenario="pbt1_cart_0125",
        observables={"signal": "gain*tumour^1.1"},
        errors={"tumour": error, "signal": "normal"},
        each=["growth_rate"],
        starts=1,
        profile=False,
    )
    tables = read_tables(write_petab(found, tmp_path / "problem"))
    again = simulated(tables, nominal(tables))
    order = np.concatenate([each.entries for each in found.problem.measured])
    np.testing.assert_allclose(again.predicted, found.best.at.predicted[order], rtol=1e-6)
    assert -log_likelihood(tables, again) == pytest.approx(found.best.at.likelihood, abs=1e-5)
    with pytest.raises(InputError, match="cannot be made"):
        write_petab(found, tmp_path / "problem")


def test_a_problem_without_libsbml_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "libsbml", None)
    with pytest.raises(InputError, match="SBML needs python-libsbml"):
        libsbml()
