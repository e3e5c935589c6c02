"""Boundary conditions and region sources against exact steady states, and their account."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import FixedValue, PrescribedFlux, RegionSource, Robin, conductance
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

D = 0.3
ROLES = {"cart": ("phenotype", "cell/mm^3"), "drug": ("solute", "ng/mm^3")}


def engine(geometry, name="drug", porosity=1.0, tortuosity=1.0, mobile=True, egress=0.0, **how):
    role, unit = ROLES[name]
    item = Field(
        name=name,
        solute=role == "solute",
        diffusivity=np.full(geometry.size, D) if mobile else None,
        **how,
    )
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=Network(name="t", species=(Species(name=name, role=role, unit=unit),)),
            fields=(item,),
            tissue=Tissue(
                porosity=np.full(geometry.size, porosity),
                hindrance=Hindrance(tortuosity=tortuosity),
            ),
            egress=np.full(geometry.size, egress),
        )
    )


def steady(model):
    state = np.zeros((1, model.problem.geometry.size))
    for dt in (1e9, 1e9, 1.0):
        state, account = model.step(state, dt)
    return state[0], account


def test_fixed_values_give_a_line():
    geometry = slab(2.0, 9)
    ends = {"left": FixedValue(value=4.0), "right": FixedValue(value=1.0)}
    state, account = steady(engine(geometry, boundaries=ends))
    assert state == pytest.approx(4.0 - 1.5 * geometry.centres[:, 0], rel=1e-11)
    assert account.supplied == pytest.approx([D * 1.5], rel=1e-10)
    assert account.left == pytest.approx([D * 1.5], rel=1e-10)


@pytest.mark.parametrize("film", [1e-3, 0.15, 1e3])
def test_films_stand_in_series_with_the_tissue(film):
    geometry = slab(2.0, 9)
    ends = {
        "left": Robin(transfer_coefficient=film, exterior=4.0),
        "right": Robin(transfer_coefficient=0.2, exterior=1.0),
    }
    state, account = steady(engine(geometry, boundaries=ends))
    flux = 3.0 / (1 / film + 2.0 / D + 1 / 0.2)
    exact = 4.0 - flux / film - flux * geometry.centres[:, 0] / D
    assert state == pytest.approx(exact, rel=1e-10)
    assert account.supplied == pytest.approx([flux], rel=1e-9)


def test_a_solute_diffuses_through_its_pores_only():
    geometry = slab(2.0, 9)
    ends = {"left": FixedValue(value=4.0), "right": Robin(transfer_coefficient=0.2)}
    state, account = steady(engine(geometry, porosity=0.25, tortuosity=2.0, boundaries=ends))
    superficial = 0.25 * D / 4.0
    flux = 4.0 / (2.0 / superficial + 1 / 0.2)
    assert state == pytest.approx(4.0 - flux * geometry.centres[:, 0] / superficial, rel=1e-10)
    assert account.left == pytest.approx([flux], rel=1e-9)


def test_prescribed_flux_against_a_film():
    geometry = slab(2.0, 7)
    ends = {
        "left": PrescribedFlux(flux=0.6),
        "right": Robin(transfer_coefficient=0.2, exterior=1.0),
    }
    state, _ = steady(engine(geometry, boundaries=ends))
    exact = 1.0 + 0.6 / 0.2 + 0.6 * (2.0 - geometry.centres[:, 0]) / D
    assert state == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("geometry", [ball(1.5, 6), box((1.0, 2.0), (3, 4))], ids=["ball", "box"])
@pytest.mark.parametrize("mobile", [True])
def test_prescribed_flux_supplies_its_exact_amount(geometry, mobile):
    name = "rim" if "rim" in geometry.boundaries else "top"
    model = engine(geometry, mobile=mobile, boundaries={name: PrescribedFlux(flux=0.7)})
    state, account = model.step(np.zeros((1, geometry.size)), 0.3)
    expected = 0.7 * geometry.boundary(name).area * 0.3
    assert account.supplied == pytest.approx([expected], rel=1e-14)
    assert state[0] @ geometry.cell_volumes == pytest.approx(expected, rel=1e-13)
    assert np.all(account.left == 0)


@pytest.mark.parametrize("name", ["cart", "drug"])
@pytest.mark.parametrize("mobile", [True, False], ids=["mobile", "immobile"])
@pytest.mark.parametrize("dt", [1e-3, 1.0, 300.0])
def test_the_account_explains_the_change(name, mobile, dt):
    geometry = slab(2.0, 12, layers={"inner": (0.5, 1.2)})
    ends = {
        "left": Robin(transfer_coefficient=0.4, exterior=2.0),
        "right": FixedValue(value=0.1),
    }
    sources = (
        RegionSource(region="inner", supply=3.0, removal=5.0),
        RegionSource(region="rim", supply=0.2),
    )
    model = engine(
        geometry,
        name,
        porosity=0.2,
        mobile=mobile,
        egress=0.7,
        boundaries=ends if mobile else {},
        sources=sources,
    )
    state = np.random.default_rng(2).uniform(0, 4, (1, 12))
    for _ in range(3):
        before = model.problem.totals(state)
        state, account = model.step(state, dt)
        after = before + account.supplied - account.left - account.egress
        scale = before + account.supplied
        assert model.problem.totals(state) == pytest.approx(after, abs=1e-12 * scale[0])
        assert (account.egress > 0).tolist() == [name == "cart"]


@pytest.mark.parametrize("mobile", [True, False], ids=["mobile", "immobile"])
@pytest.mark.parametrize("porosity", [1.0, 0.2])
def test_supply_and_removal_act_on_amounts(porosity, mobile):
    # Amount per tissue: supply/removal at rest, whatever the room that the solute has.
    geometry = slab(1.0, 4)
    model = engine(
        geometry,
        porosity=porosity,
        mobile=mobile,
        sources=(RegionSource(region="all", supply=6.0, removal=2.0),),
    )
    state = np.zeros((1, 4))
    state, _ = model.step(state, 0.1)
    assert model.problem.totals(state) == pytest.approx([0.6 / 1.2], rel=1e-13)
    state, _ = model.step(state, 1e9)
    assert porosity * state[0] == pytest.approx(np.full(4, 3.0), rel=1e-8)


def test_supply_in_a_region_stays_there_when_nothing_moves():
    geometry = slab(1.0, 4, layers={"first": (0.0, 0.5)})
    model = engine(
        geometry, "cart", mobile=False, sources=(RegionSource(region="first", supply=2.0),)
    )
    state, account = model.step(np.zeros((1, 4)), 0.5)
    assert state[0].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert account.supplied == pytest.approx([0.5])


def test_conductance_limits():
    inner, distance = np.array([0.4, 0.0]), np.array([0.1, 0.1])
    fixed = conductance(FixedValue(value=1.0), inner, distance)
    assert fixed == pytest.approx([4.0, 0.0])
    assert conductance(Robin(transfer_coefficient=1e12), inner, distance) == pytest.approx(fixed)
    assert np.all(conductance(Robin(transfer_coefficient=0.0), inner, distance) == 0)


def test_errors():
    with pytest.raises(InputError, match=r"flux -1 is negative; use a Robin"):
        PrescribedFlux(flux=-1.0)
    with pytest.raises(InputError, match="region 'core': supply and removal must not be negative"):
        RegionSource(region="core", removal=-1.0)
    with pytest.raises(InputError, match="unknown name 'rimm'"):
        engine(ball(1.0, 3), boundaries={"rimm": FixedValue(value=1.0)})
    with pytest.raises(InputError, match="field 'drug' is immobile"):
        engine(ball(1.0, 3), mobile=False, boundaries={"rim": FixedValue(value=1.0)})
