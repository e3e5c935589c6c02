"""Posteriors of one table compared: differences of elpd, their errors, what is no comparison."""

import numpy as np
import pytest
import xarray as xr
from growth_laws import written

from cartflow.analyses.fit.bayes.foretold import compare_posteriors, foretold_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError


def posterior(elpd, value=1.0, shape=0.2):
    """As much of a posterior's dataset as is compared."""
    one, size = ("datum",), len(elpd)
    text = {name: (one, ["a"] * size) for name in ("subject", "observable", "unit")}
    numbers = {name: (one, np.full(size, value)) for name in ("time", "value")}
    chains = {"r_hat": 1.0, "effective_bulk": 900.0, "effective_tail": 900.0}
    return xr.Dataset(
        {
            **text,
            **numbers,
            **{name: (("parameter",), [number]) for name, number in chains.items()},
            "parameter": ["growth"],
            "lloq": (one, np.full(size, np.nan)),
            "censored": (one, np.zeros(size)),
            "elpd": (one, np.asarray(elpd)),
            "pareto_shape": (one, np.full(size, shape)),
        },
        attrs={"effective_parameters": 2.5, "chains": 4, "divergences": 0, "deepest": 0},
    )


def test_differences_have_the_error_of_values_in_pairs():
    random = np.random.default_rng(1)
    hard = 3.0 * random.standard_normal(50)  # of both alike
    gap = 0.4 + 0.3 * random.standard_normal(50)
    one, two = posterior(hard), posterior(hard + gap)
    first, second = compare_posteriors({"one": one, "two": two})
    assert (first.name, second.name) == ("two", "one")
    assert (first.below, first.error_below) == (0.0, 0.0)
    assert second.elpd == pytest.approx(hard.sum())
    assert second.below == pytest.approx(gap.sum())
    # sqrt(n V) of the differences (Vehtari, Gelman, Gabry 2017, equation 24), not of the sums.
    expected = np.sqrt(50 / 49 * ((gap - gap.mean()) ** 2).sum())
    assert second.error_below == pytest.approx(expected)
    assert second.error > 5 * second.error_below
    lines = foretold_lines([first, second])
    assert lines[0].split()[:3] == ["model", "elpd", "error"]
    assert [line.split()[0] for line in lines[1:]] == ["two", "one"]


def test_what_says_little_and_what_leans_is_warned_of():
    random = np.random.default_rng(2)
    plain = random.standard_normal(20)
    near = compare_posteriors({"one": posterior(plain), "two": posterior(plain - 0.1, shape=0.9)})
    told = foretold_lines(near)
    assert "two and one foretell about as well" in told[-1]
    assert any(
        "two: elpd leans on 20 of the values too much to be sampled without" in line
        for line in told
    )


def test_other_values_are_no_comparison():
    plain = posterior(np.zeros(3))
    with pytest.raises(InputError, match=r"two: its data are not those of one \(value"):
        compare_posteriors({"one": plain, "two": plain.assign(value=plain["value"] + 1.0)})
    with pytest.raises(InputError, match=r"two: its data are not those of one \(subject"):
        compare_posteriors({"one": plain, "two": posterior(np.zeros(4))})
    with pytest.raises(InputError, match="two: has no elpd of each value"):
        compare_posteriors({"one": plain, "two": plain.drop_vars("elpd")})
    with pytest.raises(InputError, match="1 given; two or more are compared"):
        compare_posteriors({"one": plain})


def test_the_command_samples_each_and_tells_which_foretells_better(folder, capsys):
    table = written(folder)
    command = ["fit", "free.toml", "capped.toml", "--data", table.name, "--bayes", "--quiet"]
    command += ["--vary", "growth_rate=[0.05, 5] 1/day", "--starts", "1", "--chains", "2"]
    command += ["--vary", "capped.toml:carrying_capacity=[100, 1e5] cell/mm^3"]
    command += ["--prior", "capped.toml:growth_rate=[0.3, 0.8] 1/day", "--force"]
    command += ["--draws", "100", "--warm-up", "100"]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines if line.startswith(("free.toml ", "capped.toml "))]
    assert [row[0] for row in table] == ["capped.toml", "free.toml"]
    assert float(table[1][3]) > 3 * float(table[1][4])
    # Each is kept as it would be alone, and can be compared again from its file.
    kept = {name: xr.load_dataset(f"{name}_posterior.nc") for name in ("free", "capped")}
    again = compare_posteriors(kept)
    assert f"{again[1].below:.4g}" == table[1][3]
    assert "0.3 to 0.8" in kept["capped"].attrs["priors_in_words"]
    assert "0.05 to 5" in kept["free"].attrs["priors_in_words"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "a.nc"], "several models have a file each, by their names; leave out --out"),
        (["--vary", "other:growth_rate=[1, 2]"], "'other' is none of the models free.toml"),
        (["--prior", "other:growth_rate=[1, 2]"], "'other' is none of the models free.toml"),
        (["--hold-back", "after 3 days"], "--hold-back is not known beside --bayes"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(folder, capsys, more, said):
    table = written(folder)
    command = ["fit", "free.toml", "capped.toml", "--data", table.name, "--bayes", "--quiet"]
    assert main([*command, "--vary", "growth_rate=[0.05, 5] 1/day", *more]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not list(folder.glob("*.nc"))


def test_two_models_are_not_written_to_one_file(folder, capsys):
    table = written(folder)
    command = ["fit", "free.toml", "./free.toml", "--data", table.name, "--bayes"]
    assert main([*command, "--vary", "growth_rate=[0.05, 5] 1/day"]) == 2
    assert "two would be written to free_posterior.nc" in capsys.readouterr().err
