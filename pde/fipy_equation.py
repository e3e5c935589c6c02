"""One field's equation in FiPy's terms, built once and refreshed for each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.geometry import Geometry
from cartflow.pde.nonnegative_solver import solver_class

Array = np.ndarray


class FieldEquation:
    """d(s u)/dt = div(D grad u - v u) + gain - loss u, backward Euler, upwind for v.

    s storage, D at faces, v at faces, gain and loss in cells. Every exterior face is closed:
    boundary conditions come in as gains and losses of the cells beside them.
    """

    def __init__(self, geometry: Geometry, *, drifts: bool) -> None:
        f = fipy()
        mesh = geometry.mesh
        self._geometry = geometry
        self.unknown = f.CellVariable(mesh=mesh, hasOld=True)
        self.storage = f.CellVariable(mesh=mesh, value=1.0)
        self.diffusivity = f.FaceVariable(mesh=mesh, value=0.0)
        self.gain = f.CellVariable(mesh=mesh, value=0.0)
        self.loss = f.CellVariable(mesh=mesh, value=0.0)
        self.velocity = f.FaceVariable(mesh=mesh, rank=1, value=0.0) if drifts else None
        right = (
            f.DiffusionTerm(coeff=self.diffusivity)
            + self.gain
            + f.ImplicitSourceTerm(coeff=-self.loss)
        )
        self._convection: Any = None
        if drifts:
            self._convection = f.UpwindConvectionTerm(coeff=self.velocity)
            right = right - self._convection
        self._equation = f.TransientTerm(coeff=self.storage) == right
        self._solver = solver_class()(direct=mesh.dim == 1)

    def set_diffusivity(self, at_faces: Array) -> None:
        """Set D on the interior faces, mm^2/day."""
        self.diffusivity.setValue(self._spread(at_faces))

    def set_velocity(self, normal: Array) -> None:
        """Set the normal velocity on the interior faces, mm/day, owner to neighbour."""
        if self.velocity is None:
            return
        normals = np.asarray(self._geometry.mesh.faceNormals)
        self.velocity.setValue(self._spread(normal)[None, :] * normals)
        # FiPy keeps the upwind direction of the first step otherwise.
        self._convection.stencil = None

    def _spread(self, interior: Array) -> Array:
        values = np.zeros(self._geometry.mesh.numberOfFaces)
        values[self._geometry.connectivity.faces] = interior
        return values

    def solve(self, old: Array, dt: float) -> Array:
        """Return u after a step of `dt` days from `old`."""
        self.unknown.setValue(old)
        self.unknown.updateOld()
        self._equation.solve(var=self.unknown, dt=dt, solver=self._solver)
        return np.array(self.unknown.value)

    def rate(self, values: Array) -> Array:
        """Return div(D grad u - v u) + gain - loss u, as FiPy assembles it."""
        self.unknown.setValue(values)
        self.unknown.updateOld()
        residual = self._equation.justResidualVector(var=self.unknown, dt=1.0, solver=self._solver)
        return -np.asarray(residual) / np.asarray(self._geometry.mesh.cellVolumes)
