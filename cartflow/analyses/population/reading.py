"""From the tables of a population to distributions, with errors that name the number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cartflow.analyses.population.distribution import Distribution
from cartflow.core.outcome import InputError
from cartflow.core.parameters import Sign
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.quantities import split
from cartflow.study.tables.population import VariedTable

# What each kind takes, one of each group but for the bounds, which may be left out.
_FORMS = {
    "log-normal": (("median", "mean"), ("cv", "log_sd")),
    "normal": (("mean",), ("sd", "cv")),
    "uniform": (("lowest",), ("highest",)),
    "log-uniform": (("lowest",), ("highest",)),
    "choice": (("names",),),
}
_BOUNDS = ("lowest", "highest")
_NUMBERS = ("median", "mean", "cv", "sd", "log_sd", *_BOUNDS)
_PLAIN = ("cv", "log_sd")
_LEAST_KEPT = 1e-3
# A normal distribution below 0 in so few members is as good as one that is not.
_RARE = 1e-6


def distribution(
    key: str, table: VariedTable, like: str | None = None, sign: Sign = "not_negative"
) -> Distribution:
    """Return the distribution that `table` states of the number at `key`, like `like`.

    Raises `InputError` naming the key.
    """
    what = f"population.varied.{key}"
    _require_form(table, what)
    if table.distribution == "choice":
        names, shares = _choice(table, what)
        return Distribution(
            key=key,
            kind="choice",
            names=names,
            shares=shares,
            source=table.source,
            standing=table.standing,
        )
    unit = _unit(table, like, what)
    given = {
        name: _number(value, "1" if name in _PLAIN else unit, f"{what}.{name}")
        for name in _NUMBERS
        if (value := getattr(table, name)) is not None
    }
    centre, width = _centre_and_width(table.distribution, given, what)
    found = Distribution(
        key=key,
        kind=table.distribution,
        unit=unit,
        centre=centre,
        width=width,
        lowest=given.get("lowest", -math.inf),
        highest=given.get("highest", math.inf),
        source=table.source,
        standing=table.standing,
    )
    _require_possible(found, sign, what)
    return found


def _require_form(table: VariedTable, what: str) -> None:
    """Raise `InputError` unless what the kind needs is there, and nothing that it does not take."""
    groups = _FORMS[table.distribution]
    allowed = {name for group in groups for name in group}
    if table.distribution in ("log-normal", "normal"):
        allowed |= set(_BOUNDS)
    if table.distribution == "choice":
        allowed.add("shares")
    given = [n for n in (*_NUMBERS, "names", "shares") if getattr(table, n) is not None]
    for name in given:
        if name not in allowed:
            needed = ", ".join(" or ".join(group) for group in groups)
            msg = f"{what}.{name}: a {table.distribution} distribution has none; it takes {needed}"
            raise InputError(msg)
    for group in groups:
        if sum(name in given for name in group) != 1:
            words = " or ".join(f"'{name}'" for name in group)
            one = f"either {words}, one of them" if len(group) > 1 else f"key {words}"
            msg = f"{what}: a {table.distribution} distribution needs {one}"
            raise InputError(msg)


def _choice(table: VariedTable, what: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = table.names or []
    shares = table.shares if table.shares is not None else [1.0] * len(names)
    if len(set(names)) < len(names) or len(shares) != len(names):
        msg = f"{what}: names must differ, and have a share each; got {len(names)}, {len(shares)}"
        raise InputError(msg)
    if not all(math.isfinite(share) and share > 0 for share in shares):
        msg = f"{what}.shares: {shares} must be finite and above 0"
        raise InputError(msg)
    return tuple(names), tuple(shares)


def _unit(table: VariedTable, like: str | None, what: str) -> str:
    """Return the unit in which the distribution is stated; raise `InputError` unless it fits."""
    name = next(n for n in ("median", "mean", *_BOUNDS) if getattr(table, n) is not None)
    value = getattr(table, name)
    try:
        unit = split(value)[1] if isinstance(value, str) else "1"
        to_internal(value, unit if like is None else like)
    except InputError as error:
        msg = f"{what}.{name}: {error}"
        raise InputError(msg) from None
    return unit


def _number(value: Any, unit: str, what: str) -> float:
    """Return a quantity in `unit`. Raises `InputError`."""
    try:
        return to_internal(value, unit) / to_internal(f"1 {unit}", unit)
    except InputError as error:
        msg = f"{what}: {error}"
        raise InputError(msg) from None


def _centre_and_width(kind: str, given: Mapping[str, float], what: str) -> tuple[float, float]:
    """Return what a `Distribution` is made of; raise `InputError` where it cannot be."""
    for name in ("cv", "sd", "log_sd"):
        if name in given and not given[name] > 0:
            msg = f"{what}.{name}: {given[name]:g} must be above 0"
            raise InputError(msg)
    low, high = given.get("lowest", -math.inf), given.get("highest", math.inf)
    if not low < high:
        msg = f"{what}: lowest {low:g} is not below highest {high:g}"
        raise InputError(msg)
    if kind == "log-uniform" and not low > 0:
        msg = f"{what}.lowest: {low:g} must be above 0 in a log-uniform distribution"
        raise InputError(msg)
    if kind == "normal":
        width = given["sd"] if "sd" in given else given["cv"] * abs(given["mean"])
        if not width > 0:
            msg = f"{what}.cv: of a mean of 0 there is none; give sd"
            raise InputError(msg)
        return given["mean"], width
    if kind != "log-normal":
        return math.nan, math.nan
    centre = given["median"] if "median" in given else given["mean"]
    if not centre > 0:
        name = "median" if "median" in given else "mean"
        msg = f"{what}.{name}: {centre:g} must be above 0 in a log-normal distribution"
        raise InputError(msg)
    width = given["log_sd"] if "log_sd" in given else math.sqrt(math.log1p(given["cv"] ** 2))
    if "mean" in given:
        centre *= math.exp(-0.5 * width**2)
    return centre, width


def _require_possible(found: Distribution, sign: Sign, what: str) -> None:
    """Raise `InputError` where bounds leave next to nothing, or values may have the wrong sign."""
    if found.kind in ("log-normal", "normal") and not found.kept() > _LEAST_KEPT:
        msg = f"{what}: {found.in_words()}: the bounds leave {100 * found.kept():.2g} % of it"
        raise InputError(msg)
    if sign == "any":
        return
    if found.kind == "uniform" and found.lowest < 0:
        msg = f"{what}.lowest: {found.lowest:g} must not be below 0"
        raise InputError(msg)
    if found.kind != "normal":
        return
    if found.centre <= 0:
        msg = f"{what}.mean: {found.centre:g} must be above 0"
        raise InputError(msg)
    below = replace(found, lowest=-math.inf, highest=0.0).kept()
    if found.lowest < 0 and below > _RARE:
        msg = (
            f"{what}: {100 * below:.2g} % of a {found.in_words()} lie below 0; give lowest, or "
            "take a log-normal distribution"
        )
        raise InputError(msg)
