"""Building blocks against their formulas."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.kinetics.files.blocks import BLOCKS, block_keys, block_reactions
from cartflow.kinetics.network import Network, Species

X, Y, M, E, C = 30.0, 7.0, 3.0, 2.0, 11.0
R, K, H, N, F = 0.5, 100.0, 20.0, 1.7, 1.0
GIVEN = {
    "species": "y",
    "target": "x",
    "killer": "y",
    "antigen": "x",
    "exhausted": "e",
    "memory": "m",
    "cytokine": "c",
    "rate": "r",
    "constant": "k",
    "capacity": "cap",
    "floor": "f",
    "half_saturation": "h",
    "exponent": "n",
}
RATES = {
    "exponential_growth": [R * Y],
    "logistic_growth": [R * Y, R * Y * Y / K],
    "gompertz_growth": [R * Y * np.log(K / Y), 0.0],
    "death": [R * Y],
    "mass_action_killing": [0.01 * X * Y],
    "saturating_killing": [R * Y * X / (H + X)],
    "hill_killing": [R * X * Y**N / (H**N + Y**N)],
    "antigen_driven_proliferation": [R * Y * X / (H + X)],
    "exhaustion": [R * Y * X / (H + X)],
    "memory_formation": [R * Y * H / (H + X)],
    "memory_recall": [R * M * X / (H + X)],
    "homeostatic_drive": [R * Y * C / (H + C)],
}


def network(kind):
    cells = {"cap": K, "h": H, "f": F}
    return Network(
        name="made",
        species=tuple(Species(name=s, role="product") for s in "xymec"),
        parameters={
            "r": parameter("0.5 1/day", "1/day"),
            "k": parameter("0.01 mm^3/cell/day", "mm^3/cell/day"),
            "n": parameter(N, "1"),
        }
        | {name: parameter(f"{v} cell/mm^3", "cell/mm^3") for name, v in cells.items()},
        reactions=tuple(block_reactions("b", kind, {key: GIVEN[key] for key in block_keys(kind)})),
    )


@pytest.mark.parametrize("kind", BLOCKS)
def test_rates_are_the_formulas(kind):
    found = network(kind).rates(np.array([X, Y, M, E, C]))
    np.testing.assert_allclose(found, RATES[kind], rtol=1e-12)


@pytest.mark.parametrize("kind", ["exhaustion", "memory_formation", "memory_recall"])
def test_changes_of_phenotype_are_conversions(kind):
    made = network(kind)
    assert not made.born.any()
    assert not made.died.any()
    assert made.converted.any()


def test_gompertz_is_finite_without_cells():
    assert not network("gompertz_growth").rates(np.zeros(5)).any()


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("logistic", {}, r"blocks\.b: kind 'logistic'; allowed: .*did you mean 'logistic_growth'"),
        ("death", {"species": "y"}, r"blocks\.b: key 'rate' is missing; kind 'death' needs spec"),
        ("death", {"species": "y", "rate": "r", "cap": "k"}, r"blocks\.b: unknown key 'cap'"),
        ("death", {"species": "y", "rate": "r*exp(1)"}, r"blocks\.b\.rate: 'r\*exp\(1\)' is not"),
    ],
)
def test_errors_name_block_and_key(kind, given, message):
    with pytest.raises(InputError, match=message):
        block_reactions("b", kind, given)
