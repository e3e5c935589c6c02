"""A network as machine code: rates and exact derivatives for a block of mesh cells."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from cartflow.core.cache_folder import cache_folder, write_once
from cartflow.core.remembered import Same
from cartflow.kinetics.compiled.pointers_text import pointers_text
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.expressions.dual import dual_module_text
from cartflow.kinetics.expressions.generated import VERSION, module_text
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Name, Negative, Number
from cartflow.kinetics.network import Network

_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True, eq=False)
class CompiledNetwork:
    """Two numba functions of ``(amounts, parameters, start, stop, out)``, and the parameters.

    For every mesh cell i in [start, stop) `rates_block` writes rate r to ``out[r, i - start]``,
    `jacobian_block` the derivative of rate r to species s to ``out[r*n_species + s, i - start]``.
    `amounts` has the shape (n_species, n_cells), all arrays float64 in C order. `pattern`,
    shape (n_reactions, n_species), is False where the derivative is zero everywhere.
    """

    parameters: Array
    rates_block: Any
    jacobian_block: Any
    pattern: np.ndarray


def compiled(network: Network) -> CompiledNetwork:
    """Return `network` compiled; networks that differ in parameters' values share the code.

    Code is kept in the user's cache (see `cartflow.core.cache_folder`) and compiled once
    for each structure. Raises `InputError` if CARTFLOW_CACHE cannot be written to.
    """
    module = _module(network)
    values = np.array([p.value for p in network.parameters.values()], dtype=np.float64)
    return _compiled(network, module, values)


def compiled_each(network: Network, number: int) -> CompiledNetwork:
    """Return `network` compiled for `number` mesh cells that each have their own parameters.

    As `compiled`, but both functions take parameters of the shape (n_parameters, n_cells), and
    so is `parameters`, which holds the network's values in every column.
    """
    module = _module(network, each=True)
    values = np.array([p.value for p in network.parameters.values()], dtype=np.float64)
    return _compiled(network, module, np.repeat(values[:, None], number, axis=1))


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the blocks of a compiled network begin, for `cartflow.core.pointers.call`.

    Their arguments are those that `cartflow.kinetics.compiled.pointers_text` tells.
    """

    rates: int
    jacobian: int


def addresses(network: Network) -> Addresses:
    """Return the addresses of the blocks of `compiled(network)`; they last with the process."""
    return _addresses(network, _module(network), "float64")


def dual_addresses(network: Network) -> Addresses:
    """Return the addresses of the blocks for dual numbers (`cartflow.core.dual`), complex128."""
    name = f"cartflow_dual_kinetics_{structure_key(network)}"
    return _addresses(network, _kept(name, lambda: _dual_text(network)), "complex128")


def _addresses(network: Network, blocks: ModuleType, number: str) -> Addresses:
    name = blocks.__name__.replace("kinetics", "pointers")
    sizes = (len(network.species), len(network.reactions), len(network.parameters))
    module = _kept(name, lambda: pointers_text(blocks.__name__, *sizes, number))
    return Addresses(
        rates=module.rates_by_address.address, jacobian=module.jacobian_by_address.address
    )


def _compiled(network: Network, module: ModuleType, values: Array) -> CompiledNetwork:
    return CompiledNetwork(
        parameters=values,
        rates_block=module.rates_block,
        jacobian_block=module.jacobian_block,
        pattern=_pattern(network, module.NONZERO),
    )


def _pattern(network: Network, nonzero: tuple[int, ...]) -> np.ndarray:
    result = np.zeros((len(network.reactions), len(network.species)), dtype=bool)
    result.flat[list(nonzero)] = True
    return result


def structure_key(network: Network) -> str:
    """Return the hash of the parsed rates, their names replaced by places in the lists."""
    return _key(Same(network.expressions), network.species_names, tuple(network.parameters))


@lru_cache(maxsize=64)
def _key(rates: Same, species: tuple[str, ...], parameters: tuple[str, ...]) -> str:
    import numba

    places = {name: f"x{i}" for i, name in enumerate(species)}
    places |= {name: f"p{i}" for i, name in enumerate(parameters)}
    parts = [f"{VERSION} {numba.__version__} {len(species)}"]
    parts += [_structure(tree, places) for tree in rates.value]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _structure(tree: Expression, places: dict[str, str]) -> str:
    match tree:
        case Number(value):
            return value.hex()
        case Name(name):
            return places[name]
        case Negative(operand):
            return f"(neg {_structure(operand, places)})"
        case Binary(operator, left, right):
            return f"({operator} {_structure(left, places)} {_structure(right, places)})"
        case Call(function, arguments):
            return f"({function} {' '.join(_structure(a, places) for a in arguments)})"


def _module(network: Network, each: bool = False) -> ModuleType:
    kind = "each" if each else "kinetics"
    name = f"cartflow_{kind}_{structure_key(network)}"
    return _kept(name, lambda: _text(network, each))


def kept_module(name: str, text: str) -> ModuleType:
    """Return the module `name` with the code `text`, kept in the cache."""
    return _kept(name, lambda: text)


def _kept(name: str, text: Callable[[], str]) -> ModuleType:
    """Return the module `name` of generated code from the cache, written first if need be."""
    with _lock:
        if name in sys.modules:
            return sys.modules[name]
        path = cache_folder("kinetics") / f"{name}.py"
        write_once(path, text)
        return _imported(name, str(path))


def _text(network: Network, each: bool) -> str:
    return module_text(
        network.expressions,
        network.gradients,
        network.species_names,
        tuple(network.parameters),
        each,
    )


def _dual_text(network: Network) -> str:
    return dual_module_text(
        network.expressions, network.gradients, network.species_names, tuple(network.parameters)
    )


def _imported(name: str, path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # numba finds a function's module by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
