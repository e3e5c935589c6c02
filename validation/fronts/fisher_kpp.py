"""Case 1, Fisher-KPP: the speed of cells that spread and divide."""

from __future__ import annotations

from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.fronts import cart_front_runs as cart
from cartflow.validation.fronts import fisher_kpp_runs as fisher
from cartflow.validation.fronts.fisher_kpp_figure import dataset, figure

_END = {"quick": fisher.FIRST + fisher.WINDOW, "full": fisher.FIRST + 5 * fisher.WINDOW}
_SHORT = _END["quick"]
_RATE_TOLERANCE = 2e-3


def case(scope: Scope) -> CaseResult:
    """Return the speeds of fronts in every geometry and of CAR T cells on antigen."""
    fronts, carts, dying = _fisher(scope), _cart(scope), _dying(scope)
    checks = (*map(_speed, fronts), *map(_cart_speed, carts), *map(_decay, dying))
    depleted = [_no_wave(run) for run in _dying_on_antigen(scope)]
    return CaseResult(
        name="fisher_kpp",
        title="Fisher-KPP: how fast cells that spread and divide advance",
        question=(
            "Does a front of cells that move at random and divide advance as fast as theory says, "
            "in every geometry, and does nothing advance that cannot live?"
        ),
        equation=(
            r"\frac{\partial u}{\partial t} = D \nabla^2 u + r u (1 - u/K), \quad"
            r" v(t) = v^* - \frac{3}{2 \lambda^* t} \mp \frac{(N-1) D}{R}"
            "\n"
            r"\frac{\partial E}{\partial t} = D \frac{\partial^2 E}{\partial x^2}"
            r" + (\alpha \kappa T - \delta) E, \quad"
            r" c_{min} = 2 \sqrt{D (\alpha \kappa T_0 - \delta)}"
        ),
        method=(
            "Steep data, D = 0.01 mm2/day, r = 1/day, cells of 0.25 sqrt(D/r), fixed steps. The "
            "place where u = K/2 is read every day; its mean speed over windows of 10/r from "
            "t = 50/r on is compared with the mean of the law, v* and lambda* being the minimum "
            "of the dispersion relation of the very scheme (diffusion on cells, and the steps of "
            "the engine). Planar fronts run along each axis of boxes and of a voxel mask, curved "
            "ones outward and inward in a ball, where (N-1) D/R is taken off or added. The CAR T "
            "form is linear where the antigen is held: its level sets follow 1/2 in place of 3/2; "
            "where antigen is used up it saturates, and the front is where half of it is gone."
        ),
        finding=_finding(fronts, carts, depleted),
        checks=(*checks, *depleted),
        dataset=dataset(fronts, carts),
        figure=figure(fronts, carts),
        references=("fisher1937", "ebert2000"),
    )


def _fisher(scope: Scope) -> list[fisher.Fisher]:
    runs = [fisher.run(fisher.SLAB, engine, _END[scope]) for engine in ("fast", "fipy")]
    settings = (*(fisher.GRIDS if scope == "full" else fisher.FEW_GRIDS), *fisher.BALLS)
    runs += [fisher.run(setting, "fast", _SHORT) for setting in settings]
    if scope == "full":
        settings = (*fisher.FEW_GRIDS, *fisher.BALLS)
        runs += [fisher.run(setting, "fipy", _SHORT) for setting in settings]
    return runs


def _cart(scope: Scope) -> list[cart.CartFront]:
    engines = ("fast",) if scope == "quick" else ("fast", "fipy")
    return [cart.run(engine, depleting=d) for d in (False, True) for engine in engines]


def _dying(scope: Scope) -> list[cart.Dying]:
    engines = ("fast",) if scope == "quick" else ("fast", "fipy")
    return [cart.run_dying(engine, depleting=False) for engine in engines]


def _dying_on_antigen(scope: Scope) -> list[cart.Dying]:
    engines = ("fast",) if scope == "quick" else ("fast", "fipy")
    return [cart.run_dying(engine, depleting=True) for engine in engines]


def _speed(run: fisher.Fisher) -> Check:
    measured, expected = run.worst()
    return Check(
        name=f"front speed, {run.setting.name}",
        measured=measured,
        expected=expected,
        tolerance=run.setting.tolerance,
        kind="relative",
        unit="mm/day",
        reference="ebert2000",
        engine=run.engine,
    )


def _cart_speed(run: cart.CartFront) -> Check:
    measured, expected = run.speeds()
    return Check(
        name=f"front speed of CAR T cells, {run.name}",
        measured=measured,
        expected=expected,
        tolerance=fisher.SLAB.tolerance,
        kind="relative",
        unit="mm/day",
        reference="ebert2000",
        engine=run.engine,
    )


def _decay(run: cart.Dying) -> Check:
    return Check(
        name="net rate of CAR T cells that die faster than they divide",
        measured=run.measured_rate,
        expected=run.scheme_rate,
        tolerance=_RATE_TOLERANCE,
        kind="relative",
        unit="1/day",
        reference="exact",
        engine=run.engine,
    )


def _no_wave(run: cart.Dying) -> Check:
    return Check(
        name="antigen lost ahead of CAR T cells that die out",
        measured=run.antigen_lost,
        expected=1e-3,
        tolerance=0.0,
        kind="at_most",
        reference="exact",
        engine=run.engine,
    )


def _finding(
    fronts: list[fisher.Fisher], carts: list[cart.CartFront], depleted: list[Check]
) -> str:
    def off(pair: tuple[float, float]) -> float:
        return 100.0 * abs(pair[0] / pair[1] - 1.0)

    plain = fronts[0]
    bare = 100.0 * (plain.measured(plain.windows[0]) / plain.front.speed - 1.0)
    grids = [run for run in fronts if run.setting in fisher.GRIDS]
    balls = [run for run in fronts if run.setting in fisher.BALLS]
    linear = next(run for run in carts if not run.depleting)
    start, end = fisher.FIRST, linear.track.times[-1]
    wrong = off((linear.track.mean_speed(start, end), linear.front.mean_speed(start, end, 1.5)))
    return (
        f"In the slab the speed is within {off(plain.worst()):.3f} % of the law; against the "
        f"asymptotic v* alone it would be {bare:.1f} %. Grids and mask are within "
        f"{max(off(run.worst()) for run in grids):.2f} %, balls within "
        f"{max(off(run.worst()) for run in balls):.2f} %.\n"
        f"CAR T cells on held antigen follow the linear law within "
        f"{off(linear.speeds()):.3f} % (with 3/2 in place of 1/2 it would be {wrong:.2f} %), on "
        f"antigen that they use up the saturating one within "
        f"{max(off(run.speeds()) for run in carts if run.depleting):.3f} %. With a net rate "
        f"below zero nothing advances: ten lengths ahead {100 * depleted[0].measured:.3f} % of the "
        "antigen is lost."
    )
