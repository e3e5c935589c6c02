"""A study of organs alone as what is fitted: shares of a dose by organ, and what tells nothing."""

import numpy as np
import pytest

from cartflow.analyses.fit.run import fit
from cartflow.analyses.fit.sources.study import study_source
from cartflow.core.outcome import InputError
from cartflow.pbpk.measured.by_model import modelled
from cartflow.pbpk.measured.table import load_measured
from cartflow.study.study import Study

STUDY = """
title = "T cells into a mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "2e7 cells"
[time]
end = "14 days"
"""
HOURS = (1.0, 24.0, 72.0, 168.0, 336.0)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "mouse.toml").write_text(STUDY)
    return tmp_path / "mouse.toml"


def per_gram(organ):
    return f"cells_{organ}/(infused*mass_{organ})"


def test_cells_per_gram_are_those_of_the_network_alone(path):
    """`modelled` steps the network by itself, one cell given."""
    measured = load_measured("khot2019")
    source = study_source(path, {}, exact=True)
    found = source.runner({}, [], np.array(HOURS) / 24).run(np.zeros(0), False).values
    lung = [v for v in measured.values() if v[0].name == "lung"]
    share = 1e11 * found["cells_lung"] / (found["infused"] * found["mass_lung"])
    assert share == pytest.approx(modelled("khot2019", measured, lung), rel=1e-9)


def test_rates_that_organs_show_are_found_again_and_others_named(path):
    source = study_source(path, {}, exact=True)
    truth = source.runner({}, [], np.array(HOURS) / 24).run(np.zeros(0), False).values
    rows = []
    for organ in ("lung", "liver", "spleen"):
        share = 1e11 * truth[f"cells_{organ}"] / (truth["infused"] * truth[f"mass_{organ}"])
        rows += [("mouse", h, "h", organ, s, "%/g") for h, s in zip(HOURS, share, strict=True)]
    names = ("subject", "time", "time_unit", "observable", "value", "unit")
    data = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    organs = {"lung": 1843.0, "liver": 126.9, "spleen": 114.0}
    vary = [
        f"trafficking.{o}.transmigration_rate=[{v / 5}, {v * 5}] 1/h" for o, v in organs.items()
    ]
    found = fit(
        path,
        data,
        vary,
        observables={organ: per_gram(organ) for organ in organs},
        errors=dict.fromkeys(organs, "lognormal 0.1"),
        starts=2,
        profile=False,
    )
    for organ, rate in organs.items():
        assert found.estimates[f"trafficking.{organ}.transmigration_rate"] == pytest.approx(
            rate, rel=1e-4
        )
    assert found.dataset.attrs["rank"] == 3


def test_bone_and_its_marrow_are_not_told_apart_by_their_sum(path):
    """The marrow is a share of the publication's bone: by their sum one mean rate is known."""
    source = study_source(path, {}, exact=True)
    truth = source.runner({}, [], np.array(HOURS) / 24).run(np.zeros(0), False).values
    mass = truth["mass_bone"] + truth["mass_bone_marrow"]
    share = 1e11 * (truth["cells_bone"] + truth["cells_bone_marrow"]) / (truth["infused"] * mass)
    data = {
        "subject": ["mouse"] * 5,
        "time [h]": list(HOURS),
        "observable": ["bone"] * 5,
        "value": share.tolist(),
        "unit": ["%/g"] * 5,
    }
    both = "(cells_bone + cells_bone_marrow)/(infused*(mass_bone + mass_bone_marrow))"
    keys = [f"trafficking.{organ}.transmigration_rate" for organ in ("bone", "bone_marrow")]
    found = fit(
        path,
        data,
        [f"{key}=[8, 800] 1/h" for key in keys],
        observables={"bone": both},
        errors={"bone": "lognormal 0.3"},
        starts=1,
        profile=False,
    )
    singular = found.dataset["singular_value"].values
    assert singular[1] < 0.05 * singular[0]


def test_kinetics_in_organs_are_there_by_compartment(path):
    organs = {
        "organs.bone_marrow.kinetics.models": ["predator_prey"],
        "organs.bone_marrow.initial.tumour": "1e4 cells/mm^3",
    }
    source = study_source(path, organs, exact=True)
    name = "density_tumour_bone_marrow_tissue"
    assert source.units[name] == "cell/mm^3"
    times = np.array([0.5, 2.0])
    found = source.runner({}, [], times).run(np.zeros(0), False).values[name]
    result = Study.from_file(
        path, {**organs, "time": {"end": "2 days", "save": ["0.5 days"]}}
    ).run()
    body = result.tree["body"].to_dataset().sel(site="bone_marrow_tissue")
    assert found == pytest.approx(body["density_tumour"].sel(time=times).values, rel=1e-6)


def test_what_organs_alone_cannot_be_is_refused(path):
    data = {
        "subject": ["mouse"],
        "time [h]": [1.0],
        "depth [mm]": [0.1],
        "observable": ["cells_lung"],
        "value": [1.0],
        "unit": ["cell"],
    }
    with pytest.raises(InputError, match="as much at every depth"):
        fit(path, data, ["trafficking.lung.transmigration_rate=[1, 1e4] 1/h"])
