"""One field's equation in FiPy's terms, built once and refreshed for each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from cartflow.geometries.fipy_import import fipy
from cartflow.geometries.geometry import Geometry
from cartflow.pde.nonnegative_solver import solver_class

Array = np.ndarray


def upwind_class(velocity: Any) -> type:
    """Return FiPy's upwind term with the direction taken afresh from `velocity` at each step.

    FiPy's own keeps the weights of the first step, stale where diffusivity or velocity was zero.
    """
    normals = np.asarray(velocity.mesh.faceNormals)

    class FreshUpwindTerm(fipy().UpwindConvectionTerm):  # type: ignore[misc]
        def _getWeight(self, *coefficients: Any, **more: Any) -> dict[str, dict[str, Array]]:
            from_owner = (np.sum(np.asarray(velocity.value) * normals, axis=0) > 0).astype(float)
            weights = {
                "cell 1 diag": from_owner,
                "cell 1 offdiag": 1.0 - from_owner,
                "cell 2 diag": from_owner - 1.0,
                "cell 2 offdiag": -from_owner,
            }
            return {"implicit": weights}

        def _getCoeffMatrix_(self, var: Any, weight: dict[str, Array]) -> dict[str, Array]:
            flow = np.asarray(self._getGeomCoeff(var).value)
            return {place: flow * share for place, share in weight.items()}

    return FreshUpwindTerm


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
        if self.velocity is not None:
            right = right - upwind_class(self.velocity)(coeff=self.velocity)
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

    def _spread(self, interior: Array) -> Array:
        values = np.zeros(self._geometry.mesh.numberOfFaces)
        values[self._geometry.connectivity.faces] = interior
        return values

    def solve(self, old: Array, dt: float) -> Array:
        """Return u after a step of `dt` days from `old`."""
        self.unknown.setValue(old)
        self.unknown.updateOld()
        self._equation.solve(var=self.unknown, dt=dt, solver=self._solver)
        return self._conserved(np.array(self.unknown.value), old, dt)

    def _conserved(self, values: Array, old: Array, dt: float) -> Array:
        """Scale `values` to the total that the sum of all rows gives.

        Fluxes cancel in that sum; where they are large against it, the solver's round-off is too.
        """
        volumes, storage = self._geometry.cell_volumes, self.storage.value
        wanted = volumes @ (storage * old / dt + self.gain.value)
        got = volumes @ ((storage / dt + self.loss.value) * values)
        return values * (wanted / got) if got > 0 else values

    def rate(self, values: Array) -> Array:
        """Return div(D grad u - v u) + gain - loss u, as FiPy assembles it."""
        self.unknown.setValue(values)
        self.unknown.updateOld()
        residual = self._equation.justResidualVector(var=self.unknown, dt=1.0, solver=self._solver)
        return -np.asarray(residual) / np.asarray(self._geometry.mesh.cellVolumes)
