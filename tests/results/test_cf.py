"""CF: each group, written flat, passes the IOOS checker; every unit parses in UDUNITS."""

import re

import cf_units
import netCDF4
import nibabel
import numpy as np
import pytest
import xarray as xr
from studies import GROWING, MOVING, short_study

from cartflow.core.dataset import without_fill
from cartflow.study.study import Study

# The checker reads its own tables with functions that Python and pkg_resources have deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:compliance_checker.*"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

STUDY = short_study(
    geometry="{geometry}",
    models='"predator_prey", "chemokine"',
    fields=f'{MOVING}\n[fields.chemokine]\ndiffusivity = "100 um^2/s"\n{GROWING}',
    time='end = "1 min"\nsave = ["30 s"]\n[solver]\ntolerance = 1e-2',
)
GEOMETRIES = {
    "ball": 'shape = "ball"\nradius = "1 mm"\ncells = 10',
    "box": 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [3, 4]',
    "mask": 'shape = "mask"\nfile = "straight.nii.gz"',
    "oblique": 'shape = "mask"\nfile = "oblique.nii.gz"',
}
GROUPS = ("/", "/body", "/tumour", "/exchange", "/balance", "/parameters", "/errors")

# What the checker finds and we keep, with the reason.
EXCEPTIONS = {
    # Time is elapsed since the start; there is no date to count from.
    r"§4.4 .*: time does not have correct time units": "elapsed",
    r"§5.1 .*: Coordinate variable 'time' should have standard_name='time'": "elapsed",
    # CF recommends other dimensions left of time. Time comes first here, so that each saved state
    # is one contiguous block, and phenotype, organ, space and r are no axis that CF knows.
    r"§2.4 .*: .*spatio-temporal dimensions are not in the recommended order": "time first",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cf")
    labels = np.zeros((4, 4, 3), np.uint8)
    labels[1:3, 1:3, 1:3] = 1
    turned = np.array([[0.8, -0.6, 0, 1], [0.6, 0.8, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
    for name, affine in {"straight": np.eye(4), "oblique": turned}.items():
        nibabel.save(nibabel.Nifti1Image(labels, affine), folder / f"{name}.nii.gz")
    for name, geometry in GEOMETRIES.items():
        study = Study.from_text(STUDY.replace("{geometry}", geometry), folder=folder)
        study.run(mesh_check=True).write(folder / f"{name}.nc")
    return folder


def flat(tree, group):
    """Return a group with the root's coordinates and attributes, its names as plain variables."""
    dataset = tree[group].to_dataset(inherit=True)
    dataset.attrs = {**tree.attrs, **dataset.attrs}
    for name in [n for n, c in dataset.coords.items() if c.dtype.kind in "OU"]:
        names = dataset[name].drop_vars(name)
        dataset = dataset.drop_vars(name).assign({f"{name}_name": names})
    return without_fill(dataset)


@pytest.fixture(scope="module")
def suite():
    runner = pytest.importorskip("compliance_checker.runner")
    found = runner.CheckSuite()
    found.load_all_available_checkers()
    return found


def failures(suite, path):
    """Return every finding of the checker as 'section: message'."""
    newest = "cf:1.11"
    assert newest in suite.checkers
    dataset = suite.load_dataset(str(path))
    scores, errors = suite.run_all(dataset, [newest], [])[newest]
    dataset.close()
    assert not errors
    found = []

    def walk(result):
        value = result.value
        passed = value[0] == value[1] if isinstance(value, tuple) else bool(value)
        if not passed:
            found.extend(f"{result.name}: {message}" for message in result.msgs or ())
        for child in result.children or ():
            walk(child)

    for score in scores:
        walk(score)
    return found


# The groups beside the tumour's are the same for every geometry.
CASES = [("ball", group) for group in GROUPS] + [(name, "/tumour") for name in GEOMETRIES][1:]


@pytest.mark.parametrize(("geometry", "group"), CASES)
def test_a_group_complies(files, suite, tmp_path, geometry, group):
    path = tmp_path / "flat.nc"
    with xr.open_datatree(files / f"{geometry}.nc") as tree:
        dataset = flat(tree, group)
        if group == "/parameters":
            # One of each unit: the checker takes 20 s for all hundred.
            numbers = {n: v for n, v in dataset.data_vars.items() if "units" in v.attrs}
            units = {item.attrs["units"]: name for name, item in numbers.items()}
            dataset = dataset[list(units.values())]
        dataset.to_netcdf(path)
    left = [
        found
        for found in failures(suite, path)
        if not any(re.match(pattern, found) for pattern in EXCEPTIONS)
    ]
    assert left == []


def test_the_checker_does_find_faults(files, suite, tmp_path):
    path = tmp_path / "flat.nc"
    with xr.open_datatree(files / "ball.nc") as tree:
        bad = flat(tree, "/balance")
    bad["born"].attrs["units"] = "cells/mm^3"
    bad["died"].attrs["standard_name"] = "number_of_dead_cells"
    bad.to_netcdf(path)
    text = " ".join(failures(suite, path))
    assert "born" in text
    assert "number_of_dead_cells" in text


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_every_unit_parses_in_udunits(files, geometry):
    with xr.open_datatree(files / f"{geometry}.nc") as tree:
        for node in tree.subtree:
            for name, item in node.to_dataset().variables.items():
                if "units" in item.attrs:
                    unit = cf_units.Unit(item.attrs["units"])
                    assert not unit.is_unknown(), name
        density = cf_units.Unit(tree["tumour"]["cart"].attrs["units"])
        assert density.convert(1.0, "uL-1") == pytest.approx(1.0)
        solute = cf_units.Unit(tree["tumour"]["chemokine"].attrs["units"])
        assert solute.convert(1.0, "ug mL-1") == pytest.approx(1.0)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_names_and_fill_values_of_the_file_itself(files, geometry):
    with netCDF4.Dataset(files / f"{geometry}.nc") as root:
        assert set(root.variables) == {"time", "phenotype"}
        for group in (root, *root.groups.values()):
            for name, item in group.variables.items():
                assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
                # A coordinate has no missing values, and so no value to stand for them.
                assert not (name in item.dimensions and "_FillValue" in item.ncattrs())
