"""Births and deaths of single cells: closed forms, and how a kinetics file's reactions are read."""

import numpy as np
import pytest
from cells_in_rooms import cells

from cartflow.cells.births.acts import acts_of, rest_of
from cartflow.cells.births.happen import choices, happened
from cartflow.cells.births.signs import may_turn_negative, terms
from cartflow.cells.movement.walk import room_of
from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.box import box
from cartflow.kinetics.expressions.grammar import parse
from cartflow.kinetics.network import Network, Reaction, Species

ROOM = room_of(box((1.0, 1.0, 1.0), (1, 1, 1)))
BIRTH, DEATH, DAYS = 1.2, 1.0, 3.0
FOUNDERS = 20_000


@pytest.mark.parametrize("steps", [1, 7])
def test_extinction_of_one_cell_is_the_closed_form_however_long_the_step(steps):
    # Kendall: d (e - 1) / (b e - d), e = exp((b - d) t).
    grown = np.exp((BIRTH - DEATH) * DAYS)
    expected = DEATH * (grown - 1) / (BIRTH * grown - DEATH)
    now = start = cells(ROOM, np.zeros(FOUNDERS, dtype=int), seed=5)
    acts, order = choices([0, 0], [(0, 0), ()], 1)
    chances = np.array([[BIRTH], [DEATH]])[order]
    for step in range(1, steps + 1):
        now, *_ = happened(now, acts, chances, DAYS / steps, step, 5, 10**7)
    # Nothing moves, so that a family stands where its founder did.
    left = np.isin(start.position[:, 0], now.position[:, 0]).mean()
    assert abs(1 - left - expected) < 4 * np.sqrt(expected * (1 - expected) / FOUNDERS)
    spread = np.sqrt((BIRTH + DEATH) / (BIRTH - DEATH) * grown * (grown - 1) / FOUNDERS)
    assert abs(now.size / FOUNDERS - grown) < 4 * spread
    assert np.unique(now.name).size == now.size


def test_more_cells_than_allowed_stop_the_run():
    acts, _ = choices([0], [(0, 0)], 1)
    start = cells(ROOM, np.zeros(100, dtype=int))
    with pytest.raises(StepFailed, match=r"cells are more than cells\.most = 120"):
        happened(start, acts, np.array([[1.0]]), 1.0, 1, 1, 120)


@pytest.mark.parametrize(
    ("rate", "may"),
    [
        ("r*n*(1 - n/K)", True),
        ("r*n*exp(-n/K)", False),
        ("r*n/(1 + n)", False),
        ("max(0, r*n - d)", False),
        ("r*n*log(n)", True),
        ("g*n", True),
    ],
)
def test_which_rates_may_turn_negative(rate, may):
    assert may_turn_negative(parse(rate), signed={"g"}) is may


def test_terms_of_logistic_growth():
    assert terms(parse("r*n*(1 - n/K)")) == [(1, parse("r*n*1")), (-1, parse("r*n*(n/K)"))]


def network(**reactions):
    numbers = {n: parameter("1 1/day", "1/day", source="assumed") for n in ("r", "d")}
    return Network(
        name="test",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="tumour", role="resident"),
            Species(name="drug", role="solute", unit="ng/mm^3"),
        ),
        parameters={**numbers, "K": parameter("1 cell/mm^3", "cell/mm^3", source="assumed")},
        reactions=tuple(Reaction(name=n, **each) for n, each in reactions.items()),
    )


LOGISTIC = {"produces": {"tumour": 1}, "rate": "r*tumour*(1 - tumour/K)"}


def test_a_net_rate_is_refused_by_name():
    with pytest.raises(InputError, match=r"reactions\.growth: its rate is a difference"):
        acts_of(network(growth=LOGISTIC), ["tumour"], "refuse")


def test_apart_births_and_deaths_have_rates_of_their_own():
    found = acts_of(network(growth=LOGISTIC), ["tumour"], "apart")
    assert [(a.outcome, a.reverse) for a in found.acts] == [((0, 0), False), ((), True)]
    np.testing.assert_allclose(found.network.rates(np.array([0.0, 3.0, 0.0])), [3.0, 9.0])


def test_as_one_a_negative_rate_is_a_death():
    found = acts_of(network(growth=LOGISTIC), ["tumour"], "as_one")
    assert [(a.rate, a.outcome, a.reverse) for a in found.acts] == [
        (0, (0, 0), False),
        (0, (), True),
    ]


def test_actors_sources_and_what_is_left_for_fields():
    net = network(
        kill={"consumes": {"tumour": 1}, "rate": "r*cart*tumour/K"},
        divide={"produces": {"cart": 1}, "rate": "r*cart"},
        arrive={"produces": {"cart": 1}, "rate": "r*tumour"},
        uptake={"consumes": {"drug": 1}, "rate": "d*drug*cart/K"},
    )
    found = acts_of(net, ["cart", "tumour"], "refuse")
    assert [(a.actor, a.outcome) for a in found.acts] == [(1, ()), (0, (0, 0)), (-1, (0,))]
    assert rest_of(net, ["cart", "tumour"]).reaction_names == ("uptake",)


@pytest.mark.parametrize(
    ("reaction", "match"),
    [
        ({"consumes": {"cart": 1, "tumour": 1}, "rate": "r*cart*tumour/K"}, "two cells at once"),
        ({"produces": {"tumour": 0.5}, "rate": "r*tumour"}, "no whole cells"),
    ],
)
def test_what_cells_cannot_do_is_refused(reaction, match):
    with pytest.raises(InputError, match=match):
        acts_of(network(odd=reaction), ["cart", "tumour"], "refuse")


def test_cells_and_a_field_of_cells_in_one_reaction_are_refused():
    both = {"consumes": {"tumour": 1}, "produces": {"cart": 1}, "rate": "r*cart*tumour/K"}
    with pytest.raises(InputError, match="the field 'tumour' at once"):
        acts_of(network(odd=both), ["cart"], "refuse")
