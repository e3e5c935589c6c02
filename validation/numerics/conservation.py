"""Cells are conserved and never negative; a well-mixed tumour is the lumped organ."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.numerics.random_studies import Balance, balance, draw
from cartflow.validation.numerics.stress_runs import Stress, stresses
from cartflow.validation.organs.lumped import Lumped

Array = np.ndarray

_NUMBER = {"quick": 6, "full": 40}
_BY_FIPY = {"quick": 2, "full": 10}
_RESIDUAL = 1e-10
# Diffusivities (mm2/day) with which a tumour fed at its rim becomes well mixed.
_DIFFUSIVITIES = (1.0, 10.0, 1e2, 1e3, 1e4, 1e5)
_DOOR = 1e-6


def case(scope: Scope) -> CaseResult:
    """Return the balance of random studies and of hard runs, and the door as D grows."""
    texts = draw(_NUMBER[scope])
    runs = [balance(text, "fast") for text in texts]
    runs += [balance(text, "fipy") for text in texts[: _BY_FIPY[scope]]]
    hard = [*stresses("fast"), *stresses("fipy")]
    door = np.array([_door_error(d) for d in _DIFFUSIVITIES])
    feeds = _feeds(scope)
    return CaseResult(
        name="conservation",
        title="Cells are conserved and never negative",
        question=(
            "Is every cell accounted for, whatever the study, is no density ever negative, and "
            "does the door between vessels and tissue lose or delay nothing?"
        ),
        equation=(
            r"r = \mathrm{infused} + \mathrm{born} - \mathrm{died} - \mathrm{in\ body} - "
            r"\sum_i u_i V_i, \quad |r| \leq 10^{-10}\,(\mathrm{infused} + \mathrm{born})"
            "\n"
            r"D \to \infty:\quad \sum_i u_i V_i \to A_{\mathrm{tumour}}(t) = "
            r"\left[e^{Mt} A(0)\right]_{\mathrm{tumour}}"
        ),
        method=(
            f"{_NUMBER[scope]} studies drawn at random (body, trafficking model, kinetics, shape, "
            "motility from none to fast, feeding by vessels or rim, open boundaries, sources, "
            "boluses and infusions by both routes); the balance is added up from states and "
            "ledger at every saved time, per species and in all. Then runs that tempt a scheme: "
            "drift to a ridge at a cell Peclet number of 50, diffusivities that jump by 1e4, a "
            "bolus that leaves within a minute while it kills within an hour. Last the door: "
            "without kinetics, fed and drained in its rim only, the tumour must become the lumped "
            "organ of the network as D grows, with a distance of 1/D; the lumped solution is a "
            "matrix exponential of equations written once more."
        ),
        finding=_finding(runs, hard, door),
        checks=(*_balances(runs, hard), *_doors(door, feeds)),
        dataset=_dataset(runs, hard, door),
        figure=_figure(runs, hard, door),
        references=("khot2019", "singh2020"),
    )


def _door_error(diffusivity: float) -> float:
    """Return the largest error of any organ at 1 h and 6 h against the lumped organ."""
    lumped = Lumped(
        diffusivity=diffusivity,
        cells=10,
        tumour='region = "rim"\negress_region = "rim"',
        end=0.25,
        save='"1 hour"',
    )
    return _error(lumped)


def _feeds(scope: Scope) -> dict[str, float]:
    """Return the errors of the door for other bodies, models and doses, at a large D."""
    infusion = '[[doses]]\ncells = "2e6 cells"\nduration = "0.05 day"'
    cases = {"khot2019, infusion": Lumped(doses=infusion, end=0.05)}
    cases["singh2020, bolus"] = Lumped(trafficking="singh2020", end=0.25)
    if scope == "full":
        cases["human_male, bolus"] = Lumped(body="human_male", radius=15.0, end=0.25)
        cases["khot2019, bolus, two days"] = Lumped(end=2.0, save='"1 hour", "1 day"')
    return {name: _error(lumped) for name, lumped in cases.items()}


def _error(lumped: Lumped) -> float:
    record = lumped.study.simulation.run()
    if record.outcome.status != "finished":
        return np.nan
    return max(lumped.error(state, state.time) for state in record.states[1:])


def _balances(runs: list[Balance], hard: list[Stress]) -> list[Check]:
    checks = []
    for engine in ("fast", "fipy"):
        own = [run for run in runs if run.engine == engine]
        tried = [run for run in hard if run.engine == engine]
        number = f"{len(own)} random studies"
        checks += [
            _most(
                f"{number}: largest residual", _worst(r.residual for r in own), _RESIDUAL, engine
            ),
            _least(f"{number}: least value", -_worst(-r.lowest for r in own), 0.0, engine),
            _most(f"{number}: fall of a count", _worst(r.sinking for r in own), _RESIDUAL, engine),
        ]
        for run in tried:
            checks += [
                _most(f"{run.name}: residual", run.residual, _RESIDUAL, engine),
                _least(f"{run.name}: least value", run.lowest, 0.0, engine),
            ]
    return checks


def _doors(door: Array, feeds: dict[str, float]) -> list[Check]:
    return [
        _most(f"door at D = {_DIFFUSIVITIES[-1]:g} mm2/day: worst organ", door[-1], _DOOR, "fast"),
        _most("door: error at the largest D over that at the least", door[-1] / door[0], 0.1),
        *(_most(f"door, {name}: worst organ", e, 1e-4, "fast") for name, e in feeds.items()),
    ]


def _worst(values: Iterable[float]) -> float:
    """Return the largest, or nan if one is nan."""
    return float(np.max(list(values)))


def _most(name: str, measured: float, bound: float, engine: str = "") -> Check:
    return Check(
        name=name,
        measured=float(measured),
        expected=bound,
        tolerance=0.0,
        kind="at_most",
        reference="exact",
        engine=engine,
    )


def _least(name: str, measured: float, bound: float, engine: str) -> Check:
    return Check(
        name=name,
        measured=measured,
        expected=bound,
        tolerance=0.0,
        kind="at_least",
        reference="exact",
        engine=engine,
    )


def _finding(runs: list[Balance], hard: list[Stress], door: Array) -> str:
    worst = _worst(r.residual for r in _all(runs, hard))
    least = -_worst(-r.lowest for r in _all(runs, hard))
    return (
        f"The largest residual of any run is {worst:.1e} of infused + born, the least value of "
        f"anything {least + 0.0:g}. As D goes from {_DIFFUSIVITIES[0]:g} to {_DIFFUSIVITIES[-1]:g} "
        f"mm2/day the tumour comes within {door[-1]:.1e} of the lumped organ (from {door[0]:.1e})."
    )


def _all(runs: list[Balance], hard: list[Stress]) -> list[Balance | Stress]:
    return [*runs, *hard]


def _dataset(runs: list[Balance], hard: list[Stress], door: Array) -> xr.Dataset:
    every = _all(runs, hard)
    names = [f"study {i}" for i in range(len(runs))] + [run.name for run in hard]
    return xr.Dataset(
        {
            "residual": variable(
                ("run",), [r.residual for r in every], "1", "residual over infused + born"
            ),
            "lowest": xr.Variable(
                ("run",), [r.lowest for r in every], {"long_name": "least value of any field"}
            ),
            "door_error": variable(
                ("diffusivity",), door, "1", "largest relative error of an organ"
            ),
        },
        coords={
            "run": label(("run",), names, "run"),
            "engine": label(("run",), [r.engine for r in every], "engine"),
            "diffusivity": variable(
                ("diffusivity",), np.array(_DIFFUSIVITIES), "mm^2/day", "diffusivity of cells"
            ),
        },
    )


def _figure(runs: list[Balance], hard: list[Stress], door: Array) -> Figure:
    figure, (left, middle, right) = panels(3)
    floor, every = 1e-17, _all(runs, hard)
    for engine, colour in zip(("fast", "fipy"), colours(2), strict=True):
        values = [r.residual for r in every if r.engine == engine]
        left.semilogy(np.maximum(values, floor), "o", ms=4, color=colour, label=engine)
    left.axhline(_RESIDUAL, color="0.5", ls="--", lw=1)
    left.set_xlabel("run")
    left.set_ylabel("residual / (infused + born)")
    left.legend(frameon=False)
    shown = [run for run in hard if "slab" in run.name]
    for run, colour in zip(shown, colours(len(shown)), strict=True):
        style = "-" if run.engine == "fast" else "--"
        text = f"{run.name.partition(',')[0]} ({run.engine})"
        middle.plot(run.place, run.profile / run.profile.max(), style, color=colour, label=text)
    middle.set_xlabel("x (mm)")
    middle.set_ylabel("cells at the end, of their highest")
    middle.legend(frameon=False, fontsize=7)
    right.loglog(_DIFFUSIVITIES, door, "o-", color=colours(1)[0])
    right.set_xlabel("diffusivity (mm$^2$/day)")
    right.loglog(_DIFFUSIVITIES, door[0] / np.array(_DIFFUSIVITIES), color="0.6", lw=1)
    right.set_ylabel("worst organ, against the lumped organ (grey: 1/D)")
    return figure
