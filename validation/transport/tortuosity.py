"""Case 3, tortuosity and porosity: what tissue does to motility and to solutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.pde.hindrance import archie_exponent
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.transport import hindrance_laws as laws
from cartflow.validation.transport import opening_matrix as opening
from cartflow.validation.transport import solute_slab as solutes
from cartflow.validation.transport import tortuous_fronts as fronts
from cartflow.validation.transport.tortuosity_figure import Found, dataset, figure

_FRONTS, _FLUXES, _LAYERS, _MATRIX = 2e-3, 1e-3, 1e-10, 1e-3


def case(scope: Scope) -> CaseResult:
    """Return ratios of speeds, fluxes, lags, layers, every law and an opening matrix."""
    found = _runs(scope)
    checks = (
        *_front_checks(found),
        *_solute_checks(found),
        *_law_checks(),
        *_matrix_checks(found),
    )
    return CaseResult(
        name="tortuosity",
        title="Tortuosity and porosity: what the tissue takes off",
        question=(
            "Does hindered motility slow fronts as 1/lambda, do solutes tell storage from flux, "
            "is each law of hindrance the formula it is named after, and does a matrix that cells "
            "degrade let them through as fast as another solver says?"
        ),
        equation=(
            r"c = 2 \sqrt{r D_0} / \lambda, \quad"
            r" \frac{\partial (\epsilon c)}{\partial t} = \nabla \cdot"
            r" \left(\epsilon \frac{D_0}{\lambda^2} \nabla c\right)"
            "\n"
            r"J = \frac{\epsilon D_0}{\lambda^2} \frac{\Delta c}{L}, \quad"
            r" t_{lag} = \frac{L^2 \lambda^2}{6 D_0}"
        ),
        method=(
            "Fisher fronts in tissue of porosity 0.2 and tortuosity 1, 1.25, 1.6 and 2: their "
            "speeds, each with what relaxation, cells and steps take off put back, are compared "
            "as ratios. A solute enters an empty slab (100 cells), and what comes out gives the "
            "steady flux and the time lag; the porosity may change the first only. Two layers "
            "with a jump of 1000 in D and of 2 in porosity on unequal cells are compared with the "
            "exact profile. Each law is written down again and compared over porosities from "
            "0.02 to 1, and its flux through a slab is measured. Cells whose enzyme degrades the "
            "matrix, which opens pores and speeds the cells up to eightfold, are solved again by "
            "SciPy's LSODA on other cells and other means at faces."
        ),
        finding=_finding(found),
        checks=checks,
        dataset=dataset(found),
        figure=figure(found),
        references=("crank1975", "sykova2008", "ebert2000"),
    )


def _runs(scope: Scope) -> Found:
    engines = ("fast", "fipy") if scope == "full" else ("fast",)
    cases = [(engine, lam) for engine in engines for lam in fronts.TORTUOSITIES]
    tissues = ((1.0, 1.0), (solutes.POROSITY, solutes.TORTUOSITY))
    cells, step = 800, 0.01
    opened = [opening.by_package("fast", cells=cells, step=step)]
    if scope == "full":
        opened.append(opening.extrapolated("fipy", cells=400, step=0.0125))
    return Found(
        fronts=[fronts.run(*one) for one in cases],
        lags=[solutes.time_lag(e, *tissue) for e in ("fast", "fipy") for tissue in tissues],
        layers=[solutes.two_layers(engine) for engine in ("fast", "fipy")],
        opened=opened,
        intact=opening.by_package("fast", cells=400, step=0.02, degrading=False),
        reference=opening.by_scipy(1000),
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What a group of checks shares."""

    tolerance: float
    kind: Literal["relative", "absolute"]
    reference: str = "exact"
    unit: str = "1"

    def check(self, name: str, measured: float, expected: float, engine: str = "") -> Check:
        return Check(
            name=name,
            measured=float(measured),
            expected=float(expected),
            tolerance=self.tolerance,
            kind=self.kind,
            unit=self.unit,
            reference=self.reference,
            engine=engine,
        )


def _front_checks(found: Found) -> Iterator[Check]:
    group = _Group(tolerance=_FRONTS, kind="relative")
    for engine in dict.fromkeys(run.engine for run in found.fronts):
        own = [run for run in found.fronts if run.engine == engine]
        for run in own[1:]:
            name = f"speed at tortuosity {run.tortuosity:g} over that at 1"
            yield group.check(name, run.corrected / own[0].corrected, 1 / run.tortuosity, engine)


def _solute_checks(found: Found) -> Iterator[Check]:
    flux = _Group(tolerance=_FLUXES, kind="relative", reference="crank1975", unit="ng/mm^2/day")
    lag = _Group(tolerance=_FLUXES, kind="relative", reference="crank1975", unit="day")
    for run in found.lags:
        tissue = f"porosity {run.porosity:g}, tortuosity {run.tortuosity:g}"
        yield flux.check(f"steady flux, {tissue}", run.flux, run.exact_flux, run.engine)
        yield lag.check(f"time lag, {tissue}", run.lag, run.exact_lag, run.engine)
    profile = _Group(tolerance=_LAYERS, kind="absolute")
    through = _Group(tolerance=_LAYERS, kind="relative", unit="ng/mm^2/day")
    for layers in found.layers:
        yield profile.check("two layers, profile", layers.deviation, 0.0, layers.engine)
        yield through.check("two layers, flux", layers.flux, layers.exact_flux, layers.engine)


def _law_checks() -> Iterator[Check]:
    formula = _Group(tolerance=1e-12, kind="absolute")
    flux = _Group(tolerance=1e-10, kind="relative", unit="ng/mm^2/day")
    porosity = solutes.POROSITY
    for law, factor in laws.FORMULAS.items():
        yield formula.check(f"{law}, deviation from its formula", laws.deviation(law), 0.0)
        measured = solutes.steady_flux("fast", porosity, laws.hindrance(law))
        free = porosity * solutes.FREE_DIFFUSIVITY * solutes.CONCENTRATION / solutes.LENGTH
        expected = free * float(factor(np.array([porosity]))[0])
        yield flux.check(f"{law}, flux at porosity {porosity:g}", measured, expected, "fast")
    worst = float(np.abs(laws.open_limits() - 1.0).max())
    yield formula.check("hindrance by any law at porosity 1", worst, 0.0)
    brain = _Group(tolerance=5e-3, kind="absolute", reference="sykova2008")
    yield brain.check("Archie's exponent of brain", archie_exponent(*laws.BRAIN), 1.58)
    yield formula.check("Archie's law through each tissue's own pair", laws.pairs_met(), 0.0)


def _matrix_checks(found: Found) -> Iterator[Check]:
    group = _Group(tolerance=_MATRIX, kind="relative", unit="mm")
    for run in found.opened:
        engine = run.name.partition(" ")[0]
        for time in opening.COMPARED:
            name = f"front in a matrix that opens, day {time:g}"
            yield group.check(name, run.at(time), found.reference.at(time), engine)


def _finding(found: Found) -> str:
    last = opening.COMPARED[-1]
    opened, intact = found.reference.at(last), found.intact.at(last)
    return (
        "Tortuosity divides the speed of a front, whatever the porosity: cells are counted per "
        "tissue. For a solute the porosity sets how much gets through, and only the tortuosity "
        f"how soon. All laws agree that tissue without solids does not hinder; at porosity 0.2 "
        f"they give D*/D0 from {_extreme(min):.3f} to {_extreme(max):.3f}, so the name of the law "
        "matters more than its digits. Brain's exponent in Archie's law is off by up to "
        f"{100 * laws.brain_misses():.0f} % in tortuosity for other pairs, so it is brain's only.\n"
        f"By day {last:g} the enzyme has let the front to {opened:.3f} mm, against {intact:.3f} mm "
        "in intact matrix."
    )


def _extreme(pick: Callable[[Iterator[float]], float]) -> float:
    return float(pick(float(f(np.array([0.2]))[0]) for f in laws.FORMULAS.values()))
