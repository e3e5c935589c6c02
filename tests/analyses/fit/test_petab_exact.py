"""PEtab problems by models compiled once: exact slopes, and samples of a posterior."""

import importlib.util
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cartflow.analyses.fit.petab.posterior import fit_petab_bayes
from cartflow.analyses.fit.petab.problem import estimated, petab_problem
from cartflow.analyses.fit.petab.tables import read_tables
from cartflow.cli import main
from cartflow.core.outcome import InputError

needed = ("petab", "libsbml", "nutpie", "arviz")
pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in needed),
    reason="petab, python-libsbml, nutpie or arviz is not installed",
)
FOLDER = Path(os.environ.get("CARTFLOW_PETAB_COLLECTION", "."))
# S from 2, fed at a constant rate k and lost at the rate a*S, in a compartment of 2, while the
# rate of loss falls with time as exp(-slow*time): an assignment that names the time.
MODEL = """
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="lost"><listOfCompartments>
<compartment id="c" size="2" constant="true" spatialDimensions="3"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="c" initialConcentration="2" constant="false"
 boundaryCondition="false" hasOnlySubstanceUnits="false"/></listOfSpecies>
<listOfParameters><parameter id="a" value="1" constant="true"/>
<parameter id="slow" value="0.1" constant="true"/>
<parameter id="loss" constant="false"/></listOfParameters>
<listOfRules><assignmentRule variable="loss">
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>a</ci><apply><exp/>
<apply><minus/><apply><times/><ci>slow</ci>
<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>
</apply></apply></apply></apply></math></assignmentRule></listOfRules>
<listOfReactions>
<reaction id="out" reversible="false"><listOfReactants>
<speciesReference species="S" stoichiometry="1" constant="true"/></listOfReactants>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><times/><ci>c</ci><ci>loss</ci><ci>S</ci></apply></math></kineticLaw></reaction>
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
TIMES = np.linspace(0.0, 6.0, 9)
PARAMETERS = """
parameterId parameterScale lowerBound upperBound nominalValue estimate
a log10 1e-2 1e2 0.5 1
other lin 0 10 0.8 1
gain log 1e-2 1e2 2 1
noise log10 1e-3 1e2 0.2 1
"""
CONDITIONS = """
conditionId a slow
plain . 0.1
faster other 0.3
"""
OBSERVABLES = """
observableId observableFormula noiseFormula observableTransformation noiseDistribution
straight S noiseParameter1_straight lin normal
scaled observableParameter1_scaled*S+loss noise*(1+scaled) log10 normal
"""


def course(times, a, slow):
    return 2.0 * np.exp(-a * (1.0 - np.exp(-slow * times)) / slow)


def measurements(alone):
    rows = ["observableId SIM measurement time observableParameters noiseParameters"]
    random = np.random.default_rng(3)
    for time in TIMES:
        value = course(time, 0.5, 0.1) + 0.05 * random.standard_normal()
        rows.append(f"straight plain {value:.6g} {time:g} . 0.05")
        if not alone:
            rows.append(f"straight faster {value:.6g} {time:g} . noise")
            rows.append(f"scaled plain {2 * value + 0.5:.6g} {time:g} gain .")
    return "\n".join(rows)


def written(folder, alone=False, **files):
    texts = {
        "parameters": PARAMETERS,
        "conditions": CONDITIONS,
        "observables": OBSERVABLES,
        "measurements": measurements(alone),
    } | files
    for name, text in texts.items():
        lines = [
            "\t".join("" if cell == "." else cell for cell in line.split(" "))
            for line in text.strip().splitlines()
        ]
        lines[0] = lines[0].replace("SIM", "simulationConditionId")
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    (folder / "model.xml").write_text(MODEL.strip())
    (folder / "lost.yaml").write_text(YAML)
    return folder / "lost.yaml"


def problem_of(path):
    tables = read_tables(path)
    return petab_problem(tables, estimated(tables))


def test_predictions_and_slopes_are_those_in_closed_form(tmp_path):
    problem = problem_of(written(tmp_path))
    inner = np.array([np.log(0.6), 0.9, np.log(2.2), np.log(0.15)])
    found = problem.evaluate(inner)
    data = problem.measurements

    def predicted(values):
        a, other, gain, _ = np.exp(values[0]), values[1], np.exp(values[2]), values[3]
        loss = a * np.exp(-0.1 * data.time)
        by_name = {
            ("straight", "plain"): course(data.time, a, 0.1),
            ("straight", "faster"): course(data.time, other, 0.3),
            ("scaled", "plain"): gain * course(data.time, a, 0.1) + loss,
        }
        pairs = zip(data.observable, data.subject, strict=True)
        return np.array([by_name[pair][k] for k, pair in enumerate(pairs)])

    assert problem.exact is not None
    np.testing.assert_allclose(found.predicted, predicted(inner), rtol=1e-7)
    for k in range(4):
        step = np.eye(4)[k] * 1e-5
        slope = (predicted(inner + step) - predicted(inner - step)) / 2e-5
        np.testing.assert_allclose(found.tangents[k], slope, rtol=1e-6, atol=1e-7)
        losses = [problem.evaluate(inner + way * step, False).loss for way in (1, -1)]
        assert found.gradient[k] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4)


@pytest.mark.parametrize("set_by_conditions", ["slow", "c"])
def test_it_is_what_runs_that_read_the_model_anew_say(tmp_path, set_by_conditions):
    conditions = CONDITIONS.replace("slow", set_by_conditions).replace("0.1", "gain")
    problem = problem_of(written(tmp_path, conditions=conditions))
    inner = np.array([np.log(0.6), 0.9, np.log(2.2), np.log(0.15)])
    exact, plain = problem.evaluate(inner), replace(problem, exact=None).evaluate(inner)
    np.testing.assert_allclose(exact.predicted, plain.predicted, rtol=1e-7)
    assert exact.loss == pytest.approx(plain.loss, rel=1e-6)
    np.testing.assert_allclose(exact.gradient, plain.gradient, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "files",
    [
        {"conditions": CONDITIONS.replace("slow", "S").replace("0.1", "gain")},
        {
            "measurements": measurements(False)
            .replace("straight plain", "straight plain", 1)
            .replace(" 6 . 0.05", " inf . 0.05")
        },
    ],
    ids=["a start", "at rest"],
)
def test_what_has_no_exact_slopes_is_not_sampled(tmp_path, files):
    path = written(tmp_path, **files)
    assert problem_of(path).exact is None
    with pytest.raises(InputError, match="lost: is not sampled: its slopes would be differences"):
        fit_petab_bayes(path)


@pytest.fixture
def one_number(tmp_path):
    return written(
        tmp_path,
        alone=True,
        parameters="\n".join(PARAMETERS.strip().splitlines()[:2]),
        conditions="conditionId slow\nplain 0.1\n",
        observables="\n".join(OBSERVABLES.strip().splitlines()[:2]),
    )


def test_a_problem_is_sampled_from_the_command_line(one_number, monkeypatch, capsys):
    monkeypatch.chdir(one_number.parent)
    command = ["fit", str(one_number), "--bayes", "--quiet"]
    assert main([*command, "--prior", "a=[1, 2]"]) == 2
    assert "--prior is not known beside a PEtab problem" in capsys.readouterr().err
    few = ["--draws", "30", "--warm-up", "30", "--chains", "2", "--starts", "1"]
    assert main([*command, *few]) == 0
    printed = capsys.readouterr().out
    assert "sampled       lost to 9 values of 1 subject" in printed
    assert "a: even in the logarithm from 0.01 to 100 (bounds)" in printed
    assert (one_number.parent / "lost_posterior.png").is_file()
    assert main(["fit", str(one_number), "--draws", "30"]) == 2
    assert "--draws is of samples; give --bayes" in capsys.readouterr().err


@pytest.mark.slow
def test_samples_are_those_of_the_density_on_a_grid(one_number):
    found = fit_petab_bayes(one_number, draws=1000, warm_up=300)
    samples = np.log(found.samples["a"]).ravel()
    value = problem_of(one_number).measurements.value
    grid = np.linspace(np.log(0.3), np.log(0.8), 4001)
    away = (value[:, None] - course(TIMES[:, None], np.exp(grid), 0.1)) / 0.05
    density = np.exp(-0.5 * ((away**2).sum(axis=0) - (away**2).sum(axis=0).min()))
    mean = np.average(grid, weights=density)
    sd = np.sqrt(np.average((grid - mean) ** 2, weights=density))
    # Four thousand draws, of which a third at least count.
    assert samples.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(1300))
    assert samples.std() == pytest.approx(sd, rel=0.1)


@pytest.mark.slow
@pytest.mark.skipif(
    not (FOLDER / "Boehm_JProteomeRes2014").is_dir(),
    reason="CARTFLOW_PETAB_COLLECTION names no copy of the collection",
)
def test_a_problem_of_the_collection_has_exact_slopes():
    problem = problem_of(FOLDER / "Boehm_JProteomeRes2014" / "Boehm_JProteomeRes2014.yaml")
    inner = np.array([p.inner(p.stated) for p in problem.parameters])
    exact, plain = problem.evaluate(inner), replace(problem, exact=None).evaluate(inner)
    assert problem.exact is not None
    assert exact.loss == pytest.approx(138.22199693517703, abs=1e-4)  # AMICI's list
    np.testing.assert_allclose(exact.predicted, plain.predicted, rtol=1e-7)
    inside = inner + 0.3
    moved = problem.evaluate(inside)
    for k in range(len(inner)):
        step = 1e-4 * np.eye(len(inner))[k]
        losses = [problem.evaluate(inside + way * step, False).loss for way in (1, -1)]
        slope = (losses[0] - losses[1]) / 2e-4
        assert moved.gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-4)
