"""The summary that a run prints."""

from __future__ import annotations

import xarray as xr

from cartflow.assumed import assumed_in, in_words
from cartflow.result import summarise


def summary_lines(tree: xr.DataTree) -> list[str]:
    """Return the lines of the summary: outcome, cells, depth, balance, what was assumed."""
    numbers = summarise(tree)
    steps, error = tree.attrs["steps_accepted"], float(tree.attrs["step_error_sum"])
    outcome = str(tree.attrs["outcome"])
    outcome = outcome if outcome == "finished" else f"{outcome}; last saved"
    share = numbers["reached_tumour"] / numbers["infused"] if numbers["infused"] else 0.0
    return [
        f"outcome       {outcome} at {numbers['time']:.6g} day",
        f"infused       {numbers['infused']:.6g} cells",
        f"tumour        {numbers['reached_tumour']:.6g} cells entered it from the body "
        f"({share:.3g} per infused cell), {numbers['in_tumour']:.6g} are there at the end",
        f"depth         95 % of them are within {numbers['depth']:.3g} mm below the rim "
        f"(the tumour is {numbers['maximal_depth']:.3g} mm deep)",
        f"balance       largest |residual| / (infused + born) = {numbers['relative_residual']:.2g}",
        f"steps         {steps}, their estimated errors in time add up to {100 * error:.2g} %",
        f"assumed       {in_words(assumed_in(tree['parameters'].to_dataset()))}",
    ]
