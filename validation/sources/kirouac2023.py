"""Kirouac et al. 2023, by a transcription in MATLAB: cells and days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed
from cartflow.validation.measurements.data import found, rows

READ = (
    "a student's transcription, mstadt/CART2 at d0f7730: mod_eqns.m, HillEQ.m and "
    "pars_Kirouac2023.mat (four sets typed here; the other 32 are read where the table of "
    "measured data lies beside the repository); not the paper's own supplement"
)

_TABLE = "kirouac2023/kirouac2023_params_36sets.csv"
_TIMES = np.array([0.001, 0.01, 0.1, 1.0, 7.0, 14.0, 28.0, 60.0, 120.0, 240.0, 365.0])
_SPECIES = (
    "memory",
    "early_effector",
    "effector",
    "exhausted",
    "tumour",
    "antigen",
    "infused",
    "arriving",
)


class _Set(NamedTuple):
    """The 27 parameters in the order of the transcription's vector."""

    b50: float
    ub: float
    k_kill: float
    f_loss: float
    tk50: float
    kt: float
    kb1: float
    kb2: float
    um: float
    km: float
    f_max: float
    ke: float
    ue: float
    n: float
    kex: float
    dm: float
    de1: float
    de2: float
    dx: float
    bmax: float
    kx: float
    rm: float
    kr: float
    f_tm: float
    f_te1: float
    f_te2: float
    f_tx: float


# fmt: off
_TYPED = {
    "cr_1": _Set(
        3236080324, 0.050040188, 0.958461702, 314.5563332, 1000000000, 0.254191859, 0.996687975,
        0.257136936, 0.253162895, 0.720743327, 0.579686926, 2.708089263, 0.937843482,
        5.132798082, 0.15978662, 0.07484827, 0.290634336, 0.007565547, 0.001000004, 227144056.1,
        2.998879893, 0.394596635, 2.795422828, 1, 1.126392921, 45.01114367, 14.91950294,
    ),
    "cr_12": _Set(
        3775510219, 0.050029131, 0.998119935, 284.8322901, 12004291.66, 0.21482599, 0.91409139,
        0.397050113, 0.960611454, 0.200427622, 0.601481294, 2.893395161, 0.963164521,
        4.162550516, 0.141697757, 0.150089713, 0.0498378, 0.974874152, 0.002925647, 256904000000,
        0.344983646, 0.970001347, 2.679138174, 9.707888223, 1.425093964, 68.44946224,
        25.64235832,
    ),
    "pr_3": _Set(
        8971427861, 0.050024511, 0.745758773, 484.7450382, 315243384.7, 2.156759699, 0.953683268,
        0.150773907, 0.28771799, 0.701884548, 0.55256994, 1.954646926, 0.396802938, 5.745132236,
        0.988182314, 0.216457718, 0.485276314, 0.56470004, 0.012596759, 124803333.7, 2.93285393,
        0.775717644, 2.040482745, 1.526401207, 1.569871822, 51.41832475, 19.48709101,
    ),
    "nr_1": _Set(
        3526479554, 0.050841155, 0.87185846, 1000, 158624182.1, 1.859949578, 1, 0.351151384,
        0.001033884, 0.257543429, 0.965005576, 0.422843528, 0.112676002, 5.996056676,
        0.003348089, 1, 0.001, 0.00156982, 0.001, 14581417747, 0.321686249, 0.352946818,
        0.781174063, 5.698009689, 10, 30.77568043, 5,
    ),
}
# fmt: on


def courses() -> tuple[Course, ...]:
    """Return the typed sets, and the others of the table where it is there; 1e8 cells each."""
    path = found(_TABLE)
    table = dict(_sets(rows(path))) if path else {}
    return tuple(_course(name, values) for name, values in ({**table, **_TYPED}).items())


def _sets(table: Iterable[Mapping[str, str]]) -> Iterable[tuple[str, _Set]]:
    for row in table:
        group, number, *values = row.values()
        yield f"{group.lower()}_{number}", _Set(*map(float, values))


def _course(name: str, values: _Set) -> Course:
    start = [0.0, 0.0, 0.0, 0.0, 1e10, 1e10, 1e8, 0.0]
    states = followed(_change(values), start, _TIMES)
    return Course(scenario=name, times=_TIMES, amounts=dict(zip(_SPECIES, states, strict=True)))


def _hill(x: float, n: float, k: float) -> float:
    share = (max(x, 0.0) / k) ** n
    return share / (1.0 + share)


def _change(p: _Set) -> Callable[[float, Array], list[float]]:
    """Return the right-hand side; like the transcription it keeps amounts from being negative."""
    shares = p.f_tm + p.f_te1 + p.f_te2 + p.f_tx

    def change(_time: float, y: Array) -> list[float]:
        tm, te1, te2, tx, b, ba, dose, dose_x = y
        tm, te1, tx = max(tm, 0.0), max(te1, 0.0), max(tx, 0.0)
        renewed = p.f_max * (1 - _hill(ba, p.km, p.b50))
        ripened = p.ue * _hill(ba, p.ke, p.b50) * te1
        tired = p.kex * _hill(ba, p.kx, p.b50) * max(te2, 0.0)
        recalled = p.rm * (1 - _hill(ba, p.kr, p.b50)) * te2
        return [
            p.um * renewed * tm
            - p.um * (1 - renewed) * tm
            - p.dm * tm
            + p.f_tm * dose_x
            + recalled,
            2 * p.um * (1 - renewed) * tm - ripened - p.de1 * te1 + p.f_te1 * dose_x,
            2**p.n * ripened - tired - p.de2 * max(te2, 0.0) + p.f_te2 * dose_x - recalled,
            tired - p.dx * tx + p.f_tx * dose_x,
            p.ub * max(b, 0.0) * (1 - b / p.bmax) - p.k_kill * b * _hill(te2, p.kt, p.tk50),
            p.kb1 * b - p.kb2 * ba,
            -p.f_loss * dose - dose,
            dose - shares * dose_x,
        ]

    return change
