"""Approved products: lag, growth and two-phase decline in closed form, copies per ug of DNA."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course

READ = (
    "product information as reprinted on rxreasoner.com (tisagenlecleucel, lisocabtagene, "
    "idecabtagene), the maker's medical page (ciltacabtagene, state 2025-11-20), the abstract of "
    "Ogasawara et al. 2021, nlmixr2/nlmixr2lib for the shares of Stein et al. 2019; not the table "
    "of Mueller et al. 2018"
)

_TIMES = np.array([1.0, 3.0, 5.0, 8.0, 9.0, 11.0, 15.0, 21.0, 28.0])
_LATE = np.array([60.0, 100.0, 182.5, 300.0, 365.0])
_STEIN = (3900.0, 0.0079, 0.0032)


class _Product(NamedTuple):
    """Lag, time and height of the maximum, growth, share of the slow phase, both rates."""

    lag: float
    t_max: float
    c_max: float
    fold: float
    share: float
    alpha: float
    beta: float


_LISO = (2 ** ((9.29 - 3.27) / 0.755), 0.0079, np.log(2) / 5.00, np.log(2) / 352)
_PRODUCTS = {
    "tisagenlecleucel_responders": _Product(
        0.0, 9.83, 32700, _STEIN[0], _STEIN[1], 0.109, _STEIN[2]
    ),
    "tisagenlecleucel_largest": _Product(0.0, 20.0, 19500, _STEIN[0], 0.0, 0.0, 0.0),
    "lisocabtagene": _Product(3.27, 9.29, 33766, *_LISO),
    "lisocabtagene_no_response": _Product(3.27, 9.29, 11846, *_LISO),
    "ciltacabtagene": _Product(0.0, 12.71, 48692, 3900, 0.4987, 0.1734, np.log(2) / 23.5),
}


def courses() -> tuple[Course, ...]:
    """Return every product's course; memory begins at the maximum, with the slow phase's share."""
    return tuple(_course(name, product) for name, product in _PRODUCTS.items())


def _course(name: str, p: _Product) -> Course:
    late = () if name == "tisagenlecleucel_largest" else _LATE
    times = np.array([*_TIMES, *late])
    total, memory = _level(p, times)
    amounts = {"effector": total - memory, "memory": memory}
    return Course(scenario=name, times=times, amounts=amounts, unit="1")


def _level(p: _Product, times: Array) -> tuple[Array, Array]:
    """Return the level, and of it what counts as memory."""
    grown = np.clip((times - p.lag) / (p.t_max - p.lag), 0.0, 1.0)
    since = np.maximum(times - p.t_max, 0.0)
    fast, slow = np.exp(-p.alpha * since), np.exp(-p.beta * since)
    rising = p.c_max * p.fold ** (grown - 1.0)
    falling = p.c_max * ((1.0 - p.share) * fast + p.share * slow)
    memory = p.c_max * p.share * (slow - fast)
    return np.where(times < p.t_max, rising, falling), memory
