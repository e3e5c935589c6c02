"""How a formula is broken while a block runs, and the ways to break one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from cartflow.core.remembered import forget

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One formula of the package, `breaks` what is wrong with it, and the case that must fail.

    `target` is ``module:name`` or ``module:Class.name`` below cartflow; `wrap` makes the wrong
    function from the right one.
    """

    name: str
    breaks: str
    case: str
    target: str
    wrap: Callable[[Function], Function]


@contextmanager
def applied(mutation: Mutation) -> Iterator[None]:
    """Break the formula while the block runs.

    What the right one led to is forgotten before, and what the wrong one led to afterwards.
    """
    module, _, path = mutation.target.partition(":")
    owner: Any = import_module(f"cartflow.{module}")
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    right = getattr(owner, name)
    setattr(owner, name, mutation.wrap(right))
    forget()
    try:
        yield
    finally:
        setattr(owner, name, right)
        forget()


def times(factor: float) -> Callable[[Function], Function]:
    """Return what multiplies a function's result."""
    return lambda right: lambda *given, **named: factor * right(*given, **named)


def of_half(right: Function) -> Function:
    """Return what hands on half of what it is given first."""
    return lambda owner, first, *given: right(owner, 0.5 * first, *given)


def root(right: Function) -> Function:
    """Return what takes the square root of a result."""
    return lambda *given: np.sqrt(right(*given))


def squared_shells(right: Function) -> Function:
    """Return what takes FiPy's own volumes of shells, r^2 dr, for the difference of cubes."""

    def wrong(**named: Any) -> Any:
        if named["name"] == "ball":
            edges = named["edges"]
            middles = 0.5 * (edges[1:] + edges[:-1])
            named["volumes"] = 4.0 * np.pi * middles**2 * np.diff(edges)
        return right(**named)

    return wrong


def in_full(right: Function) -> Function:
    """Return what counts every share as one."""
    return lambda *given: (np.ones_like(shares) for shares in right(*given))


def without_two_pi(right: Function) -> Function:
    """Return what forgets 2 pi in the areas of faces."""

    def wrong(*given: Any) -> Any:
        areas, volumes = right(*given)
        return areas / (2.0 * np.pi), volumes

    return wrong


def without(entry: str) -> Callable[[Function], Function]:
    """Return what sets one entry of a step's account to nothing."""

    def wrap(right: Function) -> Function:
        def wrong(*given: Any) -> Any:
            account = right(*given)
            return replace(account, **{entry: 0.0 * getattr(account, entry)})

        return wrong

    return wrap


def without_key(key: str) -> Callable[[Function], Function]:
    """Return a function that takes one entry out of the table that another returns."""

    def wrap(right: Function) -> Function:
        def wrong(*args: Any) -> Any:
            return {name: value for name, value in right(*args).items() if name != key}

        return wrong

    return wrap


def no_arc(source: str, target: str) -> Callable[[Function], Function]:
    """Return what forgets one way from compartment to compartment."""

    def wrap(right: Function) -> Function:
        def wrong(arcs: Any, a: str, b: str, rate: float) -> None:
            if (a, b) != (source, target):
                right(arcs, a, b, rate)

        return wrong

    return wrap


def volume(name: str, factor: float) -> Callable[[Function], Function]:
    """Return what gives one compartment a wrong volume."""

    def wrap(right: Function) -> Function:
        def wrong(arcs: Any, place: str, organ: str, space: str, volume: float) -> None:
            right(arcs, place, organ, space, volume * (factor if place == name else 1.0))

        return wrong

    return wrap


def more_diffusion(right: Function) -> Function:
    """Return what doubles the diffusivity of a field's transport."""

    def wrong(*given: Any) -> Any:
        moving = right(*given)
        return replace(moving, diffusivity=2.0 * moving.diffusivity)

    return wrong


def of_tissue(right: Function) -> Function:
    """Return what finds no reaction in pores."""
    return lambda network: np.zeros_like(right(network))


def full_storage(right: Function) -> Function:
    """Return what stores every field in all tissue."""
    return lambda problem, state: np.ones_like(right(problem, state))
