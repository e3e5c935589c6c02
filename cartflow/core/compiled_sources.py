"""What goes into the code of a compiled function: its source, those that it calls, constants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher


def sources(function: FunctionType) -> tuple[str, ...]:
    """Return a line for each source and constant that `function` is compiled from, sorted.

    Sources are files with their size and time of change; functions called are followed as far
    as numba compiles them.
    """
    seen, waiting, lines = {function}, [function], set()
    while waiting:
        one = waiting.pop()
        lines.add(_stamp(one.__code__.co_filename))
        lines.update(_constants(one))
        for called in _called(one):
            if called not in seen:
                seen.add(called)
                waiting.append(called)
    return tuple(sorted(lines))


@cache
def _stamp(file: str) -> str:
    try:
        status = os.stat(file)
    except OSError:
        return file
    return f"{os.path.basename(file)} {status.st_size} {status.st_mtime_ns}"


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what `function` names that is not its own, also by a module before a dot."""
    names = tuple(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            yield from ((other, vars(value).get(other)) for other in names)
        yield name, value
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents


@cache
def _called(function: FunctionType) -> tuple[FunctionType, ...]:
    return tuple(value.py_func for _, value in _used(function) if isinstance(value, Dispatcher))


@cache
def _constants(function: FunctionType) -> tuple[str, ...]:
    return tuple(
        f"{name} = {_text(value)}" for name, value in _used(function) if _is_constant(value)
    )


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, bool | int | float | str | np.ndarray)


def _text(value: Any) -> str:
    # Of an array all digits.
    return str(value.tolist() if isinstance(value, np.ndarray) else value)
