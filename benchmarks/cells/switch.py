"""A switch between two fates as a probability, in studies of cells and by numbers of our own.

``python -m benchmarks.cells.switch`` runs the single-target model of Leon-Triana et al. 2021 (doi
10.3390/cancers13040703) with every cell for itself, in a tumour that is mixed and along a slab that
is not, and prints the share of seeds in which doses of CAR T cells leave fewer tumour cells on day
60 than there were, beside that of an independent simulation of numbers in the same mesh cells.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import cumulative_trapezoid, trapezoid

from cartflow.cells.simulation import CellSimulation
from cartflow.study.study import Study

Array = np.ndarray
DENSITY, BURDEN = 3.35e10 / 140324.0, 3.35e10  # tumour cells per mm^3 and of the publication
CELLS = 'as = "cells"'
BELOW = 'as = "cells_below"\nthreshold = "{:g} cells"'
STUDY = """
title = "a switch"
[tumour]
[geometry]
shape = "slab"
length = "{length} mm"
cells = {places}
layers = {{ dosed = ["0 mm", "{dosed} mm"] }}
[kinetics]
models = ["leon_triana2021_gbm"]
parameters = {{ inactivation_rate = "{inactivation} 1/day" }}
[fields.cart]
{cart_form}
diffusivity = "{diffusivity} mm^2/day"
initial = {{ all = "0 cells/mm^3", dosed = "{cart} cells/mm^3" }}
[fields.tumour]
{tumour_form}
initial = "{tumour} cells/mm^3"
[cells]
step = "{step} day"
[time]
end = "{end} day"
every = "{end} day"
"""


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A tumour of so many `tumour` cells in `places` along a slab, and `cart` cells at the start.

    CAR T cells begin in the first `dosed` places, and hop between places at `hops` per day to
    either side; `inactivation` is the model's, per day.
    """

    tumour: int
    cart: int
    inactivation: float = 0.04
    places: int = 1
    dosed: int = 1
    hops: float = 0.0

    @property
    def length(self) -> float:
        """Of the slab, in mm."""
        return self.tumour / DENSITY

    def study(
        self, *, step: float, end: float, cart_form: str = CELLS, tumour_form: str = CELLS
    ) -> CellSimulation:
        """Return the run of the study, in steps of `step` days to the day `end`."""
        width = self.length / self.places
        text = STUDY.format(
            length=self.length,
            places=self.places,
            dosed=self.dosed * width,
            inactivation=self.inactivation,
            diffusivity=self.hops * width**2,
            cart_form=cart_form,
            tumour_form=tumour_form,
            cart=self.cart / (self.dosed * width),
            tumour=DENSITY,
            step=step,
            end=end,
        )
        prepared = Study.from_text(text).prepared
        assert isinstance(prepared, CellSimulation)
        return prepared

    def by_study(self, seeds: Sequence[int], **asked: object) -> Array:
        """Return CAR T and tumour cells (seeds, 2) at the end of the study's runs."""
        run, found = self.study(**asked), []  # type: ignore[arg-type]
        for seed in seeds:
            record = replace(run, asked=replace(run.asked, seed=seed)).run()
            found.append(record.states[-1].tumour[:2] @ run.coupled.volumes)
        return np.rint(found)

    def by_numbers(self, runs: int, *, step: float, end: float, seed: int) -> Array:
        """Return CAR T and tumour cells (runs, 2) at the end, by numbers in places alone.

        Deaths are binomial, births Poisson, and hops binomial numbers at the rates of the start of
        each step.
        """
        chance, share = np.random.default_rng(seed), BURDEN / self.tumour * self.places
        tumour = np.full((runs, self.places), self.tumour // self.places)
        cart = np.zeros_like(tumour)
        cart[:, : self.dosed] = chance.multinomial(
            self.cart, np.full(self.dosed, 1.0 / self.dosed), size=runs
        )
        for _ in range(round(end / step)):
            c, t = cart * share, tumour * share
            born = 0.9 * t / (1e10 + t)
            lost = self.inactivation * t / (2e9 + c) + 1.0 / 7.0
            cart = _next(chance, cart, born, lost, step)
            tumour = _next(chance, tumour, 0.02, 2.5e-10 * c, step)
            cart = _hopped(chance, cart, self.hops * step)
        return np.stack([cart.sum(axis=1), tumour.sum(axis=1)], axis=1)


def _next(chance, number, born, lost, step):  # type: ignore[no-untyped-def]
    deaths = chance.binomial(number, -np.expm1(-lost * step))
    return number + chance.poisson(number * born * step) - deaths


def _hopped(chance, number, hop):  # type: ignore[no-untyped-def]
    """Let each go to either side with the chance `hop`; who would leave stays."""
    if hop == 0.0:
        return number
    leaving = chance.binomial(number, 2.0 * hop)
    left = chance.binomial(leaving, 0.5)
    right = leaving - left
    left[:, 0] = right[:, -1] = 0
    number = number - left - right
    number[:, 1:] += right[:, :-1]
    number[:, :-1] += left[:, 1:]
    return number


def died_out(switch: Switch, time: float) -> float:
    """Return the chance that all CAR T cells of the start are gone by a `time` (day).

    By Kendall's closed form (1948, doi 10.1214/aoms/1177730285) for the rates where there are
    hardly any of them and the tumour grows undisturbed, wherever they go.
    """
    times = np.linspace(0.0, time, 10_001)
    tumour = BURDEN * np.exp(0.02 * times)
    born = 0.9 * tumour / (1e10 + tumour)
    lost = switch.inactivation * tumour / 2e9 + 1.0 / 7.0
    balance = cumulative_trapezoid(lost - born, times, initial=0.0)
    total = float(trapezoid(lost * np.exp(balance), times))
    return (total / (1.0 + total)) ** switch.cart


DOSES = (10, 15, 20, 30)
MIXED = [Switch(tumour=3350, cart=dose) for dose in DOSES]
ALONG = [Switch(tumour=3350, cart=dose, places=10, dosed=10, hops=0.5) for dose in DOSES]
FORMS = {"cells": CELLS, "threshold": BELOW.format(20)}


def told(found: Array, switch: Switch) -> str:
    """Return in words the shares of runs in which the tumour was controlled, and died out."""
    words = []
    for what, fate in (("controlled", found[:, 1] < switch.tumour), ("gone", found[:, 1] == 0)):
        share = float(fate.mean())
        words.append(f"{what} {share:.3f} +- {np.sqrt(share * (1.0 - share) / len(found)):.3f}")
    return ", ".join(words)


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seeds", type=int, default=100)
    asked.add_argument("--step", type=float, default=0.05)
    asked.add_argument("--form", choices=FORMS, default="cells")
    given = asked.parse_args()
    form = FORMS[given.form]
    for name, switches in (("mixed", MIXED), ("along a slab", ALONG)):
        for switch in switches:
            print(f"{name}, {switch.cart} CAR T cells")
            own = switch.by_numbers(4000, step=0.01, end=60.0, seed=1)
            print(f"  by numbers: {told(own, switch)}", flush=True)
            cells = switch.by_study(
                range(1, given.seeds + 1), step=given.step, end=60.0, cart_form=form,
                tumour_form=form,
            )  # fmt: skip
            print(f"  {given.form}: {told(cells, switch)}", flush=True)


if __name__ == "__main__":
    main()
