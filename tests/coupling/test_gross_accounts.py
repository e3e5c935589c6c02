"""A study's accounts are gross: what came in, what went out, by boundary and region."""

import numpy as np
import pytest

from cartflow.study.study import Study

SUPPLIED = """
title = "CAR T cells supplied to and removed from the whole tumour, nothing else"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 4
[tumour]
host = "flank"
egress_rate = "0 1/day"
[kinetics]
models = ["none"]
[fields.cart.regions.all]
supply = "5 cells/mm^3/day"
removal = "1.1 1/day"
[time]
end = "7 days"
every = "1 day"
"""
OPEN = """
title = "A drug that a slab takes up at one end and loses at the other, and cells that come and go"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "slab"
length = "1 mm"
cells = 20
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "4 um^2/min"
[fields.cart.boundaries.right]
type = "robin"
transfer_coefficient = "0.2 mm/day"
exterior = "30 cells/mm^3"
[fields.cart.regions.core]
supply = "200 cells/mm^3/day"
removal = "0.4 1/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.chemokine]
initial = "1e-3 ng/mm^3"
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.left]
type = "fixed_value"
value = "0.5 ng/mm^3"
[fields.chemokine.boundaries.right]
type = "fixed_value"
value = "0 ng/mm^3"
[fields.chemokine.regions.rim]
removal = "3 1/day"
[tissue]
porosity = 0.2
[time]
end = "2 days"
every = "0.5 day"
[solver]
engine = "{engine}"
tolerance = {tolerance}
"""


def test_supply_is_infused_and_removal_died():
    tree = Study.from_text(SUPPLIED).run().require_finished().tree
    time, volume = tree.time.to_numpy(), 4.0 / 3.0 * np.pi
    infused = 5.0 * volume * time
    there = 5.0 * volume / 1.1 * -np.expm1(-1.1 * time)
    balance, exchange = tree["balance"], tree["exchange"]
    assert balance["infused"].sel(phenotype="cart").to_numpy() == pytest.approx(infused, rel=1e-12)
    assert balance["died"].sum("phenotype").to_numpy() == pytest.approx(infused - there, rel=1e-6)
    assert float(balance["infused"].isel(time=-1).sum()) == pytest.approx(146.61, abs=0.005)
    assert float(balance["died"].isel(time=-1).sum()) == pytest.approx(127.58, abs=0.005)
    assert np.abs(balance["residual"]).max() <= 1e-10 * infused[-1]
    assert exchange["region"].to_numpy().tolist() == ["all", "core", "rim"]
    supplied, removed = (exchange[f"{way}_cart"] for way in ("supplied", "removed"))
    assert supplied.sel(region="all").to_numpy() == pytest.approx(infused, rel=1e-12)
    assert removed.sel(region="all").to_numpy() == pytest.approx(infused - there, rel=1e-6)
    assert np.all(supplied.sel(region=["core", "rim"]) == 0.0)
    assert "boundary" not in exchange.dims


@pytest.mark.parametrize(("engine", "tolerance"), [("fast", 1e-6), ("fipy", 1e-3)])
def test_what_crosses_is_saved_for_every_field(engine, tolerance):
    text = OPEN.format(engine=engine, tolerance=tolerance)
    result = Study.from_text(text).run().require_finished()
    assert result.summary()["relative_residual"] <= 1e-10
    exchange, tumour = (result.tree[name].to_dataset() for name in ("exchange", "tumour"))
    assert exchange.boundary.to_numpy().tolist() == ["left", "right"]
    units = {n: exchange[n].attrs["units"] for n in ("entered_cart", "entered_chemokine")}
    assert units == {"entered_cart": "1", "entered_chemokine": "ng"}
    assert exchange.entered_chemokine.dims == ("time", "boundary")
    assert exchange.removed_chemokine.dims == ("time", "region")
    assert not any("tumour" in name for name in exchange)
    for name in ("entered", "left", "supplied", "removed"):
        for field in ("cart", "chemokine"):
            amounts = exchange[f"{name}_{field}"]
            assert float(amounts.isel(time=0).sum()) == 0.0
            assert np.all(amounts.diff("time") >= 0.0)
    end = exchange.isel(time=-1)
    assert float(end.entered_chemokine.sel(boundary="left")) > 0.1
    assert float(end.entered_chemokine.sel(boundary="right")) == 0.0
    assert float(end.left_chemokine.sel(boundary="right")) > 0.1
    assert float(end.removed_chemokine.sel(region="rim")) > 0.0
    # What crossed, with what cells secreted and what decayed, is what there is.
    amounts = 0.2 * (tumour.chemokine * tumour.cell_volume).sum("x").to_numpy()
    crossed = float(
        end.entered_chemokine.sum() - end.left_chemokine.sum() - end.removed_chemokine.sum()
    )
    assert crossed > amounts[-1] - amounts[0]
    balance = result.tree["balance"].to_dataset().isel(time=-1)
    came = float(end.entered_cart.sum() + end.supplied_cart.sum())
    assert float(balance.infused.sum()) == pytest.approx(1e6 + came, rel=1e-12)


def test_the_mass_of_an_open_box_is_what_crossed_it():
    """Without secretion and decay: amount now = amount then + entered - left - removed."""
    still = {
        "kinetics.parameters.chemokine_secretion_rate": "0 ng/cell/day",
        "kinetics.parameters.chemokine_decay_rate": "0 1/day",
    }
    text = OPEN.format(engine="fast", tolerance=1e-5)
    tree = Study.from_text(text, settings=still).run().require_finished().tree
    exchange, tumour = tree["exchange"].to_dataset(), tree["tumour"].to_dataset()
    amounts = 0.2 * (tumour.chemokine * tumour.cell_volume).sum("x").to_numpy()
    crossed = exchange.entered_chemokine.sum("boundary") - exchange.left_chemokine.sum("boundary")
    crossed = crossed - exchange.removed_chemokine.sum("region")
    assert amounts - amounts[0] == pytest.approx(crossed.to_numpy(), rel=1e-10)
