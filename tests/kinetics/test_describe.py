"""Networks as text."""

import pytest

from cartflow.core.parameters import parameter
from cartflow.kinetics.describe import equations, happenings, reactions
from cartflow.kinetics.expressions.grammar import parse
from cartflow.kinetics.files.load import load, load_model, names
from cartflow.kinetics.network import Network, Reaction, Species


def test_predator_prey_reads_as_equations():
    assert equations(load("predator_prey")) == [
        "d cart/dt = proliferation_rate*cart*tumour/(half_saturation + tumour) - death_rate*cart",
        "d tumour/dt = growth_rate*tumour*(1 - tumour/carrying_capacity)"
        " - killing_rate*cart*tumour/(half_saturation + tumour)",
    ]


def test_coefficients_sums_and_silence():
    network = Network(
        name="made",
        species=tuple(Species(name=s, role="resident") for s in ("a", "b", "c")),
        parameters={"k": parameter("1 1/day", "1/day")},
        reactions=(
            Reaction(name="one", consumes={"a": 1}, produces={"b": 2.5}, rate="k*a - k*b"),
            Reaction(name="two", produces={"a": 1}, rate="-k*a"),
        ),
    )
    assert equations(network) == [
        "d a/dt = -(k*a - k*b) + (-k*a)",
        "d b/dt = 2.5*(k*a - k*b)",
        "d c/dt = 0",
    ]
    assert reactions(network) == ["one: a -> 2.5 b at k*a - k*b", "two: (nothing) -> a at -k*a"]


@pytest.mark.parametrize("name", names())
def test_shipped_equations_parse_again(name):
    for line in equations(load(name)):
        parse(line.split(" = ")[1])


def test_what_happens_beside_reactions_is_told():
    assert happenings(load_model("barros2021"))[2] == "extinct below 1e-6 cell: tumour"
    assert happenings(load_model("stein2019")) == ["from time_of_maximum expanding 0"]
    assert happenings(load_model("predator_prey")) == []
