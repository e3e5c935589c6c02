"""Shares of clones against draws and a simulated model; when one dominates, by other ways."""

import math

import numpy as np
import pytest

from cartflow.closed_forms.clones import Clones
from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.made.clones import clones_toml
from cartflow.kinetics.runs.trajectory import run

DRAWS = 10_000_000
BAG = Clones(barcodes=("a", "b", "c", "d"), cells=[5e4, 3e4, 2e4, 100], rates=[0.3, 0.5, 0.2, 1.0])


def test_the_effective_number_is_that_of_equal_clones():
    even = Clones(barcodes=tuple("abcde"), cells=np.full(5, 7.0), rates=np.full(5, 0.1))
    for order in (0, 0.5, 1, 2, 3):
        assert even.effective_number(20, order) == pytest.approx(5, rel=1e-12)
    shares = BAG.shares(0)
    assert BAG.effective_number(0, 0) == pytest.approx(4, rel=1e-12)
    assert BAG.effective_number(0, 2) == pytest.approx(1 / np.sum(shares**2), rel=1e-12)
    assert BAG.effective_number(0, 1 + 1e-7) == pytest.approx(BAG.effective_number(0), rel=1e-6)


def test_the_inverse_simpson_number_is_that_of_pairs_drawn():
    random = np.random.default_rng(8)
    chance = 1 / BAG.effective_number(5, 2)
    first, second = random.choice(4, (2, DRAWS), p=BAG.shares(5))
    alike = (first == second).mean()
    assert abs(alike - chance) < 4 * math.sqrt(chance * (1 - chance) / DRAWS)


def test_two_clones_change_places_when_the_formula_says():
    pair = Clones(barcodes=("large", "fast"), cells=["9e5 cells", "1e5 cells"], rates=[0.2, 0.7])
    assert pair.dominance() == ("large", 0.0)
    pair = Clones(barcodes=("large", "fast"), cells=[9e5, 1e5], rates=["0.2/day", "0.7/day"])
    name, day = pair.dominance(0.95)
    assert name == "fast"
    assert day == pytest.approx((math.log(9) + math.log(0.95 / 0.05)) / 0.5, rel=1e-10)
    assert pair.largest(day - 1)[0] == "fast"


def test_a_clone_may_hold_half_only_for_a_while():
    """The middle clone is past its best before the fast one comes; found against a fine search."""
    some = Clones(barcodes=("slow", "middle", "fast"), cells=[100, 60, 1e-3], rates=[0.0, 0.4, 1.0])
    days = np.linspace(0, 60, 12_001)
    shares = np.array([some.shares(d) for d in days])
    for share in (0.5, 0.6, 0.95):
        name, day = some.dominance(share)
        place = int((shares.max(axis=1) >= share).argmax())
        assert day == pytest.approx(days[place], abs=6e-3)
        assert name == some.barcodes[int(shares[place].argmax())]


def test_clones_that_tie_never_dominate():
    tied = Clones(barcodes=("a", "b", "c"), cells=[1, 1, 10], rates=[0.5, 0.5, 0.1])
    assert tied.dominance(0.9) is None
    assert tied.in_words().endswith("c holds half of all cells from the start.")
    even = Clones(barcodes=("a", "b", "c"), cells=[1, 1, 1], rates=[0.5, 0.5, 0.1])
    assert even.dominance(0.51) is None
    assert even.in_words().endswith("none comes to hold half of all cells.")


def test_a_shared_capacity_leaves_shares_alone(tmp_path):
    path = tmp_path / "bag.toml"
    rates = [0.3, 0.5, -0.2, 1.0]
    path.write_text(clones_toml("abcd", BAG.cells / 1e4, rates, capacity="50 cell/mm^3"))
    model = load_model(path)
    days = np.array([0.5, 4.0, 12.0, 30.0])
    found = run(model, model.scenario("bag"), rtol=1e-11).at(days)
    own = Clones(barcodes=BAG.barcodes, cells=BAG.cells, rates=rates)
    for day, state in zip(days, found, strict=True):
        np.testing.assert_allclose(state / state.sum(), own.shares(day), rtol=1e-8, atol=1e-14)
    assert found[-1].sum() == pytest.approx(50, rel=0.01)


def test_a_table_of_barcodes(tmp_path):
    path = tmp_path / "bag.csv"
    path.write_text("barcode,cells,rate\nACGT,500,0.1\nTTGA,1500,0.4\n")
    assert Clones.from_table(path).largest(0) == ("TTGA", 0.75)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,cells,rate\n", "the first line must be barcode,cells,rate"),
        ("barcode,cells,rate\nA,x,1\n", "line 2: got 'A,x,1'"),
        ("barcode,cells,rate\nA,1\n", "line 2"),
        ("barcode,cells,rate\nA,-1,1\n", "cells of A: got -1.0; allowed: above 0"),
        ("barcode,cells,rate\nA,1,nan\n", "rate of A"),
        ("barcode,cells,rate\nA,1,1\nA,2,1\n", "'A' stands twice"),
        ("barcode,cells,rate\n", "got none"),
    ],
)
def test_bad_tables_name_what_is_bad(tmp_path, text, said):
    path = tmp_path / "bag.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"bag.csv.*{said}"):
        Clones.from_table(path)


def test_bad_numbers_of_made_files():
    with pytest.raises(InputError, match="2 barcodes, 1 densities"):
        clones_toml("ab", [1.0], [1.0], capacity=1.0)
    with pytest.raises(InputError, match="got 101 numbers; allowed: 1 to 100"):
        clones_toml(["x"] * 101, [1.0] * 101, [1.0] * 101, capacity=1.0)
