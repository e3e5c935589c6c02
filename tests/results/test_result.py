"""The result: its names, dims and attributes, and what must hold between its numbers."""

import nibabel
import numpy as np
import pytest
import xarray as xr
from studies import DOSE, in_tumour, study

from cartflow.core.outcome import InputError
from cartflow.core.parameters import STANDINGS
from cartflow.pbpk.body import ORGANS as BODY_ORGANS
from cartflow.results.result import load_result
from cartflow.results.summary import summary_lines
from cartflow.study.study import Study

STUDY = study(
    in_tumour(models='"predator_prey_exhaustion"'),
    top='references = ["singh2020"]\n',
    doses=f"""{DOSE}
[[doses]]
cells = "3e3 cells"
route = "intratumoural"
time = "10 min"
duration = "10 min\"""",
    time="""end = "6 h"
save = ["1 min", "10 min", "15 min", "20 min", "1 h", "3 h"]
[solver]
tolerance = 1e-4""",
)
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 10\n'
SHORT = {"time": {"end": "1 min"}, "doses": [{"cells": "1e6 cells"}]}
ORGANS = ["blood", "lymph", *BODY_ORGANS, "tumour"]

# Every variable of a result of STUDY, by group, with its dims.
PER_PHENOTYPE = ("time", "phenotype")
EXPECTED = {
    "/": {},
    "/body": {
        "cells": ("time", "phenotype", "organ", "space"),
        "volume": ("organ", "space"),
        "compartment_cells": ("time", "compartment", "phenotype"),
        "blood_concentration": PER_PHENOTYPE,
        "entering_concentration": PER_PHENOTYPE,
    },
    "/tumour": {
        **{f"amount_{name}": ("time",) for name in ("cart", "exhausted", "tumour")},
        "cart": ("time", "r"),
        "exhausted": ("time", "r"),
        "tumour": ("time", "r"),
        "penetration_depth": PER_PHENOTYPE,
        "penetration_depth_all": ("time",),
        "core_cells": ("time",),
        "core_volume": (),
        "cell_volume": ("r",),
        "depth": ("r",),
        "region_all": ("r",),
        "region_core": ("r",),
        "region_rim": ("r",),
        "area_rim": (),
    },
    "/exchange": dict.fromkeys(
        ["inflow", "egress", "cumulative_inflow", "cumulative_egress"], PER_PHENOTYPE
    ),
    "/balance": {
        **dict.fromkeys(
            [
                *["infused", "in_body", "in_tumour", "in_transit"],
                *["born", "died", "removed", "converted", "residual"],
            ],
            PER_PHENOTYPE,
        ),
        "residual_total": ("time",),
    },
    "/summary": {
        **dict.fromkeys(
            ["cells_start", "cells_end", "cells_least", "time_least", "time_regrown"],
            ("resident",),
        ),
        **dict.fromkeys(
            [
                *["peak_in_tumour", "time_of_peak_in_tumour"],
                *["peak_in_blood", "time_of_peak_in_blood", "product_per_resident"],
            ],
            (),
        ),
    },
}
COORDINATES = {
    "/": {"time", "phenotype"},
    "/body": {"organ", "space", "compartment"},
    "/tumour": {"r"},
    "/exchange": set(),
    "/balance": set(),
    "/summary": {"resident"},
    "/parameters": set(),
}


@pytest.fixture(scope="module")
def study():
    return Study.from_text(STUDY)


@pytest.fixture(scope="module")
def result(study):
    return study.run().require_finished()


@pytest.fixture(scope="module")
def path(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("result") / "result.nc"
    result.write(path)
    return path


@pytest.fixture(scope="module")
def tree(path):
    """Read the file as a stranger would: with xarray's defaults."""
    with xr.open_datatree(path) as tree:
        return tree.load()


def own(tree, group):
    return tree[group].to_dataset(inherit=False)


def test_groups_names_and_dims(tree):
    assert {node.path for node in tree.subtree} == {*EXPECTED, "/parameters"}
    for group, names in EXPECTED.items():
        found = {name: item.dims for name, item in own(tree, group).data_vars.items()}
        assert found == names, group
    for group, names in COORDINATES.items():
        assert set(own(tree, group).coords) == names, group


def test_root_attributes(tree, study):
    required = {"Conventions", "title", "source", "history", "references", "study", "outcome"}
    assert required <= set(tree.attrs)
    assert tree.attrs["Conventions"] == "CF-1.11"
    assert tree.attrs["title"] == "tiny"
    assert tree.attrs["source"].startswith("cartflow ")
    assert tree.attrs["history"].endswith("Z cartflow run")
    assert tree.attrs["study"] == STUDY
    assert tree.attrs["outcome"] == "finished"
    assert tree.attrs["engine"] == study.table.solver.engine
    assert tree.attrs["step_tolerance"] == 1e-4
    assert tree.attrs["steps_accepted"] > 0
    for package in ("numpy", "scipy", "xarray"):
        assert tree.attrs[f"{package}_version"][0].isdigit()
    assert tree.attrs["reference_keys"].split() == study.references()
    assert "Khot" in tree.attrs["references"]


@pytest.mark.lowest
def test_every_variable_has_units_and_a_long_name(tree):
    for node in tree.subtree:
        for name, item in node.to_dataset(inherit=False).variables.items():
            assert item.attrs["long_name"], (node.path, name)
            # Coordinates of names have no unit.
            assert ("units" in item.attrs) == (item.dtype.kind not in "OU"), (node.path, name)


def test_time_is_elapsed_days(tree):
    time = tree["time"]
    assert time.dtype == np.float64
    assert time.attrs["units"] == "day"
    hours = [0, 1 / 60, 1 / 6, 1 / 4, 1 / 3, 1, 3, 6]
    np.testing.assert_allclose(time * 24, hours, rtol=1e-12)


@pytest.mark.lowest
def test_equal_after_writing_and_reading(path, result, tree):
    for found in (tree, load_result(path).tree):
        for node in result.tree.subtree:
            xr.testing.assert_equal(
                found[node.path].to_dataset(inherit=False), node.to_dataset(inherit=False)
            )
            for name, item in node.to_dataset(inherit=False).variables.items():
                assert found[node.path][name].attrs == item.attrs


def test_organs_and_spaces(tree):
    body = own(tree, "/body")
    assert body["organ"].values.tolist() == ORGANS
    assert body["space"].values.tolist() == ["vascular", "tissue", "cavity"]
    assert tree["phenotype"].values.tolist() == ["cart", "exhausted"]
    volume = body["volume"]
    assert np.isnan(volume.sel(space="cavity")).all()
    assert not np.isnan(volume.sel(space="vascular").drop_sel(organ="lymph")).any()
    assert np.isnan(volume.sel(organ="blood", space="tissue"))
    # Cells are missing exactly where there is no space to hold them.
    missing = np.isnan(body["cells"])
    assert (missing == np.isnan(volume)).all()
    assert float(volume.sel(organ="tumour", space="tissue")) == pytest.approx(4 / 3 * np.pi)


def test_cells_of_the_body_are_those_of_the_balance(tree):
    body, balance = own(tree, "/body"), own(tree, "/balance")
    tissue = body["cells"].sel(organ="tumour", space="tissue", drop=True)
    np.testing.assert_allclose(tissue, balance["in_tumour"], rtol=1e-14)
    everywhere = body["cells"].sum(["organ", "space"])
    np.testing.assert_allclose(everywhere - tissue, balance["in_body"], rtol=1e-12)
    tumour = own(tree, "/tumour")
    for name in ("cart", "exhausted"):
        inside = (tumour[name] * tumour["cell_volume"]).sum("r")
        in_tumour = balance["in_tumour"].isel(phenotype=["cart", "exhausted"].index(name))
        np.testing.assert_allclose(inside, in_tumour, rtol=1e-12)


@pytest.mark.lowest
def test_the_balance_closes(tree):
    b = own(tree, "/balance")
    turnover = (b["infused"] + b["born"]).sum("phenotype")
    assert (abs(b["residual_total"]) <= 1e-10 * turnover).all()
    residual = (
        b["infused"] + b["born"] - b["died"] + b["converted"]
        - b["in_body"] - b["in_tumour"] - b["in_transit"]
    )  # fmt: skip
    np.testing.assert_allclose(b["residual"], residual, atol=1e-6)
    np.testing.assert_allclose(b["residual_total"], residual.sum("phenotype"), atol=1e-6)
    np.testing.assert_allclose(b["converted"].sum("phenotype"), 0.0, atol=1e-9)
    assert (b["converted"].isel(phenotype=1)[1:] > 0).all()
    for name in ("infused", "born", "died"):
        assert (b[name].diff("time") >= 0).all(), name


def test_doses_are_infused_when_they_are_given(tree):
    given = own(tree, "/balance")["infused"].isel(phenotype=0)
    expected = [1e6, 1e6, 1e6, 1e6 + 1.5e3, *[1e6 + 3e3] * 4]
    np.testing.assert_allclose(given, expected, rtol=1e-12)


def test_means_add_up_to_the_cumulative_exchange(tree):
    exchange = tree["exchange"].to_dataset()
    steps = exchange["time"].diff("time").values[:, None]
    for name in ("inflow", "egress"):
        assert exchange[name].attrs["units"] == "day-1"
        assert exchange[name].attrs["cell_methods"].startswith("time: mean")
        assert (exchange[name][0] == 0).all()
        total = np.cumsum(exchange[name].values[1:] * steps, axis=0)
        np.testing.assert_allclose(total, exchange[f"cumulative_{name}"][1:], rtol=1e-12)


def test_blood_concentration_is_cells_per_microlitre(tree):
    body = own(tree, "/body")
    assert body["blood_concentration"].attrs["units"] == "mm-3"
    venous = float(tree["parameters"]["body_venous_volume"])
    assert float(body["blood_concentration"][0, 0]) == pytest.approx(1e6 / venous)


def test_every_number_is_kept_with_its_source(tree, study):
    group, used = own(tree, "/parameters"), study.parameters()
    assert len(group.data_vars) == len(used)
    assert {v.attrs["long_name"] for v in group.values()} == set(used)
    for item in group.values():
        p = used[item.attrs["long_name"]]
        assert float(item) == p.value
        assert item.attrs["source"] == p.source
        assert item.attrs["standing"] == p.standing in STANDINGS
        assert item.attrs["stated"] == p.stated
        assert item.attrs.get("unit_with_cells", p.unit) == p.unit
    assert float(group["geometry_radius"]) == 1.0
    assert group["doses_0_cells"].attrs["unit_with_cells"] == "cell"


def test_summary(result):
    numbers = result.summary()
    assert numbers["time"] == 0.25
    assert numbers["infused"] == pytest.approx(1e6 + 3e3)
    balance = result.tree["balance"].to_dataset()
    assert numbers["in_tumour"] == pytest.approx(float(balance["in_tumour"][-1].sum()))
    assert numbers["relative_residual"] <= 1e-10
    assert 0 < numbers["depth"] <= numbers["maximal_depth"] <= 1.0


def write_mask(path, affine):
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[1:5, 1:4, 1:3] = 1
    labels[1, 1, 1] = 0
    nibabel.save(nibabel.Nifti1Image(labels, affine), path)
    return labels


def turned():
    turn = np.eye(4)
    turn[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    turn[:3, 3] = [1, 2, 3]
    return turn


@pytest.mark.parametrize(
    ("geometry", "dims"),
    [
        ('shape = "slab"\nlength = "1 mm"\ncells = 4\n', ("x",)),
        (BALL, ("r",)),
        ('shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [3, 4]\n', ("y", "x")),
        ('shape = "box"\nlengths = ["1 mm", "2 mm", "1 mm"]\ncells = [3, 4, 2]\n', ("z", "y", "x")),
    ],
)
def test_dims_of_a_shape(geometry, dims):
    study = Study.from_text(STUDY.replace(BALL, geometry), settings=SHORT)
    tumour = study.run().tree["tumour"].to_dataset()
    assert tumour["cart"].dims == ("time", *dims)
    assert tumour["cell_volume"].dims == dims
    for name in dims:
        assert tumour[name].dims == (name,)
        assert tumour[name].attrs["units"] == "mm"
        assert (tumour[name].diff(name) > 0).all()
    assert not np.isnan(tumour["cart"]).any()


AFFINES = {
    "straight": np.diag([0.5, 0.5, 1.0, 1.0]),
    "mirrored": np.diag([-0.5, 0.5, -1.0, 1.0]),
    "oblique": turned(),
}


@pytest.mark.lowest
@pytest.mark.parametrize("name", AFFINES)
def test_a_mask_keeps_its_affine_and_is_missing_outside(tmp_path, name):
    affine = AFFINES[name]
    labels = write_mask(tmp_path / "mask.nii.gz", affine)
    text = STUDY.replace(BALL, 'shape = "mask"\nfile = "mask.nii.gz"\n')
    Study.from_text(text, folder=tmp_path, settings=SHORT).run().write(tmp_path / "mask.nc")
    with xr.open_datatree(tmp_path / "mask.nc") as tree:
        tumour = tree["tumour"].to_dataset().load()
    dims = tuple("kji" if name == "oblique" else "zyx")
    assert tumour["cart"].dims == ("time", *dims)
    volume = abs(np.linalg.det(affine[:3, :3]))
    assert float(tumour["cell_volume"].sum()) == pytest.approx((labels > 0).sum() * volume)
    outside = np.isnan(tumour["cell_volume"])
    assert int((~outside).sum()) == (labels > 0).sum()
    for field in ("cart", "tumour", "depth"):
        assert (np.isnan(tumour[field]) == outside).all()
    # The centres of the voxels stand where the image puts them.
    world = np.argwhere(labels > 0) @ affine[:3, :3].T + affine[:3, 3]
    grid = np.argwhere(~outside.values)
    axes = dict(zip(dims, grid.T, strict=True))
    if name == "oblique":
        found = np.stack([tumour[c].values[tuple(grid.T)] for c in "xyz"], axis=1)
    else:
        found = np.stack([tumour[c].values[axes[c]] for c in "xyz"], axis=1)
    np.testing.assert_allclose(ordered(found), ordered(world), atol=1e-6)
    # The affine is that of the grid as it is stored: cropped, with rising coordinates.
    kept = tumour["affine"].values
    index = np.stack([axes[c] for c in reversed(dims)], axis=1)
    np.testing.assert_allclose(index @ kept[:3, :3].T + kept[:3, 3], found, atol=1e-6)
    np.testing.assert_allclose(abs(kept[:3, :3]), abs(affine[:3, :3]), atol=1e-6)


def test_notes_of_a_mask_are_kept_and_printed(tmp_path):
    write_mask(tmp_path / "mask.nii.gz", np.diag([0.5, 0.5, 1.0, 1.0]))
    image = nibabel.load(tmp_path / "mask.nii.gz")
    image.set_sform(np.diag([0.5, 0.5, 1.0, 1.0]), code=1)
    image.set_qform(np.diag([0.5, 0.5, 2.0, 1.0]), code=1)
    nibabel.save(image, tmp_path / "two.nii")
    text = STUDY.replace(BALL, 'shape = "mask"\nfile = "two.nii"\n')
    tree = Study.from_text(text, folder=tmp_path, settings=SHORT).run().tree
    volume = float(tree["tumour/cell_volume"].sum())
    comment = tree["tumour"].attrs["comment"]
    assert f"{volume:.6g} mm3 by the sform, which is used, and {2 * volume:.6g} mm3" in comment
    assert f"note          {comment}" in summary_lines(tree)


def ordered(points):
    return points[np.lexsort(points.round(4).T)]


def test_without_doses_nothing_is_there():
    text = STUDY.replace("[[doses]]", "[[x]]").split("[[x]]")
    text = text[0] + text[2][text[2].index("[geometry]") :]
    result = Study.from_text(text, settings={"time": {"end": "1 min"}}).run()
    assert result.outcome.status == "finished"
    numbers = result.summary()
    assert numbers["infused"] == numbers["in_tumour"] == numbers["relative_residual"] == 0.0


def test_what_is_no_result(tmp_path):
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(InputError, match=r"other\.nc: not a result of cartflow \(the group 'body'"):
        load_result(tmp_path / "other.nc")
