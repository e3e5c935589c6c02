"""The summary that a run prints."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.assumed import assumed_in, in_words
from cartflow.core.dataset import grows
from cartflow.results.endpoint import endpoint_lines
from cartflow.results.mesh_error.words import mesh_lines
from cartflow.results.one_tumour import one_tumour, tumours_of
from cartflow.results.result import summarise


def summary_lines(tree: xr.DataTree) -> list[str]:
    """Return the lines of the summary: outcome, cells, depth, balance, what was assumed."""
    numbers = summarise(tree)
    outcome = str(tree.attrs["outcome"])
    outcome = outcome if outcome == "finished" else f"{outcome}; last saved"
    return [
        f"outcome       {outcome} at {numbers['time']:.6g} day",
        f"infused       {numbers['infused']:.6g} cells",
        *(_tumour_lines(numbers, tree) if "tumour" in tree.children else []),
        *(endpoint_lines(tree) if "tumour" in tree.children else []),
        *(line for name in tumours_of(tree) for line in _lines_of(one_tumour(tree, name), name)),
        *_vessels_line(tree),
        *(f"image         {each}" for each in tree.attrs.get("images", "").split("\n") if each),
        *_organ_lines(tree["body"].to_dataset()),
        *_event_lines(tree.attrs.get("events", "")),
        *(f"extinct       {each}" for each in tree.attrs.get("extinct", "").split("; ") if each),
        f"balance       largest |residual| / (infused + born) = {numbers['relative_residual']:.2g}",
        _step_line(tree),
        *mesh_lines(tree),
        f"assumed       {in_words(assumed_in(tree['parameters'].to_dataset()))}",
    ]


_HEAD = 14  # characters before the text of a line


def _lines_of(tree: xr.DataTree, name: str) -> list[str]:
    """Return the lines about one of several tumours, with its name before each."""
    lines = [*_tumour_lines(summarise(tree), tree), *endpoint_lines(tree)]
    return [f"{line[:_HEAD]}{name}: {line[_HEAD:]}" for line in lines]


def _tumour_lines(numbers: dict[str, float], tree: xr.DataTree) -> list[str]:
    tumour = tree.children["tumour"]
    comment = tumour.attrs.get("comment")
    return [
        f"tumour        {_entered(numbers, tree.attrs.get('fed_by', ''))}"
        f"{numbers['in_tumour']:.6g} are there at the end",
        *_depth_line(numbers, str(tumour["depth"].attrs.get("long_name", ""))),
        *_growth_line(tumour.to_dataset()),
        *([f"note          {comment}"] if comment else []),
    ]


def _growth_line(tumour: xr.Dataset) -> list[str]:
    """Return how large a tumour that grows is, with the radii told of it."""
    if not grows(tumour):
        return []
    size = "radius" if "radius" in tumour.variables else "length"
    values, times = tumour[size].values, tumour["time"].values
    most = int(np.argmax(values))
    text = f"{size} {values[0]:.4g} mm at the start, {values[-1]:.4g} at the end"
    if 0 < most < values.size - 1:
        text += f", largest {values[most]:.4g} on day {times[most]:.4g}"
    inner = [str(n) for n in tumour.data_vars if str(n).startswith("radius_")]
    told = [f"{n.removeprefix('radius_')} {float(tumour[n][-1]):.4g} mm" for n in inner]
    return [f"size          {'; '.join([text, *told])}"]


def _entered(numbers: dict[str, float], fed_by: str) -> str:
    """Return how many cells came, and whence."""
    if fed_by == "nothing":
        return "nothing feeds it; "
    came = f"{numbers['reached_tumour']:.6g} cells entered it from the"
    if fed_by:
        return f"{came} {fed_by}, "
    share = numbers["reached_tumour"] / numbers["infused"] if numbers["infused"] else 0.0
    return f"{came} body ({share:.3g} per infused cell), "


def _depth_line(numbers: dict[str, float], name: str) -> list[str]:
    below = name.removeprefix("depth ") or "below the rim"
    if np.isnan(numbers["depth"]):
        return []
    return [
        f"depth         95 % of them are within {numbers['depth']:.3g} mm {below} "
        f"(the tumour is {numbers['maximal_depth']:.3g} mm deep)"
    ]


def _vessels_line(tree: xr.DataTree) -> list[str]:
    """Return whose vessels the tumour has; files of earlier versions do not say."""
    text = tree.attrs.get("tumour_vessels")
    return [f"vessels       {text}"] if text else []


_MOST_EVENTS = 8


def _event_lines(text: str) -> list[str]:
    """Return a line for each event of the study that came to pass, as far as there is room."""
    events = text.split("; ") if text else []
    # A line that says that one more is left takes the place of that one.
    shown = len(events) if len(events) <= _MOST_EVENTS + 1 else _MOST_EVENTS
    lines = [f"event         {each}" for each in events[:shown]]
    more = len(events) - shown
    return [*lines, f"event         and {more} more"] if more > 0 else lines


def _organ_lines(body: xr.Dataset) -> list[str]:
    """Return a line for each species wherever kinetics act in organs."""
    return [
        f"organs        {site}, {name}: {_course(values.sel(site=site))}".replace("density_", "", 1)
        for name, values in body.data_vars.items()
        if str(name).startswith("density_")
        for site in values["site"].values
        if float(values.sel(site=site).max()) > 0
    ]


def _course(values: xr.DataArray) -> str:
    """Return first and last value, and the most, or the least of what is no product."""
    unit = {"mm-3": " cells/mm3"}.get(values.attrs["units"], "")
    first, last = (f"{float(values[place]):.3g}" for place in (0, -1))
    travels = values.attrs["role"] in {"phenotype", "product"}
    place = int(np.argmax(values.values) if travels else np.argmin(values.values))
    day, extreme = float(values["time"][place]), float(values[place])
    word = "most" if travels else "least"
    return f"{first}{unit} at the start, {last} at the end, {word} {extreme:.3g} on day {day:.3g}"


def _step_line(tree: xr.DataTree) -> str:
    steps = f"steps         {tree.attrs['steps_accepted']}"
    if "step_tolerance" not in tree.attrs:
        return f"{steps}, exact"
    if "time_error" in tree.attrs:
        error, of = float(tree.attrs["time_error"]), tree.attrs["time_error_of"]
        return f"{steps}; error in time {100 * error:.2g} % ({of})"
    if "time_check" in tree.attrs:
        return f"{steps}; error in time not estimated ({tree.attrs['time_check']})"
    return f"{steps}, each to a relative error of {float(tree.attrs['step_tolerance']):.2g}"
