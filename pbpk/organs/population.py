"""Many animals at once: organ kinetics in bodies that differ, as one dataset.

kinetics = OrganKinetics(organs=network, network=load("predator_prey"), sites=(marrow,))
result = run_population(kinetics, networks, doses, times, parameters={"killing_rate": rates})
result.cells.sel(compartment="venous").quantile([0.05, 0.5, 0.95], "animal")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from cartflow.core.dataset import label, variable
from cartflow.core.outcome import InputError, require_known
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.result import Animals, OrganRuns
from cartflow.pbpk.organs.run import integrate

Array = NDArray[np.float64]


def run_population(
    kinetics: OrganKinetics,
    networks: Sequence[OrganNetwork],
    doses: Sequence[Dose],
    times: ArrayLike,
    *,
    parameters: Mapping[str, ArrayLike] | None = None,
    shares: ArrayLike = 1.0,
    tolerance: float = 1e-4,
) -> xr.Dataset:
    """Return the courses of animals with the organ `networks`, one each, at `times` (days).

    `parameters` holds a value for each animal (internal units), by name; `shares` of the doses
    that each gets. Every animal is integrated by itself to `tolerance`, on all threads, so
    that its numbers do not depend on the others. Raises `InputError`, `StepFailed`.
    """
    animals = population(kinetics, networks, parameters, shares)
    return dataset(integrate(kinetics, doses, times, tolerance, animals))


def population(
    kinetics: OrganKinetics,
    networks: Sequence[OrganNetwork],
    parameters: Mapping[str, ArrayLike] | None = None,
    shares: ArrayLike = 1.0,
) -> Animals:
    """Return the animals with `networks`, `parameters` and `shares` as `run_population` has."""
    if not networks:
        raise InputError("population: no organ network")
    for network in networks:
        if network.names != kinetics.organs.names:
            raise InputError("population: the organ networks have not all the same compartments")
    number = len(networks)
    values = np.repeat(kinetics.parameters[None], number, axis=0)
    names = tuple(kinetics.network.parameters)
    for name, given in (parameters or {}).items():
        require_known(name, names, f"kinetics '{kinetics.network.name}': parameters")
        values[:, :, names.index(name)] = _each(given, number, f"parameters.{name}")[:, None]
    if not np.isfinite(values).all():
        raise InputError("population: parameters must be finite numbers")
    volumes = np.array([kinetics.volumes_in(network) for network in networks])
    return Animals(
        rates=np.array([network.rates for network in networks]),
        volumes=volumes,
        parameters=values,
        start=kinetics.start_in(volumes),
        shares=_each(shares, number, "shares"),
    )


def dataset(runs: OrganRuns) -> xr.Dataset:
    """Return runs as a dataset: cells by compartment, what stays at the sites, the balance."""
    kinetics = runs.kinetics
    balance = ("animal", "time", "product")
    variables = {
        "cells": variable(
            ("animal", "time", "phenotype", "compartment"), runs.cells(), "cell", "cells"
        ),
        "density": variable(
            ("animal", "time", "site", "species"),
            runs.residents() / runs.animals.volumes[:, None, :, None],
            "1/mm^3",
            "density of what stays at a site, in its species' unit",
        ),
        "infused": variable(balance, runs.given(), "cell", "product cells given so far"),
        "born": variable(balance, runs.born(), "cell", "product cells born so far"),
        "died": variable(balance, runs.died(), "cell", "product cells dead or lost so far"),
        "converted": variable(balance, runs.converted(), "cell", "net gain by conversion so far"),
        "residual": variable(("animal", "time"), runs.residual(), "cell", "error of the balance"),
    }
    coordinates = {
        "time": variable(("time",), runs.times, "day", "time"),
        "phenotype": label(("phenotype",), list(kinetics.phenotypes), "phenotype"),
        "compartment": label(("compartment",), list(kinetics.organs.names), "compartment"),
        "site": label(("site",), [site.compartment for site in kinetics.sites], "site"),
        "species": label(("species",), list(kinetics.residents), "species"),
        "product": label(("product",), list(kinetics.products), "product"),
    }
    return xr.Dataset(variables, coordinates)


def _each(values: ArrayLike, number: int, what: str) -> Array:
    """Return one value for each animal."""
    found = np.asarray(values, dtype=float)
    if found.shape not in ((), (number,)):
        msg = f"population: {what}: {found.size} values for {number} animals"
        raise InputError(msg)
    return np.broadcast_to(found, (number,)).copy()
