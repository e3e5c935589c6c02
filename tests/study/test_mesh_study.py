"""A study whose tumour is a mesh file: run, counted, resumed, drawn, exported; the rest refused."""

import numpy as np
import pytest
from cell_meshes import ball_cells, cube, msh_2, msh_4, outer_faces

from cartflow import InputError, Study, load_result
from cartflow.cli import main
from cartflow.results.export.export import export
from cartflow.results.figures.run import plot_result
from cartflow.results.summary import summary_lines
from cartflow.results.ugrid import ugrid_cells

STUDY = """
title = "CAR T in a ball of tetrahedra"

[body]
name = "mouse_28g"

[trafficking]
name = "khot2019"

[[doses]]
route = "intravenous"
cells = "3e6 cells"

[geometry]
shape = "mesh"
file = "ball.msh"
unit = "mm"

[tumour]
host = "flank"
feeding = "vessels"
region = "perfused"
egress_region = "perfused"

[kinetics]
models = ["predator_prey"]

[fields.cart]
diffusivity = "0.02 mm^2/day"

[fields.tumour]
initial = "2e4 cells/mm^3"

[time]
end = "2 days"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a study on a ball of 512 tetrahedra, half of them perfused."""
    folder = tmp_path_factory.mktemp("mesh")
    points, cells = ball_cells(4, radius=2.0)
    outside = np.linalg.norm(points[cells].mean(axis=1), axis=1) > 1.2
    groups = [(10, cells[outside], 1), (10, cells[~outside], 2), (5, outer_faces(cells), 3)]
    names = {1: "perfused", 2: "necrotic", 3: "skin"}
    (folder / "ball.msh").write_bytes(msh_4(points, groups, names))
    (folder / "ball.toml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def result(folder):
    return Study.from_file(folder / "ball.toml").run(mesh_check=True)


def test_a_run_closes_its_balance_and_states_the_mesh(result):
    assert result.tree.attrs["outcome"] == "finished"
    assert result.summary()["relative_residual"] <= 1e-12
    tumour = result.tree["tumour"].to_dataset()
    assert tumour["cart"].dims == ("time", "cell")
    assert float(tumour["cart"].min()) >= 0.0
    assert float(tumour["region_perfused"].sum()) < tumour.sizes["cell"]
    assert ugrid_cells(tumour).kinds.tolist() == [10] * 512
    line = next(line for line in summary_lines(result.tree) if line.startswith("mesh"))
    assert "512 tetrahedra; lines between centres lean by" in line
    assert "corrected for" in line


@pytest.mark.slow
def test_the_engines_agree(folder):
    # The reference is first order in time, and has gradients of its own.
    short = {"time.end": "0.05 days", "solver.tolerance": 1e-5}
    runs = [
        Study.from_file(folder / "ball.toml", settings={**short, "solver.engine": engine}).run()
        for engine in ("fast", "fipy")
    ]
    for name in ("amount_cart", "amount_tumour"):
        ours, theirs = (float(run.tree["tumour"][name][-1]) for run in runs)
        assert ours == pytest.approx(theirs, rel=2e-3)
    assert max(run.summary()["relative_residual"] for run in runs) <= 1e-12


def test_what_comes_in_through_the_rim_goes_by_its_area(folder):
    text = STUDY.replace('feeding = "vessels"\nregion = "perfused"\n', 'feeding = "rim"\n')
    study = Study.from_text(text, folder=folder, settings={"time.end": "1 day"})
    found = study.run()
    assert found.summary()["relative_residual"] <= 1e-12
    assert float(found.tree["tumour"]["amount_cart"][-1]) > 0.0
    rim = study.geometry.boundary("rim")
    arrival = study.prepared.coupled.door.arrival
    by_area = np.bincount(rim.cells, rim.areas, study.geometry.size) / rim.area
    np.testing.assert_allclose(arrival * study.geometry.cell_volumes, by_area, atol=1e-12)


def test_a_result_is_written_drawn_and_exported(tmp_path, result):
    result.write(tmp_path / "ball.nc")
    tree = load_result(tmp_path / "ball.nc").tree
    plot_result(tree, tmp_path / "ball.png")
    assert (tmp_path / "ball.png").stat().st_size > 20_000
    export(tree, "vtk", tmp_path, None)
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    last = sorted(tmp_path.glob("tumour_*.vtu"))[-1]
    found = meshio.read(last)
    values = found.cell_data["cart"][0]
    np.testing.assert_array_equal(values, tree["tumour"]["cart"].values[-1])


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(folder, tmp_path, result):
    study = Study.from_file(folder / "ball.toml")
    seen = []

    def stop(time, step):
        seen.append(time)
        if time > 0.5 and len(seen) < 10_000:
            seen.extend([0.0] * 10_000)
            raise KeyboardInterrupt

    study.run(watch=stop).write(tmp_path / "part.nc")
    done = study.run(since=load_result(tmp_path / "part.nc"))
    assert done.tree.attrs["outcome"] == "finished"
    ours, theirs = (r.tree["tumour"]["cart"].values[-1] for r in (done, result))
    np.testing.assert_array_equal(ours, theirs)


def test_a_plane_of_triangles_runs(folder):
    points, cells = cube(6, dimension=2)
    groups = [(5, cells, 1), (3, outer_faces(cells), 3)]
    (folder / "slice.msh").write_bytes(msh_2(points, groups, {1: "perfused", 3: "skin"}))
    settings = {"geometry.file": "slice.msh", "geometry.thickness": "0.2 mm", "time.end": "1 day"}
    found = Study.from_file(folder / "ball.toml", settings=settings).run()
    assert found.summary()["relative_residual"] <= 1e-12
    assert float(found.tree["tumour"]["cell_volume"].sum()) == pytest.approx(0.2, rel=1e-12)


@pytest.mark.parametrize(
    ("command", "match"),
    [
        (["run", "--set", "geometry.unit=inch"], "geometry.unit"),
        (["refine", "--levels", "2"], "cells of a mesh file are not split"),
        (["run", "--set", "fields.cart.as=cells"], "'mesh' is not there for fields as cells yet"),
    ],
)
def test_what_does_not_go_with_a_mesh_is_refused(folder, tmp_path, capsys, command, match):
    out = tmp_path / "x.nc"
    status = main([command[0], str(folder / "ball.toml"), "--out", str(out), *command[1:]])
    assert status == 2
    said = capsys.readouterr().err
    assert match in said
    assert not out.exists()


def test_a_file_without_a_unit_is_asked_about(folder):
    text = STUDY.replace('unit = "mm"\n', "")
    with pytest.raises(InputError, match=r"geometry: .*ball.msh: unit: is missing, and the file"):
        Study.from_text(text, folder=folder).geometry  # noqa: B018
