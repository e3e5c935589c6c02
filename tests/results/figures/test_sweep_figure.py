"""Figures of sweeps: what is drawn for which axes, and what of a damaged file is said."""

import numpy as np
import pytest
import xarray as xr

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.figures.sweep.draws import rank_correlations
from cartflow.results.figures.sweep.figure import sweep_figure
from cartflow.results.figures.sweep.shown import shown

NUMBERS = ("fields.cart.diffusivity", "um^2/min", [1.0, 2.0, 4.0, 8.0])
SIZES = ("geometry.radius", "mm", [1.0, 1.5])
NAMES = ("body.name", None, ["mouse", "man", "rat"])


def axis(name, key, unit, values):
    attrs = {"key": key, "long_name": key}
    if unit is not None:
        attrs["unit_as_given"] = unit
    array = np.array(values, dtype=float if unit else object)
    return xr.Variable((name,), array, attrs)


def dataset(*axes, outcomes=("depth", "cells"), course=False):
    coords = {f"axis{i}": axis(f"axis{i}", *each) for i, each in enumerate(axes)}
    dims = tuple(coords)
    shape = tuple(coords[dim].size for dim in dims)
    random = np.random.default_rng(1)
    data = {
        name: (dims, random.lognormal(size=shape), {"units": "mm", "long_name": name})
        for name in outcomes
    }
    data["status"] = (dims, np.full(shape, "finished", dtype=object))
    if course:
        data["course_x"] = ((*dims, "time"), random.random((*shape, 5)))
        coords["time"] = ("time", np.arange(5.0))
    attrs = {"axes": " ".join(dims), "analysis": "sweep", "title": "A sweep"}
    return xr.Dataset(data, coords=coords, attrs=attrs)


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.axison]


def test_one_axis_gives_a_curve_with_its_unit():
    found = dataset(NUMBERS)
    one, two = panels(sweep_figure(found))
    assert one.get_xlabel() == "cart diffusivity (um^2/min)"
    assert one.get_ylabel() == "depth (mm)"
    assert one.get_xscale() == "log"
    np.testing.assert_array_equal(one.lines[0].get_xdata(), [1.0, 2.0, 4.0, 8.0])
    np.testing.assert_array_equal(one.lines[0].get_ydata(), found["depth"])
    np.testing.assert_array_equal(two.lines[0].get_ydata(), found["cells"])


def test_two_axes_give_a_uniform_map_with_failures_in_grey():
    found = dataset(NUMBERS, SIZES)
    found["depth"][1, 1] = np.nan
    one, _ = panels(sweep_figure(found))
    image = one.images[0]
    assert image.get_cmap().name == "viridis"
    np.testing.assert_array_equal(image.get_array().filled(np.nan), found["depth"])
    assert image.get_array().mask[1, 1]
    assert [t.get_text() for t in one.get_yticklabels()] == ["1", "2", "4", "8"]
    assert one.get_xlabel() == "geometry radius (mm)"


def test_names_give_colours_and_a_third_axis_columns():
    one, _ = panels(sweep_figure(dataset(NUMBERS, NAMES)))
    assert [t.get_text() for t in one.get_legend().get_texts()] == ["mouse", "man", "rat"]
    assert one.get_legend().get_title().get_text() == "body"
    found = dataset(NUMBERS, SIZES, NAMES)
    figure = panels(sweep_figure(found))
    assert len(figure) == 6
    assert figure[1].get_title() == "body = man"
    shown_there = figure[1].images[0].get_array().filled(np.nan)
    np.testing.assert_array_equal(shown_there, found["depth"].isel(axis2=1))


def test_members_give_ranks_and_boxes():
    draws = dataset(NUMBERS).rename(axis0="member")
    draws.attrs["axes"] = "member"
    draws["member"] = ("member", np.arange(4))
    draws["rate"] = xr.Variable(("member",), [1.0, 2.0, 3.0, 4.0], {"key": "kinetics.rate"})
    draws["flat"] = xr.Variable(("member",), np.ones(4), {"key": "kinetics.flat"})
    draws["depth"] = ("member", [10.0, 8.0, 3.0, np.nan], {"units": "mm"})
    found = rank_correlations(draws, "depth", ("rate", "flat"))
    np.testing.assert_allclose(found, [-1.0, 0.0])
    first = panels(sweep_figure(draws))[0]
    assert [bar.get_width() for bar in first.patches] == pytest.approx([-1.0, 0.0])
    both = dataset(NAMES, NUMBERS).rename(axis1="member")
    both.attrs["axes"] = "axis0 member"
    one, _ = panels(sweep_figure(both))
    assert [t.get_text() for t in one.get_xticklabels()] == ["mouse", "man", "rat"]
    median = np.median(both["depth"].values[0])
    assert any(np.allclose(line.get_ydata(), median) for line in one.lines if len(line.get_ydata()))


def test_courses_alone_are_drawn_over_time():
    (one,) = panels(sweep_figure(dataset(NAMES, outcomes=(), course=True)))
    assert one.get_xlabel() == "days"
    assert len(one.lines) == 3


def test_what_never_changes_is_left_out():
    found = dataset(NUMBERS)
    found["cells"][:] = 3.0
    assert shown(found).outcomes == ("depth",)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.drop_vars("status"), "status: the variable is missing"),
        (lambda d: d.assign_attrs(axes="axis1"), "status: the variable is missing, or not along"),
        (lambda d: d.assign_attrs(axes=3), "status: the variable is missing, or not along"),
        (lambda d: d.drop_vars("axis0"), "axis0: the coordinate is missing"),
        (lambda d: d.drop_vars(["depth", "cells"]), "holds no outcome along the axes"),
        (lambda d: d.isel(axis0=slice(0)), "status: the variable is missing, or not along"),
    ],
)
def test_a_damaged_sweep_is_refused(spoil, message):
    with pytest.raises(InputError, match=message):
        sweep_figure(spoil(dataset(NUMBERS)))


def test_plot_draws_the_file_of_a_sweep(tmp_path, capsys):
    dataset(NUMBERS).to_netcdf(tmp_path / "runs.nc")
    assert main(["plot", str(tmp_path / "runs.nc")]) == 0
    assert (tmp_path / "runs.png").stat().st_size > 1000
    dataset(NUMBERS).drop_vars("status").to_netcdf(tmp_path / "bad.nc")
    assert main(["plot", str(tmp_path / "bad.nc")]) == 2
    assert "bad.nc: status: the variable is missing" in capsys.readouterr().err
