"""Compiled networks against NumPy; what is shared, what is written, what is safe."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cartflow.core.cache_folder import cache_folder
from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.kinetics.compiled.network import compiled, compiled_each, structure_key
from cartflow.kinetics.expressions.generated import module_text
from cartflow.kinetics.expressions.grammar import parse
from cartflow.kinetics.files.load import combine, load, names
from cartflow.kinetics.network import Network, Reaction, Species

ALONE = [(name,) for name in names()]
TOGETHER = [("predator_prey", "chemokine", "matrix_degradation")]


def network_of(parts):
    loaded = [getattr(found, "network", found) for found in map(load, parts)]
    return loaded[0] if len(loaded) == 1 else combine("made", loaded)


def evaluate(network, state):
    """Return the rates and the Jacobian of all cells but the first two, worked out in a block."""
    code = compiled(network)
    cells = state.shape[1]
    rates = np.full((len(network.reactions), cells - 2), np.nan)
    slopes = np.full((len(network.reactions) * len(network.species), cells - 2), np.nan)
    code.rates_block(state, code.parameters, 2, cells, rates)
    code.jacobian_block(state, code.parameters, 2, cells, slopes)
    return rates, slopes.reshape(len(network.reactions), len(network.species), cells - 2)


@pytest.mark.parametrize("parts", ALONE + TOGETHER, ids="+".join)
def test_compiled_equals_numpy(parts):
    network = network_of(parts)
    state = np.random.default_rng(2).uniform(0.5, 1e5, (len(network.species), 37))
    rates, jacobian = evaluate(network, state)
    np.testing.assert_allclose(rates, network.rates(state)[:, 2:], rtol=1e-14)
    expected = network.jacobian(state)[..., 2:]
    scale = np.abs(expected).max(axis=-1, initial=0, keepdims=True)
    assert (np.abs(jacobian - expected) <= 1e-13 * scale).all()
    assert compiled(network).pattern[(scale > 0)[..., 0]].all()


@pytest.mark.parametrize("parts", ALONE + TOGETHER, ids="+".join)
def test_finite_without_cells(parts):
    network = network_of(parts)
    _, jacobian = evaluate(network, np.zeros((len(network.species), 4)))
    assert np.isfinite(jacobian).all()


def made(*rates, species=("x", "y"), parameters=(("k", 2.0), ("n", 0.5))):
    return Network(
        name="made",
        species=tuple(Species(name=s, role="resident", unit="1") for s in species),
        parameters={p: parameter(v, "1") for p, v in parameters}
        | {"per_day": parameter("1 1/day", "1/day")},
        reactions=tuple(
            Reaction(name=f"r{i}", produces={species[0]: 1}, rate=f"per_day*({rate})")
            for i, rate in enumerate(rates)
        ),
    )


def test_every_function_and_choice():
    network = made(
        "min(x, y) + max(x, k) - abs(x - y)",
        "exp(-x)*log(1 + y)*sqrt(x + y)*tanh(x - y)",
        "x^n*y^k + x^3 + y^0.5 + k^x + x^y",
        "max(x, y)^n/(1 + max(x, y)^n)",
        "k*n",
    )
    state = np.random.default_rng(1).uniform(0.1, 3, (2, 25))
    rates, jacobian = evaluate(network, state)
    np.testing.assert_allclose(rates, network.rates(state)[:, 2:], rtol=1e-14)
    np.testing.assert_allclose(jacobian, network.jacobian(state)[..., 2:], rtol=1e-12)


def test_numbers_that_are_none_pass_on():
    network = made("min(x, y)", "max(y, x)")
    rates, _ = evaluate(network, np.array([[0.0, 0, np.nan, 1], [0, 0, 1, np.nan]]))
    assert np.isnan(rates).all()


def test_values_are_not_part_of_the_code():
    one = load("predator_prey")
    one = getattr(one, "network", one)
    other = one.with_parameters({"killing_rate": "3 1/day"})
    assert compiled(one).rates_block is compiled(other).rates_block
    state = np.full((2, 3), 1e4)
    np.testing.assert_allclose(evaluate(other, state)[0], other.rates(state)[:, 2:], rtol=1e-14)
    assert other.rates(state)[1, 0] != one.rates(state)[1, 0]


def test_names_are_not_part_of_the_code():
    one, other = made("k*x"), made("kk*z", species=("z", "w"), parameters=(("kk", 3.0), ("m", 1)))
    assert structure_key(one) == structure_key(other)
    assert structure_key(one) != structure_key(made("n*x"))
    assert structure_key(one) != structure_key(made("k*y"))
    assert structure_key(one) != structure_key(made("k*x + 1"))
    assert structure_key(one) != structure_key(made("k*x", "k*x"))


def test_no_name_of_a_user_reaches_the_text():
    network = made(
        "inf*print + lambda", species=("print", "njit"), parameters=(("lambda", 1), ("inf", 2.0))
    )
    text = module_text(
        network.expressions, network.gradients, network.species_names, tuple(network.parameters)
    )
    assert "print" not in text
    assert "lambda" not in text
    rates, _ = evaluate(network, np.ones((2, 3)))
    assert rates[0, 0] == 3.0


@pytest.mark.parametrize("name", ["__import__", "x;y", "x\ny", "a.b", "a b", "é"])
def test_names_that_are_none(name):
    with pytest.raises(InputError, match="is not a name"):
        Species(name=name, role="resident")
    with pytest.raises(InputError, match=r"position \d+|unknown name|is not a name"):
        made(f"{name}(1)")


def run(code, folder):
    environment = {**os.environ, "CARTFLOW_CACHE": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )


PROGRAM = """
import numpy as np
from cartflow.kinetics.compiled.network import compiled
from cartflow.kinetics.files.load import load
network = load("logistic_growth")
network = getattr(network, "network", network)
code = compiled(network)
out = np.empty((2, 1))
code.rates_block(np.array([[1e5]]), code.parameters, 0, 1, out)
print(*out[:, 0], sum(code.rates_block.stats.cache_hits.values()))
"""


def test_two_processes_at_once_and_one_afterwards(tmp_path):
    both = [run(PROGRAM, tmp_path), run(PROGRAM, tmp_path)]
    for process in both:
        assert process.communicate()[0].split()[:2] == ["100000.0", "100000.0"]
        assert process.returncode == 0
    assert run(PROGRAM, tmp_path).communicate()[0].split() == ["100000.0", "100000.0", "1"]
    folder = tmp_path / "kinetics"
    assert len(list(folder.glob("*.py"))) == 1
    assert not list(folder.glob(".draft*"))


def test_a_chosen_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CARTFLOW_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"CARTFLOW_CACHE: '.*file' cannot be used \("):
        cache_folder("kinetics")


def test_without_a_cache_of_the_user_a_temporary_one(tmp_path, monkeypatch):
    import platformdirs

    (tmp_path / "file").write_text("")
    monkeypatch.delenv("CARTFLOW_CACHE", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "file"))
    folder = cache_folder("kinetics")
    assert folder.is_dir()
    assert tmp_path not in folder.parents
    rates, _ = evaluate(made("x*y + 7"), np.ones((2, 3)))
    assert rates[0, 0] == 8.0
    assert (
        Path(sys.modules[f"cartflow_kinetics_{structure_key(made('x*y + 7'))}"].__file__).parent
        == folder
    )


def test_code_survives_deep_expressions():
    text = "+".join(f"x^{n}" for n in range(1, 150))
    network = made(text, "/".join(["(x + y)"] * 120), "(" * 45 + "x + 1" + ")*x" * 45)
    state = np.random.default_rng(1).uniform(0.5, 1, (2, 5))
    rates, _ = evaluate(network, state)
    np.testing.assert_allclose(rates, network.rates(state)[:, 2:], rtol=1e-13)


def test_importing_writes_and_loads_nothing(tmp_path):
    code = (
        "import sys, cartflow.kinetics.network, cartflow.kinetics.files.load;"
        "import cartflow.kinetics.runs.ode;"
        "print({'numba', 'sympy', 'platformdirs'} & set(sys.modules))"
    )
    assert run(code, tmp_path).communicate()[0].strip() == "set()"
    assert not list(tmp_path.iterdir())


def test_a_rate_may_be_the_parse_of_a_number():
    assert parse("2") is not None
    rates, jacobian = evaluate(made("2"), np.ones((2, 3)))
    assert rates[0, 0] == 2.0
    assert not jacobian.any()


@pytest.mark.parametrize("name", ["predator_prey_exhaustion", "nagumo", "none"])
def test_each_cell_with_its_own_parameters(name):
    network = network_of((name,))
    shape = (len(network.reactions), len(network.species))
    cells = 11
    code = compiled_each(network, cells)
    assert code.parameters.shape == (len(network.parameters), cells)
    random = np.random.default_rng(4)
    values = code.parameters * random.uniform(0.5, 2, code.parameters.shape)
    state = random.uniform(1, 1e5, (shape[1], cells))
    rates, slopes = np.empty((shape[0], 8)), np.empty((shape[0] * shape[1], 8))
    code.rates_block(state, values, 2, 10, rates)
    code.jacobian_block(state, values, 2, 10, slopes)
    for cell in range(2, 10):
        one = network.with_parameters(
            {
                key: replace(p, value=values[row, cell])
                for row, (key, p) in enumerate(network.parameters.items())
            }
        )
        np.testing.assert_allclose(rates[:, cell - 2], one.rates(state[:, cell]), rtol=1e-14)
        expected = one.jacobian(state[:, cell]).ravel()
        np.testing.assert_allclose(slopes[:, cell - 2], expected, rtol=1e-12, atol=1e-300)
