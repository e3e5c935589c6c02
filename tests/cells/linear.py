"""A study of cells whose rates are linear, so that the mean of many runs is the density."""

from dataclasses import replace

import numpy as np
from studies import in_tumour, study

from cartflow.study.study import Study

MODEL = """
title = "cells that divide, tire and die"
[species.cart]
role = "phenotype"
[species.spent]
role = "product"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[parameters]
division = { value = "0.5 1/day", source = "assumed", standing = "assumed" }
tiring = { value = "0.3 1/day", source = "assumed", standing = "assumed" }
[reactions.division]
produces = { cart = 1 }
rate = "division*cart"
[reactions.tiring]
consumes = { cart = 1 }
produces = { spent = 1 }
rate = "tiring*cart"
"""
INSIDE = '[[doses]]\ncells = "{} cells"\nroute = "intratumoural"'


def linear_study(
    folder, geometry, *, threshold, extra="", fields="", doses, step="1 hour", time, settings=None
):
    """Return the study of product cells below a `threshold`, or as densities without one."""
    (folder / "linear.toml").write_text(MODEL)
    form = "" if threshold is None else f'as = "cells_below"\nthreshold = "{threshold} cells"\n'
    text = (
        f'[fields.cart]\n{form}diffusivity = "5 um^2/min"\n{extra}\n[fields.spent]\n{form}{fields}'
    )
    if threshold is not None:
        text += f'\n[cells]\nstep = "{step}"'
    inside = in_tumour(
        geometry, models='"linear.toml"', fields=text, tumour='injection_region = "all"\n'
    )
    text = study(inside, doses=doses, time=time)
    return Study.from_text(text, folder=folder, settings=settings or {})


def ends(run, seeds):
    """Return the last states of so many seeds."""
    found = []
    for seed in range(1, seeds + 1):
        record = replace(run, asked=replace(run.asked, seed=seed)).run()
        assert record.outcome.status == "finished"
        found.append(record.states[-1])
    return found


def require_mean(found, expected, *, beside=0.0, sigmas=4.5):
    """Require that rows of `found` have the `expected` mean, but for chance and a share `beside`.

    Only of numbers of at least two, whose scatter is known.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    usual = expected > 2.0
    gap = np.abs(found.mean(axis=0) - expected)
    assert usual.any()
    assert (gap <= sigmas * error + beside * expected)[usual].all(), (gap / error)[usual]
