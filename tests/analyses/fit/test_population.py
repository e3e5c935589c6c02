"""Posteriors of populations against closed forms, and densities against differences."""

import json

import numpy as np
import pytest
import xarray as xr
from legible import faults
from populations import DECAY, MODEL, ORAL, VARY, oral, simulated_oral
from scipy import stats

from cartflow.analyses.fit.population.priors import posed
from cartflow.analyses.fit.population.run import _density, fit_mixed_bayes
from cartflow.analyses.fit.run import choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.figures.population_posterior import population_posterior_figure

Z_95 = 1.959963984540054
BETWEEN, WITHIN = 0.7, 0.4  # standard deviations of subjects, and of their values
KNOWN = "[0.69999, 0.70001]"
LINEAR = {
    "observables": {"signal": "gain"},
    "errors": {"signal": f"normal {WITHIN}"},
    "prior": {"gain": "[3, 8]", "omega of gain": KNOWN},
    "starts": 1,
    "threads": 2,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("population")
    (place / "oral.toml").write_text(MODEL)
    (place / "decay.toml").write_text(DECAY)
    return place


def signals(values):
    """A table of values (subjects, times) of a signal that stays as it is."""
    found = {k: [] for k in ("subject", "time [day]", "observable", "value", "unit")}
    for subject, row in enumerate(values):
        for time, value in enumerate(row):
            one = (f"s{subject}", 0.1 * (time + 1), "signal", float(value), "1")
            for name, cell in zip(found, one, strict=True):
                found[name].append(cell)
    return found


@pytest.fixture(scope="module")
def values():
    random = np.random.default_rng(4)
    own = 5 + BETWEEN * random.standard_normal((5, 1))
    return own + WITHIN * random.standard_normal((5, 2))


@pytest.fixture(scope="module")
def sampled(folder, values):
    return fit_mixed_bayes(
        folder / "decay.toml",
        signals(values),
        ["gain=linear:[-5, 15]"],
        ["gain"],
        draws=500,
        warm_up=200,
        chains=2,
        simulations=30,
        **LINEAR,
    )


def test_a_random_intercept_with_known_variances_has_its_conjugate_posterior(sampled, values):
    found = sampled.dataset
    middle, sd = 5.5, 2.5 / Z_95
    several, times = values.shape
    spread = BETWEEN**2 + WITHIN**2 / times
    precision = several / spread + 1 / sd**2
    mean = (values.mean(axis=1).sum() / spread + middle / sd**2) / precision
    one = found.sel(parameter="gain")
    assert abs(float(one["mean"]) - mean) < 4 * float(one["error_of_mean"])
    size = float(one["effective_tail"])
    assert float(one["sd_of_samples"]) == pytest.approx(precision**-0.5, rel=4 / (2 * size) ** 0.5)
    # Each subject's own number is drawn to the mean of all, and as sure as both make it.
    part = BETWEEN**2 / spread
    own = found["individual_sample"].values[..., 0]
    expected = part * values.mean(axis=1) + (1 - part) * mean
    wide = np.sqrt(part * WITHIN**2 / times + (1 - part) ** 2 / precision)
    size = found["individual_effective"].values[:, 0]
    assert np.all(np.abs(own.mean(axis=(0, 1)) - expected) < 4 * wide / np.sqrt(size))
    assert np.all(np.abs(own.std(axis=(0, 1)) / wide - 1) < 4 / np.sqrt(2 * size))
    assert found.attrs["divergences"] == 0
    assert found["r_hat"].values.max() < 1.03
    # Of the same subjects, the expected density of further values given the others.
    assert found.attrs["elpd_loo"] < stats.norm.logpdf(0, 0, WITHIN) * values.size


def test_lines_file_and_figure_tell_it(sampled, tmp_path):
    lines = sampled.summary_lines()
    assert lines[0] == "sampled       decay to 10 values of 5 subjects"
    told = "\n".join(lines)
    assert "prior         gain: normal, 95 % within 3 to 8 (--prior)" in told
    assert "differs between subjects  variation  shrinkage" in told
    sampled.write(tmp_path / "posterior.nc")
    with xr.open_dataset(tmp_path / "posterior.nc") as dataset:
        assert dataset.attrs["analysis"] == "population bayes fit"
        assert int(dataset["bin_count"].sum()) == dataset.sizes["datum"]
    assert main(["plot", str(tmp_path / "posterior.nc"), "--force"]) == 0
    assert not faults(population_posterior_figure(sampled.dataset))


@pytest.mark.lowest
def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(folder, values):
    short = {"draws": 20, "warm_up": 20, "chains": 2, "simulations": 0, **LINEAR}
    one, two = (
        fit_mixed_bayes(
            folder / "decay.toml",
            signals(values),
            ["gain=linear:[-5, 15]"],
            ["gain"],
            **{**short, "threads": threads},
        ).dataset["sample"]
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.values, two.values)


def test_ranges_taken_as_priors_are_told_by_the_dataset(folder, values):
    found = fit_mixed_bayes(
        folder / "decay.toml",
        signals(values),
        ["gain=linear:[3, 8]"],
        ["gain"],
        **{k: v for k, v in LINEAR.items() if k != "prior"},
        prior={"omega of gain": "[0.1, 3]"},
        priors=True,
        **{"draws": 20, "warm_up": 20, "chains": 2, "simulations": 0},
    )
    assert json.loads(found.dataset.attrs["choices"])["priors"] is True
    lines = "\n".join(found.summary_lines())
    assert "gain: normal, 95 % within 3 to 8, cut at 0.3979 and 10.6 (--vary, --priors)" in lines


def correlated(folder, **more):
    """The problem of three correlated effects with a covariate."""
    return posed(
        read_measurements(oral(simulated_oral(3, 3)), None),
        source_of(folder / "oral.toml", None, {}, True),
        VARY,
        ["absorption, clearance, volume"],
        {"clearance": ["(weight/70)^?"]},
        {"weight on clearance": "[-0.5, 2]", **more},
        choices_of(**ORAL),
    )


def test_slopes_of_the_density_are_those_of_differences(folder):
    density = _density(correlated(folder), 1, 1, 1, None)
    z = np.random.default_rng(1).standard_normal(density.size)
    slopes = density.at(z)[1]
    sides = [
        [density.at(z + way * unit)[0] for unit in 1e-5 * np.eye(density.size)] for way in (1, -1)
    ]
    expected = np.subtract(*sides) / 2e-5
    np.testing.assert_allclose(slopes, expected, atol=1e-6 * np.abs(expected).max())


def test_partial_correlations_make_even_correlation_matrices(folder):
    numbers = correlated(folder).numbers
    low, high = numbers.bounds
    inner = 0.5 * (low + high)
    inner[-3:] = 0.3, -0.4, 0.5
    np.testing.assert_allclose(numbers.inner(numbers.vector(inner)), inner, rtol=1e-10)
    root = numbers.root(inner)
    widths = np.sqrt(np.diag(root @ root.T))
    np.testing.assert_allclose(widths, numbers.widths(inner), rtol=1e-12)
    # det R is the product of 1 - c^2; of all matrices alike, c of the first column has a density
    # in proportion to (1 - c^2)^(1/2), and that of the second one is even.
    ratio = np.exp(numbers.flatness(inner)[0])
    assert ratio == pytest.approx(np.sqrt((1 - 0.3**2) * (1 - 0.4**2)))
    turned = numbers.correlation_root(inner)
    assert np.linalg.det(turned @ turned.T) == pytest.approx(0.91 * 0.84 * 0.75)


def test_no_width_is_invented(folder, values):
    place, linear = folder / "decay.toml", ["gain=linear:[-5, 15]"]
    options = {k: v for k, v in LINEAR.items() if k != "prior"}
    with pytest.raises(InputError, match="omega of gain: differs on a linear scale; no width is"):
        fit_mixed_bayes(place, signals(values), linear, ["gain"], **options)
    with pytest.raises(InputError, match=r"unknown name 'omga of gain'.*omega of gain"):
        fit_mixed_bayes(
            place, signals(values), linear, ["gain"], prior={"omga of gain": "[1, 2]"}, **options
        )
    with pytest.raises(InputError, match=r"omega of gain: begins at -1; on a logarithmic scale"):
        fit_mixed_bayes(
            place, signals(values), linear, ["gain"], prior={"omega of gain": "[-1, 2]"}, **options
        )
    with pytest.raises(InputError, match="weight on clearance: its covariate's size; no width is"):
        fit_mixed_bayes(
            folder / "oral.toml",
            oral(simulated_oral(3, 3)),
            VARY,
            ["clearance"],
            covariates={"clearance": ["(weight/70)^?"]},
            **ORAL,
        )
    with pytest.raises(InputError, match="has one subject; random effects need several"):
        fit_mixed_bayes(place, signals(values[:1]), linear, ["gain"], **LINEAR)


def test_the_command_samples_a_population(folder, values, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = signals(values)
    lines = [",".join(table), *(",".join(map(str, r)) for r in zip(*table.values(), strict=True))]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    command = ["fit", str(folder / "decay.toml"), "--data", "data.csv", "--bayes", "--quiet"]
    command += ["--observable", "signal=gain", "--error", "signal=normal 0.4", "--starts", "1"]
    command += ["--vary", "gain=linear:[-5, 15]", "--prior", "omega of gain=[0.2, 2]"]
    command += ["--draws", "20", "--warm-up", "20", "--chains", "2", "-o", "o.nc"]
    bad = {
        ("--covariate", "gain=(age/70)^?"): "--covariate is of mixed effects; give --random",
        ("--random", "gain", "--each", "gain"): "--each is not known beside --random",
        ("--random", "gain", "--points", "3"): "--points is not known beside --bayes",
        ("--random", "speed"): "--random: what varies: unknown name 'speed'",
    }
    for more, said in bad.items():
        assert main([*command, *more]) == 2, more
        error = capsys.readouterr().err
        assert said in error, error
        assert error.count("\n") == 1
        assert not (tmp_path / "o.nc").exists()
    assert main([*command, "--random", "gain"]) == 0
    told = capsys.readouterr().out
    assert "sampled       decay to 10 values of 5 subjects" in told
    assert "few effective samples" in told
    assert (tmp_path / "o.png").exists()
