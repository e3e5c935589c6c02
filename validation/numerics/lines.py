"""A tumour and its body by the method of lines, integrated by SciPy; shares no code with `pde/`.

Finite volumes along one axis with central differences, drift included, which needs a grid finer
than 2 D/v; time by SciPy's BDF with a Jacobian of its own. Solutes are amounts per mm3 of tissue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import bmat, csc_matrix, csr_matrix

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """Cells between `edges` (mm) of a slab of 1 mm2 or, `round`, of a ball."""

    edges: Array
    round: bool

    @cached_property
    def areas(self) -> Array:
        """Areas of all edges, mm2."""
        return 4.0 * np.pi * self.edges**2 if self.round else np.ones(self.edges.size)

    @cached_property
    def volumes(self) -> Array:
        """Volumes of the cells, mm3."""
        return np.diff(4.0 / 3.0 * np.pi * self.edges**3 if self.round else self.edges)

    @cached_property
    def middles(self) -> Array:
        """Middles of the cells, mm."""
        return 0.5 * (self.edges[1:] + self.edges[:-1])

    def slope(self, values: Array) -> Array:
        """Return d/dx at the inner edges."""
        return np.diff(values) / np.diff(self.middles)

    def spread(self, flux: Array) -> Array:
        """Return what a flux at the inner edges (to larger x) does to each cell, per mm3."""
        through = np.concatenate([[0.0], flux * self.areas[1:-1], [0.0]])
        return -np.diff(through) / self.volumes


def between(values: Array) -> Array:
    """Return means at the inner edges."""
    return 0.5 * (values[1:] + values[:-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Body compartments x and tumour fields u (fields, cells) as one system.

    dx/dt = body x, of which `handed` x (cells/day) is added to field 0 by the weights `arrival`
    (1/mm3), and `egress` (1/day a cell) of field 0 returns to the compartment `node`.
    `tumour` is the right-hand side of the fields without that.
    """

    row: Row
    body: Array
    handed: Array
    node: int
    arrival: Array
    egress: Array
    fields: int
    tumour: Callable[[Array], Array]

    def solve(self, x: Array, u: Array, times: Array, scales: Array) -> tuple[Array, Array]:
        """Return x (times, compartments) and u (times, fields, cells).

        `scales` are sizes of the body's counts and of each field, from which absolute errors
        allowed follow.
        """
        cells = self.row.volumes.size
        sizes = np.concatenate([np.full(x.size, scales[0]), np.repeat(scales[1:], cells)])
        solution = solve_ivp(
            self._change,
            (times[0], times[-1]),
            np.concatenate([x, u.ravel()]),
            method="BDF",
            t_eval=times,
            jac=self._jacobian,
            rtol=1e-7,
            atol=1e-10 * sizes,
            first_step=1e-8,
        )
        if not solution.success:
            raise RuntimeError(solution.message)
        y = solution.y.T
        return y[:, : x.size], y[:, x.size :].reshape(len(times), self.fields, cells)

    def _change(self, _time: float, y: Array) -> Array:
        x, u = self._parts(y)
        dx = self.body @ x
        dx[self.node] += (self.egress * u[0]) @ self.row.volumes
        du = self.tumour(u)
        du[0] += (self.handed @ x) * self.arrival - self.egress * u[0]
        return np.concatenate([dx, du.ravel()])

    def _parts(self, y: Array) -> tuple[Array, Array]:
        size = self.body.shape[0]
        return y[:size], y[size:].reshape(self.fields, -1)

    def _jacobian(self, _time: float, y: Array) -> csc_matrix:
        _, u = self._parts(y)
        size, cells = self.body.shape[0], self.row.volumes.size
        to_node = np.zeros((size, self.fields * cells))
        to_node[self.node, :cells] = self.egress * self.row.volumes
        from_body = np.zeros((self.fields * cells, size))
        from_body[:cells] = np.outer(self.arrival, self.handed)
        inner = self._inner(u)
        blocks = [[csr_matrix(self.body), csr_matrix(to_node)], [csr_matrix(from_body), inner]]
        return csc_matrix(bmat(blocks))

    def _inner(self, u: Array) -> csr_matrix:
        """Return the derivative of the fields' change by themselves, by differences.

        A cell acts on its two neighbours at most, so every third cell is changed at once.
        """
        fields, cells = u.shape
        base = self.tumour(u)
        rows, columns, values = [], [], []
        index = np.arange(cells)
        for k in range(fields):
            step = 1e-7 * (np.abs(u[k]).max() + 1e-30)
            for shift in range(3):
                changed = u.copy()
                changed[k, shift::3] += step
                slope = (self.tumour(changed) - base) / step
                # The changed cell nearest to each cell, itself or a neighbour.
                nearest = index + (shift - index + 1) % 3 - 1
                inside = (nearest >= 0) & (nearest < cells)
                for m in range(fields):
                    rows.append(np.asarray(m * cells + index[inside]))
                    columns.append(k * cells + nearest[inside])
                    values.append(slope[m, inside])
        rows.append(index)
        columns.append(index)
        values.append(-self.egress)
        entries = (np.concatenate(rows), np.concatenate(columns))
        shape = (fields * cells, fields * cells)
        return csr_matrix((np.concatenate(values), entries), shape=shape)
