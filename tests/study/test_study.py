"""Studies at the edges of what a study can say."""

import json

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.study.study import Study

TEXT = """
title = "edges"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "ball", radius = "1 mm", cells = 5 }
tumour.host = "skin"
kinetics.models = ["predator_prey"]
fields.cart.diffusivity = "2 um^2/min"
fields.tumour.initial = "1e4 cells/mm^3"
time = { end = "0.2 day", every = "0.1 day" }
solver.tolerance = 1e-3
"""

USED_UP = """
title = "cells eat what they find"
species.cart = { role = "phenotype", unit = "cell/mm^3" }
species.bait = { role = "resident", unit = "cell/mm^3" }
[parameters.appetite]
value = "2e3 1/day"
source = "assumed"
standing = "assumed"
[reactions.eating]
consumes = { bait = 1 }
rate = "appetite*cart"
"""


@pytest.mark.parametrize("engine", ["fast", "fipy"])
@pytest.mark.parametrize("geometry", ["ball", "slab"])
def test_a_mesh_of_one_cell_is_an_ode(engine, geometry):
    size = {"ball": "radius", "slab": "length"}[geometry]
    settings = {"geometry": {"shape": geometry, size: "1 mm", "cells": 1}, "solver.engine": engine}
    result = Study.from_text(TEXT, settings=settings).run().require_finished()
    assert result.summary()["relative_residual"] < 1e-10


def test_a_species_that_is_used_up_does_not_stop_the_run(tmp_path):
    (tmp_path / "eating.toml").write_text(USED_UP)
    settings = {
        "kinetics.models": ["eating.toml"],
        "fields": {
            "cart": {"diffusivity": "2 um^2/min", "initial": "10 cells/mm^3"},
            "bait": {"initial": "1e3 cells/mm^3"},
        },
    }
    study = Study.from_text(TEXT, folder=tmp_path, settings=settings)
    result = study.run().require_finished()
    bait = result.tree["tumour/bait"].values
    assert bait.min() >= 0
    assert bait[-1].max() < 1e-3


def test_blood_is_counted_in_what_the_model_calls_blood():
    """Whole blood outside the organs, or (singh2020) all plasma of the mouse, 944 mm3."""
    first, pools = {}, {"khot2019": 231.616, "singh2020": 944.35 + 63.69}
    words = {"khot2019": "per volume of whole", "singh2020": "per volume of what carries"}
    for model in ("khot2019", "singh2020"):
        tree = Study.from_text(TEXT, settings={"trafficking.name": model}).run().tree
        first[model] = float(tree["body/blood_concentration"][0, 0])
        counted = tree["body/blood_concentration"].attrs["comment"]
        assert counted.startswith(words[model])
        assert "the interstitium with every" in tree["body/volume"].attrs["comment"]
        assert float(tree["body/volume"].sel(organ="blood", space="vascular")) == (
            pytest.approx(pools[model], rel=1e-4)
        )
    # 1e6 cells in half of the central pool, 115.8 mm3 of venous blood.
    assert first["khot2019"] == pytest.approx(1e6 / 115.808, rel=1e-4)
    assert first["singh2020"] == pytest.approx(1e6 / 944.35, rel=1e-4)


def test_an_attractant_has_its_own_unit():
    drift = {
        "attractant": "tumour",
        "sensitivity": "0.1 mm^2/day",
        "half_saturation": "1e4 cells/mm^3",
    }
    settings = {"fields.cart.chemotaxis": drift}
    assert Study.from_text(TEXT, settings=settings).run().outcome.status == "finished"
    wrong = {"fields.cart.chemotaxis": {**drift, "half_saturation": "1e-4 ng/mm^3"}}
    with pytest.raises(InputError, match=r"half_saturation: '1e-4 ng/mm\^3' has the dimension"):
        _ = Study.from_text(TEXT, settings=wrong).simulation


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tissue.matrix": "tumour"}, "'tumour' is in cell/mm\\^3; a relative density"),
        (
            {"tumour.feeding": "rim", "tumour.region": "core"},
            "tumour.region: only a tumour with feeding = 'vessels'",
        ),
        (
            {"tumour.egress_rate": "1 1/day", "tumour.retention": 2},
            "tumour.retention: has no effect beside tumour.egress_rate",
        ),
        (
            {"fields.tumour.hindrance.tortuosity": 2},
            "fields.tumour: hindrance and open_gain need a diffusivity",
        ),
        (
            {"fields.cart.density_dependence.reference": "0 cells/mm^3"},
            "reference 0 must be greater than 0",
        ),
        (
            {"geometry": {"shape": "box", "lengths": ["1 mm"] * 3, "cells": [10_000] * 3}},
            "10000 x 10000 x 10000 are more than 100000000 mesh cells",
        ),
        (
            {"geometry": {"shape": "phantom", "volume": "1 L", "spacing": "0.01 mm"}},
            "voxels are more than",
        ),
    ],
)
def test_what_would_mislead_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(TEXT, settings=settings).simulation


def test_the_result_keeps_the_settings():
    tree = Study.from_text(TEXT, settings={"fields.tumour.initial": "2e4 cells/mm^3"}).run().tree
    assert json.loads(tree.attrs["settings"]) == {"fields.tumour.initial": "2e4 cells/mm^3"}
    assert np.all(tree["tumour/tumour"][0] == 2e4)


def test_early_times_are_saved_after_every_dose():
    settings = {
        "doses": [{"cells": "1e6 cells"}, {"cells": "1e6 cells", "time": "0.1 day"}],
        "time": {"end": "0.2 day"},
    }
    times = np.array(Study.from_text(TEXT, settings=settings).simulation.save_times)
    for minutes in (0, 1, 5, 15, 60):
        assert np.min(np.abs(times - (0.1 + minutes / 1440))) < 1e-12


def test_an_infusion_must_end_before_the_run():
    settings = {"doses": [{"cells": "1e6 cells", "duration": "1 day"}]}
    with pytest.raises(InputError, match=r"doses.0.duration: '1 day' goes on after time.end"):
        _ = Study.from_text(TEXT, settings=settings).simulation


def test_the_egress_rate_used_is_in_the_result():
    for model, rate in (("khot2019", 1.0996), ("singh2020", 0.10996)):
        study = Study.from_text(TEXT, settings={"trafficking.name": model})
        assert float(study.parameters()["tumour.egress_rate"]) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "same"), [("2 um2/min", "2 um^2/min"), ("1 mm-3", "1 1/mm^3"), ("3 /day", "3 1/day")]
)
def test_units_as_results_write_them(text, same):
    assert to_internal(text, same.split()[1]) == to_internal(same, same.split()[1])
