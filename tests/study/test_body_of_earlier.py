"""A body that begins with the cells of an earlier result goes on as that run would have."""

import numpy as np
import pytest
from programmes import MOUSE

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

BODY = MOUSE.split("[geometry]")[0] + '[time]\nend = "4 days"\nevery = "1 day"\n'
MARROW = {
    "organs.bone_marrow.kinetics.models": ["predator_prey"],
    "organs.bone_marrow.initial.tumour": "2e4 cells/mm^3",
    "solver.tolerance": 1e-10,
}
FINE = {"solver.tolerance": 1e-9}
LATER = {"doses": [], "time.end": "2 days"}


def start(**more):
    return {"result": "first.nc", "time": "2 days", **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    Study.from_text(BODY).run().write(folder / "first.nc")
    return folder


@pytest.mark.parametrize("kind", ["body", "marrow", "tumour"])
def test_two_runs_joined_are_one(kind, tmp_path):
    text = MOUSE if kind == "tumour" else BODY
    settings = {"body": {}, "marrow": MARROW, "tumour": FINE}[kind]
    whole = Study.from_text(text, settings=settings).run()
    whole.write(tmp_path / "first.nc")
    # The result is written in double precision: what was there is there again.
    again = {**settings, **LATER, "body.initial": start()}
    if kind == "marrow":
        again["organs.bone_marrow.initial.tumour"] = start()
    if kind == "tumour":
        again |= {f"fields.{name}.initial": start() for name in ("cart", "tumour")}
    second = Study.from_text(text, folder=tmp_path, settings=again).run()
    for name in ("cells", "compartment_cells"):
        a, b = whole.tree["body"][name][-1].values, second.tree["body"][name][-1].values
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7 * np.nanmax(a))
    if kind == "tumour":
        a, b = (r.tree["tumour"]["tumour"][-1].values for r in (whole, second))
        np.testing.assert_allclose(a, b, rtol=1e-7)
    balance = second.tree["balance"]
    assert float(balance["infused"][0].sum()) == pytest.approx(
        float((whole.tree["balance"]["in_body"] + whole.tree["balance"]["in_tumour"])[2].sum())
    )
    turnover = float((balance["infused"] + balance["born"])[-1].sum())
    assert float(np.abs(balance["residual_total"]).max()) <= 1e-12 * turnover


MISTAKES = [
    ({"body.initial": {"result": "no.nc"}}, "body.initial: .*no.nc: there is no such file"),
    ({"body.initial": start(time="3 h")}, "time '3 h' was not saved; the nearest is 0 day"),
    ({"body.initial": start(tme=1)}, "unknown key 'tme'; allowed: result"),
    ({"body.initial": {"time": "2 days"}}, "body.initial: key 'result' is missing"),
    ({"body.initial": start(species="cart")}, "body.initial.species: has no effect"),
    ({"body.initial": "first.nc"}, "body.initial: Input should be a table"),
    (
        {"body.initial": start(), "trafficking.name": "ganusov2014"},
        "its body has other compartments than that of this study",
    ),
    (
        {"body.initial": start(), "doses.0.phenotype": "other"},
        "product: unknown name 'cart'; allowed: other",
    ),
    (
        {**MARROW, "body.initial": start(), "organs.bone_marrow.initial.cart": "1 cell/mm^3"},
        "organs.bone_marrow.initial.cart: has no effect beside body.initial",
    ),
]


@pytest.mark.parametrize(("settings", "message"), MISTAKES, ids=[m for _, m in MISTAKES])
def test_a_mistake_is_answered_in_one_line(folder, settings, message):
    with pytest.raises(InputError, match=message) as error:
        _ = Study.from_text(BODY, folder=folder, settings=settings).prepared
    assert str(error.value).startswith("study: ")
