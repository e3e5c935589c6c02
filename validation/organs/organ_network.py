"""The organ network against equations written once more and SciPy's linear algebra."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.linalg import expm, null_space

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.organs.organ_equations import rate_matrix, residence_time

Array = np.ndarray

_PAIRS = {
    "quick": (("mouse_28g", "khot2019"), ("human_male", "singh2020")),
    "full": (
        ("mouse_28g", "khot2019"),
        ("mouse_28g", "singh2020"),
        ("human_male", "khot2019"),
        ("human_male", "singh2020"),
    ),
}
_TIMES = (1 / 1440, 1 / 24, 1.0, 28.0)
_COURSE = np.geomspace(1e-4, 28.0, 40)
# mm3 of a flank tumour: small against the organs that host it.
_TUMOUR = {"mouse_28g": 100.0, "human_male": 1e4}


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A body with a trafficking model and a flank tumour whose tissue is one compartment."""

    body: Body
    model: Trafficking
    tumour: TumourVessels

    @property
    def name(self) -> str:
        return f"{self.body.name}, {self.model.name}"

    @cached_property
    def network(self) -> OrganNetwork:
        return organ_network(self.body, self.model, tumour=self.tumour, lumped=True)

    @cached_property
    def stepper(self) -> NetworkStepper:
        return NetworkStepper(network=self.network)

    @cached_property
    def expected(self) -> Array:
        return rate_matrix(self.body, self.model, self.tumour, self.network.names)

    @cached_property
    def dose(self) -> Array:
        cells = np.zeros((len(self.network.names), 1))
        cells[self.network.index("venous")] = 1.0
        return cells


def case(scope: Scope) -> CaseResult:
    """Return the comparison of rates, steps, residence times, the state of rest and the flows."""
    pairs = [_pair(body, model) for body, model in _PAIRS[scope]]
    stays = [_residence_times(pair) for pair in pairs]
    checks = [
        check
        for pair, (_, found, wanted) in zip(pairs, stays, strict=True)
        for check in _checks(pair, found, wanted)
    ]
    return CaseResult(
        name="organ_network",
        title="The organ network against linear algebra",
        question=(
            "Do cells pass through organs, lymph and blood as the equations say, over any step, "
            "and does everything that flows in flow out?"
        ),
        equation=(
            r"\frac{dA_v}{dt} = Q\,C_{in} - (Q - L)\,C_v - J\,A_v"
            "\n"
            r"\frac{dA_e}{dt} = J\,A_v - \frac{L}{V_e R}\,A_e - k\,A_e"
            "\n"
            r"A(t) = e^{M t} A(0), \quad M A_\infty = 0"
        ),
        method=(
            "The equations are written down a second time, in concentrations and flows, without "
            "the package's assembly of arcs, for each body with each trafficking model and a "
            "tumour in the flank. Their matrix is compared with the network's entry by entry, "
            "the network's steps with SciPy's matrix exponential of it (1 min, 1 h, 1 d, 28 d "
            "after a bolus), the mean stay in each tissue (its share of the time that cells "
            "spend, over how many entered) with 1/rate, the distribution after 1e5 days without "
            "losses with the null vector, and inflow with outflow of blood."
        ),
        finding=_finding(checks),
        checks=tuple(checks),
        dataset=_dataset(pairs, stays),
        figure=_figure(pairs, stays),
        references=("shah2012", "khot2019", "singh2020"),
    )


def _pair(body: str, model: str) -> _Pair:
    tumour = TumourVessels(volume=_TUMOUR[body], host=host_organs("flank"), node="draining_node")
    return _Pair(body=load_body(body), model=load_trafficking(model), tumour=tumour)


def _checks(pair: _Pair, found: Array, wanted: Array) -> list[Check]:
    return [
        _check(pair, "largest relative difference of a rate", _rates(pair), 0.0, 1e-12),
        _check(pair, "largest difference from exp(M t), of the dose", _steps(pair), 0.0, 1e-9),
        _check(pair, "worst residence time over 1/rate", _worst(found / wanted), 1.0, 1e-9),
        _check(pair, "worst share at rest over the null vector's", _rest(pair), 1.0, 1e-8),
        _check(pair, "blood into the arteries over blood out", _arteries(pair), 1.0, 1e-12),
        _check(pair, "lymph into the nodes over lymph out", _lymph(pair), 1.0, 1e-12),
    ]


def _check(pair: _Pair, name: str, measured: float, expected: float, tolerance: float) -> Check:
    return Check(
        name=f"{name} ({pair.name})",
        measured=measured,
        expected=expected,
        tolerance=tolerance,
        kind="absolute",
        reference="exact",
    )


def _rates(pair: _Pair) -> float:
    """Return the largest relative difference of an entry of the matrix."""
    scale = np.maximum(np.abs(pair.expected), np.abs(pair.network.rates))
    gap = np.abs(pair.network.rates - pair.expected)
    return float(np.max(np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0)))


def _steps(pair: _Pair) -> float:
    gaps = [
        np.abs(pair.stepper.step(pair.dose, t) - expm(pair.expected * t) @ pair.dose).max()
        for t in _TIMES
    ]
    return float(max(gaps))


def _residence_times(pair: _Pair) -> tuple[list[str], Array, Array]:
    """Return tissues, and their mean stays (days) as cells show them and as 1/rate."""
    network, days = pair.network, 10.0
    cells = pair.stepper.step(pair.dose, days)[:, 0]
    spent = (pair.stepper.matrices(days)[1] @ pair.dose)[:, 0]
    organs, found, wanted = [], [], []
    for organ in (*pair.body.organs, "tumour"):
        vessels, tissue = network.index(f"{organ}_vascular"), network.index(f"{organ}_tissue")
        entered = network.rates[tissue, vessels] * spent[vessels]
        organs.append(organ)
        found.append(spent[tissue] / (entered - cells[tissue]))
        wanted.append(residence_time(pair.body, pair.model, pair.tumour, organ))
    return organs, np.array(found), np.array(wanted)


def _rest(pair: _Pair) -> float:
    """Return the worst ratio of a compartment's share after long to that of the null vector."""
    endless = replace(
        pair.model,
        organs={n: replace(o, elimination_rate=None) for n, o in pair.model.organs.items()},
    )
    closed = replace(pair, model=endless)
    inside = closed.network.volumes() > 0
    rates = closed.expected[np.ix_(inside, inside)]
    speed = np.abs(np.diag(rates))
    vector = null_space(rates / speed, rcond=1e-11)[:, 0] / speed
    cells = closed.stepper.step(closed.dose, 1e5)[inside, 0]
    return _worst(cells / (vector / vector.sum()))


def _arteries(pair: _Pair) -> float:
    """Return fluid into the arteries over fluid out of them, all blood at one density."""
    network, place = pair.network, pair.network.index("arterial")
    flows = network.rates[place] * network.volumes()
    return float((flows.sum() - flows[place]) / -flows[place])


def _lymph(pair: _Pair) -> float:
    """Return what lymph brings to the nodes over what they give back, tissues at one density.

    A tissue's lymph at the density 1 is its rate x V_e x R.
    """
    network, brought = pair.network, 0.0
    nodes = [network.index("lymph"), network.draining]
    for organ in (*pair.body.organs, "tumour"):
        tissue = network.index(f"{organ}_tissue")
        ways = pair.model.organ(organ) if organ != "tumour" else None
        given = None if ways is None else ways.retention
        retention = 1.0 if given is None else given.value
        # Only a tumour's tissue is emptied from the volume that its cells are counted in.
        emptied = network.compartments[tissue].volume
        if organ != "tumour":
            emptied = pair.model.extravascular(pair.body.organs[organ])
        brought += network.rates[nodes, tissue].sum() * emptied * retention
    taken = network.rates[network.index("venous"), nodes] @ network.volumes()[nodes]
    return float(brought / taken)


def _worst(ratios: Array) -> float:
    """Return the ratio that is farthest from one."""
    return float(ratios[np.argmax(np.abs(ratios - 1.0))])


def _finding(checks: list[Check]) -> str:
    def largest(part: str) -> float:
        return max(c.deviation for c in checks if part in c.name)

    return (
        f"Rates differ by at most {largest('of a rate'):.1e} relative, steps by "
        f"{largest('exp'):.1e} of the dose, residence times by {largest('residence'):.1e} and "
        f"the state of rest by {largest('at rest'):.1e}: rounding, which grows with the 1e6 "
        "passages a day through the fastest vessels."
    )


def _dataset(pairs: list[_Pair], stays: list[tuple[list[str], Array, Array]]) -> xr.Dataset:
    dims = ("pair", "tissue")
    names, steps, exact = _course(pairs[0])
    text = f"share of the dose, {pairs[0].name}"
    return xr.Dataset(
        {
            "residence_time": variable(dims, [s[1] for s in stays], "day", "mean stay, by cells"),
            "inverse_rate": variable(dims, [s[2] for s in stays], "day", "1 / rate out of tissue"),
            "share": variable(("time", "compartment"), steps, "1", f"{text}, by steps"),
            "share_exact": variable(("time", "compartment"), exact, "1", f"{text}, by exp(M t)"),
        },
        coords={
            "pair": label(("pair",), [p.name for p in pairs], "body and trafficking model"),
            "tissue": label(("tissue",), stays[0][0], "tissue"),
            "time": variable(("time",), _COURSE, "day", "time after the bolus"),
            "compartment": label(("compartment",), names, "compartment"),
        },
    )


def _course(pair: _Pair) -> tuple[list[str], Array, Array]:
    """Return compartments, and their shares of the dose over time by steps and by exp(M t)."""
    names = ["venous", "lung_tissue", "liver_tissue", "spleen_tissue", "tumour_tissue"]
    rows = [pair.network.index(name) for name in names]
    state, steps, time = pair.dose, [], 0.0
    for now in _COURSE:
        state, time = pair.stepper.step(state, now - time), now
        steps.append(state[rows, 0])
    exact = [(expm(pair.expected * t) @ pair.dose)[rows, 0] for t in _COURSE]
    return names, np.array(steps), np.array(exact)


def _figure(pairs: list[_Pair], stays: list[tuple[list[str], Array, Array]]) -> Figure:
    figure, (course, stay) = panels(2)
    names, steps, exact = _course(pairs[0])
    for name, line, dots, colour in zip(names, steps.T, exact.T, colours(len(names)), strict=True):
        course.loglog(_COURSE, line, color=colour, label=name.replace("_", " "))
        course.loglog(_COURSE[::3], dots[::3], "o", color=colour, ms=4, mfc="none")
    course.set_xlabel("time after the bolus (day)")
    course.set_ylabel("share of the dose")
    course.set_title(f"{pairs[0].name}: steps (lines), exp(M t) (circles)", fontsize=9)
    course.set_ylim(1e-6, 2)
    course.legend(frameon=False, fontsize=8)
    for pair, (_, found, wanted), colour in zip(pairs, stays, colours(len(pairs)), strict=True):
        stay.loglog(wanted, found, "o", color=colour, label=pair.name, ms=5)
    ends = [min(s[2].min() for s in stays), max(s[2].max() for s in stays)]
    stay.loglog(ends, ends, color="0.6", lw=1, zorder=0)
    stay.set_xlabel("1 / rate out of the tissue (day)")
    stay.set_ylabel("mean stay of cells (day)")
    stay.legend(frameon=False, fontsize=8)
    return figure
