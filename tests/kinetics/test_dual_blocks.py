"""Rates compiled for dual numbers: values of the real ones, slopes of their derivatives."""

import ctypes

import numpy as np
import pytest

from cartflow.core.dual import SMALL
from cartflow.kinetics.compiled.network import addresses, compiled, dual_addresses
from cartflow.kinetics.files.load import load

TYPES = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p] + [ctypes.c_int64] * 2
CALL = ctypes.CFUNCTYPE(None, *TYPES, ctypes.c_void_p, ctypes.c_int64)


def called(address, amounts, parameters, rows):
    """Return the block at an address, (rows, cells)."""
    cells = amounts.shape[1]
    out = np.zeros((rows, cells), dtype=amounts.dtype)
    pointers = [each.ctypes.data for each in (amounts, parameters, out)]
    CALL(address)(pointers[0], cells, pointers[1], 0, cells, pointers[2], cells)
    return out


@pytest.mark.parametrize("name", ["predator_prey_exhaustion", "il6_release"])
def test_slopes_of_rates_and_of_their_derivatives(name):
    network, random = load(name), np.random.default_rng(3)
    species, reactions = len(network.species), len(network.reactions)
    values = compiled(network).parameters
    at = random.lognormal(5.0, 1.0, size=(species, 4))
    along, change = random.standard_normal((species, 4)) * at, 0.3 * values

    def real(share, rows, which):
        there = (np.ascontiguousarray(at + share * along), values + share * change)
        return called(getattr(addresses(network), which), *there, rows)

    for which, rows in (("rates", reactions), ("jacobian", reactions * species)):
        dual = called(
            getattr(dual_addresses(network), which),
            at + 1j * SMALL * along,
            values + 1j * SMALL * change,
            rows,
        )
        np.testing.assert_allclose(dual.real, real(0.0, rows, which), rtol=1e-14)
        h, weights = 1e-3, (4 / 5, -1 / 5, 4 / 105, -1 / 280)
        slope = sum(
            w * (real(j * h, rows, which) - real(-j * h, rows, which))
            for j, w in enumerate(weights, start=1)
        )
        size = np.abs(dual.real).max()
        np.testing.assert_allclose(dual.imag / SMALL, slope / h, rtol=1e-9, atol=1e-11 * size)
